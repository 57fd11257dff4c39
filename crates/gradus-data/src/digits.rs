//! The 1,797 handwritten digits of UCI, embedded.

use std::io::Read;

use ndarray::{Array1, Array2};

use crate::supervised::{Classification, Supervised};

const FILE: &[u8] = include_bytes!("../data/digits/digits.csv.gz");

/// Handwritten digits: x `[1797, 64]`, 8x8 pixels of 0 to 16 row by row; y `[1797]`, the digit 0 to 9.
///
/// "Optical Recognition of Handwritten Digits" (test part), E. Alpaydin and C. Kaynak, UCI 1998, CC BY 4.0, as packaged
/// by scikit-learn (`data/digits/ATTRIBUTION.md`). The values are raw; [`Standardizer`](crate::Standardizer) leaves the
/// pixels that never change at 0.
///
/// ```
/// let digits = gradus_data::digits();
/// assert_eq!((digits.x.dim(), digits.classes()), ((1797, 64), 10));
/// ```
pub fn digits() -> Classification<f32> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(FILE).read_to_string(&mut text).expect("the embedded digits are intact");
    let mut x = Vec::with_capacity(1797 * 64);
    let mut y = Vec::with_capacity(1797);
    for line in text.lines() {
        let (pixels, label) = line.rsplit_once(',').expect("a digit is 64 pixels and a label");
        x.extend(pixels.split(',').map(|pixel| pixel.parse::<f32>().expect("a pixel is a number")));
        y.push(label.parse().expect("a label is a digit"));
    }
    let x = Array2::from_shape_vec((y.len(), 64), x).expect("64 pixels a digit");
    Supervised::new(x, Array1::from(y))
}

//! Noise for generators, grids of what they make of it, and plots.

use gradus::rand::{Rng, RngExt};
use gradus::tensor::Tensor;
use gradus::train::plot::Picture;
use std::path::Path;

/// `[n, m]` sums of twelve uniforms minus 6: nearly normal.
pub fn noise(n: usize, m: usize, rng: &mut impl Rng) -> Tensor {
    let mut draw = || (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0;
    Tensor::build(&[n, m], |z| z.iter_mut().for_each(|z| *z = draw()))
}

/// Writes 64 pictures of 8x8 numbers in \[0, 1\] as one PGM picture, eight by eight.
///
/// # Errors
/// If the file cannot be written.
pub fn write_grid(path: &Path, samples: &[f32]) -> std::io::Result<()> {
    let pixel = |i: usize| {
        let (row, column) = (i / 64, i % 64);
        let sample = row / 8 * 8 + column / 8;
        (samples[sample * 64 + row % 8 * 8 + column % 8] * 255.0) as u8
    };
    let head = b"P5 64 64 255\n".iter().copied();
    std::fs::write(path, head.chain((0..64 * 64).map(pixel)).collect::<Vec<u8>>())
}

/// Writes a plot as `NAME.svg` into a folder, and with the feature `png` as `NAME.png` too.
///
/// # Errors
/// If a file cannot be written.
pub fn write_picture(dir: &Path, name: &str, picture: &Picture) -> Result<(), gradus::train::Error> {
    if cfg!(feature = "png") {
        picture.write(dir.join(format!("{name}.png")))?;
    }
    picture.write(dir.join(format!("{name}.svg")))
}

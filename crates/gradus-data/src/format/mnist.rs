//! MNIST and the sets that come in its files (Fashion-MNIST, KMNIST): a folder with four IDX files.

use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, Array3};

use crate::error::{Error, Kind};
use crate::format::idx;
use crate::supervised::{Labels, Supervised};

/// The two parts that the publishers made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// 60,000 images: `train-images-idx3-ubyte`.
    Train,
    /// 10,000 images: `t10k-images-idx3-ubyte`.
    Test,
}

/// Reads one part from a folder: x `[n, rows, columns]` of 0 to 255, y the class.
///
/// The files may be gzipped (`.gz`) or not, and named with `-idx3-` or `.idx3-`.
///
/// # Errors
/// [`Kind::Io`] if a file is not there, [`Kind::Shape`] if images and labels differ in number, else as [`idx::read`].
pub fn read(folder: impl AsRef<Path>, part: Part) -> Result<Supervised<Array3<u8>, Labels>, Error> {
    let folder = folder.as_ref();
    let stem = match part {
        Part::Train => "train",
        Part::Test => "t10k",
    };
    let images: Array3<u8> = idx::read(find(folder, &format!("{stem}-images"), "idx3")?)?;
    let labels: Array1<u8> = idx::read(find(folder, &format!("{stem}-labels"), "idx1")?)?;
    Supervised::try_new(images, labels.mapv(usize::from))
}

/// Images as rows of pixels between 0 and 1: `[n, rows, columns]` to `[n, rows · columns]`.
pub fn flat(images: &Array3<u8>) -> Array2<f32> {
    let (n, rows, columns) = images.dim();
    let pixels = images.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
    Array2::from_shape_vec((n, rows * columns), pixels).expect("as many pixels as before")
}

fn find(folder: &Path, stem: &str, kind: &str) -> Result<PathBuf, Error> {
    let names = ["-", "."].map(|mark| format!("{stem}{mark}{kind}-ubyte"));
    let candidates = names.iter().flat_map(|name| [name.clone(), format!("{name}.gz")]);
    candidates.map(|name| folder.join(name)).find(|path| path.is_file()).ok_or_else(|| {
        let message = format!("mnist: no {} (or .gz) in {}", names[0], folder.display());
        Error::new(Kind::Io, message)
    })
}

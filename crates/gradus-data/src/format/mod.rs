//! Readers and writers of files. Every size that a file announces is compared with the bytes that are there before
//! anything is allocated, and whatever is wrong comes back as an [`Error`](crate::Error), never as a panic.

mod element;
mod input;
mod tar;
mod zip;

pub mod csv;
pub mod idx;
pub mod mnist;
pub mod npy;
pub mod npz;
pub mod uci;

pub use element::Element;

use crate::error::{Error, Kind};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Makes the file and writes it with `write`; what fails says who and where.
fn to_file(who: &str, path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> Result<(), Error>) -> Result<(), Error> {
    let failed = |cause| Error::caused(Kind::Io, format!("{who}: cannot write {}: {cause}", path.display()), cause);
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    write(&mut file)?;
    file.flush().map_err(failed)
}

//! NumPy's `.npz`: several named arrays in one ZIP file, as `np.savez` and `np.savez_compressed` write them.
//!
//! ```
//! use std::io::Cursor;
//! use gradus_data::{ndarray::{Array1, array}, npz::{Npz, NpzWriter}};
//! let mut writer = NpzWriter::new(Cursor::new(Vec::new()), true);
//! writer.add("weights", &array![1.0_f64, 2.0])?;
//! let bytes = writer.finish()?;
//! let back: Array1<f64> = Npz::new(bytes)?.get("weights")?;
//! assert_eq!(back, array![1.0, 2.0]);
//! # Ok::<(), gradus_data::Error>(())
//! ```

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::Path;

use ndarray::{Array, ArrayRef, Dimension};

use crate::error::{Error, Kind};
use crate::format::element::Element;
use crate::format::input::open;
use crate::format::npy;
use crate::format::zip::Zip;
use crate::nearest::suggestion;

/// An npz file that is open for reading.
#[derive(Debug)]
pub struct Npz<R = File> {
    zip: Zip<R>,
}

impl Npz<File> {
    /// Opens a file and reads its directory.
    ///
    /// # Errors
    /// [`Kind::Io`], [`Kind::Format`], [`Kind::Truncated`] or [`Kind::Limit`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        Npz::new(open("npz", path.as_ref())?)
    }
}

impl<R: Read + Seek> Npz<R> {
    /// Reads the directory of an npz file.
    ///
    /// # Errors
    /// As [`Npz::open`].
    pub fn new(file: R) -> Result<Self, Error> {
        Ok(Npz { zip: Zip::open(file)? })
    }

    /// The names of the arrays, in the order of the file.
    pub fn names(&self) -> Vec<&str> {
        let entries = self.zip.entries().iter();
        entries.map(|entry| entry.name.strip_suffix(".npy").unwrap_or(&entry.name)).collect()
    }

    /// Reads one array and checks its checksum.
    ///
    /// # Errors
    /// [`Kind::Name`] if there is none of that name, [`Kind::Checksum`] if its bytes have changed, else as
    /// [`npy::read`].
    pub fn get<T: Element, D: Dimension>(&mut self, name: &str) -> Result<Array<T, D>, Error> {
        let found = self.names().iter().position(|&n| n == name);
        let Some(found) = found else {
            let message = format!("npz: no array {name:?}{}", suggestion(name, self.names()));
            return Err(Error::new(Kind::Name, message));
        };
        let entry = self.zip.entries()[found].clone();
        self.zip.read(&entry, |input| npy::from_input(&format!("npz array {name:?}"), input))
    }
}

/// Writes arrays into an npz file, one after another; call [`NpzWriter::finish`] at the end.
#[derive(Debug)]
pub struct NpzWriter<W> {
    writer: W,
    compress: bool,
    offset: u64,
    directory: Vec<u8>,
    names: Vec<String>,
}

impl<W: Write> NpzWriter<W> {
    /// Begins a file; with `compress` the arrays are deflated.
    pub fn new(writer: W, compress: bool) -> Self {
        NpzWriter { writer, compress, offset: 0, directory: Vec::new(), names: Vec::new() }
    }

    /// Writes one array.
    ///
    /// # Errors
    /// [`Kind::Name`] for a name that was written before, [`Kind::Limit`] for files of 4 GiB and more, [`Kind::Io`].
    pub fn add<T: Element, D: Dimension>(&mut self, name: &str, array: &ArrayRef<T, D>) -> Result<(), Error> {
        if self.names.iter().any(|n| n == name) || name.len() > 1000 {
            return Err(Error::new(Kind::Name, format!("npz: the name {name:?} is taken or over 1000 bytes long")));
        }
        let mut plain = Vec::new();
        npy::write_to(&mut plain, array)?;
        let mut crc = flate2::Crc::new();
        crc.update(&plain);
        let unpacked = plain.len() as u64;
        let packed = if self.compress {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(&plain).and_then(|()| encoder.finish()).map_err(failed)?
        } else {
            plain
        };
        let method: u16 = if self.compress { 8 } else { 0 };
        let narrow = |n: u64| {
            u32::try_from(n)
                .map_err(|_| Error::new(Kind::Limit, "npz: files of 4 GiB and more are not written; split the arrays"))
        };
        let file_name = format!("{name}.npy");
        // Fields from "version needed" to "extra length", shared by the entry and its line in the directory; the date is
        // the earliest that the format knows, so that equal arrays give equal files.
        let mut fields = Vec::new();
        fields.extend(20_u16.to_le_bytes());
        fields.extend(0x0800_u16.to_le_bytes()); // names are UTF-8
        fields.extend(method.to_le_bytes());
        fields.extend(0_u16.to_le_bytes());
        fields.extend(0x21_u16.to_le_bytes());
        fields.extend(crc.sum().to_le_bytes());
        fields.extend(narrow(packed.len() as u64)?.to_le_bytes());
        fields.extend(narrow(unpacked)?.to_le_bytes());
        fields.extend((file_name.len() as u16).to_le_bytes());
        fields.extend(0_u16.to_le_bytes());

        self.directory.extend(b"PK\x01\x02\x14\x00");
        self.directory.extend(&fields);
        self.directory.extend([0; 10]); // comment length, disk, attributes
        self.directory.extend(narrow(self.offset)?.to_le_bytes());
        self.directory.extend(file_name.as_bytes());

        let mut local = b"PK\x03\x04".to_vec();
        local.extend(&fields);
        local.extend(file_name.as_bytes());
        self.writer.write_all(&local).and_then(|()| self.writer.write_all(&packed)).map_err(failed)?;
        self.offset += local.len() as u64 + packed.len() as u64;
        self.names.push(name.to_owned());
        Ok(())
    }

    /// Writes the directory and gives the writer back.
    ///
    /// # Errors
    /// [`Kind::Io`], or [`Kind::Limit`] for files of 4 GiB and more, or more than 65,535 arrays.
    pub fn finish(mut self) -> Result<W, Error> {
        let narrow = |n: u64| u32::try_from(n).map_err(|_| Error::new(Kind::Limit, "npz: a file of 4 GiB or more"));
        let count =
            u16::try_from(self.names.len()).map_err(|_| Error::new(Kind::Limit, "npz: more than 65,535 arrays"))?;
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend(count.to_le_bytes());
        end.extend(count.to_le_bytes());
        end.extend(narrow(self.directory.len() as u64)?.to_le_bytes());
        end.extend(narrow(self.offset)?.to_le_bytes());
        end.extend([0, 0]);
        let written = self.writer.write_all(&self.directory).and_then(|()| self.writer.write_all(&end));
        written.and_then(|()| self.writer.flush()).map_err(failed)?;
        Ok(self.writer)
    }
}

fn failed(cause: std::io::Error) -> Error {
    Error::caused(Kind::Io, format!("npz: cannot write: {cause}"), cause)
}

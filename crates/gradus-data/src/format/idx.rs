//! IDX, the format of MNIST: a type, a shape, then the values, big-endian; often gzipped.
//!
//! Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", section "The IDX file format".
//!
//! ```
//! use gradus_data::{idx, ndarray::{Array2, array}};
//! let mut bytes = Vec::new();
//! idx::write_to(&mut bytes, &array![[1_u8, 2], [3, 4]])?;
//! let back: Array2<u8> = idx::parse(&bytes)?;
//! assert_eq!(back, array![[1, 2], [3, 4]]);
//! # Ok::<(), gradus_data::Error>(())
//! ```

use std::io::Write;
use std::path::Path;

use ndarray::{Array, ArrayRef, Dimension};

use crate::error::{Error, Kind};
use crate::format::element::{Element, Endian, checked_len, into_shape, read_elements};
use crate::format::input::Input;

const WHO: &str = "idx";

/// Reads an IDX file, gzipped or not, as an array of exactly this element type and rank.
///
/// # Errors
/// [`Kind::Io`], [`Kind::Format`], [`Kind::Truncated`], [`Kind::Limit`] for what is wrong with the file, [`Kind::Type`]
/// and [`Kind::Shape`] if it holds something else than was asked for.
pub fn read<T: Element, D: Dimension>(path: impl AsRef<Path>) -> Result<Array<T, D>, Error> {
    let path = path.as_ref();
    from_input(&format!("{WHO} {}", path.display()), Input::file(WHO, path)?)
}

/// Reads IDX from bytes in memory, gzipped or not; see [`read`].
///
/// # Errors
/// As [`read`].
pub fn parse<T: Element, D: Dimension>(bytes: &[u8]) -> Result<Array<T, D>, Error> {
    from_input(WHO, Input::slice(bytes))
}

/// Writes an array as an IDX file, not gzipped.
///
/// # Errors
/// As [`write_to`].
pub fn write<T: Element, D: Dimension>(path: impl AsRef<Path>, array: &ArrayRef<T, D>) -> Result<(), Error> {
    super::to_file(WHO, path.as_ref(), |file| write_to(file, array))
}

/// Writes an array in the IDX format, in row order.
///
/// # Errors
/// [`Kind::Type`] for an element type that IDX lacks (`u16`, `u32`, `u64`, `i64`), [`Kind::Limit`] for more than 255
/// axes or an axis of 2³² and more, [`Kind::Io`] if the writer fails.
pub fn write_to<T: Element, D: Dimension>(writer: &mut impl Write, array: &ArrayRef<T, D>) -> Result<(), Error> {
    let Some(code) = T::IDX else {
        let message =
            format!("{WHO}: the format has no {}; it has u8, i8, i16, i32, f32, f64", std::any::type_name::<T>());
        return Err(Error::new(Kind::Type, message));
    };
    let shape = array.shape();
    let too_large =
        || Error::new(Kind::Limit, format!("{WHO}: shape {shape:?} has more than 255 axes or an axis over 2³² − 1"));
    let mut bytes = vec![0, 0, code, u8::try_from(shape.len()).map_err(|_| too_large())?];
    for &n in shape {
        bytes.extend_from_slice(&u32::try_from(n).map_err(|_| too_large())?.to_be_bytes());
    }
    let failed = |cause| Error::caused(Kind::Io, format!("{WHO}: cannot write: {cause}"), cause);
    for &value in array {
        value.put_big(&mut bytes);
        if bytes.len() >= 1 << 16 {
            writer.write_all(&bytes).map_err(failed)?;
            bytes.clear();
        }
    }
    writer.write_all(&bytes).map_err(failed)
}

fn from_input<T: Element, D: Dimension>(who: &str, mut input: Input<'_>) -> Result<Array<T, D>, Error> {
    let mut magic = [0; 4];
    input.fill(who, "the magic number", &mut magic)?;
    let [0, 0, code, rank] = magic else {
        let message = format!("{who}: an IDX file begins with two zero bytes, got {:#04x} {:#04x}", magic[0], magic[1]);
        return Err(Error::new(Kind::Format, message));
    };
    let Some(name) = type_name(code) else {
        let message = format!("{who}: element type {code:#04x} is none of 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e");
        return Err(Error::new(Kind::Format, message));
    };
    let mut shape = Vec::with_capacity(usize::from(rank));
    for _ in 0..rank {
        let mut axis = [0; 4];
        input.fill(who, "the shape", &mut axis)?;
        shape.push(u32::from_be_bytes(axis) as usize);
    }
    if T::IDX != Some(code) {
        let asked = std::any::type_name::<T>();
        return Err(Error::new(Kind::Type, format!("{who}: asked for {asked}, the file holds {name}")));
    }
    let count = checked_len(who, &shape, T::SIZE, input.at_most())?;
    let values = read_elements(who, &mut input, count, Endian::Big)?;
    input.end(who)?;
    into_shape(who, values, &shape, false)
}

fn type_name(code: u8) -> Option<&'static str> {
    Some(match code {
        0x08 => "u8",
        0x09 => "i8",
        0x0B => "i16",
        0x0C => "i32",
        0x0D => "f32",
        0x0E => "f64",
        _ => return None,
    })
}

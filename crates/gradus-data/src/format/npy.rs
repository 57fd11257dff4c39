//! NumPy's `.npy`: one array with its type and shape; both byte orders, C and Fortran layout.
//!
//! Source: NumPy Enhancement Proposal 1 and `numpy.lib.format`, versions 1.0 to 3.0.
//!
//! ```
//! use gradus_data::{ndarray::{Array2, array}, npy};
//! let mut bytes = Vec::new();
//! npy::write_to(&mut bytes, &array![[1.0_f32, 2.0], [3.0, 4.0]])?;
//! let back: Array2<f32> = npy::parse(&bytes)?;
//! assert_eq!(back, array![[1.0, 2.0], [3.0, 4.0]]);
//! # Ok::<(), gradus_data::Error>(())
//! ```

use std::io::Write;
use std::path::Path;

use ndarray::{Array, ArrayRef, Dimension};

use crate::error::{Error, Kind};
use crate::format::element::{Element, Endian, checked_len, into_shape, read_elements};
use crate::format::input::Input;

const WHO: &str = "npy";
const MAGIC: &[u8] = b"\x93NUMPY";
/// More axes than NumPy itself can make (64).
const MAX_RANK: usize = 64;

/// Reads an npy file as an array of exactly this element type and rank.
///
/// # Errors
/// [`Kind::Io`], [`Kind::Format`], [`Kind::Truncated`], [`Kind::Limit`] for what is wrong with the file, [`Kind::Type`]
/// and [`Kind::Shape`] if it holds something else than was asked for.
pub fn read<T: Element, D: Dimension>(path: impl AsRef<Path>) -> Result<Array<T, D>, Error> {
    let path = path.as_ref();
    from_input(&format!("{WHO} {}", path.display()), Input::file(WHO, path)?)
}

/// Reads npy from bytes in memory; see [`read`].
///
/// # Errors
/// As [`read`].
pub fn parse<T: Element, D: Dimension>(bytes: &[u8]) -> Result<Array<T, D>, Error> {
    from_input(WHO, Input::slice(bytes))
}

/// Writes an array as an npy file.
///
/// # Errors
/// [`Kind::Io`] if the file cannot be written.
pub fn write<T: Element, D: Dimension>(path: impl AsRef<Path>, array: &ArrayRef<T, D>) -> Result<(), Error> {
    super::to_file(WHO, path.as_ref(), |file| write_to(file, array))
}

/// Writes an array in the npy format, little-endian: in Fortran order if it lies so in memory, else in C order.
///
/// # Errors
/// [`Kind::Io`] if the writer fails.
pub fn write_to<T: Element, D: Dimension>(writer: &mut impl Write, array: &ArrayRef<T, D>) -> Result<(), Error> {
    let transposed = array.view().reversed_axes();
    let fortran = array.ndim() > 1 && !array.is_standard_layout() && transposed.is_standard_layout();
    let mut bytes = header::<T>(array.shape(), fortran);
    let failed = |cause| Error::caused(Kind::Io, format!("{WHO}: cannot write: {cause}"), cause);
    let values = if fortran { transposed } else { array.view() };
    for &value in values {
        value.put_little(&mut bytes);
        if bytes.len() >= 1 << 16 {
            writer.write_all(&bytes).map_err(failed)?;
            bytes.clear();
        }
    }
    writer.write_all(&bytes).map_err(failed)
}

/// Magic, version 1.0, length and dictionary, padded with blanks to a multiple of 64 bytes.
fn header<T: Element>(shape: &[usize], fortran: bool) -> Vec<u8> {
    let order = if T::SIZE == 1 { '|' } else { '<' };
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let flag = if fortran { "True" } else { "False" };
    let mut text =
        format!("{{'descr': '{order}{}', 'fortran_order': {flag}, 'shape': ({}{comma}), }}", T::NPY, axes.join(", "));
    let prefix = MAGIC.len() + 4;
    let total = (prefix + text.len() + 1).next_multiple_of(64);
    text.push_str(&" ".repeat(total - prefix - text.len() - 1));
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend(u16::try_from(text.len()).expect("64 axes fit into 64 KiB").to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

pub(crate) fn from_input<T: Element, D: Dimension>(who: &str, mut input: Input<'_>) -> Result<Array<T, D>, Error> {
    let mut start = [0; 8];
    input.fill(who, "the magic number", &mut start)?;
    let (magic, major) = (&start[..6], start[6]);
    if magic != MAGIC {
        return Err(Error::new(Kind::Format, format!("{who}: does not begin with \\x93NUMPY")));
    }
    let length = match major {
        1 => {
            let mut bytes = [0; 2];
            input.fill(who, "the length of the header", &mut bytes)?;
            u64::from(u16::from_le_bytes(bytes))
        }
        2 | 3 => {
            let mut bytes = [0; 4];
            input.fill(who, "the length of the header", &mut bytes)?;
            u64::from(u32::from_le_bytes(bytes))
        }
        other => return Err(Error::new(Kind::Format, format!("{who}: version {other} is none of 1, 2, 3"))),
    };
    if length > input.at_most() {
        let message =
            format!("{who}: a header of {length} bytes is announced, at most {} can be there", input.at_most());
        return Err(Error::new(Kind::Truncated, message));
    }
    if length > 1 << 16 {
        let message = format!("{who}: a header of {length} bytes, over 65536; plain arrays need less than 1000");
        return Err(Error::new(Kind::Limit, message));
    }
    let mut text = vec![0; length as usize];
    input.fill(who, "the header", &mut text)?;
    let header = Header::parse(who, &text)?;
    let endian = header.endian_of::<T>(who)?;
    let count = checked_len(who, &header.shape, T::SIZE, input.at_most())?;
    let values = read_elements(who, &mut input, count, endian)?;
    input.end(who)?;
    into_shape(who, values, &header.shape, header.fortran)
}

/// What the dictionary says.
struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Parses the literal of a Python dictionary with exactly the keys `descr`, `fortran_order` and `shape`.
    fn parse(who: &str, text: &[u8]) -> Result<Header, Error> {
        let bad = |what: &str| {
            let shown: String = String::from_utf8_lossy(text).chars().take(120).collect();
            Error::new(Kind::Format, format!("{who}: {what} in the header {:?}", shown.trim_end()))
        };
        let mut rest = Cursor { text };
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        rest.expect(b'{').map_err(|()| bad("no '{'"))?;
        while !rest.take(b'}') {
            let key = rest.string().map_err(|()| bad("no key"))?;
            rest.expect(b':').map_err(|()| bad("no ':' after a key"))?;
            let twice = match key {
                "descr" if rest.peek() == Some(b'[') => {
                    let message = format!("{who}: a structured type; save its fields as plain arrays");
                    return Err(Error::new(Kind::Type, message));
                }
                "descr" => {
                    descr.replace(rest.string().map_err(|()| bad("'descr' is not a string"))?.to_owned()).is_some()
                }
                "fortran_order" => {
                    fortran.replace(rest.boolean().map_err(|()| bad("'fortran_order' is not a bool"))?).is_some()
                }
                "shape" => {
                    shape.replace(rest.tuple().map_err(|()| bad("'shape' is not a tuple of lengths"))?).is_some()
                }
                _ => return Err(bad("an unknown key")),
            };
            if twice {
                return Err(bad("a key twice"));
            }
            if !rest.take(b',') && rest.peek() != Some(b'}') {
                return Err(bad("no ',' or '}' after a value"));
            }
        }
        if rest.peek().is_some() {
            return Err(bad("text after the dictionary"));
        }
        let (Some(descr), Some(fortran), Some(shape)) = (descr, fortran, shape) else {
            return Err(bad("one of 'descr', 'fortran_order', 'shape' is missing"));
        };
        Ok(Header { descr, fortran, shape })
    }

    fn endian_of<T: Element>(&self, who: &str) -> Result<Endian, Error> {
        let (order, code) = self.descr.split_at_checked(1).unwrap_or(("", &self.descr));
        let endian = match order {
            "<" | "|" => Endian::Little,
            ">" => Endian::Big,
            "=" if cfg!(target_endian = "little") => Endian::Little,
            "=" => Endian::Big,
            _ => return Err(Error::new(Kind::Type, format!("{who}: cannot read the type {:?}", self.descr))),
        };
        if code != T::NPY {
            let (descr, asked) = (&self.descr, std::any::type_name::<T>());
            let message = format!(
                "{who}: asked for {asked} ('{}'), the file holds '{descr}'; ask for that, then convert",
                T::NPY
            );
            return Err(Error::new(Kind::Type, message));
        }
        Ok(endian)
    }
}

/// A place in the literal; blanks are skipped before every token.
struct Cursor<'a> {
    text: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn peek(&mut self) -> Option<u8> {
        while let [b' ' | b'\n' | b'\t' | b'\r', rest @ ..] = self.text {
            self.text = rest;
        }
        self.text.first().copied()
    }

    fn take(&mut self, token: u8) -> bool {
        let there = self.peek() == Some(token);
        if there {
            self.text = &self.text[1..];
        }
        there
    }

    fn expect(&mut self, token: u8) -> Result<(), ()> {
        if self.take(token) { Ok(()) } else { Err(()) }
    }

    fn string(&mut self) -> Result<&'a str, ()> {
        let quote = self.peek().filter(|&c| c == b'\'' || c == b'"').ok_or(())?;
        let body = &self.text[1..];
        let end = body.iter().position(|&c| c == quote).ok_or(())?;
        self.text = &body[end + 1..];
        std::str::from_utf8(&body[..end]).map_err(|_| ())
    }

    fn boolean(&mut self) -> Result<bool, ()> {
        self.peek();
        for (word, value) in [(&b"True"[..], true), (b"False", false)] {
            if let Some(rest) = self.text.strip_prefix(word) {
                self.text = rest;
                return Ok(value);
            }
        }
        Err(())
    }

    fn tuple(&mut self) -> Result<Vec<usize>, ()> {
        self.expect(b'(')?;
        let mut axes = Vec::new();
        while !self.take(b')') {
            self.peek();
            let digits = self.text.iter().take_while(|c| c.is_ascii_digit()).count();
            let number = std::str::from_utf8(&self.text[..digits]).map_err(|_| ())?;
            axes.push(number.parse().map_err(|_| ())?);
            self.text = &self.text[digits..];
            self.take(b'L'); // written by Python 2
            if axes.len() > MAX_RANK || (!self.take(b',') && self.peek() != Some(b')')) {
                return Err(());
            }
        }
        Ok(axes)
    }
}

//! The element types of arrays in files, and reading many of them without trusting the announced number.

use crate::error::{Error, Kind};
use crate::format::input::Input;

/// Which end of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

pub(crate) mod sealed {
    pub trait Sealed: Copy {
        /// Bytes an element.
        const SIZE: usize;
        /// The code of npy: kind and size.
        const NPY: &'static str;
        /// The code of IDX, for the types that it knows.
        const IDX: Option<u8>;
        fn little(bytes: &[u8]) -> Self;
        fn big(bytes: &[u8]) -> Self;
        fn put_little(self, out: &mut Vec<u8>);
        fn put_big(self, out: &mut Vec<u8>);
    }
}

/// An element of an array in an IDX or npy file: `u8` to `u64`, `i8` to `i64`, `f32`, `f64`; sealed.
pub trait Element: sealed::Sealed + Clone + Send + Sync + 'static {}

macro_rules! elements {
    ($($t:ty, $npy:literal, $idx:expr;)*) => { $(
        impl sealed::Sealed for $t {
            const SIZE: usize = size_of::<$t>();
            const NPY: &'static str = $npy;
            const IDX: Option<u8> = $idx;
            fn little(bytes: &[u8]) -> Self {
                <$t>::from_le_bytes(bytes.try_into().expect("a chunk is one element long"))
            }
            fn big(bytes: &[u8]) -> Self {
                <$t>::from_be_bytes(bytes.try_into().expect("a chunk is one element long"))
            }
            fn put_little(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn put_big(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
        }
        impl Element for $t {}
    )* };
}

elements! {
    u8, "u1", Some(0x08);
    i8, "i1", Some(0x09);
    i16, "i2", Some(0x0B);
    i32, "i4", Some(0x0C);
    f32, "f4", Some(0x0D);
    f64, "f8", Some(0x0E);
    u16, "u2", None;
    u32, "u4", None;
    u64, "u8", None;
    i64, "i8", None;
}

/// The number of elements of a shape, refused where the bytes that can still come would not suffice, or where an index
/// would not fit (also with axes of length 0).
pub(crate) fn checked_len(who: &str, shape: &[usize], size: usize, at_most: u64) -> Result<usize, Error> {
    let over = |detail: String| Error::new(Kind::Limit, format!("{who}: shape {shape:?} {detail}"));
    let nonzero = shape.iter().filter(|&&n| n != 0).try_fold(1_usize, |all, &n| all.checked_mul(n));
    let bytes = nonzero.and_then(|n| n.checked_mul(size)).filter(|&bytes| bytes <= isize::MAX as usize);
    if bytes.is_none() {
        return Err(over("is larger than memory can address".into()));
    }
    let count: usize = shape.iter().product();
    let need = count as u64 * size as u64;
    if need > at_most {
        let message = format!("{who}: shape {shape:?} needs {need} bytes, at most {at_most} can be there");
        return Err(Error::new(Kind::Truncated, message));
    }
    Ok(count)
}

/// Reads `count` elements; memory grows with the bytes that have come.
pub(crate) fn read_elements<T: Element>(
    who: &str,
    input: &mut Input<'_>,
    count: usize,
    endian: Endian,
) -> Result<Vec<T>, Error> {
    const CHUNK: usize = 1 << 16;
    let mut bytes = vec![0; CHUNK.min(count * T::SIZE)];
    let mut out: Vec<T> = Vec::new();
    let mut left = count;
    while left > 0 {
        let now = left.min(CHUNK / T::SIZE);
        let bytes = &mut bytes[..now * T::SIZE];
        input.fill(who, "the values", bytes)?;
        // Doubling, but never past what was announced.
        if out.capacity() - out.len() < now {
            out.reserve_exact(left.min(out.len().max(now)));
        }
        match endian {
            Endian::Little => out.extend(bytes.chunks_exact(T::SIZE).map(T::little)),
            Endian::Big => out.extend(bytes.chunks_exact(T::SIZE).map(T::big)),
        }
        left -= now;
    }
    Ok(out)
}

/// Gives a vector its shape in a fixed number of dimensions, or says how many there are.
pub(crate) fn into_shape<T, D: ndarray::Dimension>(
    who: &str,
    values: Vec<T>,
    shape: &[usize],
    fortran: bool,
) -> Result<ndarray::Array<T, D>, Error> {
    use ndarray::ShapeBuilder;
    let found = shape.len();
    let wanted = |cause: ndarray::ShapeError| {
        let rank = D::NDIM.map_or("any number of".into(), |n| n.to_string());
        Error::caused(
            Kind::Shape,
            format!("{who}: asked for {rank} dimensions, the file has {found}: {shape:?}"),
            cause,
        )
    };
    let array = ndarray::ArrayD::from_shape_vec(ndarray::IxDyn(shape).set_f(fortran), values).map_err(wanted)?;
    array.into_dimensionality().map_err(wanted)
}

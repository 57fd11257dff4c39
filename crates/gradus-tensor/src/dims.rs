//! Lengths of axes: a short list that lives inline up to rank 4 and copies like a number.

use smallvec::SmallVec;
use std::ops::{Deref, DerefMut};

const INLINE: usize = 4;

/// Lengths of axes (or strides), inline up to rank 4.
///
/// The numbers stand first: they are written and copied as vectors, and a copy that straddles two stores waits for both.
#[repr(C)]
pub struct Dims {
    inline: [usize; INLINE],
    len: usize,
    /// All of them, where there are more than fit.
    #[allow(clippy::box_collection, reason = "the rare case should not make the common one larger")]
    heap: Option<Box<Vec<usize>>>,
}

impl Dims {
    /// No axes.
    #[inline]
    pub fn new() -> Self {
        Dims { len: 0, inline: [0; INLINE], heap: None }
    }

    /// `len` times `value`.
    #[inline]
    pub fn from_elem(value: usize, len: usize) -> Self {
        if len <= INLINE {
            return Dims { len, inline: [value; INLINE], heap: None };
        }
        Dims { len, inline: [0; INLINE], heap: Some(Box::new(vec![value; len])) }
    }

    /// The steps of axes of these lengths in row-major order without gaps.
    #[inline]
    pub fn row_major(shape: &[usize]) -> Self {
        let inline = match *shape {
            [] => [0; INLINE],
            [_] => [1, 0, 0, 0],
            [_, b] => [b, 1, 0, 0],
            [_, b, c] => [b * c, c, 1, 0],
            [_, b, c, d] => [b * c * d, c * d, d, 1],
            _ => {
                let mut strides = vec![1; shape.len()];
                for k in (1..shape.len()).rev() {
                    strides[k - 1] = strides[k] * shape[k];
                }
                return strides.as_slice().into();
            }
        };
        Dims { len: shape.len(), inline, heap: None }
    }

    /// One more at the end.
    #[inline]
    pub fn push(&mut self, value: usize) {
        self.insert(self.len, value);
    }

    /// One more at `at`.
    ///
    /// # Panics
    /// If `at` is beyond the end.
    #[inline]
    pub fn insert(&mut self, at: usize, value: usize) {
        match &mut self.heap {
            None if self.len < INLINE => {
                self.inline.copy_within(at..self.len, at + 1);
                self.inline[at] = value;
            }
            None => {
                let mut all = self.inline.to_vec();
                all.insert(at, value);
                self.heap = Some(Box::new(all));
            }
            Some(all) => all.insert(at, value),
        }
        self.len += 1;
    }

    /// Takes out the one at `at`.
    ///
    /// # Panics
    /// If there is none.
    pub fn remove(&mut self, at: usize) -> usize {
        let mut all = self.to_vec();
        let value = all.remove(at);
        *self = all.as_slice().into();
        value
    }

    /// These at the end.
    pub fn extend_from_slice(&mut self, more: &[usize]) {
        more.iter().for_each(|&n| self.push(n));
    }
}

impl Default for Dims {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Dims {
    #[inline]
    fn clone(&self) -> Self {
        Dims { len: self.len, inline: self.inline, heap: self.heap.clone() }
    }
}

impl Deref for Dims {
    type Target = [usize];
    #[inline]
    fn deref(&self) -> &[usize] {
        match &self.heap {
            None => &self.inline[..self.len.min(INLINE)],
            Some(all) => all,
        }
    }
}

impl DerefMut for Dims {
    #[inline]
    fn deref_mut(&mut self) -> &mut [usize] {
        match &mut self.heap {
            None => &mut self.inline[..self.len.min(INLINE)],
            Some(all) => all,
        }
    }
}

impl From<&[usize]> for Dims {
    #[inline]
    fn from(x: &[usize]) -> Self {
        // Written as whole vectors: a copy of what was stored number by number waits for the stores.
        let inline = match *x {
            [] => [0; INLINE],
            [a] => [a, 0, 0, 0],
            [a, b] => [a, b, 0, 0],
            [a, b, c] => [a, b, c, 0],
            [a, b, c, d] => [a, b, c, d],
            _ => return Dims { len: x.len(), inline: [0; INLINE], heap: Some(Box::new(x.to_vec())) },
        };
        Dims { len: x.len(), inline, heap: None }
    }
}

impl<const N: usize> From<[usize; N]> for Dims {
    #[inline]
    fn from(x: [usize; N]) -> Self {
        x.as_slice().into()
    }
}

impl FromIterator<usize> for Dims {
    #[inline]
    fn from_iter<I: IntoIterator<Item = usize>>(iter: I) -> Self {
        let (mut iter, mut few, mut len) = (iter.into_iter(), [0; INLINE], 0);
        for n in iter.by_ref().take(INLINE) {
            few[len] = n;
            len += 1;
        }
        // Read back one by one: a list that was stored number by number is not copied as vectors.
        let mut dims: Dims = few[..len].into();
        iter.for_each(|n| dims.push(n));
        dims
    }
}

impl<'a> IntoIterator for &'a Dims {
    type Item = &'a usize;
    type IntoIter = std::slice::Iter<'a, usize>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl PartialEq for Dims {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Dims {}

impl std::fmt::Debug for Dims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

/// `n` marks, for axes or inputs: up to 8 are written as one number.
#[inline]
pub(crate) fn marks(value: bool, n: usize) -> SmallVec<[bool; 8]> {
    let mut marks = SmallVec::from_buf_and_len([value; 8], n.min(8));
    marks.resize(n, value);
    marks
}

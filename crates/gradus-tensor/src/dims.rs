//! Lengths of axes: a short list that lives inline up to rank 6 and copies like a number.

use std::ops::{Deref, DerefMut};

const INLINE: usize = 6;

/// Lengths of axes (or strides), inline up to rank 6.
pub struct Dims {
    len: usize,
    inline: [usize; INLINE],
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
        let mut dims = Dims::from_elem(0, x.len());
        // A loop of few steps is faster here than a call to memcpy.
        for (d, &n) in dims.iter_mut().zip(x) {
            *d = n;
        }
        dims
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
        let mut dims = Dims::new();
        iter.into_iter().for_each(|n| dims.push(n));
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

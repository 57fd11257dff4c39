//! A read-only strided array: what kernels take when an operand need not be contiguous.

use std::borrow::Cow;

/// Numbers `data[Σ iₖ·strides[k]]` for every index i below `shape`. A stride of 0 repeats (broadcast).
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    /// The storage, starting at the element of index 0.
    pub data: &'a [T],
    /// Lengths of the axes.
    pub shape: &'a [usize],
    /// Steps of the axes, in elements.
    pub strides: &'a [usize],
}

impl<'a, T: Copy> View<'a, T> {
    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements in row-major order, where they lie so in memory.
    #[inline]
    pub fn contiguous(&self) -> Option<&'a [T]> {
        is_contiguous(self.shape, self.strides).then(|| &self.data[..self.len()])
    }

    /// The elements in row-major order, copied where they do not lie so.
    pub fn flat(&self) -> Cow<'a, [T]>
    where
        T: Default,
    {
        self.contiguous().map_or_else(|| Cow::Owned(self.to_vec()), Cow::Borrowed)
    }

    /// Copies the elements in row-major order into `out`.
    ///
    /// # Panics
    /// If `out` has another length than the view.
    pub fn copy_to(&self, out: &mut [T]) {
        assert_eq!(out.len(), self.len(), "View::copy_to: out has another length");
        if let Some(x) = self.contiguous() {
            out.copy_from_slice(x);
            return;
        }
        if out.is_empty() {
            return;
        }
        let (&n, &step) = (self.shape.last().unwrap_or(&1), self.strides.last().unwrap_or(&1));
        let mut rows = Offsets::new(&self.shape[..self.shape.len() - 1], &self.strides[..self.strides.len() - 1]);
        for row in out.chunks_exact_mut(n) {
            gather(&self.data[rows.next().unwrap_or(0)..], step, row);
        }
    }

    /// The elements in row-major order.
    pub fn to_vec(&self) -> Vec<T>
    where
        T: Default,
    {
        let mut out = vec![T::default(); self.len()];
        self.copy_to(&mut out);
        out
    }
}

/// Whether (shape, strides) lies in row-major order without gaps (axes of length 1 do not count).
#[inline]
pub fn is_contiguous(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    for (&n, &s) in shape.iter().zip(strides).rev() {
        if n != 1 {
            if s != expected {
                return n == 0 || shape.contains(&0);
            }
            expected *= n;
        }
    }
    true
}

/// to\[k\] = from\[k · step\]. A loop of its own for each kind of step.
#[inline]
pub(crate) fn gather<T: Copy>(from: &[T], step: usize, to: &mut [T]) {
    match step {
        0 => to.fill(from[0]),
        1 => to.copy_from_slice(&from[..to.len()]),
        _ => to.iter_mut().zip(from.iter().step_by(step)).for_each(|(to, from)| *to = *from),
    }
}

/// The storage offsets of a strided array in row-major order.
#[derive(Debug)]
pub struct Offsets<'a> {
    shape: &'a [usize],
    strides: &'a [usize],
    index: smallvec::SmallVec<[usize; 6]>,
    at: usize,
    left: usize,
}

impl<'a> Offsets<'a> {
    /// All offsets of (shape, strides).
    pub fn new(shape: &'a [usize], strides: &'a [usize]) -> Self {
        Offsets { shape, strides, index: smallvec::smallvec![0; shape.len()], at: 0, left: shape.iter().product() }
    }
}

impl Iterator for Offsets<'_> {
    type Item = usize;
    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let at = self.at;
        self.left -= 1;
        for k in (0..self.shape.len()).rev() {
            self.index[k] += 1;
            self.at += self.strides[k];
            if self.index[k] < self.shape[k] {
                break;
            }
            self.at -= self.shape[k] * self.strides[k];
            self.index[k] = 0;
        }
        Some(at)
    }
}

impl Offsets<'_> {
    /// Goes to the `row`-th offset.
    pub fn skip_to(&mut self, row: usize) {
        let total: usize = self.shape.iter().product();
        let mut rest = row;
        self.at = 0;
        for k in (0..self.shape.len()).rev() {
            let n = self.shape[k].max(1);
            self.index[k] = rest % n;
            self.at += self.index[k] * self.strides[k];
            rest /= n;
        }
        self.left = total.saturating_sub(row);
    }
}

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
    if let ([_, n], [step, 1]) = (shape, strides)
        && n == step
    {
        return true;
    }
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
    /// The next offset, and how many follow it along the last axis, each `step` further.
    at: usize,
    run: usize,
    step: usize,
    /// Where the run begins, its indices along the axes before the last, and how many runs there are yet, with this one.
    base: usize,
    index: smallvec::SmallVec<[usize; 6]>,
    runs: usize,
}

impl<'a> Offsets<'a> {
    /// All offsets of (shape, strides).
    pub fn new(shape: &'a [usize], strides: &'a [usize]) -> Self {
        let index = smallvec::smallvec![0; shape.len().saturating_sub(1)];
        let step = strides.last().copied().unwrap_or(0);
        let mut offsets = Offsets { shape, strides, at: 0, run: 0, step, base: 0, index, runs: 0 };
        offsets.skip_to(0);
        offsets
    }

    /// The last offset of a run; then the next run begins.
    #[inline(never)]
    fn turn(&mut self) -> Option<usize> {
        if self.runs == 0 {
            return None;
        }
        let at = self.at;
        self.runs -= 1;
        for k in (0..self.index.len()).rev() {
            self.index[k] += 1;
            self.base += self.strides[k];
            if self.index[k] < self.shape[k] {
                break;
            }
            self.base -= self.shape[k] * self.strides[k];
            self.index[k] = 0;
        }
        if self.runs > 0 {
            (self.at, self.run) = (self.base, self.shape.last().map_or(0, |n| n - 1));
        }
        Some(at)
    }
}

impl Iterator for Offsets<'_> {
    type Item = usize;
    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        if self.run == 0 {
            return self.turn();
        }
        let at = self.at;
        self.run -= 1;
        self.at += self.step;
        Some(at)
    }
}

impl Offsets<'_> {
    /// Goes to the `row`-th offset.
    pub fn skip_to(&mut self, row: usize) {
        let (inner, outer) = self.shape.split_last().map_or((1, &[][..]), |(&n, outer)| (n, outer));
        let runs: usize = outer.iter().product();
        if row >= runs * inner {
            (self.runs, self.run) = (0, 0);
            return;
        }
        let (mut rest, along) = (row / inner, row % inner);
        self.runs = runs - rest;
        self.base = 0;
        for k in (0..outer.len()).rev() {
            self.index[k] = rest % outer[k];
            self.base += self.index[k] * self.strides[k];
            rest /= outer[k];
        }
        (self.at, self.run) = (self.base + along * self.step, inner - 1 - along);
    }
}

#[cfg(test)]
mod tests {
    use super::Offsets;

    #[test]
    fn offsets_from_any_row_on() {
        let shapes: [&[usize]; 9] = [&[], &[1], &[4], &[0], &[3, 0], &[0, 3], &[2, 3], &[3, 1, 2], &[2, 1, 3, 2]];
        for shape in shapes {
            let strides: Vec<usize> = [7, 100, 0, 1000][..shape.len()].to_vec();
            let rows: usize = shape.iter().product();
            let expected: Vec<usize> = (0..rows)
                .map(|mut row| {
                    shape.iter().zip(&strides).rev().fold(0, |at, (n, stride)| {
                        let along = row % n;
                        row /= n;
                        at + along * stride
                    })
                })
                .collect();
            for row in 0..=rows {
                let mut offsets = Offsets::new(shape, &strides);
                offsets.skip_to(row);
                assert_eq!(offsets.by_ref().collect::<Vec<_>>(), expected[row..], "{shape:?} from {row}");
                assert_eq!(offsets.next(), None);
            }
            assert_eq!(Offsets::new(shape, &strides).collect::<Vec<_>>(), expected, "{shape:?}");
        }
    }
}

//! The axes of a reduction, kept and reduced apart, neighbours merged where memory allows.

use crate::view::{Offsets, View};
use smallvec::SmallVec;

/// Lengths and steps of some axes.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) shape: SmallVec<[usize; 6]>,
    pub(super) strides: SmallVec<[usize; 6]>,
}

/// The kept and the reduced axes of a view.
#[derive(Debug)]
pub(super) struct Axes {
    pub(super) kept: Group,
    pub(super) reduced: Group,
}

impl Axes {
    pub(super) fn new<T>(x: &View<'_, T>, reduced: &[bool]) -> Self {
        assert_eq!(x.shape.len(), reduced.len(), "reduce: `reduced` has another length than the shape");
        let mut axes = Axes { kept: Group::default(), reduced: Group::default() };
        for ((&n, &step), &r) in x.shape.iter().zip(x.strides).zip(reduced) {
            (if r { &mut axes.reduced } else { &mut axes.kept }).push(n, step);
        }
        axes
    }
}

impl Group {
    fn push(&mut self, n: usize, step: usize) {
        match (self.shape.last_mut(), self.strides.last_mut()) {
            _ if n == 1 => {}
            (Some(m), Some(s)) if *s == n * step => (*m, *s) = (*m * n, step),
            _ => {
                self.shape.push(n);
                self.strides.push(step);
            }
        }
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The step of the last axis.
    pub(super) fn step(&self) -> Option<usize> {
        self.strides.last().copied()
    }

    /// Length and step of the last axis (1, 1 where there is none).
    pub(super) fn inner(&self) -> (usize, usize) {
        (self.shape.last().copied().unwrap_or(1), self.strides.last().copied().unwrap_or(1))
    }

    /// The offsets of all axes but the last, from the `from`-th.
    pub(super) fn outer(&self, from: usize) -> Offsets<'_> {
        let k = self.shape.len().saturating_sub(1);
        let mut o = Offsets::new(&self.shape[..k], &self.strides[..k]);
        if from > 0 {
            o.skip_to(from);
        }
        o
    }

    /// The offsets of all axes, from the `from`-th.
    pub(super) fn offsets(&self, from: usize) -> Offsets<'_> {
        let mut o = Offsets::new(&self.shape, &self.strides);
        if from > 0 {
            o.skip_to(from);
        }
        o
    }
}

//! Shapes, strides and the broadcasting rule.

pub use crate::dims::Dims;

/// How a tensor's elements lie in its buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Lengths of the axes.
    pub shape: Dims,
    /// Steps of the axes, in elements; 0 repeats.
    pub strides: Dims,
    /// Where the element of index 0 lies.
    pub offset: usize,
}

impl Layout {
    /// Row-major, without gaps.
    #[inline(always)]
    pub fn contiguous(shape: Dims) -> Self {
        let strides = Dims::row_major(&shape);
        Layout { shape, strides, offset: 0 }
    }

    /// [`contiguous`](Layout::contiguous) in the same shape: a copy where this is so already, but for the offset.
    #[inline]
    pub fn without_gaps(&self) -> Self {
        // Every axis has the step of row-major order, also one of length 1.
        let row_major = match (&*self.shape, &*self.strides) {
            ([], []) | ([_], [1]) => true,
            ([_, n], [step, 1]) => step == n,
            (shape, strides) => *strides == *Dims::row_major(shape),
        };
        if row_major { Layout { offset: 0, ..self.clone() } } else { Self::contiguous(self.shape.clone()) }
    }

    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there are no elements.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Whether the elements lie in row-major order without gaps.
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        gradus_kernels::view::is_contiguous(&self.shape, &self.strides)
    }

    /// The same elements, repeated along new leading axes and axes of length 1.
    pub fn broadcast_to(&self, shape: &[usize]) -> Self {
        let new = shape.len() - self.shape.len();
        let strides = (0..shape.len())
            .map(|k| if k < new || (self.shape[k - new] == 1 && shape[k] != 1) { 0 } else { self.strides[k - new] })
            .collect();
        Layout { shape: shape.into(), strides, offset: self.offset }
    }

    /// The same elements under another shape, where that needs no copy.
    pub fn reshape(&self, shape: &[usize]) -> Option<Self> {
        if self.is_contiguous() {
            return Some(Layout { offset: self.offset, ..Layout::contiguous(shape.into()) });
        }
        // Axes of length 1 may come and go in any layout.
        let kept: Vec<(usize, usize)> =
            self.shape.iter().copied().zip(self.strides.iter().copied()).filter(|(n, _)| *n != 1).collect();
        let mut next = kept.iter();
        let mut strides = Dims::new();
        for &n in shape {
            if n == 1 {
                strides.push(0);
            } else {
                let &(m, s) = next.next()?;
                if m != n {
                    return None;
                }
                strides.push(s);
            }
        }
        next.next().is_none().then(|| Layout { shape: shape.into(), strides, offset: self.offset })
    }
}

/// The shape that all of `shapes` broadcast to: axes are aligned at the end, and lengths must be equal or 1.
pub(crate) fn broadcast(shapes: &[&[usize]]) -> Option<Dims> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut out: Dims = Dims::from_elem(1, rank);
    for s in shapes {
        let lead = rank - s.len();
        for (k, &n) in s.iter().enumerate() {
            let m = &mut out[lead + k];
            if *m == 1 {
                *m = n;
            } else if n != 1 && n != *m {
                return None;
            }
        }
    }
    Some(out)
}

/// The axis that `axis` names: from the end where negative.
pub(crate) fn axis(op: &str, axis: isize, rank: usize) -> usize {
    let k = if axis < 0 { axis + rank as isize } else { axis };
    if k < 0 || k >= rank as isize {
        crate::message::panic_with(&crate::message::axis(op, axis, rank));
    }
    k as usize
}

#[cfg(test)]
mod tests {
    use super::{Dims, Layout};

    /// Also where an axis of length 0 or 1 has a step that nobody takes.
    #[test]
    fn without_gaps_every_step_is_that_of_row_major_order() {
        let dims = |x: &[usize]| Dims::from(x);
        for (shape, strides, offset) in [
            (dims(&[]), dims(&[]), 3),
            (dims(&[4]), dims(&[1]), 2),
            (dims(&[2, 3]), dims(&[3, 1]), 0),
            (dims(&[2, 3]), dims(&[1, 2]), 0),
            (dims(&[2, 3]), dims(&[0, 1]), 0),
            (dims(&[1, 3]), dims(&[0, 1]), 1),
            (dims(&[3, 1]), dims(&[1, 7]), 0),
            (dims(&[2, 0]), dims(&[5, 1]), 0),
            (dims(&[2, 3, 1, 2, 2]), dims(&[12, 4, 4, 2, 1]), 9),
            (dims(&[2, 3, 1, 2, 2]), dims(&[12, 4, 9, 2, 1]), 0),
        ] {
            let layout = Layout { shape: shape.clone(), strides, offset };
            assert_eq!(layout.without_gaps(), Layout::contiguous(shape), "{layout:?}");
        }
    }
}

//! Indices and masks: shared integers and booleans that ops take as fields. They cannot be tracked, so asking for their gradient does not compile.

use crate::message;
use ndarray::{Array, ArrayD, Dimension, IxDyn};
use std::sync::Arc;

/// Shared `u32` numbers with a shape: class labels, positions, orders.
///
/// ```compile_fail
/// use gradus_tensor::{Index, Tensor, grad, ndarray::array};
/// let labels = Index::from(array![0usize, 2]);
/// let g = grad(&Tensor::<f32>::scalar(1.0), &labels); // an index has no gradient
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    shape: Arc<[usize]>,
    data: Arc<[u32]>,
}

/// Shared booleans with a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    shape: Arc<[usize]>,
    data: Arc<[u8]>,
}

macro_rules! shared {
    ($Name:ident, $E:ty, $what:literal) => {
        impl $Name {
            #[doc = concat!($what, " of a shape, in row-major order.")]
            ///
            /// # Panics
            /// If the number of elements is not that of the shape.
            #[track_caller]
            #[must_use]
            pub fn new(shape: &[usize], data: Vec<$E>) -> Self {
                if shape.iter().product::<usize>() != data.len() {
                    message::panic_with(&format!(
                        "{}: shape {shape:?} needs {} numbers, got {}",
                        stringify!($Name),
                        shape.iter().product::<usize>(),
                        data.len()
                    ));
                }
                $Name { shape: shape.into(), data: data.into() }
            }

            /// The lengths of the axes.
            #[must_use]
            pub fn shape(&self) -> &[usize] {
                &self.shape
            }

            /// The elements in row-major order.
            #[must_use]
            pub fn as_slice(&self) -> &[$E] {
                &self.data
            }

            /// The number of elements.
            #[must_use]
            pub fn len(&self) -> usize {
                self.data.len()
            }

            /// Whether there are no elements.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.data.is_empty()
            }

            /// A copy as an owned `ndarray` array.
            #[must_use]
            pub fn to_array(&self) -> ArrayD<$E> {
                ArrayD::from_shape_vec(IxDyn(&self.shape), self.data.to_vec()).expect("the data has this shape")
            }

            /// The same elements under another shape.
            ///
            /// # Panics
            /// If the numbers of elements differ.
            #[track_caller]
            #[must_use]
            pub fn reshape(&self, shape: &[usize]) -> Self {
                if shape.iter().product::<usize>() != self.len() {
                    message::panic_with(&message::reshape(&self.shape, shape));
                }
                $Name { shape: shape.into(), data: self.data.clone() }
            }
        }
    };
}

shared!(Index, u32, "Indices");
shared!(Mask, u8, "Zeros and ones");

impl Index {
    /// The largest index; `None` where there are none.
    #[must_use]
    pub fn max(&self) -> Option<u32> {
        self.data.iter().copied().max()
    }
}

impl<D: Dimension> From<Array<u32, D>> for Index {
    fn from(x: Array<u32, D>) -> Self {
        Index { shape: x.shape().into(), data: x.iter().copied().collect() }
    }
}

impl<D: Dimension> From<Array<usize, D>> for Index {
    /// # Panics
    /// If an index is above 2³² − 1.
    fn from(x: Array<usize, D>) -> Self {
        let narrow = |&i: &usize| {
            u32::try_from(i).unwrap_or_else(|_| message::panic_with(&format!("Index: {i} does not fit 32 bits")))
        };
        Index { shape: x.shape().into(), data: x.iter().map(narrow).collect() }
    }
}

impl From<&[usize]> for Index {
    fn from(x: &[usize]) -> Self {
        Index::from(Array::from(x.to_vec()))
    }
}

impl<D: Dimension> From<Array<bool, D>> for Mask {
    fn from(x: Array<bool, D>) -> Self {
        Mask { shape: x.shape().into(), data: x.iter().map(|&b| u8::from(b)).collect() }
    }
}

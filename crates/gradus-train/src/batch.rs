//! From the plain arrays of a data set to the tensors that a net takes.

use gradus_data::Supervised;
use gradus_tensor::{Index, Tensor};
use ndarray::{Array, Dimension};

/// What a batch of plain arrays becomes for the net: real numbers a tensor, whole numbers an [`Index`], a pair a pair.
///
/// Implement it for batches of your own:
/// ```
/// use gradus_train::{ToTensors, ndarray::Array2, tensor::Tensor};
/// struct Pairs { left: Array2<f32>, right: Array2<f32> }
/// impl ToTensors for Pairs {
///     type Tensors = (Tensor, Tensor);
///     fn to_tensors(&self) -> (Tensor, Tensor) {
///         (self.left.to_tensors(), self.right.to_tensors())
///     }
/// }
/// ```
pub trait ToTensors {
    /// The same batch for the net.
    type Tensors;

    /// A copy as tensors.
    fn to_tensors(&self) -> Self::Tensors;
}

macro_rules! arrays {
    ($($T:ty => $Out:ty),+) => { $(
        impl<D: Dimension> ToTensors for Array<$T, D> {
            type Tensors = $Out;
            fn to_tensors(&self) -> $Out {
                <$Out>::from(self.clone())
            }
        }
    )+ };
}

arrays!(usize => Index, u32 => Index);

macro_rules! reals {
    ($($T:ty),+) => { $(
        impl<D: Dimension> ToTensors for Array<$T, D> {
            type Tensors = Tensor<$T>;
            fn to_tensors(&self) -> Tensor<$T> {
                Tensor::from(self)
            }
        }
    )+ };
}

reals!(f32, f64);

impl<A: ToTensors, B: ToTensors> ToTensors for (A, B) {
    type Tensors = (A::Tensors, B::Tensors);
    fn to_tensors(&self) -> Self::Tensors {
        (self.0.to_tensors(), self.1.to_tensors())
    }
}

impl<A: ToTensors, B: ToTensors> ToTensors for Supervised<A, B> {
    type Tensors = (A::Tensors, B::Tensors);
    fn to_tensors(&self) -> Self::Tensors {
        (self.x.to_tensors(), self.y.to_tensors())
    }
}

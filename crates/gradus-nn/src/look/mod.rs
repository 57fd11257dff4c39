//! Looking into a net: outputs of its layers by name, the table of its layers, shapes, and a forward pass that answers where it would panic.

mod capture;
mod names;
mod summary;

pub use capture::{Call, Captured, capture};
pub use names::Names;
pub use summary::{Row, Summary};

use crate::error::Result;
use crate::layer::Layer;
use gradus_tensor::{Mode, Module, Tensor, attempt, no_grad};

/// What can be asked of any net that is a [`Layer`]; for others there are [`capture`] and [`Summary::of`], which take a closure.
pub trait Inspect: Module + Layer<<Self as gradus_tensor::Tree>::Elem> + Sized {
    /// The output for `x`, with the outputs of all layers by name, still tracked.
    fn capture(&self, x: &Tensor<Self::Elem>, mode: &mut Mode) -> Captured<Tensor<Self::Elem>, Self::Elem> {
        capture(self, mode, |net, mode| mode.call(gradus_tensor::Place::of(net), x, |mode| net.forward(x, mode)))
    }

    /// The output for `x`, or why the net refuses it.
    ///
    /// # Errors
    /// If the shape of `x`, or what it holds, does not fit the net.
    fn try_forward(&self, x: &Tensor<Self::Elem>, mode: &mut Mode) -> Result<Tensor<Self::Elem>> {
        Ok(attempt(|| self.forward(x, mode))?)
    }

    /// The shape of the output for an input of this shape, in evaluation.
    ///
    /// ```
    /// use gradus_nn::{Inspect, Linear, rand::{SeedableRng, rngs::Xoshiro256PlusPlus}};
    /// let net = Linear::<f32>::new(64, 10, &mut Xoshiro256PlusPlus::seed_from_u64(0));
    /// assert_eq!(net.output_shape(&[32, 64])?, [32, 10]);
    /// assert!(net.output_shape(&[32, 63]).is_err());
    /// # Ok::<(), gradus_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the net refuses inputs of this shape.
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>> {
        let x = Tensor::zeros(input);
        Ok(no_grad(|| self.try_forward(&x, &mut Mode::eval()))?.shape().to_vec())
    }

    /// The table of the layers, with the shapes that an input of this shape takes in evaluation.
    ///
    /// # Panics
    /// If the net refuses inputs of this shape; [`output_shape`](Inspect::output_shape) asks first.
    #[track_caller]
    fn summary(&self, input: &[usize]) -> Summary {
        let x = Tensor::zeros(input);
        Summary::of(self, |net, mode| mode.call(gradus_tensor::Place::of(net), &x, |mode| net.forward(&x, mode)))
    }
}

impl<N: Module + Layer<<N as gradus_tensor::Tree>::Elem>> Inspect for N {}

//! Closures as layers, and the layer that flattens.

use crate::layer::{Layer, without_leaves};
use gradus_tensor::{Mode, Real, Tensor};
use std::fmt;
use std::sync::Arc;

/// A closure as a layer without parameters, for [`Sequential`](crate::Sequential).
///
/// ```
/// use gradus_nn::{Func, Sequential, tensor::{Mode, Tensor}};
/// let net = Sequential::<f32>::new().then(Func::new("double", |x, _| x * 2));
/// assert_eq!(net.forward(&Tensor::ones(&[1]), &mut Mode::eval()).to_vec(), [2.0]);
/// ```
#[doc(alias = "Lambda")]
#[derive(Clone)]
pub struct Func<T: Real = f32> {
    name: &'static str,
    f: Arc<dyn Fn(&Tensor<T>, &mut Mode) -> Tensor<T> + Send + Sync>,
}

impl<T: Real> Func<T> {
    /// `f` as a layer, under a name for printing.
    pub fn new(name: &'static str, f: impl Fn(&Tensor<T>, &mut Mode) -> Tensor<T> + Send + Sync + 'static) -> Self {
        Func { name, f: Arc::new(f) }
    }

    /// `[n, ..]` as `[n, the product of the rest]`.
    #[doc(alias = "Flatten")]
    pub fn flatten() -> Self {
        Func::new("flatten", |x, _| x.reshape(&[x.shape()[0], x.shape()[1..].iter().product()]))
    }
}

impl<T: Real> fmt::Debug for Func<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Func({})", self.name)
    }
}

impl<T: Real> Layer<T> for Func<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        let y = (self.f)(x, mode);
        mode.report(self, &[x], y)
    }
}

without_leaves!(Func: |func| func.name);

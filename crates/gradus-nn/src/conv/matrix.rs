//! A constraint on matrices as one on kernels: each kernel `[out, in, k..]` is read as the matrix `[out, in·k..]`.

use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};
use std::sync::Arc;

/// Kernels of one shape whose matrix `[out, in·k..]` is held to a set.
#[derive(Debug)]
pub struct AsMatrix<T: Real = f32> {
    inner: Arc<dyn Parametrization<T>>,
    kernel: Vec<usize>,
}

impl<T: Real> AsMatrix<T> {
    /// `inner` on kernels of shape `kernel`: `[out, in, k..]`.
    ///
    /// # Panics
    /// If the kernel has no axes.
    #[track_caller]
    pub fn new(inner: Arc<dyn Parametrization<T>>, kernel: &[usize]) -> Self {
        assert!(!kernel.is_empty(), "AsMatrix: a kernel has the shape [out, in, k..], got []");
        AsMatrix { inner, kernel: kernel.to_vec() }
    }

    fn matrix(&self) -> [usize; 2] {
        [self.kernel[0], self.kernel[1..].iter().product()]
    }

    fn as_matrix(&self, x: &Tensor<T>) -> Tensor<T> {
        if x.shape() == self.kernel { x.reshape(&self.matrix()) } else { x.clone() }
    }
}

impl<T: Real> Parametrization<T> for AsMatrix<T> {
    fn name(&self) -> &str {
        self.inner.name()
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        self.inner.forward(y).reshape(&self.kernel)
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        self.inner.right_inverse(&self.as_matrix(x))
    }
    fn leaves(&self) -> usize {
        self.inner.leaves()
    }
    fn fixed(&self) -> usize {
        self.inner.fixed()
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        self.inner.defect(&self.as_matrix(x))
    }
    fn sample(&self, _: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(self.inner.sample(&self.matrix(), rng)?.reshape(&self.kernel))
    }
}

//! Constants: tensors of given numbers.

use crate::node::Tensor;
use crate::real::Real;
use gradus_kernels::Shared;

impl<T: Real> Tensor<T> {
    /// A constant filled with `value`.
    #[doc(alias = "fill")]
    pub fn full(shape: &[usize], value: f64) -> Self {
        Self::build(shape, |x| x.fill(T::from_f64(value)))
    }

    /// A constant of zeros.
    pub fn zeros(shape: &[usize]) -> Self {
        Self::full(shape, 0.0)
    }

    /// A constant of ones.
    pub fn ones(shape: &[usize]) -> Self {
        Self::full(shape, 1.0)
    }

    /// A constant of rank 0.
    pub fn scalar(value: f64) -> Self {
        Self::full(&[], value)
    }

    /// The identity matrix `[n, n]`.
    pub fn eye(n: usize) -> Self {
        Self::build(&[n, n], |x| {
            x.fill(T::ZERO);
            x.iter_mut().step_by(n + 1).for_each(|d| *d = T::ONE);
        })
    }

    /// 0, 1, …, n − 1.
    pub fn arange(n: usize) -> Self {
        Self::build(&[n], |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = T::from_usize(i)))
    }

    /// A constant with these numbers in row-major order.
    ///
    /// # Panics
    /// If the number of elements is not that of `shape`.
    #[track_caller]
    pub fn from_slice(shape: &[usize], x: &[T]) -> Self {
        if shape.iter().product::<usize>() != x.len() {
            crate::message::panic_with(&format!(
                "from_slice: shape {shape:?} needs {} numbers, got {}",
                shape.iter().product::<usize>(),
                x.len()
            ));
        }
        Self::from_shared(shape.into(), Shared::from_slice(x))
    }
}

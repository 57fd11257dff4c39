//! Axes in another order: a view; its adjoint is the inverse order.

use crate::case::{Case, Room, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout, axis};
use gradus_kernels::View;

/// Axis k of y is axis `order[k]` of x.
#[derive(Clone, Debug)]
pub struct Permute(Dims);

impl<T: Real> Linear<T> for Permute {
    const NAME: &'static str = "permute";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        if sorted.iter().copied().ne(0..x[0].len()) {
            return Err(format!(
                "permute: {:?} is not an order of the {} axes of {:?}; name each axis once",
                self.0,
                x[0].len(),
                x[0]
            ));
        }
        Ok(self.0.iter().map(|&k| x[0][k]).collect())
    }
    fn view(&self, x: &Layout) -> Option<Layout> {
        let pick = |d: &Dims| self.0.iter().map(|&k| d[k]).collect();
        Some(Layout { shape: pick(&x.shape), strides: pick(&x.strides), offset: x.offset })
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        let mut back: Dims = self.0.clone();
        self.0.iter().enumerate().for_each(|(k, &from)| back[from] = k);
        T::apply(T::boxed(Permute(back)), &[g])
    }
}

impl<T: Real> Tensor<T> {
    /// Axes in another order, as a view: axis k of the result is axis `order[k]`.
    ///
    /// # Panics
    /// If `order` does not name each axis once.
    #[track_caller]
    #[must_use]
    pub fn permute(&self, order: &[usize]) -> Self {
        T::apply(T::boxed(Permute(order.into())), &[self])
    }

    /// Exchanges two axes (from the end where negative), as a view.
    ///
    /// # Panics
    /// If an axis does not exist.
    #[doc(alias = "swapaxes")]
    #[track_caller]
    #[must_use]
    pub fn transpose(&self, a: isize, b: isize) -> Self {
        let (a, b) = (axis("transpose", a, self.rank()), axis("transpose", b, self.rank()));
        let mut order: Dims = (0..self.rank()).collect();
        order.swap(a, b);
        T::apply(T::boxed(Permute(order)), &[self])
    }

    /// The transpose of a matrix (of the last two axes), as a view.
    ///
    /// # Panics
    /// If the rank is below 2.
    #[doc(alias = "mT")]
    #[track_caller]
    #[must_use]
    pub fn t(&self) -> Self {
        if self.rank() < 2 {
            message::panic_with(&format!("t: the tensor has shape {:?}; a transpose needs two axes", self.shape()));
        }
        self.transpose(-2, -1)
    }
}

impl Room for Permute {
    const NAME: &'static str = "permute";
    const FORMULA: &'static str = "axis k of y is axis order[k] of x";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, from: &[usize], order: &'static [usize]| {
            Case::new(label, vec![spread(from, 1)], move |x| {
                let y = x[0].permute(order);
                y.square() * spread(y.shape(), 5)
            })
        };
        vec![
            one("matrix", &[2, 3], &[1, 0]),
            one("identity", &[2, 3], &[0, 1]),
            one("cycle", &[2, 3, 2], &[2, 0, 1]),
            one("reverse", &[2, 1, 3], &[2, 1, 0]),
            one("rank 0", &[], &[]),
            one("rank 1", &[4], &[0]),
            one("empty", &[0, 2], &[1, 0]),
            one("four axes", &[2, 1, 2, 2], &[3, 1, 0, 2]),
            Case::new("twice", vec![spread(&[2, 3], 1)], |x| x[0].t().t().exp()),
            Case::new("into a product", vec![spread(&[2, 3], 1)], |x| x[0].t().matmul(&x[0])),
        ]
    }
}

//! Tensors one after another along an axis; the adjoint takes the pieces apart.

use crate::case::{Case, Room, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, axis};
use gradus_kernels::View;

/// y = the inputs one after another along an axis.
#[derive(Clone, Debug)]
pub struct Concat {
    axis: usize,
}

impl<T: Real> Linear<T> for Concat {
    const NAME: &'static str = "concat";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let mut shape: Dims = x[0].into();
        shape[self.axis] = 0;
        for s in x {
            let fits = s.len() == shape.len() && s.iter().enumerate().all(|(k, &n)| k == self.axis || n == x[0][k]);
            if !fits {
                return Err(format!(
                    "concat: shapes {x:?} differ outside axis {}; all other axes must be equal",
                    self.axis
                ));
            }
            shape[self.axis] += s[self.axis];
        }
        Ok(shape)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        let inner = |v: &View<'_, T>| v.shape[self.axis..].iter().product::<usize>();
        let whole: usize = x.iter().map(inner).sum();
        if whole == 0 {
            return;
        }
        let mut at = 0;
        for v in x {
            let n = inner(v);
            if n > 0 {
                for (y, x) in out.chunks_exact_mut(whole).zip(v.flat().chunks_exact(n)) {
                    y[at..at + n].copy_from_slice(x);
                }
            }
            at += n;
        }
    }
    fn adjoint(&self, i: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let start = shapes[..i].iter().map(|s| s[self.axis]).sum();
        g.narrow(self.axis as isize, start, shapes[i][self.axis])
    }
}

impl<T: Real> Tensor<T> {
    /// Tensors one after another along an axis (from the end where negative).
    ///
    /// # Panics
    /// If there are none, or their shapes differ on another axis.
    #[doc(alias = "cat")]
    #[track_caller]
    #[must_use]
    pub fn concat(tensors: &[Self], at: isize) -> Self {
        let Some(first) = tensors.first() else {
            message::panic_with("concat: no tensors were given; at least one is needed")
        };
        let axis = axis("concat", at, first.rank());
        T::apply(T::boxed(Concat { axis }), &tensors.iter().collect::<Vec<_>>())
    }
}

impl Room for Concat {
    const NAME: &'static str = "concat";
    const FORMULA: &'static str = "y = x₀, x₁, … along an axis";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shapes: &[&[usize]], at: isize| {
            let inputs = shapes.iter().enumerate().map(|(i, s)| spread(s, i as u64)).collect();
            Case::new(label, inputs, move |x| Tensor::concat(x, at).square().exp())
        };
        vec![
            on("rows", &[&[2], &[3]], 0),
            on("first axis", &[&[1, 2], &[2, 2]], 0),
            on("last axis", &[&[2, 1], &[2, 3]], -1),
            on("middle axis", &[&[2, 1, 2], &[2, 2, 2]], 1),
            on("with an empty one", &[&[2], &[0], &[1]], 0),
            on("all empty", &[&[0, 2], &[0, 2]], 1),
            on("one alone", &[&[2, 2]], 0),
            on("five", &[&[1], &[1], &[2], &[1], &[1]], 0),
            Case::new("with itself", vec![spread(&[2], 1)], |x| {
                Tensor::concat(&[x[0].clone(), x[0].exp(), x[0].clone()], 0).square()
            }),
            Case::new("views", vec![spread(&[2, 3], 1)], |x| Tensor::concat(&[x[0].t(), x[0].t().exp()], 1).square()),
            Case::new("of rank 3", vec![spread(&[1, 2, 1], 1), spread(&[1, 2, 2], 2)], |x| {
                Tensor::concat(x, -1).square().exp()
            }),
        ]
    }
}

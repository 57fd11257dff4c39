//! The sum of the squares of all numbers of several tensors: what a penalty asks of a whole net.

use crate::case::{Case, Room, spread};
use crate::dims::marks;
use crate::kind::Fused;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, reduce};

/// y = Σᵢ ‖xᵢ‖², of rank 0, with dy = Σᵢ 2 ⟨xᵢ, dxᵢ⟩.
#[derive(Clone, Debug)]
pub struct SumOfSquares;

impl<T: Real> Fused<T> for SumOfSquares {
    const NAME: &'static str = "sum_of_squares";
    fn shape(&self, _: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(Dims::new())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        out[0] = T::ZERO;
        for &x in x {
            let mut one = [T::ZERO];
            let all = marks(true, x.shape.len());
            reduce::fold(reduce::SumOfSquares, x, &all, None, &mut one);
            out[0] += one[0];
        }
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let twice = 2.0 * g.item().to_f64();
        each(at, wanted, |x| x.scale(twice))
    }
    fn twin(&self, x: &[Tensor<T>]) -> Tensor<T> {
        x.iter().map(|x| x.square().sum()).reduce(|a, b| a + b).expect("the door has an input")
    }
    fn closed(&self, at: &Point<'_, T>, g: &Tensor<T>, wanted: &[bool]) -> Option<Slots<T>> {
        let twice = g * 2;
        Some(each(at, wanted, |x| x * &twice))
    }
}

/// What `rule` makes of each wanted input.
fn each<T: Real>(at: &Point<'_, T>, wanted: &[bool], rule: impl Fn(&Tensor<T>) -> Tensor<T>) -> Slots<T> {
    at.inputs.iter().zip(wanted).map(|(x, &w)| if w { Slot::Of(rule(x)) } else { Slot::Zero }).collect()
}

/// Σᵢ ‖xᵢ‖²: the squares of all numbers of all tensors, added up, as one op of rank 0; 0 of none.
///
/// ```
/// use gradus_tensor::{Tensor, sum_of_squares, ndarray::array};
/// let (w, b) = (Tensor::from(array![[1.0_f64, 2.0]]), Tensor::from(array![-2.0]));
/// assert_eq!(sum_of_squares(&[w, b]).item(), 9.0);
/// ```
#[track_caller]
#[must_use]
pub fn sum_of_squares<T: Real>(tensors: &[Tensor<T>]) -> Tensor<T> {
    if tensors.is_empty() {
        return Tensor::scalar(0.0);
    }
    T::apply(T::boxed(SumOfSquares), &tensors.iter().collect::<Vec<_>>())
}

impl<T: Real> Tensor<T> {
    /// Σ x², of rank 0: [`sum_of_squares`] of this tensor alone.
    #[track_caller]
    #[must_use]
    pub fn sum_of_squares(&self) -> Self {
        T::apply(T::boxed(SumOfSquares), &[self])
    }
}

impl Room for SumOfSquares {
    const NAME: &'static str = "sum_of_squares";
    const FORMULA: &'static str = "y = Σᵢ ‖xᵢ‖²";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, shapes: &[&[usize]]| {
            let inputs = shapes.iter().enumerate().map(|(i, s)| spread(s, i as u64)).collect();
            Case::new(label, inputs, |x| sum_of_squares(x).sin())
        };
        vec![
            on("one", &[&[3]]),
            on("of several ranks", &[&[2, 3], &[], &[2], &[1, 2, 1]]),
            on("with an empty one", &[&[0], &[2]]),
            on("all empty", &[&[0, 2]]),
            Case::new("zeros", vec![Tensor::zeros(&[2])], |x| x[0].sum_of_squares()).expect_all([0.0, 0.0, 4.0, 0.0]),
            Case::new("known", vec![Tensor::from_slice(&[2], &[1.0, -3.0])], |x| x[0].sum_of_squares())
                .expect_all([10.0, -4.0, 4.0, 0.0]),
            Case::new("one twice", vec![spread(&[2], 1)], |x| {
                sum_of_squares(&[x[0].clone(), x[0].exp(), x[0].clone()])
            }),
            Case::new("views", vec![spread(&[2, 3], 1), spread(&[2], 2)], |x| {
                sum_of_squares(&[x[0].t(), x[1].broadcast_to(&[3, 2]), x[0].narrow(1, 1, 1)]).exp()
            }),
            Case::new("against the twin", vec![spread(&[2, 2], 1), spread(&[3], 2)], |x| {
                (sum_of_squares(x) - Fused::twin(&SumOfSquares, x)).square()
            })
            .expect_all([0.0; 4]),
        ]
    }
}

//! The traps of nested differentiation: confusion of perturbations, backward inside forward, wrong rules that must be caught.

use gradus_tensor::extend::{Elementwise, Slot, pointwise};
use gradus_tensor::ndarray::array;
use gradus_tensor::{Real, Tensor, check_grads, grad, grad_recorded, hvp, jvp, value_and_grad};

fn one(x: f64) -> Tensor<f64> {
    Tensor::from(array![x])
}

#[test]
fn a_captured_tensor_that_is_passed_in_as_well_is_not_confused() {
    // d/dx [x · d/dy (x + y)] at y = x is 1.
    let x = one(3.0);
    let v = one(1.0);
    let (_, d) = jvp(|x: &Tensor<f64>| x * jvp(|y: &Tensor<f64>| x + y, x, &v).1, &x, &v);
    assert_eq!(d.item(), 1.0);
    // The same by reverse over forward, over a tracked tensor.
    let x = x.tracked();
    let y = &x * jvp(|y: &Tensor<f64>| &x + y, &x, &v).1;
    assert_eq!(grad(&y.sum(), &x).unwrap().item(), 1.0);
}

#[test]
fn a_captured_tensor_keeps_its_derivative() {
    let w = one(2.0).tracked();
    let x = one(3.0);
    let (_, g) = value_and_grad(|x: &Tensor<f64>| (x.square() * &w).sum(), &x);
    // g = 2 x w, so dg/dw = 2 x.
    assert_eq!(grad(&g.sum(), &w).unwrap().item(), 6.0);
    let (_, h) = hvp(|x: &Tensor<f64>| (x.exp() * &w).sum(), &x, &one(1.0));
    assert!((grad(&h.sum(), &w).unwrap().item() - 3.0_f64.exp()).abs() < 1e-12);
}

#[test]
fn a_backward_pass_inside_a_transform_is_recorded_by_itself() {
    // Forward over reverse, where nobody says create_graph.
    let x = one(0.7);
    let v = one(1.0);
    let f = |x: &Tensor<f64>| grad(&x.sin_like().sum(), x).unwrap();
    let (_, d2) = jvp(f, &x, &v);
    let exact = -(0.7_f64.tanh()) * 2.0 * (1.0 - 0.7_f64.tanh().powi(2));
    assert!((d2.item() - exact).abs() < 1e-14, "{d2}");
}

trait SinLike {
    fn sin_like(&self) -> Tensor<f64>;
}

impl SinLike for Tensor<f64> {
    fn sin_like(&self) -> Tensor<f64> {
        self.tanh()
    }
}

#[test]
fn results_are_constants_where_nothing_tracked_went_in() {
    let (y, d) = jvp(|x: &Tensor<f64>| x.exp(), &one(1.0), &one(1.0));
    assert!(!y.is_tracked() && !d.is_tracked());
    let w = one(1.0).tracked();
    let (y, d) = jvp(|x: &Tensor<f64>| x * &w, &one(1.0), &one(1.0));
    assert!(y.is_tracked() && d.is_tracked());
}

#[test]
fn an_infinite_cotangent_ends_at_a_closed_gate_recorded_or_not() {
    // √ has an infinite slope at 0; x ↦ √max(x, 0) is flat at −1, at every order, however the maximum is written.
    let zero = one(0.0);
    let gates: [(&str, &dyn Fn(&Tensor<f64>) -> Tensor<f64>); 6] = [
        ("relu", &|x| x.relu()),
        ("clamp", &|x| x.clamp(0.0, 1.0)),
        ("hard_tanh", &|x| (x - 1.0).hard_tanh() + 1.0),
        ("maximum", &|x| x.maximum(&zero)),
        ("maximum, right", &|x| zero.maximum(x)),
        ("minimum", &|x| -(-x).minimum(&zero)),
    ];
    for (name, gate) in gates {
        let x = one(-1.0).tracked();
        let y = gate(&x).sqrt().sum();
        assert_eq!(y.item(), 0.0, "{name}");
        assert_eq!(grad(&y, &x).unwrap().item(), 0.0, "{name}");
        let g = grad_recorded(&y, &x).unwrap();
        assert_eq!(g.item(), 0.0, "{name}, recorded");
        let h = grad_recorded(&g.sum(), &x).unwrap();
        assert_eq!((h.item(), grad(&h.sum(), &x).unwrap().item()), (0.0, 0.0), "{name}, again");
    }
}

#[test]
fn zero_by_mathematics_is_zero_and_severed_is_an_error() {
    let x = one(1.0).tracked();
    let y = x.relu();
    let g = grad_recorded(&y.sum(), &x).unwrap();
    assert_eq!(grad(&g.sum(), &x).unwrap().item(), 0.0);
    let error = grad(&x.detach().exp().sum(), &x).unwrap_err().to_string();
    assert!(error.contains("detach"), "{error}");
    let error = grad(&one(1.0).tracked().exp().sum(), &x).unwrap_err().to_string();
    assert!(error.contains("does not depend"), "{error}");
}

/// Tanh with a factor in the first-order rule (`WRONG_AT = 1`) or with the recorded rule right but its own derivative not (`WRONG_AT = 2`).
#[derive(Clone, Debug)]
struct WrongTanh<const WRONG_AT: usize>;

impl<const WRONG_AT: usize, T: Real> Elementwise<1, T> for WrongTanh<WRONG_AT> {
    const NAME: &'static str = "wrong_tanh";
    fn eval(&self, [x]: [&[T]; 1], y: &mut [T]) {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = T::from_f64(x.to_f64().tanh()));
    }
    fn partial(&self, _: usize, _: [&Tensor<T>; 1], y: &Tensor<T>) -> Slot<T> {
        match WRONG_AT {
            1 => (1.01 - y.square()).into(),
            2 => (1 - y.detach().square()).into(),
            _ => (1 - y.square()).into(),
        }
    }
}

#[test]
fn wrong_rules_are_caught_and_right_ones_pass() {
    let x = Tensor::from(array![0.3, -1.1]);
    assert!(check_grads(|x: &Tensor<f64>| pointwise(WrongTanh::<0>, [x]), &x, 3).is_ok());
    assert!(check_grads(|x: &Tensor<f64>| pointwise(WrongTanh::<1>, [x]), &x, 1).is_err());
    assert!(check_grads(|x: &Tensor<f64>| pointwise(WrongTanh::<2>, [x]), &x, 1).is_ok());
    assert!(check_grads(|x: &Tensor<f64>| pointwise(WrongTanh::<2>, [x]), &x, 2).is_err());
}

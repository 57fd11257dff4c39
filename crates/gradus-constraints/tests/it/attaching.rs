//! Attaching, setting, nesting, replacing and baking; the image is computed once a step.

use crate::laws::{distance, spread};
use gradus_constraints::tensor::rand::Rng;
use gradus_constraints::tensor::{Attached, Param, Parametrization, Result, Role, Tensor, hvp, no_grad};
use gradus_constraints::{Factored, Interval, LowRank, Positive, Stiefel, Symmetric, nest};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn param(shape: &[usize], seed: usize) -> Param<f64> {
    Param::new(&spread(shape, seed), Role::Weight)
}

#[test]
fn a_member_is_kept_and_what_is_outside_goes_to_the_nearest_and_says_how_far() {
    let mut w = Param::new(&Tensor::<f64>::eye(3), Role::Weight);
    assert_eq!(w.constrain(Arc::new(Stiefel::expm())).expect("square"), Attached::Kept);
    assert_eq!(w.value().to_vec(), Tensor::<f64>::eye(3).to_vec());
    // The nearest orthogonal matrix to 2I is I, at 2-norm 1 in each of three places.
    let mut w = Param::new(&(Tensor::<f64>::eye(3) * 2.0), Role::Weight);
    let Attached::Projected { distance } = w.constrain(Arc::new(Stiefel::expm())).expect("square") else { panic!() };
    assert!((distance - 3.0_f64.sqrt()).abs() < 1e-12, "{distance}");
    // The best approximation of rank 1 leaves the second singular value, 3.
    let mut w = Param::new(&Tensor::from_slice(&[2, 2], &[5.0, 0.0, 0.0, 3.0]), Role::Weight);
    let Attached::Projected { distance } = w.constrain(Arc::new(LowRank::new(1))).expect("fits") else { panic!() };
    assert!((distance - 3.0).abs() < 1e-9, "{distance}");
    let mut w = Param::new(&Tensor::from_slice(&[2, 2], &[5.0, 0.0, 0.0, 3.0]), Role::Weight);
    let Attached::Projected { distance } = w.constrain(Arc::new(Factored::spectral_norm(4.0))).expect("fits") else {
        panic!()
    };
    assert!((distance - 1.0).abs() < 1e-6, "{distance}");
}

#[test]
fn setting_goes_through_the_right_inverse_and_says_how_far() {
    let mut w = param(&[3], 1);
    w.constrain(Arc::new(Interval::new(-1.0, 1.0))).expect("attaches");
    let id = w.leaves()[0].leaf().map(|l| l.0);
    assert_eq!(w.set(&Tensor::from_slice(&[3], &[0.5, -0.5, 0.0])).expect("inside"), Attached::Kept);
    assert!(distance(&w.value(), &Tensor::from_slice(&[3], &[0.5, -0.5, 0.0])) < 1e-14);
    let Attached::Projected { distance } = w.set(&Tensor::from_slice(&[3], &[3.0, 0.0, 0.0])).expect("moves") else {
        panic!("3 is outside")
    };
    assert!((distance - 2.0).abs() < 1e-6, "{distance}");
    assert_eq!(w.leaves()[0].leaf().map(|l| l.0), id, "the optimiser's state stays with the leaf");
    assert!(w.set(&Tensor::zeros(&[2])).expect_err("another shape").to_string().contains("[2]"));
}

#[test]
fn replacing_nesting_and_baking() {
    let mut w = Param::new(&Tensor::from_slice(&[2, 2], &[0.2, 0.4, 0.4, 0.6]), Role::Weight);
    w.constrain(Arc::new(Symmetric)).expect("attaches");
    assert_eq!(nest(&mut w, Interval::new(0.0, 1.0)).expect("one leaf"), Attached::Kept);
    w.leaves_mut()[0].rewrite_leaf(|y| y.iter_mut().enumerate().for_each(|(i, y)| *y += i as f64));
    let x = w.value().to_vec();
    assert!(x[1] == x[2] && x.iter().all(|x| (0.0..=1.0).contains(x)), "symmetric and inside: {x:?}");
    // In its place: no longer symmetric, starting from the image.
    assert_eq!(w.constrain(Arc::new(Positive::exp())).expect("attaches"), Attached::Kept);
    w.leaves_mut()[0].rewrite_leaf(|y| y[1] += 1.0);
    assert!(w.value().to_vec()[1] > w.value().to_vec()[2]);
    let image = w.value().to_vec();
    w.bake();
    assert!(w.constraint().is_none() && w.fixed().is_empty());
    assert_eq!(w.value().to_vec(), image, "bit for bit");
    w.leaves_mut()[0].rewrite_leaf(|y| y[0] = -5.0);
    assert_eq!(w.value().to_vec()[0], -5.0, "free");
    // A map of several leaves comes first.
    let mut w = param(&[3, 2], 1);
    nest(&mut w, LowRank::new(1)).expect("nothing before it");
    assert!(nest(&mut w, Factored::spectral_norm(1.0)).expect_err("three leaves").to_string().contains("put it first"));
    assert_eq!(w.leaves().len(), 2, "unchanged");
    let Attached::Projected { .. } = nest(&mut w, Positive::softplus()).expect("one leaf") else {
        panic!("some are below 0")
    };
    assert!(w.value().to_vec().iter().all(|x| *x > 0.0));
}

/// x = 2y, counting.
#[derive(Debug, Default)]
struct Counted(AtomicUsize);

impl Parametrization<f64> for Counted {
    fn name(&self) -> &str {
        "counted"
    }
    fn forward(&self, y: &[Tensor<f64>]) -> Tensor<f64> {
        self.0.fetch_add(1, Ordering::Relaxed);
        &y[0] * 2.0
    }
    fn right_inverse(&self, x: &Tensor<f64>) -> Result<Vec<Tensor<f64>>> {
        Ok(vec![x * 0.5])
    }
    fn defect(&self, _: &Tensor<f64>) -> f64 {
        0.0
    }
    fn sample(&self, shape: &[usize], _: &mut dyn Rng) -> Result<Tensor<f64>> {
        Ok(Tensor::zeros(shape))
    }
}

#[test]
fn the_image_is_computed_once_a_step() {
    let g = Arc::new(Counted::default());
    let mut w = param(&[4, 4], 1);
    w.constrain(g.clone()).expect("attaches");
    let mut h = spread(&[1, 4], 2);
    for step in 0..5 {
        let before = g.0.load(Ordering::Relaxed);
        // A recurrent net of 50 steps, its gradient, a look at the value, a penalty.
        for _ in 0..50 {
            h = h.matmul(&w.value()).tanh();
        }
        let grads = (h.square().sum() + w.value().square().sum()).backward();
        no_grad(|| assert_eq!(w.value().shape(), [4, 4]));
        let slope = grads.get(&w.leaves()[0]).expect("used").to_vec();
        w.leaves_mut()[0].rewrite_leaf(|y| y.iter_mut().zip(&slope).for_each(|(y, s)| *y -= 0.01 * s));
        assert_eq!(g.0.load(Ordering::Relaxed) - before, 1, "step {step}");
        h = h.detach();
    }
    // A transform looks at its own leaves, once.
    let before = g.0.load(Ordering::Relaxed);
    let v = w.with_leaves([spread(&[4, 4], 3)]);
    let (_, hv) = hvp(|w: &Param<f64>| (w.value().exp() + w.value().square() + w.value()).sum(), &w, &v);
    assert_eq!(hv.leaves().len(), 1);
    assert_eq!(g.0.load(Ordering::Relaxed) - before, 1);
}

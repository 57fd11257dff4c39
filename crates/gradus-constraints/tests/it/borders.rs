//! What lies at the border of a set: where weights on it start, how slopes behave there, and which leaves no gradient can move.

use crate::laws::{Set, moved, sets, spread};
use gradus_constraints::tensor::rand::Rng;
use gradus_constraints::tensor::{Attached, Grad, Param, Parametrization, Result, Role, Tensor};
use gradus_constraints::{Ball, Interval, Positive, Simplex, Sphere, Stiefel, stuck_leaves};
use std::sync::Arc;

#[test]
fn border_values_start_off_it_and_say_how_far() {
    let cases: [(Set, Vec<f64>, f64); 5] = [
        (Arc::new(Interval::new(0.0, 1.0)), vec![1.0, 0.5], 1e-7),
        (Arc::new(Positive::square()), vec![0.0, 2.0], 1e-7),
        (Arc::new(Positive::exp()), vec![-1.0, 2.0], 1.1),
        (Arc::new(Simplex), vec![1.0, 0.0], 1e-7),
        (Arc::new(Ball::new(1.0)), vec![3.0, 4.0], 4.1),
    ];
    for (g, x, at_most) in cases {
        let mut w = Param::new(&Tensor::from_slice(&[2], &x), Role::Weight);
        match w.constrain(g.clone()).expect("attaches") {
            Attached::Projected { distance } => {
                assert!(distance > 0.0 && distance <= at_most, "{}: {distance}", g.name());
            }
            Attached::Kept => panic!("{}: {x:?} is on the border", g.name()),
        }
        let slopes = w.value().square().sum().backward();
        let slope = slopes.get(&w.leaves()[0]).expect("used").to_vec();
        assert!(slope.iter().all(|s| s.is_finite()) && slope.iter().any(|s| *s != 0.0), "{}: {slope:?}", g.name());
    }
}

#[test]
fn stuck_leaves_are_listed() {
    let mut w = Param::new(&Tensor::<f64>::ones(&[3]), Role::Weight);
    w.constrain(Arc::new(Positive::square())).expect("attaches");
    assert!(stuck_leaves(&w, 1e-12).is_empty());
    w.leaves_mut()[0].rewrite_leaf(|y| y[1] = 0.0);
    assert_eq!(stuck_leaves(&w, 1e-12)[0].places, [1]);
    // A diagonal on which nothing ever depends is not stuck.
    let mut w = Param::new(&Tensor::<f64>::eye(3), Role::Weight);
    w.constrain(Arc::new(Stiefel::expm())).expect("attaches");
    assert!(stuck_leaves(&w, 1e-12).is_empty());
    let mut w = Param::new(&Tensor::<f64>::full(&[2], 0.5), Role::Weight);
    w.constrain(Arc::new(Interval::new(0.0, 1.0))).expect("attaches");
    w.leaves_mut()[0].rewrite_leaf(|y| y[0] = 60.0);
    assert_eq!(stuck_leaves(&w, 1e-12)[0].places, [0]);
}

#[test]
fn slopes_are_finite_at_the_border_and_far_out() {
    for (g, shapes) in sets() {
        for shape in shapes.iter().filter(|s| s.iter().product::<usize>() > 0) {
            // Zeros lie on the border of most sets, or outside.
            for (x, far) in [(Tensor::zeros(shape), 0.0), (spread(shape, 5), 40.0)] {
                let at = format!("{} {shape:?}, {far} out", g.name());
                let y = moved(&g.right_inverse(&x).expect(&at), g.leaves(), far);
                let free: Vec<Tensor<f64>> = y[..g.leaves()].iter().map(Tensor::tracked).collect();
                let image = g.forward(&[&free, &y[g.leaves()..]].concat());
                let slopes = Grad::of(&(&image * spread(shape, 4)).sum()).wrt(&free).run().expect(&at);
                let all = slopes.iter().chain([&image]).flat_map(Tensor::to_vec);
                assert!(all.into_iter().all(f64::is_finite), "{at}: {slopes:?}");
            }
        }
    }
}

#[test]
fn a_square_reaches_zero_and_the_other_maps_do_not() {
    let image = |g: Positive, y: f64| g.forward(&[Tensor::from_slice(&[1], &[y])]).to_vec()[0];
    assert!(image(Positive::square(), 0.0) == 0.0);
    assert!(image(Positive::exp(), -700.0) > 0.0 && image(Positive::softplus(), -700.0) > 0.0);
}

#[test]
fn shapes_without_members_are_refused() {
    let cases: [(Set, &[usize]); 5] = [
        (Arc::new(Simplex), &[0]),
        (Arc::new(Simplex), &[]),
        (Arc::new(Sphere::new(1.0)), &[2, 0]),
        (Arc::new(gradus_constraints::SpecialOrthogonal), &[2, 3]),
        (Arc::new(gradus_constraints::Grassmann), &[2, 3]),
    ];
    for (g, shape) in cases {
        let mut w = Param::new(&Tensor::<f64>::zeros(shape), Role::Weight);
        let refusal = w.constrain(g.clone()).expect_err("no members").to_string();
        assert!(refusal.contains(&format!("{shape:?}")) || refusal.contains("2 dimensions"), "{refusal}");
        assert!(w.constraint().is_none());
    }
}

/// x = (y₁ + y₂)².
#[derive(Debug)]
struct SquaredSum;

impl Parametrization<f64> for SquaredSum {
    fn name(&self) -> &str {
        "squared sum"
    }
    fn leaves(&self) -> usize {
        2
    }
    fn forward(&self, y: &[Tensor<f64>]) -> Tensor<f64> {
        (&y[0] + &y[1]).square()
    }
    fn right_inverse(&self, x: &Tensor<f64>) -> Result<Vec<Tensor<f64>>> {
        Ok(vec![x.relu().sqrt() * 0.25, x.relu().sqrt() * 0.75])
    }
    fn defect(&self, x: &Tensor<f64>) -> f64 {
        -x.to_vec()[0]
    }
    fn sample(&self, shape: &[usize], _: &mut dyn Rng) -> Result<Tensor<f64>> {
        Ok(Tensor::ones(shape))
    }
}

#[test]
fn descent_reaches_the_line_of_minimisers_from_any_start() {
    // f(x) = x + x²/4 on x ≥ 0 is least at x = 0: the whole line y₁ + y₂ = 0, and descent keeps y₁ − y₂.
    for start in [[1.0, 2.0], [-3.0, 0.5], [4.0, -1.0], [0.0, 0.1]] {
        let mut w = Param::new(&Tensor::<f64>::ones(&[1]), Role::Weight);
        w.constrain(Arc::new(SquaredSum)).expect("attaches");
        let set = |w: &mut Param<f64>, i: usize, y: f64| w.leaves_mut()[i].rewrite_leaf(|x| x[0] = y);
        (0..2).for_each(|i| set(&mut w, i, start[i]));
        for _ in 0..2_000 {
            let x = w.value();
            let grads = (&x + x.square() * 0.25).sum().backward();
            let y: Vec<f64> = w.leaves().iter().map(|y| y.item() - 0.02 * grads.get(y).expect("used").item()).collect();
            (0..2).for_each(|i| set(&mut w, i, y[i]));
        }
        let y: Vec<f64> = w.leaves().iter().map(Tensor::item).collect();
        assert!((y[0] + y[1]).abs() < 1e-12, "from {start:?}: {y:?}");
        assert!((y[0] - y[1] - (start[0] - start[1])).abs() < 1e-9, "from {start:?}: {y:?}");
    }
}

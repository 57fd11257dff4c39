//! What lies at the border of a set: where weights on it start, how slopes behave there, and which leaves no gradient can move.

use crate::laws::{Set, moved, sets, spread};
use gradus_constraints::tensor::rand::Rng;
use gradus_constraints::tensor::{Attached, Grad, Param, Parametrization, Real, Result, Role, Tensor};
use gradus_constraints::{
    Ball, CholeskyFactor, Correlation, Factored, HalfLine, Interval, LowRank, Monotone, Ordered, Positive,
    PositiveDefinite, PositiveSemidefinite, Simplex, Sphere, Stiefel, WeightNorm, stuck_leaves,
};
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

/// What the map gives back for x.
fn image<T: Real>(g: &dyn Parametrization<T>, x: &Tensor<T>) -> Tensor<T> {
    let leaves = g.right_inverse(x).unwrap_or_else(|e| panic!("{}: {e}", g.name()));
    g.forward(&leaves)
}

/// Members of every size, as near to a border as the numbers go, and what the map gives back for them: entry by entry, so that a small
/// one keeps its digits, or (of a matrix) row by row.
fn near_members_are_kept<T: Real>() {
    let kept = |g: &dyn Parametrization<T>, shape: &[usize], row: usize, x: &[f64]| {
        let x = Tensor::<T>::from_slice(shape, &x.iter().map(|x| T::from_f64(*x)).collect::<Vec<_>>());
        let back = image(g, &x).to_vec();
        for (back, x) in back.chunks(row).zip(x.to_vec().chunks(row)) {
            let size = x.iter().fold(0.0, |m: f64, x| m.max(x.to_f64().abs()));
            let far = back.iter().zip(x).map(|(a, b)| (a.to_f64() - b.to_f64()).abs()).fold(0.0, f64::max);
            let at = format!("{} over {:?}: {back:?} for {x:?}", g.name(), T::EPSILON);
            assert!(far <= 200.0 * T::EPSILON.to_f64() * size && back.iter().all(|x| x.to_f64().is_finite()), "{at}");
        }
    };
    let entries = |g: &dyn Parametrization<T>, x: &[f64]| kept(g, &[x.len()], 1, x);
    let rows = |g: &dyn Parametrization<T>, x: &[f64]| kept(g, &[x.len() / 2, 2], 2, x);
    for g in [Positive::softplus(), Positive::exp(), Positive::square()] {
        entries(&g, &[1e-4, 1e-9, 1e-20, 3.0]);
    }
    entries(&HalfLine::at_least(0.0), &[1e-4, 1e-12]);
    entries(&HalfLine::at_most(0.0), &[-1e-4, -1e-12]);
    entries(&Interval::new(0.0, 1.0), &[1e-5, 1e-9, 1e-20]);
    entries(&Simplex, &[1e-5, 1e-18, 1.0 - 1e-5]);
    entries(&Ball::new(2.0), &[1.9999, 1e-9]);
    entries(&Ordered, &[0.0, 1e-5, 3e-5]);
    entries(&Monotone::increasing(), &[0.0, 1e-5, 3e-5]);
    kept(&CholeskyFactor, &[2, 2], 1, &[1e-5, 0.0, 0.3, 1e-9]);
    for x in [1.0, 1e-5, 1e-12] {
        let small = [x, 0.0, 0.0, 0.5 * x];
        rows(&PositiveSemidefinite, &small);
        rows(&PositiveDefinite, &small);
        rows(&Factored::invertible(), &small);
        rows(&Factored::fixed_rank(2), &small);
        rows(&Factored::spectral_norm(1.0 + x), &small);
        rows(&LowRank::new(2), &small);
    }
    kept(&Factored::spectral_norm(1.0), &[1, 1], 1, &[0.9999]);
    rows(&Factored::unit_determinant(), &[200.0, 0.0, 0.0, 1.0 / 200.0]);
    rows(&Correlation, &[1.0, 0.999, 0.999, 1.0]);
    // Rows whose squares are too small, or too large, for the number.
    for x in [T::MIN_POSITIVE.to_f64() * 8.0, 1e-25, 1e25] {
        rows(&WeightNorm, &[x, -2.0 * x, 0.5, 1.0]);
    }
}

#[test]
fn members_near_a_border_are_kept() {
    near_members_are_kept::<f64>();
    near_members_are_kept::<f32>();
}

/// x = a + (b − a)σ(y) for every y lies between a and b, to the last bit.
fn an_interval_is_left_by_no_rounding<T: Real>() {
    let y: Vec<T> = (-4_000..=4_000).map(|k| T::from_f64(f64::from(k) * 0.01)).collect();
    let y = Tensor::from_slice(&[y.len()], &y);
    for (a, b) in
        [(5.0, 6.0), (-6.0, -5.0), (1000.0, 1001.0), (-1.0, 1.0), (0.0, 1e-3), (1.0, 1.0 + 1e-3), (-3.0, 400.0)]
    {
        let x = Interval::new(a, b).forward(std::slice::from_ref(&y)).to_vec();
        let (low, high) = (T::from_f64(a), T::from_f64(b));
        assert!(x.iter().all(|x| low <= *x && *x <= high), "[{a}, {b}] over {:?}", T::EPSILON);
        assert!(x.windows(2).all(|w| w[0] <= w[1]), "[{a}, {b}]: it rises");
    }
}

#[test]
fn the_interval_is_left_by_no_rounding() {
    an_interval_is_left_by_no_rounding::<f64>();
    an_interval_is_left_by_no_rounding::<f32>();
}

#[test]
fn a_projection_takes_the_symmetric_part_and_the_scale_of_the_weight() {
    let of = |g: &dyn Parametrization<f64>, x: [f64; 4]| image(g, &Tensor::from_slice(&[2, 2], &x)).to_vec();
    let far = |a: &[f64], b: [f64; 4]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    // The nearest definite matrix to one with an upper triangle of its own.
    for g in [&PositiveDefinite as &dyn Parametrization<f64>, &PositiveSemidefinite] {
        assert!(far(&of(g, [2.0, 1.0, 0.0, 2.0]), [2.0, 0.5, 0.5, 2.0]) < 1e-14, "{}", g.name());
    }
    // The correlations of a covariance, however small its unit.
    assert!(far(&of(&Correlation, [4e-12, 1e-12, 1e-12, 1e-12]), [1.0, 0.5, 0.5, 1.0]) < 1e-14);
    // A singular weight starts off the border by a part of its own size.
    let x = of(&PositiveDefinite, [1e-10, 0.0, 0.0, 0.0]);
    assert!(far(&x, [1e-10, 0.0, 0.0, 0.0]) < 2e-18 && x[3] > 0.0, "{x:?}");
}

#[test]
fn a_projection_knows_every_size() {
    let frame = |x: f64| image(&Stiefel::expm(), &Tensor::from_slice(&[2, 2], &[2.0 * x, x, 0.0, x])).to_vec();
    for x in [1e-300, 1e-160, 1.0, 1e160, 1e300] {
        let far = frame(x).iter().zip(frame(1.0)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(far < 1e-14, "the polar factor of {x:e}: {far:e} off");
        for g in [&Sphere::new(2.0) as &dyn Parametrization<f64>, &Ball::new(2.0)] {
            let to = image(g, &Tensor::from_slice(&[2], &[3.0 * x, 4.0 * x]));
            let wanted = if g.name() == "ball" && x < 0.1 { [3.0 * x, 4.0 * x] } else { [1.2, 1.6] };
            for (a, b) in to.to_vec().iter().zip(wanted) {
                assert!((a - b).abs() <= 1e-7 * b, "{} of {x:e}: {to:?}", g.name());
            }
        }
    }
}

#[test]
fn a_weight_without_numbers_has_gradients_that_are_numbers() {
    for (g, shapes) in sets() {
        for shape in shapes.iter().filter(|s| s.iter().product::<usize>() == 0) {
            let mut w = Param::new(&Tensor::<f64>::zeros(shape), Role::Weight);
            w.constrain(g.clone()).unwrap_or_else(|e| panic!("{} {shape:?}: {e}", g.name()));
            assert_eq!(w.value().shape(), *shape, "{}", g.name());
            let leaves = w.leaves();
            let slopes = Grad::of(&w.value().square().sum()).wrt(leaves).allow_unused().run().expect("a number");
            assert!(slopes.iter().flat_map(Tensor::to_vec).all(|s| s == 0.0), "{} {shape:?}: {slopes:?}", g.name());
        }
    }
}

#[test]
fn what_is_not_finite_is_refused() {
    for (g, shapes) in sets() {
        for shape in shapes.iter().filter(|s| s.iter().product::<usize>() > 0) {
            for bad in [f64::NAN, f64::INFINITY, -f64::INFINITY] {
                let mut w = Param::new(&Tensor::<f64>::full(shape, bad), Role::Weight);
                let why = w.constrain(g.clone()).expect_err("no member").to_string();
                assert!(why.contains("not finite") && w.constraint().is_none(), "{}: {why}", g.name());
                let mut w = Param::new(&spread(shape, 1), Role::Weight);
                w.constrain(g.clone()).expect("has members");
                let before = w.value().to_vec();
                assert!(w.set(&Tensor::full(shape, bad)).is_err(), "{}", g.name());
                assert_eq!(w.value().to_vec(), before, "{}", g.name());
            }
        }
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

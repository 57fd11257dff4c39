//! Laws of every set, over shapes: images are members, the right inverse is one, derivatives to the third order, borders are left.

use gradus_constraints::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_constraints::tensor::{Attached, Param, Parametrization, Role, Tensor, check_grads};
use gradus_constraints::{
    AsMatrix, Ball, CholeskyFactor, Correlation, Factored, Grassmann, HalfLine, Interval, LowRank, Monotone, Ordered,
    Positive, PositiveDefinite, PositiveSemidefinite, Product, Rebase, Simplex, Skew, SpecialOrthogonal, Sphere,
    Stiefel, Symmetric, Then, WeightNorm, stuck_leaves,
};
use std::sync::Arc;

pub(crate) type Set = Arc<dyn Parametrization<f64>>;

const ANY: &[&[usize]] = &[&[3], &[1], &[0], &[2, 3], &[]];
const ROWS: &[&[usize]] = &[&[3], &[1], &[2, 3]];
const SQUARE: &[&[usize]] = &[&[3, 3], &[1, 1], &[0, 0], &[2, 2, 2]];
const FRAMES: &[&[usize]] = &[&[3, 3], &[4, 2], &[2, 4], &[1, 1], &[3, 0], &[0, 0], &[2, 3, 2]];

pub(crate) fn sets() -> Vec<(Set, &'static [&'static [usize]])> {
    vec![
        (Arc::new(Interval::new(-1.0, 2.5)), ANY),
        (Arc::new(HalfLine::at_least(1.5)), ANY),
        (Arc::new(HalfLine::at_most(-0.5)), ANY),
        (Arc::new(Positive::softplus()), ANY),
        (Arc::new(Positive::exp()), ANY),
        (Arc::new(Positive::square()), ANY),
        (Arc::new(Simplex), ROWS),
        (Arc::new(Ordered), ROWS),
        (Arc::new(Monotone::increasing()), ROWS),
        (Arc::new(Monotone::decreasing()), ROWS),
        (Arc::new(Sphere::new(2.0)), ROWS),
        (Arc::new(Ball::new(2.0)), ROWS),
        (Arc::new(Symmetric), SQUARE),
        (Arc::new(Skew), SQUARE),
        (Arc::new(PositiveSemidefinite), SQUARE),
        (Arc::new(PositiveDefinite), SQUARE),
        (Arc::new(CholeskyFactor), SQUARE),
        (Arc::new(Correlation), SQUARE),
        (Arc::new(LowRank::new(1)), &[&[3, 2], &[2, 3], &[1, 1], &[2, 3, 2]]),
        (Arc::new(Factored::fixed_rank(2)), &[&[3, 2], &[2, 3], &[3, 3]]),
        (Arc::new(Factored::invertible()), &[&[2, 2], &[1, 1], &[2, 2, 2]]),
        (Arc::new(Factored::unit_determinant()), &[&[3, 3], &[1, 1]]),
        (Arc::new(Factored::almost_orthogonal(0.5)), &[&[3, 2], &[2, 2]]),
        (Arc::new(Factored::spectral_norm(1.5)), &[&[3, 2], &[2, 3]]),
        (Arc::new(Stiefel::expm()), FRAMES),
        (Arc::new(Stiefel::cayley()), FRAMES),
        (Arc::new(Stiefel::householder()), FRAMES),
        (Arc::new(SpecialOrthogonal), SQUARE),
        (Arc::new(Grassmann), &[&[4, 2], &[3, 1], &[2, 2], &[2, 3, 1]]),
        (Arc::new(WeightNorm), &[&[3, 2], &[1, 1], &[2, 1, 2, 2]]),
        (Arc::new(AsMatrix::new(Stiefel::expm())), &[&[2, 1, 2, 2]]),
        (Arc::new(Then::new(Symmetric, Interval::new(0.0, 1.0))), &[&[2, 2]]),
        (
            Arc::new(Product::along(-1).with(2, LowRank::new(1)).with(1, Positive::exp()).with(2, Stiefel::expm())),
            &[&[2, 5]],
        ),
    ]
}

/// Numbers in (−1, 1) without structure.
fn spread(shape: &[usize], seed: usize) -> Tensor<f64> {
    let n = shape.iter().product();
    let x: Vec<f64> =
        (0..n).map(|i| ((i * 3 + seed * 5 + 1) as f64 * 0.618_033_988_749_894_9).fract() * 2.0 - 1.0).collect();
    Tensor::from_slice(shape, &x)
}

fn distance(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    (a - b).square().sum().item().sqrt()
}

/// The leaves of a member, moved by numbers without structure times `size`.
fn moved(y: &[Tensor<f64>], free: usize, size: f64) -> Vec<Tensor<f64>> {
    y.iter().enumerate().map(|(i, y)| if i < free { y + spread(y.shape(), i + 1) * size } else { y.clone() }).collect()
}

#[test]
fn images_are_members_and_right_inverses_invert() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    for (g, shapes) in sets() {
        for shape in shapes {
            let at = format!("{} {shape:?}", g.name());
            let x = g.sample(shape, &mut rng).expect(&at);
            assert_eq!(x.shape(), *shape, "{at}");
            assert!(g.defect(&x) <= 1e-13, "{at}: sample {}", g.defect(&x));
            let y = g.right_inverse(&x).expect(&at);
            assert_eq!(y.len(), g.leaves() + g.fixed(), "{at}");
            let back = distance(&g.forward(&y), &x);
            assert!(back <= 1e-12, "{at}: g(g⁻¹(x)) is {back:e} from x");
            for size in [0.1, 1.0, 5.0] {
                let image = g.forward(&moved(&y, g.leaves(), size));
                assert!(g.defect(&image) <= 2e-13 * (1.0 + size), "{at}: {} at {size}", g.defect(&image));
                // A member is kept; within √ε of the border it is moved off it by as much, as the sets say.
                let again = g.forward(&g.right_inverse(&image).expect(&at));
                let back = distance(&again, &image);
                let strip = 3.0 * (f64::EPSILON * image.len() as f64).sqrt();
                assert!(back <= strip, "{at}: a member {back:e} from its return");
            }
            // Outside: something nearby, inside.
            let outside = g.forward(&g.right_inverse(&(spread(shape, 9) * 3.0)).expect(&at));
            assert!(g.defect(&outside) <= 2e-13, "{at}: {} of the projection", g.defect(&outside));
        }
    }
}

#[test]
fn derivatives_to_the_third_order() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
    for (g, shapes) in sets() {
        // The first shape of each, and the first batch.
        for shape in shapes.iter().take(2).filter(|s| s.iter().product::<usize>() <= 9) {
            let y = g.right_inverse(&g.sample(shape, &mut rng).expect("has members")).expect("inverts");
            let y = moved(&y, g.leaves(), 0.3);
            let (free, fixed) = y.split_at(g.leaves());
            let (map, fixed) = (g.clone(), fixed.to_vec());
            let f = move |y: &Vec<Tensor<f64>>| map.forward(&[y.as_slice(), &fixed].concat());
            if let Err(e) = check_grads(f, &free.to_vec(), 3) {
                panic!("{} {shape:?}: {e}", g.name());
            }
        }
    }
}

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
fn rebasing_keeps_the_weight_and_does_not_drift() {
    for n in [1, 4] {
        for map in [Stiefel::expm(), Stiefel::cayley()] {
            let mut w = Param::new(&Tensor::<f32>::eye(n), Role::Weight);
            w.constrain(Arc::new(map)).expect("attaches");
            let mut rebase = Rebase::every(5);
            for step in 0..2_000 {
                let push = |y: &mut [f32]| {
                    y.iter_mut().enumerate().for_each(|(i, y)| *y += 0.02 * ((i * 7 + step) as f32).sin());
                };
                w.leaves_mut()[0].rewrite_leaf(push);
                let before = w.value();
                if rebase.after_step(&mut w).expect("finite") {
                    let d = (w.value() - before).square().sum().item();
                    assert!(d < 1e-10, "re-basing moved the weight by {d}");
                }
            }
            let defect = map.defect(&w.value());
            assert!(defect <= 50.0 * f64::from(f32::EPSILON) * (n as f64).sqrt(), "{n}: {defect:e}");
        }
    }
}

#[test]
fn the_minimisers_of_a_sum_of_two_leaves_form_a_line() {
    // f((y₁ + y₂)²): descent reaches y₁ + y₂ = 0 from any start off it.
    for start in [[1.0, 2.0], [-3.0, 0.5], [4.0, -1.0]] {
        let start: [f64; 2] = start;
        let mut y = start;
        for _ in 0..200 {
            let slope = 2.0 * (y[0] + y[1]);
            y.iter_mut().for_each(|y| *y -= 0.1 * slope);
        }
        assert!((y[0] + y[1]).abs() < 1e-12 && (y[0] - y[1] - (start[0] - start[1])).abs() < 1e-12);
    }
}

#[test]
#[ignore = "a minute without optimisation"]
fn a_thin_step_is_fast() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let g = Stiefel::expm();
    let x: Tensor<f32> = g.sample(&[30_000, 50], &mut rng).expect("tall");
    let mut w = Param::new(&x, Role::Weight);
    w.constrain(Arc::new(g)).expect("attaches");
    let start = std::time::Instant::now();
    let grads = (w.value() * &x).sum().backward();
    let seconds = start.elapsed().as_secs_f64();
    println!("30,000 x 50: {seconds:.3} s a step");
    assert!(grads.get(&w.leaves()[0]).is_some() && seconds < 1.0, "{seconds} s");
}

//! Laws of every set, over sizes, ranks and batches: images are members, the right inverse is one, derivatives to the third order.

use gradus_constraints::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_constraints::tensor::{Parametrization, Tensor, check_grads};
use gradus_constraints::{
    AsMatrix, Ball, CholeskyFactor, Correlation, Factored, Grassmann, HalfLine, Interval, LowRank, Monotone, Ordered,
    Positive, PositiveDefinite, PositiveSemidefinite, Product, Simplex, Skew, SpecialOrthogonal, Sphere, Stiefel,
    Symmetric, Then, WeightNorm,
};
use std::sync::Arc;

pub(crate) type Set = Arc<dyn Parametrization<f64>>;

const ANY: &[&[usize]] = &[&[3], &[1], &[0], &[2, 3], &[], &[2, 0, 3]];
const ROWS: &[&[usize]] = &[&[3], &[1], &[2, 3], &[0, 3], &[7]];
const LINES: &[&[usize]] = &[&[3], &[1], &[2, 3], &[0, 3], &[7], &[0], &[2, 0]];
const SQUARE: &[&[usize]] = &[&[3, 3], &[1, 1], &[0, 0], &[2, 2, 2], &[6, 6], &[0, 2, 2], &[2, 0, 0], &[2, 1, 2, 2]];
const FRAMES: &[&[usize]] = &[
    &[3, 3],
    &[4, 2],
    &[2, 4],
    &[1, 1],
    &[3, 1],
    &[1, 3],
    &[2, 2],
    &[3, 0],
    &[0, 3],
    &[0, 0],
    &[2, 3, 2],
    &[2, 2, 3],
    &[2, 1, 2, 2],
    &[0, 3, 2],
    &[9, 5],
];
const MATRICES: &[&[usize]] = &[&[3, 2], &[2, 3], &[3, 3], &[1, 1], &[4, 1], &[1, 3], &[2, 3, 2], &[7, 5], &[0, 3, 2]];

pub(crate) fn sets() -> Vec<(Set, &'static [&'static [usize]])> {
    vec![
        (Arc::new(Interval::new(-1.0, 2.5)), ANY),
        (Arc::new(HalfLine::at_least(1.5)), ANY),
        (Arc::new(HalfLine::at_most(-0.5)), ANY),
        (Arc::new(Positive::softplus()), ANY),
        (Arc::new(Positive::exp()), ANY),
        (Arc::new(Positive::square()), ANY),
        (Arc::new(Simplex), ROWS),
        (Arc::new(Ordered), LINES),
        (Arc::new(Monotone::increasing()), LINES),
        (Arc::new(Monotone::decreasing()), LINES),
        (Arc::new(Sphere::new(2.0)), ROWS),
        (Arc::new(Ball::new(2.0)), LINES),
        (Arc::new(Symmetric), SQUARE),
        (Arc::new(Skew), SQUARE),
        (Arc::new(PositiveSemidefinite), SQUARE),
        (Arc::new(PositiveDefinite), SQUARE),
        (Arc::new(CholeskyFactor), SQUARE),
        (Arc::new(Correlation), SQUARE),
        (Arc::new(LowRank::new(1)), MATRICES),
        (Arc::new(LowRank::new(2)), &[&[3, 3], &[2, 4], &[7, 5], &[2, 3, 3]]),
        (Arc::new(LowRank::new(9)), &[&[3, 2], &[1, 1]]),
        (Arc::new(Factored::fixed_rank(1)), MATRICES),
        (Arc::new(Factored::fixed_rank(2)), &[&[3, 2], &[2, 3], &[3, 3], &[7, 5], &[2, 3, 3]]),
        (Arc::new(Factored::fixed_rank(3)), &[&[3, 3], &[4, 3], &[3, 5]]),
        (Arc::new(Factored::invertible()), &[&[2, 2], &[1, 1], &[2, 2, 2], &[5, 5], &[0, 0]]),
        (Arc::new(Factored::unit_determinant()), &[&[3, 3], &[1, 1], &[2, 2, 2], &[5, 5], &[0, 0], &[0, 2, 2]]),
        (Arc::new(Factored::almost_orthogonal(0.5)), MATRICES),
        (Arc::new(Factored::spectral_norm(1.5)), MATRICES),
        (Arc::new(Stiefel::expm()), FRAMES),
        (Arc::new(Stiefel::cayley()), FRAMES),
        (Arc::new(Stiefel::householder()), FRAMES),
        (Arc::new(SpecialOrthogonal), SQUARE),
        (Arc::new(Grassmann), &[&[4, 2], &[3, 1], &[2, 2], &[2, 3, 1], &[1, 1], &[9, 5], &[3, 0], &[0, 0]]),
        (Arc::new(WeightNorm), &[&[3, 2], &[1, 1], &[2, 1, 2, 2], &[3], &[0, 2], &[3, 0]]),
        (Arc::new(AsMatrix::new(Stiefel::expm())), &[&[2, 1, 2, 2], &[6, 1, 2, 2], &[3, 2]]),
        (Arc::new(AsMatrix::new(Factored::spectral_norm(1.5))), &[&[2, 1, 2, 2]]),
        (Arc::new(Then::new(Symmetric, Interval::new(0.0, 1.0))), &[&[2, 2]]),
        (
            Arc::new(Product::along(-1).with(2, LowRank::new(1)).with(1, Positive::exp()).with(2, Stiefel::expm())),
            &[&[2, 5], &[3, 2, 5]],
        ),
    ]
}

/// Numbers in (−1, 1) without structure.
pub(crate) fn spread(shape: &[usize], seed: usize) -> Tensor<f64> {
    let n = shape.iter().product();
    let x: Vec<f64> =
        (0..n).map(|i| ((i * 3 + seed * 5 + 1) as f64 * 0.618_033_988_749_894_9).fract() * 2.0 - 1.0).collect();
    Tensor::from_slice(shape, &x)
}

pub(crate) fn distance(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    (a - b).square().sum().item().sqrt()
}

/// The leaves of a member, moved by numbers without structure times `size`.
pub(crate) fn moved(y: &[Tensor<f64>], free: usize, size: f64) -> Vec<Tensor<f64>> {
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
                // A member is kept; on the border, to rounding, it is moved off it by √ε, as the sets say.
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
        for shape in shapes.iter().filter(|s| (1..=9).contains(&s.iter().product::<usize>())) {
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

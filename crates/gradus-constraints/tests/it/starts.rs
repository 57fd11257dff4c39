//! Starts give every set members whose mean square is the scheme's, where the set has members of that size.

use crate::laws::sets;
use gradus_constraints::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_constraints::tensor::{Attached, Param, Parametrization, Role, Tensor};
use gradus_constraints::{
    Factored, Interval, LowRank, Positive, PositiveDefinite, Skew, Sphere, Started, Stiefel, Symmetric, WeightNorm,
    start,
};
use gradus_init::{Scheme, Target, glorot_uniform, he_normal, lecun_normal, orthogonal};

fn rng(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

#[test]
fn every_set_of_the_catalogue_starts_at_a_member_that_is_kept() {
    for (g, shapes) in sets() {
        for shape in shapes.iter().filter(|s| s.iter().product::<usize>() > 0) {
            let at = format!("{} {shape:?}", g.name());
            let scheme = gradus_init::normal(0.0, 0.6);
            let (x, how) = start(&*g, &scheme, &Target::new(shape), &mut rng(3)).expect(&at);
            assert!(x.shape() == *shape && g.defect(&x) <= 1e-12, "{at}: {how:?}, {}", g.defect(&x));
            let draw = Tensor::from(&scheme.sample::<f64, _>(*shape, &mut rng(3)));
            let size = |x: &Tensor<f64>| x.square().mean().item();
            match how {
                Started::Drawn => assert!((&x - &draw).abs().max().item() < 1e-7, "{at}: not the draw"),
                Started::Scaled { .. } => assert!((size(&x) / size(&draw) - 1.0).abs() < 1e-12, "{at}: another size"),
                Started::Member => {}
            }
            // Attached, the weight is kept up to the strip along open borders: the image is what was asked for.
            let mut w = Param::new(&x, Role::Weight);
            let kept = w.constrain(g.clone()).expect(&at);
            let moved = if let Attached::Projected { distance } = kept { distance } else { 0.0 };
            assert!(moved <= 1e-7 && (w.value() - &x).abs().max().item() <= 1e-7, "{at}: moved by {moved:e}");
        }
    }
}

/// How each start came about, and the mean square that theory gives for it, within 5 standard errors of a chi-square-like mean.
#[test]
fn the_image_has_the_mean_square_of_the_scheme() {
    let n = 60;
    let (glorot, he) = (1.0 / n as f64, 2.0 / n as f64);
    let same = |how: &Started| *how == Started::Drawn;
    let scaled = |how: &Started| matches!(how, Started::Scaled { .. });
    let law = |how: &Started| *how == Started::Member;
    let (glorot_uniform, he_normal, lecun_normal, orthogonal) =
        (glorot_uniform(), he_normal(), lecun_normal(), orthogonal(1.0));
    type Row<'a> = (Box<dyn Parametrization<f64>>, &'a dyn Scheme, &'a dyn Fn(&Started) -> bool, f64);
    let table: Vec<Row<'_>> = vec![
        (Box::new(Interval::new(-1.0, 1.0)), &glorot_uniform, &same, glorot),
        (Box::new(Interval::new(-0.2, 0.2)), &he_normal, &law, 0.04 / 3.0),
        (Box::new(Positive::softplus()), &he_normal, &scaled, he),
        (Box::new(Positive::exp()), &he_normal, &scaled, he),
        (Box::new(Positive::square()), &he_normal, &scaled, he),
        (Box::new(Symmetric), &glorot_uniform, &scaled, glorot),
        (Box::new(Skew), &glorot_uniform, &scaled, glorot),
        (Box::new(PositiveDefinite), &glorot_uniform, &scaled, glorot),
        (Box::new(LowRank::new(5)), &he_normal, &scaled, he),
        (Box::new(WeightNorm), &he_normal, &same, he),
        (Box::new(Factored::spectral_norm(3.5)), &he_normal, &same, he),
        (Box::new(Stiefel::expm()), &orthogonal, &same, glorot),
        (Box::new(Stiefel::cayley()), &lecun_normal, &law, glorot),
        (Box::new(Sphere::new(1.0)), &lecun_normal, &law, glorot),
    ];
    for (g, scheme, expected, wanted) in table {
        let (x, how) = start(&*g, scheme, &Target::new(&[n, n]), &mut rng(5)).expect("has members");
        assert!(expected(&how), "{}: {how:?}", g.name());
        let got = x.square().mean().item();
        // Kurtosis at most 3, and as few as n²/2 independent numbers.
        let error = wanted * (2.0 / (0.5 * (n * n) as f64)).sqrt();
        assert!((got - wanted).abs() < 5.0 * error, "{}: E x² = {got}, wanted {wanted}", g.name());
    }
}

//! Samples have the distribution that their docs state: moments within five standard errors.

use gradus_constraints::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_constraints::tensor::Parametrization;
use gradus_constraints::{Correlation, PositiveDefinite, PositiveSemidefinite, Simplex};

const N: usize = 20_000;

/// The mean of `f` over N members of `set`, its standard error.
fn mean(set: &dyn Parametrization<f64>, shape: &[usize], f: impl Fn(&[f64]) -> f64) -> (f64, f64) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let all = set.sample(&[&[N], shape].concat(), &mut rng).expect("has members").to_vec();
    let values: Vec<f64> = all.chunks(all.len() / N).map(f).collect();
    let mean = values.iter().sum::<f64>() / N as f64;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / N as f64;
    (mean, (variance / N as f64).sqrt())
}

fn check(what: &str, (got, error): (f64, f64), wanted: f64) {
    assert!((got - wanted).abs() <= 5.0 * error, "{what}: {got} ± {error}, expected {wanted}");
}

#[test]
fn the_simplex_is_filled_evenly() {
    // Dirichlet(1, …, 1) of n = 4: E x = 1/n, E x² = 2/(n (n + 1)).
    check("E x", mean(&Simplex, &[4], |x| x[2]), 0.25);
    check("E x²", mean(&Simplex, &[4], |x| x[2] * x[2]), 0.1);
}

#[test]
fn wishart_moments() {
    // With ν degrees of freedom, over ν: E X = I, Var X_ij = (1 + δ_ij)/ν.
    for (set, nu) in [(&PositiveSemidefinite as &dyn Parametrization<f64>, 3.0), (&PositiveDefinite, 5.0)] {
        for (i, diagonal) in [(0, true), (4, true), (8, true), (3, false), (7, false)] {
            let one = f64::from(diagonal);
            check("E X", mean(set, &[3, 3], |x| x[i]), one);
            check("Var X", mean(set, &[3, 3], |x| (x[i] - one).powi(2)), (1.0 + one) / nu);
        }
    }
}

#[test]
fn correlations_are_uniform() {
    // LKJ(1) of n = 3: each correlation is Beta(3/2, 3/2) on (−1, 1), of variance 1/4 and fourth moment 1/8.
    for i in [1, 2, 5] {
        check("E r", mean(&Correlation, &[3, 3], |x| x[i]), 0.0);
        check("E r²", mean(&Correlation, &[3, 3], |x| x[i] * x[i]), 0.25);
        check("E r⁴", mean(&Correlation, &[3, 3], |x| x[i].powi(4)), 0.125);
    }
}

//! Laws of multivariate normal heads.

use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Grad, Mode, Tensor, attempt};
use gradus_nn::{Gaussian, Linear, MultivariateGaussian, MultivariateRegressor, Named, Sequential};

type T = Tensor<f64>;

fn apart(a: &T, b: &T) -> f64 {
    assert_eq!(a.shape(), b.shape());
    a.to_vec().iter().zip(b.to_vec()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(12)
}

/// n equal distributions over two numbers.
fn joint(n: usize) -> MultivariateGaussian<f64> {
    let factor = T::from_slice(&[2, 2], &[2.0, 0.0, -0.6, 0.8]).broadcast_to(&[n, 2, 2]);
    MultivariateGaussian { mean: T::from_slice(&[2], &[1.0, -2.0]).broadcast_to(&[n, 2]), factor }
}

#[test]
fn a_diagonal_factor_is_numbers_apart() {
    let mean = T::from_slice(&[2, 2], &[0.3, -1.0, 2.0, 0.5]);
    let sd = T::from_slice(&[2, 2], &[0.5, 2.0, 1.0, 0.1]);
    let y = T::from_slice(&[2, 2], &[0.0, 1.0, 2.5, 0.45]);
    let single = Gaussian { mean: mean.clone(), variance: sd.square() };
    let together = MultivariateGaussian { mean, factor: sd.diag_embed(0) };
    // The mean over numbers times two numbers a target.
    assert!((together.nll(&y).unwrap().item() - 2.0 * single.nll(&y).item()).abs() < 1e-12);
    assert!(apart(&together.marginals().variance, &single.variance) < 1e-15);
}

#[test]
fn the_closed_form_of_two_numbers() {
    let (g, y) = (joint(1), T::from_slice(&[1, 2], &[2.0, -1.0]));
    let s = g.covariance().to_vec();
    assert_eq!(s, [4.0, -1.2, -1.2, 0.6 * 0.6 + 0.8 * 0.8]);
    let (det, e) = (s[0] * s[3] - s[1] * s[2], [1.0, 1.0]);
    let form = (s[3] * e[0] * e[0] - (s[1] + s[2]) * e[0] * e[1] + s[0] * e[1] * e[1]) / det;
    let want = 0.5 * (form + det.ln()) + std::f64::consts::TAU.ln();
    assert!((g.nll(&y).unwrap().item() - want).abs() < 1e-14);
}

#[test]
fn draws_have_the_moments_and_standardise_to_white_noise() {
    let n = 40_000;
    let g = joint(n);
    let y = g.sample(&mut rng());
    let z = g.standardised(&y).unwrap();
    let second = z.t().matmul(&z) / n as f64;
    let error = 5.0 / (n as f64).sqrt();
    assert!(z.mean_axes(&[0], false).abs().to_vec().iter().all(|m| *m < error));
    assert!(apart(&second, &T::eye(2)) < error * 2_f64.sqrt());
    // The mean of −ln p over draws is the entropy ½ ln det(2πe Σ).
    let entropy = 0.5 * (1.6_f64 * 1.6).ln() + (std::f64::consts::TAU * std::f64::consts::E).ln();
    assert!((g.nll(&y).unwrap().item() - entropy).abs() < error);
}

#[test]
fn constant_inputs_fit_to_sample_mean_and_covariance() {
    let y = T::from_slice(&[5, 2], &[0.3, 1.0, -1.0, 0.2, 2.0, 1.4, 1.0, -0.5, 1.1, 2.0]);
    let (x, n) = (T::ones(&[5, 1]), 5.0);
    let head = |n_out, r: &mut _| Sequential::<f64>::new().then(Linear::builder(1, n_out).bias(false).build(r));
    let (mean, factor) = (head(2, &mut rng()), head(4, &mut rng()));
    let mut net = MultivariateRegressor::separate(mean, factor).floor(1e-6);
    for _ in 0..6000 {
        let loss = net.forward(&x, &mut Mode::eval()).nll(&y).unwrap();
        let g: MultivariateRegressor<f64> = gradus_nn::tensor::grad(&loss, &net).unwrap();
        net = gradus_nn::Tree::zip_with(&net, &g, |w, g| (w - g * 0.2).detach().tracked());
    }
    let fitted = net.forward(&x, &mut Mode::eval());
    let mean = y.mean_axes(&[0], true);
    let centred = &y - &mean;
    let covariance = centred.t().matmul(&centred) / n;
    assert!(apart(&fitted.mean.narrow(0, 0, 1), &mean) < 1e-8);
    assert!(apart(&fitted.covariance().select(0, 0), &covariance) < 1e-7);
    assert_eq!(net.named_parameters()[1].0, "factor.0.weight");
}

#[test]
fn finite_far_out_and_refusals_with_words() {
    let head = |n_out| Sequential::<f64>::new().then(Linear::from_weights(&T::ones(&[n_out, 1]), None));
    let net = MultivariateRegressor::separate(head(2), head(4));
    for x in [-1e8, -40.0, 0.0, 40.0, 1e8] {
        let x = T::full(&[1, 1], x).tracked();
        let loss = net.forward(&x, &mut Mode::eval()).nll(&T::zeros(&[1, 2])).unwrap();
        let g = Grad::of(&loss).wrt(&x).run().unwrap();
        assert!(loss.item().is_finite() && g.item().is_finite(), "{x}: {loss}, {g}");
    }
    let net = MultivariateRegressor::separate(head(2), head(3));
    let why = attempt(|| net.forward(&T::ones(&[1, 1]), &mut Mode::eval())).unwrap_err().to_string();
    assert!(why.contains("must answer [1, 4], got [1, 3]"), "{why}");
}

//! Quadrature, gains and the normal distribution against closed forms and tabulated values.

use gradus_init::normal::{cdf, density, quantile, truncated_variance};
use gradus_init::quadrature::{expectation, image_moments, sd_for_variance};
use gradus_init::{Activation, gain};

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs().max(1e-300), "{a} for {b}");
}

#[test]
fn expectations_have_their_closed_forms() {
    let mut moment = 1.0;
    for k in 1..9 {
        moment *= f64::from(2 * k - 1);
        close(expectation(|z| z.powi(2 * k)), moment, 1e-11);
    }
    close(expectation(|z| (0.7 * z).exp()), (0.245_f64).exp(), 1e-12);
    close(expectation(|z| (3.0 * z).cos()), (-4.5_f64).exp(), 1e-10);
    close(expectation(f64::abs), (2.0 / std::f64::consts::PI).sqrt(), 1e-12);
    // A kink and a jump off the grid.
    close(expectation(|z| if z > 0.37 { 1.0 } else { 0.0 }), cdf(-0.37), 1e-11);
    close(expectation(|z| (z - 0.37).max(0.0)), density(0.37) - 0.37 * cdf(-0.37), 1e-11);
}

/// Values by mpmath to 15 digits.
#[test]
fn the_normal_distribution_has_its_values() {
    for (z, p) in [
        (-1.0, 0.158_655_253_931_457_05),
        (0.5, 0.691_462_461_274_013_1),
        (-6.0, 9.865_876_450_376_98e-10),
        (-20.0, 2.753_624_118_606_233_7e-89),
    ] {
        close(cdf(z), p, 1e-13);
        close(quantile(p), z, 1e-13);
    }
    assert_eq!(quantile(0.5), 0.0);
    assert!(quantile(0.0) == f64::NEG_INFINITY && quantile(1.0) == f64::INFINITY);
    close(quantile(0.975), 1.959_963_984_540_054, 1e-13);
    close(quantile(1e-300), -37.0471, 1e-6);
    for b in [0.1, 0.3, 0.49, 0.51, 1.0, 2.0, 5.0] {
        let inside = |z: f64| if z.abs() <= b { 1.0 } else { 0.0 };
        close(truncated_variance(b), expectation(|z| inside(z) * z * z) / expectation(inside), 1e-10);
    }
    close(truncated_variance(2.0).sqrt(), 0.879_625_661_034_239_8, 1e-12);
}

#[test]
fn gains_are_those_of_the_tables() {
    // What PyTorch's calculate_gain gives.
    for (f, value) in [
        (Activation::Linear, 1.0),
        (Activation::Sigmoid, 1.0),
        (Activation::Tanh, 5.0 / 3.0),
        (Activation::Relu, 2.0_f64.sqrt()),
        (Activation::LeakyRelu(0.01), (2.0_f64 / 1.0001).sqrt()),
        (Activation::Selu, 0.75),
    ] {
        close(f.gain(), value, 1e-15);
    }
    // Self-normalising: SELU keeps mean 0 and variance 1, so its exact gain is 1 (Klambauer et al. 2017).
    close(Activation::Selu.exact_gain(), 1.0, 1e-9);
    for f in ALL {
        close(f.exact_gain(), gain::gain_of(|x| f.at(x)), 1e-10);
    }
    // Slopes belong to their functions: by parts E f′(Z) = E Z f(Z) (Stein).
    for f in ALL {
        let (left, right) = (expectation(|z| f.slope(z)), expectation(|z| z * f.at(z)));
        assert!((left - right).abs() < 1e-11, "{f:?}: E f′ = {left}, E Zf = {right}");
    }
    close(Activation::Relu.backward_gain(), 2.0_f64.sqrt(), 1e-12);
}

const ALL: [Activation; 11] = [
    Activation::Linear,
    Activation::Relu,
    Activation::LeakyRelu(0.2),
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Selu,
    Activation::Elu(1.0),
    Activation::Gelu,
    Activation::Silu,
    Activation::Softplus,
    Activation::Sin,
];

/// e^y of a normal is log-normal; the sd that gives it a wanted variance is √ln((1 + √(1 + 4v))/2).
#[test]
fn the_image_of_a_normal_start() {
    let (mean, variance) = image_moments(f64::exp, 0.1, 0.5);
    close(mean, (0.1_f64 + 0.125).exp(), 1e-11);
    close(variance, (0.25_f64.exp() - 1.0) * (0.2_f64 + 0.25).exp(), 1e-11);
    for v in [1e-4, 0.3, 5.0] {
        let want = ((1.0_f64 + (1.0_f64 + 4.0_f64 * v).sqrt()) / 2.0).ln().sqrt();
        close(sd_for_variance(f64::exp, 0.0, v).unwrap(), want, 1e-8);
    }
    let sigmoid = |y: f64| 1.0 / (1.0 + (-y).exp());
    let sd = sd_for_variance(sigmoid, 0.0, 1.0 / 12.0).unwrap();
    close(image_moments(sigmoid, 0.0, sd).1, 1.0 / 12.0, 1e-9);
    assert_eq!(sd_for_variance(sigmoid, 0.0, 0.3), None); // at most ¼ on (0, 1)
}

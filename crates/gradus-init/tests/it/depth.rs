//! Fifty layers: variance forward and backward stays, vanishes or explodes where theory says so.

use crate::rng;
use gradus_init::ndarray::{Array2, Zip};
use gradus_init::rand::Rng;
use gradus_init::{Activation, Scheme, VarianceScaling, gain, glorot_normal, he_normal, lecun_normal, normal};

const WIDTH: usize = 400;
const DEPTH: usize = 50;

/// Mean squares of the pre-activations of all layers, and of the gradients of all pre-activations from the last to the first.
fn run(scheme: VarianceScaling, f: Activation, seed: u64) -> (Vec<f64>, Vec<f64>) {
    one(scheme, f, 20, &mut rng(seed))
}

fn one(scheme: VarianceScaling, f: Activation, columns: usize, rng: &mut impl Rng) -> (Vec<f64>, Vec<f64>) {
    let mean_sq = |x: &Array2<f64>| x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64;
    let mut z: Array2<f64> = normal(0.0, 1.0).sample((WIDTH, columns), rng);
    let (mut weights, mut all, mut forward) = (Vec::new(), vec![z.clone()], vec![mean_sq(&z)]);
    for _ in 0..DEPTH {
        let w: Array2<f64> = scheme.sample((WIDTH, WIDTH), rng);
        z = w.dot(&z.mapv(|z| f.at(z)));
        forward.push(mean_sq(&z));
        weights.push(w);
        all.push(z.clone());
    }
    let mut g: Array2<f64> = normal(0.0, 1.0).sample((WIDTH, columns), rng);
    let mut backward = vec![mean_sq(&g)];
    for (w, z) in weights.iter().zip(&all).rev() {
        g = w.t().dot(&g);
        Zip::from(&mut g).and(z).for_each(|g, &z| *g *= f.slope(z));
        backward.push(mean_sq(&g));
    }
    (forward, backward)
}

/// The mean over 32 nets. One net of width n wanders: fifty layers of ReLU multiply the variance by factors of variance 5/n each,
/// so its logarithm has a standard deviation of 0.8 at n = 400.
fn mean_of_nets(scheme: VarianceScaling, f: Activation, seed: u64) -> (Vec<f64>, Vec<f64>) {
    let rng = &mut rng(seed);
    let mut sums = (vec![0.0; DEPTH + 1], vec![0.0; DEPTH + 1]);
    for _ in 0..32 {
        let (forward, backward) = one(scheme, f, 4, rng);
        sums.0.iter_mut().zip(forward).for_each(|(s, v)| *s += v / 32.0);
        sums.1.iter_mut().zip(backward).for_each(|(s, v)| *s += v / 32.0);
    }
    sums
}

/// Every layer within this factor of the first.
fn stays(v: &[f64], factor: f64) -> bool {
    v.iter().all(|x| x / v[0] < factor && v[0] / x < factor)
}

#[test]
fn variance_stays_where_theory_says_so() {
    let (forward, backward) = mean_of_nets(lecun_normal(), Activation::Linear, 1);
    assert!(stays(&forward, 2.0) && stays(&backward, 2.0), "linear: {forward:?} {backward:?}");
    let (forward, backward) = mean_of_nets(he_normal(), Activation::Relu, 2);
    assert!(stays(&forward, 2.0) && stays(&backward, 2.0), "ReLU: {forward:?} {backward:?}");
    let slope = Activation::LeakyRelu(0.3);
    let (forward, backward) = mean_of_nets(lecun_normal().gain(slope.gain()), slope, 3);
    assert!(stays(&forward, 2.0) && stays(&backward, 2.0), "leaky ReLU: {forward:?} {backward:?}");
    // With the exact gain of a saturating or smooth activation variance 1 is a fixed point of the forward map.
    for f in [Activation::Tanh, Activation::Elu(1.0), Activation::Selu, Activation::Sin] {
        let (forward, _) = run(lecun_normal().gain(f.exact_gain()), f, 4);
        assert!(stays(&forward, 2.0), "{f:?}: {forward:?}");
    }
}

#[test]
fn variance_vanishes_and_explodes_where_theory_says_so() {
    let (forward, backward) = run(lecun_normal(), Activation::Relu, 5);
    // Half of it a layer, both ways: 2⁻⁵⁰ = 9e-16, within the spread of fifty random factors.
    for v in [forward[DEPTH], backward[DEPTH]] {
        assert!((v.log2() + 50.0).abs() < 2.0, "2^{}", v.log2());
    }
    let (forward, backward) = run(lecun_normal().gain(1.2), Activation::Linear, 6);
    let predicted = 1.2_f64.powi(100).log2();
    for v in [forward[DEPTH], backward[DEPTH]] {
        assert!((v.log2() - predicted).abs() < 2.0, "2^{} for 2^{predicted}", v.log2());
    }
    let (forward, _) = run(glorot_normal(), Activation::Tanh, 7);
    assert!(forward[DEPTH] < 0.05, "tanh without a gain dies out: {}", forward[DEPTH]);
}

/// Layer by layer the variance follows the map of mean-field theory, and gradients grow by χ at its fixed point.
#[test]
fn mean_field_predicts_every_layer() {
    let (f, g) = (Activation::Tanh, 5.0 / 3.0);
    let (forward, backward) = run(lecun_normal().gain(g), f, 8);
    let mut q = 1.0;
    for (layer, measured) in forward.iter().enumerate() {
        assert!((measured / q - 1.0).abs() < 0.15, "layer {layer}: {measured} for {q}");
        q = gain::variance_step(|x| f.at(x), g, 0.0, q);
    }
    let chi = gain::gradient_growth(|x| f.slope(x), g, q);
    let measured = (backward[40] / backward[10]).powf(1.0 / 30.0);
    assert!((measured / chi - 1.0).abs() < 0.05, "{measured} for {chi}");
}

//! Laws of the two-network normal head and of margins.

use gradus_nn::loss::{GaussianNll, hinge, hinge_each};
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Grad, Mode, Tensor, grad};
use gradus_nn::{Activation, Gaussian, GaussianRegressor, Linear, Named, Sequential, Tree, monte_carlo};
use gradus_nn::{Dropout, Layer};

type T = Tensor<f64>;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(31)
}

fn head() -> Sequential<f64> {
    Sequential::new().then(Linear::from_weights(&T::ones(&[1, 1]), None))
}

#[test]
fn both_forms_fit_constant_inputs_to_sample_mean_and_variance() {
    let y = T::from_slice(&[5, 1], &[0.3, -1.0, 2.0, 4.0, 1.1]);
    let x = T::ones(&[5, 1]);
    let trunk = Sequential::new().then(Linear::from_weights(&T::eye(1), None));
    for mut net in [GaussianRegressor::separate(head(), head()), GaussianRegressor::shared(trunk, head(), head())] {
        for _ in 0..8000 {
            let loss = net.forward(&x, &mut Mode::eval()).nll(&y);
            let g: GaussianRegressor<f64> = grad(&loss, &net).unwrap();
            net = net.zip_with(&g, |w, g| (w - g * 0.1).detach().tracked());
        }
        let fitted = net.forward(&x, &mut Mode::eval());
        let variance = y.var(0).item();
        assert!((fitted.mean.to_vec()[0] - y.mean().item()).abs() < 1e-8, "{}", fitted.mean);
        assert!((fitted.variance.to_vec()[0] - variance).abs() < 1e-7, "{}", fitted.variance);
    }
}

#[test]
fn the_variance_stays_above_its_floor_and_all_is_finite() {
    let steep = |w: f64| Sequential::new().then(Linear::from_weights(&T::full(&[1, 1], w), None));
    let net = GaussianRegressor::separate(steep(1.0), steep(1.0)).floor(1e-4);
    for x in [-1e12, -50.0, 0.0, 50.0, 1e12] {
        let x = T::full(&[1, 1], x).tracked();
        let g = net.forward(&x, &mut Mode::eval());
        assert!(g.variance.item() >= 1e-4);
        let loss = g.nll(&T::zeros(&[1, 1]));
        assert!(loss.item().is_finite() && grad(&loss, &x).unwrap().item().is_finite(), "{loss}");
    }
}

#[test]
fn names_say_which_network() {
    let net = GaussianRegressor::shared(head(), head(), head());
    let names: Vec<_> = net.named_parameters().into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["trunk.0.weight", "mean.0.weight", "variance.0.weight"]);
}

#[test]
fn beta_weighs_each_target_by_its_variance_held_fixed() {
    let leaves = vec![T::from_slice(&[2], &[0.5, 1.0]).tracked(), T::from_slice(&[2], &[0.3, 2.0]).tracked()];
    let y = T::from_slice(&[2], &[1.0, -1.0]);
    let gradients = |loss: T| Grad::of(&loss).wrt(&leaves).run().unwrap();
    let plain = gradients(GaussianNll::new().each(&leaves[0], &leaves[1], &y).sum());
    let weighted = gradients(GaussianNll::new().beta(0.5).each(&leaves[0], &leaves[1], &y).sum());
    for (plain, weighted) in plain.iter().zip(&weighted) {
        let want = plain * leaves[1].detach().sqrt();
        let worst = (want - weighted).abs().to_vec().into_iter().fold(0.0, f64::max);
        assert!(worst < 1e-13, "{worst:e}");
    }
}

#[test]
fn passes_under_masks_mix_into_one_prediction() {
    let net = Sequential::new().then(Dropout::new(0.5)).then(Linear::from_weights(&T::ones(&[1, 8]), None));
    let net = net.then(Activation::softplus());
    let x = T::ones(&[1, 8]);
    let r = &mut rng();
    let passes: Vec<Gaussian<f64>> = (0..500)
        .map(|_| Gaussian {
            mean: Layer::forward(&net, &x, &mut Mode::monte_carlo(r)),
            variance: T::full(&[1, 1], 0.3),
        })
        .collect();
    let mixed = Gaussian::mixture(&passes);
    let (mean, spread) = monte_carlo(500, &mut rng(), |mode| net.forward(&x, mode));
    assert!((mixed.mean.item() - mean.item()).abs() < 1e-12);
    let between = spread.item().powi(2) * 499.0 / 500.0;
    assert!((mixed.variance.item() - 0.3 - between).abs() < 1e-10, "aleatoric plus epistemic");
    assert!(between > 0.1);
}

#[test]
fn margins() {
    let scores = T::from_slice(&[4], &[2.0, 0.5, -0.5, -3.0]).tracked();
    let classes = T::from_slice(&[4], &[1.0, 1.0, -1.0, 1.0]);
    assert_eq!(hinge_each(&scores, &classes).to_vec(), [0.0, 0.5, 0.5, 4.0]);
    let loss = hinge(&scores, &classes);
    assert_eq!(loss.item(), 1.25);
    assert_eq!(grad(&loss, &scores).unwrap().to_vec(), [0.0, -0.25, 0.25, -0.25]);
    assert!(hinge(&T::full(&[1], -1e300), &T::ones(&[1])).item().is_finite());
}

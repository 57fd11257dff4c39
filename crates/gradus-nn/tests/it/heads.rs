//! Laws of predictive distributions, and of the cell that keeps norms.

use gradus_nn::loss::{CrossEntropy, GaussianNll, bce_with_logits, gaussian_nll, hinge, huber, kl_div, l1, smooth_l1};
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Grad, Index, Mode, Tensor, check_grads};
use gradus_nn::{Gaussian, OrthogonalRnn, init};

type T = Tensor<f64>;

fn row(x: &[f64]) -> T {
    Tensor::from_slice(&[x.len()], x)
}

/// Standard normal numbers.
fn normals(n: usize) -> T {
    use init::Scheme;
    let x: ndarray::Array1<f64> = init::normal(0.0, 1.0).sample(n, &mut Xoshiro256PlusPlus::seed_from_u64(1));
    Tensor::from(x)
}

use gradus_nn::ndarray;

#[test]
fn nll_is_the_closed_form() {
    let g = Gaussian { mean: row(&[1.0]), variance: row(&[4.0]) };
    let want = 0.5 * (std::f64::consts::TAU * 4.0).ln() + 0.5 * 9.0 / 4.0;
    assert!((g.nll(&row(&[4.0])).item() - want).abs() < 1e-14);
}

#[test]
fn a_calibrated_model_covers_what_it_says() {
    let n = 40_000;
    let y = normals(n) * 3.0 + 2.0;
    let g = Gaussian { mean: T::full(&[n], 2.0), variance: T::full(&[n], 9.0) };
    assert!(g.calibration_error(&y) < 0.01);
    let (low, high) = g.interval(0.95);
    assert!((low.to_vec()[0] - (2.0 - 3.0 * 1.959_963_984_540_054)).abs() < 1e-9);
    assert!((high.to_vec()[0] - (2.0 + 3.0 * 1.959_963_984_540_054)).abs() < 1e-9);
    let tight = Gaussian { mean: g.mean.clone(), variance: &g.variance * 0.25 };
    assert!(tight.calibration_error(&y) > 0.15);
    // E CRPS of the true model is σ/√π.
    assert!((g.crps(&y) - 3.0 / std::f64::consts::PI.sqrt()).abs() < 0.05);
}

#[test]
fn a_mixture_has_the_moments_of_its_parts() {
    let part = |m: f64, v: f64| Gaussian { mean: row(&[m]), variance: row(&[v]) };
    let mixed = Gaussian::mixture(&[part(0.0, 1.0), part(2.0, 3.0)]);
    assert_eq!((mixed.mean.to_vec()[0], mixed.variance.to_vec()[0]), (1.0, 3.0));
}

#[test]
fn constant_inputs_fit_to_sample_mean_and_variance() {
    let y = row(&[0.3, -1.0, 2.0, 4.0, 1.1]);
    let (mut m, mut s) = (row(&[0.0]), row(&[0.0]));
    for _ in 0..4000 {
        let leaves = vec![m.tracked(), s.tracked()];
        let loss = gaussian_nll(&leaves[0].broadcast_to(&[5]), &leaves[1].exp().broadcast_to(&[5]), &y);
        let g = Grad::of(&loss).wrt(&leaves).run().unwrap();
        m = m - &g[0] * 0.2;
        s = s - &g[1] * 0.2;
    }
    let mean = y.mean();
    let variance = (&y - &mean).square().mean().item();
    assert!((m.to_vec()[0] - mean.item()).abs() < 1e-9);
    assert!((s.exp().to_vec()[0] - variance).abs() < 1e-8);
}

#[test]
fn beta_one_trains_the_mean_as_squared_error() {
    let leaves = vec![row(&[0.5, 1.0]).tracked()];
    let (v, y) = (row(&[0.1, 7.0]), row(&[1.0, -1.0]));
    let loss = GaussianNll::new().beta(1.0).each(&leaves[0], &v, &y).sum();
    let g = Grad::of(&loss).wrt(&leaves).run().unwrap();
    let want = [-0.5, 2.0];
    assert!(g[0].to_vec().iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
fn losses_are_finite_far_out() {
    let far = row(&[1e150, -1e150, 0.0]);
    assert!(huber(&far, &row(&[0.0, 0.0, 0.0]), 1.0).item().is_finite());
    let sure = row(&[0.0, 0.0, 1.0]);
    assert_eq!(kl_div(&row(&[-3.0, -2.0, 0.0]).unsqueeze(0), &sure.unsqueeze(0)).item(), 0.0);
    let v = row(&[0.0, -5.0, 1e300]);
    assert!(gaussian_nll(&far, &v.ones_like(), &row(&[1e100, 0.0, 0.0])).item().is_finite());
    assert!(gaussian_nll(&row(&[1.0, 2.0, 3.0]), &v, &row(&[0.0, 0.0, 0.0])).item().is_finite());
}

/// Losses that grow no faster than |x|: value and gradient are finite wherever the value itself can be written.
#[test]
fn losses_of_logits_and_distances_are_finite_far_out() {
    let (x, t) = (row(&[1e300, -1e300, 5e-324, 0.0, 700.0, -800.0]).tracked(), row(&[0.0, 1.0, 1.0, 0.0, 0.3, 0.0]));
    let (rows, labels) = (x.reshape(&[2, 3]), Index::new(&[2], vec![1, 0]));
    let soft = row(&[0.5, 0.5, 0.0, 0.0, 1.0, 0.0]).reshape(&[2, 3]);
    let of = CrossEntropy::new();
    for (name, y) in [
        ("cross-entropy", of.of(&rows, &labels)),
        ("smoothed cross-entropy", of.clone().smoothing(0.1).of(&rows, &labels)),
        ("soft cross-entropy", of.soft(&rows, &soft)),
        ("binary cross-entropy", bce_with_logits(&x, &t)),
        ("l1", l1(&x, &t)),
        ("huber", huber(&x, &t, 1.0)),
        ("smooth l1", smooth_l1(&x, &t, 1.0)),
        ("hinge", hinge(&x, &row(&[1.0, 1.0, -1.0, 1.0, -1.0, 1.0]))),
    ] {
        let g = Grad::of(&y).wrt(&x).run().unwrap().to_vec();
        assert!(y.item().is_finite() && g.iter().all(|g| g.is_finite()), "{name}: {y:?}, gradient {g:?}");
    }
}

/// (y − m)² overflows and (y − m)²/v does not; the derivatives −(y − m)/v and ½(1/v − (y − m)²/v²) are small.
#[test]
fn nll_is_finite_where_only_a_square_on_the_way_is_not() {
    let leaves = vec![row(&[1e200, -3e180, 0.0]).tracked(), row(&[1e300, 2e160, 5e-324]).tracked()];
    let y = row(&[0.0, 1e180, 0.0]);
    for beta in [0.0, 0.5] {
        let each = GaussianNll::new().beta(beta).each(&leaves[0], &leaves[1], &y);
        assert!(each.to_vec().iter().all(|x| x.is_finite()), "{each:?}");
        let g = Grad::of(&each.sum()).wrt(&leaves).run().unwrap();
        assert!(g.iter().all(|g| g.to_vec().iter().all(|x| x.is_finite())), "{g:?}");
    }
    let each = gaussian_nll(&leaves[0].narrow(0, 0, 1), &leaves[1].narrow(0, 0, 1), &y.narrow(0, 0, 1));
    let want = 0.5 * (1e300_f64.ln() + 1e100);
    assert!((each.item() / want - 1.0).abs() < 1e-12, "{} for {want}", each.item());
}

#[test]
fn the_orthogonal_cell_is_right_to_the_third_order_and_keeps_norms() {
    let cell = OrthogonalRnn::<f64>::new(2, 4, &mut Xoshiro256PlusPlus::seed_from_u64(2));
    let w = cell.recurrent().value();
    let defect = (w.matmul(&w.t()) - T::eye(4)).square().sum().item().sqrt();
    assert!(defect < 1e-13, "{defect}");
    let h = row(&[0.3, -0.2, 0.9, 0.4]).unsqueeze(0);
    let next = cell.step(&T::zeros(&[1, 2]), &h, &mut Mode::eval());
    assert!((next.square().sum().item() - h.square().sum().item()).abs() < 1e-13);
    let x = Tensor::from_slice(&[1, 2, 2], &[0.3, 0.8, -0.5, 0.2]);
    check_grads(move |cell: &OrthogonalRnn<f64>| cell.run(&x, h.clone(), &mut Mode::eval()), &cell, 3).unwrap();
}

//! Laws of the penalties that are norms of a weight: entries, rows, singular values.

use super::penalties::{T64, close, data, net, numbers, of_penalty};
use gradus_optim::gradus_tensor::{Grad, Mode, Param, Role, Tensor, grad};
use gradus_optim::{Objective, penalty};

/// The rotation of the plane by a.
fn rotation(a: f64) -> T64 {
    Tensor::from_slice(&[2, 2], &[a.cos(), -a.sin(), a.sin(), a.cos()])
}

/// U diag(s) Vᵀ with plane rotations.
fn with_singular_values(s: [f64; 2]) -> T64 {
    rotation(0.4).matmul(&Tensor::from_slice(&[2, 2], &[s[0], 0.0, 0.0, s[1]])).matmul(&rotation(-1.1))
}

#[test]
fn l1_and_group_have_their_gradients_and_zero_at_zero() {
    let mut net = net();
    let mut w = net[0].value().to_vec();
    w[4..8].fill(0.0);
    net[0] = Param::new(&Tensor::from_slice(&[3, 4], &w), Role::Weight);
    let x = numbers(&[5, 4], 9);
    let (gradient, value) = of_penalty(data, penalty::l1(0.5).named("0"), &net, &x);
    let wanted: Vec<f64> = w.iter().map(|w| if *w == 0.0 { 0.0 } else { 0.5 * w.signum() }).collect();
    close(&gradient[..12], &wanted, 1e-14, "l1");
    assert!((value - 0.5 * w.iter().map(|w| w.abs()).sum::<f64>()).abs() < 1e-13);
    let (gradient, value) = of_penalty(data, penalty::group(0.5).named("0"), &net, &x);
    let norms: Vec<f64> = w.chunks(4).map(|r| r.iter().map(|w| w * w).sum::<f64>().sqrt()).collect();
    let wanted: Vec<f64> =
        (0..12).map(|i| if norms[i / 4] == 0.0 { 0.0 } else { 0.5 * 2.0 * w[i] / norms[i / 4] }).collect();
    close(&gradient[..12], &wanted, 1e-13, "group");
    assert!((value - norms.iter().sum::<f64>()).abs() < 1e-13);
    assert!(gradient.iter().all(|g| g.is_finite()));
}

#[test]
fn the_spectral_norm_is_that_of_a_known_matrix_to_second_order() {
    // W = U diag(3, 1) Vᵀ with plane rotations: σ_max = 3.
    let w = with_singular_values([3.0, 1.0]);
    assert!((penalty::spectral_norm(&w).item() - 3.0).abs() < 1e-12);
    // The gradient is u vᵀ; its derivative against differences of the gradient.
    let gradient = |w: &T64| {
        let w = w.detach().tracked();
        grad(&penalty::spectral_norm(&w), &w).expect("used").to_vec()
    };
    let (u, v) = ([0.4_f64.cos(), 0.4_f64.sin()], [(-1.1_f64).cos(), -(-1.1_f64).sin()]);
    close(&gradient(&w), &[u[0] * v[0], u[0] * v[1], u[1] * v[0], u[1] * v[1]], 1e-12, "u vᵀ");
    let w = w.tracked();
    let g = Grad::of(&penalty::spectral_norm(&w)).wrt(&w).create_graph().run().expect("used");
    let direction = Tensor::from_slice(&[2, 2], &[0.3, -0.7, 0.2, 0.5]);
    let exact = grad(&(g * &direction).sum(), &w).expect("used").to_vec();
    let (ahead, behind) = (gradient(&(&w + &direction * 1e-5)), gradient(&(&w - &direction * 1e-5)));
    let differences: Vec<f64> = ahead.iter().zip(&behind).map(|(a, b)| (a - b) / 2e-5).collect();
    close(&exact, &differences, 2e-5, "second derivative");
    assert_eq!(penalty::spectral_norm(&T64::zeros(&[3, 2])).item(), 0.0);
}

#[test]
fn the_nuclear_penalty_sums_singular_values_and_its_gradient_is_orthogonal() {
    // W = U diag(3, 1) Vᵀ with plane rotations: the norm is 4 and its gradient U Vᵀ, a rotation by the sum of the angles.
    let net = [Param::new(&with_singular_values([3.0, 1.0]), Role::Weight), Param::new(&numbers(&[2], 1), Role::Bias)];
    fn data(net: &[Param<f64>; 2], _: &T64, _: &mut Mode) -> T64 {
        net[0].value().square().sum() + net[1].value().sum()
    }
    let (gradient, value) = of_penalty(data, penalty::nuclear(0.5), &net, &numbers(&[1], 1));
    assert!((value - 2.0).abs() < 1e-13);
    let wanted: Vec<f64> = (rotation(-0.7) * 0.5).to_vec().into_iter().chain([0.0; 2]).collect();
    close(&gradient, &wanted, 1e-13, "U Vᵀ");
    // Rank 1: the same over what is not 0.
    let leaf = with_singular_values([3.0, 0.0]).tracked();
    let g = grad(&penalty::nuclear_norm(&leaf).expect("finite"), &leaf).expect("used");
    close(&g.to_vec(), &(with_singular_values([3.0, 0.0]) / 3.0).to_vec(), 1e-13, "u vᵀ");
    assert!(penalty::nuclear_norm(&T64::full(&[2, 2], f64::NAN)).is_err());
}

#[test]
fn the_spectral_norm_knows_every_size() {
    for size in [1e-200, 1e-60, 1.0, 1e60, 1e200] {
        let w = (with_singular_values([3.0, 1.0]) * size).tracked();
        let norm = penalty::spectral_norm(&w);
        let g = grad(&norm, &w).expect("tracked");
        assert!((norm.item() / size - 3.0).abs() < 1e-12, "{size:e}: {}", norm.item());
        // ∂σ/∂W = u vᵀ, of length 1 whatever the size of W.
        assert!((g.square().sum().item() - 1.0).abs() < 1e-12, "{size:e}: {g:?}");
    }
}

#[test]
fn a_tied_weight_counts_once_by_any_of_its_names_and_roles() {
    let own = Param::new(&numbers(&[3, 4], 2), Role::Weight);
    let net = [own.tie(), own.tie()];
    let risk = |net: &[Param<f64>; 2], x: &T64, _: &mut Mode| x.matmul(&net[0].value().t()).square().mean();
    let value = |p: penalty::FrobeniusSq| of_penalty(risk, p, &net, &numbers(&[5, 4], 9)).1;
    let square = own.value().square().sum().item();
    let one = || penalty::frobenius_sq(1.0);
    for p in [one(), one().everything(), one().named("0"), one().named("1"), one().named("0").named("1")] {
        assert!((value(p.clone()) - square).abs() < 1e-12, "{p:?}");
    }
}

#[test]
fn each_pattern_must_match() {
    let (net, x) = (net(), numbers(&[5, 4], 9));
    let of =
        |p: penalty::FrobeniusSq| Objective::new(data).with(p).evaluate(&net, &x, &mut Mode::eval()).map(|e| e.data());
    assert!(of(penalty::frobenius_sq(1.0).named("0")).is_ok());
    let why = of(penalty::frobenius_sq(1.0).named("0").named("nothing")).expect_err("one is wrong").to_string();
    assert!(why.contains("`nothing`"), "{why}");
}

#[test]
fn two_penalties_of_a_kind_are_told_apart() {
    let (net, x) = (net(), numbers(&[5, 4], 9));
    let objective = Objective::new(data)
        .with(penalty::frobenius_sq(1.0).named("0"))
        .with(penalty::l1(1.0))
        .with(penalty::frobenius_sq(2.0).named("2"));
    assert_eq!(objective.penalty_names(), ["frobenius_sq", "l1", "frobenius_sq.2"]);
    let at = objective.evaluate(&net, &x, &mut Mode::eval()).expect("all match");
    let of = |i: usize| net[i].value().square().sum().item();
    assert_eq!((at.penalties()[0], at.penalties()[2]), (("frobenius_sq", of(0)), ("frobenius_sq.2", 2.0 * of(2))));
}

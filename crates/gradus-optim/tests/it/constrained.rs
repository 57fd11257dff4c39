//! Constrained problems with analytic solutions, and the bridge from penalties to constraints and back.

use gradus_optim::constrained::{
    AugmentedLagrangian, Bridge, ConstrainedProblem, LagrangianDescentAscent, QuadraticPenalty, project,
};
use gradus_optim::gradus_tensor::Tensor;

type T64 = Tensor<f64>;

fn row(x: &[f64]) -> T64 {
    Tensor::from_slice(&[x.len()], x)
}

fn close(got: &[f64], wanted: &[f64], within: f64) {
    for (g, w) in got.iter().zip(wanted) {
        assert!((g - w).abs() <= within, "{got:?}, expected {wanted:?}");
    }
}

#[test]
fn platt_and_barr() {
    // x² + y² on x + y = 1: (½, ½), λ = −1.
    let risk = |w: &T64| w.square().sum();
    let problem = ConstrainedProblem::new(&risk).equal("sum", |w: &T64| w.sum(), 1.0);
    let start = || row(&[2.0, -1.0]).tracked();
    for method in 0..3 {
        let mut w = start();
        let solved = match method {
            0 => problem.solve(AugmentedLagrangian::default(), &mut w),
            1 => problem.solve(LagrangianDescentAscent { tolerance: 1e-7, ..Default::default() }, &mut w),
            _ => problem.solve(QuadraticPenalty::default(), &mut w),
        }
        .expect("solves");
        let within = if method == 2 { 1e-5 } else { 1e-6 };
        close(&w.to_vec(), &[0.5, 0.5], within);
        assert!((solved.multiplier("sum") + 1.0).abs() <= within, "{method}: λ = {}", solved.multiplier("sum"));
        assert!(solved.kkt().largest() <= 1e-6 * if method == 2 { 10.0 } else { 1.0 }, "{method}: {:?}", solved.kkt());
        assert!(!solved.history().is_empty());
    }
}

#[test]
fn projections_onto_a_ball_and_a_simplex() {
    let a = row(&[3.0, 4.0]);
    let risk = |w: &T64| (w - &a).square().sum() * 0.5;
    let mut w = row(&[0.1, 0.0]).tracked();
    let problem = ConstrainedProblem::new(&risk).at_most("norm", |w: &T64| w.square().sum(), 1.0);
    let solved = problem.solve(AugmentedLagrangian::default(), &mut w).expect("solves");
    close(&w.to_vec(), &[0.6, 0.8], 1e-7);
    // ∇: (x − a) + 2λx = 0, so 1 + 2λ = 5.
    assert!((solved.multiplier("norm") - 2.0).abs() < 1e-6);
    assert!(solved.kkt().largest() <= 1e-6 && solved.best_feasible().is_some());
    let mut x = [3.0, 4.0];
    project::ball(&mut x, 1.0);
    close(&w.to_vec(), &x, 1e-7);
    // Slack: the free minimiser, λ = 0.
    let loose = ConstrainedProblem::new(&risk).at_most("norm", |w: &T64| w.square().sum(), 30.0);
    let solved = loose.solve(AugmentedLagrangian::default(), &mut w).expect("solves");
    close(&w.to_vec(), &[3.0, 4.0], 1e-6);
    assert_eq!(solved.multiplier("norm"), 0.0);
    // The simplex.
    let b = row(&[0.9, 0.6, -0.4]);
    let risk = |w: &T64| (w - &b).square().sum() * 0.5;
    let mut problem = ConstrainedProblem::new(&risk).equal("sum", |w: &T64| w.sum(), 1.0);
    for i in 0..3 {
        problem = problem.at_most(&format!("x{i}"), move |w: &T64| -w.select(0, i), 0.0);
    }
    let mut w = row(&[0.0, 0.0, 0.0]).tracked();
    let solved = problem.solve(AugmentedLagrangian::default(), &mut w).expect("solves");
    let mut x = b.to_vec();
    project::simplex(&mut x);
    close(&x, &[0.65, 0.35, 0.0], 1e-12);
    close(&w.to_vec(), &x, 1e-6);
    assert!(solved.kkt().largest() <= 1e-6, "{:?}", solved.kkt());
}

#[test]
fn the_other_projections() {
    let mut x = [2.0, -3.0, 0.5];
    project::box_between(&mut x, -1.0, 1.0);
    assert_eq!(x, [1.0, -1.0, 0.5]);
    let mut x = [2.0, 2.0];
    project::half_space(&mut x, &[1.0, 1.0], 2.0);
    close(&x, &[1.0, 1.0], 1e-15);
}

#[test]
fn ridge_by_a_penalty_and_by_a_bound_are_one() {
    let x = Tensor::from_slice(&[4, 2], &[1.0, 0.5, -0.3, 1.2, 0.7, -0.9, 1.5, 0.4]);
    let y = row(&[1.0, 2.0, -0.5, 1.3]);
    let risk = |w: &T64| (x.matmul(w) - &y).square().sum();
    let norm = |w: &T64| w.square().sum();
    let bridge = Bridge::new(&risk, &norm);
    let mut w = row(&[0.0, 0.0]).tracked();
    let point = bridge.gamma(0.7, &mut w).expect("solves");
    let penalised = w.to_vec();
    let mut v = row(&[0.0, 0.0]).tracked();
    let lambda = bridge.lambda(point.gamma, 1e-6, &mut v).expect("solves").expect("held");
    assert!((lambda - 0.7).abs() < 1e-5, "{lambda}");
    close(&v.to_vec(), &penalised, 1e-6);
    let path = bridge.path(&[0.0, 0.1, 1.0, 10.0], &mut w).expect("solves");
    assert!(path.windows(2).all(|p| p[1].gamma < p[0].gamma && p[1].risk > p[0].risk), "{path:?}");
    // Not convex: where F = −w meets g = ln(1 + w²) = 4 the penalised risk has a maximum, so no λ reaches it.
    let risk = |w: &T64| -w.sum();
    let wave = |w: &T64| (w.square() + 1.0).ln().sum();
    let mut w = row(&[0.5]).tracked();
    assert_eq!(Bridge::new(&risk, &wave).lambda(4.0, 1e-3, &mut w).ok().flatten(), None);
}

#[test]
fn a_rate_is_held_by_its_proxy() {
    // The share of points above 0 at most ½, by the proxy Σσ(4z): the bias goes down until it holds.
    let z = row(&[-1.0, -0.2, 0.4, 0.9]);
    let risk = |w: &T64| (w - 1.0).square().sum();
    let rate = |w: &T64| (&z + w).step().mean();
    let proxy = |w: &T64| ((&z + w) * 4.0).sigmoid().mean();
    let problem = ConstrainedProblem::new(&risk).at_most_by_proxy("rate", rate, proxy, 0.5);
    let mut w = row(&[1.0]).tracked();
    let solved = problem.solve(LagrangianDescentAscent { steps: 2_000, ..Default::default() }, &mut w).expect("solves");
    let (best, net) = solved.best_feasible().expect("a feasible turn");
    assert!(rate(net).item() <= 0.5 && best < 2.0, "{best}");
}

//! Constrained problems with analytic solutions, and the bridge from penalties to constraints and back.

use gradus_optim::constrained::{
    Ascent, AugmentedLagrangian, Bound, Bridge, ConstrainedProblem, Convex, Kkt, LagrangianDescentAscent, NuPi,
    Projected, QuadraticPenalty, project,
};
use gradus_optim::gradus_tensor::{Param, Role, Tensor};
use gradus_optim::schedule::exponential;
use gradus_optim::{Adam, Optimise, RmsProp, Sgd};
use std::cell::Cell;

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
        close(&w.to_vec(), &[0.5, 0.5], 1e-6);
        assert!((solved.multiplier("sum") + 1.0).abs() <= 1e-6, "{method}: λ = {}", solved.multiplier("sum"));
        assert!(solved.kkt().largest() <= 1e-6, "{method}: {:?}", solved.kkt());
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
fn the_price_of_a_bound_is_its_multiplier() {
    // dF/dγ = −λ, by central differences in γ.
    let b = row(&[2.0, -1.0, 0.5]);
    let risk = |w: &T64| ((w - &b) * row(&[1.0, 2.0, 3.0])).square().sum();
    let norm = |w: &T64| (w.square() + w.square().square() * 0.1).sum();
    let solve = |gamma: f64| {
        let mut w = row(&[0.1, 0.0, 0.0]).tracked();
        let problem = ConstrainedProblem::new(&risk).at_most("norm", norm, gamma);
        let solved = problem.solve(AugmentedLagrangian::default(), &mut w).expect("solves");
        assert!(solved.kkt().largest() <= 1e-6, "{:?}", solved.kkt());
        (solved.risk(), solved.multiplier("norm"))
    };
    for gamma in [0.5, 1.5, 3.0] {
        let (h, lambda) = (1e-3, solve(gamma).1);
        let slope = (solve(gamma + h).0 - solve(gamma - h).0) / (2.0 * h);
        assert!((slope + lambda).abs() < 1e-4 * lambda, "γ = {gamma}: dF/dγ = {slope}, λ = {lambda}");
    }
}

#[test]
fn a_rate_is_held_by_its_proxy() {
    // The share of points above 0 at most ½, by the proxy mean σ(4z): the bias goes down until it holds.
    let z = row(&[-1.0, -0.2, 0.4, 0.9]);
    let risk = |w: &T64| (w - 1.0).square().sum();
    let rate = |w: &T64| (&z + w).step().mean();
    let proxy = |w: &T64| ((&z + w) * 4.0).sigmoid().mean();
    let problem = ConstrainedProblem::new(&risk).at_most("rate", rate, 0.5).proxy(proxy);
    let mut w = row(&[1.0]).tracked();
    let solved = problem.solve(LagrangianDescentAscent { steps: 2_000, ..Default::default() }, &mut w).expect("solves");
    let (best, net) = solved.best_feasible().expect("a feasible turn");
    assert!(rate(net).item() <= 0.5 && best < 2.0, "{best}");
}

#[test]
fn weights_and_multipliers_have_optimisers_of_their_own() {
    // (x − 3)² + (y − 4)²)/2 on x² + y² ≤ 1 and x = y: the nearest point (√½, √½); ∇: x − 3 + 2λx + μ = 0 and y − 4 + 2λy − μ = 0.
    let (root, a) = (0.5_f64.sqrt(), row(&[3.0, 4.0]));
    let (lambda, mu) = ((7.0 - 2.0 * root) / (4.0 * root), -0.5);
    let risk = |w: &T64| (w - &a).square().sum() * 0.5;
    let problem = ConstrainedProblem::new(&risk).at_most("norm", |w: &T64| w.square().sum(), 1.0).equal(
        "same",
        |w: &T64| w.select(0, 1) - w.select(0, 0),
        0.0,
    );
    let settle = |solved: gradus_optim::constrained::Solved<T64>, w: &T64, at: &str| {
        close(&w.to_vec(), &[root, root], 1e-6);
        // −μ, since the constraint is y − x.
        close(solved.multipliers(), &[lambda, -mu], 1e-5);
        assert!(solved.kkt().largest() <= 1e-6, "{at}: {:?}", solved.kkt());
        let best = solved.best_feasible().expect("the last turn is feasible");
        close(&best.1.to_vec(), &[root, root], 1e-6);
    };
    let fresh = || row(&[0.5, -0.5]).tracked();
    let with =
        |method, w: &mut T64| problem.solve(LagrangianDescentAscent { tolerance: 1e-7, ..method }, w).expect("solves");
    let pi = NuPi { integral: 0.05, proportional: 1.0, nu: 0.0 };
    let mut w = fresh();
    settle(with(LagrangianDescentAscent::new(Sgd::new(0.05).momentum(0.5), pi), &mut w), &w, "momentum and nuPI");
    let problem_of = |primal, dual, w: &mut T64| {
        let method =
            LagrangianDescentAscent { tolerance: 1e-7, every: 50, ..LagrangianDescentAscent::new(primal, dual) };
        problem.solve(method, w).expect("solves")
    };
    let mut w = fresh();
    let falling = || exponential(0.999);
    settle(problem_of(Adam::new(0.02).schedule(falling()), pi, &mut w), &w, "Adam and nuPI");
    let mut w = fresh();
    let method = LagrangianDescentAscent::new(Sgd::new(0.05), Ascent(Sgd::new(0.05)));
    settle(
        problem.solve(LagrangianDescentAscent { tolerance: 1e-7, ..method }, &mut w).expect("solves"),
        &w,
        "two descents",
    );
    // RMSprop steps by the sign near the end: as far as its rate has fallen.
    let mut w = fresh();
    let method = LagrangianDescentAscent::new(
        Adam::new(0.02).schedule(falling()),
        Ascent(RmsProp::new(0.02).schedule(falling())),
    );
    let solved = problem.solve(method, &mut w).expect("solves");
    assert!(solved.kkt().largest() <= 1e-3, "{:?}", solved.kkt());
}

#[test]
fn the_proportional_part_damps_the_oscillation_of_multipliers() {
    // −x → min on x ≤ 0: bilinear, so that descent-ascent circles without it.
    let risk = |w: &T64| -w.sum();
    let problem = ConstrainedProblem::new(&risk).at_most("x", |w: &T64| w.sum(), 0.0);
    let run = |proportional: f64| {
        let mut w = row(&[1.0]).tracked();
        let dual = NuPi { integral: 0.1, proportional, nu: 0.0 };
        let method = LagrangianDescentAscent { steps: 600, ..LagrangianDescentAscent::new(Sgd::new(0.1), dual) };
        problem.solve(method, &mut w).expect("solves").kkt().largest()
    };
    let (damped, plain) = (run(2.0), run(0.0));
    assert!(damped < 1e-6 && plain > 0.1, "{damped:e} with it, {plain} without");
}

#[test]
fn estimates_are_stepped_on_and_the_full_set_is_reported() {
    // F = mean (w − z)² and g = w² + mean w (z − 1) ≤ ¼ over four z; a step sees one z, and on the full set g = w².
    let z = [-1.0, 0.5, 1.0, 3.5];
    let turn = Cell::new(0_i32);
    let draw = || {
        turn.set(turn.get() + 1);
        z[((f64::from(turn.get()) * 0.618_033_988_749_894_9).fract() * 4.0) as usize]
    };
    let full = row(&z);
    let risk = |w: &T64| (w - draw()).square().sum();
    let problem = ConstrainedProblem::new(&risk)
        .full_risk(|w: &T64| (w - &full).square().mean())
        .at_most("bound", |w: &T64| (w * (draw() - 1.0) + w.square()).sum(), 0.25)
        .full_set(|w: &T64| (w * (&full - 1.0)).mean() + w.square().sum());
    let mut w = row(&[2.0]).tracked();
    let dual = NuPi { integral: 0.01, proportional: 0.0, nu: 0.9 };
    let method = LagrangianDescentAscent {
        tolerance: 1e-2,
        steps: 20_000,
        ..LagrangianDescentAscent::new(Sgd::new(0.02).schedule(exponential(0.9998)), dual)
    };
    let solved = problem.solve(method, &mut w).expect("solves");
    // On the full set: F′ = 2(w − 1), g = w², so w = ½ and λ = 1.
    assert!(
        (w.item() - 0.5).abs() < 0.05 && (solved.multiplier("bound") - 1.0).abs() < 0.2,
        "{w}, {:?}",
        solved.multipliers()
    );
    assert!((solved.value("bound") - w.item().powi(2)).abs() < 1e-12, "the report is on the full set");
    assert!((solved.risk() - (&w - &full).square().mean().item()).abs() < 1e-12);
    let (best, net) = solved.best_feasible().expect("a feasible turn");
    assert!(net.item() <= 0.51 && best <= (0.5_f64 - 1.0).powi(2) + 2.625 + 1.0, "{best}");
}

/// The root of a falling function on [0, 10⁴].
fn root(f: impl Fn(f64) -> f64) -> f64 {
    let (mut a, mut b) = (0.0, 1e4);
    for _ in 0..200 {
        let c = 0.5 * (a + b);
        if f(c) > 0.0 { a = c } else { b = c }
    }
    0.5 * (a + b)
}

#[test]
fn projected_descent_reaches_the_constrained_minima() {
    // Σ q_i (x_i − a_i)²/2, whose constrained minima follow from one multiplier each.
    let (q, a) = ([1.0, 4.0, 9.0], [2.0, -1.0, 0.5]);
    let (qt, at) = (row(&q), row(&a));
    let risk = |w: &T64| (&qt * (w - &at).square()).sum() * 0.5;
    let each = |f: &dyn Fn(usize) -> f64| (0..3).map(f).collect::<Vec<f64>>();
    let sum = |x: &[f64], g: &dyn Fn(f64) -> f64| x.iter().map(|x| g(*x)).sum::<f64>();
    let ball = |l: f64| each(&|i| q[i] * a[i] / (q[i] + 2.0 * l));
    let simplex = |t: f64| each(&|i| (a[i] - (t - 10.0) / q[i]).max(0.0));
    let half = |l: f64| each(&|i| a[i] - l / q[i]);
    let wanted = [
        (Convex::Ball(1.0), ball(root(|l| sum(&ball(l), &|x| x * x) - 1.0))),
        (Convex::Box(-0.5, 1.0), vec![1.0, -0.5, 0.5]),
        (Convex::Simplex, simplex(root(|t| sum(&simplex(t), &|x| x) - 1.0))),
        (Convex::HalfSpace(vec![1.0; 3], 0.5), half(root(|l| sum(&half(l), &|x| x) - 0.5))),
    ];
    for (set, wanted) in wanted {
        let mut w = Param::new(&row(&[0.3, 0.3, 0.3]), Role::Weight);
        let mut rule = Projected::new(Sgd::new(0.1)).with("*", set.clone());
        for _ in 0..500 {
            let grads = risk(&w.value()).backward();
            rule.try_step(&mut w, &grads).expect("finite");
        }
        close(&w.value().to_vec(), &wanted, 1e-9);
        // A projection leaves members where they are, and twice is once.
        let mut again = w.value().to_vec();
        set.project(&mut again);
        close(&again, &w.value().to_vec(), 1e-12);
    }
    let mut w = Param::new(&row(&[2.0, 0.0, 3.0, 4.0]).reshape(&[2, 2]), Role::Weight);
    Projected::new(()).with_rows("*", Convex::Ball(1.0)).project(&mut w).expect("matches");
    close(&w.value().to_vec(), &[1.0, 0.0, 0.6, 0.8], 1e-15);
    let missing = Projected::new(()).with("head", Convex::Simplex).project(&mut w).expect_err("no such leaf");
    assert!(missing.to_string().contains("`head`"));
}

#[test]
fn what_is_not_a_number_is_never_taken_for_feasible() {
    let risk = |w: &T64| w.square().sum();
    let start = || row(&[0.3, 1.0]).tracked();
    // A constraint that is not a number, by every method; −∞ would be feasible by any bound.
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let problem = ConstrainedProblem::new(&risk).at_most("odd", move |w: &T64| w.sum() * 0.0 + bad, 1.0);
        for method in 0..3 {
            let mut w = start();
            let why = match method {
                0 => problem.solve(AugmentedLagrangian::default(), &mut w),
                1 => problem.solve(LagrangianDescentAscent::default(), &mut w),
                _ => problem.solve(QuadraticPenalty::default(), &mut w),
            }
            .expect_err("no number")
            .to_string();
            assert!(why.contains("odd") || why.contains("not finite"), "{method}: {why}");
        }
    }
    let mut w = start();
    let unbound = ConstrainedProblem::new(&risk).at_most("g", |w: &T64| w.sum(), f64::NAN);
    assert!(unbound.solve(AugmentedLagrangian::default(), &mut w).expect_err("no bound").to_string().contains("`g`"));
    let twice = ConstrainedProblem::new(&risk).equal("g", |w: &T64| w.sum(), 1.0).at_most("g", |w: &T64| w.sum(), 2.0);
    assert!(twice.solve(AugmentedLagrangian::default(), &mut w).expect_err("one name").to_string().contains("`g`"));
    let kkt = Kkt { feasibility: 0.0, complementarity: f64::NAN, stationarity: 0.0 };
    assert!(kkt.largest().is_nan());
    for bound in [Bound::AtMost(1.0), Bound::Equal(1.0)] {
        assert!(bound.violation(f64::NAN).is_nan() && bound.admit(f64::NAN).is_nan());
    }
    let mut w = start();
    let problem = ConstrainedProblem::new(&risk).equal("g", |w: &T64| w.sum(), 1.0);
    for rho in [0.0, -1.0, f64::NAN] {
        let method = AugmentedLagrangian { rho, ..Default::default() };
        assert!(problem.solve(method, &mut w).expect_err("no weight").to_string().contains("rho"));
    }
}

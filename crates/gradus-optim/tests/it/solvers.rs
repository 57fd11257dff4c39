//! Laws of the solvers: rates of the theory, stopping rules, divergence, two problems solved by every one.

use gradus_optim::Kind;
use gradus_optim::gradus_tensor::{Param, Role, Tensor};
use gradus_optim::schedule::{Schedule, constant, cosine, exponential, inverse_sqrt, inverse_time, polynomial};
use gradus_optim::solve::{
    Armijo, BarzilaiBorwein, Beta, ConjugateGradient, Fixed, GaussNewton, GradientDescent, Lbfgs, NewtonCg, Ray,
    Reason, Report, Scheduled, StepRule, Stop,
};
use std::collections::HashMap;

type T64 = Tensor<f64>;

fn vector(x: &[f64]) -> T64 {
    Tensor::from_slice(&[x.len()], x).tracked()
}

/// ½ Σ λᵢ wᵢ².
fn quadratic(eigenvalues: &[f64]) -> impl Fn(&T64) -> T64 + use<> {
    let half = Tensor::from_slice(&[eigenvalues.len()], &eigenvalues.iter().map(|l| l / 2.0).collect::<Vec<_>>());
    move |w| (w.square() * &half).sum()
}

#[test]
fn a_quadratic_converges_at_the_textbook_rates() {
    let (mu, l) = (1.0, 20.0);
    let kappa: f64 = l / mu;
    let distance = |rate: f64, k: u64, start: [f64; 3]| {
        let mut w = vector(&start);
        let report = GradientDescent::new(Fixed(rate)).stop(Stop::Iterations(k)).run(&mut w, quadratic(&[mu, 7.0, l]));
        assert_eq!(report.expect("converges").iterations, k);
        w.to_vec().iter().map(|w| w * w).sum::<f64>().sqrt()
    };
    // Along the outermost eigenvectors the bound ((κ − 1)/(κ + 1))ᵏ is met exactly at α = 2/(μ + L).
    let wanted = 2.0_f64.sqrt() * ((kappa - 1.0) / (kappa + 1.0)).powi(30);
    let got = distance(2.0 / (mu + l), 30, [1.0, 0.0, -1.0]);
    assert!((got / wanted - 1.0).abs() < 1e-10, "{got} against {wanted}");
    assert!(distance(2.0 / (mu + l), 30, [0.3, 1.0, -0.6]) < 1.3 * ((kappa - 1.0) / (kappa + 1.0)).powi(30));
    // (1 − 1/κ)ᵏ at α = 1/L along the flattest.
    let got = distance(1.0 / l, 30, [1.0, 0.0, 0.0]);
    assert!((got / (1.0 - 1.0 / kappa).powi(30) - 1.0).abs() < 1e-10);
}

#[test]
fn each_stopping_rule_stops() {
    let run = |stop: Stop| {
        let mut w = vector(&[1.0, -2.0]);
        GradientDescent::new(Fixed(0.1)).stop(stop).run(&mut w, quadratic(&[1.0, 3.0])).expect("converges")
    };
    for stop in [
        Stop::GradientNorm(1e-6),
        Stop::RelativeChange(1e-3),
        Stop::Moved(1e-5),
        Stop::Value(1e-4),
        Stop::Iterations(17),
        Stop::Evaluations(12),
    ] {
        let report = run(stop);
        assert_eq!(report.reason, Reason::Met(stop));
        let (last, before) = (report.curve[report.curve.len() - 1], report.curve[report.curve.len() - 2]);
        match stop {
            Stop::GradientNorm(x) => assert!(last.gradient_norm <= x && before.gradient_norm > x),
            Stop::RelativeChange(x) => assert!((last.value - before.value).abs() <= x * before.value),
            Stop::Moved(x) => assert!(last.moved <= x && before.moved > x),
            Stop::Value(x) => assert!(last.value <= x && before.value > x),
            Stop::Iterations(x) => assert_eq!(report.iterations, x),
            Stop::Evaluations(x) => assert_eq!(report.counts.gradients + report.counts.values, x),
        }
        assert!(report.to_string().starts_with(&format!("{} iterations: ", report.iterations)), "{report}");
    }
    // A start that already satisfies the rule takes no step; without a rule there is a budget.
    let mut w = vector(&[0.0, 0.0]);
    let report = GradientDescent::new(Fixed(0.1)).stop(Stop::GradientNorm(1e-6)).run(&mut w, quadratic(&[1.0, 3.0]));
    assert_eq!(report.expect("there").iterations, 0);
    let mut w = vector(&[1.0, 1.0]);
    let report = GradientDescent::new(Fixed(1e-9)).run(&mut w, quadratic(&[1.0, 3.0])).expect("slow");
    assert_eq!(report.reason, Reason::Met(Stop::Iterations(10_000)));
}

#[test]
fn every_schedule_is_a_step_rule_that_converges() {
    let schedules: Vec<Box<dyn Schedule>> = vec![
        Box::new(constant()),
        Box::new(inverse_time(20.0)),
        Box::new(inverse_sqrt(5.0)),
        Box::new(polynomial(400, 1.0)),
        Box::new(exponential(0.99)),
        Box::new(cosine(400)),
        Box::new(constant().warm_up(10)),
    ];
    for (i, schedule) in schedules.into_iter().enumerate() {
        let mut w = vector(&[1.0, -2.0]);
        let rule = Scheduled::new(0.3, schedule);
        let report = GradientDescent::new(rule).stop(Stop::GradientNorm(1e-3)).run(&mut w, quadratic(&[1.0, 3.0]));
        let report = report.expect("converges");
        assert_eq!(report.reason, Reason::Met(Stop::GradientNorm(1e-3)), "schedule {i}: {report}");
    }
}

/// On F = ½ L w² Armijo's condition F(w − αLw) ≤ F(w) − c α L² w² reads αL ≤ 2(1 − c).
#[test]
fn armijo_takes_the_first_rate_that_lowers_enough() {
    for (l, shrink, decrease) in [(20.0, 0.5, 1e-4), (3.0, 0.5, 0.5), (7.0, 0.8, 0.1), (0.01, 0.5, 1e-4)] {
        let mut rule = Armijo::default().start(1.0);
        (rule.shrink, rule.decrease) = (shrink, decrease);
        let (mut w, mut first) = (1.5_f64, 1.0);
        for iteration in 0..5 {
            let risk = |w: f64| 0.5 * l * w * w;
            let mut trial = |rate: f64| Ok(risk(w - rate * l * w));
            let ray = Ray { iteration, value: risk(w), gradient: &[l * w], last: None, trial: &mut trial };
            let rate = rule.rate(ray).expect("finite").expect("there is one");
            let mut wanted: f64 = first;
            while wanted * l > 2.0 * (1.0 - decrease) {
                wanted *= shrink;
            }
            assert!((rate - wanted).abs() < 1e-15 * wanted, "L = {l}, c = {decrease}: {rate} against {wanted}");
            (w, first) = (w - rate * l * w, rate / shrink);
        }
    }
    let mut uphill = |_: f64| Ok(1.0);
    let ray = Ray { iteration: 0, value: 0.0, gradient: &[1.0], last: None, trial: &mut uphill };
    assert_eq!(Armijo::default().rate(ray).expect("finite"), None, "no rate lowers F");
}

/// 1/α is the Rayleigh quotient ⟨s, Hs⟩/⟨s, s⟩ of the last step, or the longer ⟨Hs, Hs⟩/⟨s, Hs⟩ of the short form.
#[test]
fn barzilai_and_borwein_take_the_curvature_of_the_last_step() {
    let (s, h) = ([0.3, -1.2, 0.7], [1.0, 4.0, 9.0]);
    let y = [0, 1, 2].map(|i| h[i] * s[i]);
    let sum = |a: [f64; 3], b: [f64; 3]| (0..3).map(|i| a[i] * b[i]).sum::<f64>();
    let rate = |mut rule: BarzilaiBorwein, last, trial: &mut dyn FnMut(f64) -> f64| {
        let mut trial = |a| Ok(trial(a));
        let ray = Ray { iteration: 1, value: 1.0, gradient: &[0.1], last, trial: &mut trial };
        rule.rate(ray).expect("finite").expect("there is one")
    };
    let last = Some((&s[..], &y[..]));
    let long = rate(BarzilaiBorwein::new(0.5), last, &mut |_| 0.0);
    let short = rate(BarzilaiBorwein::new(0.5).short(), last, &mut |_| 0.0);
    assert!((long - sum(s, s) / sum(s, y)).abs() < 1e-15 && (short - sum(s, y) / sum(y, y)).abs() < 1e-15);
    assert!(1.0 / 9.0 < short && short < long && long < 1.0, "between 1/L and 1/μ");
    // Without a last step, and where F is not convex along it, the first rate; what rises above the memory is halved.
    assert_eq!(rate(BarzilaiBorwein::new(0.5), None, &mut |_| 0.0), 0.5);
    let concave = y.map(|y| -y);
    assert_eq!(rate(BarzilaiBorwein::new(0.5), Some((&s[..], &concave[..])), &mut |_| 0.0), 0.5);
    assert_eq!(rate(BarzilaiBorwein::new(0.5), None, &mut |a| if a > 0.2 { 2.0 } else { 0.0 }), 0.125);
    // F may rise above F_k, but not above the largest of the last ten.
    let mut rule = BarzilaiBorwein::new(1.0);
    for (iteration, value) in (0..11).zip([5.0, 4.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0]) {
        let mut trial = |a: f64| Ok(if a == 1.0 { 4.5 } else { 0.0 });
        let ray = Ray { iteration, value, gradient: &[0.1], last: None, trial: &mut trial };
        let wanted = if iteration < 10 { 1.0 } else { 0.5 };
        assert_eq!(rule.rate(ray).expect("finite"), Some(wanted), "iteration {iteration}");
    }
    // In one dimension the second step is Newton's.
    let mut w = vector(&[3.0]);
    let report = GradientDescent::new(BarzilaiBorwein::new(0.01)).stop(Stop::GradientNorm(1e-12));
    let report = report.run(&mut w, quadratic(&[7.0])).expect("converges");
    assert_eq!(report.iterations, 2, "{report}");
}

#[test]
fn a_diverging_run_keeps_the_last_finite_weights() {
    // F = w⁴ from 3 with α = 1: the iterates explode and then overflow.
    let mut w = vector(&[3.0]);
    let risk = |w: &T64| w.square().square().sum();
    let error = GradientDescent::new(Fixed(1.0)).run(&mut w, risk).expect_err("diverges");
    assert_eq!(error.kind(), Kind::Solver);
    let text = error.to_string();
    assert!(text.starts_with("gradient descent: diverged in iteration ") && text.contains("smaller rate"), "{text}");
    assert!(w.to_vec()[0].is_finite() && risk(&w).item().is_finite());
    let mut w = vector(&[-1.0]);
    let error = GradientDescent::new(Fixed(1.0)).run(&mut w, |w: &T64| w.ln().sum()).expect_err("no start");
    assert!(error.to_string().contains("not finite at the start"), "{error}");
}

#[test]
fn a_risk_that_cannot_be_descended_is_refused() {
    let mut w = vector(&[1.0, 2.0]);
    let error = Lbfgs::new().run(&mut w, |w: &T64| w.square()).expect_err("two numbers");
    assert_eq!(error.to_string(), "l-bfgs: the risk must answer one number, got shape [2]; take its mean");
    let error = Lbfgs::new().run(&mut w, |w: &T64| w.detach().sum()).expect_err("cut");
    assert_eq!(error.to_string(), "l-bfgs: the risk does not depend on the net; was it detached?");
    let mut frozen = Param::new(&vector(&[1.0]), Role::Weight);
    frozen.set_frozen(true);
    assert_eq!(Lbfgs::new().run(&mut frozen, |p: &Param<f64>| p.value().sum()).expect_err("frozen").kind(), Kind::Name);
}

#[test]
fn mini_batches_see_one_batch_an_iteration() {
    // F_k = ½(w − cₖ)², c alternating between 1 and 3: under Armijo every trial of an iteration must see the same c.
    let mut w = vector(&[10.0]);
    let target = |k: u64| if k.is_multiple_of(2) { 1.0 } else { 3.0 };
    let report = GradientDescent::new(Scheduled::new(1.0, inverse_time(1.0)))
        .stop(Stop::Iterations(4000))
        .run_batches(&mut w, |k, w: &T64| ((w - target(k)).square() * 0.5).sum())
        .expect("converges");
    assert_eq!(report.counts.gradients, 4001);
    // α_k = 1/(k + 1) makes w the running mean of the targets.
    assert!((w.item() - 2.0).abs() < 1e-3, "{}", w.item());
}

/// Every solver on the same problem from the same start.
fn solve_all<N: gradus_optim::gradus_tensor::Module<Elem = f64>>(
    start: impl Fn() -> N,
    risk: impl Fn(&N) -> T64,
    residuals: impl Fn(&N) -> T64,
    loss: impl Fn(&T64) -> T64,
    limit: f64,
    descent_limit: f64,
) -> HashMap<&'static str, (Report, N)> {
    let mut out = HashMap::new();
    let norm = Stop::GradientNorm(limit);
    let mut add = |name, run: &dyn Fn(&mut N) -> Report| {
        let mut net = start();
        let report = run(&mut net);
        println!("{name:>20}: {report}");
        out.insert(name, (report, net));
    };
    fn descend<N: gradus_optim::gradus_tensor::Module<Elem = f64>>(
        rule: impl StepRule,
        limit: f64,
        net: &mut N,
        risk: &impl Fn(&N) -> T64,
    ) -> Report {
        let descent = GradientDescent::new(rule).stop(Stop::GradientNorm(limit)).stop(Stop::Iterations(60_000));
        descent.run(net, risk).expect("runs")
    }
    add("armijo", &|net| descend(Armijo::default(), descent_limit, net, &risk));
    add("barzilai-borwein", &|net| descend(BarzilaiBorwein::new(1e-3), limit, net, &risk));
    add("short bb", &|net| descend(BarzilaiBorwein::new(1e-3).short(), limit, net, &risk));
    add("l-bfgs", &|net| Lbfgs::new().stop(norm).run(net, &risk).expect("runs"));
    add("newton-cg", &|net| NewtonCg::new().stop(norm).run(net, &risk).expect("runs"));
    add("gauss-newton", &|net| GaussNewton::new().stop(norm).run(net, &residuals, &loss).expect("runs"));
    for (name, beta) in [
        ("fletcher-reeves", Beta::FletcherReeves),
        ("polak-ribiere", Beta::PolakRibiere),
        ("hestenes-stiefel", Beta::HestenesStiefel),
        ("dai-yuan", Beta::DaiYuan),
    ] {
        add(name, &|net| ConjugateGradient::new(beta).stop(norm).run(net, &risk).expect("runs"));
    }
    out
}

#[test]
fn rosenbrock_is_solved_by_every_solver() {
    // r = (1 − x, 10(y − x²)), F = ‖r‖²; the minimum is at (1, 1).
    let residuals = |w: &T64| {
        let (x, y) = (w.narrow(0, 0, 1), w.narrow(0, 1, 1));
        Tensor::concat(&[1.0 - &x, (y - x.square()) * 10.0], 0)
    };
    let risk = move |w: &T64| residuals(w).square().sum();
    let solved = solve_all(|| vector(&[-1.2, 1.0]), risk, residuals, |r| r.square().sum(), 1e-8, 1e-6);
    for (name, (report, w)) in &solved {
        assert!(matches!(report.reason, Reason::Met(Stop::GradientNorm(_))), "{name}: {report}");
        let off = w.to_vec().iter().map(|w| (w - 1.0).abs()).fold(0.0, f64::max);
        assert!(off < 1e-5, "{name} ends {off} off");
    }
    let evaluations = |name: &str| solved[name].0.counts.values + solved[name].0.counts.gradients;
    // What the textbooks lead one to expect: quasi-Newton and Newton in tens, descent in thousands.
    for (name, most) in
        [("l-bfgs", 60), ("newton-cg", 60), ("gauss-newton", 40), ("polak-ribiere", 150), ("barzilai-borwein", 400)]
    {
        assert!(evaluations(name) <= most, "{name} took {} evaluations", evaluations(name));
    }
    assert!(evaluations("armijo") > 1000);
}

#[test]
fn a_logistic_problem_is_solved_by_every_solver_at_one_point() {
    // 1/n Σ ln(1 + exp(−yᵢ xᵢᵀw)) + 10⁻³‖w‖² on 80 points in 5 dimensions, badly scaled.
    let (n, d) = (80, 5);
    let number = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 504.5 - 1.0;
    let x: Vec<f64> = (0..n * d).map(|i| number(i) * [1.0, 3.0, 0.3, 1.0, 2.0][i % d]).collect();
    let y: Vec<f64> = (0..n)
        .map(|i| if x[i * d] + 0.5 * x[i * d + 1] - x[i * d + 2] + 0.4 * number(5000 + i) > 0.0 { 1.0 } else { -1.0 })
        .collect();
    let signed: Vec<f64> = (0..n * d).map(|i| -y[i / d] * x[i]).collect();
    let signed = Tensor::from_slice(&[n, d], &signed);
    // Outputs: the n margins, then √(10⁻³ n) w, so that the loss is a function of them.
    let outputs = move |w: &Param<f64>| {
        let w = w.value();
        Tensor::concat(&[signed.matmul(&w).flatten(), w.flatten()], 0)
    };
    let loss = move |z: &T64| z.narrow(0, 0, n).softplus().mean() + z.narrow(0, n, d).square().sum() * 1e-3;
    let risk = {
        let outputs = outputs.clone();
        move |w: &Param<f64>| loss(&outputs(w))
    };
    let start = || Param::new(&T64::zeros(&[d, 1]), Role::Weight);
    let solved = solve_all(start, risk, outputs, loss, 1e-9, 1e-7);
    let wanted = solved["newton-cg"].1.value().to_vec();
    for (name, (report, w)) in &solved {
        assert!(matches!(report.reason, Reason::Met(Stop::GradientNorm(_))), "{name}: {report}");
        for (a, b) in w.value().to_vec().iter().zip(&wanted) {
            assert!((a - b).abs() < 1e-4, "{name}: {a} against {b}");
        }
    }
    assert!(solved["newton-cg"].0.iterations <= 15, "Newton converges in a few steps: {}", solved["newton-cg"].0);
}

#[test]
fn least_squares_of_an_exponential_recovers_its_parameters() {
    let t = Tensor::from_slice(&[20], &(0..20).map(|i| f64::from(i) / 10.0).collect::<Vec<_>>());
    let model = |w: &T64, t: &T64| (t * w.narrow(0, 1, 1)).exp() * w.narrow(0, 0, 1);
    let data = model(&vector(&[2.0, -1.3]), &t).detach();
    let mut w = vector(&[0.5, 0.0]);
    let report = GaussNewton::new()
        .stop(Stop::GradientNorm(1e-10))
        .least_squares(&mut w, |w: &T64| model(w, &t) - &data)
        .expect("runs");
    assert!(w.to_vec().iter().zip([2.0, -1.3]).all(|(a, b)| (a - b).abs() < 1e-9), "{report}");
    assert!(report.iterations < 20 && report.counts.products > 0, "{report}");
}

#[test]
fn single_precision_stops_at_its_limit_without_looping() {
    let mut w = Tensor::<f32>::from_slice(&[2], &[-1.2, 1.0]).tracked();
    let risk = |w: &Tensor<f32>| {
        let (x, y) = (w.narrow(0, 0, 1), w.narrow(0, 1, 1));
        (1.0 - &x).square().sum() + ((y - x.square()) * 10.0).square().sum()
    };
    let report = Lbfgs::new().stop(Stop::GradientNorm(1e-12)).stop(Stop::Iterations(2000)).run(&mut w, risk);
    let report = report.expect("runs");
    assert!(report.iterations < 2000, "{report}");
    assert!(w.to_vec().iter().all(|w| (w - 1.0).abs() < 1e-3), "{report}");
}

#[test]
fn a_run_without_a_rule_ends_where_nothing_moves() {
    let bowl = |w: &T64| (w - 1.0).square().sum();
    for start in [1.0, 3.0] {
        let at = || Tensor::full(&[2], start).tracked();
        let reports = [
            Lbfgs::new().run(&mut at(), bowl),
            NewtonCg::new().run(&mut at(), bowl),
            ConjugateGradient::new(Beta::PolakRibiere).run(&mut at(), bowl),
            GaussNewton::new().least_squares(&mut at(), |w: &T64| w - 1.0),
        ];
        for report in reports.map(|r| r.expect("finite")) {
            assert!(report.iterations < 60 && report.value < 1e-28, "from {start}: {report}");
            assert_eq!(report.reason, Reason::NoProgress, "{report}");
        }
    }
    let mut w = Tensor::full(&[2], 3.0).tracked();
    let why = GradientDescent::new(Fixed(-0.1)).run(&mut w, bowl).expect_err("climbs").to_string();
    assert!(why.contains("rate") && w.to_vec() == [3.0, 3.0], "{why}");
}

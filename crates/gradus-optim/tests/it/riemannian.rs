//! Riemannian optimisers: orthogonal Procrustes reaches the singular value solution, and members stay members.

use gradus_kernels::linalg::polar;
use gradus_optim::gradus_tensor::{Manifold, Param, Real, Role, Tensor};
use gradus_optim::riemannian::Riemannian;
use std::sync::Arc;

/// Orthogonal matrices with the polar retraction.
#[derive(Debug)]
struct Orthogonal;

impl<T: Real> Manifold<T> for Orthogonal {
    fn name(&self) -> &str {
        "orthogonal"
    }
    fn project(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        let xu = x.t().matmul(u);
        x.matmul(&((&xu - xu.t()) * 0.5))
    }
    fn retract(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        let n = x.shape()[0];
        Tensor::build(x.shape(), |out| polar(n, n, &(x + u).to_vec(), out).expect("near a member"))
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        (x.t().matmul(x) - Tensor::eye(x.shape()[0])).to_vec().iter().map(|d| d.to_f64().abs()).fold(0.0, f64::max)
    }
}

fn numbers(n: usize, seed: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 3 + seed * 5 + 1) as f64 * 0.618_033_988_749_894_9).fract() * 2.0 - 1.0).collect()
}

#[test]
fn procrustes_reaches_the_singular_value_solution() {
    // ‖A W − B‖² over orthogonal W: the polar factor of AᵀB. B is near A, so that it is in the component of I.
    let n = 3;
    let a = Tensor::from_slice(&[5, n], &numbers(5 * n, 1)) + Tensor::eye(5).narrow(1, 0, n) * 2.0;
    let b = &a + Tensor::from_slice(&[5, n], &numbers(5 * n, 2)) * 0.5;
    let mut wanted = vec![0.0; n * n];
    polar(n, n, &a.t().matmul(&b).to_vec(), &mut wanted).expect("regular");
    for (mut rule, steps) in [
        (Riemannian::<f64>::sgd(0.02), 2_000),
        (Riemannian::sgd(0.01).momentum(0.9), 2_000),
        (Riemannian::adam(0.02), 0),
    ] {
        let mut w = Param::new(&Tensor::eye(n), Role::Weight);
        w.set_manifold(Some(Arc::new(Orthogonal)));
        let adam = steps == 0;
        for step in 0..steps.max(2_000) {
            if adam {
                rule.set_rate(0.02 * 0.99_f64.powi(step));
            }
            let grads = (a.matmul(&w.value()) - &b).square().sum().backward();
            rule.step(&mut w, &grads).expect("finite");
        }
        for (got, wanted) in w.value().to_vec().iter().zip(&wanted) {
            assert!((got - wanted).abs() < 1e-6, "{rule:?}: {:?}, expected {wanted:?}", w.value());
        }
        let defect = Manifold::<f64>::defect(&Orthogonal, &w.value());
        assert!(defect <= 50.0 * f64::EPSILON * (n as f64).sqrt(), "{defect:e}");
    }
}

#[test]
fn it_is_an_optimiser_with_a_schedule_names_and_a_state() {
    use gradus_optim::Optimise;
    use gradus_optim::schedule::inverse_time;
    let start = || {
        let mut w = Param::new(&Tensor::<f64>::eye(2), Role::Weight);
        w.set_manifold(Some(Arc::new(Orthogonal)));
        w
    };
    let goal = Tensor::from_slice(&[2, 2], &[0.6, -0.8, 0.8, 0.6]);
    let step = |rule: &mut Riemannian<f64>, w: &mut Param<f64>| {
        let grads = (w.value() - &goal).square().sum().backward();
        rule.try_step(w, &grads).expect("finite").rate
    };
    for make in [(|| Riemannian::sgd(0.1).momentum(0.9).schedule(inverse_time(1.0))) as fn() -> Riemannian<f64>, || {
        Riemannian::adam(0.1).schedule(inverse_time(1.0))
    }] {
        let (mut rule, mut w) = (make(), start());
        let rates: Vec<f64> = (0..3).map(|_| step(&mut rule, &mut w)).collect();
        assert!(rates[0] > rates[1] && rates[1] > rates[2], "{rates:?}");
        // Saved after step 3 and read into a fresh one, it goes on bit for bit.
        let (mut other, mut v) = (make(), w.clone());
        other.restore(&v, &rule.state()).expect("fits");
        assert_eq!(other.state(), rule.state());
        for _ in 0..3 {
            step(&mut rule, &mut w);
            step(&mut other, &mut v);
        }
        assert_eq!(w.value().to_vec(), v.value().to_vec());
    }
    let wrong = Riemannian::<f64>::adam(0.1).restore(&start(), &Riemannian::<f64>::sgd(0.1).state());
    assert!(wrong.expect_err("another recipe").to_string().contains("riemannian_sgd"));
}

#[test]
fn a_bad_gradient_or_setting_moves_nothing() {
    let mut net = (Param::new(&Tensor::<f64>::ones(&[2]), Role::Weight), Param::new(&Tensor::ones(&[2]), Role::Bias));
    let risk = |net: &(Param<f64>, Param<f64>), x: f64| net.0.value().sum() + (net.1.value() * x).sum();
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        for mut rule in [Riemannian::sgd(0.1), Riemannian::adam(0.1)] {
            let grads = risk(&net, bad).backward();
            let why = rule.step(&mut net, &grads).expect_err("cannot be squared").to_string();
            assert!(why.contains("`1`"), "the second is named: {why}");
            assert_eq!(net.0.value().to_vec(), [1.0, 1.0], "the first stays too");
        }
    }
    let grads = risk(&net, 1.0).backward();
    let settings: [(Riemannian<f64>, &str); 4] = [
        (Riemannian::sgd(f64::NAN), "rate"),
        (Riemannian::sgd(-0.1), "rate"),
        (Riemannian::sgd(0.1).momentum(1.0), "momentum"),
        (Riemannian::adam(0.1).momentum(f64::NAN), "momentum"),
    ];
    for (mut rule, what) in settings {
        assert!(rule.step(&mut net, &grads).expect_err(what).to_string().contains(what));
        assert_eq!(net.0.value().to_vec(), [1.0, 1.0]);
    }
}

#[test]
fn a_tied_parameter_moves_once_and_stays_one() {
    let rules = || [Riemannian::<f64>::sgd(0.1).momentum(0.5), Riemannian::adam(0.1)];
    for (mut rule, mut same) in rules().into_iter().zip(rules()) {
        let own = Param::new(&Tensor::<f64>::ones(&[2]), Role::Weight);
        let mut net = (own.tie(), own.tie());
        let mut alone = Param::new(&Tensor::<f64>::ones(&[2]), Role::Weight);
        for _ in 0..3 {
            let grads = (net.0.value().square() + net.1.value().square()).sum().backward();
            rule.step(&mut net, &grads).expect("finite");
            let grads = (alone.value().square() * 2.0).sum().backward();
            same.step(&mut alone, &grads).expect("finite");
            assert!(net.0.leaves()[0].is_same(&net.1.leaves()[0]), "{rule:?}: one leaf");
            for (a, b) in net.0.value().to_vec().iter().zip(alone.value().to_vec()) {
                assert!((a - b).abs() < 1e-15, "{rule:?}: {a} moved twice, {b} once");
            }
        }
    }
}

#[test]
fn a_weight_off_its_manifold_is_refused_by_name() {
    let mut w = [Param::new(&(Tensor::<f64>::eye(2) * 2.0), Role::Weight)];
    w[0].set_manifold(Some(Arc::new(Orthogonal)));
    let grads = w[0].value().sum().backward();
    let why = Riemannian::sgd(0.1).step(&mut w, &grads).expect_err("2 I is no rotation").to_string();
    assert!(why.contains("`0`") && why.contains("orthogonal") && why.contains("3.0e0"), "{why}");
    assert_eq!(w[0].value().to_vec(), [2.0, 0.0, 0.0, 2.0]);
    // A frozen one does not step, and may lie anywhere.
    w[0].set_frozen(true);
    Riemannian::sgd(0.1).step(&mut w, &grads).expect("nothing moves");
}

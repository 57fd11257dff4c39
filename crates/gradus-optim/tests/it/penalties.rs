//! Laws of the penalties: against explicit Hessians, finite differences and closed forms.

use gradus_optim::gradus_tensor::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_optim::gradus_tensor::{
    Index, Mode, Module, Param, Parametrization, Role, Tensor, Tree, grad, hessian_matrix, jacobian,
};
use gradus_optim::penalty::{self, Penalty};
use gradus_optim::{Objective, Sgd};
use std::sync::Arc;

pub(crate) type T64 = Tensor<f64>;
/// A tanh layer and a linear layer: weight, bias, weight, bias.
pub(crate) type Net = [Param<f64>; 4];

pub(crate) fn numbers(shape: &[usize], seed: usize) -> T64 {
    let n: usize = shape.iter().product();
    Tensor::from_slice(shape, &(0..n).map(|i| (((i + seed) * 37 + 11) % 101) as f64 / 50.5 - 1.0).collect::<Vec<_>>())
}

pub(crate) fn net() -> Net {
    let p = |shape: &[usize], seed, role| Param::new(&numbers(shape, seed), role);
    [p(&[3, 4], 1, Role::Weight), p(&[3], 2, Role::Bias), p(&[2, 3], 3, Role::Weight), p(&[2], 4, Role::Bias)]
}

pub(crate) fn forward(net: &Net, x: &T64) -> T64 {
    x.linear(&net[0].value(), &net[1].value()).tanh().linear(&net[2].value(), &net[3].value())
}

pub(crate) fn data(net: &Net, x: &T64, _: &mut Mode) -> T64 {
    forward(net, x).cross_entropy(&labels(x.shape()[0])).mean()
}

fn labels(n: usize) -> Index {
    index(0..n)
}

/// The labels i mod 2 of samples i.
pub(crate) fn index(samples: std::ops::Range<usize>) -> Index {
    Index::from(&samples.map(|i| i % 2).collect::<Vec<usize>>()[..])
}

pub(crate) fn flat(net: &impl Tree<Elem = f64>) -> Vec<f64> {
    net.leaves().iter().flat_map(Tensor::to_vec).collect()
}

pub(crate) fn close(a: &[f64], b: &[f64], tolerance: f64, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    let scale = b.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= tolerance * scale, "{what}: {a} against {b}");
    }
}

/// The gradient of penalty + data minus that of the data term, and the value of the penalty.
pub(crate) fn of_penalty<P: Penalty<N, T64> + 'static, N: Module<Elem = f64> + 'static>(
    f: fn(&N, &T64, &mut Mode) -> T64,
    penalty: P,
    net: &N,
    x: &T64,
) -> (Vec<f64>, f64) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let mut mode = Mode::train(&mut rng);
    let plain = flat(&f(net, x, &mut mode.again()).backward().wrt(net));
    let objective = Objective::new(f).with(penalty);
    let at = objective.evaluate(net, x, &mut mode.again()).expect("it can be taken");
    let value = at.penalties()[0].1;
    assert!((at.total().item() - at.data() - value).abs() < 1e-12);
    mode = mode.again();
    let _ = &mut mode;
    let both = flat(&at.backward().wrt(net));
    (both.iter().zip(&plain).map(|(b, p)| b - p).collect(), value)
}

/// Central differences of the penalty's value.
fn by_differences<P: Penalty<N, T64> + Clone + 'static, N: Module<Elem = f64> + 'static>(
    f: fn(&N, &T64, &mut Mode) -> T64,
    penalty: &P,
    net: &N,
    x: &T64,
) -> Vec<f64> {
    let h = 1e-5;
    let n = flat(net).len();
    (0..n)
        .map(|i| {
            let at = |step: f64| {
                let mut k = 0;
                let moved = net.map(&mut |w| {
                    let mut v = w.to_vec();
                    for v in &mut v {
                        if k == i {
                            *v += step;
                        }
                        k += 1;
                    }
                    Tensor::from_slice(w.shape(), &v).tracked()
                });
                of_penalty(f, penalty.clone(), &moved, x).1
            };
            (at(h) - at(-h)) / (2.0 * h)
        })
        .collect()
}

#[test]
fn frobenius_adds_two_lambda_w_and_leaves_biases_alone() {
    let (net, x) = (net(), numbers(&[5, 4], 9));
    let (gradient, value) = of_penalty(data, penalty::frobenius_sq(0.3), &net, &x);
    let zero = |p: &Param<f64>| vec![0.0; p.value().len()];
    let twice = |p: &Param<f64>| p.value().to_vec().iter().map(|w| 0.6 * w).collect::<Vec<_>>();
    let wanted = [twice(&net[0]), zero(&net[1]), twice(&net[2]), zero(&net[3])].concat();
    close(&gradient, &wanted, 1e-14, "frobenius_sq");
    let sum: f64 = [&net[0], &net[2]].iter().flat_map(|p| p.value().to_vec()).map(|w| 0.3 * w * w).sum();
    assert!((value - sum).abs() < 1e-12);
    let (gradient, _) = of_penalty(data, penalty::frobenius_sq(0.5).everything(), &net, &x);
    close(&gradient, &flat(&net), 1e-14, "all");
    let (gradient, _) = of_penalty(data, penalty::frobenius_sq(0.5).named("3"), &net, &x);
    close(&gradient[..21], &[0.0; 21], 1e-15, "named");
    close(&gradient[21..], &net[3].value().to_vec(), 1e-14, "named");
}

#[test]
fn a_name_that_no_parameter_has_is_refused() {
    let objective = Objective::new(data).with(penalty::frobenius_sq(0.5).named("*.weight"));
    let error = objective.evaluate(&net(), &numbers(&[5, 4], 9), &mut Mode::eval()).expect_err("refused");
    assert_eq!(error.to_string(), "frobenius_sq: no parameter matches `*.weight`; there are `0`, `1`, `2`, `3`");
}

#[test]
fn coupled_decay_of_twice_lambda_is_the_same_path() {
    let x = numbers(&[5, 4], 9);
    let objective = Objective::new(data).with(penalty::frobenius_sq(0.05));
    let (mut a, mut b) = (net(), net());
    let (mut sgd_a, mut sgd_b) = (Sgd::new(0.1).momentum(0.9), Sgd::new(0.1).momentum(0.9).weight_decay(0.1));
    for _ in 0..20 {
        let grads = objective.evaluate(&a, &x, &mut Mode::eval()).expect("taken").backward();
        sgd_a.step(&mut a, &grads);
        let grads = data(&b, &x, &mut Mode::eval()).backward();
        sgd_b.step(&mut b, &grads);
    }
    close(&flat(&a), &flat(&b), 1e-12, "paths");
}

#[test]
fn the_gradient_penalty_is_two_lambda_hessian_times_gradient() {
    let (net, x) = (net(), numbers(&[5, 4], 9));
    let f = |net: &Net| data(net, &x, &mut Mode::eval());
    let g = flat(&grad(&f(&net), &net).expect("used"));
    let h = hessian_matrix(f, &net).to_vec();
    let n = g.len();
    let wanted: Vec<f64> = (0..n).map(|i| 0.2 * (0..n).map(|j| h[i * n + j] * g[j]).sum::<f64>()).collect();
    let (gradient, value) = of_penalty(data, penalty::gradient_norm_sq(0.1), &net, &x);
    close(&gradient, &wanted, 1e-12, "explicit Hessian");
    assert!((value - 0.1 * g.iter().map(|g| g * g).sum::<f64>()).abs() < 1e-14);
    let penalty = penalty::gradient_norm_sq(0.1);
    close(&gradient, &by_differences(data, &penalty, &net, &x), 1e-8, "differences");
    // Over named parameters: that block of the norm.
    let penalty = penalty::gradient_norm_sq(0.1).named("2");
    let (gradient, value) = of_penalty(data, penalty.clone(), &net, &x);
    assert!((value - 0.1 * g[15..21].iter().map(|g| g * g).sum::<f64>()).abs() < 1e-14);
    close(&gradient, &by_differences(data, &penalty, &net, &x), 1e-8, "named");
}

/// Batch norm, dropout and cross-entropy in one.
fn with_norm_and_dropout(net: &Net, x: &T64, mode: &mut Mode) -> T64 {
    let key = mode.next_key();
    let h = x.linear(&net[0].value(), &net[1].value());
    let (h, _) = h.batch_norm(&Tensor::ones(&[3]), &net[1].value(), 1e-5);
    let granularity = gradus_optim::gradus_tensor::Granularity::Element;
    let h = h.softplus().dropout(0.3, 1.0 / 0.7, granularity, key);
    h.linear(&net[2].value(), &net[3].value()).cross_entropy(&labels(x.shape()[0])).mean()
}

#[test]
fn the_gradient_penalty_goes_through_batch_norm_and_dropout() {
    let (net, x) = (net(), numbers(&[6, 4], 9));
    let penalty = penalty::gradient_norm_sq(0.1);
    let (gradient, _) = of_penalty(with_norm_and_dropout, penalty.clone(), &net, &x);
    close(&gradient, &by_differences(with_norm_and_dropout, &penalty, &net, &x), 1e-7, "differences");
}

/// x = eʸ, elementwise.
#[derive(Debug)]
struct Exp;

impl Parametrization<f64> for Exp {
    fn name(&self) -> &str {
        "exp"
    }
    fn forward(&self, y: &[T64]) -> T64 {
        y[0].exp()
    }
    fn right_inverse(&self, x: &T64) -> gradus_optim::gradus_tensor::Result<Vec<T64>> {
        Ok(vec![x.ln()])
    }
    fn defect(&self, x: &T64) -> f64 {
        x.to_vec().iter().fold(0.0, |m: f64, x| m.max(-x))
    }
    fn sample(
        &self,
        shape: &[usize],
        _: &mut dyn gradus_optim::gradus_tensor::rand::Rng,
    ) -> gradus_optim::gradus_tensor::Result<T64> {
        Ok(Tensor::ones(shape))
    }
}

#[test]
fn constrained_weights_are_penalised_at_leaf_or_image_as_asked() {
    let mut net = net();
    net[0] = Param::new(&numbers(&[3, 4], 1).square().tanh().exp(), Role::Weight);
    net[0].constrain(Arc::new(Exp)).expect("positive");
    let x = numbers(&[5, 4], 9);
    // Frobenius on the image: d/dy e²ʸ = 2 e²ʸ.
    let (gradient, _) = of_penalty(data, penalty::frobenius_sq(0.5).named("0"), &net, &x);
    let wanted: Vec<f64> = net[0].value().to_vec().iter().map(|w| w * w).collect();
    close(&gradient[..12], &wanted, 1e-13, "frobenius_sq of the image");
    for penalty in [penalty::gradient_norm_sq(0.1), penalty::gradient_norm_sq(0.1).of_images()] {
        let (gradient, _) = of_penalty(data, penalty.clone(), &net, &x);
        close(&gradient, &by_differences(data, &penalty, &net, &x), 1e-7, "gradient_norm_sq");
    }
    // At the image the norm is that of a free weight of the same value.
    let mut free = net.clone();
    free[0].bake();
    let (_, at_image) = of_penalty(data, penalty::gradient_norm_sq(0.1).of_images(), &net, &x);
    let (_, at_leaf) = of_penalty(data, penalty::gradient_norm_sq(0.1), &net, &x);
    let (_, of_free) = of_penalty(data, penalty::gradient_norm_sq(0.1), &free, &x);
    assert!((at_image - of_free).abs() < 1e-12 && (at_leaf - of_free).abs() > 1e-6);
}

#[test]
fn behind_a_batch_norm_the_gradient_is_orthogonal_and_scales_inversely() {
    let x = numbers(&[6, 4], 9);
    let loss = |w: &T64| {
        let (h, _) = x.matmul(&w.t()).batch_norm(&Tensor::ones(&[3]), &Tensor::zeros(&[3]), 0.0);
        h.tanh().cross_entropy(&Index::from(&[0_usize, 1, 2, 0, 1, 2][..])).mean()
    };
    let w = numbers(&[3, 4], 1).tracked();
    let (w2, g) = ((&w * 2.0).detach().tracked(), grad(&loss(&w), &w).expect("used"));
    let g2 = grad(&loss(&w2), &w2).expect("used");
    assert!((&w * &g).sum().item().abs() < 1e-14);
    close(&g2.to_vec(), &(&g * 0.5).to_vec(), 1e-13, "∇L(2W) = ∇L(W)/2");
}

#[test]
fn mini_batches_average_the_data_term_but_not_the_gradient_penalty() {
    let (net, x) = (net(), numbers(&[7, 4], 9));
    let sample = |i: usize| (x.narrow(0, i, 1).detach(), index(i..i + 1));
    let objective = Objective::supervised(
        |net: &Net, x: &T64, _: &mut Mode| forward(net, x),
        |y: &T64, labels: &Index| y.cross_entropy(labels).mean(),
    );
    let full = objective.evaluate(&net, &(x.clone(), labels(7)), &mut Mode::eval()).expect("taken").data();
    // Batches of 3, 3 and 1, weighted by their size.
    let part = |from: usize, n: usize| {
        let y = index(from..from + n);
        let batch = (x.narrow(0, from, n).detach(), y);
        n as f64 * objective.evaluate(&net, &batch, &mut Mode::eval()).expect("taken").data()
    };
    assert!(((part(0, 3) + part(3, 3) + part(6, 1)) / 7.0 - full).abs() < 1e-14);
    // E‖∇ℓᵢ‖² = ‖∇L‖² + tr Cov ∇ℓᵢ for a batch of one.
    let gradient = |batch: &(T64, Index)| {
        flat(&objective.evaluate(&net, batch, &mut Mode::eval()).expect("taken").backward().wrt(&net))
    };
    let singles: Vec<_> = (0..7).map(|i| gradient(&sample(i))).collect();
    let mean = gradient(&(x.clone(), labels(7)));
    let square = |g: &[f64]| g.iter().map(|g| g * g).sum::<f64>();
    let estimate = singles.iter().map(|g| square(g)).sum::<f64>() / 7.0;
    let spread: f64 =
        singles.iter().map(|g| g.iter().zip(&mean).map(|(a, b)| (a - b).powi(2)).sum::<f64>()).sum::<f64>() / 7.0;
    assert!((estimate - square(&mean) - spread).abs() < 1e-12 && spread > 1e-3);
}

#[test]
fn the_difference_variant_errs_by_the_square_of_its_step() {
    let (net, x) = (net(), numbers(&[5, 4], 9));
    let (exact, value) = of_penalty(data, penalty::gradient_norm_sq(0.1), &net, &x);
    let error = |h: f64| {
        let (gradient, v) = of_penalty(data, penalty::gradient_norm_sq_difference(0.1, h), &net, &x);
        assert!((v - value).abs() < 1e-14);
        gradient.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let (coarse, fine) = (error(0.2), error(0.1));
    assert!(coarse > 1e-6 && (coarse / fine - 4.0).abs() < 0.4, "{coarse} and {fine}");
}

#[test]
fn input_penalties_of_a_linear_critic_are_closed_forms() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let w = numbers(&[4, 1], 3).tracked();
    let norm_sq: f64 = w.to_vec().iter().map(|w| w * w).sum();
    let (real, fake) = (numbers(&[5, 4], 1), numbers(&[5, 4], 2));
    let critic = |x: &T64| x.matmul(&w);
    let r1 = penalty::r1(critic, &real, 10.0).expect("depends");
    assert!((r1.item() - 5.0 * norm_sq).abs() < 1e-12);
    close(&grad(&r1, &w).expect("used").to_vec(), &(&w * 10.0).to_vec(), 1e-13, "r1");
    let gp = penalty::wgan_gp(critic, &real, &fake, 10.0, &mut rng).expect("depends");
    let wanted = 10.0 * (norm_sq.sqrt() - 1.0).powi(2);
    assert!((gp.item() - wanted).abs() < 1e-12);
    let factor = 20.0 * (norm_sq.sqrt() - 1.0) / norm_sq.sqrt();
    close(&grad(&gp, &w).expect("used").to_vec(), &(&w * factor).to_vec(), 1e-12, "wgan_gp");
    // A critic that is flat somewhere has a finite penalty and gradient there.
    let flat_critic = penalty::wgan_gp(|x: &T64| (x.relu() * 0.0).matmul(&w), &real, &fake, 10.0, &mut rng);
    let flat_critic = flat_critic.expect("depends");
    assert_eq!(flat_critic.item(), 10.0);
    assert!(grad(&flat_critic, &w).expect("used").to_vec().iter().all(|g| g.is_finite()));
}

#[test]
fn double_backprop_is_the_mean_of_the_samples_own_norms() {
    let (net, x) = (net(), numbers(&[5, 4], 9));
    let objective = Objective::supervised(
        |net: &Net, x: &T64, _: &mut Mode| forward(net, x),
        |y: &T64, labels: &Index| y.cross_entropy(labels).mean(),
    )
    .with(penalty::input_gradient_sq(0.7));
    let got = objective.evaluate(&net, &(x.clone(), labels(5)), &mut Mode::eval()).expect("taken").penalties()[0].1;
    let one = |i: usize| {
        let x = x.narrow(0, i, 1).detach().tracked();
        let loss = forward(&net, &x).cross_entropy(&index(i..i + 1)).mean();
        grad(&loss, &x).expect("used").square().sum().item()
    };
    let wanted = 0.7 * (0..5).map(one).sum::<f64>() / 5.0;
    assert!((got - wanted).abs() < 1e-13, "{got} against {wanted}");
}

#[test]
fn the_jacobian_norm_is_exact_and_its_estimate_unbiased() {
    let (net, x) = (net(), numbers(&[3, 4], 9));
    let f = |x: &T64| forward(&net, x);
    let exact = penalty::jacobian_norm_sq(f, &x).expect("depends").item();
    // The Jacobian of the whole batch: blocks off the diagonal are 0.
    let wanted = jacobian(|x: &T64| f(x), &x).square().sum().item() / 3.0;
    assert!((exact - wanted).abs() < 1e-12);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let draws: Vec<f64> =
        (0..400).map(|_| penalty::jacobian_norm_sq_estimate(f, &x, 1, &mut rng).expect("depends").item()).collect();
    let mean = draws.iter().sum::<f64>() / 400.0;
    let sd = (draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 399.0).sqrt();
    assert!((mean - exact).abs() < 5.0 * sd / 20.0, "{mean} against {exact}, sd {sd}");
}

#[test]
fn curvature_is_the_trace_of_the_hessian_and_has_an_exact_gradient() {
    let (net, x) = (net(), numbers(&[5, 4], 9));
    let h = hessian_matrix(|net: &Net| data(net, &x, &mut Mode::eval()), &net).to_vec();
    let n = flat(&net).len();
    let trace: f64 = (0..n).map(|i| h[i * n + i]).sum();
    let off: f64 = (0..n * n).filter(|k| k / n != k % n).map(|k| 2.0 * h[k] * h[k]).sum();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let value = data(&net, &x, &mut Mode::eval());
    let estimate = penalty::hessian_trace(&value, &net.leaves(), 400, &mut rng).expect("depends").item();
    assert!((estimate - trace).abs() < 5.0 * (off / 400.0).sqrt(), "{estimate} against {trace}");
    let penalty = penalty::curvature(0.1).samples(2);
    let (gradient, _) = of_penalty(data, penalty.clone(), &net, &x);
    close(&gradient, &by_differences(data, &penalty, &net, &x), 1e-7, "third derivatives");
}

//! Laws of penalties that are estimates: of a mini-batch, and along random directions.

use super::penalties::{Net, T64, data, flat, forward, index, net, numbers};
use gradus_optim::Objective;
use gradus_optim::gradus_tensor::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_optim::gradus_tensor::{Index, Mode, Tensor, Tree};
use gradus_optim::penalty;

/// E‖∇L_B‖² = ‖∇L‖² + tr Cov(∇ℓᵢ)/B over batches of B = 1, 2 and 3 independent draws, all of them counted.
#[test]
fn the_penalty_of_a_mini_batch_is_too_large_by_the_covariance_over_its_size() {
    let (net, n) = (net(), 5_usize);
    let x = numbers(&[n, 4], 9);
    let objective = Objective::supervised(
        |net: &Net, x: &T64, _: &mut Mode| forward(net, x),
        |y: &T64, labels: &Index| y.cross_entropy(labels).mean(),
    )
    .with(penalty::gradient_norm_sq(1.0));
    let of = |samples: &[usize]| {
        let rows: Vec<T64> = samples.iter().map(|i| x.narrow(0, *i, 1)).collect();
        let labels: Vec<usize> = samples.iter().map(|i| i % 2).collect();
        let batch = (Tensor::concat(&rows, 0).detach(), Index::from(&labels[..]));
        objective.evaluate(&net, &batch, &mut Mode::eval()).expect("it can be taken").penalties()[0].1
    };
    let gradient = |samples: std::ops::Range<usize>| {
        let rows = x.narrow(0, samples.start, samples.len()).detach();
        let loss = forward(&net, &rows).cross_entropy(&index(samples)).mean();
        flat(&loss.backward().wrt(&net))
    };
    let mean = gradient(0..n);
    let full: f64 = mean.iter().map(|g| g * g).sum();
    assert!((of(&[0, 1, 2, 3, 4]) - full).abs() < 1e-13, "the full set has no bias");
    let apart = |i: usize| gradient(i..i + 1).iter().zip(&mean).map(|(g, m)| (g - m).powi(2)).sum::<f64>();
    let covariance = (0..n).map(apart).sum::<f64>() / n as f64;
    assert!(covariance > 1e-3, "there is something to see");
    for size in 1..=3 {
        let all = n.pow(size);
        let draw = |k: usize| -> Vec<usize> { (0..size).map(|d| k / n.pow(d) % n).collect() };
        let expected = full + covariance / f64::from(size);
        let got = (0..all).map(|k| of(&draw(k))).sum::<f64>() / all as f64;
        assert!((got - expected).abs() < 1e-12, "batches of {size}: {got} against {expected}");
    }
}

/// Under one key a sampled penalty is a function like any other: its gradient is that of the very sample.
#[test]
fn a_sampled_jacobian_norm_has_the_exact_gradient_of_its_sample() {
    let (net, x) = (net(), numbers(&[5, 4], 9));
    let make =
        |samples| penalty::jacobian_sq(0.4, |net: &Net, x: &T64, _: &mut Mode| forward(net, x)).estimate(samples);
    let over_pairs = |net: &Net, samples| {
        let objective =
            Objective::new(|net: &Net, (x, _): &(T64, ()), m: &mut Mode| data(net, x, m)).with(make(samples));
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let at = objective.evaluate(net, &(x.clone(), ()), &mut Mode::train(&mut rng)).expect("it can be taken");
        let value = at.penalties()[0].1;
        let plain = flat(&data(net, &x, &mut Mode::eval()).backward().wrt(net));
        let both = flat(&at.backward().wrt(net));
        (both.iter().zip(plain).map(|(b, p)| b - p).collect::<Vec<f64>>(), value)
    };
    // 0: exact, all outputs.
    for samples in [0, 1, 3] {
        let gradient = over_pairs(&net, samples).0;
        let direction = numbers(&[gradient.len()], 4).to_vec();
        let moved = |step: f64| {
            let mut k = 0;
            let net = Tree::map(&net, &mut |w| {
                let v: Vec<f64> = w.to_vec().iter().zip(&direction[k..]).map(|(w, d)| w + step * d).collect();
                k += v.len();
                Tensor::from_slice(w.shape(), &v).tracked()
            });
            over_pairs(&net, samples).1
        };
        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        let along: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        assert!((along - slope).abs() < 1e-8 * slope.abs().max(1.0), "{samples} samples: {along} against {slope}");
        assert!(slope.abs() > 1e-2, "there is something to compare");
    }
    assert_ne!(over_pairs(&net, 1).1, over_pairs(&net, 0).1, "an estimate, not the norm");
}

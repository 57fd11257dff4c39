//! Nets with rounded numbers: what is rounded and what is not, whose gradients come out, and what training makes of it.

use gradus_nn::{Activation, BatchNorm, Linear, Named, Sequential, Tree};
use gradus_optim::Sgd;
use gradus_tensor::floats::{Format, Rounding};
use gradus_tensor::{Mode, Tensor, grad};
use gradus_train::LowPrecision;
use gradus_train::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

const BF16: Format = Format::BF16;

fn fl(x: &Tensor) -> Tensor {
    x.detach().round_to(BF16, Rounding::Nearest)
}

fn parts() -> (Tensor, Tensor, Sequential) {
    let w = Tensor::from_slice(&[2, 2], &[0.301, -1.107, 0.513, 0.9071]);
    let v = Tensor::from_slice(&[1, 2], &[0.7003, -0.3301]);
    let net = Sequential::new()
        .then(Linear::from_weights(&w, None))
        .then(Activation::tanh())
        .then(Linear::from_weights(&v, None));
    (w, v, net)
}

/// The step spelt out by hand: every number that the wrapper rounds, and no other.
#[test]
fn a_step_by_hand() {
    let (w, v, net) = parts();
    let x = Tensor::from_slice(&[2, 2], &[1.013, 0.509, -0.713, 1.907]);
    let y = LowPrecision::all(BF16).run(&net, &mut Mode::eval(), |net, mode| net.forward(&x, mode));
    let (w, v) = (fl(&w), fl(&v));
    let z = fl(&x.matmul(&w.t()));
    let h = fl(&z.tanh());
    assert_eq!(y.to_vec(), fl(&h.matmul(&v.t())).to_vec());
    let g = grad(&(&y * 1.003).sum(), &net).unwrap();
    let gy = fl(&Tensor::full(&[2, 1], 1.003));
    let gh = fl(&gy.matmul(&v));
    // tanh takes its slope from its own, unrounded output.
    let gz = fl(&(gh * (1 - z.tanh().square())));
    let got: Vec<Vec<f32>> = g.leaves().iter().map(Tensor::to_vec).collect();
    assert_eq!(got[1], fl(&gy.t().matmul(&h)).to_vec());
    assert_eq!(got[0], fl(&gz.t().matmul(&x)).to_vec());
}

#[test]
fn nothing_rounded_is_the_net_itself() {
    let (_, _, net) = parts();
    let x = Tensor::from_slice(&[1, 2], &[0.3, -0.2]);
    let f = |net: &Sequential, mode: &mut Mode| net.forward(&x, mode);
    let plain = f(&net, &mut Mode::eval());
    for low in [LowPrecision::new(), LowPrecision::all(Format::FP32), LowPrecision::all(Format::FP32).stochastic()] {
        assert_eq!(low.run(&net, &mut Mode::eval(), f).to_vec(), plain.to_vec());
    }
}

/// Running statistics follow in the net itself; stochastic rounding draws from the step, so equal steps are equal.
#[test]
fn statistics_follow_and_steps_repeat() {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(3);
    let norm = BatchNorm::new(2);
    let net = Sequential::new().then(norm).then(Linear::new(2, 3, rng));
    let x = Tensor::from_slice(&[3, 2], &[1.0, 5.0, 2.0, -4.0, 6.0, 0.5]);
    let low = LowPrecision::all(Format::FP8_E4M3).stochastic();
    let mode = Mode::train(rng);
    let updates = |net: &Sequential| net.named_buffers().iter().map(|b| b.1.to_vec()).collect::<Vec<_>>();
    let before = updates(&net);
    let once = |mode: &mut Mode| low.run(&net, mode, |net, mode| net.forward(&x, mode)).to_vec();
    let y = once(&mut mode.clone());
    let after = updates(&net);
    assert_ne!(before, after);
    assert_eq!(once(&mut mode.again()), y);
    assert_eq!(updates(&net), after, "again() does not update");
    assert_ne!(once(&mut Mode::train(rng)), y);
}

/// A weight at 1 with steps of 1e-3 in bf16, whose neighbours there are 2⁻⁸ and 2⁻⁷ away: to nearest it never moves, at random it moves on
/// average as it should.
#[test]
fn small_steps_are_lost_to_nearest_and_kept_on_average_at_random() {
    let n = 4096;
    let run = |low: LowPrecision| {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(4);
        let mut w = Tensor::<f32>::ones(&[n]).tracked();
        let mut sgd = Sgd::new(1e-3);
        for _ in 0..100 {
            let grads = w.sum().backward();
            sgd.step(&mut w, &grads);
            low.store(&mut w, &mut Mode::train(rng));
        }
        f64::from(w.mean().item())
    };
    let low = LowPrecision::new().weights(BF16);
    assert_eq!(run(low), 1.0);
    // One step has a variance of at most (ulp/2)² = (2⁻⁸/2)²; 100 steps and n weights are independent.
    let sigma = 2_f64.powi(-9) * (100.0 / n as f64).sqrt();
    assert!((run(low.stochastic()) - 0.9).abs() < 5.0 * sigma);
}

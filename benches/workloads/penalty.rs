//! Loss plus 0.01 ‖∇_w loss‖², differentiated exactly.

use super::mlp::net;
use super::trained::{linear, trained};
use super::{Purpose, Work, labels, normals};
use gradus::nn::{Activation, Sequential, cross_entropy, mse};
use gradus::optim::{Objective, Sgd, penalty};
use gradus::tensor::Tensor;

/// 784-256-256-10, tanh, batch 128, cross-entropy.
pub(super) fn classes(_: Purpose) -> Box<dyn Work> {
    penalised(&[784, 256, 256, 10], 128, labels(128, 10), cross_entropy)
}

/// 8-32-32-1, tanh, batch 64, mean squared error.
pub(super) fn tiny(_: Purpose) -> Box<dyn Work> {
    penalised(&[8, 32, 32, 1], 64, normals(3, &[64, 1], 1.0), mse)
}

/// The net of `mlp_digits`.
pub(super) fn digits(purpose: Purpose) -> Box<dyn Work> {
    let sizes = [64, 128, 128, 10];
    let net = net(&sizes, if purpose == Purpose::Time { 0.2 } else { 0.0 });
    let sgd = Sgd::new(1e-3).momentum(0.9).weight_decay(1e-4);
    descent(net, (normals(1, &[64, sizes[0]], 1.0), labels(64, 10)), cross_entropy, sgd)
}

fn penalised<Y: 'static>(sizes: &[usize], batch: usize, y: Y, loss: fn(&Tensor, &Y) -> Tensor) -> Box<dyn Work> {
    let mut net = Sequential::new();
    for (i, s) in (0..sizes.len() - 1).zip(10..) {
        if i > 0 {
            net = net.then(Activation::tanh());
        }
        net = net.then(linear(s, sizes[i], sizes[i + 1]));
    }
    descent(net, (normals(1, &[batch, sizes[0]], 1.0), y), loss, Sgd::new(1e-3))
}

/// Steps down the penalised loss.
fn descent<Y: 'static>(
    net: Sequential,
    data: (Tensor, Y),
    loss: fn(&Tensor, &Y) -> Tensor,
    mut sgd: Sgd<f32>,
) -> Box<dyn Work> {
    let objective = Objective::supervised(Sequential::forward, loss).with(penalty::gradient_norm_sq(0.01));
    trained(
        net,
        move |net, mode| objective.evaluate(net, &data, mode).expect("every layer is used").total().clone(),
        move |net, gradients| {
            sgd.step(net, gradients);
        },
    )
}

//! Loss plus 0.01 ‖∇_w loss‖², differentiated exactly.

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

fn penalised<Y: 'static>(sizes: &[usize], batch: usize, y: Y, loss: fn(&Tensor, &Y) -> Tensor) -> Box<dyn Work> {
    let mut net = Sequential::new();
    for (i, s) in (0..sizes.len() - 1).zip(10..) {
        if i > 0 {
            net = net.then(Activation::tanh());
        }
        net = net.then(linear(s, sizes[i], sizes[i + 1]));
    }
    let objective = Objective::supervised(Sequential::forward, loss).with(penalty::gradient_norm_sq(0.01));
    let data = (normals(1, &[batch, sizes[0]], 1.0), y);
    let mut sgd = Sgd::new(1e-3);
    trained(
        net,
        move |net, mode| objective.evaluate(net, &data, mode).expect("every layer is used").total().clone(),
        move |net, gradients| {
            sgd.step(net, gradients);
        },
    )
}

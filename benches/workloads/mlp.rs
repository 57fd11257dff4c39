//! Classifiers of linear layers, batch norm, ReLU and dropout.

use super::trained::{linear, trained};
use super::{Purpose, Work, labels, normals};
use gradus::nn::{Activation, BatchNorm, Dropout, Sequential, cross_entropy};
use gradus::optim::Sgd;

/// 64-128-128-10, dropout 0.2, batch 64.
pub(super) fn digits(purpose: Purpose) -> Box<dyn Work> {
    classifier(&[64, 128, 128, 10], if purpose == Purpose::Time { 0.2 } else { 0.0 }, 64)
}

/// 784-512-512-10, dropout 0.5, batch 128.
pub(super) fn bn_dropout(purpose: Purpose) -> Box<dyn Work> {
    classifier(&[784, 512, 512, 10], if purpose == Purpose::Time { 0.5 } else { 0.0 }, 128)
}

/// 64-w-…-w-10 with `depth` hidden layers, dropout 0.2.
pub(super) fn hidden(width: usize, depth: usize, batch: usize) -> Box<dyn Work> {
    let mut sizes = vec![width; depth + 2];
    (sizes[0], sizes[depth + 1]) = (64, 10);
    classifier(&sizes, 0.2, batch)
}

/// Linear layers; behind each hidden one batch norm, ReLU, dropout.
pub(super) fn net(sizes: &[usize], p: f64) -> Sequential {
    let last = sizes.len() - 2;
    let mut net = Sequential::new();
    for (i, s) in (0..last).zip(10..) {
        net = net.then(linear(s, sizes[i], sizes[i + 1])).then(BatchNorm::new(sizes[i + 1])).then(Activation::relu());
        if p > 0.0 {
            net = net.then(Dropout::new(p));
        }
    }
    net.then(linear(10 + last as u64, sizes[last], sizes[last + 1]))
}

fn classifier(sizes: &[usize], p: f64, batch: usize) -> Box<dyn Work> {
    let net = net(sizes, p);
    let (x, y) = (normals(1, &[batch, sizes[0]], 1.0), labels(batch, 10));
    let mut sgd = Sgd::new(1e-3).momentum(0.9).weight_decay(1e-4);
    trained(
        net,
        move |net, mode| cross_entropy(&net.forward(&x, mode), &y),
        move |net, gradients| {
            sgd.step(net, gradients);
        },
    )
}

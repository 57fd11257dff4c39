//! A convolutional classifier of images.

use super::trained::{linear, trained};
use super::{Purpose, Work, labels, normals};
use gradus::nn::{Activation, BatchNorm, Conv2d, Func, MaxPool, Sequential, cross_entropy};
use gradus::optim::Sgd;
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

/// 1x28x28, batch 64: two blocks of convolution 3x3, batch norm, ReLU and pooling 2x2, then 3136-128-10.
pub(super) fn cnn(_: Purpose) -> Box<dyn Work> {
    let mut net = Sequential::new();
    for (s, n_in, n_out) in [(10, 1, 32), (11, 32, 64)] {
        net = net
            .then(conv(s, n_in, n_out))
            .then(BatchNorm::new(n_out))
            .then(Activation::relu())
            .then(MaxPool::new([2, 2]));
    }
    let net = net.then(Func::flatten()).then(linear(12, 3136, 128)).then(Activation::relu()).then(linear(13, 128, 10));
    let (x, y) = (normals(1, &[64, 1, 28, 28], 1.0), labels(64, 10));
    let mut sgd = Sgd::new(1e-3).momentum(0.9);
    trained(
        net,
        move |net, mode| cross_entropy(&net.forward(&x, mode), &y),
        move |net, gradients| {
            sgd.step(net, gradients);
        },
    )
}

/// A layer of 3x3 kernels with the weight of stream `s`, normal / √(9 n_in), and bias 0.
fn conv(s: u64, n_in: usize, n_out: usize) -> Conv2d {
    let sd = (9.0 * n_in as f64).sqrt().recip();
    let mut layer =
        Conv2d::builder(n_in, n_out, [3, 3]).padding([1, 1]).build(&mut Xoshiro256PlusPlus::seed_from_u64(0));
    layer.weight_mut().set(&normals(s, &[n_out, n_in, 3, 3], sd)).expect("the shape is that of the layer");
    layer
}

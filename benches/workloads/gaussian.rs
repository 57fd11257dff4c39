//! Two small nets for the mean and the variance of a normal distribution.

use super::trained::{linear, trained};
use super::{Purpose, Work, normals};
use gradus::nn::loss::gaussian_nll;
use gradus::nn::{Activation, Sequential};
use gradus::optim::Adam;

/// ½ (ln v + (y − m)² / v) with v = softplus(b(x)) + 1e-6, 8-50-1 each, batch 32, Adam over both.
pub(super) fn tiny(_: Purpose) -> Box<dyn Work> {
    let net = |s| Sequential::new().then(linear(s, 8, 50)).then(Activation::relu()).then(linear(s + 1, 50, 1));
    let (x, y) = (normals(1, &[32, 8], 1.0), normals(3, &[32, 1], 1.0));
    let mut adam = Adam::new(1e-3);
    trained(
        [net(10), net(20)],
        move |[mean, spread], mode| {
            let v = spread.forward(&x, mode).softplus() + 1e-6;
            gaussian_nll(&mean.forward(&x, mode), &v, &y)
        },
        move |nets, gradients| {
            adam.step(nets, gradients);
        },
    )
}

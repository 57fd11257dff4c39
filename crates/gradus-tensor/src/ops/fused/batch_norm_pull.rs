//! The cotangent of batch normalisation as an op of its own, so that a penalty on gradients costs one pass instead of the formula's many.

use super::batch_norm::{along, channels, mean, standardised};
use crate::case::{Case, Room, spread};
use crate::kind::Fused;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::norm::{ChannelPull, channel_statistics, pull_channels, pull_channels_again};

/// dx = γ r (g − ḡ − x̂ mean(g x̂)) with x̂ = (x − m) r, r = 1/√(σ² + ε): x and g `[n, c, ..]`, γ `[c]`.
#[derive(Clone, Debug)]
pub struct BatchNormPull {
    pub(super) eps: f64,
}

impl<T: Real> Fused<T> for BatchNormPull {
    const NAME: &'static str = "batch_norm_pull";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        debug_assert!(
            s[0].len() > 1 && s[1] == &s[0][1..2] && s[2] == s[0],
            "batch_norm_pull: batch_norm has checked the shapes"
        );
        Ok(s[0].into())
    }
    /// Mean, 1/√(σ² + ε) and σ² of each channel.
    fn aux_len(&self, s: &[&[usize]]) -> usize {
        3 * s[0][1]
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], stats: &mut [T]) {
        let [x, gamma, g] = [v[0].flat(), v[1].flat(), v[2].flat()];
        let shape = channels(v[0].shape);
        channel_statistics(shape, &x, T::from_f64(self.eps), stats);
        let mut sums = vec![T::ZERO; 2 * gamma.len()];
        pull_channels(ChannelPull { shape, x: &x, g: &g, gamma: &gamma, stats }, out, &mut sums);
    }
    fn backward(&self, at: &Point<'_, T>, u: &Tensor<T>, wanted: &[bool]) -> Slots<T> {
        let [x, gamma, g, u] =
            [at.inputs[0].view(), at.inputs[1].view(), at.inputs[2].view(), u.view()].map(|v| v.flat());
        let shape = at.inputs[0].shape();
        let pull = ChannelPull { shape: channels(shape), x: &x, g: &g, gamma: &gamma, stats: at.aux };
        let mut of_gamma = vec![T::ZERO; gamma.len()];
        let mut of_x = None;
        let of_g = Tensor::build(shape, |of_g| {
            of_x = Some(Tensor::build(shape, |of_x| pull_channels_again(pull, &u, [of_x, of_g], &mut of_gamma)));
        });
        let of_gamma = Tensor::from_slice(&[gamma.len()], &of_gamma);
        let all = [of_x, Some(of_gamma), Some(of_g)].into_iter().zip(wanted);
        all.map(|(of, wanted)| of.filter(|_| *wanted).map_or(Slot::Zero, Slot::Of)).collect()
    }
    fn twin(&self, v: &[Tensor<T>]) -> Tensor<T> {
        let (x, g) = (&v[0], &v[2]);
        let (h, deviation) = standardised(x, self.eps);
        (g - mean(g) - &h * mean(&(g * &h))) * (along(&v[1], x) / deviation)
    }
}

impl Room for BatchNormPull {
    const NAME: &'static str = "batch_norm_pull";
    const FORMULA: &'static str = "dx = γ r (g − ḡ − x̂ mean(g x̂))";
    #[inline]
    fn cases() -> Vec<Case> {
        let at = |shape: &[usize]| vec![spread(shape, 1), spread(&shape[1..2], 2) + 1.5, spread(shape, 3)];
        let pull = |eps: f64, x: &[Tensor<f64>]| f64::apply(f64::boxed(BatchNormPull { eps }), &[&x[0], &x[1], &x[2]]);
        let on = |label: &str, shape: &[usize], eps: f64| Case::new(label, at(shape), move |x| pull(eps, x).square());
        vec![
            on("features", &[4, 2], 1e-5),
            on("channels", &[2, 2, 3], 1e-5),
            on("images", &[2, 2, 2, 2], 1e-3),
            on("channel by channel", &[1, 8, 16], 1e-2),
            on("two samples", &[2, 3], 0.1),
            on("one sample with places", &[1, 2, 3], 1e-3),
            on("no channels", &[3, 0], 1e-5),
            on("eps 0", &[3, 2], 0.0),
            Case::new("transposed", vec![spread(&[2, 3], 1), spread(&[2], 2), spread(&[2, 3], 3)], move |x| {
                pull(1e-2, &[x[0].t(), x[1].clone(), x[2].t()]).square()
            }),
            Case::new(
                "constant feature",
                vec![Tensor::ones(&[3, 1]), Tensor::ones(&[1]), spread(&[3, 1], 1)],
                move |x| pull(1.0, x).square(),
            ),
            Case::new("against the twin", at(&[4, 2]), move |x| {
                (pull(1e-2, x) - Fused::twin(&BatchNormPull { eps: 1e-2 }, x)).square()
            }),
        ]
    }
}

//! ReLU with a learnt slope below zero.

use crate::layer::Layer;
use gradus_derive::Module;
use gradus_tensor::extend::refuse;
use gradus_tensor::{Mode, Param, Real, Role, Tensor};

/// `y = x` for x > 0, else `a x`, with one learnt slope a, or one a channel (He et al. 2015). a starts at 0.25. The derivative at 0 is a,
/// as in PyTorch.
///
/// Shapes: x `[n, channels, ..]`, a `[1]` or `[channels]`.
///
/// # Panics
/// If there is one slope a channel and x has another number of channels.
#[derive(Debug, Module)]
pub struct PRelu<T: Real = f32> {
    weight: Param<T>,
}

impl<T: Real> PRelu<T> {
    /// With this many slopes: 1, or the number of channels.
    pub fn new(slopes: usize) -> Self {
        PRelu { weight: Param::new(&Tensor::full(&[slopes], 0.25), Role::Other) }
    }

    /// The output for the input `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        let a = self.weight.value();
        let a = if a.len() == 1 {
            a
        } else {
            if x.rank() < 2 || x.shape()[1] != a.len() {
                refuse(&format!("prelu: x must be [n, {}, ..], one channel a slope, got {:?}", a.len(), x.shape()));
            }
            let per_channel: Vec<usize> = (0..x.rank()).map(|k| if k == 1 { a.len() } else { 1 }).collect();
            a.reshape(&per_channel)
        };
        // The slope sees x where it counts and 0 elsewhere: ∞ would make NaN of the zero cotangent.
        let below = Tensor::where_(&x.gt(0.0), &Tensor::zeros(&[]), x);
        mode.report(self, &[x], x.relu() + a * below)
    }
}

impl<T: Real> Layer<T> for PRelu<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}

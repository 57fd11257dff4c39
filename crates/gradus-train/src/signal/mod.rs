//! Signal propagation: what the layers of a net do to a batch on its way forward, and to its gradient on the way back.
//!
//! Any module, unchanged: the layers report themselves ([`capture`]).

mod layer;
mod picture;
mod spectrum;
mod table;

pub use layer::{LayerSignal, Moments};
pub use spectrum::Spectrum;

use crate::error::{Error, ErrorKind, Result};
use gradus_nn::{Captured, Module, Named, capture};
use gradus_tensor::floats::Format;
use gradus_tensor::{Grad, Mode, Param, Real, Tensor};
use std::collections::HashMap;

/// The options of a signal report.
///
/// ```
/// use gradus_nn::{Activation, Linear, Sequential, cross_entropy, init::orthogonal, tensor::{Index, Mode, Tensor}};
/// use gradus_train::signal::Signal;
/// # use gradus_train::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
/// # let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
/// let dense = Linear::<f32>::builder(8, 8).init(orthogonal(1.0)).build(rng);
/// let net = Sequential::new().then(dense).then(Activation::relu()).then(Linear::new(8, 3, rng));
/// let (x, labels) = (Tensor::eye(8), Index::new(&[8], vec![0, 1, 2, 0, 1, 2, 0, 1]));
/// let report = Signal::new().run(&net, &x, &Mode::eval(), Sequential::forward, |y| cross_entropy(y, &labels))?;
/// println!("{report}");
/// let dense = &report.layers()[0];
/// assert!((dense.jacobian.as_ref().unwrap().spread() - 1.0).abs() < 1e-5);   // all singular values are 1
/// # Ok::<(), gradus_train::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    pub(super) format: Format,
    pub(super) samples: usize,
    pub(super) entries: usize,
}

impl Default for Signal {
    fn default() -> Self {
        Signal { format: Format::FP16, samples: 1, entries: 1 << 16 }
    }
}

impl Signal {
    /// Losses in fp16; Jacobians at the first sample, of up to 2¹⁶ entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// In which format values are counted as lost.
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// At how many samples, from the first, Jacobians are taken. Each costs a backward pass of one layer for every number of its output; 0 turns
    /// them off.
    #[must_use]
    pub fn jacobians(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// How many entries a Jacobian may have at most: those of larger layers are left out.
    #[must_use]
    pub fn largest_jacobian(mut self, entries: usize) -> Self {
        self.entries = entries;
        self
    }

    /// Runs the batch `x` forward, the loss of its output backward, and looks at every layer that reports itself. Nothing of the net changes,
    /// nor do running statistics: the step is one [`again`](Mode::again) of `mode`.
    ///
    /// # Errors
    /// If no layer reported, the loss is not one number, or it depends on no layer.
    pub fn run<M: Module>(
        &self,
        net: &M,
        x: &Tensor<M::Elem>,
        mode: &Mode,
        forward: impl FnOnce(&M, &Tensor<M::Elem>, &mut Mode) -> Tensor<M::Elem>,
        loss: impl FnOnce(&Tensor<M::Elem>) -> Tensor<M::Elem>,
    ) -> Result<SignalReport> {
        // Tracked, so that the first layer has a Jacobian too.
        let x = x.tracked();
        let seen = capture(net, &mut mode.again(), |net, mode| forward(net, &x, mode));
        let params = net.named_parameters().into_iter().collect();
        self.report(&seen, &params, &loss(&seen.output))
    }

    fn report<R, T: Real>(
        &self,
        seen: &Captured<R, T>,
        params: &HashMap<String, Param<T>>,
        loss: &Tensor<T>,
    ) -> Result<SignalReport> {
        // A layer of layers often answers with the very tensor of its last one.
        let mut calls: Vec<_> = seen.calls().iter().collect();
        calls.dedup_by(|outer, inner| outer.output.is_same(&inner.output));
        if calls.is_empty() {
            let why = "signal report: no layer reported itself; does `forward` use the mode that it was given, and layers that report?";
            return Err(Error::new(ErrorKind::Argument, why));
        }
        let outputs: Vec<Tensor<T>> = calls.iter().map(|call| call.output.clone()).collect();
        let gradients = Grad::of(loss).wrt(&outputs).allow_unused().run()?;
        let layers = calls.iter().zip(&gradients).enumerate().map(|(i, (call, gradient))| {
            let earlier = calls[..i].iter().filter(|c| (&c.name, &c.kind) == (&call.name, &call.kind)).count();
            self.layer(call, earlier, params, gradient)
        });
        Ok(SignalReport { layers: layers.collect::<Result<_>>()?, format: self.format, loss: loss.item().to_f64() })
    }
}

/// What became of one batch, layer by layer in the order of the calls. `Display` is a table.
#[derive(Clone, Debug)]
pub struct SignalReport {
    layers: Vec<LayerSignal>,
    format: Format,
    loss: f64,
}

impl SignalReport {
    /// The layers in the order in which they were called; one that was called twice stands there twice.
    pub fn layers(&self) -> &[LayerSignal] {
        &self.layers
    }

    /// The layer of this name (of its first call).
    pub fn layer(&self, name: &str) -> Option<&LayerSignal> {
        self.layers.iter().find(|l| l.name == name)
    }

    /// The loss of the batch.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The format in which values were counted as lost.
    pub fn format(&self) -> Format {
        self.format
    }
}

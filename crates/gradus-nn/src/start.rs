//! Starts from data: weights scaled layer by layer, in the order of a run, by what a batch does in the net.

use crate::error::{Error, ErrorKind, Result};
use crate::look::{Call, capture};
use crate::named::{Named, with_param};
use gradus_tensor::{Mode, Module, Real, Role, Tensor, no_grad};

/// What a start from data did to one layer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Started {
    /// The layer's name.
    pub name: String,
    /// The variance of its outputs over batch and units before, when the layers below were done.
    pub before: f64,
    /// The variance after.
    pub after: f64,
    /// How often its weight was changed.
    pub changes: usize,
}

/// Layer-sequential unit variance (Mishkin & Matas 2016): from below, each layer's weight is divided by the standard deviation of the layer's
/// outputs on a batch, `W ← W/√Var z`, until `|Var z − 1|` is within the tolerance. The paper starts from orthonormal weights
/// (`init::orthogonal(1.0)`); any start will do that gives outputs.
///
/// A layer counts if it reports and has a matrix or kernel named `weight`. Weights held to a set are left as they are.
///
/// ```
/// use gradus_nn::{Activation, Inspect, Layer, Linear, Lsuv, Sequential, init, tensor::{Mode, Tensor}};
/// use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
/// let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
/// let linear = |n_out: usize, rng: &mut _| Linear::<f64>::builder(8, n_out).init(init::orthogonal(1.0)).build(rng);
/// let mut net = Sequential::new().then(linear(8, rng)).then(Activation::relu()).then(linear(4, rng));
/// let x = Tensor::from_slice(&[2, 8], &(0..16).map(|i| f64::from(i).sin() * 5.0).collect::<Vec<_>>());
/// let done = Lsuv::new().tolerance(0.01).start(&mut net, &Mode::eval(), |net, mode| net.forward(&x, mode))?;
/// assert!(done.iter().all(|layer| (layer.after - 1.0).abs() <= 0.01));
/// # Ok::<(), gradus_nn::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Lsuv {
    tolerance: f64,
    most: usize,
}

impl Default for Lsuv {
    fn default() -> Self {
        Lsuv::new()
    }
}

impl Lsuv {
    /// Tolerance 0.1, at most 10 changes a layer, as in the paper.
    pub fn new() -> Self {
        Lsuv { tolerance: 0.1, most: 10 }
    }

    /// How far from 1 a variance may stay (0.1).
    ///
    /// # Panics
    /// If it is not positive.
    #[track_caller]
    #[must_use]
    pub fn tolerance(mut self, tolerance: f64) -> Self {
        assert!(tolerance > 0.0, "lsuv: the tolerance must be positive, got {tolerance}");
        self.tolerance = tolerance;
        self
    }

    /// How often one weight may be changed (10).
    #[must_use]
    pub fn most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// Scales the weights of `net` by what `run` does to a batch. Every run has the masks of `mode` and updates no running statistics.
    ///
    /// # Errors
    /// If outputs of a layer have no variance, or one that is not finite.
    pub fn start<N: Module, R>(
        &self,
        net: &mut N,
        mode: &Mode,
        run: impl Fn(&N, &mut Mode) -> R,
    ) -> Result<Vec<Started>> {
        no_grad(|| {
            let mut done = Vec::new();
            for name in order(net, mode, &run)? {
                let variance = |net: &N| found(net, mode, &run, &name).map(|call| variance_of(&call.output));
                let before = variance(net)?;
                let (mut after, mut changes) = (before, 0);
                while (after - 1.0).abs() > self.tolerance && changes < self.most {
                    if after == 0.0 || !after.is_finite() {
                        let why = format!(
                            "lsuv: the outputs of `{name}` have variance {after}; no factor brings that to 1: give another start or batch"
                        );
                        return Err(Error::new(ErrorKind::Engine, why));
                    }
                    with_param(net, &part(&name, "weight"), |p| Ok(p.set(&(p.value() / after.sqrt()))?))?;
                    after = variance(net)?;
                    changes += 1;
                }
                done.push(Started { name, before, after, changes });
            }
            Ok(done)
        })
    }
}

/// From below, each layer's weight and bias are changed so that on a batch every unit has mean 0 and variance 1: with m and s the mean and
/// standard deviation of unit j of z = W x + b, `w_j ← w_j/s_j` and `b_j ← (b_j − m_j)/s_j` (Salimans & Kingma 2016, section 3;
/// Krähenbühl et al. 2016). A layer without bias keeps its means. A unit that does not vary keeps its scale.
///
/// Units are the features of a linear layer and the channels of a convolution. Which layers count, and what is done in the runs, is as for
/// [`Lsuv`].
///
/// # Errors
/// If a weight refuses its new value.
pub fn start_from_data<N: Module, R>(
    net: &mut N,
    mode: &Mode,
    run: impl Fn(&N, &mut Mode) -> R,
) -> Result<Vec<Started>> {
    no_grad(|| {
        let mut done = Vec::new();
        for name in order(net, mode, &run)? {
            let call = found(net, mode, &run, &name)?;
            let (z, convolution) = (&call.output, call.kind.starts_with("Conv"));
            let unit = if convolution { 1 } else { z.rank() - 1 };
            let others: Vec<isize> = (0..z.rank()).filter(|&k| k != unit).map(|k| k as isize).collect();
            let (mean, variance) = (z.mean_axes(&others, false), z.var_axes(&others, 0, false));
            let inverse: Vec<N::Elem> = variance.to_vec().iter().map(|&v| inverse_root(v)).collect();
            let inverse = Tensor::from_slice(mean.shape(), &inverse);
            let transposed = call.kind.starts_with("ConvTranspose");
            with_param(net, &part(&name, "weight"), |p| {
                let w = p.value();
                let w = if transposed { scaled_transposed(&w, &inverse) } else { scaled(&w, &inverse) };
                Ok(p.set(&w)?)
            })?;
            let bias = part(&name, "bias");
            if net.named_parameters().iter().any(|(known, _)| *known == bias) {
                with_param(net, &bias, |p| Ok(p.set(&((p.value() - &mean) * &inverse))?))?;
            }
            let after = variance_of(&found(net, mode, &run, &name)?.output);
            done.push(Started { name, before: variance_of(z), after, changes: 1 });
        }
        Ok(done)
    })
}

/// The full name of a layer's parameter.
fn part(layer: &str, parameter: &str) -> String {
    if layer.is_empty() { parameter.to_owned() } else { format!("{layer}.{parameter}") }
}

/// The variance over batch and units.
fn variance_of<T: Real>(z: &Tensor<T>) -> f64 {
    z.var(0).item().to_f64()
}

fn inverse_root<T: Real>(v: T) -> T {
    if v.to_f64() > 0.0 { T::from_f64(1.0 / v.to_f64().sqrt()) } else { T::from_f64(1.0) }
}

/// Row j of W times s_j.
fn scaled<T: Real>(w: &Tensor<T>, s: &Tensor<T>) -> Tensor<T> {
    let rows: Vec<usize> = (0..w.rank()).map(|k| if k == 0 { s.len() } else { 1 }).collect();
    w * s.reshape(&rows)
}

/// As [`scaled`], for a kernel `[in, out / groups, k..]`.
fn scaled_transposed<T: Real>(w: &Tensor<T>, s: &Tensor<T>) -> Tensor<T> {
    let (n_in, of_group) = (w.shape()[0], w.shape()[1]);
    let groups = s.len() / of_group;
    let apart = w.reshape(&[groups, n_in / groups, of_group, w.len() / (n_in * of_group)]);
    (apart * s.reshape(&[groups, 1, of_group, 1])).reshape(w.shape())
}

/// The layers that have a free matrix or kernel named `weight`, in the order of their first calls.
fn order<N: Module, R>(net: &N, mode: &Mode, run: &impl Fn(&N, &mut Mode) -> R) -> Result<Vec<String>> {
    let free = |(name, p): (String, gradus_tensor::Param<N::Elem>)| {
        let layer = name.strip_suffix("weight").filter(|l| l.is_empty() || l.ends_with('.'))?.trim_end_matches('.');
        let counts = p.role() == Role::Weight && p.constraint().is_none() && p.value().rank() > 1;
        counts.then(|| layer.to_owned())
    };
    let layers: Vec<String> = net.named_parameters().into_iter().filter_map(free).collect();
    let mut names: Vec<String> = Vec::new();
    for name in capture(net, &mut mode.again(), run).calls().iter().filter_map(|c| c.name.as_ref()) {
        if layers.contains(name) && !names.contains(name) {
            names.push(name.clone());
        }
    }
    if names.is_empty() {
        let why =
            "start: no layer with a free matrix named `weight` was called; a layer of one's own reports by mode.report";
        return Err(Error::new(ErrorKind::Name, why));
    }
    Ok(names)
}

/// The last call of a layer in a run.
fn found<N: Module, R>(net: &N, mode: &Mode, run: &impl Fn(&N, &mut Mode) -> R, name: &str) -> Result<Call<N::Elem>> {
    capture(net, &mut mode.again(), run).call_of(name).cloned()
}

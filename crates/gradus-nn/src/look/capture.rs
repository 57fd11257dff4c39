//! What the layers of a net were given and what they answered, by name and still tracked.

use super::names::Names;
use crate::error::{Error, ErrorKind, Result};
use crate::named::nearest;
use gradus_tensor::{Mode, Module, Place, Real, Tensor};
use std::sync::{Arc, Mutex, PoisonError};

/// One call of one layer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call<T: Real = f32> {
    /// The layer's name (`trunk.0`), empty for the net; `None` for a layer that is not in the net's tree.
    pub name: Option<String>,
    /// The layer's kind (`Linear`, `tanh`).
    pub kind: String,
    /// What it was given; empty for layers that take indices.
    pub inputs: Vec<Tensor<T>>,
    /// What it answered.
    pub output: Tensor<T>,
}

/// What a run of a net answered, and every call of a layer in it.
#[derive(Clone, Debug)]
pub struct Captured<R, T: Real = f32> {
    /// What the run answered.
    pub output: R,
    calls: Vec<Call<T>>,
    names: Names,
}

/// Runs a net and keeps what every layer in it was given and answered: nodes of the one recorded graph, so that a loss can be
/// differentiated with respect to any of them (∇_z L, ∇_x L of any layer).
///
/// Layers of this crate report themselves; a layer of one's own does if its `forward` ends in `mode.report(self, &[x], y)`, or if
/// [`Sequential`](crate::Sequential) or [`Residual`](crate::Residual) calls it. What a transform or a checkpoint runs over copies of
/// the net is kept without a name.
///
/// ```
/// use gradus_nn::{Linear, Module, capture, rand::{SeedableRng, rngs::Xoshiro256PlusPlus}};
/// use gradus_nn::tensor::{Mode, Tensor, grad};
/// #[derive(Module)]
/// struct Net { trunk: Linear, head: Linear }
/// let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
/// let net = Net { trunk: Linear::new(4, 8, rng), head: Linear::new(8, 1, rng) };
/// let x = Tensor::ones(&[2, 4]);
/// let run = |net: &Net, mode: &mut Mode| net.head.forward(&net.trunk.forward(&x, mode).tanh(), mode);
/// let seen = capture(&net, &mut Mode::eval(), run);
/// let loss = seen.output.square().mean();
/// let g = grad(&loss, &seen.output_of("trunk")?)?;
/// assert_eq!(g.shape(), [2, 8]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn capture<N: Module, R>(net: &N, mode: &mut Mode, run: impl FnOnce(&N, &mut Mode) -> R) -> Captured<R, N::Elem> {
    type Seen<T> = (Place, Vec<Tensor<T>>, Tensor<T>);
    let list: Arc<Mutex<Vec<Seen<N::Elem>>>> = Arc::default();
    let keep = {
        let list = list.clone();
        move |seen: &gradus_tensor::Seen<'_, N::Elem>| {
            let inputs = seen.inputs.iter().map(|&x| x.clone()).collect();
            let call = (seen.place, inputs, seen.output.clone());
            list.lock().unwrap_or_else(PoisonError::into_inner).push(call);
            None
        }
    };
    let output = mode.watched(keep, |mode| run(net, mode));
    let seen = std::mem::take(&mut *list.lock().unwrap_or_else(PoisonError::into_inner));
    let names = Names::of(net);
    let nodes = names.in_order(seen.iter().map(|(place, ..)| *place));
    let calls = nodes.into_iter().zip(&seen).map(|(node, (place, inputs, output))| Call {
        name: node.map(|n| n.name.clone()),
        kind: node.map_or(*place, |n| n.place).kind(),
        inputs: inputs.clone(),
        output: output.clone(),
    });
    let calls = calls.collect();
    Captured { output, calls, names }
}

impl<R, T: Real> Captured<R, T> {
    /// Every call, in the order in which they ended.
    pub fn calls(&self) -> &[Call<T>] {
        &self.calls
    }

    /// The calls of one layer, in order.
    pub fn calls_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Call<T>> {
        self.calls.iter().filter(move |c| c.name.as_deref() == Some(name))
    }

    /// What the layer of this name answered, the last time where it was called several times.
    ///
    /// # Errors
    /// If there is no such layer, or it was not called.
    pub fn output_of(&self, name: &str) -> Result<Tensor<T>> {
        self.call_of(name).map(|call| call.output.clone())
    }

    /// What the layer of this name was given first, the last time where it was called several times.
    ///
    /// # Errors
    /// If there is no such layer, it was not called, or it takes indices.
    pub fn input_of(&self, name: &str) -> Result<Tensor<T>> {
        let x = self.call_of(name)?.inputs.first().cloned();
        x.ok_or_else(|| Error::new(ErrorKind::Name, format!("capture: `{name}` takes no tensor, so it has no input")))
    }

    /// The last call of the layer of this name.
    ///
    /// # Errors
    /// If there is no such layer, or it was not called.
    pub fn call_of(&self, name: &str) -> Result<&Call<T>> {
        self.calls.iter().rfind(|c| c.name.as_deref() == Some(name)).ok_or_else(|| {
            let why = if self.names.iter().any(|(known, _)| known == name) {
                format!(
                    "capture: the layer `{name}` was not called, or does not report; end its forward in mode.report(self, &[x], y)"
                )
            } else {
                let names: Vec<String> = self.names.iter().skip(1).map(|(n, _)| n.to_owned()).collect();
                format!("capture: there is no layer named `{name}`; {}", nearest(name, &names))
            };
            Error::new(ErrorKind::Name, why)
        })
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }
}

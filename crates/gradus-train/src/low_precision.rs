//! What training in a narrow floating-point format would do: a net run with weights, activations or gradients rounded to it.

use gradus_nn::Module;
use gradus_tensor::floats::{Format, Rounding};
use gradus_tensor::{Buffer, Mode, Real, Tensor, Visitor, VisitorMut};
use std::sync::atomic::{AtomicU64, Ordering};

/// Runs any net, unchanged, as if its numbers were kept in a narrower format (`bf16`, `fp16`, `fp8`, or any other [`Format`]).
///
/// What is rounded: the free leaves where they are used ([`weights`](Self::weights)), the output of every layer that reports itself
/// ([`activations`](Self::activations)), and what flows back into them: ∂L/∂y of every layer's output and ∂L/∂w of every leaf
/// ([`gradients`](Self::gradients)). Inside a layer sums are taken in the tensor's own format, as matrix units do. All derivatives of the
/// rounding itself are straight-through ([`Tensor::round_to`]). The optimiser moves the unrounded leaves (*master weights*), unless
/// [`store`](Self::store) rounds them too after each step.
///
/// ```
/// use gradus_nn::{Activation, Linear, Sequential, tensor::{Mode, Tensor, floats::Format}};
/// use gradus_train::LowPrecision;
/// # use gradus_train::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
/// # let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
/// let net = Sequential::<f32>::new().then(Linear::new(4, 8, rng)).then(Activation::tanh()).then(Linear::new(8, 2, rng));
/// let low = LowPrecision::all(Format::FP8_E4M3);
/// let y = low.run(&net, &mut Mode::eval(), |net, mode| net.forward(&Tensor::ones(&[3, 4]), mode));
/// assert_eq!(y.to_vec(), y.round_to(Format::FP8_E4M3, gradus_nn::tensor::floats::Rounding::Nearest).to_vec());
/// let grads = y.square().sum().backward();   // of the net's own leaves
/// assert!(grads.get(&net.leaves()[0]).is_some());
/// # use gradus_nn::Tree;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LowPrecision {
    weights: Option<Format>,
    activations: Option<Format>,
    gradients: Option<Format>,
    stochastic: bool,
}

impl LowPrecision {
    /// Nothing is rounded.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Weights, activations and gradients in one format.
    #[must_use]
    pub fn all(format: Format) -> Self {
        Self::new().weights(format).activations(format).gradients(format)
    }

    /// Leaves are rounded where they are used. (Under a constraint x = g(y) that is y; g is computed in the tensor's own format.)
    #[must_use]
    pub fn weights(mut self, format: Format) -> Self {
        self.weights = Some(format);
        self
    }

    /// The output of every layer is rounded.
    #[must_use]
    pub fn activations(mut self, format: Format) -> Self {
        self.activations = Some(format);
        self
    }

    /// The gradient of every layer's output and of every leaf is rounded on its way back.
    #[must_use]
    pub fn gradients(mut self, format: Format) -> Self {
        self.gradients = Some(format);
        self
    }

    /// Rounds at random and without bias, instead of to nearest: each step draws its keys from its mode.
    #[must_use]
    pub fn stochastic(mut self) -> Self {
        self.stochastic = true;
        self
    }

    /// Calls `f` with a copy of the net whose leaves are rounded images of the net's own, under a mode that rounds outputs. A loss made in `f`
    /// has the gradients of the net's own leaves. Running statistics follow in the net itself, in their own format.
    pub fn run<M: Module, R>(&self, net: &M, mode: &mut Mode, f: impl FnOnce(&M, &mut Mode) -> R) -> R {
        let keys = Keys::of(self, mode);
        let (weights, gradients) = (self.weights, self.gradients);
        let rounded = net.map(&mut |w| {
            let w = gradients.map_or_else(|| w.clone(), |format| w.round_gradient(format, keys.next()));
            weights.map_or_else(|| w.clone(), |format| w.round_to(format, keys.next()))
        });
        let activations = self.activations;
        let answer = if activations.is_none() && gradients.is_none() {
            f(&rounded, mode)
        } else {
            let hook = move |seen: &gradus_tensor::Seen<'_, M::Elem>| {
                let y =
                    activations.map_or_else(|| seen.output.clone(), |format| seen.output.round_to(format, keys.next()));
                Some(gradients.map_or_else(|| y.clone(), |format| y.round_gradient(format, keys.next())))
            };
            mode.watched(hook, |mode| f(&rounded, mode))
        };
        follow(&rounded, net);
        answer
    }

    /// Rounds the leaves themselves to the format of [`weights`](Self::weights): after every step, the training of a net that has no other copy
    /// of its weights. To nearest, a step below half a unit in the last place is lost, whatever its direction; at random it is kept on average.
    pub fn store<M: Module>(&self, net: &mut M, mode: &mut Mode) {
        struct Store<'a>(Format, &'a Keys);
        impl<T: Real> VisitorMut<T> for Store<'_> {
            fn tensor(&mut self, x: &mut Tensor<T>) {
                let rounded = x.detach().round_to(self.0, self.1.next()).to_vec();
                x.rewrite_leaf(|x| x.copy_from_slice(&rounded));
            }
        }
        if let Some(format) = self.weights {
            net.visit_mut(&mut Store(format, &Keys::of(self, mode)));
        }
    }
}

/// A key for every rounding of a step.
#[derive(Debug)]
struct Keys {
    /// None: to nearest.
    step: Option<[u64; 2]>,
    used: AtomicU64,
}

impl Keys {
    fn of(low: &LowPrecision, mode: &mut Mode) -> Self {
        Keys { step: low.stochastic.then(|| mode.next_key()), used: AtomicU64::new(0) }
    }

    fn next(&self) -> Rounding {
        self.step.map_or(Rounding::Nearest, |[a, b]| {
            // The upper half of the second word is free in the keys of a mode.
            Rounding::Stochastic { key: [a, b | (self.used.fetch_add(1, Ordering::Relaxed) + 1) << 32] }
        })
    }
}

/// Gives the buffers of `to` the values of those of `from`, a copy of the same net.
fn follow<M: Module>(from: &M, to: &M) {
    struct Read<T: Real>(Vec<(Tensor<T>, u64)>);
    impl<T: Real> Visitor<T> for Read<T> {
        fn tensor(&mut self, _: &Tensor<T>) {}
        fn buffer(&mut self, b: &Buffer<T>) {
            self.0.push((b.get(), b.updates()));
        }
    }
    struct Write<T: Real>(std::vec::IntoIter<(Tensor<T>, u64)>);
    impl<T: Real> Visitor<T> for Write<T> {
        fn tensor(&mut self, _: &Tensor<T>) {}
        fn buffer(&mut self, b: &Buffer<T>) {
            if let Some((value, updates)) = self.0.next()
                && updates != b.updates()
            {
                let set = b.set(&value, updates);
                debug_assert!(set.is_ok(), "a copy has buffers of the same shapes");
            }
        }
    }
    let mut read = Read(Vec::new());
    from.visit(&mut read);
    to.visit(&mut Write(read.0.into_iter()));
}

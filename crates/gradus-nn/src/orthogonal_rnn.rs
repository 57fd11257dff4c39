//! A recurrent cell whose recurrent matrix is orthogonal, so that gradients through time neither vanish nor explode.

use crate::linear::drawn;
use gradus_constraints::Stiefel;
use gradus_derive::Module;
use gradus_init::{Scheme, glorot_uniform, orthogonal};
use gradus_tensor::extend::refuse;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Param, Real, Role, Tensor};
use std::sync::Arc;

/// `h' = modReLU(W h + V x; b)` with `W = B e^(A − Aᵀ)` orthogonal (Lezcano-Casado & Martínez-Rubio 2019) and
/// `modReLU(z; b) = sign z · max(|z| + b, 0)` (Arjovsky, Shah & Bengio 2016).
///
/// Shapes: x `[n, n_in]`, h `[n, hidden]`. W starts as a random orthogonal matrix, b as 0. The exponential is taken once a step of the
/// optimiser, however long the sequence.
#[doc(alias = "expRNN")]
#[derive(Debug, Module)]
pub struct OrthogonalRnn<T: Real = f32> {
    recurrent: Param<T>,
    input: Param<T>,
    bias: Param<T>,
}

impl<T: Real> OrthogonalRnn<T> {
    /// From `n_in` numbers a step, with `hidden` units.
    ///
    /// # Panics
    /// Never for finite sizes: an orthogonal matrix is a member of the set it is held to.
    pub fn new(n_in: usize, hidden: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::starting_at(&orthogonal(1.0), n_in, hidden, rng)
    }

    /// [`new`](Self::new) with another start of W, such as [`rotations`](gradus_init::rotations()); what is not orthogonal starts at the
    /// nearest orthogonal matrix.
    ///
    /// # Panics
    /// If the scheme refuses `[hidden, hidden]`.
    pub fn starting_at(scheme: &dyn Scheme, n_in: usize, hidden: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        let draw = |s: &dyn Scheme, shape: &[usize], rng: &mut _| drawn(s, shape, rng);
        let mut recurrent = Param::new(&draw(scheme, &[hidden, hidden], &mut *rng), Role::Weight);
        if let Err(e) = recurrent.constrain(Arc::new(Stiefel::expm())) {
            panic!("orthogonal_rnn: {e}");
        }
        OrthogonalRnn {
            recurrent,
            input: Param::new(&draw(&glorot_uniform(), &[hidden, n_in], &mut *rng), Role::Weight),
            bias: Param::new(&Tensor::zeros(&[hidden]), Role::Bias),
        }
    }

    /// The state before the first step: zeros.
    pub fn start(&self, n: usize) -> Tensor<T> {
        Tensor::zeros(&[n, self.bias.value().len()])
    }

    /// The state after the input `x`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn step(&self, x: &Tensor<T>, h: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        let wanted = [x.shape().first().copied().unwrap_or(0), self.bias.value().len()];
        if x.rank() != 2 || h.shape() != wanted {
            let (x, h) = (x.shape(), h.shape());
            refuse(&format!("orthogonal_rnn: x must be [n, n_in] and h [n, {}], got {x:?} and {h:?}", wanted[1]));
        }
        let z = h.matmul(&self.recurrent.value().t()) + x.matmul(&self.input.value().t());
        mode.report(self, &[x, h], z.mod_relu(&self.bias.value()))
    }

    /// Runs over a sequence `[n, time, n_in]` from a state: all states `[n, time, hidden]`.
    ///
    /// # Panics
    /// If x is not of this shape, or there are no time steps.
    #[track_caller]
    pub fn run(&self, x: &Tensor<T>, from: Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        if x.rank() != 3 || x.shape()[1] == 0 {
            refuse(&format!("orthogonal_rnn: x must be [n, time, n_in] with time > 0, got {:?}", x.shape()));
        }
        let mut h = from;
        let mut states = Vec::with_capacity(x.shape()[1]);
        for t in 0..x.shape()[1] {
            h = self.step(&x.select(1, t), &h, mode);
            states.push(h.clone());
        }
        mode.report(self, &[x], Tensor::stack(&states, 1))
    }

    /// W.
    pub fn recurrent(&self) -> &Param<T> {
        &self.recurrent
    }
}

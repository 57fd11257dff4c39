//! Recurrent layers: the plain, the long short-term and the gated cell, and their runs over sequences.

mod sequence;

pub use sequence::{Recurrent, RecurrentBuilder};

use crate::linear::{affine, drawn};
use gradus_derive::Module;
use gradus_init::inverse_sqrt_uniform_of;
use gradus_tensor::extend::refuse;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Param, Real, Role, Tensor};

/// Which recurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rnn,
    Relu,
    Lstm,
    Gru,
}

/// A recurrent cell, one step at a time, with PyTorch's names and order of gates.
///
/// - [`rnn`](Cell::rnn): `h' = tanh(W_ih x + b_ih + W_hh h + b_hh)` (Elman 1990); [`rnn_relu`](Cell::rnn_relu) with max(·, 0).
/// - [`lstm`](Cell::lstm): gates i, f, g, o of the same sums; `c' = σ(f) c + σ(i) tanh g`, `h' = σ(o) tanh c'` (Hochreiter & Schmidhuber 1997,
///   Gers et al. 2000).
/// - [`gru`](Cell::gru): `r, z` by σ, `n = tanh(W_in x + b_in + r (W_hn h + b_hn))`, `h' = (1 − z) n + z h` (Cho et al. 2014).
///
/// Shapes: x `[n, n_in]`, h and c `[n, hidden]`. All weights start as U(±1/√hidden).
///
/// # Panics
/// If the shapes do not fit.
#[derive(Debug, Module)]
pub struct Cell<T: Real = f32> {
    weight_ih: Param<T>,
    weight_hh: Param<T>,
    bias_ih: Option<Param<T>>,
    bias_hh: Option<Param<T>>,
    #[module(skip)]
    kind: Kind,
    hidden: usize,
}

/// What a cell hands on from step to step: h, and c for the long short-term cell.
#[derive(Clone, Debug)]
pub struct State<T: Real = f32> {
    /// The output.
    pub h: Tensor<T>,
    /// The memory; zeros of h's shape that no cell but the long short-term one changes.
    pub c: Tensor<T>,
}

impl<T: Real> Cell<T> {
    fn new(kind: Kind, n_in: usize, hidden: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        let gates = kind.gates() * hidden;
        let scheme = inverse_sqrt_uniform_of(hidden as f64);
        let mut draw = |shape: &[usize], role| Param::new(&drawn(&scheme, shape, rng), role);
        Cell {
            weight_ih: draw(&[gates, n_in], Role::Weight),
            weight_hh: draw(&[gates, hidden], Role::Weight),
            bias_ih: Some(draw(&[gates], Role::Bias)),
            bias_hh: Some(draw(&[gates], Role::Bias)),
            kind,
            hidden,
        }
    }

    /// The plain cell.
    pub fn rnn(n_in: usize, hidden: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        Cell::new(Kind::Rnn, n_in, hidden, rng)
    }

    /// The plain cell with max(·, 0) in place of tanh (Le, Jaitly & Hinton 2015).
    pub fn rnn_relu(n_in: usize, hidden: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        Cell::new(Kind::Relu, n_in, hidden, rng)
    }

    /// The long short-term cell.
    pub fn lstm(n_in: usize, hidden: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        Cell::new(Kind::Lstm, n_in, hidden, rng)
    }

    /// The gated cell.
    pub fn gru(n_in: usize, hidden: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        Cell::new(Kind::Gru, n_in, hidden, rng)
    }

    /// Without biases.
    #[must_use]
    pub fn plain(mut self) -> Self {
        (self.bias_ih, self.bias_hh) = (None, None);
        self
    }

    /// The state before the first step: zeros.
    pub fn start(&self, n: usize) -> State<T> {
        let zeros = Tensor::zeros(&[n, self.hidden]);
        State { h: zeros.clone(), c: zeros }
    }

    /// Refuses a state that is not one of n rows: it would broadcast, and every row of x would see the same past.
    #[track_caller]
    fn check(&self, x: &Tensor<T>, state: &State<T>) {
        let (n, h, c) = (x.shape().first().copied(), state.h.shape(), state.c.shape());
        let wanted = [n.unwrap_or(0), self.hidden];
        if h != wanted || c != wanted {
            refuse(&format!("recurrent: x {:?} needs h and c of shape {wanted:?}, got {h:?} and {c:?}", x.shape()));
        }
    }

    /// The state after the input `x`.
    #[track_caller]
    pub fn step(&self, x: &Tensor<T>, state: &State<T>, mode: &mut Mode) -> State<T> {
        if x.rank() != 2 {
            refuse(&format!("recurrent: the input of a step must be [n, n_in], got {:?}", x.shape()));
        }
        self.check(x, state);
        let State { h, c } = self.next(&affine(x, &self.weight_ih.value(), self.bias_ih.as_ref()), state);
        State { h: mode.report(self, &[x, &state.h], h), c }
    }

    /// The state after an input of which W_ih x + b_ih is known.
    #[track_caller]
    fn next(&self, of_x: &Tensor<T>, state: &State<T>) -> State<T> {
        let of_h = affine(&state.h, &self.weight_hh.value(), self.bias_hh.as_ref());
        let gate = |of: &Tensor<T>, k: usize| of.narrow(-1, k * self.hidden, self.hidden);
        match self.kind {
            Kind::Rnn => State { h: (of_x + of_h).tanh(), c: state.c.clone() },
            Kind::Relu => State { h: (of_x + of_h).relu(), c: state.c.clone() },
            Kind::Lstm => {
                let of = of_x + of_h;
                let (i, f, g, o) =
                    (gate(&of, 0).sigmoid(), gate(&of, 1).sigmoid(), gate(&of, 2).tanh(), gate(&of, 3).sigmoid());
                let c = f * &state.c + i * g;
                State { h: o * c.tanh(), c }
            }
            Kind::Gru => {
                let r = (gate(of_x, 0) + gate(&of_h, 0)).sigmoid();
                let z = (gate(of_x, 1) + gate(&of_h, 1)).sigmoid();
                let n = (gate(of_x, 2) + r * gate(&of_h, 2)).tanh();
                State { h: &n + z * (&state.h - &n), c: state.c.clone() }
            }
        }
    }

    /// Runs over a sequence `[n, time, n_in]` from a state: all outputs `[n, time, hidden]`, and the state at the end. What the inputs
    /// bring is computed for all steps in one product.
    ///
    /// # Panics
    /// If x or the state is not of this shape, or there are no time steps.
    #[track_caller]
    pub fn run(&self, x: &Tensor<T>, from: State<T>, mode: &mut Mode) -> (Tensor<T>, State<T>) {
        if x.rank() != 3 || x.shape()[1] == 0 {
            refuse(&format!("recurrent: x must be [n, time, n_in] with time > 0, got {:?}", x.shape()));
        }
        self.check(x, &from);
        let of_x = affine(x, &self.weight_ih.value(), self.bias_ih.as_ref());
        let mut state = from;
        let mut outputs = Vec::with_capacity(x.shape()[1]);
        for t in 0..x.shape()[1] {
            let State { h, c } = self.next(&of_x.select(1, t), &state);
            state = State { h: mode.report(self, &[&state.h], h), c };
            outputs.push(state.h.clone());
        }
        (mode.report(self, &[x], Tensor::stack(&outputs, 1)), state)
    }
}

impl Kind {
    /// How many gates there are.
    fn gates(self) -> usize {
        match self {
            Kind::Rnn | Kind::Relu => 1,
            Kind::Lstm => 4,
            Kind::Gru => 3,
        }
    }
}

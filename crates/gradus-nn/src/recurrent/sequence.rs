//! Recurrent layers over whole sequences: stacked, in both directions, with dropout between the layers, under PyTorch's names.

use super::{Cell, Kind, State};
use crate::dropout::dropout;
use crate::layer::Layer;
use gradus_tensor::extend::refuse;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Module, Name, Param, Place, Real, Tensor, Tree, Visitor, VisitorMut, keeping_ties};
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

/// Recurrent layers one over another: `RNN`, `LSTM` and `GRU` of PyTorch, with its names (`weight_ih_l0`, `bias_hh_l1_reverse`), its order of
/// gates and its start U(±1/√hidden).
///
/// Layer k runs over the outputs of layer k − 1, in both directions where that is asked; outputs of the two directions stand side by side.
/// Dropout falls on the outputs of every layer but the last.
///
/// Shapes: x `[n, time, n_in]`, outputs `[n, time, directions · hidden]`; states h and c `[layers · directions, n, hidden]`, a layer's forward
/// direction before its backward one. With [`time_first`](RecurrentBuilder::time_first) x and outputs start `[time, n, ..]`.
///
/// ```
/// use gradus_nn::{Recurrent, rand::{SeedableRng, rngs::Xoshiro256PlusPlus}, tensor::{Mode, Tensor}};
/// let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
/// let net = Recurrent::<f32>::lstm(3, 5).layers(2).bidirectional().build(rng);
/// let (y, end) = net.run(&Tensor::ones(&[4, 7, 3]), None, &mut Mode::eval());
/// assert_eq!((y.shape(), end.c.shape()), (&[4, 7, 10][..], &[4, 4, 5][..]));
/// ```
///
/// # Panics
/// If the shapes do not fit, or there are no time steps.
#[doc(alias("RNN", "LSTM", "GRU"))]
#[derive(Debug)]
pub struct Recurrent<T: Real = f32> {
    /// Layer by layer, forward before backward.
    cells: Vec<Cell<T>>,
    directions: usize,
    drop: f64,
    time_first: bool,
}

/// The options of a [`Recurrent`].
#[derive(Clone, Copy, Debug)]
pub struct RecurrentBuilder<T: Real = f32> {
    kind: Kind,
    n_in: usize,
    hidden: usize,
    layers: usize,
    directions: usize,
    bias: bool,
    drop: f64,
    time_first: bool,
    number: PhantomData<T>,
}

impl<T: Real> RecurrentBuilder<T> {
    /// How many layers (1).
    #[doc(alias = "num_layers")]
    #[must_use]
    pub fn layers(mut self, layers: usize) -> Self {
        self.layers = layers;
        self
    }

    /// In both directions of time (forward only).
    #[must_use]
    pub fn bidirectional(mut self) -> Self {
        self.directions = 2;
        self
    }

    /// Whether there are biases (there are).
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// The probability with which outputs between the layers are dropped in training (0).
    #[must_use]
    pub fn dropout(mut self, p: f64) -> Self {
        self.drop = p;
        self
    }

    /// Inputs and outputs start `[time, n, ..]`, as in PyTorch without `batch_first`.
    #[doc(alias = "batch_first")]
    #[must_use]
    pub fn time_first(mut self) -> Self {
        self.time_first = true;
        self
    }

    /// The layers, their weights drawn from `rng`.
    ///
    /// # Panics
    /// If there are no layers or no hidden units, or the probability is not in [0, 1).
    #[track_caller]
    pub fn build(self, rng: &mut (impl Rng + ?Sized)) -> Recurrent<T> {
        assert!(
            self.layers > 0 && self.hidden > 0,
            "recurrent: there must be layers and hidden units, got {} and {}",
            self.layers,
            self.hidden
        );
        assert!((0.0..1.0).contains(&self.drop), "recurrent: p must lie in [0, 1), got {}", self.drop);
        let n_in = |k: usize| if k < self.directions { self.n_in } else { self.directions * self.hidden };
        let cell = |k: usize| {
            let cell = Cell::new(self.kind, n_in(k), self.hidden, rng);
            if self.bias { cell } else { cell.plain() }
        };
        let cells = (0..self.layers * self.directions).map(cell).collect();
        Recurrent { cells, directions: self.directions, drop: self.drop, time_first: self.time_first }
    }
}

impl<T: Real> Recurrent<T> {
    fn builder(kind: Kind, n_in: usize, hidden: usize) -> RecurrentBuilder<T> {
        let (layers, directions, bias, drop, time_first) = (1, 1, true, 0.0, false);
        RecurrentBuilder { kind, n_in, hidden, layers, directions, bias, drop, time_first, number: PhantomData }
    }

    /// The options of plain layers with tanh.
    pub fn rnn(n_in: usize, hidden: usize) -> RecurrentBuilder<T> {
        Self::builder(Kind::Rnn, n_in, hidden)
    }

    /// The options of plain layers with max(·, 0).
    pub fn rnn_relu(n_in: usize, hidden: usize) -> RecurrentBuilder<T> {
        Self::builder(Kind::Relu, n_in, hidden)
    }

    /// The options of long short-term layers.
    pub fn lstm(n_in: usize, hidden: usize) -> RecurrentBuilder<T> {
        Self::builder(Kind::Lstm, n_in, hidden)
    }

    /// The options of gated layers.
    pub fn gru(n_in: usize, hidden: usize) -> RecurrentBuilder<T> {
        Self::builder(Kind::Gru, n_in, hidden)
    }

    /// The state before the first step: zeros.
    pub fn start(&self, n: usize) -> State<T> {
        let zeros = Tensor::zeros(&[self.cells.len(), n, self.cells[0].hidden]);
        State { h: zeros.clone(), c: zeros }
    }

    /// All outputs of the last layer, and the states of all layers at their ends; from zeros where no state is given.
    #[track_caller]
    pub fn run(&self, x: &Tensor<T>, from: Option<State<T>>, mode: &mut Mode) -> (Tensor<T>, State<T>) {
        if x.rank() != 3 || x.shape()[usize::from(!self.time_first)] == 0 {
            let axes = if self.time_first { "[time, n, n_in]" } else { "[n, time, n_in]" };
            refuse(&format!("recurrent: x must be {axes} with time > 0, got {:?}", x.shape()));
        }
        let mut y = if self.time_first { x.transpose(0, 1) } else { x.clone() };
        let from = from.unwrap_or_else(|| self.start(y.shape()[0]));
        let wanted = [self.cells.len(), y.shape()[0], self.cells[0].hidden];
        if from.h.shape() != wanted || from.c.shape() != wanted {
            let (h, c) = (from.h.shape(), from.c.shape());
            refuse(&format!("recurrent: h and c must be {wanted:?}, got {h:?} and {c:?}"));
        }
        let (mut h, mut c) = (Vec::new(), Vec::new());
        for (layer, cells) in self.cells.chunks(self.directions).enumerate() {
            if layer > 0 && self.drop > 0.0 {
                y = dropout(&y, self.drop, mode);
            }
            let one = |(backward, cell): (usize, &Cell<T>)| {
                let k = layer * self.directions + backward;
                let from = State { h: from.h.select(0, k), c: from.c.select(0, k) };
                let turned = |y: Tensor<T>| if backward == 1 { y.flip(&[1]) } else { y };
                let (out, end) = cell.run(&turned(y.clone()), from, mode);
                h.push(end.h);
                c.push(end.c);
                turned(out)
            };
            let outs: Vec<Tensor<T>> = cells.iter().enumerate().map(one).collect();
            y = if outs.len() == 1 { outs[0].clone() } else { Tensor::concat(&outs, -1) };
        }
        let y = if self.time_first { y.transpose(0, 1) } else { y };
        (mode.report(self, &[x], y), State { h: Tensor::stack(&h, 0), c: Tensor::stack(&c, 0) })
    }

    /// All outputs of the last layer, from zeros.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.run(x, None, mode).0
    }

    /// Name and parameter, in PyTorch's order.
    fn params(&self) -> impl Iterator<Item = (Name, &Param<T>)> {
        self.cells.iter().enumerate().flat_map(move |(k, cell)| {
            let all = [Some(&cell.weight_ih), Some(&cell.weight_hh), cell.bias_ih.as_ref(), cell.bias_hh.as_ref()];
            PARTS.into_iter().zip(all).filter_map(move |(part, p)| Some((name(part, k, self.directions), p?)))
        })
    }
}

const PARTS: [&str; 4] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];

/// `weight_ih_l1_reverse`.
fn name(part: &str, k: usize, directions: usize) -> Name {
    /// Names live as long as the program; there are four a layer and direction.
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let text = format!("{part}_l{}{}", k / directions, if k % directions == 1 { "_reverse" } else { "" });
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let known = names.get(text.as_str()).copied();
    Name::Field(known.unwrap_or_else(|| {
        let new: &'static str = text.leak();
        names.insert(new);
        new
    }))
}

impl<T: Real> Layer<T> for Recurrent<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}

impl<T: Real> Clone for Recurrent<T> {
    fn clone(&self) -> Self {
        keeping_ties(|| Recurrent { cells: self.cells.clone(), ..*self })
    }
}

impl<T: Real> Tree for Recurrent<T> {
    type Elem = T;
    type Owned = Self;
    fn visit(&self, v: &mut dyn Visitor<T>) {
        v.layer(Place::of(self));
        for (name, p) in self.params() {
            v.enter(name);
            v.param(p);
            v.leave();
        }
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<T>) -> Tensor<T>) -> Self {
        Recurrent { cells: self.cells.iter().map(|c| c.map(f)).collect(), ..*self }
    }
}

impl<T: Real> Module for Recurrent<T> {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<T>) {
        for (k, cell) in self.cells.iter_mut().enumerate() {
            let all =
                [Some(&mut cell.weight_ih), Some(&mut cell.weight_hh), cell.bias_ih.as_mut(), cell.bias_hh.as_mut()];
            for (part, p) in PARTS.into_iter().zip(all) {
                let Some(p) = p else { continue };
                v.enter(name(part, k, self.directions));
                v.param(p);
                v.leave();
            }
        }
    }
}

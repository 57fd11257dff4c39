//! The training steps of README.md in gradus, one family a file, and the list of all.

mod descent;
mod fill;
mod functions;
mod gaussian;
mod images;
mod mlp;
mod penalty;
mod products;
mod recurrent;
mod trained;

use crate::stream;
use gradus::tensor::{Index, Tensor};
use std::fmt::Debug;

/// A prepared workload.
pub trait Work: Debug {
    /// One step; the numbers are there when it returns.
    fn step(&mut self);
    /// The loss now, where there is one.
    fn loss(&mut self) -> Option<f64>;
}

/// What a workload is prepared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Timing: dropout on; of a gradient the gradient alone.
    Time,
    /// The loss after five steps: dropout off, and every step moves.
    Loss,
}

/// Name, number of ops by which the time of a step is divided, and how it is prepared.
pub type Row = (&'static str, u32, fn(Purpose) -> Box<dyn Work>);

/// Every workload: training steps and fills, then single functions and single products.
pub fn all() -> impl Iterator<Item = &'static Row> {
    STEPS.iter().chain(functions::ALL).chain(products::ALL)
}

const STEPS: &[Row] = &[
    ("mlp_digits", 1, mlp::digits),
    ("mlp_bn_dropout", 1, mlp::bn_dropout),
    ("tiny_gaussian", 1, gaussian::tiny),
    ("grad_penalty", 1, penalty::classes),
    ("grad_penalty_tiny", 1, penalty::tiny),
    ("grad_penalty_digits", 1, penalty::digits),
    ("expm_64", 1, descent::expm_64),
    ("expm_512", 1, descent::expm_512),
    ("orth_rnn", 1, recurrent::copying),
    ("cnn", 1, images::cnn),
    ("elementwise", 1, descent::elementwise),
    ("adam_10m", 1, fill::adam_10m),
    ("orth_init_512", 1, fill::orthogonal_512),
    ("normal_init_10m", 1, fill::normal_10m),
    ("chain_tanh", 100, descent::chain),
    // Last: burn never frees the nodes of a forward pass that nothing is derived from, and walks them in every later step.
    ("chain_tanh_forward", 100, descent::chain_forward),
];

/// One point of the scale plots; `None` for an axis that there is not.
pub fn scale(axis: &str, value: usize) -> Option<Box<dyn Work>> {
    Some(match axis {
        "width" | "threads" => mlp::hidden(value, 2, 128),
        "depth" => mlp::hidden(256, value, 128),
        "batch" => mlp::hidden(256, 2, value),
        "length" => recurrent::of_length(value, 1e-4),
        _ => return None,
    })
}

/// Standard normals of stream `s` times `sd`.
fn normals(s: u64, shape: &[usize], sd: f64) -> Tensor {
    Tensor::from_slice(shape, &stream::normals(s, shape.iter().product(), sd))
}

/// Weight `[n_out, n_in]` of stream `s`, normal / √n_in.
fn weight(s: u64, n_out: usize, n_in: usize) -> Tensor {
    normals(s, &[n_out, n_in], (n_in as f64).sqrt().recip())
}

/// `n` labels of stream 2.
fn labels(n: usize, classes: u32) -> Index {
    Index::new(&[n], stream::classes(2, n, classes))
}

//! Tensors whose gradients are tensors that can be differentiated again.
//!
//! Read in this order: [`node`](Tensor) is the tensor; `trace` the one door that every op goes through; `op` and `kind` what an op is; `ops` the
//! rooms, one file an op; `backward` and `forward` the two walks over a recorded graph; `grad` and `transform` what users call; `tree`,
//! `param`, `buffer`, `mode` what nets are made of; `watch` how one looks into them; `case` and `check` how every derivative is held to the mathematics.
//!
//! ```
//! use gradus_tensor::{Tensor, grad, grad_recorded, ndarray::array};
//! let x = Tensor::from(array![0.3_f64, -1.2]).tracked();
//! let y = (x.tanh() * x.exp()).sum();
//! let g = grad_recorded(&y, &x)?;          // can be differentiated again
//! let h = grad(&g.square().sum(), &x)?;    // no option: the graph lives as long as a tensor of it
//! assert_eq!(h.shape(), [2]);
//! # Ok::<(), gradus_tensor::Error>(())
//! ```
#![forbid(unsafe_code)]

mod anomaly;
mod attempt;
mod backward;
mod buffer;
pub mod case;
mod check;
mod checkpoint;
mod constants;
mod convert;
mod dims;
mod display;
mod error;
pub mod extend;
pub mod floats;
mod forward;
mod grad;
mod graph;
mod index;
mod kind;
mod message;
mod mode;
mod node;
mod op;
mod operators;
#[doc(hidden)]
pub mod ops;
mod param;
mod parametrization;
mod real;
mod shape;
mod ties;
mod trace;
mod transform;
mod tree;
mod unreached;
mod watch;

pub use anomaly::anomaly;
pub use attempt::attempt;
pub use buffer::Buffer;
pub use check::{Outcome, check_grads, nesting};
pub use checkpoint::{checkpoint, checkpoint_in};
pub use error::{Error, ErrorKind, Result};
pub use grad::{Grad, GradWrt, Gradients, grad, grad_recorded};
pub use gradus_kernels::linalg::Triangular;
pub use gradus_kernels::pooling::Windows;
pub use graph::Graph;
pub use index::{Index, Mask};
pub use mode::{Mode, Statistics};
pub use ndarray;
pub use node::{LeafId, Tensor};
pub use ops::choice::compare::Comparand;
pub use ops::convolution::conv::Sliding;
pub use ops::fused::batch_norm::BatchStatistics;
pub use ops::fused::dropout::Granularity;
pub use ops::reduction::sum_of_squares::sum_of_squares;
pub use param::{Attached, Param, Role};
pub use parametrization::{Manifold, Parametrization};
pub use rand;
pub use real::Real;
pub use ties::keeping_ties;
pub use trace::{is_recording, no_grad};
pub use transform::{
    grad_fn, gvp, hessian, hessian_matrix, hvp, jacobian, jvp, laplacian, per_sample_grads, try_gvp, try_hessian,
    try_hessian_matrix, try_hvp, try_jacobian, try_jvp, try_laplacian, try_per_sample_grads, try_value_and_grad,
    try_vjp, value_and_grad, vjp,
};
pub use tree::{Module, Name, Path, Tree, Visitor, VisitorMut};
pub use watch::{Place, Seen};

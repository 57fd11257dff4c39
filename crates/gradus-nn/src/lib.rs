//! Layers, losses, normalisation and dropout. Every layer has one signature, `forward(&x, &mut mode)`, and derivatives of every order.
//!
//! ```
//! use gradus_nn::{Linear, Module, tensor::{Mode, Tensor, grad}};
//! use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! #[derive(Module)]
//! struct Net { trunk: Linear, head: Linear }
//!
//! impl Net {
//!     fn forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor {
//!         self.head.forward(&self.trunk.forward(x, mode).relu(), mode)
//!     }
//! }
//!
//! let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
//! let net = Net { trunk: Linear::new(4, 8, &mut rng), head: Linear::new(8, 1, &mut rng) };
//! let loss = net.forward(&Tensor::ones(&[2, 4]), &mut Mode::eval()).square().mean();
//! let g: Net = grad(&loss, &net)?;
//! # let _ = g;
//! # Ok::<(), gradus_nn::tensor::Error>(())
//! ```
#![forbid(unsafe_code)]

mod activation;
mod alpha_dropout;
mod attention;
mod conv;
mod drop_connect;
mod dropout;
mod embedding;
mod error;
mod func;
mod gaussian;
mod layer;
mod linear;
mod load;
mod look;
pub mod loss;
mod monte_carlo;
mod multivariate;
mod named;
pub mod norm;
mod orthogonal_rnn;
mod prelu;
mod recurrent;
mod residual;
mod sequential;
mod start;
mod state;

pub use activation::Activation;
pub use alpha_dropout::AlphaDropout;
pub use attention::{MultiheadAttention, causal_mask};
pub use conv::{
    AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, Conv1d, Conv1dBuilder, Conv2d, Conv2dBuilder, ConvBuilder,
    ConvTranspose1d, ConvTranspose1dBuilder, ConvTranspose2d, ConvTranspose2dBuilder, Convolution, Enlarging, MaxPool,
};
pub use drop_connect::DropConnect;
pub use dropout::{Dropout, dropout};
pub use embedding::Embedding;
pub use error::{Error, ErrorKind, Result};
pub use func::Func;
pub use gaussian::{Gaussian, GaussianRegressor};
pub use gradus_constraints as constraints;
pub use gradus_derive::{Layer, Module};
pub use gradus_init as init;
pub use gradus_tensor as tensor;
pub use gradus_tensor::{Module, Tree};
pub use layer::{AnyLayer, Layer};
pub use linear::{Linear, LinearBuilder};
pub use load::{Report, copy_state, from_bytes, load};
pub use look::{Call, Captured, Inspect, Names, Row, Summary, capture};
pub use loss::{cross_entropy, mse};
pub use monte_carlo::monte_carlo;
pub use multivariate::{MultivariateGaussian, MultivariateRegressor};
pub use named::Named;
pub use norm::{BatchNorm, BatchNormBuilder, GroupNorm, LayerNorm, RmsNorm, instance_norm};
pub use orthogonal_rnn::OrthogonalRnn;
pub use prelu::PRelu;
pub use recurrent::{Cell, Recurrent, RecurrentBuilder, State};
pub use residual::Residual;
pub use sequential::Sequential;
pub use start::{Lsuv, Started, start_from_data};
pub use state::{save, state, to_bytes};
pub use {ndarray, rand};

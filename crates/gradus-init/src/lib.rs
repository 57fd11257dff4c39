//! Initialisation schemes on plain arrays.
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod fans;
pub mod scheme;

pub mod gain;
pub mod quadrature;

pub mod normal;

mod blocks;
mod constant;
mod delta_orthogonal;
mod independent;
mod orthogonal;
mod rotations;
mod sparse;
mod structured;
mod variance;

pub use blocks::{Batched, Gates, gates};
pub use constant::{Constant, constant, ones, zeros};
pub use delta_orthogonal::{DeltaOrthogonal, delta_orthogonal};
pub use fans::{Fan, Fans};
pub use gain::Activation;
pub use gradus_kernels::random::Key;
pub use gradus_kernels::{Real, SliceMut};
pub use independent::{Independent, normal, truncated_normal, uniform};
pub use ndarray;
pub use orthogonal::{Orthogonal, orthogonal};
pub use rand;
pub use rotations::{Rotations, rotations};
pub use scheme::{Scheme, Target, WithFans, draw_key};
pub use sparse::{Sparse, sparse};
pub use structured::{Dirac, Identity, dirac, eye, identity};
pub use variance::{
    Distribution, VarianceScaling, glorot_normal, glorot_truncated, glorot_uniform, he_normal, he_truncated,
    he_uniform, inverse_sqrt_uniform, inverse_sqrt_uniform_of, lecun_normal, lecun_truncated, lecun_uniform,
};

//! Train networks whose gradients can be differentiated again and whose weights can be held to constraints.
//!
//! This crate is a facade: every part is a crate of its own, re-exported under its short name. The guide
//! (`docs/` in the repository) goes through the method page by page.
#![forbid(unsafe_code)]

#[cfg(doctest)]
mod guide;

pub use gradus_constraints as constraints;
pub use gradus_data as data;
pub use gradus_init as init;
pub use gradus_kernels as kernels;
pub use gradus_nn as nn;
pub use gradus_optim as optim;
pub use gradus_tensor as tensor;
pub use gradus_train as train;
pub use {ndarray, rand};

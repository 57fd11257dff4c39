//! Transforms that are fitted on the training part and then applied, unchanged, to whatever comes.

mod impute;
mod min_max;
mod one_hot;
mod pipeline;
mod standardize;

pub use impute::{Fill, Impute};
pub use min_max::MinMax;
pub use one_hot::{OneHot, one_hot};
pub use pipeline::{Pipeline, Plan};
pub use standardize::Standardizer;

//! Transforms that are fitted on the training part and then applied, unchanged, to whatever comes.

mod standardize;

pub use standardize::Standardizer;

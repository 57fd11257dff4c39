//! Laws of layers, losses and heads, and their derivatives against PyTorch's.

mod constraining;
mod conv;
mod derived;
mod edges;
mod files;
mod heads;
mod looking;
mod multivariate;
mod norms;
mod random_layers;
mod regressor;
mod starts;
mod third;
mod torch;

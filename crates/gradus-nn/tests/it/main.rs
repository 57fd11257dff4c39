//! Laws of layers, losses and heads, and their derivatives against PyTorch's.

mod conv;
mod files;
mod heads;
mod looking;
mod norms;
mod random_layers;
mod torch;

//! Laws of layers, losses and heads, and their derivatives against PyTorch's.

mod files;
mod conv;
mod heads;
mod norms;
mod random_layers;
mod torch;

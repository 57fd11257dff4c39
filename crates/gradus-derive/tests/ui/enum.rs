//! An enum of layers.
use gradus_derive::Module;
use gradus_tensor::Tensor;

#[derive(Module)]
enum Layer {
    Affine(Tensor),
    Identity,
}

fn main() {}

//! An attribute that structs do not take.
use gradus_derive::Module;
use gradus_tensor::Tensor;

#[derive(Module)]
#[module(name = "net")]
struct Net {
    weight: Tensor,
}

fn main() {}

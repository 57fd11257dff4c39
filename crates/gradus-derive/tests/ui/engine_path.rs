//! A path of the engine that is none.
use gradus_derive::Module;
use gradus_tensor::Tensor;

#[derive(Module)]
#[module(crate = "not a path")]
struct Net {
    weight: Tensor,
}

fn main() {}

//! An attribute that fields do not take.
use gradus_derive::Module;
use gradus_tensor::Tensor;

#[derive(Module)]
struct Net {
    weight: Tensor,
    #[module(ignore)]
    options: Vec<usize>,
}

fn main() {}

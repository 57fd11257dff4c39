//! Structs without tensors.
use gradus_derive::Module;

#[derive(Module)]
struct Dropout {
    p: f64,
    name: &'static str,
}

#[derive(Module)]
struct Nothing;

fn main() {}

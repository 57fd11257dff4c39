//! A union.
use gradus_derive::Module;

#[derive(Module)]
union Number {
    single: f32,
    double: f64,
}

fn main() {}

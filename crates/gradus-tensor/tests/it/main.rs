//! The tests of the engine, in one binary.

mod along;
mod engine;
mod floats;
mod linalg;
mod matrices;
mod programs;
mod shrink;
mod sliding;
mod steps;
mod table;
mod taylor;
mod tools;
mod torch;
mod torch_ops;
mod torch_table;
mod traps;
mod values;

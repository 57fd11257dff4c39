//! The tests of the engine, in one binary.

mod engine;
mod floats;
mod linalg;
mod programs;
mod sliding;
mod steps;
mod table;
mod taylor;
mod tools;
mod torch;
mod traps;
mod values;

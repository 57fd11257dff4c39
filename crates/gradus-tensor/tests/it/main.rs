//! The tests of the engine, in one binary.

mod engine;
mod linalg;
mod sliding;
mod table;
mod traps;

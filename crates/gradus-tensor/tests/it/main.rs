//! The tests of the engine, in one binary.

mod engine;
mod linalg;
mod table;
mod traps;

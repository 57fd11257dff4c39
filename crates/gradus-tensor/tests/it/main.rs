//! The tests of the engine, in one binary.

mod engine;
mod table;
mod traps;

//! Tests of gradus-optim.

mod chain;
mod paths;
mod schedules;
mod step;

//! Tests of gradus-constraints.

mod drift;
mod laws;
mod manifolds;
mod samples;
mod starts;
mod values;

//! Tests of gradus-constraints.

mod laws;
mod manifolds;
mod samples;
mod values;

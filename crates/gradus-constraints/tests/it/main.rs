//! Tests of gradus-constraints.

mod laws;
mod manifolds;
mod values;

//! Tests of gradus-constraints.

mod attaching;
mod borders;
mod drift;
mod laws;
mod manifolds;
mod orthogonal;
mod samples;
mod starts;
mod values;

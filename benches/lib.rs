//! The training-step workloads that the benches and the peers share.

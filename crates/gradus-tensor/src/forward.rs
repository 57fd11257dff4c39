//! Forward mode: a walk over the recorded graph from inputs to outputs, applying each op's `jvp` with tensor ops through the door.

use crate::backward::Plan;
use crate::node::Tensor;
use crate::op::{Point, Slot};
use crate::real::Real;
use smallvec::SmallVec;

/// Pushes the tangents of `seeds` (node, tangent) forward to `outputs`. Recorded as the surroundings say.
pub(crate) fn push<T: Real>(outputs: &[Tensor<T>], seeds: &[(Tensor<T>, Tensor<T>)]) -> Vec<Slot<T>> {
    let sources: Vec<Tensor<T>> = seeds.iter().map(|(x, _)| x.clone()).collect();
    let plan = Plan::new(outputs, &sources);
    let mut tangents: Vec<Slot<T>> = vec![Slot::Zero; plan.nodes.len()];
    for (x, v) in seeds {
        if let Some(i) = plan.index_of(x) {
            tangents[i] = Slot::Of(v.clone());
        }
    }
    for i in plan.ascending().filter(|&i| i >= plan.targets) {
        let Some(node) = &plan.nodes[i] else { continue };
        let Some(call) = node.call() else { continue };
        let incoming: SmallVec<[Slot<T>; 3]> =
            call.inputs.iter().map(|x| plan.index_of(x).map_or(Slot::Zero, |j| tangents[j].clone())).collect();
        if incoming.iter().enumerate().any(|(k, s)| matches!(s, Slot::Of(_)) && !call.op.is_locally_constant(k)) {
            let at = Point { inputs: &call.inputs, output: node, aux: call.aux.as_deref().unwrap_or(&[]) };
            tangents[i] = call.op.jvp(&at, &incoming);
        }
    }
    outputs.iter().map(|y| plan.index_of(y).map_or(Slot::Zero, |i| tangents[i].clone())).collect()
}

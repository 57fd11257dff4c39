//! Reverse mode: the walk from outputs to inputs. All bookkeeping (order, accumulation, skipping) is here; rules have none.

use crate::anomaly::watched;
use crate::dims::marks;
use crate::node::Tensor;
use crate::op::{Op, Point, Slot};
use crate::real::Real;
use crate::trace::{is_recording, may_add_in_place, walking};
use gradus_kernels::{Counted, elementwise};
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

/// The part of a graph that lies between outputs and targets, in the order of the walk.
pub struct Plan<T: Real> {
    pub(crate) nodes: Vec<Option<Tensor<T>>>,
    /// Where each node's inputs begin in `edges`, by node.
    first: Vec<u32>,
    /// The index of each input, or `CONSTANT`.
    edges: Vec<u32>,
    /// Indices by descending depth, ties by order of discovery.
    order: Vec<u32>,
    index: FxHashMap<*const (), u32>,
    /// How many nodes at the front are targets.
    pub(crate) targets: usize,
}

const CONSTANT: u32 = u32::MAX;

/// Which cotangents the walk keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Those of every leaf.
    Leaves { record: bool },
    /// Those of the plan's targets.
    Targets { record: bool },
}

impl<T: Real> Plan<T> {
    /// Finds everything tracked below `outputs`. `targets` come first in `nodes`, in their order.
    pub(crate) fn new(outputs: &[Tensor<T>], targets: &[Tensor<T>]) -> Self {
        // Nodes no deeper than every target cannot depend on one.
        let floor = targets.iter().map(Tensor::depth).min().unwrap_or(0);
        // There are at least so many nodes; in a deep graph these are most.
        let height = |x: &Tensor<T>| x.depth().saturating_sub(floor) as usize + 1;
        let least = outputs.iter().map(height).max().unwrap_or(0) + targets.len();
        let mut plan = Plan {
            nodes: Vec::with_capacity(least),
            first: Vec::with_capacity(least + 1),
            edges: Vec::with_capacity(least),
            order: Vec::new(),
            index: FxHashMap::with_capacity_and_hasher(least, FxBuildHasher),
            targets: 0,
        };
        for x in targets {
            plan.find(x);
        }
        plan.targets = plan.nodes.len();
        for x in outputs {
            plan.find(x);
        }
        let mut next = 0;
        while next < plan.nodes.len() {
            // Taken out and put back: a second owner would have to be counted.
            let Some(node) = plan.nodes[next].take() else { unreachable!("each is put back") };
            plan.first.push(plan.edges.len() as u32);
            if let Some(call) = node.call()
                && node.depth() > floor
            {
                for input in &call.inputs {
                    let at = if input.is_tracked() { plan.find(input) } else { CONSTANT };
                    plan.edges.push(at);
                }
            }
            plan.nodes[next] = Some(node);
            next += 1;
        }
        plan.first.push(plan.edges.len() as u32);
        plan.order = by_depth(&plan.nodes, floor);
        plan
    }

    fn find(&mut self, x: &Tensor<T>) -> u32 {
        let next = self.nodes.len() as u32;
        let at = *self.index.entry(x.address()).or_insert(next);
        if at == next {
            self.nodes.push(Some(x.clone()));
        }
        at
    }

    fn inputs(&self, i: u32) -> &[u32] {
        &self.edges[self.first[i as usize] as usize..self.first[i as usize + 1] as usize]
    }

    pub(crate) fn index_of(&self, x: &Tensor<T>) -> Option<usize> {
        self.index.get(&x.address()).map(|&i| i as usize)
    }

    /// For each node, whether it depends on one that `start` marks.
    pub(crate) fn reach(&self, start: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut reach = vec![false; self.nodes.len()];
        for &i in self.order.iter().rev() {
            reach[i as usize] = start(i as usize) || self.inputs(i).iter().any(|&j| j != CONSTANT && reach[j as usize]);
        }
        reach
    }

    /// Indices by ascending depth.
    pub(crate) fn ascending(&self) -> impl Iterator<Item = usize> + '_ {
        self.order.iter().rev().map(|&i| i as usize)
    }
}

/// Indices by descending depth, ties by order of discovery. Nodes no deeper than `floor` have no inputs in the plan and count as one
/// depth; every other has an input one less deep, so there are no more depths than nodes, and counting sorts them.
fn by_depth<T: Real>(nodes: &[Option<Tensor<T>>], floor: u32) -> Vec<u32> {
    let height = |x: &Option<Tensor<T>>| x.as_ref().map_or(0, |x| x.depth().saturating_sub(floor) as usize);
    let top = nodes.iter().map(height).max().unwrap_or(0);
    // Where the nodes of each height begin, the highest first.
    let mut begin = vec![0_u32; top + 2];
    nodes.iter().for_each(|x| begin[top - height(x) + 1] += 1);
    (0..=top).for_each(|k| begin[k + 1] += begin[k]);
    let mut order = vec![0; nodes.len()];
    for (i, x) in nodes.iter().enumerate() {
        let at = &mut begin[top - height(x)];
        order[*at as usize] = i as u32;
        *at += 1;
    }
    order
}

/// Pulls the cotangents of `seeds` (output, cotangent) back through `plan`. Answers with (node, cotangent) of what is wanted and connected.
pub(crate) fn pull<T: Real>(
    mut plan: Plan<T>,
    seeds: Vec<(Tensor<T>, Tensor<T>)>,
    want: Want,
) -> Vec<(Tensor<T>, Slot<T>)> {
    let (record, leaves) = match want {
        Want::Leaves { record } => (record, true),
        Want::Targets { record } => (record, false),
    };
    let is_target = |(i, x): (usize, &Option<Tensor<T>>)| {
        if leaves { x.as_ref().is_some_and(|x| x.leaf().is_some()) } else { i < plan.targets }
    };
    let target: Vec<bool> = plan.nodes.iter().enumerate().map(is_target).collect();
    let reach = plan.reach(|i| target[i]);
    let mut cotangents: Vec<Option<Slot<T>>> = vec![None; plan.nodes.len()];
    let mut found = Vec::new();
    walking(record, || {
        for (output, g) in seeds {
            if let Some(i) = plan.index_of(&output) {
                accumulate(&mut cotangents[i], Slot::Of(g));
            }
        }
        for step in 0..plan.order.len() {
            let i = plan.order[step];
            let Some(g) = cotangents[i as usize].take() else { continue };
            let Some(node) = plan.nodes[i as usize].take() else { continue };
            if reach[i as usize] && !plan.inputs(i).is_empty() {
                pull_node(&plan, i, &node, &g, &reach, &mut cotangents);
            }
            if target[i as usize] {
                found.push((i, node, g));
            }
        }
    });
    found.sort_unstable_by_key(|(i, ..)| *i);
    found.into_iter().map(|(_, node, g)| (node, g)).collect()
}

fn pull_node<T: Real>(
    plan: &Plan<T>,
    i: u32,
    node: &Tensor<T>,
    g: &Slot<T>,
    reach: &[bool],
    cotangents: &mut [Option<Slot<T>>],
) {
    let Some(call) = node.call() else { return };
    let inputs = plan.inputs(i);
    // Lists are written and emptied in place: one that is moved when it was just written waits for its own stores.
    let mut wanted = marks(false, inputs.len());
    let mut summed = false;
    for (wanted, &j) in wanted.iter_mut().zip(inputs) {
        *wanted = j != CONSTANT && reach[j as usize];
        summed |= *wanted && cotangents[j as usize].is_some();
    }
    if !wanted.contains(&true) {
        return;
    }
    let mut slots = match g {
        Slot::Zero => SmallVec::from_elem(Slot::Zero, inputs.len()),
        Slot::Of(g) => {
            let at = Point { inputs: &call.inputs, output: node, aux: call.aux.as_deref().unwrap_or(&[]) };
            if summed && may_add_in_place() {
                pull_into_sums(call.op.as_ref(), &at, g, inputs, &mut wanted, cotangents);
                if !wanted.contains(&true) {
                    return;
                }
            }
            watched(call, g, || call.op.vjp(&at, g, &wanted))
        }
    };
    for ((slot, &j), _) in slots.iter_mut().zip(inputs).zip(&wanted).filter(|(_, w)| **w) {
        let slot = std::mem::replace(slot, Slot::Zero);
        if let Slot::Of(x) = &slot {
            debug_assert_eq!(
                Some(x.shape()),
                plan.nodes[j as usize].as_ref().map(Tensor::shape),
                "{}: a cotangent has another shape than its input",
                call.op.name()
            );
        }
        accumulate(&mut cotangents[j as usize], slot);
    }
}

/// Lets an op add to the sums that there are, where it can: a weight of many steps, a slice of many. What it has added is wanted no more.
#[inline(never)]
fn pull_into_sums<T: Real>(
    op: &dyn Op<T>,
    at: &Point<'_, T>,
    g: &Tensor<T>,
    inputs: &[u32],
    wanted: &mut [bool],
    cotangents: &mut [Option<Slot<T>>],
) {
    for (k, (&j, wanted)) in inputs.iter().zip(wanted).enumerate() {
        if *wanted
            && let Some(Slot::Of(sum)) = &mut cotangents[j as usize]
            && let Some(sum) = own_numbers(sum)
        {
            *wanted = !op.pull_into(k, at, g, sum);
        }
    }
}

/// The numbers of a tensor in row-major order, where nobody else holds them.
fn own_numbers<T: Real>(x: &mut Tensor<T>) -> Option<&mut [T]> {
    let node = Counted::get_mut(&mut x.0)?;
    let whole = node.layout.is_contiguous() && node.layout.len() == node.data.len();
    if whole { node.data.get_mut() } else { None }
}

fn accumulate<T: Real>(into: &mut Option<Slot<T>>, slot: Slot<T>) {
    *into = Some(match into.take() {
        None => slot,
        Some(old) => old.plus(slot),
    });
}

/// a + b, written into a's buffer where nobody else holds it and nothing is recorded.
pub(crate) fn add<T: Real>(mut a: Tensor<T>, b: Tensor<T>) -> Tensor<T> {
    let tracked = a.is_tracked() || b.is_tracked();
    if !(tracked && is_recording())
        && let Some(x) = own_numbers(&mut a)
    {
        elementwise([b.view()], x, |[b], x| x.iter_mut().zip(b).for_each(|(x, &b)| *x += b));
        return a;
    }
    a + b
}

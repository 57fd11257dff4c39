//! A recorded graph to look at: a summary in words, and a drawing for Graphviz.

use crate::node::{Cut, Origin, Tensor};
use crate::real::Real;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::panic::Location;

/// The recorded graph below one or more tensors. `Display` is a summary in words; [`dot`](Graph::dot) a drawing.
///
/// ```
/// use gradus_tensor::{Graph, Tensor, ndarray::array};
/// let x = Tensor::from(array![0.3_f64, -1.2]).tracked();
/// let graph = Graph::of(&(x.tanh() * &x).sum());
/// assert_eq!(graph.ops(), 3);
/// assert!(graph.to_string().starts_with("3 ops, 1 leaf, depth 3"));
/// assert!(graph.dot().starts_with("digraph"));
/// ```
#[derive(Clone, Debug)]
pub struct Graph {
    nodes: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    kind: Kind,
    shape: Vec<usize>,
    inputs: Vec<usize>,
    bytes: usize,
    buffer: usize,
}

#[derive(Clone, Debug)]
enum Kind {
    Op { name: String, depth: u32, site: &'static Location<'static> },
    Leaf,
    Constant { cut: Option<&'static str> },
}

impl Graph {
    /// The graph below `y`.
    pub fn of<T: Real>(y: &Tensor<T>) -> Self {
        Self::of_all(std::slice::from_ref(y))
    }

    /// The graph below several tensors.
    pub fn of_all<T: Real>(outputs: &[Tensor<T>]) -> Self {
        let mut found: Vec<Tensor<T>> = Vec::new();
        let mut index: FxHashMap<*const (), usize> = FxHashMap::default();
        let mut find = |x: &Tensor<T>, found: &mut Vec<Tensor<T>>| {
            *index.entry(x.address()).or_insert_with(|| {
                found.push(x.clone());
                found.len() - 1
            })
        };
        for y in outputs {
            find(y, &mut found);
        }
        let mut nodes = Vec::new();
        while nodes.len() < found.len() {
            let x = found[nodes.len()].clone();
            let (kind, inputs) = match (x.call(), x.leaf()) {
                (Some(call), _) => {
                    let inputs = call.inputs.iter().map(|x| find(x, &mut found)).collect();
                    (Kind::Op { name: call.op.name().to_owned(), depth: call.depth, site: call.site }, inputs)
                }
                (None, Some(_)) => (Kind::Leaf, Vec::new()),
                (None, None) => (Kind::Constant { cut: x.cut_by() }, Vec::new()),
            };
            let bytes = x.0.data.len() * size_of::<T>();
            let buffer = x.0.data.as_ptr().addr();
            nodes.push(Entry { kind, shape: x.shape().to_vec(), inputs, bytes, buffer });
        }
        Graph { nodes }
    }

    /// How many recorded ops there are.
    pub fn ops(&self) -> usize {
        self.nodes.iter().filter(|n| matches!(n.kind, Kind::Op { .. })).count()
    }

    /// How many leaves there are.
    pub fn leaves(&self) -> usize {
        self.nodes.iter().filter(|n| matches!(n.kind, Kind::Leaf)).count()
    }

    /// The length of the longest chain of ops.
    pub fn depth(&self) -> usize {
        let depth = |n: &Entry| if let Kind::Op { depth, .. } = n.kind { depth as usize } else { 0 };
        self.nodes.iter().map(depth).max().unwrap_or(0)
    }

    /// How many bytes the graph keeps alive, each buffer counted once.
    pub fn bytes(&self) -> usize {
        self.nodes.iter().map(|n| (n.buffer, n.bytes)).collect::<BTreeMap<_, _>>().values().sum()
    }

    /// The graph in the DOT language of Graphviz: ops with shape and place of call, leaves as boxes, what was cut off dashed.
    pub fn dot(&self) -> String {
        let mut s = String::from("digraph gradus {\n  rankdir=BT;\n  node [fontname=\"monospace\"];\n");
        for (i, node) in self.nodes.iter().enumerate() {
            let shape = &node.shape;
            let _ = match &node.kind {
                Kind::Op { name, site, .. } => {
                    writeln!(s, "  n{i} [label={:?}, tooltip={:?}];", format!("{name} {shape:?}"), site.to_string())
                }
                Kind::Leaf => writeln!(s, "  n{i} [shape=box, label=\"leaf {shape:?}\"];"),
                Kind::Constant { cut: Some(by) } => {
                    writeln!(s, "  n{i} [shape=box, style=dashed, label=\"cut by {by} {shape:?}\"];")
                }
                Kind::Constant { cut: None } => {
                    writeln!(s, "  n{i} [shape=box, style=dotted, label=\"constant {shape:?}\"];")
                }
            };
            for j in &node.inputs {
                let _ = writeln!(s, "  n{j} -> n{i};");
            }
        }
        s + "}\n"
    }
}

fn count(n: usize, what: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { what } else { many })
}

impl fmt::Display for Graph {
    /// Totals, then how often each op occurs, then every place where a path was cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}, {}, depth {}, {} bytes",
            count(self.ops(), "op", "ops"),
            count(self.leaves(), "leaf", "leaves"),
            self.depth(),
            self.bytes()
        )?;
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for node in &self.nodes {
            if let Kind::Op { name, .. } = &node.kind {
                *names.entry(name).or_default() += 1;
            }
        }
        let mut names: Vec<(&str, usize)> = names.into_iter().collect();
        names.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
        names.iter().try_for_each(|(name, n)| writeln!(f, "{n:>6} {name}"))?;
        for node in &self.nodes {
            if let Kind::Constant { cut: Some(by) } = node.kind {
                writeln!(f, "       cut by {by}: {:?}", node.shape)?;
            }
        }
        Ok(())
    }
}

impl<T: Real> Tensor<T> {
    /// What made a constant of something tracked, if anything did.
    pub(crate) fn cut_by(&self) -> Option<&'static str> {
        match self.0.origin {
            Origin::Constant { cut: Cut::Detach } => Some("detach"),
            Origin::Constant { cut: Cut::NoGrad } => Some("no_grad"),
            _ => None,
        }
    }
}

//! The layers of a net by name: where each of them lies, of which kind it is, and what it owns.

use gradus_tensor::{LeafId, Name, Param, Path, Place, Real, Tensor, Tree, Visitor};
use std::collections::{HashMap, HashSet};

/// The layers of a net in the order of its tree, the net first; valid while the net stays where it is.
///
/// ```
/// use gradus_nn::{Activation, Linear, Names, Sequential, rand::{SeedableRng, rngs::Xoshiro256PlusPlus}};
/// let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
/// let net = Sequential::<f32>::new().then(Linear::new(4, 3, rng)).then(Activation::tanh());
/// let names: Vec<_> = Names::of(&net).iter().map(|(name, place)| (name.to_owned(), place.kind())).collect();
/// assert_eq!(names, [("", "Sequential"), ("0", "Linear"), ("1", "tanh")].map(|(n, k)| (n.to_owned(), k.to_owned())));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub(super) nodes: Vec<Node>,
}

/// One layer of a tree.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) place: Place,
    /// How many layers it lies in.
    pub(super) depth: usize,
    /// How many levels of the tree it lies under.
    level: usize,
    /// Numbers of its own that optimisers move, and that they leave alone; those of the layers in it are theirs.
    pub(super) trained: usize,
    pub(super) frozen: usize,
    /// Whether a parameter of its own was met before.
    pub(super) tied: bool,
}

impl Names {
    /// The layers of `net`.
    pub fn of<N: Tree>(net: &N) -> Self {
        let mut walk = Walk { path: Path::default(), open: Vec::new(), seen: HashSet::new(), nodes: Vec::new() };
        net.visit(&mut walk);
        Names { nodes: walk.nodes }
    }

    /// Names and places in the order of the tree. The net's own name is empty.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Place)> {
        self.nodes.iter().map(|n| (n.name.as_str(), n.place))
    }

    /// The name of the layer at a place (the first, where layers without size share it).
    pub fn get(&self, place: Place) -> Option<&str> {
        self.nodes.iter().find(|n| n.place == place).map(|n| n.name.as_str())
    }

    /// Names and kinds of the layers in the net that lie in at most so many layers, the net among them.
    pub(crate) fn below(&self, depth: usize) -> Vec<(String, String)> {
        let inside = self.nodes.iter().filter(|n| !n.name.is_empty() && n.depth <= depth);
        inside.map(|n| (n.name.clone(), n.place.kind())).collect()
    }

    /// The names of layers that were called in this order. Layers without size that share a place are told apart by their turn.
    pub(super) fn in_order(&self, calls: impl Iterator<Item = Place>) -> Vec<Option<&Node>> {
        let mut by_place: HashMap<Place, (Vec<&Node>, usize)> = HashMap::new();
        for node in &self.nodes {
            by_place.entry(node.place).or_default().0.push(node);
        }
        let one = |place: Place| {
            let (nodes, turn) = by_place.get_mut(&place)?;
            *turn += 1;
            Some(nodes[(*turn - 1) % nodes.len()])
        };
        calls.map(one).collect()
    }
}

struct Walk {
    path: Path,
    /// The layers that the present place lies in.
    open: Vec<usize>,
    seen: HashSet<LeafId>,
    nodes: Vec<Node>,
}

impl Walk {
    fn leaf<T: Real>(&mut self, y: &Tensor<T>, frozen: bool) {
        let new = y.leaf().is_none_or(|(id, _)| self.seen.insert(id));
        let Some(node) = self.open.last().map(|&i| &mut self.nodes[i]) else { return };
        match (new, frozen) {
            (false, _) => node.tied = true,
            (true, true) => node.frozen += y.len(),
            (true, false) => node.trained += y.len(),
        }
    }
}

impl<T: Real> Visitor<T> for Walk {
    fn enter(&mut self, name: Name) {
        self.path.push(name);
    }
    fn leave(&mut self) {
        self.path.pop();
        while self.open.last().is_some_and(|&i| self.nodes[i].level > self.path.names().len()) {
            self.open.pop();
        }
    }
    fn layer(&mut self, place: Place) {
        let level = self.path.names().len();
        if let Some(last) = self.nodes.last_mut()
            && last.level == level
            && last.place == place
            && last.name == self.path.to_string()
        {
            // A list names what it holds, which then names itself, and may know a better label.
            last.place = place;
            return;
        }
        let depth = self.open.len();
        self.open.push(self.nodes.len());
        let name = self.path.to_string();
        self.nodes.push(Node { name, place, depth, level, trained: 0, frozen: 0, tied: false });
    }
    fn tensor(&mut self, x: &Tensor<T>) {
        self.leaf(x, false);
    }
    fn param(&mut self, p: &Param<T>) {
        for y in p.leaves() {
            self.leaf(y, p.is_frozen());
        }
    }
}

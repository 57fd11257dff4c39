//! Reverse mode for users: `grad`, its options, and `backward` with its map of gradients.

use crate::backward::{Plan, Want};
use crate::error::{Error, ErrorKind, Result};
use crate::message;
use crate::node::{LeafId, Tensor};
use crate::op::Slot;
use crate::real::Real;
use crate::tree::{Path, Tree, Visitor};
use rustc_hash::FxHashMap;

/// The gradient of the scalar `y` with respect to `x`: a tensor, a tuple, a slice or a whole net, answered in kind.
///
/// The graph lives as long as a tensor of it: differentiating twice needs no option. Inside the closure of a transform
/// ([`jvp`](crate::jvp), [`hvp`](crate::hvp), …) the gradient is recorded by itself; elsewhere ask for it with `Grad::create_graph`.
///
/// ```
/// use gradus_tensor::{Tensor, grad, ndarray::array};
/// let x = Tensor::from(array![1.0_f64, 2.0]).tracked();
/// let g = grad(&x.square().sum(), &x)?;
/// assert_eq!(g.to_vec(), [2.0, 4.0]);
/// # Ok::<(), gradus_tensor::Error>(())
/// ```
///
/// # Errors
/// If `y` is not one number, or does not depend on a part of `x` (the message says whether `detach` or `no_grad` cut the path).
#[doc(alias = "autograd")]
pub fn grad<X: Tree + ?Sized>(y: &Tensor<X::Elem>, x: &X) -> Result<X::Owned> {
    Grad::of(y).wrt(x).run()
}

/// Like [`grad`], recorded, so that the gradient can be differentiated again.
///
/// # Errors
/// As [`grad`].
pub fn grad_recorded<X: Tree + ?Sized>(y: &Tensor<X::Elem>, x: &X) -> Result<X::Owned> {
    Grad::of(y).wrt(x).create_graph().run()
}

/// A gradient with all its options: `Grad::of(&y).cotangent(&u).wrt(&x).create_graph().run()`.
#[must_use = "nothing is computed before run()"]
pub struct Grad<T: Real> {
    outputs: Vec<(Tensor<T>, Option<Tensor<T>>)>,
}

/// A [`Grad`] that knows with respect to what.
#[must_use = "nothing is computed before run()"]
pub struct GradWrt<'a, X: Tree + ?Sized> {
    outputs: Vec<(Tensor<X::Elem>, Option<Tensor<X::Elem>>)>,
    x: &'a X,
    record: bool,
    allow_unused: bool,
}

impl<T: Real> Grad<T> {
    /// The gradient of `y`.
    pub fn of(y: &Tensor<T>) -> Self {
        Grad { outputs: vec![(y.clone(), None)] }
    }

    /// One more output: the gradients are added up.
    pub fn and(mut self, y: &Tensor<T>) -> Self {
        self.outputs.push((y.clone(), None));
        self
    }

    /// The cotangent of the output named last: ⟨u, y⟩ is differentiated.
    #[doc(alias = "grad_outputs")]
    pub fn cotangent(mut self, u: &Tensor<T>) -> Self {
        if let Some(last) = self.outputs.last_mut() {
            last.1 = Some(u.clone());
        }
        self
    }

    /// With respect to a tree of tensors.
    pub fn wrt<X: Tree<Elem = T> + ?Sized>(self, x: &X) -> GradWrt<'_, X> {
        GradWrt { outputs: self.outputs, x, record: false, allow_unused: false }
    }
}

impl<X: Tree + ?Sized> GradWrt<'_, X> {
    /// Records the gradient, so that it can be differentiated again.
    pub fn create_graph(mut self) -> Self {
        self.record = true;
        self
    }

    /// Answers zeros for what the outputs do not depend on.
    pub fn allow_unused(mut self) -> Self {
        self.allow_unused = true;
        self
    }

    /// Computes the gradient.
    ///
    /// # Errors
    /// If an output without a cotangent is not one number, a cotangent has another shape than its output, or the outputs do not depend on a
    /// part of what was asked (unless unused parts are allowed).
    pub fn run(self) -> Result<X::Owned> {
        let mut seeds = Vec::with_capacity(self.outputs.len());
        for (y, u) in self.outputs {
            let u = match u {
                Some(u) if u.shape() != y.shape() => {
                    return Err(Error::new(ErrorKind::Shape, message::other_shape("cotangent", y.shape(), u.shape())));
                }
                Some(u) => u,
                None if y.len() == 1 => y.ones_like(),
                None => return Err(Error::new(ErrorKind::NotScalar, message::not_scalar(y.shape()))),
            };
            seeds.push((y, u));
        }
        let leaves = self.x.leaves();
        let outputs: Vec<_> = seeds.iter().map(|(y, _)| y.clone()).collect();
        let slots = cotangents(seeds, &leaves, self.record);
        if !self.allow_unused
            && let Some(missing) = slots.iter().position(Option::is_none)
        {
            return Err(missing_error(&outputs, self.x, missing, &leaves[missing]));
        }
        let mut next = slots.into_iter();
        Ok(self.x.map(&mut |x| next.next().flatten().unwrap_or(Slot::Zero).or_zeros(x.shape())))
    }
}

/// The cotangent of each of `leaves`; `None` where no path leads there.
pub(crate) fn cotangents<T: Real>(
    seeds: Vec<(Tensor<T>, Tensor<T>)>,
    leaves: &[Tensor<T>],
    record: bool,
) -> Vec<Option<Slot<T>>> {
    let outputs: Vec<Tensor<T>> = seeds.iter().map(|(y, _)| y.clone()).collect();
    let plan = Plan::new(&outputs, leaves);
    let at: Vec<Option<usize>> = leaves.iter().map(|x| plan.index_of(x)).collect();
    let place: FxHashMap<*const (), usize> = leaves.iter().enumerate().map(|(i, x)| (x.address(), i)).collect();
    let mut by_node: FxHashMap<usize, Slot<T>> = FxHashMap::default();
    for (node, slot) in T::pull(plan, seeds, Want::Targets { record }) {
        if let Some(i) = place.get(&node.address()).and_then(|&i| at[i]) {
            by_node.insert(i, slot);
        }
    }
    at.iter().map(|i| i.and_then(|i| by_node.get(&i).cloned())).collect()
}

/// What cut a part of the graph below `outputs` off, if anything did.
fn severed_by<T: Real>(outputs: &[Tensor<T>]) -> Option<&'static str> {
    let plan = Plan::new(outputs, &[]);
    plan.nodes.iter().flatten().filter_map(Tensor::call).flat_map(|c| &c.inputs).find_map(Tensor::cut_by)
}

/// Says whether the path to leaf `missing` is absent or was cut.
#[cold]
fn missing_error<X: Tree + ?Sized>(
    outputs: &[Tensor<X::Elem>],
    x: &X,
    missing: usize,
    leaf: &Tensor<X::Elem>,
) -> Error {
    let name = path_of(x, missing);
    let cut = outputs.iter().find_map(Tensor::cut_by).or_else(|| severed_by(outputs));
    match cut.or(leaf.cut_by()) {
        Some(by) => Error::new(ErrorKind::Severed, message::severed(&name, by)),
        None if leaf.is_tracked() => Error::new(ErrorKind::Unused, message::unused(&name)),
        None => Error::new(ErrorKind::Unused, message::untracked(&name)),
    }
}

/// The name of the `n`-th leaf of a tree.
fn path_of<X: Tree + ?Sized>(x: &X, n: usize) -> String {
    struct Find {
        path: Path,
        left: usize,
        found: Option<String>,
    }
    impl<T: Real> Visitor<T> for Find {
        fn enter(&mut self, name: crate::tree::Name) {
            self.path.push(name);
        }
        fn leave(&mut self) {
            self.path.pop();
        }
        fn tensor(&mut self, _: &Tensor<T>) {
            if self.left == 0 {
                self.found.get_or_insert_with(|| self.path.to_string());
            }
            self.left = self.left.wrapping_sub(1);
        }
    }
    let mut find = Find { path: Path::default(), left: n, found: None };
    x.visit(&mut find);
    match find.found {
        Some(name) if !name.is_empty() => format!("`{name}`"),
        _ => "the tensor that was asked".into(),
    }
}

/// The gradients of a loss with respect to every leaf it depends on, by leaf.
#[derive(Clone, Debug)]
pub struct Gradients<T: Real = f32> {
    loss: T,
    by_leaf: FxHashMap<LeafId, (u64, Tensor<T>)>,
}

impl<T: Real> Tensor<T> {
    /// The gradients with respect to every leaf below. Takes the loss, so that the graph is gone before the step.
    ///
    /// # Panics
    /// If the loss is not one number, or depends on no leaf.
    #[track_caller]
    pub fn backward(self) -> Gradients<T> {
        if self.len() != 1 {
            message::panic_with(&message::not_scalar(self.shape()));
        }
        if !self.is_tracked() {
            message::panic_with(&message::untracked_backward());
        }
        let loss = self.item();
        let seed = self.ones_like();
        let plan = Plan::new(std::slice::from_ref(&self), &[]);
        let found = T::pull(plan, vec![(self, seed)], Want::Leaves { record: false });
        let by_leaf = found
            .into_iter()
            .filter_map(|(leaf, slot)| leaf.leaf().map(|(id, version)| (id, (version, slot.or_zeros(leaf.shape())))))
            .collect();
        Gradients { loss, by_leaf }
    }
}

impl<T: Real> Gradients<T> {
    /// Gradients given by hand, of a loss of this value: what an optimiser needs when the gradients come from elsewhere.
    pub fn from_tree<X: Tree<Elem = T> + ?Sized, G: Tree<Elem = T> + ?Sized>(loss: T, x: &X, g: &G) -> Self {
        let by_leaf =
            x.leaves().iter().zip(g.leaves()).filter_map(|(x, g)| x.leaf().map(|(id, v)| (id, (v, g)))).collect();
        Gradients { loss, by_leaf }
    }

    /// The gradients at the leaves of `from`, a copy of `to`, as gradients at the leaves of `to`.
    ///
    /// # Panics
    /// If a leaf of `from` has been stepped since.
    #[track_caller]
    #[must_use]
    pub fn carried<X: Tree<Elem = T> + ?Sized, Y: Tree<Elem = T> + ?Sized>(&self, from: &X, to: &Y) -> Self {
        let (from, to) = (from.leaves(), to.leaves());
        let by_leaf = from.iter().zip(&to).filter_map(|(a, b)| {
            let (id, version) = b.leaf()?;
            Some((id, (version, self.get(a)?.clone())))
        });
        Gradients { loss: self.loss, by_leaf: by_leaf.collect() }
    }

    /// The loss whose gradients these are.
    pub fn loss(&self) -> T {
        self.loss
    }

    /// The gradient of a leaf; `None` where the loss did not depend on it.
    ///
    /// # Panics
    /// If the leaf has been stepped since.
    #[track_caller]
    pub fn get(&self, leaf: &Tensor<T>) -> Option<&Tensor<T>> {
        let (id, now) = leaf.leaf()?;
        let (version, g) = self.by_leaf.get(&id)?;
        if *version != now {
            message::panic_with(&message::stale(*version, now));
        }
        Some(g)
    }

    /// The gradients in the shape of a tree; zeros for leaves that the loss did not depend on.
    ///
    /// # Panics
    /// If a leaf has been stepped since.
    #[track_caller]
    pub fn wrt<X: Tree<Elem = T> + ?Sized>(&self, x: &X) -> X::Owned {
        x.map(&mut |leaf| self.get(leaf).map_or_else(|| leaf.zeros_like(), Tensor::clone))
    }

    /// Multiplies every gradient by a number, or changes it otherwise.
    #[must_use]
    pub fn map(mut self, mut f: impl FnMut(&Tensor<T>) -> Tensor<T>) -> Self {
        self.by_leaf.values_mut().for_each(|(_, g)| *g = crate::trace::no_grad(|| f(g)));
        self
    }

    /// Multiplies every gradient and the loss by a number: those of `factor`·loss.
    #[must_use]
    pub fn scale(mut self, factor: f64) -> Self {
        self.loss *= T::from_f64(factor);
        self.map(|g| g * factor)
    }

    /// Adds the gradients and the loss of another backward pass over the same versions (accumulation over mini-batches).
    ///
    /// # Panics
    /// If a leaf was stepped between the two passes.
    #[track_caller]
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.loss += other.loss;
        for (id, (version, g)) in other.by_leaf {
            match self.by_leaf.entry(id) {
                std::collections::hash_map::Entry::Occupied(mut e) => {
                    if e.get().0 != version {
                        message::panic_with(&message::stale(e.get().0.min(version), e.get().0.max(version)));
                    }
                    let sum = crate::trace::no_grad(|| &e.get().1 + &g);
                    e.insert((version, sum));
                }
                std::collections::hash_map::Entry::Vacant(e) => {
                    e.insert((version, g));
                }
            }
        }
        self
    }

    /// How many leaves have a gradient.
    pub fn len(&self) -> usize {
        self.by_leaf.len()
    }

    /// Whether no leaf has a gradient.
    pub fn is_empty(&self) -> bool {
        self.by_leaf.is_empty()
    }
}

//! Walks over a net: the leaves with their names and gradients, taken out for a step and put back.

use gradus_tensor::{LeafId, Manifold, Module, Name, Param, Path, Real, Role, Tensor, Tree, Visitor, VisitorMut};
use rustc_hash::{FxHashMap, FxHashSet};

/// What is known of a leaf where it stands in the net.
pub(crate) struct Place<'a, T: Real> {
    pub(crate) leaf: &'a Tensor<T>,
    pub(crate) id: LeafId,
    pub(crate) role: Role,
    pub(crate) frozen: bool,
    pub(crate) constrained: bool,
    pub(crate) manifold: Option<&'a dyn Manifold<T>>,
    path: &'a Path,
    /// Which of several leaves of one parameter.
    part: Option<usize>,
}

impl<T: Real> Place<'_, T> {
    /// The name: the path, and the number of the leaf where a parameter has several.
    pub(crate) fn name(&self) -> String {
        match self.part {
            Some(i) => format!("{}.{i}", self.path),
            None => self.path.to_string(),
        }
    }
}

/// Calls `f` on every leaf of a tree, once for a leaf that stands in several places (at the first).
pub(crate) fn each_leaf<X: Tree + ?Sized>(tree: &X, f: impl FnMut(Place<'_, X::Elem>)) {
    struct Walk<F> {
        path: Path,
        seen: FxHashSet<LeafId>,
        f: F,
    }
    impl<F> Walk<F> {
        fn at<T: Real>(&mut self, leaf: &Tensor<T>, param: Option<&Param<T>>, part: Option<usize>)
        where
            F: FnMut(Place<'_, T>),
        {
            let Some((id, _)) = leaf.leaf() else { return };
            if self.seen.insert(id) {
                (self.f)(Place {
                    leaf,
                    id,
                    role: param.map_or(Role::Weight, Param::role),
                    frozen: param.is_some_and(Param::is_frozen),
                    constrained: param.is_some_and(|p| p.constraint().is_some()),
                    manifold: param.and_then(|p| p.manifold()).map(|m| &**m),
                    path: &self.path,
                    part,
                });
            }
        }
    }
    impl<T: Real, F: FnMut(Place<'_, T>)> Visitor<T> for Walk<F> {
        fn enter(&mut self, name: Name) {
            self.path.push(name);
        }
        fn leave(&mut self) {
            self.path.pop();
        }
        fn tensor(&mut self, x: &Tensor<T>) {
            self.at(x, None, None);
        }
        fn param(&mut self, p: &Param<T>) {
            let several = p.leaves().len() > 1;
            for (i, leaf) in p.leaves().iter().enumerate() {
                self.at(leaf, Some(p), several.then_some(i));
            }
        }
    }
    tree.visit(&mut Walk { path: Path::default(), seen: FxHashSet::default(), f });
}

/// Leaves taken out of a net, so that all can be written at once. A panic before [`put_back`](Self::put_back) loses them.
pub(crate) struct Out<T: Real> {
    /// The leaves, in the order of [`each_leaf`].
    pub(crate) leaves: Vec<Tensor<T>>,
    /// Which leaf belongs in each hole, in the order of the visit.
    holes: Vec<usize>,
    /// What stands in the holes.
    hole: Tensor<T>,
}

impl<T: Real> Out<T> {
    /// Takes the leaves with these ids out.
    pub(crate) fn take<N: Module<Elem = T>>(net: &mut N, ids: impl Iterator<Item = LeafId>) -> Self {
        struct Take<T: Real> {
            index: FxHashMap<LeafId, (usize, bool)>,
            out: Out<T>,
        }
        impl<T: Real> VisitorMut<T> for Take<T> {
            fn tensor(&mut self, x: &mut Tensor<T>) {
                let Some((i, taken)) = x.leaf().and_then(|(id, _)| self.index.get_mut(&id)) else { return };
                let leaf = std::mem::replace(x, self.out.hole.clone());
                self.out.holes.push(*i);
                // A further place of a tied leaf: its handle is dropped, else the leaf could not be written in place.
                if !std::mem::replace(taken, true) {
                    self.out.leaves[*i] = leaf;
                }
            }
        }
        let index: FxHashMap<_, _> = ids.enumerate().map(|(i, id)| (id, (i, false))).collect();
        let hole = Tensor::zeros(&[0]);
        let out = Out { leaves: vec![hole.clone(); index.len()], holes: Vec::with_capacity(index.len()), hole };
        let mut walk = Take { index, out };
        net.visit_mut(&mut walk);
        walk.out
    }

    /// Puts the leaves back where they stood.
    pub(crate) fn put_back<N: Module<Elem = T>>(self, net: &mut N) {
        struct Put<T: Real>(Out<T>, usize);
        impl<T: Real> VisitorMut<T> for Put<T> {
            fn tensor(&mut self, x: &mut Tensor<T>) {
                if x.is_same(&self.0.hole) {
                    *x = self.0.leaves[self.0.holes[self.1]].clone();
                    self.1 += 1;
                }
            }
        }
        net.visit_mut(&mut Put(self, 0));
    }
}

//! Trees of tensors: what `grad`, `hvp` and optimisers take and answer with. A tensor, a tuple, a slice, a whole net.

use crate::buffer::Buffer;
use crate::node::Tensor;
use crate::param::Param;
use crate::real::Real;
use crate::watch::Place;
use smallvec::SmallVec;
use std::fmt;

/// One step of a path to a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// A field of a struct.
    Field(&'static str),
    /// A place in a tuple, slice or list.
    Index(usize),
}

/// The path to a leaf: `trunk.0.weight`. It is formatted only when displayed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(SmallVec<[Name; 4]>);

impl Path {
    /// One level down.
    pub fn push(&mut self, name: Name) {
        self.0.push(name);
    }

    /// One level up.
    pub fn pop(&mut self) {
        self.0.pop();
    }

    /// The names, from the root.
    pub fn names(&self) -> &[Name] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, name) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            match name {
                Name::Field(s) => f.write_str(s)?,
                Name::Index(k) => write!(f, "{k}")?,
            }
        }
        Ok(())
    }
}

/// What walks a tree and looks at it.
pub trait Visitor<T: Real> {
    /// A level down.
    fn enter(&mut self, _name: Name) {}
    /// A level up.
    fn leave(&mut self) {}
    /// Here stands a layer, or a struct of layers: what follows on this level and below belongs to it.
    fn layer(&mut self, _place: Place) {}
    /// A plain tensor.
    fn tensor(&mut self, x: &Tensor<T>);
    /// A parameter; by default its free leaves one by one.
    fn param(&mut self, p: &Param<T>) {
        for y in p.leaves() {
            self.tensor(y);
        }
    }
    /// A buffer (running statistics): no leaf.
    fn buffer(&mut self, _b: &Buffer<T>) {}
}

/// What walks a tree and changes it.
pub trait VisitorMut<T: Real> {
    /// A level down.
    fn enter(&mut self, _name: Name) {}
    /// A level up.
    fn leave(&mut self) {}
    /// A plain tensor.
    fn tensor(&mut self, x: &mut Tensor<T>);
    /// A parameter; by default its free leaves one by one.
    fn param(&mut self, p: &mut Param<T>) {
        for y in p.leaves_mut() {
            self.tensor(y);
        }
    }
    /// A buffer (running statistics): no leaf.
    fn buffer(&mut self, _b: &Buffer<T>) {}
}

/// A tree of tensors of one number type: a tensor, a tuple, a slice, a vector, a [`Module`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no tensors that gradus knows of",
    note = "derive `Module` for a struct of layers, or mark a field that holds none with `#[module(skip)]`"
)]
pub trait Tree {
    /// The number type.
    type Elem: Real;
    /// The tree that `map` makes: the type itself, for anything that is owned.
    type Owned;

    /// Shows every tensor, parameter and buffer to `v`, always in the same order.
    fn visit(&self, v: &mut dyn Visitor<Self::Elem>);

    /// The same tree with every leaf replaced.
    fn map(&self, f: &mut dyn FnMut(&Tensor<Self::Elem>) -> Tensor<Self::Elem>) -> Self::Owned;

    /// The free leaves in order.
    fn leaves(&self) -> Vec<Tensor<Self::Elem>> {
        let mut out = Vec::new();
        self.visit(&mut Collect(&mut out));
        out
    }

    /// The same tree with leaf i replaced by f(leaf i, other leaf i).
    ///
    /// # Panics
    /// If the trees have different numbers of leaves.
    #[track_caller]
    fn zip_with<O: Tree<Elem = Self::Elem> + ?Sized>(
        &self,
        other: &O,
        mut f: impl FnMut(&Tensor<Self::Elem>, &Tensor<Self::Elem>) -> Tensor<Self::Elem>,
    ) -> Self::Owned
    where
        Self: Sized,
    {
        let (other, n) = (other.leaves(), self.leaves().len());
        if other.len() != n {
            crate::message::panic_with(&format!("zip_with: the trees have {n} and {} leaves", other.len()));
        }
        let mut next = other.iter();
        self.map(&mut |x| next.next().map_or_else(|| x.clone(), |y| f(x, y)))
    }
}

/// An owned tree that can be changed in place: what optimisers step. Derived for structs of layers.
pub trait Module: Tree<Owned = Self> + Clone {
    /// Shows every tensor, parameter and buffer to `v` for changing, in the order of [`Tree::visit`].
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<Self::Elem>);
}

struct Collect<'a, T: Real>(&'a mut Vec<Tensor<T>>);

impl<T: Real> Visitor<T> for Collect<'_, T> {
    fn tensor(&mut self, x: &Tensor<T>) {
        self.0.push(x.clone());
    }
}

impl<T: Real> Tree for Tensor<T> {
    type Elem = T;
    type Owned = Self;
    fn visit(&self, v: &mut dyn Visitor<T>) {
        v.tensor(self);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<T>) -> Tensor<T>) -> Self {
        f(self)
    }
}

impl<T: Real> Module for Tensor<T> {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<T>) {
        v.tensor(self);
    }
}

impl<A: Tree + ?Sized> Tree for &A {
    type Elem = A::Elem;
    type Owned = A::Owned;
    fn visit(&self, v: &mut dyn Visitor<A::Elem>) {
        (**self).visit(v);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<A::Elem>) -> Tensor<A::Elem>) -> A::Owned {
        (**self).map(f)
    }
}

fn visit_list<'a, A: Tree + 'a>(list: impl IntoIterator<Item = &'a A>, v: &mut dyn Visitor<A::Elem>) {
    for (i, a) in list.into_iter().enumerate() {
        v.enter(Name::Index(i));
        a.visit(v);
        v.leave();
    }
}

fn visit_list_mut<'a, A: Module + 'a>(list: impl IntoIterator<Item = &'a mut A>, v: &mut dyn VisitorMut<A::Elem>) {
    for (i, a) in list.into_iter().enumerate() {
        v.enter(Name::Index(i));
        a.visit_mut(v);
        v.leave();
    }
}

impl<A: Tree> Tree for [A] {
    type Elem = A::Elem;
    type Owned = Vec<A::Owned>;
    fn visit(&self, v: &mut dyn Visitor<A::Elem>) {
        visit_list(self, v);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<A::Elem>) -> Tensor<A::Elem>) -> Self::Owned {
        self.iter().map(|a| a.map(f)).collect()
    }
}

impl<A: Tree> Tree for Vec<A> {
    type Elem = A::Elem;
    type Owned = Vec<A::Owned>;
    fn visit(&self, v: &mut dyn Visitor<A::Elem>) {
        visit_list(self, v);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<A::Elem>) -> Tensor<A::Elem>) -> Self::Owned {
        self.as_slice().map(f)
    }
}

impl<A: Module> Module for Vec<A> {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<A::Elem>) {
        visit_list_mut(self, v);
    }
}

impl<A: Tree, const N: usize> Tree for [A; N] {
    type Elem = A::Elem;
    type Owned = [A::Owned; N];
    fn visit(&self, v: &mut dyn Visitor<A::Elem>) {
        visit_list(self, v);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<A::Elem>) -> Tensor<A::Elem>) -> Self::Owned {
        std::array::from_fn(|i| self[i].map(f))
    }
}

impl<A: Module, const N: usize> Module for [A; N] {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<A::Elem>) {
        visit_list_mut(self, v);
    }
}

impl<A: Tree> Tree for Option<A> {
    type Elem = A::Elem;
    type Owned = Option<A::Owned>;
    fn visit(&self, v: &mut dyn Visitor<A::Elem>) {
        if let Some(a) = self {
            a.visit(v);
        }
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<A::Elem>) -> Tensor<A::Elem>) -> Self::Owned {
        self.as_ref().map(|a| a.map(f))
    }
}

impl<A: Module> Module for Option<A> {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<A::Elem>) {
        if let Some(a) = self {
            a.visit_mut(v);
        }
    }
}

impl<A: Tree> Tree for Box<A> {
    type Elem = A::Elem;
    type Owned = Box<A::Owned>;
    fn visit(&self, v: &mut dyn Visitor<A::Elem>) {
        (**self).visit(v);
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<A::Elem>) -> Tensor<A::Elem>) -> Self::Owned {
        Box::new((**self).map(f))
    }
}

impl<A: Module> Module for Box<A> {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<A::Elem>) {
        (**self).visit_mut(v);
    }
}

macro_rules! tuple {
    ($($A:ident $i:tt)+) => {
        impl<First: Tree, $($A: Tree<Elem = First::Elem>),+> Tree for (First, $($A,)+) {
            type Elem = First::Elem;
            type Owned = (First::Owned, $($A::Owned,)+);
            fn visit(&self, v: &mut dyn Visitor<Self::Elem>) {
                v.enter(Name::Index(0));
                self.0.visit(v);
                v.leave();
                $(v.enter(Name::Index($i)); self.$i.visit(v); v.leave();)+
            }
            fn map(&self, f: &mut dyn FnMut(&Tensor<Self::Elem>) -> Tensor<Self::Elem>) -> Self::Owned {
                (self.0.map(f), $(self.$i.map(f),)+)
            }
        }
        impl<First: Module, $($A: Module<Elem = First::Elem>),+> Module for (First, $($A,)+) {
            fn visit_mut(&mut self, v: &mut dyn VisitorMut<Self::Elem>) {
                v.enter(Name::Index(0));
                self.0.visit_mut(v);
                v.leave();
                $(v.enter(Name::Index($i)); self.$i.visit_mut(v); v.leave();)+
            }
        }
    };
}

tuple!(B 1);
tuple!(B 1 C 2);
tuple!(B 1 C 2 D 3);
tuple!(B 1 C 2 D 3 E 4);
tuple!(B 1 C 2 D 3 E 4 F 5);

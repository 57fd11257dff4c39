//! Layers one after another.

use crate::layer::{AnyLayer, Layer};
use gradus_tensor::{Mode, Module, Name, Place, Real, Tensor, Tree, Visitor, VisitorMut, keeping_ties};

/// Layers one after another: the output of each is the input of the next. Leaves are named by place: `0.weight`.
#[derive(Debug, Default)]
pub struct Sequential<T: Real = f32> {
    layers: Vec<Box<dyn AnyLayer<T>>>,
}

impl<T: Real> Sequential<T> {
    /// No layers: the identity.
    pub fn new() -> Self {
        Sequential { layers: Vec::new() }
    }

    /// With one more layer at the end.
    #[must_use]
    pub fn then(mut self, layer: impl AnyLayer<T> + 'static) -> Self {
        self.layers.push(Box::new(layer));
        self
    }

    /// The number of layers.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are no layers.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }

    /// The output for the input `x`.
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        let one =
            |x: Tensor<T>, layer: &dyn AnyLayer<T>| mode.call(layer.place_any(), &x, |mode| layer.forward(&x, mode));
        let y = self.layers.iter().map(|l| &**l).fold(x.clone(), one);
        mode.report(self, &[x], y)
    }
}

impl<T: Real> Layer<T> for Sequential<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}

impl<T: Real> Clone for Sequential<T> {
    fn clone(&self) -> Self {
        keeping_ties(|| Sequential { layers: self.layers.iter().map(|l| l.clone_any()).collect() })
    }
}

impl<T: Real> Tree for Sequential<T> {
    type Elem = T;
    type Owned = Self;
    fn visit(&self, v: &mut dyn Visitor<T>) {
        v.layer(Place::of(self));
        for (i, layer) in self.layers.iter().enumerate() {
            v.enter(Name::Index(i));
            v.layer(layer.place_any());
            layer.visit_any(v);
            v.leave();
        }
    }
    fn map(&self, f: &mut dyn FnMut(&Tensor<T>) -> Tensor<T>) -> Self {
        Sequential { layers: self.layers.iter().map(|l| l.map_any(f)).collect() }
    }
}

impl<T: Real> Module for Sequential<T> {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<T>) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            v.enter(Name::Index(i));
            layer.visit_any_mut(v);
            v.leave();
        }
    }
}

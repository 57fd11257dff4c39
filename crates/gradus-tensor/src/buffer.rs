//! Buffers: numbers that a layer keeps and no derivative sees, such as running statistics.

use crate::error::{Error, ErrorKind, Result};
use crate::node::Tensor;
use crate::real::Real;
use crate::tree::{Module, Tree, Visitor, VisitorMut};
use std::sync::{PoisonError, RwLock};

/// A tensor behind a shared reference, outside every graph. Cloning copies it.
#[derive(Debug)]
pub struct Buffer<T: Real = f32> {
    value: RwLock<(Tensor<T>, u64)>,
}

impl<T: Real> Buffer<T> {
    /// A buffer with this value.
    pub fn new(value: &Tensor<T>) -> Self {
        Buffer { value: RwLock::new((value.detach(), 0)) }
    }

    /// The value now, a constant.
    pub fn get(&self) -> Tensor<T> {
        self.value.read().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Replaces the value by `f(value)` and counts the update.
    pub fn update(&self, f: impl FnOnce(&Tensor<T>) -> Tensor<T>) {
        let mut held = self.value.write().unwrap_or_else(PoisonError::into_inner);
        let new = crate::trace::no_grad(|| f(&held.0)).detach();
        *held = (new, held.1 + 1);
    }

    /// How often the value was updated.
    pub fn updates(&self) -> u64 {
        self.value.read().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Sets value and count of updates.
    ///
    /// # Errors
    /// If the shape is another.
    pub fn set(&self, value: &Tensor<T>, updates: u64) -> Result<()> {
        let mut held = self.value.write().unwrap_or_else(PoisonError::into_inner);
        if held.0.shape() != value.shape() {
            return Err(Error::new(
                ErrorKind::Shape,
                crate::message::other_shape("set", held.0.shape(), value.shape()),
            ));
        }
        *held = (value.detach(), updates);
        Ok(())
    }
}

impl<T: Real> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let held = self.value.read().unwrap_or_else(PoisonError::into_inner);
        Buffer { value: RwLock::new((held.0.clone(), held.1)) }
    }
}

impl<T: Real> Tree for Buffer<T> {
    type Elem = T;
    type Owned = Self;
    fn visit(&self, v: &mut dyn Visitor<T>) {
        v.buffer(self);
    }
    fn map(&self, _: &mut dyn FnMut(&Tensor<T>) -> Tensor<T>) -> Self {
        self.clone()
    }
}

impl<T: Real> Module for Buffer<T> {
    fn visit_mut(&mut self, v: &mut dyn VisitorMut<T>) {
        v.buffer(self);
    }
}

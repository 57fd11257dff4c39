//! How tensors print: values as `ndarray` prints them, shape, number type, and the op that made them.

use crate::node::{Origin, Tensor};
use crate::real::Real;
use std::fmt;

/// How many numbers `Debug` prints at most.
const SHORT: usize = 20;

impl<T: Real> Tensor<T> {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shape {:?}, {}", self.shape(), T::NAME)?;
        match &self.0.origin {
            Origin::Constant { .. } => Ok(()),
            Origin::Leaf { .. } => f.write_str(", tracked"),
            Origin::Op(call) => write!(f, ", from {}", call.op.name()),
        }
    }
}

impl<T: Real> fmt::Display for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.as_array(), f)?;
        f.write_str("\n(")?;
        self.describe(f)?;
        f.write_str(")")
    }
}

impl<T: Real> fmt::Debug for Tensor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tensor(")?;
        if self.len() <= SHORT {
            write!(f, "{:?}", self.to_vec())?;
        } else {
            let head: Vec<T> = self.flatten_head(SHORT);
            write!(f, "{head:?} and {} more", self.len() - SHORT)?;
        }
        f.write_str(", ")?;
        self.describe(f)?;
        f.write_str(")")
    }
}

impl<T: Real> Tensor<T> {
    fn flatten_head(&self, n: usize) -> Vec<T> {
        self.as_array().iter().take(n).copied().collect()
    }
}

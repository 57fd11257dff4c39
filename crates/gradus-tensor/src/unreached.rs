//! The leaves of a tree that a backward pass gave no gradient, by name.

use crate::grad::Gradients;
use crate::node::Tensor;
use crate::real::Real;
use crate::tree::{Name, Path, Tree, Visitor};

impl<T: Real> Gradients<T> {
    /// The paths of the leaves of `x` that received no gradient: frozen, unused, or cut off by `detach` or `no_grad`.
    ///
    /// ```
    /// use gradus_tensor::{Tensor, ndarray::array};
    /// let net = (Tensor::from(array![1.0_f64]).tracked(), Tensor::from(array![2.0_f64]).tracked());
    /// let grads = (&net.0 * net.1.detach()).sum().backward();
    /// assert_eq!(grads.unreached(&net)[0].to_string(), "1");
    /// ```
    #[doc(alias = "unused_parameters")]
    pub fn unreached<X: Tree<Elem = T> + ?Sized>(&self, x: &X) -> Vec<Path> {
        let mut look = Look { grads: self, path: Path::default(), found: Vec::new() };
        x.visit(&mut look);
        look.found
    }
}

struct Look<'a, T: Real> {
    grads: &'a Gradients<T>,
    path: Path,
    found: Vec<Path>,
}

impl<T: Real> Visitor<T> for Look<'_, T> {
    fn enter(&mut self, name: Name) {
        self.path.push(name);
    }
    fn leave(&mut self) {
        self.path.pop();
    }
    fn tensor(&mut self, x: &Tensor<T>) {
        if self.grads.get(x).is_none() {
            self.found.push(self.path.clone());
        }
    }
}

//! Leaves at which f∘g stops although f does not.

use crate::numbers::{numbers, tensor};
use gradus_tensor::{Grad, Name, Param, Path, Real, Tensor, Tree, Visitor};

/// Numbers of a leaf on which the image does not depend to first order, so that no gradient can move them.
#[derive(Clone, Debug, PartialEq)]
pub struct Stuck {
    /// The parameter's name in the net.
    pub name: String,
    /// Which of its leaves.
    pub leaf: usize,
    /// The places in the leaf, flat.
    pub places: Vec<usize>,
}

/// The numbers of constrained leaves where |∂g/∂y| ≤ `tolerance`: y = 0 under y², a saturated σ.
///
/// Numbers on which g never depends (the diagonal of V in e^(V − Vᵀ)) are not listed: they are told by a second look at a
/// point without structure. Derivatives are taken against two fixed directions without structure, one backward pass each.
pub fn stuck_leaves<X: Tree + ?Sized>(net: &X, tolerance: f64) -> Vec<Stuck> {
    struct Walk {
        path: Path,
        tolerance: f64,
        found: Vec<Stuck>,
    }
    impl<T: Real> Visitor<T> for Walk {
        fn enter(&mut self, name: Name) {
            self.path.push(name);
        }
        fn leave(&mut self) {
            self.path.pop();
        }
        fn tensor(&mut self, _: &Tensor<T>) {}
        fn param(&mut self, p: &Param<T>) {
            if p.constraint().is_none() {
                return;
            }
            let here: Vec<Tensor<T>> = p.leaves().iter().map(Tensor::tracked).collect();
            let elsewhere: Vec<Tensor<T>> = here.iter().map(|y| direction(y.shape(), 3).tracked()).collect();
            let (here, there) = (slopes(p, &here), slopes(p, &elsewhere));
            for (leaf, (a, b)) in here.iter().zip(&there).enumerate() {
                let largest = b.iter().fold(0.0, |m: f64, x| m.max(*x));
                let stuck = |&i: &usize| a[i] <= self.tolerance && b[i] > 1e-12 * largest && b[i] > a[i];
                let places: Vec<usize> = (0..a.len()).filter(stuck).collect();
                if !places.is_empty() {
                    self.found.push(Stuck { name: self.path.to_string(), leaf, places });
                }
            }
        }
    }
    let mut walk = Walk { path: Path::default(), tolerance, found: Vec::new() };
    net.visit(&mut walk);
    walk.found
}

/// Numbers in (−1, 1) without structure.
fn direction<T: Real>(shape: &[usize], seed: usize) -> Tensor<T> {
    let n = shape.iter().product();
    let number = |i: usize| ((i * 2 + seed * 7 + 1) as f64 * 0.618_033_988_749_894_9).fract() * 2.0 - 1.0;
    tensor(shape, &(0..n).map(number).collect::<Vec<_>>())
}

/// The larger of |⟨u, ∂g/∂y_i⟩| for two directions u, for every number of every leaf.
fn slopes<T: Real>(p: &Param<T>, leaves: &[Tensor<T>]) -> Vec<Vec<f64>> {
    let image = p.with_leaves(leaves.iter().cloned()).value();
    let mut out: Vec<Vec<f64>> = leaves.iter().map(|y| vec![0.0; y.len()]).collect();
    for seed in [1, 2] {
        let u = direction(image.shape(), seed);
        let run = Grad::of(&image).cotangent(&u).wrt(leaves).allow_unused().run();
        let Ok(g) = run else { continue };
        for (out, g) in out.iter_mut().zip(&g) {
            out.iter_mut().zip(numbers(g)).for_each(|(o, g)| *o = o.max(g.abs()));
        }
    }
    out
}

//! The same sets to move on, for Riemannian optimisers: projection, retractions, transport.

use crate::numbers::{matrices, rows};
use crate::sphere::onto_sphere;
use crate::stiefel::{defect, nearest};
use gradus_kernels::linalg::qr_orthonormal;
use gradus_tensor::{Manifold, Parametrization, Real, Tensor};

/// How to come back to the set after a step along a tangent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retraction {
    /// The Q of X + U, with the diagonal of R positive.
    #[default]
    Qr,
    /// The nearest point to X + U (second order).
    Polar,
    /// (I − A/2)⁻¹(I + A/2) X with A skew and AX = U (second order).
    Cayley,
    /// e^A X with the same A (the geodesic of the canonical metric).
    Exponential,
}

/// Matrices `[n, p]` with orthonormal columns, XᵀX = I (n ≥ p), or rows, XXᵀ = I (n < p), where all that follows is of Xᵀ.
///
/// The projection is that of the Euclidean metric, U − X sym(XᵀU). A tangent is transported by projection, which shortens it in second
/// order; for square matrices by Y XᵀU, which keeps its length.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stiefel(pub Retraction);

/// Subspaces, each by an orthonormal basis `[n, p]`, n ≥ p: tangents are U with XᵀU = 0, transported by projection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grassmann(pub Retraction);

/// Vectors of length r along the last axis. A tangent is transported in parallel along the great circle from x to y,
/// u − (x + y)⟨y, u⟩/(r² + ⟨x, y⟩), which keeps its length.
#[derive(Clone, Copy, Debug)]
pub struct Sphere {
    /// r.
    pub radius: f64,
}

fn sides<T: Real>(x: &Tensor<T>) -> (usize, usize) {
    (x.shape()[x.rank() - 2], x.shape()[x.rank() - 1])
}

fn retract<T: Real>(how: Retraction, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
    let (n, p) = sides(x);
    let near = |a: &Tensor<T>, polar: bool| {
        let moved = matrices(a, n, p, |a| {
            if polar {
                return Ok(nearest(n, p, a));
            }
            let mut q = vec![0.0; n * p];
            qr_orthonormal(n, p, a, &mut q);
            Ok(q)
        });
        moved.unwrap_or_else(|_| a.clone())
    };
    match how {
        Retraction::Qr => near(&(x + u), false),
        Retraction::Polar => near(&(x + u), true),
        Retraction::Cayley | Retraction::Exponential => {
            // A = V Xᵀ − X Vᵀ with V = (I − X Xᵀ/2) U has AX = U for a tangent U.
            let v = u - x.matmul(&x.t().matmul(u)) * 0.5;
            let cayley = how == Retraction::Cayley;
            let map = if cayley { crate::Stiefel::cayley() } else { crate::Stiefel::expm() };
            // The square map of the parametrisation multiplies from the right: e^(XᵀU) for B e^(V − Vᵀ).
            let v = if n == p && !cayley { x.t().matmul(u) * 0.5 } else { v };
            // Rounding adds up over many steps; the polar factor of what is nearly orthonormal costs products only.
            near(&map.forward(&[v, x.clone()]), true)
        }
    }
}

fn is_wide<T: Real>(x: &Tensor<T>) -> bool {
    let (n, p) = sides(x);
    n < p
}

impl<T: Real> Manifold<T> for Stiefel {
    fn name(&self) -> &str {
        "Stiefel"
    }
    fn project(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        if is_wide(x) {
            return self.project(&x.t(), &u.t()).t();
        }
        let xu = x.t().matmul(u);
        u - x.matmul(&((&xu + xu.t()) * 0.5))
    }
    fn retract(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        if is_wide(x) { retract(self.0, &x.t(), &u.t()).t() } else { retract(self.0, x, u) }
    }
    fn transport(&self, x: &Tensor<T>, to: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        let (n, p) = sides(x);
        if n == p { to.matmul(&x.t().matmul(u)) } else { self.project(to, u) }
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        defect(x)
    }
}

impl<T: Real> Manifold<T> for Grassmann {
    fn name(&self) -> &str {
        "Grassmann"
    }
    fn project(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        u - x.matmul(&x.t().matmul(u))
    }
    fn retract(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        retract(self.0, x, u)
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        defect(x)
    }
}

impl<T: Real> Manifold<T> for Sphere {
    fn name(&self) -> &str {
        "sphere"
    }
    fn project(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        u - x * ((x * u).sum_axes(&[-1], true) * (1.0 / (self.radius * self.radius)))
    }
    /// The nearest point to x + u.
    fn retract(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        rows(&(x + u), |x| onto_sphere(self.radius, x))
    }
    fn transport(&self, x: &Tensor<T>, to: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        let along = |a: &Tensor<T>, b: &Tensor<T>| (a * b).sum_axes(&[-1], true);
        let square = self.radius * self.radius;
        // Antipodes have no one great circle between them.
        let scale = (along(x, to) + square).clamp(square * T::EPSILON.to_f64(), f64::INFINITY);
        u - (x + to) * (along(to, u) / scale)
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        Parametrization::<T>::defect(&crate::Sphere { radius: self.radius }, x)
    }
}

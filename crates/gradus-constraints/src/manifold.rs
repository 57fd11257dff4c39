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

/// Matrices `[n, p]`, n ≥ p, with orthonormal columns.
///
/// The projection is that of the Euclidean metric, U − X sym(XᵀU).
#[derive(Clone, Copy, Debug, Default)]
pub struct Stiefel(pub Retraction);

/// Subspaces, each by an orthonormal basis `[n, p]`: tangents are U with XᵀU = 0.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grassmann(pub Retraction);

/// Vectors of length r along the last axis.
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

impl<T: Real> Manifold<T> for Stiefel {
    fn name(&self) -> &str {
        "Stiefel"
    }
    fn project(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        let xu = x.t().matmul(u);
        u - x.matmul(&((&xu + xu.t()) * 0.5))
    }
    fn retract(&self, x: &Tensor<T>, u: &Tensor<T>) -> Tensor<T> {
        retract(self.0, x, u)
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
    fn defect(&self, x: &Tensor<T>) -> f64 {
        Parametrization::<T>::defect(&crate::Sphere { radius: self.radius }, x)
    }
}

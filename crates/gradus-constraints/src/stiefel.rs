//! Matrices with orthonormal columns (or rows), by three maps about a base point.

use crate::numbers::{
    from_orthonormal, mask, matrices, normal, side, sides, tensor, transposed, with_sides, worst_matrix,
};
use gradus_kernels::linalg::{cholesky, polar, qr_orthonormal};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor};

/// Matrices with orthonormal columns, WᵀW = I (`[n, p]`, n ≥ p), or rows, WWᵀ = I (n < p): the Stiefel manifold, and the orthogonal
/// group for n = p.
///
/// A leaf V of the same shape, V = 0 at the start, turns a fixed base point B (trivialisation, Lezcano-Casado 2019):
/// - `expm`: W = e^A B with A = V Bᵀ − B Vᵀ; for square matrices W = B·e^(V − Vᵀ). The thin case costs products of n x p and one
///   exponential of 3p x 3p: with A = U Zᵀ, e^A B = B + U φ₁(ZᵀU) ZᵀB, φ₁(x) = (eˣ − 1)/x;
/// - `cayley`: W = (I − A/2)⁻¹(I + A/2) B, by an inverse of 2p x 2p (Wen & Yin 2013);
/// - `householder`: W = H₁ ⋯ H_p S, reflections H_k = I − 2 v vᵀ/‖v‖² along the columns of tril(V) and fixed signs S. No base point.
///
/// Expm reaches the whole component of B, Cayley all but the rotations by π; the determinant of a square W stays what it was when the
/// constraint was attached. A weight that is not a member starts at the polar factor, the nearest one. Far from the base the map is
/// badly conditioned: [`Rebase`](crate::Rebase) moves B to W every k steps (dynamic trivialisation).
#[derive(Clone, Copy, Debug)]
pub struct Stiefel(Map);

/// The orthogonal group, both components: [`Stiefel`] for square matrices.
pub type Orthogonal = Stiefel;

/// Rotations: square matrices with WᵀW = I and det W = 1, W = B·e^(V − Vᵀ).
///
/// A weight with negative determinant starts at the nearest rotation's neighbour: its polar factor with the last row turned round.
#[derive(Clone, Copy, Debug, Default)]
pub struct SpecialOrthogonal;

/// Subspaces, each by an orthonormal basis: [`Stiefel::expm`] along horizontal directions V − B BᵀV, which turn the subspace and
/// never the basis within it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grassmann;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Map {
    Expm,
    Cayley,
    Householder,
}

impl Stiefel {
    /// By the exponential.
    #[must_use]
    pub fn expm() -> Self {
        Stiefel(Map::Expm)
    }

    /// By the Cayley map.
    #[must_use]
    pub fn cayley() -> Self {
        Stiefel(Map::Cayley)
    }

    /// By reflections.
    #[must_use]
    pub fn householder() -> Self {
        Stiefel(Map::Householder)
    }
}

/// W about B along V, both `[.., n, p]` with n ≥ p.
fn turn<T: Real>(map: Map, v: &Tensor<T>, b: &Tensor<T>) -> Tensor<T> {
    let (n, p) = (b.shape()[b.rank() - 2], b.shape()[b.rank() - 1]);
    if n == 0 || p == 0 {
        return b + v;
    }
    match map {
        Map::Expm if n == p => b.matmul(&v.skew_expm()),
        Map::Expm | Map::Cayley => {
            // A = U Zᵀ.
            let (u, z) = (Tensor::concat(&[v.clone(), -b], -1), Tensor::concat(&[b.clone(), v.clone()], -1).t());
            let (zu, zb) = (z.matmul(&u), z.matmul(b));
            let core = if map == Map::Cayley {
                // A skew, so I − A/2 is regular, and this with it; singular are only numbers that are not finite.
                let turned = Tensor::eye(2 * p) - zu * 0.5;
                turned.inverse().unwrap_or_else(|_| turned * f64::NAN).matmul(&zb)
            } else {
                // e^[[M, N], [0, 0]] = [[e^M, φ₁(M) N], [0, I]].
                let below = Tensor::zeros(&with_sides(b.shape(), p, 3 * p));
                let whole = Tensor::concat(&[Tensor::concat(&[zu, zb], -1), below], -2).expm();
                whole.narrow(-2, 0, 2 * p).narrow(-1, 2 * p, p)
            };
            b + u.matmul(&core)
        }
        Map::Householder => {
            let mut w = eye(n, p).broadcast_to(b.shape()) * b;
            for k in (0..p).rev() {
                // Only rows from k on are touched: the others of v are zero.
                let column = v.narrow(-1, k, 1).narrow(-2, k, n - k);
                let tail = w.narrow(-2, k, n - k);
                let scale = column.square().sum_axes(&[-2, -1], true).recip() * 2.0;
                let turned = &tail - (&column * scale).matmul(&column.t().matmul(&tail));
                w = if k == 0 { turned } else { Tensor::concat(&[w.narrow(-2, 0, k), turned], -2) };
            }
            w
        }
    }
}

fn eye<T: Real>(n: usize, p: usize) -> Tensor<T> {
    mask::<T>(n, |i, j| i == j).narrow(1, 0, p)
}

/// The nearest matrix with orthonormal columns; of dependent columns, the Q of QR.
pub(crate) fn nearest(n: usize, p: usize, a: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; n * p];
    // The size of A does not matter, and its squares must be numbers.
    let top = a.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    let a: Vec<f64> = a.iter().map(|x| if top > 0.0 { x / top } else { *x }).collect();
    // A Gram matrix that Cholesky refuses has dependent columns.
    let gram = crate::numbers::product(p, n, p, &transposed(n, p, &a), &a);
    let independent = cholesky(p, &gram, &mut vec![0.0; p * p]).is_ok();
    if !independent || polar(n, p, &a, &mut out).is_err() {
        qr_orthonormal(n, p, &a, &mut out);
    }
    out
}

/// The base point for x: itself where it is a member to rounding, else the nearest member. With columns ≤ rows.
fn base<T: Real>(n: usize, p: usize, x: &Tensor<T>) -> Result<Tensor<T>> {
    // A fifth of what drift may be: re-basing at W must not add up.
    let slack = 10.0 * T::EPSILON.to_f64() * (n as f64).sqrt();
    matrices(x, n, p, |a| Ok(if from_orthonormal(n, p, a) <= slack { a.to_vec() } else { nearest(n, p, a) }))
}

/// Reflection vectors below the diagonal and the signs on the diagonal of S, for W with orthonormal columns.
fn reflections(n: usize, p: usize, w: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (mut r, mut v, mut signs) = (w.to_vec(), vec![0.0; n * p], vec![0.0; n * p]);
    for k in 0..p {
        let mut column: Vec<f64> = (k..n).map(|i| r[i * p + k]).collect();
        let length = crate::sphere::length(&column);
        // The reflection that does not cancel: onto −sign(x₁)·e₁. It is never the identity.
        let sign = if column[0] < 0.0 { 1.0 } else { -1.0 };
        column[0] -= sign * length;
        let square: f64 = column.iter().map(|c| c * c).sum();
        for j in k..p {
            let dot: f64 = column.iter().enumerate().map(|(i, c)| c * r[(k + i) * p + j]).sum();
            column.iter().enumerate().for_each(|(i, c)| r[(k + i) * p + j] -= 2.0 * dot / square * c);
        }
        let unit = square.sqrt();
        column.iter().enumerate().for_each(|(i, c)| v[(k + i) * p + k] = c / unit);
        // Row k of S broadcasts over the identity's column: store the sign in every row of column k.
        (0..n).for_each(|i| signs[i * p + k] = sign);
    }
    (v, signs)
}

/// The largest entry of |WᵀW − I|.
pub(crate) fn defect<T: Real>(x: &Tensor<T>) -> f64 {
    worst_matrix(x, false, from_orthonormal)
}

/// Haar measure: the orthogonal factor of a normal matrix (Mezzadri 2007).
pub(crate) fn haar<T: Real>(shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
    let (m, n) = sides("Stiefel", shape)?;
    let tall = |m: usize, n: usize, a: &[f64]| {
        let mut q = vec![0.0; m * n];
        qr_orthonormal(m, n, a, &mut q);
        q
    };
    let x = normal::<T>(shape, rng);
    matrices(&x, m, n, |a| Ok(if m >= n { tall(m, n, a) } else { transposed(n, m, &tall(n, m, &transposed(m, n, a))) }))
}

impl<T: Real> Parametrization<T> for Stiefel {
    fn name(&self) -> &str {
        match self.0 {
            Map::Expm => "Stiefel (exponential)",
            Map::Cayley => "Stiefel (Cayley)",
            Map::Householder => "Stiefel (Householder)",
        }
    }
    fn fixed(&self) -> usize {
        1
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        let r = y[0].rank();
        if y[0].shape()[r - 2] < y[0].shape()[r - 1] {
            turn(self.0, &y[0].t(), &y[1].t()).t()
        } else {
            turn(self.0, &y[0], &y[1])
        }
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let (n, p) = sides("Stiefel", x.shape())?;
        if n < p {
            return Ok(Parametrization::<T>::right_inverse(self, &x.t())?
                .iter()
                .map(|y| tensor(x.shape(), &crate::numbers::numbers(&y.t())))
                .collect());
        }
        let base = base(n, p, x)?;
        if self.0 != Map::Householder {
            return Ok(vec![Tensor::zeros(x.shape()), base]);
        }
        let mut signs = Vec::new();
        let v = matrices(&base, n, p, |w| {
            let (v, s) = reflections(n, p, w);
            signs.extend(s);
            Ok(v)
        })?;
        Ok(vec![v, tensor(x.shape(), &signs)])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        defect(x)
    }
    /// Uniform (Haar measure).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        haar(shape, rng)
    }
}

/// The determinant of an orthogonal matrix, by its sign.
fn is_reflection(n: usize, a: &[f64]) -> bool {
    let (mut lu, mut pivots) = (a.to_vec(), vec![0; n]);
    gradus_kernels::linalg::lu_factor(n, &mut lu, &mut pivots).is_ok()
        && gradus_kernels::linalg::determinant(n, &lu, &pivots) < 0.0
}

/// The nearest rotation's neighbour: the last row turned round where the determinant is −1.
fn rotation(n: usize, mut a: Vec<f64>) -> Vec<f64> {
    if n > 0 && is_reflection(n, &a) {
        a[(n - 1) * n..].iter_mut().for_each(|a| *a = -*a);
    }
    a
}

impl<T: Real> Parametrization<T> for SpecialOrthogonal {
    fn name(&self) -> &str {
        "special orthogonal"
    }
    fn fixed(&self) -> usize {
        1
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        turn(Map::Expm, &y[0], &y[1])
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let n = side("special orthogonal", x.shape())?;
        Ok(vec![Tensor::zeros(x.shape()), matrices(&base(n, n, x)?, n, n, |a| Ok(rotation(n, a.to_vec())))?])
    }
    /// The largest entry of |WᵀW − I|, and 2 for a reflection.
    fn defect(&self, x: &Tensor<T>) -> f64 {
        defect(x).max(worst_matrix(x, true, |n, _, a| if is_reflection(n, a) { 2.0 } else { 0.0 }))
    }
    /// Uniform (Haar measure).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        let n = side("special orthogonal", shape)?;
        matrices(&haar::<T>(shape, rng)?, n, n, |a| Ok(rotation(n, a.to_vec())))
    }
}

impl<T: Real> Parametrization<T> for Grassmann {
    fn name(&self) -> &str {
        "Grassmann"
    }
    fn fixed(&self) -> usize {
        1
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        let (v, b) = (&y[0], &y[1]);
        let (n, p) = (b.shape()[b.rank() - 2], b.shape()[b.rank() - 1]);
        if n == 0 || p == 0 || n == p {
            // The whole space is its only subspace of full dimension.
            return b + v * 0.0;
        }
        turn(Map::Expm, &(v - b.matmul(&b.t().matmul(v))), b)
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        match sides("Grassmann", x.shape())? {
            (n, p) if n >= p => Ok(vec![Tensor::zeros(x.shape()), base(n, p, x)?]),
            (n, p) => Err(gradus_tensor::Error::new(
                gradus_tensor::ErrorKind::Shape,
                format!("Grassmann: a subspace of {n} dimensions has no basis of {p} vectors; pass the transpose"),
            )),
        }
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        defect(x)
    }
    /// Uniform.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        haar(shape, rng)
    }
}

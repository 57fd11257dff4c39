//! Matrices by their singular values: X = U diag(s) Vᵀ with U, V on the Stiefel manifold and s held to a set.

use crate::numbers::{
    border, data, largest, logit_within, matrices, noise, normal, off_zero, rows, sides, softplus_inverse, tensor,
    transposed, with_sides, worst, worst_matrix,
};
use crate::stiefel::Stiefel;
use gradus_kernels::linalg::svd;
use gradus_tensor::rand::Rng;
use gradus_tensor::{Error, ErrorKind, Parametrization, Real, Result, Tensor};

/// Matrices whose singular values lie in a set, X = U diag(s(y)) Vᵀ: leaves for U, s and V, fixed base points for U and V.
///
/// | constructor | set | s(y) |
/// |---|---|---|
/// | [`fixed_rank`](Factored::fixed_rank) | rank exactly r | ln(1 + eʸ) |
/// | [`invertible`](Factored::invertible) | square, det ≠ 0 | ln(1 + eʸ) |
/// | [`unit_determinant`](Factored::unit_determinant) | square, det = ±1 (the sign stays) | e^(y − mean y) |
/// | [`almost_orthogonal`](Factored::almost_orthogonal) | \|s − 1\| < r | 1 − r + 2r·σ(y) |
/// | [`spectral_norm`](Factored::spectral_norm) | ‖X‖₂ < γ, a bounded Lipschitz constant | γ·σ(y) |
///
/// Exact: no power iteration. Singular values on the border, to rounding, or outside start inside: √ε of the largest above 0, √ε of an
/// interval's length within its other ends. Maps onto the interior.
#[derive(Clone, Copy, Debug)]
pub struct Factored {
    set: Set,
    size: f64,
    rank: Option<usize>,
}

/// Which set of singular values.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Set {
    Rank,
    Invertible,
    Determinant,
    Orthogonal,
    Norm,
}

impl Factored {
    /// Rank exactly r.
    #[must_use]
    pub fn fixed_rank(r: usize) -> Self {
        Factored { set: Set::Rank, size: 0.0, rank: Some(r) }
    }

    /// Invertible square matrices (the sign of the determinant stays).
    #[must_use]
    pub fn invertible() -> Self {
        Factored { set: Set::Invertible, size: 0.0, rank: None }
    }

    /// Square matrices with det = ±1 (the sign stays).
    #[must_use]
    pub fn unit_determinant() -> Self {
        Factored { set: Set::Determinant, size: 0.0, rank: None }
    }

    /// Singular values within r of 1.
    ///
    /// # Panics
    /// If r is not in (0, 1].
    #[must_use]
    #[track_caller]
    pub fn almost_orthogonal(r: f64) -> Self {
        assert!(r > 0.0 && r <= 1.0, "almost_orthogonal: r must lie in (0, 1], got {r}");
        Factored { set: Set::Orthogonal, size: r, rank: None }
    }

    /// Largest singular value below γ: x ↦ Xx is γ-Lipschitz.
    ///
    /// # Panics
    /// If γ is not positive and finite.
    #[must_use]
    #[track_caller]
    pub fn spectral_norm(gamma: f64) -> Self {
        assert!(gamma > 0.0 && gamma.is_finite(), "spectral_norm: γ must be positive and finite, got {gamma}");
        Factored { set: Set::Norm, size: gamma, rank: None }
    }

    fn label(&self) -> &'static str {
        match self.set {
            Set::Rank => "fixed rank",
            Set::Invertible => "invertible",
            Set::Determinant => "unit determinant",
            Set::Orthogonal => "almost orthogonal",
            Set::Norm => "spectral norm",
        }
    }

    /// The ends of an interval of singular values.
    fn ends(&self) -> (f64, f64) {
        if self.set == Set::Norm { (0.0, self.size) } else { (1.0 - self.size, 1.0 + self.size) }
    }

    fn values<T: Real>(&self, y: &Tensor<T>) -> Tensor<T> {
        match self.set {
            Set::Rank | Set::Invertible => y.softplus(),
            // Of no numbers there is no mean; the determinant of the empty matrix is 1.
            Set::Determinant if y.is_empty() => y.clone(),
            Set::Determinant => (y - y.mean_axes(&[-1], true)).exp(),
            Set::Orthogonal | Set::Norm => {
                let (a, b) = self.ends();
                (-y).sigmoid() * a + y.sigmoid() * b
            }
        }
    }

    fn leaf<T: Real>(&self, s: &[f64], noise: f64) -> Vec<f64> {
        let top = largest(s);
        let off_zero = |s: &f64| off_zero::<T>(*s, top, noise);
        match self.set {
            Set::Rank | Set::Invertible => s.iter().map(|s| softplus_inverse(off_zero(s))).collect(),
            Set::Determinant => {
                // A member may be as thin as it likes; the scale of what is none would blow a value near 0 up with the others.
                let member = s.iter().map(|s| s.ln()).sum::<f64>().abs() <= border::<T>();
                let noise = if member { noise } else { border::<T>() };
                s.iter().map(|s| crate::numbers::off_zero::<T>(*s, top, noise).ln()).collect()
            }
            Set::Orthogonal | Set::Norm => {
                let (a, b) = self.ends();
                let to_border = |s: &f64| match *s {
                    s if s >= b - noise * b => b,
                    // Above 0 a spectrum is as fine as its largest value, else as the ends.
                    _ if a == 0.0 && top > 0.0 => off_zero(s),
                    s if s <= a + noise * b => a,
                    s => s,
                };
                s.iter().map(|s| logit_within::<T>(to_border(s), a, b)).collect()
            }
        }
    }

    fn checked(&self, shape: &[usize]) -> Result<(usize, usize, usize)> {
        let (m, n) = sides(self.label(), shape)?;
        let k = self.rank.unwrap_or(m.min(n));
        let square = matches!(self.set, Set::Invertible | Set::Determinant);
        if k > m.min(n) || (square && m != n) {
            let wanted = if square { "square matrices".to_owned() } else { format!("both sides at least {k}") };
            return Err(Error::new(ErrorKind::Shape, format!("{}: needs {wanted}, got {shape:?}", self.label())));
        }
        Ok((m, n, k))
    }
}

/// U, s and V of the k largest singular values, as tensors over the batch.
pub(crate) fn truncated<T: Real>(who: &str, x: &Tensor<T>, k: usize) -> Result<[Tensor<T>; 3]> {
    let (m, n) = sides(who, x.shape())?;
    let (mut s_all, mut v_all, full) = (Vec::new(), Vec::new(), m.min(n));
    let u = matrices(x, m, k, |a| {
        let (mut u, mut s, mut vt) = (vec![0.0; m * full], vec![0.0; full], vec![0.0; full * n]);
        svd(m, n, a, &mut u, &mut s, &mut vt).map_err(data(who))?;
        s_all.extend_from_slice(&s[..k]);
        v_all.extend(transposed(k, n, &vt[..k * n]));
        Ok((0..m * k).map(|i| u[(i / k) * full + i % k]).collect())
    })?;
    let lead = &x.shape()[..x.rank() - 2];
    Ok([u, tensor(&[lead, &[k]].concat(), &s_all), tensor(&with_sides(x.shape(), n, k), &v_all)])
}

/// The singular values of every matrix, falling.
pub(crate) fn singular_values(m: usize, n: usize, a: &[f64]) -> Vec<f64> {
    let k = m.min(n);
    let (mut u, mut s, mut vt) = (vec![0.0; m * k], vec![f64::NAN; k], vec![0.0; k * n]);
    if svd(m, n, a, &mut u, &mut s, &mut vt).is_err() {
        s.fill(f64::NAN);
    }
    s
}

impl<T: Real> Parametrization<T> for Factored {
    fn name(&self) -> &str {
        self.label()
    }
    fn leaves(&self) -> usize {
        3
    }
    fn fixed(&self) -> usize {
        2
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        let u = Stiefel::expm().forward(&[y[0].clone(), y[3].clone()]);
        let v = Stiefel::expm().forward(&[y[2].clone(), y[4].clone()]);
        (u * self.values(&y[1]).unsqueeze(-2)).matmul(&v.t())
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let (m, n, k) = self.checked(x.shape())?;
        let [u, s, v] = truncated(self.label(), x, k)?;
        let leaf = rows(&s, |s| {
            let y = self.leaf::<T>(s, noise::<T>(m.max(n)));
            s.copy_from_slice(&y);
        });
        Ok(vec![u.zeros_like(), leaf, v.zeros_like(), u, v])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        let Ok((_, _, k)) = self.checked(x.shape()) else { return f64::INFINITY };
        let (a, b) = self.ends();
        worst_matrix(x, false, |m, n, x| {
            let s = singular_values(m, n, x);
            match self.set {
                // Beyond rank r nothing; that the r-th is not 0 is an open condition.
                Set::Rank => worst(s[k..].iter().copied()),
                Set::Invertible => 0.0,
                // |ln det| over its slope ‖X⁻¹‖_F: a distance in units of the entries, to first order.
                Set::Determinant => {
                    s.iter().map(|s| s.ln()).sum::<f64>().abs() / s.iter().map(|s| s.powi(-2)).sum::<f64>().sqrt()
                }
                Set::Orthogonal | Set::Norm => worst(s.iter().map(|s| (a - s).max(s - b))),
            }
        })
    }
    /// The nearest member (as `right_inverse` finds it) of a matrix of standard normals over √max(m, n).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        let (m, n, _) = self.checked(shape)?;
        let x = normal::<T>(shape, rng) * (1.0 / (m.max(n).max(1) as f64).sqrt());
        Ok(self.forward(&self.right_inverse(&x)?))
    }
}

/// Matrices of rank at most r, X = U Vᵀ with leaves U `[m, r]` and V `[n, r]`.
///
/// A weight of higher rank starts at its best approximation (truncated SVD, halves balanced); a singular value of 0, to rounding, starts
/// at √ε of the largest, since U = V = 0 is a point where f∘g stops.
#[derive(Clone, Copy, Debug)]
pub struct LowRank {
    rank: usize,
}

impl LowRank {
    /// Rank at most r.
    #[must_use]
    pub fn new(rank: usize) -> Self {
        LowRank { rank }
    }
}

impl<T: Real> Parametrization<T> for LowRank {
    fn name(&self) -> &str {
        "low rank"
    }
    fn leaves(&self) -> usize {
        2
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        y[0].matmul(&y[1].t())
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let (m, n) = sides("low rank", x.shape())?;
        let [u, s, v] = truncated("low rank", x, self.rank.min(m).min(n))?;
        let root = rows(&s, |s| {
            let top = largest(s);
            s.iter_mut().for_each(|s| *s = off_zero::<T>(*s, top, noise::<T>(m.max(n))).sqrt());
        });
        let root = root.unsqueeze(-2);
        Ok(vec![u * &root, v * &root])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst_matrix(x, false, |m, n, a| worst(singular_values(m, n, a).into_iter().skip(self.rank)))
    }
    /// UVᵀ/√r with U, V standard normal.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        let (m, n) = sides("low rank", shape)?;
        let r = self.rank.min(m).min(n);
        let (u, v) = (normal::<T>(&with_sides(shape, m, r), rng), normal::<T>(&with_sides(shape, n, r), rng));
        Ok(u.matmul(&v.t()) * (1.0 / (r.max(1) as f64).sqrt()))
    }
}

//! Positive (semi)definite matrices, their Cholesky factors, correlations.

use crate::numbers::{
    data, largest, mask, matrices, noise, normal, off_border, off_zero, product, side, softplus_inverse, transposed,
    worst, worst_matrix,
};
use gradus_kernels::linalg::{cholesky, symmetric_eigen};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Error, ErrorKind, Parametrization, Real, Result, Tensor};
use rand_distr::{Beta, ChiSquared, Distribution, StandardNormal};

/// Positive semidefinite matrices, X = VVᵀ with V of n x n.
///
/// A singular member is on the border, and V would keep its rank under any descent: eigenvalues of 0, to rounding, and negative ones start
/// at √ε of the largest.
#[derive(Clone, Copy, Debug, Default)]
pub struct PositiveSemidefinite;

/// Lower triangular matrices with a positive diagonal, L = tril(Y, −1) + diag(ln(1 + e^{Y_ii})). A diagonal of 0 or below starts at √ε.
#[derive(Clone, Copy, Debug, Default)]
pub struct CholeskyFactor;

/// Positive definite matrices, X = LLᵀ with L a [`CholeskyFactor`]. Eigenvalues of 0, to rounding, and negative ones start at √ε of the
/// largest.
#[derive(Clone, Copy, Debug, Default)]
pub struct PositiveDefinite;

/// Correlation matrices (positive definite, diagonal 1): X = LLᵀ with L a [`CholeskyFactor`] whose rows are scaled to length 1.
///
/// A matrix with another diagonal starts from its correlations X_ij/√(X_ii X_jj).
#[derive(Clone, Copy, Debug, Default)]
pub struct Correlation;

fn factor<T: Real>(y: &Tensor<T>) -> Tensor<T> {
    let n = y.shape()[y.rank() - 1];
    y * mask::<T>(n, |i, j| i > j) + y.softplus() * mask::<T>(n, |i, j| i == j)
}

fn gram<T: Real>(l: &Tensor<T>) -> Tensor<T> {
    l.matmul(&l.t())
}

fn symmetric_part(n: usize, a: &[f64]) -> Vec<f64> {
    (0..n * n).map(|k| 0.5 * (a[k] + a[(k % n) * n + k / n])).collect()
}

/// Eigenvalues, and eigenvectors as columns, of the symmetric part.
fn spectrum(who: &str, n: usize, a: &[f64]) -> Result<(Vec<f64>, Vec<f64>)> {
    let (mut values, mut vectors) = (vec![0.0; n], vec![0.0; n * n]);
    symmetric_eigen(n, &symmetric_part(n, a), &mut values, &mut vectors).map_err(data(who))?;
    Ok((values, vectors))
}

/// V with VVᵀ the symmetric part, its eigenvalues off 0.
fn root<T: Real>(n: usize, (values, mut v): (Vec<f64>, Vec<f64>), noise: f64) -> Vec<f64> {
    let top = largest(&values);
    v.iter_mut().enumerate().for_each(|(k, v)| *v *= off_zero::<T>(values[k % n], top, noise).sqrt());
    v
}

/// The leaf of the Cholesky factor of the nearest definite matrix.
fn leaf<T: Real>(who: &str, n: usize, a: &[f64]) -> Result<Vec<f64>> {
    let (mut l, found) = (vec![0.0; n * n], spectrum(who, n, a)?);
    // Cholesky's own rounding wants more than a spectrum's.
    let noise = 10.0 * (n as f64).sqrt() * noise::<T>(n);
    let definite = found.0.iter().all(|v| *v > noise * largest(&found.0).max(0.0));
    let symmetric = if definite {
        symmetric_part(n, a)
    } else {
        let v = root::<T>(n, found, noise);
        product(n, n, n, &v, &transposed(n, n, &v))
    };
    cholesky(n, &symmetric, &mut l).map_err(data(who))?;
    Ok(leaf_of_factor::<T>(n, l))
}

fn leaf_of_factor<T: Real>(n: usize, mut l: Vec<f64>) -> Vec<f64> {
    for k in 0..n * n {
        match (k / n).cmp(&(k % n)) {
            std::cmp::Ordering::Less => l[k] = 0.0,
            std::cmp::Ordering::Equal => l[k] = softplus_inverse(off_border::<T>(l[k])),
            std::cmp::Ordering::Greater => {}
        }
    }
    l
}

/// The largest asymmetry, or the negative of the least eigenvalue.
fn indefinite<T: Real>(x: &Tensor<T>) -> f64 {
    worst_matrix(x, true, |n, _, a| {
        let skew = worst((0..n * n).map(|k| (a[k] - a[(k % n) * n + k / n]).abs()));
        spectrum("", n, a).map_or(f64::NAN, |(v, _)| worst(v.iter().map(|v| -v)).max(skew))
    })
}

/// Lower triangular factors, each row drawn by `row(i, numbers left of the diagonal)`, which answers the diagonal.
fn factors<T: Real>(
    who: &str,
    shape: &[usize],
    mut row: impl FnMut(usize, &mut [f64]) -> Result<f64>,
) -> Result<Tensor<T>> {
    let n = side(who, shape)?;
    matrices(&Tensor::<T>::zeros(shape), n, n, |_| {
        let mut l = vec![0.0; n * n];
        for i in 0..n {
            l[i * n + i] = row(i, &mut l[i * n..i * n + i])?;
        }
        Ok(l)
    })
}

/// The Wishart distribution with n + `more` degrees of freedom, divided by their number, so that the mean is I: LLᵀ with normals below
/// and roots of χ² on the diagonal of L (Bartlett's decomposition; Smith & Hocking 1972).
fn wishart<T: Real>(who: &str, shape: &[usize], more: usize, rng: &mut dyn Rng) -> Result<Tensor<T>> {
    let freedom = (side(who, shape)? + more) as f64;
    let l = factors::<T>(who, shape, |i, left| {
        left.iter_mut().for_each(|x| *x = StandardNormal.sample(rng));
        let chi =
            ChiSquared::new(freedom - i as f64).map_err(|e| Error::new(ErrorKind::Data, format!("{who}: {e}")))?;
        Ok(chi.sample(rng).sqrt())
    })?;
    Ok(gram(&l) * (1.0 / freedom.max(1.0)))
}

/// Uniform among correlation matrices, LKJ(1): row i of L has the length √y left of the diagonal, y ~ Beta(i/2, 1 + (n − 1 − i)/2), in
/// a uniform direction (the onion method, Lewandowski, Kurowicka & Joe 2009).
fn uniform_correlation<T: Real>(shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
    let n = side("correlation", shape)?;
    let l = factors::<T>("correlation", shape, |i, left| {
        if i == 0 {
            return Ok(1.0);
        }
        let law = Beta::new(0.5 * i as f64, 1.0 + 0.5 * (n - 1 - i) as f64);
        let y: f64 = law.map_err(|e| Error::new(ErrorKind::Data, format!("correlation: {e}")))?.sample(rng);
        left.iter_mut().for_each(|x| *x = StandardNormal.sample(rng));
        crate::sphere::onto_sphere(y.sqrt(), left);
        Ok((1.0 - y).sqrt())
    })?;
    Ok(gram(&l))
}

impl<T: Real> Parametrization<T> for PositiveSemidefinite {
    fn name(&self) -> &str {
        "positive semidefinite"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        gram(&y[0])
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let n = side("positive semidefinite", x.shape())?;
        Ok(vec![matrices(x, n, n, |a| Ok(root::<T>(n, spectrum("positive semidefinite", n, a)?, noise::<T>(n))))?])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        indefinite(x)
    }
    /// Wishart with n degrees of freedom and mean I: GGᵀ/n, G of n x n standard normals.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        wishart("positive semidefinite", shape, 0, rng)
    }
}

impl<T: Real> Parametrization<T> for CholeskyFactor {
    fn name(&self) -> &str {
        "Cholesky factor"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        factor(&y[0])
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let n = side("Cholesky factor", x.shape())?;
        Ok(vec![matrices(x, n, n, |a| Ok(leaf_of_factor::<T>(n, a.to_vec())))?])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst_matrix(x, true, |n, _, a| {
            worst((0..n * n).map(|k| match (k / n).cmp(&(k % n)) {
                std::cmp::Ordering::Less => a[k].abs(),
                std::cmp::Ordering::Equal => -a[k],
                std::cmp::Ordering::Greater => 0.0,
            }))
        })
    }
    /// The map of standard normals.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        side("Cholesky factor", shape)?;
        Ok(factor(&normal(shape, rng)))
    }
}

impl<T: Real> Parametrization<T> for PositiveDefinite {
    fn name(&self) -> &str {
        "positive definite"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        gram(&factor(&y[0]))
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let n = side("positive definite", x.shape())?;
        Ok(vec![matrices(x, n, n, |a| leaf::<T>("positive definite", n, a))?])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        indefinite(x)
    }
    /// Wishart with n + 2 degrees of freedom and mean I: further from the border than with n.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        wishart("positive definite", shape, 2, rng)
    }
}

impl<T: Real> Parametrization<T> for Correlation {
    fn name(&self) -> &str {
        "correlation"
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        let l = factor(&y[0]);
        gram(&(&l * l.square().sum_axes(&[-1], true).sqrt().recip()))
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let n = side("correlation", x.shape())?;
        Ok(vec![matrices(x, n, n, |a| {
            let scale: Vec<f64> = (0..n).map(|i| off_border::<T>(a[i * n + i]).sqrt().recip()).collect();
            let c: Vec<f64> = (0..n * n).map(|k| a[k] * scale[k / n] * scale[k % n]).collect();
            leaf::<T>("correlation", n, &c)
        })?])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        worst_matrix(x, true, |n, _, a| worst((0..n).map(|i| (a[i * n + i] - 1.0).abs()))).max(indefinite(x))
    }
    /// Uniform among correlation matrices, LKJ(1).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        uniform_correlation(shape, rng)
    }
}

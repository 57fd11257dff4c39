//! Numbers and matrices in and out of tensors: what right inverses, defects and samples compute with, in f64.

use gradus_kernels::random::{Key, fill_normal, fill_uniform};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Error, ErrorKind, Real, Result, Tensor};

/// Where a map reaches its border only in the limit: a weight on the border, or outside, starts this far inside, in units of the set.
/// √ε leaves the derivative large enough to come back.
pub(crate) fn border<T: Real>() -> f64 {
    T::EPSILON.to_f64().sqrt()
}

/// The distance from a border at which a weight starts: its own where it is inside, however near, else √ε.
pub(crate) fn off_border<T: Real>(distance: f64) -> f64 {
    if distance <= 0.0 { border::<T>() } else { distance }
}

/// σ⁻¹ of where x lies in (a, b); from the ends on, √ε (b − a) inside.
pub(crate) fn logit_within<T: Real>(x: f64, a: f64, b: f64) -> f64 {
    let u = if x <= a {
        border::<T>()
    } else if x >= b {
        1.0 - border::<T>()
    } else {
        return ((x - a) / (b - x)).ln();
    };
    (u / (1.0 - u)).ln()
}

/// The part of a spectrum's largest value, of a matrix with n rows or columns, below which rounding does not tell a small value from 0.
pub(crate) fn noise<T: Real>(n: usize) -> f64 {
    T::EPSILON.to_f64() * n as f64
}

/// A value of a spectrum off the border at 0: itself where it is more than the part `noise` of the largest, else √ε of the largest (√ε
/// where there is nothing else).
pub(crate) fn off_zero<T: Real>(value: f64, largest: f64, noise: f64) -> f64 {
    if value > noise * largest.max(0.0) {
        return value;
    }
    border::<T>() * if largest > 0.0 { largest } else { 1.0 }
}

/// The largest number of a spectrum.
pub(crate) fn largest(spectrum: &[f64]) -> f64 {
    spectrum.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

pub(crate) fn numbers<T: Real>(x: &Tensor<T>) -> Vec<f64> {
    x.to_vec().iter().map(|x| x.to_f64()).collect()
}

pub(crate) fn tensor<T: Real>(shape: &[usize], x: &[f64]) -> Tensor<T> {
    Tensor::build(shape, |out| out.iter_mut().zip(x).for_each(|(o, x)| *o = T::from_f64(*x)))
}

/// f of every number.
pub(crate) fn each<T: Real>(x: &Tensor<T>, f: impl Fn(f64) -> f64) -> Tensor<T> {
    tensor(x.shape(), &numbers(x).into_iter().map(f).collect::<Vec<_>>())
}

/// The largest of the violations f, not a number where one is (`f64::max` passes over it, in either place).
pub(crate) fn worst(violations: impl IntoIterator<Item = f64>) -> f64 {
    violations.into_iter().fold(0.0, |a: f64, b| if a.is_nan() || b <= a { a } else { b })
}

/// f of every row along the last axis.
pub(crate) fn rows<T: Real>(x: &Tensor<T>, mut f: impl FnMut(&mut [f64])) -> Tensor<T> {
    let mut all = numbers(x);
    if let Some(&n) = x.shape().last()
        && n > 0
    {
        all.chunks_exact_mut(n).for_each(&mut f);
    }
    tensor(x.shape(), &all)
}

/// The largest violation f of a row along the last axis.
pub(crate) fn worst_row<T: Real>(x: &Tensor<T>, f: impl Fn(&[f64]) -> f64) -> f64 {
    let n = x.shape().last().map_or(1, |&n| n.max(1));
    worst(numbers(x).chunks_exact(n).map(f))
}

/// Refuses rows without places, for sets that have no member of length 0.
pub(crate) fn not_empty(who: &str, shape: &[usize]) -> Result<()> {
    match shape.last() {
        Some(&n) if n > 0 => Ok(()),
        _ => Err(Error::new(
            ErrorKind::Shape,
            format!("{who}: no member has shape {shape:?}; the last axis must not be empty"),
        )),
    }
}

/// Rows and columns of the matrices in the last two axes.
pub(crate) fn sides(who: &str, shape: &[usize]) -> Result<(usize, usize)> {
    match shape {
        [.., m, n] => Ok((*m, *n)),
        _ => Err(Error::new(ErrorKind::Shape, format!("{who}: needs a matrix, got shape {shape:?}"))),
    }
}

/// The side of the square matrices in the last two axes.
pub(crate) fn side(who: &str, shape: &[usize]) -> Result<usize> {
    match sides(who, shape)? {
        (m, n) if m == n => Ok(n),
        _ => Err(Error::new(ErrorKind::Shape, format!("{who}: the last two axes must be equal, got {shape:?}"))),
    }
}

/// `shape` with other last two axes.
pub(crate) fn with_sides(shape: &[usize], m: usize, n: usize) -> Vec<usize> {
    [&shape[..shape.len() - 2], &[m, n]].concat()
}

/// f of every matrix of a batch, which answers a matrix of m x n.
pub(crate) fn matrices<T: Real>(
    x: &Tensor<T>,
    m: usize,
    n: usize,
    f: impl FnMut(&[f64]) -> Result<Vec<f64>>,
) -> Result<Tensor<T>> {
    let shape = x.shape();
    let size = shape[shape.len() - 2] * shape[shape.len() - 1];
    let parts =
        if size == 0 { Vec::new() } else { numbers(x).chunks_exact(size).map(f).collect::<Result<Vec<_>>>()? };
    Ok(tensor(&with_sides(shape, m, n), &parts.concat()))
}

/// The largest violation f of a matrix of a batch; infinite where x holds no matrices of this kind.
pub(crate) fn worst_matrix<T: Real>(x: &Tensor<T>, square: bool, f: impl Fn(usize, usize, &[f64]) -> f64) -> f64 {
    match sides("", x.shape()) {
        Ok((m, n)) if m == n || !square => worst(numbers(x).chunks_exact((m * n).max(1)).map(|a| f(m, n, a))),
        _ => f64::INFINITY,
    }
}

/// A tensor of 0 and 1: 1 where `keep(i, j)`.
pub(crate) fn mask<T: Real>(n: usize, keep: impl Fn(usize, usize) -> bool) -> Tensor<T> {
    Tensor::build(&[n, n], |out| {
        (0..n * n).for_each(|k| out[k] = if keep(k / n, k % n) { T::ONE } else { T::ZERO });
    })
}

fn key(rng: &mut dyn Rng) -> Key {
    Key::from(u128::from(rng.next_u64()) | u128::from(rng.next_u64()) << 64)
}

/// Independent standard normals.
pub(crate) fn normal<T: Real>(shape: &[usize], rng: &mut dyn Rng) -> Tensor<T> {
    let key = key(rng);
    Tensor::build(shape, |out| fill_normal(key, 0, out))
}

/// Independent uniforms in (0, 1).
pub(crate) fn uniform<T: Real>(shape: &[usize], rng: &mut dyn Rng) -> Tensor<T> {
    let key = key(rng);
    Tensor::build(shape, |out: &mut [T]| {
        fill_uniform(key, 0, out);
        out.iter_mut().for_each(|x| *x = T::from_f64(x.to_f64().max(T::EPSILON.to_f64())));
    })
}

/// ln(eˣ − 1) = x + ln(1 − e⁻ˣ), the inverse of softplus for x > 0.
pub(crate) fn softplus_inverse(x: f64) -> f64 {
    x + (-(-x).exp_m1()).ln()
}

/// What the kernels' errors become.
pub(crate) fn data(who: &str) -> impl Fn(gradus_kernels::linalg::Error) -> Error + '_ {
    move |e| Error::new(ErrorKind::Data, format!("{who}: {e}"))
}

/// A·B of m x k by k x n.
pub(crate) fn product(m: usize, k: usize, n: usize, a: &[f64], b: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; m * n];
    for i in 0..m {
        for l in 0..k {
            let (f, row) = (a[i * k + l], &b[l * n..(l + 1) * n]);
            out[i * n..(i + 1) * n].iter_mut().zip(row).for_each(|(o, b)| *o += f * b);
        }
    }
    out
}

/// Aᵀ of an m x n matrix.
pub(crate) fn transposed(m: usize, n: usize, a: &[f64]) -> Vec<f64> {
    (0..m * n).map(|k| a[(k % m) * n + k / m]).collect()
}

/// The largest entry of |AᵀA − I| for m x n, m ≥ n; of |AAᵀ − I| otherwise.
pub(crate) fn from_orthonormal(m: usize, n: usize, a: &[f64]) -> f64 {
    if m < n {
        return from_orthonormal(n, m, &transposed(m, n, a));
    }
    let gram = product(n, m, n, &transposed(m, n, a), a);
    worst((0..n * n).map(|k| (gram[k] - f64::from(k / n == k % n)).abs()))
}

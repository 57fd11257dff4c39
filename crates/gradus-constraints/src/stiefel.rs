//! Orthogonal matrices.

use gradus_kernels::linalg::{fix_signs, qr_thin};
use gradus_kernels::random::{Key, fill_normal};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Error, ErrorKind, Parametrization, Real, Result, Tensor};

/// Orthogonal square matrices, WᵀW = I: W = B·e^(V − Vᵀ) about a fixed base point B (static trivialisation, Lezcano-Casado 2019).
///
/// V moves within the component of B: the determinant stays what it was when the constraint was attached.
#[derive(Clone, Copy, Debug)]
pub struct Stiefel(());

/// The orthogonal group: [`Stiefel`] for square matrices.
pub type Orthogonal = Stiefel;

impl Stiefel {
    /// W = B·e^(V − Vᵀ).
    #[must_use]
    pub fn expm() -> Self {
        Stiefel(())
    }
}

/// The side of a square matrix.
fn side(shape: &[usize]) -> Result<usize> {
    match shape {
        &[n, m] if n == m => Ok(n),
        _ => Err(Error::new(ErrorKind::Shape, format!("Stiefel::expm: the matrix must be square, got {shape:?}"))),
    }
}

/// The orthogonal factor of the QR factorisation with a positive diagonal of R: W itself where W is orthogonal.
fn orthogonal_factor<T: Real>(n: usize, w: &[T]) -> Vec<T> {
    let (mut q, mut r) = (vec![T::ZERO; n * n], vec![T::ZERO; n * n]);
    qr_thin(n, n, w, &mut q, &mut r);
    fix_signs(n, n, n, &mut q, &mut r);
    q
}

impl<T: Real> Parametrization<T> for Stiefel {
    fn name(&self) -> &str {
        "Stiefel (exponential)"
    }
    fn fixed(&self) -> usize {
        1
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        y[1].matmul(&y[0].skew_expm())
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let n = side(x.shape())?;
        let base = if self.defect(x) <= 100.0 * T::EPSILON.to_f64() * (n as f64).sqrt() {
            x.detach()
        } else {
            Tensor::from_slice(&[n, n], &orthogonal_factor(n, &x.to_vec()))
        };
        Ok(vec![Tensor::zeros(&[n, n]), base])
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        let Ok(n) = side(x.shape()) else { return f64::INFINITY };
        let w: Vec<f64> = x.to_vec().iter().map(|x| x.to_f64()).collect();
        let entry = |i: usize, j: usize| (0..n).map(|k| w[k * n + i] * w[k * n + j]).sum::<f64>() - f64::from(i == j);
        (0..n).flat_map(|i| (0..=i).map(move |j| (i, j))).map(|(i, j)| entry(i, j).abs()).fold(0.0, f64::max)
    }
    /// Haar measure: the orthogonal factor of a normal matrix (Mezzadri 2007).
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        let n = side(shape)?;
        let mut w = vec![T::ZERO; n * n];
        fill_normal(Key::from(u128::from(rng.next_u64()) | u128::from(rng.next_u64()) << 64), 0, &mut w);
        Ok(Tensor::from_slice(shape, &orthogonal_factor(n, &w)))
    }
}

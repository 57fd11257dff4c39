//! Muon: the direction of a matrix, made nearly orthogonal.

use super::{Context, Needs, Transform};
use gradus_kernels::matmul::matmul;
use gradus_kernels::{Real, View};

/// How Muon's rate follows the shape `[n_out, n_in]` of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateMatch {
    /// √max(1, n_out/n_in) (Jordan 2024).
    Original,
    /// 0.2·√max(n_out, n_in): the root mean square of an AdamW step (Liu et al. 2025).
    AdamW,
    /// 1.
    None,
}

/// D ← r·NS(D): some steps of a Newton–Schulz iteration that drives the singular values of D/‖D‖_F towards 1.
///
/// X ← a X + (b X Xᵀ + c (X Xᵀ)²) X, with (a, b, c) chosen for speed at 0: after five steps the singular values lie
/// between about 0.7 and 1.2, not at 1. Computed in the numbers of the leaf (PyTorch computes it in bf16).
/// Source: Jordan 2024, "Muon"; Bernstein & Newhouse 2024.
///
/// # Panics
/// If a leaf is not a matrix: give such leaves another chain.
#[derive(Clone, Copy, Debug)]
pub struct Orthogonalise {
    /// Steps of the iteration; 5 as a rule.
    pub steps: usize,
    /// (a, b, c); [`Orthogonalise::QUINTIC`] as a rule.
    pub coefficients: [f64; 3],
    /// The least norm that is divided by.
    pub eps: f64,
    /// How the rate follows the shape.
    pub rate: RateMatch,
}

impl Orthogonalise {
    /// The coefficients of Jordan 2024.
    pub const QUINTIC: [f64; 3] = [3.4445, -4.7750, 2.0315];
}

impl<T: Real> Transform<T> for Orthogonalise {
    fn name(&self) -> &'static str {
        "muon"
    }

    fn needs(&self) -> Needs {
        Needs::WholeLeaf
    }

    fn check(&self) -> Result<(), String> {
        super::positive("eps", self.eps)
    }

    fn apply(&self, at: &Context<'_>, direction: &mut [T], _: &[T], _: &mut [&mut [T]]) {
        let &[rows, columns] = at.shape else {
            panic!("muon: needs a matrix, got a leaf of shape {:?}; give such leaves another chain", at.shape);
        };
        if direction.is_empty() {
            return;
        }
        let factor = match self.rate {
            RateMatch::Original => (rows as f64 / columns as f64).max(1.0).sqrt(),
            RateMatch::AdamW => 0.2 * (rows.max(columns) as f64).sqrt(),
            RateMatch::None => 1.0,
        };
        let norm = super::lanes::sum_of_squares(direction).sqrt().max(self.eps);
        let wide = rows <= columns;
        let (short, long) = if wide { (rows, columns) } else { (columns, rows) };
        // X is [short, long], so that X Xᵀ is the small one of the two products.
        let turned =
            View { data: direction, shape: &[short, long], strides: if wide { &[long, 1] } else { &[1, short] } };
        let mut x = turned.to_vec();
        x.iter_mut().for_each(|x| *x = T::from_f64(x.to_f64() / norm));
        let mut next = vec![T::ZERO; x.len()];
        let (mut gram, mut poly) = (vec![T::ZERO; short * short], vec![T::ZERO; short * short]);
        let [a, b, c] = self.coefficients.map(T::from_f64);
        for _ in 0..self.steps {
            product(&x, [short, long], [long, 1], &x, [long, short], [1, long], &mut gram);
            product(&gram, [short, short], [short, 1], &gram, [short, short], [short, 1], &mut poly);
            poly.iter_mut().zip(&gram).for_each(|(p, &g)| *p = c * *p + b * g);
            product(&poly, [short, short], [short, 1], &x, [short, long], [long, 1], &mut next);
            next.iter_mut().zip(&x).for_each(|(n, &x)| *n += a * x);
            std::mem::swap(&mut x, &mut next);
        }
        let factor = T::from_f64(factor);
        let back = View { data: &x, shape: at.shape, strides: if wide { &[long, 1] } else { &[1, long] } };
        back.copy_to(direction);
        direction.iter_mut().for_each(|d| *d *= factor);
    }
}

fn product<T: Real>(a: &[T], sa: [usize; 2], ta: [usize; 2], b: &[T], sb: [usize; 2], tb: [usize; 2], out: &mut [T]) {
    let view = |data, shape, strides| View { data, shape, strides };
    matmul(view(a, &sa[..], &ta[..]), view(b, &sb[..], &tb[..]), false, out);
}

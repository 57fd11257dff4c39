//! The matrix exponential and its Fréchet derivative, by Padé approximation, scaling and squaring.
//!
//! Source: Al-Mohy & Higham 2009, "Computing the Fréchet derivative of the matrix exponential": every product X·Y of the
//! method is differentiated as X·dY + dX·Y, so that only n x n products occur.

use super::blocks::{finite, norm_1, square};
use super::error::Error;
use super::lu::{lu_factor, lu_solve};
use crate::buffer::Shared;
use crate::real::Real;

/// How [`expm`] computes: the degree of the diagonal Padé approximant, taken at A/2^squarings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpmPlan {
    /// 3, 5, 7, 9 or 13 (`f32`: 3, 5 or 7).
    pub degree: usize,
    /// How often the result is squared.
    pub squarings: u32,
}

/// Degree and scaling for a matrix of the given 1-norm: backward error of the exponential, and of the derivative where asked,
/// below half a unit in the last place.
///
/// The bounds θ solve Σ|cₖ|θᵏ⁻¹ = u (for the derivative Σ k|cₖ|θᵏ⁻¹ = u) with log(e⁻ˣ r(x)) = Σ cₖxᵏ.
pub fn expm_plan<T: Real>(norm: f64, derivative: bool) -> ExpmPlan {
    let bounds: &[(usize, f64, f64)] = if T::EPSILON.to_f64() > 1e-10 {
        &[(3, 0.4258730, 0.3080330), (5, 1.8801526, 1.4825326), (7, 3.9257248, 3.2486717)]
    } else {
        &[
            (3, 1.4955852179582e-2, 1.0813385777848e-2),
            (5, 2.5393983300632e-1, 1.9980632069789e-1),
            (7, 9.5041789961629e-1, 7.8346084729620e-1),
            (9, 2.0978479612570, 1.7824486239692),
            (13, 5.3719203511481, 4.7403075437667),
        ]
    };
    let mut top = (0, 1.0);
    for &(degree, value, slope) in bounds {
        let bound = if derivative { slope } else { value };
        if norm <= bound {
            return ExpmPlan { degree, squarings: 0 };
        }
        top = (degree, bound);
    }
    let squarings = (norm / top.1).log2().ceil().clamp(1.0, 1100.0) as u32;
    ExpmPlan { degree: top.0, squarings }
}

/// The coefficients b₀ … b_degree of the numerator of the diagonal Padé approximant of eˣ, as whole numbers (the
/// denominator has them with alternating signs).
///
/// # Panics
/// If `degree` is none of 3, 5, 7, 9, 13.
pub fn pade_coefficients(degree: usize) -> &'static [f64] {
    match degree {
        3 => &[120., 60., 12., 1.],
        5 => &[30240., 15120., 3360., 420., 30., 1.],
        7 => &[17297280., 8648640., 1995840., 277200., 25200., 1512., 56., 1.],
        9 => &[17643225600., 8821612800., 2075673600., 302702400., 30270240., 2162160., 110880., 3960., 90., 1.],
        13 => &[
            64764752532480000.,
            32382376266240000.,
            7771770303897600.,
            1187353796428800.,
            129060195264000.,
            10559470521600.,
            670442572800.,
            33522128640.,
            1323241920.,
            40840800.,
            960960.,
            16380.,
            182.,
            1.,
        ],
        _ => panic!("pade_coefficients: degree {degree} is none of 3, 5, 7, 9, 13"),
    }
}

/// out = e^A for any square A (n x n).
///
/// `f64` by degrees 3 to 13, `f32` by degrees 3 to 7; overflow gives infinities as for numbers.
/// Source: Higham 2005, "The scaling and squaring method for the matrix exponential revisited".
///
/// # Errors
/// [`Error::NotFinite`] for entries that are infinite or not numbers.
///
/// # Panics
/// If `a` or `out` has not n² numbers.
pub fn expm<T: Real>(n: usize, a: &[T], out: &mut [T]) -> Result<(), Error> {
    assert_eq!(a.len(), n * n, "expm: a is not {n} x {n}");
    assert_eq!(out.len(), n * n, "expm: out is not {n} x {n}");
    finite("expm", a)?;
    let jet = exponential(n, Jet { n, value: Shared::from_slice(a), slope: None })?;
    out.copy_from_slice(&jet.value);
    Ok(())
}

/// `out_exp` = e^A and `out_frechet` = L(A, E) = d/dt e^(A + tE) at t = 0.
///
/// The gradient of ⟨G, e^A⟩ in A is L(Aᵀ, G).
///
/// # Errors
/// [`Error::NotFinite`] for entries that are infinite or not numbers.
///
/// # Panics
/// If an argument has not n² numbers.
pub fn expm_frechet<T: Real>(
    n: usize,
    a: &[T],
    e: &[T],
    out_exp: &mut [T],
    out_frechet: &mut [T],
) -> Result<(), Error> {
    for x in [a, e, out_exp, out_frechet] {
        assert_eq!(x.len(), n * n, "expm_frechet: an argument is not {n} x {n}");
    }
    finite("expm_frechet", a)?;
    finite("expm_frechet", e)?;
    let jet = exponential(n, Jet { n, value: Shared::from_slice(a), slope: Some(Shared::from_slice(e)) })?;
    out_exp.copy_from_slice(&jet.value);
    out_frechet.copy_from_slice(jet.slope.as_deref().unwrap_or_default());
    Ok(())
}

fn exponential<T: Real>(n: usize, mut a: Jet<T>) -> Result<Jet<T>, Error> {
    let plan = expm_plan::<T>(norm_1(n, &a.value), a.slope.is_some());
    a.scale(T::from_f64(0.5_f64.powi(plan.squarings as i32)));
    let b: Vec<T> = pade_coefficients(plan.degree).iter().map(|&x| T::from_f64(x)).collect();
    let a2 = a.times(&a);
    let mut powers = vec![a2];
    for k in 2..=(plan.degree / 2).min(if plan.degree == 13 { 3 } else { 4 }) {
        let next = powers[(k - 1) / 2].times(&powers[k - 2 - (k - 1) / 2]);
        powers.push(next);
    }
    // odd = Σ b₂ₖ₊₁A²ᵏ and even = Σ b₂ₖA²ᵏ; above A⁶ (degree 13) the rest is A⁶ times a like sum.
    let part = |first: usize| {
        let pick =
            |from: usize| -> Vec<T> { (0..4).map(|k| b.get(from + 2 * k).copied().unwrap_or(T::ZERO)).collect() };
        if plan.degree < 13 {
            return combine(n, b[first], &(1..=plan.degree / 2).map(|k| b[2 * k + first]).collect::<Vec<_>>(), &powers);
        }
        let high = combine(n, T::ZERO, &pick(first + 8)[..3], &powers);
        let mut sum = powers[2].times(&high);
        sum.add(T::ONE, &combine(n, b[first], &pick(first + 2)[..3], &powers));
        sum
    };
    let (odd, even) = (a.times(&part(1)), part(0));
    // (even − odd)·R = even + odd, and for the slopes (even − odd)·dR = d(even + odd) − d(even − odd)·R.
    let (mut right, mut left) = (even.copy(), even);
    right.add(T::ONE, &odd);
    left.add(-T::ONE, &odd);
    let mut pivots = vec![0; n];
    let lu = left.value.get_mut().unwrap_or_default();
    lu_factor(n, lu, &mut pivots).map_err(|e| e.of("expm"))?;
    lu_solve(n, n, lu, &pivots, right.value.get_mut().unwrap_or_default()).map_err(|e| e.of("expm"))?;
    if let (Some(slope), Some(d)) = (&mut right.slope, &mut left.slope) {
        let slope = slope.get_mut().unwrap_or_default();
        d.get_mut().unwrap_or_default().iter_mut().for_each(|x| *x = -*x);
        square(n, d, &right.value, true, slope);
        lu_solve(n, n, lu, &pivots, slope).map_err(|e| e.of("expm"))?;
    }
    for _ in 0..plan.squarings {
        right = right.times(&right);
    }
    Ok(right)
}

/// A matrix and, where a derivative is asked for, its slope along the direction.
struct Jet<T: Real> {
    n: usize,
    value: Shared<T>,
    slope: Option<Shared<T>>,
}

impl<T: Real> Jet<T> {
    fn copy(&self) -> Self {
        Jet {
            n: self.n,
            value: Shared::from_slice(&self.value),
            slope: self.slope.as_ref().map(|s| Shared::from_slice(s)),
        }
    }

    fn parts_mut(&mut self) -> impl Iterator<Item = &mut [T]> {
        [Some(&mut self.value), self.slope.as_mut()].into_iter().flatten().filter_map(Shared::get_mut)
    }

    fn parts(&self) -> impl Iterator<Item = &[T]> {
        [Some(&self.value), self.slope.as_ref()].into_iter().flatten().map(|x| &**x)
    }

    fn scale(&mut self, c: T) {
        self.parts_mut().for_each(|x| x.iter_mut().for_each(|x| *x *= c));
    }

    /// self += c·other.
    fn add(&mut self, c: T, other: &Self) {
        for (x, y) in self.parts_mut().zip(other.parts()) {
            x.iter_mut().zip(y).for_each(|(x, &y)| *x += c * y);
        }
    }

    fn times(&self, other: &Self) -> Self {
        let n = self.n;
        let mut value = Shared::stale(n * n);
        square(n, &self.value, &other.value, false, value.get_mut().unwrap_or_default());
        let slope = self.slope.as_ref().zip(other.slope.as_ref()).map(|(dx, dy)| {
            let mut slope = Shared::stale(n * n);
            let out = slope.get_mut().unwrap_or_default();
            square(n, &self.value, dy, false, out);
            square(n, dx, &other.value, true, out);
            slope
        });
        Jet { n, value, slope }
    }
}

/// c·I + Σ coefficientsₖ·powersₖ.
fn combine<T: Real>(n: usize, c: T, coefficients: &[T], powers: &[Jet<T>]) -> Jet<T> {
    let mut sum = powers[0].copy();
    sum.scale(coefficients[0]);
    for (&b, p) in coefficients.iter().zip(powers).skip(1) {
        sum.add(b, p);
    }
    if let Some(x) = sum.value.get_mut() {
        x.iter_mut().step_by(n + 1).for_each(|x| *x += c);
    }
    sum
}

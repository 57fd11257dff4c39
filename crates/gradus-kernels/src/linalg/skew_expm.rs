//! The exponential of a skew matrix, a rotation: e^(V − Vᵀ) for any V.
//!
//! A = V − Vᵀ is normal, so its 2-norm decides the effort: far less than the 1-norm that serves general matrices. The bound
//! ‖A‖₂ ≤ (‖A⁴‖_F/√2)^¼ is safe (eigenvalues come in pairs ±iλ) and free, since A⁴ is needed anyway. The exponential is two
//! polynomials in A² ([`chebyshev`](super::chebyshev)); every product is symmetric or skew, so half of it suffices. Compared
//! with a Padé approximant of the same accuracy there is no system to solve, so nothing can be singular.

use super::blocks::{dot, finite};
use super::chebyshev::{Series, most_powers};
use super::error::Error;
use super::halves::{Kind, Product, combine};
use super::polar::nearest;
use crate::buffer::Shared;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};

/// How many numbers [`skew_expm`] leaves for `skew_expm_pull`: A/b, S/b and the powers T₁ … (at most 5 in `f32`, 8 in `f64`).
pub fn skew_expm_aux_len<T: Real>(n: usize) -> usize {
    HEADER + (most_powers::<T>() + 2) * n * n
}

pub(super) const HEADER: usize = 16;

/// out = e^(V − Vᵀ), orthogonal with determinant 1.
///
/// V is n x n; `aux` receives what the gradient reuses. The largest entry of |QᵀQ − I| stays below 20·ε·√n for any norm.
///
/// # Errors
/// [`Error::NotFinite`] for entries that are infinite or not numbers.
///
/// # Panics
/// If `v` or `out` has not n² numbers or `aux` not [`skew_expm_aux_len`].
pub fn skew_expm<T: Real>(n: usize, v: &[T], out: &mut [T], aux: &mut [T]) -> Result<(), Error> {
    assert_eq!(v.len(), n * n, "skew_expm: v is not {n} x {n}");
    assert_eq!(out.len(), n * n, "skew_expm: out is not {n} x {n}");
    assert_eq!(aux.len(), skew_expm_aux_len::<T>(n), "skew_expm: aux has another length than skew_expm_aux_len");
    let mut parts = Parts::split(n, aux);
    skew(n, v, parts.a);
    finite("skew_expm", parts.a)?;
    let length = frobenius(parts.a) / std::f64::consts::SQRT_2;
    parts.header.fill(T::ZERO);
    out.fill(T::ZERO);
    out.iter_mut().step_by(n + 1).for_each(|x| *x = T::ONE);
    if n < 2 || length == 0.0 {
        return Ok(());
    }
    let (series, norm) = parts.start(n, length);
    if !norm.is_finite() {
        return Err(Error::NotFinite { what: "skew_expm", at: 0 });
    }
    parts.header[..5].copy_from_slice(&[
        T::from_usize(series.powers),
        T::from_usize(series.degree()),
        T::from_usize(series.squarings as usize),
        T::ONE,
        T::from_f64(norm),
    ]);
    parts.powers(n, series.powers);
    let mut s = Shared::stale(n * n);
    let s = s.get_mut().unwrap_or_default();
    parts.circle(n, &series, out, s, series.squarings == 0);
    if series.squarings > 0 {
        double(n, series.squarings, out, s, |_, _, _| {});
        out.iter_mut().zip(&*s).for_each(|(c, &s)| *c += s);
        nearest(n, out, s);
    }
    Ok(())
}

/// The aux buffer: what the plan was, A/b, S/b, and T₁, T₂, ….
pub(super) struct Parts<'a, T> {
    pub(super) header: &'a mut [T],
    pub(super) a: &'a mut [T],
    pub(super) sine: &'a mut [T],
    pub(super) t: &'a mut [T],
}

impl<'a, T: Real> Parts<'a, T> {
    pub(super) fn split(n: usize, aux: &'a mut [T]) -> Self {
        let (header, rest) = aux.split_at_mut(HEADER);
        let (a, rest) = rest.split_at_mut(n * n);
        let (sine, t) = rest.split_at_mut(n * n);
        Parts { header, a, sine, t }
    }

    /// Scales A by its norm, leaves T₁ (and T₂ where it will be used), and plans. `length` bounds the norm.
    fn start(&mut self, n: usize, length: f64) -> (Series, f64) {
        // In two steps, since the reciprocal of a tiny length would overflow.
        let unit = T::from_f64(length.sqrt());
        let inverse = T::ONE / unit;
        self.a.iter_mut().for_each(|x| *x = *x * inverse * inverse);
        let length = (unit.to_f64()) * unit.to_f64();
        let (t1, t2) = self.t.split_at_mut(n * n);
        let t2 = &mut t2[..n * n];
        Product::new(n, Kind::Symmetric, &[(self.a, self.a)]).write(t1);
        // A margin for the rounding of the products.
        let margin = 1.0 + 4.0 * T::EPSILON.to_f64() * (n as f64).sqrt();
        let bound = |x: &[T], root: f64| margin * (frobenius(x) / std::f64::consts::SQRT_2).powf(root);
        let mut rho = bound(t1, 0.5);
        let mut series = Series::new::<T>(length * rho);
        let fourth = series.powers > 1 || series.squarings > 0;
        if fourth {
            Product::new(n, Kind::Symmetric, &[(t1, t1)]).write(t2);
            rho = rho.min(bound(t2, 0.25));
            series = Series::new::<T>(length * rho);
        }
        // A/norm, T₁ = −2(A/norm)² − I and T₂ = 2T₁² − I = 8(A/norm)⁴ + 8(A/norm)² + I.
        let (r1, r2) = (T::from_f64(1.0 / rho), T::from_f64(1.0 / (rho * rho)));
        self.a.iter_mut().for_each(|x| *x *= r1);
        if fourth {
            let eight = T::from_f64(8.0);
            t2.iter_mut().zip(&*t1).for_each(|(x, &b)| *x = eight * (*x * r2 + b) * r2);
            t2.iter_mut().step_by(n + 1).for_each(|x| *x += T::ONE);
        }
        t1.iter_mut().for_each(|x| *x *= r2 * T::from_f64(-2.0));
        t1.iter_mut().step_by(n + 1).for_each(|x| *x -= T::ONE);
        let norm = T::from_f64(length * rho).to_f64();
        (Series::with(norm, series.powers, series.degree(), series.squarings), norm)
    }

    /// T₃ … Tₚ by T₂ₖ = 2TₖTₖ − I and T₂ₖ₊₁ = 2Tₖ₊₁Tₖ − T₁.
    fn powers(&mut self, n: usize, p: usize) {
        for k in 3..=p {
            let (done, rest) = self.t.split_at_mut((k - 1) * n * n);
            let power = |k: usize| &done[(k - 1) * n * n..k * n * n];
            let (x, y) = (power(k.div_ceil(2)), power(k / 2));
            let odd = [(-T::ONE, power(1))];
            Product {
                factor: T::from_f64(2.0),
                plus: if k % 2 == 1 { &odd } else { &[] },
                shift: if k % 2 == 1 { T::ZERO } else { -T::ONE },
                ..Product::new(n, Kind::Symmetric, &[(x, y)])
            }
            .write(&mut rest[..n * n]);
        }
    }

    /// The cosine part in `c` and the sine part A·S in `s`, or both summed in `c` where `together`. Keeps S/b.
    pub(super) fn circle(&mut self, n: usize, series: &Series, c: &mut [T], s: &mut [T], together: bool) {
        let p = series.powers;
        let t: Vec<&[T]> = self.t.chunks_exact(n * n).take(p).collect();
        let [cos, sin] = series.halves::<T>([1.0, 1.0 / series.scaled]);
        if cos.high.is_empty() {
            combine(n, [&cos.low, &sin.low], &t, [c, self.sine]);
        } else {
            let mut high = Shared::stale(n * n);
            let high = high.get_mut().unwrap_or_default();
            combine(n, [&cos.high, &sin.high], &t, [high, s]);
            for (low, high, out) in [(&cos.low, &*high, &mut *c), (&sin.low, &*s, &mut *self.sine)] {
                let plus: Vec<(T, &[T])> = low[1..].iter().copied().zip(t.iter().copied()).collect();
                Product { plus: &plus, shift: low[0], ..Product::new(n, Kind::Symmetric, &[(t[p - 1], high)]) }
                    .write(out);
            }
        }
        let terms = [(&*self.a, &*self.sine)];
        let factor = T::from_f64(series.scaled);
        Product { factor, add: together, ..Product::new(n, Kind::Skew, &terms) }.write(if together { c } else { s });
    }
}

/// cos 2x = cos²x − sin²x and sin 2x = 2 sin x cos x, `times` over; `each` sees (index, cos, sin) before each.
/// Not 2cos²x − 1: that multiplies the error by four each time, this by two.
pub(super) fn double<T: Real>(n: usize, times: u32, c: &mut [T], s: &mut [T], mut each: impl FnMut(usize, &[T], &[T])) {
    let two = T::from_f64(2.0);
    let mut next = Shared::stale(2 * n * n);
    let (next_c, next_s) = next.get_mut().unwrap_or_default().split_at_mut(n * n);
    for k in 0..times {
        each(k as usize, c, s);
        Product { factor: two, ..Product::new(n, Kind::Skew, &[(s, c)]) }.write(next_s);
        Product::new(n, Kind::Symmetric, &[(c, c), (s, s)]).write(next_c);
        c.copy_from_slice(next_c);
        s.copy_from_slice(next_s);
    }
}

/// out = V − Vᵀ, in tiles that are turned on the stack.
pub(super) fn skew<T: Real>(n: usize, v: &[T], out: &mut [T]) {
    struct Run<'a, T>(usize, &'a [T], &'a mut [T]);
    impl<T: Real> Kernel for Run<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, _: S) {
            let Run(n, v, out) = self;
            for i0 in (0..n).step_by(TILE) {
                for j0 in (0..n).step_by(TILE) {
                    let (h, w) = (TILE.min(n - i0), TILE.min(n - j0));
                    let mut turned = [[T::ZERO; TILE]; TILE];
                    for j in 0..w {
                        for (i, &x) in v[(j0 + j) * n + i0..][..h].iter().enumerate() {
                            turned[i][j] = x;
                        }
                    }
                    for (i, turned) in turned.iter().enumerate().take(h) {
                        let at = (i0 + i) * n + j0;
                        let (x, y) = (&v[at..at + w], &mut out[at..at + w]);
                        for j in 0..w {
                            y[j] = x[j] - turned[j];
                        }
                    }
                }
            }
        }
    }
    const TILE: usize = 16;
    simd(Run(n, v, out));
}

/// The Frobenius norm, without overflow: in units of the largest entry where the squares might leave the range.
fn frobenius<T: Real>(x: &[T]) -> f64 {
    struct Run<'a, T>(&'a [T], T);
    impl<T: Real> Kernel for Run<'_, T> {
        type Output = f64;
        #[inline(always)]
        fn run<S: Isa>(self, s: S) -> f64 {
            let Run(x, unit) = self;
            let mut sum = 0.0;
            for x in x.chunks(512) {
                if unit == T::ONE {
                    sum += dot(s, x, x).to_f64();
                } else {
                    sum += x.iter().fold(T::ZERO, |s, &x| s + (x / unit) * (x / unit)).to_f64();
                }
            }
            unit.to_f64() * sum.sqrt()
        }
    }
    let plain = simd(Run(x, T::ONE));
    // Squares of about ε² of the largest may be lost below; what is lost must not matter.
    let (low, high) = (T::MIN_POSITIVE.to_f64().sqrt() / T::EPSILON.to_f64(), T::MAX.to_f64().sqrt() / 512.0);
    if plain > low && plain < high {
        return plain;
    }
    let largest = x.iter().fold(T::ZERO, |m, x| if x.abs() > m { x.abs() } else { m });
    if largest == T::ZERO { 0.0 } else { simd(Run(x, largest)) }
}

//! The exponential of a skew matrix as two polynomials in its square: coefficients, and how many products to spend.
//!
//! A skew A with ‖A‖₂ ≤ b has eigenvalues i·b·s with −1 ≤ s ≤ 1, and t = 2s² − 1 is an eigenvalue of T₁ = −2(A/b)² − I.
//! By Jacobi and Anger cos(bs) = J₀(b) + 2 Σ (−1)ᵏ J₂ₖ(b) Tₖ(t) and sin(bs) = 2s Σ (−1)ᵏ J₂ₖ₊₁(b) Wₖ(t) with
//! Wₖ = 2Tₖ − Wₖ₋₁, W₀ = 1 (Abramowitz & Stegun 9.1.44 to 9.1.47). The coefficients are bounded by 2 and fall faster than
//! any power beyond 2k = b: nothing cancels, and no system need be solved.

use crate::real::Real;

/// The largest number of matrices T₁ … Tₚ that a plan uses.
pub(super) fn most_powers<T: Real>() -> usize {
    if single::<T>() { 5 } else { 8 }
}

fn single<T: Real>() -> bool {
    T::EPSILON.to_f64() > 1e-10
}

/// e^A = C + (A/norm)·S, squared `squarings` times, with C and S polynomials in T₁.
#[derive(Clone, Debug)]
pub(super) struct Series {
    /// T₁ … Tₚ are formed.
    pub(super) powers: usize,
    /// How often the result is squared.
    pub(super) squarings: u32,
    /// The bound that the coefficients belong to: that of the norm, over 2^squarings.
    pub(super) scaled: f64,
    /// C = Σ cosine[k]·Tₖ.
    pub(super) cosine: Vec<f64>,
    /// S = Σ sine[k]·Tₖ.
    pub(super) sine: Vec<f64>,
}

/// A polynomial of degree ≤ 2p as low + Tₚ·high, low of degree < p (≤ p where high is absent) and high of degree ≤ p.
#[derive(Clone, Debug)]
pub(super) struct Halves<T> {
    pub(super) low: Vec<T>,
    pub(super) high: Vec<T>,
}

impl Series {
    /// The cheapest series for ‖A‖₂ ≤ `norm`. Products of half a matrix: p to form the powers, two more where the polynomials
    /// have degree 2p, one for A·S, three a squaring.
    pub(super) fn new<T: Real>(norm: f64) -> Self {
        let most = most_powers::<T>();
        let first = if norm > 10.0 { (norm / 10.0).log2().ceil() as u32 } else { 0 };
        let mut best = (usize::MAX, 1, 2, first);
        for squarings in first..first + 3 {
            let bessel = Bessel::new(norm * 0.5f64.powi(squarings as i32), 4 * most + 2);
            // (powers, degree, halves): the polynomials themselves up to degree 3, then low + Tₚ·high.
            let direct = (1..=3).map(|p| (p, p, p + 1));
            let split = (2..=most).map(|p| (p, 2 * p, p + 3));
            let fits = direct.chain(split).find(|o| bessel.tail(2 * o.1 + 2) <= T::EPSILON.to_f64() / 2.0);
            let Some((powers, degree, halves)) = fits else { continue };
            let cost = halves + 3 * (squarings - first) as usize;
            if cost < best.0 {
                best = (cost, powers, degree, squarings);
            }
        }
        let (_, powers, degree, squarings) = best;
        Self::with(norm, powers, degree, squarings)
    }

    /// The series of a plan made before.
    pub(super) fn with(norm: f64, powers: usize, degree: usize, squarings: u32) -> Self {
        let scaled = norm * 0.5f64.powi(squarings as i32);
        let j = Bessel::new(scaled, 2 * degree + 1).values;
        let sign = |k: usize| if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        let cosine = (0..=degree).map(|k| if k == 0 { j[0] } else { 2.0 * sign(k) * j[2 * k] }).collect();
        // Σ dₖWₖ = Σ eₖTₖ with eₖ = 2 Σ_{i ≥ k} (−1)^(i − k) dᵢ, half of that for k = 0; summed from the small end.
        let (mut sine, mut sum) = (vec![0.0; degree + 1], 0.0);
        for k in (0..=degree).rev() {
            sum = 2.0 * sign(k) * j[2 * k + 1] - sum;
            sine[k] = if k == 0 { sum } else { 2.0 * sum };
        }
        Series { powers, squarings, scaled, cosine, sine }
    }

    /// The polynomials' degree.
    pub(super) fn degree(&self) -> usize {
        self.cosine.len() - 1
    }

    /// C and S, multiplied by the factors, in two parts: TₚTₖ = (Tₚ₊ₖ + Tₚ₋ₖ)/2.
    pub(super) fn halves<T: Real>(&self, factors: [f64; 2]) -> [Halves<T>; 2] {
        let p = self.powers;
        [(&self.cosine, factors[0]), (&self.sine, factors[1])].map(|(c, factor)| {
            let number = |x: f64| T::from_f64(x * factor);
            if c.len() == p + 1 {
                return Halves { low: c.iter().map(|&x| number(x)).collect(), high: Vec::new() };
            }
            let low = (0..p).map(|k| number(c[k] - c[2 * p - k])).collect();
            let high = (0..=p).map(|k| number(if k == 0 { c[p] } else { 2.0 * c[p + k] })).collect();
            Halves { low, high }
        })
    }
}

/// J₀(b) … and what the terms beyond amount to.
struct Bessel {
    b: f64,
    values: Vec<f64>,
    beyond: Vec<f64>,
}

impl Bessel {
    /// By Miller's backward recurrence Jₖ₋₁ = (2k/b)Jₖ − Jₖ₊₁, scaled by J₀ + 2 Σ J₂ₖ = 1.
    fn new(b: f64, top: usize) -> Self {
        let mut j = vec![0.0; top + 30 + b as usize];
        let n = j.len();
        if b < 1e-60 {
            (j[0], j[1]) = (1.0, b / 2.0);
        } else {
            j[n - 2] = 1e-280;
            for k in (1..n - 1).rev() {
                j[k - 1] = 2.0 * k as f64 / b * j[k] - j[k + 1];
                if j[k - 1].abs() > 1e200 {
                    j[k - 1..].iter_mut().for_each(|x| *x *= 1e-200);
                }
            }
            let sum = j[0] + 2.0 * j.iter().skip(2).step_by(2).sum::<f64>();
            j.iter_mut().for_each(|x| *x /= sum);
        }
        let beyond = j.split_off(top + 1);
        Bessel { b, values: j, beyond }
    }

    /// Bounds what the terms from order k on can change in e^A and, by their weight k, in its derivative.
    fn tail(&self, from: usize) -> f64 {
        let all = self.values.iter().chain(&self.beyond).enumerate().skip(from);
        all.map(|(k, x)| 2.0 * k as f64 * x.abs()).sum::<f64>() / self.b.max(1.0)
    }
}

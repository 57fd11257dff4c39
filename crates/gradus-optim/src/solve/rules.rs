//! Step rules: how α_k of w_{k+1} = w_k − α_k ∇F(w_k) is chosen.

use super::space::dot;
use crate::error::Error;
use crate::schedule::{Clock, Schedule};

/// The ray w − α∇F of one iteration.
pub struct Ray<'a> {
    /// k, from 0.
    pub iteration: u64,
    /// F(w).
    pub value: f64,
    /// ∇F(w).
    pub gradient: &'a [f64],
    /// w_k − w_{k−1} and ∇F_k − ∇F_{k−1}; `None` at the first iteration.
    pub last: Option<(&'a [f64], &'a [f64])>,
    /// F(w − α∇F) for an α.
    pub trial: &'a mut dyn FnMut(f64) -> Result<f64, Error>,
}

/// A rule for α_k.
pub trait StepRule {
    /// α for this iteration; `None` if no α lowers F enough.
    ///
    /// # Errors
    /// If the risk cannot be evaluated.
    fn rate(&mut self, ray: Ray<'_>) -> Result<Option<f64>, Error>;
}

impl<S: StepRule + ?Sized> StepRule for Box<S> {
    fn rate(&mut self, ray: Ray<'_>) -> Result<Option<f64>, Error> {
        (**self).rate(ray)
    }
}

/// α_k = α.
#[derive(Clone, Copy, Debug)]
pub struct Fixed(
    /// α.
    pub f64,
);

impl StepRule for Fixed {
    fn rate(&mut self, _: Ray<'_>) -> Result<Option<f64>, Error> {
        Ok(Some(self.0))
    }
}

/// α_k = α·s(k) with a [`Schedule`]: 1/k, 1/√k, polynomial, exponential, cosine, warm-up.
pub struct Scheduled {
    rate: f64,
    schedule: Box<dyn Schedule>,
}

impl Scheduled {
    /// α and s.
    pub fn new(rate: f64, schedule: impl Schedule + 'static) -> Self {
        Scheduled { rate, schedule: Box::new(schedule) }
    }
}

impl StepRule for Scheduled {
    fn rate(&mut self, ray: Ray<'_>) -> Result<Option<f64>, Error> {
        Ok(Some(self.rate * self.schedule.at(Clock::at_step(ray.iteration))))
    }
}

/// Backtracking: the first of α, βα, β²α, … with F(w − α∇F) ≤ F(w) − c α‖∇F‖².
///
/// It starts from the last accepted α divided by β, so that the rate can grow again. Source: Armijo 1966;
/// Nocedal & Wright 2006, algorithm 3.1.
#[derive(Clone, Copy, Debug)]
pub struct Armijo {
    /// The first α that is tried at all; 1.
    pub start: f64,
    /// β, in (0, 1); ½.
    pub shrink: f64,
    /// c, in (0, 1); 10⁻⁴.
    pub decrease: f64,
    last: Option<f64>,
}

impl Default for Armijo {
    fn default() -> Self {
        Armijo { start: 1.0, shrink: 0.5, decrease: 1e-4, last: None }
    }
}

impl Armijo {
    /// Starts with this α.
    #[must_use]
    pub fn start(self, start: f64) -> Self {
        Armijo { start, ..self }
    }
}

impl StepRule for Armijo {
    fn rate(&mut self, ray: Ray<'_>) -> Result<Option<f64>, Error> {
        let first = self.last.map_or(self.start, |last| last / self.shrink);
        let found =
            backtrack(ray.value, dot(ray.gradient, ray.gradient), first, self.shrink, self.decrease, ray.trial)?;
        self.last = found.or(self.last);
        Ok(found)
    }
}

/// Backtracks from `first` until F(α) ≤ `from` − c α `slope`; a trial that is not finite counts as too high.
fn backtrack(
    from: f64,
    slope: f64,
    first: f64,
    shrink: f64,
    decrease: f64,
    trial: &mut dyn FnMut(f64) -> Result<f64, Error>,
) -> Result<Option<f64>, Error> {
    let mut rate = first;
    for _ in 0..200 {
        let value = trial(rate)?;
        if value <= from - decrease * rate * slope {
            return Ok(Some(rate));
        }
        rate *= shrink;
    }
    Ok(None)
}

/// α_k = ⟨s, s⟩/⟨s, y⟩ with s = Δw, y = Δ∇F of the last step, made safe by a backtracking that allows F to rise above F_k but
/// not above the largest of the last ten values.
///
/// Sources: Barzilai & Borwein 1988, eq. 5; Grippo, Lampariello & Lucidi 1986; Raydan 1997.
#[derive(Clone, Debug)]
pub struct BarzilaiBorwein {
    first: f64,
    short: bool,
    recent: Vec<f64>,
}

/// How many values the largest is taken of.
const MEMORY: usize = 10;

impl BarzilaiBorwein {
    /// The first step has the rate α₀.
    pub fn new(first: f64) -> Self {
        BarzilaiBorwein { first, short: false, recent: Vec::new() }
    }

    /// α_k = ⟨s, y⟩/⟨y, y⟩, the shorter of the two.
    #[must_use]
    pub fn short(self) -> Self {
        BarzilaiBorwein { short: true, ..self }
    }
}

impl StepRule for BarzilaiBorwein {
    fn rate(&mut self, ray: Ray<'_>) -> Result<Option<f64>, Error> {
        if self.recent.len() == MEMORY {
            self.recent.remove(0);
        }
        self.recent.push(ray.value);
        let highest = self.recent.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let rate = match ray.last {
            None => self.first,
            Some((s, y)) => {
                let sy = dot(s, y);
                // Where F is not convex along s there is no such α; then the longest that the memory of this run allows.
                let rate = if self.short { sy / dot(y, y) } else { dot(s, s) / sy };
                if sy > 0.0 && rate.is_finite() { rate } else { self.first }
            }
        };
        backtrack(highest, dot(ray.gradient, ray.gradient), rate, 0.5, 1e-4, ray.trial)
    }
}

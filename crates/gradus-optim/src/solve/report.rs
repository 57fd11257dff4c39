//! When a solver stops, and what it reports.

use crate::error::{Error, Kind};
use std::fmt;

/// A reason to stop; a solver stops at the first that holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stop {
    /// ‖∇F‖₂ ≤ this.
    GradientNorm(f64),
    /// |F_{k+1} − F_k| ≤ this · max(|F_k|, |F_{k+1}|).
    RelativeChange(f64),
    /// ‖w_{k+1} − w_k‖₂ ≤ this.
    Moved(f64),
    /// F ≤ this.
    Value(f64),
    /// So many iterations are done.
    Iterations(u64),
    /// F was evaluated so often (with or without its gradient).
    Evaluations(u64),
}

/// Why a solver stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// One of the [`Stop`]s that were asked held.
    Met(Stop),
    /// No step along a descent direction lowers F any more: the limit of the number type.
    NoProgress,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Evaluations of F without its gradient.
    pub values: u64,
    /// Evaluations of F with its gradient.
    pub gradients: u64,
    /// Products of a Hessian or Gauss-Newton matrix with a vector.
    pub products: u64,
}

/// One point of the curve of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// The number of the iteration; 0 is the start.
    pub iteration: u64,
    /// F.
    pub value: f64,
    /// ‖∇F‖₂.
    pub gradient_norm: f64,
    /// α of the step that led here.
    pub rate: f64,
    /// ‖Δw‖₂ of that step.
    pub moved: f64,
}

/// How a run went.
#[derive(Clone, Debug)]
pub struct Report {
    /// Why it stopped.
    pub reason: Reason,
    /// Iterations done.
    pub iterations: u64,
    /// F at the end.
    pub value: f64,
    /// ‖∇F‖₂ at the end.
    pub gradient_norm: f64,
    /// What it cost.
    pub counts: Counts,
    /// F, ‖∇F‖ and the step of every iteration.
    pub curve: Vec<Record>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} iterations: ", self.iterations)?;
        match self.reason {
            Reason::Met(Stop::GradientNorm(limit)) => write!(f, "‖∇F‖ = {:.3e} ≤ {limit:e}", self.gradient_norm)?,
            Reason::Met(Stop::RelativeChange(limit)) => write!(f, "relative change of F ≤ {limit:e}")?,
            Reason::Met(Stop::Moved(limit)) => write!(f, "‖Δw‖ ≤ {limit:e}")?,
            Reason::Met(Stop::Value(limit)) => write!(f, "F ≤ {limit:e}")?,
            Reason::Met(Stop::Iterations(limit)) => write!(f, "budget of {limit} iterations spent")?,
            Reason::Met(Stop::Evaluations(limit)) => write!(f, "budget of {limit} evaluations spent")?,
            Reason::NoProgress => write!(f, "no step lowers F any more")?,
        }
        let Counts { values, gradients, products } = self.counts;
        write!(
            f,
            "; F = {:.9e}, ‖∇F‖ = {:.3e}; {values} values, {gradients} gradients",
            self.value, self.gradient_norm
        )?;
        if products > 0 { write!(f, ", {products} matrix products") } else { Ok(()) }
    }
}

/// Iterations that a run without a budget gets.
const BUDGET: u64 = 10_000;

/// Follows a run and says when to stop.
#[derive(Debug)]
pub(super) struct Watch {
    stops: Vec<Stop>,
    curve: Vec<Record>,
}

impl Watch {
    pub(super) fn new(who: &str, stops: &[Stop]) -> Result<Self, Error> {
        for stop in stops {
            if let Stop::GradientNorm(x) | Stop::RelativeChange(x) | Stop::Moved(x) = stop
                && (x.is_nan() || *x < 0.0)
            {
                let why = format!("{who}: the limit of {stop:?} must be at least 0");
                return Err(Error::new(Kind::HyperParameter, why));
            }
        }
        let mut stops = stops.to_vec();
        if !stops.iter().any(|s| matches!(s, Stop::Iterations(_) | Stop::Evaluations(_))) {
            stops.push(Stop::Iterations(BUDGET));
        }
        Ok(Watch { stops, curve: Vec::new() })
    }

    /// Takes a point down; the reason to stop there, if there is one.
    pub(super) fn at(
        &mut self,
        value: f64,
        gradient_norm: f64,
        rate: f64,
        moved: f64,
        counts: Counts,
    ) -> Option<Reason> {
        let iteration = self.curve.len() as u64;
        let before = self.curve.last().map(|r| r.value);
        self.curve.push(Record { iteration, value, gradient_norm, rate, moved });
        let met = |stop: &&Stop| match **stop {
            Stop::GradientNorm(limit) => gradient_norm <= limit,
            Stop::RelativeChange(limit) => {
                before.is_some_and(|b| (value - b).abs() <= limit * value.abs().max(b.abs()))
            }
            Stop::Moved(limit) => before.is_some() && moved <= limit,
            Stop::Value(limit) => value <= limit,
            Stop::Iterations(limit) => iteration >= limit,
            Stop::Evaluations(limit) => counts.values + counts.gradients >= limit,
        };
        self.stops.iter().find(met).map(|s| Reason::Met(*s))
    }

    /// [`at`](Self::at) of a method that lowers one function: it ends, too, where the gradient is 0, and where a step moved nothing (`moved`
    /// is `None` at the start).
    pub(super) fn lowering(
        &mut self,
        value: f64,
        gradient: &[f64],
        rate: f64,
        moved: Option<f64>,
        counts: Counts,
    ) -> Option<Reason> {
        let still = gradient.iter().all(|g| *g == 0.0) || moved == Some(0.0);
        let norm = super::space::norm(gradient);
        self.at(value, norm, rate, moved.unwrap_or(0.0), counts).or(still.then_some(Reason::NoProgress))
    }

    /// F and the iteration of the last point.
    pub(super) fn last(&self) -> Option<&Record> {
        self.curve.last()
    }

    pub(super) fn report(self, reason: Reason, counts: Counts) -> Report {
        let (value, gradient_norm) = self.curve.last().map_or((f64::NAN, f64::NAN), |r| (r.value, r.gradient_norm));
        let iterations = self.curve.len().saturating_sub(1) as u64;
        Report { reason, iterations, value, gradient_norm, counts, curve: self.curve }
    }
}

//! What a solved problem reports: multipliers, the residuals of Karush, Kuhn and Tucker, the history, the best feasible iterate.

use super::ConstrainedProblem;
use gradus_tensor::{Grad, Module};

/// The KKT residuals at a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kkt {
    /// The largest violation of a constraint.
    pub feasibility: f64,
    /// The largest |λ_i (g_i − γ_i)| of an inequality.
    pub complementarity: f64,
    /// ‖∇F + Σ λ_i ∇g_i‖₂ over the leaves.
    pub stationarity: f64,
}

impl Kkt {
    /// The largest of the three; not a number where one of them is not.
    pub fn largest(&self) -> f64 {
        worst([self.feasibility, self.complementarity, self.stationarity])
    }
}

/// The largest of numbers that are not negative; not a number where one is not, which `f64::max` would pass over.
fn worst(residuals: impl IntoIterator<Item = f64>) -> f64 {
    residuals.into_iter().fold(0.0, |a: f64, b| if a.is_nan() || b <= a { a } else { b })
}

/// One turn of a method.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// F.
    pub risk: f64,
    /// g_i − γ_i, in the order of the constraints.
    pub excess: Vec<f64>,
    /// λ_i.
    pub multipliers: Vec<f64>,
}

/// A constrained problem, solved; the net itself is the last iterate.
#[derive(Clone, Debug)]
pub struct Solved<N> {
    names: Vec<String>,
    multipliers: Vec<f64>,
    values: Vec<f64>,
    risk: f64,
    kkt: Kkt,
    history: Vec<Turn>,
    best: Option<(f64, N)>,
}

impl<N> Solved<N> {
    /// The multiplier λ of a constraint: dF/dγ = −λ.
    ///
    /// # Panics
    /// If there is no constraint of this name.
    #[track_caller]
    pub fn multiplier(&self, name: &str) -> f64 {
        self.multipliers[self.place(name)]
    }

    /// The value g of a constraint at the end.
    ///
    /// # Panics
    /// If there is no constraint of this name.
    #[track_caller]
    pub fn value(&self, name: &str) -> f64 {
        self.values[self.place(name)]
    }

    #[track_caller]
    fn place(&self, name: &str) -> usize {
        let found = self.names.iter().position(|n| n == name);
        found.unwrap_or_else(|| panic!("there is no constraint `{name}`; there are {:?}", self.names))
    }

    /// All multipliers, in the order of the constraints.
    pub fn multipliers(&self) -> &[f64] {
        &self.multipliers
    }

    /// F at the end.
    pub fn risk(&self) -> f64 {
        self.risk
    }

    /// The KKT residuals at the end.
    pub fn kkt(&self) -> Kkt {
        self.kkt
    }

    /// F, constraints and multipliers of every turn.
    pub fn history(&self) -> &[Turn] {
        &self.history
    }

    /// F and the net of the best turn whose violation was within the method's tolerance; `None` where there was none.
    pub fn best_feasible(&self) -> Option<(f64, &N)> {
        self.best.as_ref().map(|(f, net)| (*f, net))
    }
}

/// Follows the turns of a method.
pub(super) struct Watch<N> {
    tolerance: f64,
    history: Vec<Turn>,
    best: Option<(f64, N)>,
}

impl<N: Module> Watch<N> {
    pub(super) fn new(tolerance: f64) -> Self {
        Watch { tolerance, history: Vec::new(), best: None }
    }

    /// Takes a turn down; answers the residuals.
    pub(super) fn turn(&mut self, problem: &ConstrainedProblem<'_, N>, net: &N, lambda: &[f64]) -> Kkt {
        let (risk, excess) = problem.judged(net);
        let kkt = residuals(problem, net, lambda, &excess);
        if kkt.feasibility <= self.tolerance && self.best.as_ref().is_none_or(|(best, _)| risk < *best) {
            self.best = Some((risk, net.clone()));
        }
        self.history.push(Turn { risk, excess, multipliers: lambda.to_vec() });
        kkt
    }

    pub(super) fn solved(self, problem: &ConstrainedProblem<'_, N>, net: &N, lambda: &[f64]) -> Solved<N> {
        let (risk, excess) = problem.judged(net);
        Solved {
            names: problem.constraints.iter().map(|c| c.name.clone()).collect(),
            multipliers: lambda.to_vec(),
            values: problem.constraints.iter().zip(&excess).map(|(c, e)| e + c.bound.level()).collect(),
            risk,
            kkt: residuals(problem, net, lambda, &excess),
            history: self.history,
            best: self.best,
        }
    }
}

fn residuals<N: Module>(problem: &ConstrainedProblem<'_, N>, net: &N, lambda: &[f64], excess: &[f64]) -> Kkt {
    let all = || problem.constraints.iter().zip(lambda).zip(excess);
    let gradient = Grad::of(&problem.full_lagrangian(net, lambda)).wrt(net).allow_unused().run();
    let square = |x: &f64| x * x;
    let stationarity = gradient.map_or(f64::NAN, |g| {
        let numbers = g
            .leaves()
            .iter()
            .flat_map(gradus_tensor::Tensor::to_vec)
            .map(gradus_kernels::Real::to_f64)
            .collect::<Vec<_>>();
        numbers.iter().map(square).sum::<f64>().sqrt()
    });
    Kkt {
        feasibility: worst(all().map(|((c, _), e)| c.bound.violation(*e))),
        complementarity: worst(all().filter(|((c, _), _)| !c.bound.is_equality()).map(|((_, l), e)| (l * e).abs())),
        stationarity,
    }
}

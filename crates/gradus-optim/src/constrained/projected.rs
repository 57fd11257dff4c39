//! Projected descent: the step of any optimiser, then the nearest point of a convex set.

use super::project;
use crate::error::{Error, Kind};
use crate::optimiser::{Optimise, State, Stepped, group_matches};
use gradus_tensor::{Gradients, Module, Name, Param, Path, Real, Tensor, VisitorMut};

/// A closed convex set with a simple projection.
#[derive(Clone, Debug, PartialEq)]
pub enum Convex {
    /// ‖x‖ ≤ r.
    Ball(f64),
    /// a ≤ x_i ≤ b.
    Box(f64, f64),
    /// x ≥ 0, Σx = 1.
    Simplex,
    /// ⟨a, x⟩ ≤ b.
    HalfSpace(Vec<f64>, f64),
}

impl Convex {
    /// The nearest point of the set.
    ///
    /// # Panics
    /// As the functions of [`project`]: a negative radius, a > b, a normal that is 0 or of another length.
    pub fn project(&self, x: &mut [f64]) {
        match self {
            Convex::Ball(r) => project::ball(x, *r),
            Convex::Box(a, b) => project::box_between(x, *a, *b),
            Convex::Simplex => project::simplex(x),
            Convex::HalfSpace(a, b) => project::half_space(x, a, *b),
        }
    }
}

/// An optimiser whose weights are put back into their set after every step; the alternative to multipliers and to maps x = g(y), where
/// the nearest point is cheap. The training loop takes it as any optimiser.
///
/// A step ends at P(w − α d). Where the optimiser scales entries apart (Adam), its fixed points are still those of descent only on a box.
///
/// ```
/// use gradus_optim::{Sgd, constrained::{Convex, Projected}};
/// let rule = Projected::new(Sgd::<f32>::new(0.1)).with("*.weight", Convex::Ball(1.0)).with_rows("mixture", Convex::Simplex);
/// ```
#[derive(Clone, Debug)]
pub struct Projected<O> {
    optimiser: O,
    sets: Vec<Held>,
}

#[derive(Clone, Debug)]
struct Held {
    pattern: String,
    set: Convex,
    by_rows: bool,
    found: bool,
}

impl<O> Projected<O> {
    /// This optimiser, no sets yet.
    pub fn new(optimiser: O) -> Self {
        Projected { optimiser, sets: Vec::new() }
    }

    /// Holds every free parameter whose name matches `pattern` (`*` stands for any characters), each as one vector.
    #[must_use]
    pub fn with(self, pattern: &str, set: Convex) -> Self {
        self.held(pattern, set, false)
    }

    /// Holds every row (along the last axis) of such parameters.
    #[must_use]
    pub fn with_rows(self, pattern: &str, set: Convex) -> Self {
        self.held(pattern, set, true)
    }

    fn held(mut self, pattern: &str, set: Convex, by_rows: bool) -> Self {
        self.sets.push(Held { pattern: pattern.to_owned(), set, by_rows, found: false });
        self
    }

    /// Puts the weights of a net into their sets, now.
    ///
    /// # Errors
    /// If a pattern matches no free parameter.
    pub fn project<N: Module>(&mut self, net: &mut N) -> Result<(), Error> {
        struct Walk<'a> {
            path: Path,
            sets: &'a mut [Held],
        }
        impl Walk<'_> {
            fn leaf<T: Real>(&mut self, x: &mut Tensor<T>) {
                let name = self.path.to_string();
                for held in self.sets.iter_mut().filter(|h| group_matches(&h.pattern, &name)) {
                    held.found = true;
                    let row = if held.by_rows { x.shape().last().copied().unwrap_or(1) } else { x.len() };
                    x.rewrite_leaf(|x| {
                        let mut numbers: Vec<f64> = x.iter().map(|x| x.to_f64()).collect();
                        numbers.chunks_exact_mut(row.max(1)).for_each(|row| held.set.project(row));
                        x.iter_mut().zip(numbers).for_each(|(x, y)| *x = T::from_f64(y));
                    });
                }
            }
        }
        impl<T: Real> VisitorMut<T> for Walk<'_> {
            fn enter(&mut self, name: Name) {
                self.path.push(name);
            }
            fn leave(&mut self) {
                self.path.pop();
            }
            fn tensor(&mut self, x: &mut Tensor<T>) {
                if x.leaf().is_some() {
                    self.leaf(x);
                }
            }
            fn param(&mut self, p: &mut Param<T>) {
                if p.constraint().is_none() {
                    p.leaves_mut().iter_mut().for_each(|x| self.leaf(x));
                }
            }
        }
        net.visit_mut(&mut Walk { path: Path::default(), sets: &mut self.sets });
        match self.sets.iter().find(|h| !h.found) {
            None => Ok(()),
            Some(h) => {
                let why = format!("projected: no free parameter is named like `{}`", h.pattern);
                Err(Error::new(Kind::Name, why))
            }
        }
    }
}

impl<T: Real, O: Optimise<T>> Optimise<T> for Projected<O> {
    fn try_step<N: Module<Elem = T>>(&mut self, net: &mut N, gradients: &Gradients<T>) -> Result<Stepped, Error> {
        let stepped = self.optimiser.try_step(net, gradients)?;
        self.project(net)?;
        Ok(stepped)
    }
    fn unused_names(&self) -> Vec<String> {
        self.optimiser.unused_names()
    }
    fn present_rate(&self) -> f64 {
        self.optimiser.present_rate()
    }
    fn end_epoch(&mut self) {
        self.optimiser.end_epoch();
    }
    fn observe(&mut self, metric: f64) {
        self.optimiser.observe(metric);
    }
    fn state(&self) -> State {
        self.optimiser.state()
    }
    fn restore<N: Module<Elem = T>>(&mut self, net: &N, state: &State) -> Result<(), Error> {
        self.optimiser.restore(net, state)
    }
}

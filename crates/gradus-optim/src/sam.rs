//! Sharpness-aware minimisation: the gradient at the worst point nearby.

use crate::error::{Error, Kind};
use crate::optimiser::{Optimise, State, Stepped};
use gradus_tensor::{Gradients, Module, Real, Tensor, no_grad};

/// Steps with the gradient at w + ρ ∇L(w)/‖∇L(w)‖ instead of that at w, through any optimiser.
///
/// Two backward passes a step. By hand, the closure of [`step`](Sam::step) is called twice and must evaluate the same mini-batch
/// under the same masks (`mode.again()` the second time); the training loop, which takes it as any optimiser, does so by itself.
/// Its state is that of the inner optimiser under its own name. Source: Foret et al. 2021, algorithm 1.
///
/// ```
/// use gradus_optim::{Sam, Sgd};
/// use gradus_tensor::{Tensor, ndarray::array};
/// let mut w = Tensor::from(array![3.0_f64, 4.0]).tracked();
/// let mut sam = Sam::new(0.5, Sgd::new(0.1));
/// sam.step(&mut w, |w| (w.square() * 0.5).sum().backward())?;
/// // The gradient of ½‖w‖² at w + 0.5 w/‖w‖ is 1.1 w.
/// assert!((w.to_vec()[0] - 3.0 * 0.89).abs() < 1e-12);
/// # Ok::<(), gradus_optim::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sam<O> {
    radius: f64,
    adaptive: bool,
    inner: O,
}

impl<O> Sam<O> {
    /// ρ, and the optimiser that takes the steps.
    pub fn new(radius: f64, inner: O) -> Self {
        Sam { radius, adaptive: false, inner }
    }

    /// Perturbs by ρ |w|²∇L/‖|w|∇L‖ (elementwise), which does not depend on the scale of the weights. Source: Kwon et al. 2021.
    #[must_use]
    pub fn adaptive(self) -> Self {
        Sam { adaptive: true, ..self }
    }

    /// The optimiser that takes the steps.
    pub fn inner(&self) -> &O {
        &self.inner
    }

    /// The optimiser that takes the steps.
    pub fn inner_mut(&mut self) -> &mut O {
        &mut self.inner
    }

    /// One step; `gradients` is called at the weights and at the perturbed weights.
    ///
    /// # Errors
    /// If ρ is out of range, or the optimiser refuses the step.
    pub fn step<T: Real, N: Module<Elem = T>>(
        &mut self,
        net: &mut N,
        mut gradients: impl FnMut(&N) -> Gradients<T>,
    ) -> Result<Stepped, Error>
    where
        O: Optimise<T>,
    {
        let here = gradients(net);
        let Some(perturbed) = self.elsewhere(net, &here)? else { return self.inner.try_step(net, &here) };
        let carried = gradients(&perturbed).carried(&perturbed, net);
        self.inner.try_step(net, &carried)
    }
}

impl<T: Real, O: Optimise<T>> Optimise<T> for Sam<O> {
    fn try_step<N: Module<Elem = T>>(&mut self, net: &mut N, gradients: &Gradients<T>) -> Result<Stepped, Error> {
        self.inner.try_step(net, gradients)
    }

    fn looks_elsewhere(&self) -> bool {
        true
    }

    fn elsewhere<N: Module<Elem = T>>(&self, net: &N, here: &Gradients<T>) -> Result<Option<N>, Error> {
        if !(self.radius >= 0.0 && self.radius.is_finite()) {
            let why = format!("sam: the radius must be at least 0 and finite, got {}", self.radius);
            return Err(Error::new(Kind::HyperParameter, why));
        }
        let scaled = |w: &Tensor<T>, g: &Tensor<T>| if self.adaptive { w * g } else { g.clone() };
        let mut square = 0.0;
        no_grad(|| {
            for w in net.leaves() {
                if let Some(g) = here.get(&w) {
                    square += scaled(&w, g).sum_of_squares().item().to_f64();
                }
            }
        });
        if square == 0.0 || !square.is_finite() {
            // Nowhere to climb; what is not finite is for the optimiser to judge.
            return Ok(None);
        }
        let factor = self.radius / square.sqrt();
        Ok(Some(net.map(&mut |w| {
            let climb = |g: &Tensor<T>| {
                let direction = if self.adaptive { w.square() * g } else { g.clone() };
                (w + direction * factor).detach().tracked()
            };
            no_grad(|| here.get(w).map_or_else(|| w.clone(), climb))
        })))
    }

    fn unused_names(&self) -> Vec<String> {
        self.inner.unused_names()
    }

    fn present_rate(&self) -> f64 {
        self.inner.present_rate()
    }

    fn end_epoch(&mut self) {
        self.inner.end_epoch();
    }

    fn observe(&mut self, metric: f64) {
        self.inner.observe(metric);
    }

    fn state(&self) -> State {
        let inner = self.inner.state();
        State { recipe: format!("sam({})", inner.recipe), ..inner }
    }

    fn restore<N: Module<Elem = T>>(&mut self, net: &N, state: &State) -> Result<(), Error> {
        let inner = state.recipe.strip_prefix("sam(").and_then(|name| name.strip_suffix(')'));
        let Some(inner) = inner else {
            let own = self.state().recipe;
            let why = format!("restore: the state is of `{}`, the optimiser is `{own}`", state.recipe);
            return Err(Error::new(Kind::State, why));
        };
        self.inner.restore(net, &State { recipe: inner.to_owned(), ..state.clone() })
    }
}

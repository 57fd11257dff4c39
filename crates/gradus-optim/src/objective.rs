//! The objective: a data term and named penalties, each reported apart.

use crate::error::{Error, Kind};
use crate::penalty::{At, Penalty};
use gradus_kernels::Real as _;
use gradus_tensor::{Gradients, Mode, Module, Real, Tensor};
use std::fmt;

type DataTerm<N, B> = dyn Fn(&N, &B, &mut Mode) -> Tensor<<N as gradus_tensor::Tree>::Elem> + Send + Sync;

/// F(w) = L(w) + Σⱼ λⱼ Pⱼ(w): a data term L, the mean over the batch, plus any number of named penalties.
///
/// ```
/// use gradus_optim::{Objective, penalty};
/// use gradus_tensor::{Mode, Tensor, ndarray::array};
///
/// let risk = Objective::new(|w: &Tensor<f64>, x: &Tensor<f64>, _: &mut Mode| (w * x).square().mean())
///     .with(penalty::frobenius_sq(0.5))
///     .with(penalty::gradient_norm_sq(0.01));
/// let (w, x) = (Tensor::from(array![1.0, 2.0]).tracked(), Tensor::from(array![3.0, 1.0]));
/// let value = risk.evaluate(&w, &x, &mut Mode::eval())?;
/// assert_eq!(value.data(), 6.5);
/// assert_eq!(value.penalties()[0], ("frobenius_sq", 2.5));
/// # Ok::<(), gradus_optim::Error>(())
/// ```
pub struct Objective<N: Module, B> {
    data: Box<DataTerm<N, B>>,
    /// Each with the name in reports.
    penalties: Vec<(String, Box<dyn Penalty<N, B>>)>,
}

impl<N: Module, B> Objective<N, B> {
    /// The long form: a closure over net, batch and mode that answers one number, so that a differential equation's
    /// residual, a critic or two nets fit.
    pub fn new(data: impl Fn(&N, &B, &mut Mode) -> Tensor<N::Elem> + Send + Sync + 'static) -> Self {
        Objective { data: Box::new(data), penalties: Vec::new() }
    }

    /// Adds a penalty. The second of a kind is reported as `name.2`, the third as `name.3`.
    #[must_use]
    pub fn with(mut self, penalty: impl Penalty<N, B> + 'static) -> Self {
        let own = penalty.name();
        let name = match self.penalties.iter().filter(|(_, p)| p.name() == own).count() {
            0 => own.to_owned(),
            same => format!("{own}.{}", same + 1),
        };
        self.penalties.push((name, Box::new(penalty)));
        self
    }

    /// The data term alone, tracked.
    pub fn data_term(&self, net: &N, batch: &B, mode: &mut Mode) -> Tensor<N::Elem> {
        (self.data)(net, batch, mode)
    }

    /// The names of the penalties, in order.
    pub fn penalty_names(&self) -> Vec<&str> {
        self.penalties.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The value at one batch, tracked, with every term apart.
    ///
    /// # Errors
    /// If a penalty cannot be taken: a name that no parameter has, a gradient that was cut.
    pub fn evaluate(&self, net: &N, batch: &B, mode: &mut Mode) -> Result<Evaluation<'_, N::Elem>, Error> {
        let data = (self.data)(net, batch, mode);
        if data.len() != 1 {
            let why =
                format!("objective: the data term must be one number, got shape {:?}; take its mean", data.shape());
            return Err(Error::new(Kind::Gradient, why));
        }
        let mut total = data.clone();
        let mut penalties = Vec::with_capacity(self.penalties.len());
        for (name, penalty) in &self.penalties {
            // Everything evaluated again in this step sees the same masks, and no statistics follow.
            let mut again = mode.again();
            let at = At { net, batch, data: &data, total: &total, data_term: &*self.data, mode: &mut again };
            let value = penalty.value(at)?;
            penalties.push((name.as_str(), value.item().to_f64()));
            total = total + value;
        }
        Ok(Evaluation { total, data: data.item().to_f64(), penalties })
    }
}

impl<N, X, Y> Objective<N, (X, Y)>
where
    N: Module + 'static,
    X: 'static,
    Y: 'static,
{
    /// The short form: `supervised(Net::forward, cross_entropy)` is loss(forward(net, x), y) on batches (x, y).
    pub fn supervised<P>(
        forward: impl Fn(&N, &X, &mut Mode) -> P + Send + Sync + 'static,
        loss: impl Fn(&P, &Y) -> Tensor<N::Elem> + Send + Sync + 'static,
    ) -> Self {
        Self::new(move |net, (x, y): &(X, Y), mode| loss(&forward(net, x, mode), y))
    }
}

impl<N: Module, B> fmt::Debug for Objective<N, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Objective").field("penalties", &self.penalty_names()).finish_non_exhaustive()
    }
}

/// The value of an objective at one batch.
#[derive(Debug)]
pub struct Evaluation<'o, T: Real> {
    total: Tensor<T>,
    data: f64,
    penalties: Vec<(&'o str, f64)>,
}

impl<T: Real> Evaluation<'_, T> {
    /// Data term and penalties together, tracked.
    pub fn total(&self) -> &Tensor<T> {
        &self.total
    }

    /// The value of the data term.
    pub fn data(&self) -> f64 {
        self.data
    }

    /// The penalties by name, each with its λ: total = data + Σ of these. A gradient penalty on a mini-batch is an
    /// estimate: E‖∇L_B‖² = ‖∇L‖² + tr Cov(∇ℓᵢ)/B.
    pub fn penalties(&self) -> &[(&str, f64)] {
        &self.penalties
    }

    /// The gradients of the total; the graph is gone afterwards.
    pub fn backward(self) -> Gradients<T> {
        self.total.backward()
    }
}

//! Scores: a loss and metrics of the predictions, in one forward pass a batch.

use crate::metric::Metric;
use gradus_nn::init::Real as _;
use gradus_tensor::{Mode, Module, Tensor, no_grad};

type Forward<N, X, P> = dyn Fn(&N, &X, &mut Mode) -> P + Send + Sync;
type Loss<P, Y, T> = dyn Fn(&P, &Y) -> Tensor<T> + Send + Sync;

/// How a net is judged on data that it does not learn from: predictions in evaluation mode, their loss, and metrics.
pub struct Scores<N: Module, X, Y, P = Tensor<<N as gradus_tensor::Tree>::Elem>> {
    forward: Box<Forward<N, X, P>>,
    loss: Box<Loss<P, Y, N::Elem>>,
    metrics: Vec<Box<dyn Metric<P, Y>>>,
}

impl<N: Module, X, Y, P> Scores<N, X, Y, P> {
    /// The loss of the predictions `forward(net, x)`, the mean over a batch.
    pub fn new(
        forward: impl Fn(&N, &X, &mut Mode) -> P + Send + Sync + 'static,
        loss: impl Fn(&P, &Y) -> Tensor<N::Elem> + Send + Sync + 'static,
    ) -> Self {
        Scores { forward: Box::new(forward), loss: Box::new(loss), metrics: Vec::new() }
    }

    /// And this metric.
    #[must_use]
    pub fn with(mut self, metric: impl Metric<P, Y> + 'static) -> Self {
        self.metrics.push(Box::new(metric));
        self
    }
}

impl<N: Module, X, Y, P> std::fmt::Debug for Scores<N, X, Y, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.metrics.iter().map(|m| m.name()).collect();
        f.debug_struct("Scores").field("metrics", &names).finish_non_exhaustive()
    }
}

/// What judges a net batch by batch: [`Scores`], or the data term of the objective where there are none.
pub(crate) trait Judge<N: Module, B>: Send + Sync {
    /// Forgets what it has seen.
    fn reset(&mut self);
    /// Sees a batch of `n` samples; answers the mean loss.
    fn see(&mut self, net: &N, batch: &B) -> f64;
    /// The metrics of what it has seen.
    fn values(&self) -> Vec<(String, f64)>;
}

/// [`Scores`] of the batches (x, y), as the trainer takes them.
pub trait Scored<N: Module, B>: sealed::Sealed {
    #[doc(hidden)]
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn judge(self) -> Box<dyn Judge<N, B>>;
}

mod sealed {
    /// Closes [`Scored`](super::Scored).
    pub trait Sealed {}
    impl<N: gradus_tensor::Module, X, Y, P> Sealed for super::Scores<N, X, Y, P> {}
}

impl<N, X, Y, P> Scored<N, (X, Y)> for Scores<N, X, Y, P>
where
    N: Module + 'static,
    X: 'static,
    Y: 'static,
    P: 'static,
{
    #[allow(private_interfaces, reason = "sealed: only this crate calls it")]
    fn judge(self) -> Box<dyn Judge<N, (X, Y)>> {
        Box::new(self)
    }
}

impl<N: Module, X, Y, P> Judge<N, (X, Y)> for Scores<N, X, Y, P> {
    fn reset(&mut self) {
        self.metrics.iter_mut().for_each(|m| m.reset());
    }

    fn see(&mut self, net: &N, (x, y): &(X, Y)) -> f64 {
        no_grad(|| {
            let predictions = (self.forward)(net, x, &mut Mode::eval());
            self.metrics.iter_mut().for_each(|m| m.update(&predictions, y));
            (self.loss)(&predictions, y).item().to_f64()
        })
    }

    fn values(&self) -> Vec<(String, f64)> {
        self.metrics.iter().map(|m| (m.name().to_owned(), m.value())).collect()
    }
}

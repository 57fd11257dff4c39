//! Dynamic trivialisation: the base point follows the weight.

use gradus_tensor::{Module, Param, Real, Result, Tensor, VisitorMut};

/// Moves the base points of a net's constrained weights to the present weights every k steps, the leaves to 0 with them
/// (Lezcano-Casado 2019, dynamic trivialisations); at k = 1 descent is Riemannian gradient descent.
///
/// The weights do not change, except that what drifted from its set is put back.
#[derive(Clone, Copy, Debug)]
pub struct Rebase {
    every: u64,
    done: u64,
}

impl Rebase {
    /// Every k steps.
    ///
    /// # Panics
    /// If k = 0.
    #[must_use]
    #[track_caller]
    pub fn every(k: u64) -> Self {
        assert!(k > 0, "Rebase: every 0 steps is never; pass at least 1");
        Rebase { every: k, done: 0 }
    }

    /// To be called after each step of the optimiser; answers whether base points moved.
    ///
    /// # Errors
    /// If a weight is no longer finite.
    pub fn after_step<N: Module>(&mut self, net: &mut N) -> Result<bool> {
        self.done += 1;
        let due = self.done.is_multiple_of(self.every);
        if due {
            rebase(net)?;
        }
        Ok(due)
    }
}

/// Moves the base points of all constrained weights to the weights, now.
///
/// # Errors
/// If a weight is no longer finite.
pub fn rebase<N: Module>(net: &mut N) -> Result<()> {
    struct Walk(Result<()>);
    impl<T: Real> VisitorMut<T> for Walk {
        fn tensor(&mut self, _: &mut Tensor<T>) {}
        fn param(&mut self, p: &mut Param<T>) {
            if p.constraint().is_some_and(|g| g.fixed() > 0) {
                let value = gradus_tensor::no_grad(|| p.value().detach());
                if let Err(e) = p.set(&value) {
                    self.0 = Err(e);
                }
            }
        }
    }
    let mut walk = Walk(Ok(()));
    net.visit_mut(&mut walk);
    walk.0
}

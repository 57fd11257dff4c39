//! The number trait of the engine: `f32` or `f64`, with the heavy bodies compiled once for each.

use crate::backward::{Plan, Want};
use crate::node::Tensor;
use crate::op::{Boxed, Op, Slot};
use gradus_kernels::Shared;

/// `f32` or `f64`. Sealed: it is [`gradus_kernels::Real`] with the engine's bodies, compiled once here and not again in every program.
pub trait Real: gradus_kernels::Real {
    #[doc(hidden)]
    #[track_caller]
    fn apply(op: Box<dyn Op<Self>>, inputs: &[&Tensor<Self>]) -> Tensor<Self>;
    #[doc(hidden)]
    #[track_caller]
    fn apply_with_aux(op: Box<dyn Op<Self>>, inputs: &[&Tensor<Self>]) -> (Tensor<Self>, Option<Shared<Self>>);
    #[doc(hidden)]
    fn boxed(op: impl Boxed) -> Box<dyn Op<Self>>;
    #[doc(hidden)]
    fn pull(plan: Plan<Self>, seeds: Vec<(Tensor<Self>, Tensor<Self>)>, want: Want) -> Vec<(Tensor<Self>, Slot<Self>)>;
    #[doc(hidden)]
    fn push(outputs: &[Tensor<Self>], seeds: &[(Tensor<Self>, Tensor<Self>)]) -> Vec<Slot<Self>>;
}

macro_rules! real {
    ($T:ident) => {
        impl Real for $T {
            #[track_caller]
            fn apply(op: Box<dyn Op<Self>>, inputs: &[&Tensor<Self>]) -> Tensor<Self> {
                crate::trace::apply(op, inputs).0
            }
            #[track_caller]
            fn apply_with_aux(op: Box<dyn Op<Self>>, inputs: &[&Tensor<Self>]) -> (Tensor<Self>, Option<Shared<Self>>) {
                crate::trace::apply(op, inputs)
            }
            #[inline]
            fn boxed(op: impl Boxed) -> Box<dyn Op<Self>> {
                op.$T()
            }
            fn pull(
                plan: Plan<Self>,
                seeds: Vec<(Tensor<Self>, Tensor<Self>)>,
                want: Want,
            ) -> Vec<(Tensor<Self>, Slot<Self>)> {
                crate::backward::pull(plan, seeds, want)
            }
            fn push(outputs: &[Tensor<Self>], seeds: &[(Tensor<Self>, Tensor<Self>)]) -> Vec<Slot<Self>> {
                crate::forward::push(outputs, seeds)
            }
        }
    };
}

real!(f32);
real!(f64);

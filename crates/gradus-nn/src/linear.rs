//! The affine layer.

use crate::layer::Layer;
use gradus_constraints::start;
use gradus_derive::Module;
use gradus_init::{Scheme, Target, draw_key, glorot_uniform, zeros};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Mode, Param, Parametrization, Real, Role, Tensor};
use std::sync::Arc;

/// Affine map `y = x Wᵀ + b`.
///
/// Shapes: x `[.., n_in]`, W `[n_out, n_in]`, b `[n_out]`, y `[.., n_out]`.
/// Initial W ~ U(±√(6 / (n_in + n_out))) (Glorot & Bengio 2010, eq. 16), b = 0.
///
/// # Panics
/// If the last axis of `x` is not `n_in` long.
#[derive(Debug, Module)]
pub struct Linear<T: Real = f32> {
    weight: Param<T>,
    bias: Option<Param<T>>,
}

/// The options of a [`Linear`].
#[derive(Debug)]
pub struct LinearBuilder<T: Real = f32> {
    n_in: usize,
    n_out: usize,
    init: Arc<dyn Scheme>,
    bias: bool,
    constraint: Option<Arc<dyn Parametrization<T>>>,
}

impl<T: Real> LinearBuilder<T> {
    /// How W starts: a scheme of [`gradus_init`].
    #[must_use]
    pub fn init(mut self, scheme: impl Scheme + 'static) -> Self {
        self.init = Arc::new(scheme);
        self
    }

    /// Whether there is a bias (there is).
    #[must_use]
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// Holds W to a set. The initial W is the scheme's draw if that lies in the set, else a member of the draw's mean square where the set
    /// has one ([`gradus_constraints::start`]).
    #[must_use]
    pub fn constrain(mut self, g: impl Parametrization<T> + 'static) -> Self {
        self.constraint = Some(Arc::new(g));
        self
    }

    /// The layer, its weight drawn from `rng`.
    ///
    /// # Panics
    /// If the constraint has no members of shape `[n_out, n_in]`.
    #[track_caller]
    pub fn build(self, rng: &mut (impl Rng + ?Sized)) -> Linear<T> {
        let shape = [self.n_out, self.n_in];
        let weight = started("linear", &*self.init, &Target::new(&shape), self.constraint, rng);
        let bias = self.bias.then(|| Param::new(&drawn(&zeros(), &[self.n_out], rng), Role::Bias));
        Linear { weight, bias }
    }
}

/// x Wᵀ + b.
#[track_caller]
pub(crate) fn affine<T: Real>(x: &Tensor<T>, w: &Tensor<T>, b: Option<&Param<T>>) -> Tensor<T> {
    match b {
        Some(b) => x.linear(w, &b.value()),
        None => x.matmul(&w.t()),
    }
}

/// A weight that starts by a scheme, inside its constraint where it has one.
#[track_caller]
pub(crate) fn started<T: Real>(
    who: &str,
    scheme: &dyn Scheme,
    target: &Target<'_>,
    constraint: Option<Arc<dyn Parametrization<T>>>,
    mut rng: &mut (impl Rng + ?Sized),
) -> Param<T> {
    let Some(g) = constraint else {
        let draw = Tensor::build(target.shape(), |out| scheme.write(target, draw_key(rng), T::slice_mut(out)));
        return Param::new(&draw, Role::Weight);
    };
    let held = start(&*g, scheme, target, &mut rng).and_then(|(x, _)| {
        let mut weight = Param::new(&x, Role::Weight);
        weight.constrain(g).map(|_| weight)
    });
    held.unwrap_or_else(|e| panic!("{who}: {e}"))
}

/// A tensor filled by a scheme.
pub(crate) fn drawn<T: Real>(scheme: &dyn Scheme, shape: &[usize], rng: &mut (impl Rng + ?Sized)) -> Tensor<T> {
    Tensor::build(shape, |out| scheme.write(&Target::new(shape), draw_key(rng), T::slice_mut(out)))
}

impl<T: Real> Linear<T> {
    /// From `n_in` to `n_out` numbers, with bias.
    pub fn new(n_in: usize, n_out: usize, rng: &mut (impl Rng + ?Sized)) -> Self {
        Self::builder(n_in, n_out).build(rng)
    }

    /// With options.
    pub fn builder(n_in: usize, n_out: usize) -> LinearBuilder<T> {
        LinearBuilder { n_in, n_out, init: Arc::new(glorot_uniform()), bias: true, constraint: None }
    }

    /// The output for the input `x`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        mode.report(self, &[x], affine(x, &self.weight.value(), self.bias.as_ref()))
    }

    /// A layer with these very weights: W `[n_out, n_in]`, b `[n_out]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn from_weights(weight: &Tensor<T>, bias: Option<&Tensor<T>>) -> Self {
        assert!(weight.rank() == 2, "linear: W must be [n_out, n_in], got {:?}", weight.shape());
        if let Some(b) = bias {
            assert!(
                b.shape() == &weight.shape()[..1],
                "linear: W {:?} needs a bias of shape {:?}, got {:?}",
                weight.shape(),
                &weight.shape()[..1],
                b.shape()
            );
        }
        Linear {
            weight: Param::new(&weight.detach(), Role::Weight),
            bias: bias.map(|b| Param::new(&b.detach(), Role::Bias)),
        }
    }

    /// The same function in the units of raw data: a layer trained on `x̂ = (x − mean)/scale` answers for x what this one answers for x̂,
    /// `W = Ŵ / scale` by columns, `b = b̂ − W mean`. The other way back: `in_units_of(−mean/scale, 1/scale)`.
    ///
    /// Shapes: mean and scale `[n_in]`.
    ///
    /// # Panics
    /// If the shapes do not fit or a scale is 0.
    #[track_caller]
    #[must_use]
    pub fn in_units_of(&self, mean: &Tensor<T>, scale: &Tensor<T>) -> Self {
        let w = self.weight.value().detach();
        let n_in = &w.shape()[1..];
        assert!(
            mean.shape() == n_in && scale.shape() == n_in,
            "linear: in_units_of needs one mean and one scale an input, {n_in:?}, got {:?} and {:?}",
            mean.shape(),
            scale.shape()
        );
        assert!(
            scale.to_vec().iter().all(|&s| s != T::ZERO),
            "linear: in_units_of cannot divide by a scale of 0; give constant inputs the scale 1"
        );
        let w = w / scale.detach();
        let shift = w.matmul(&mean.detach());
        let bias = self.bias.as_ref().map_or_else(|| -&shift, |b| b.value().detach() - &shift);
        Linear::from_weights(&w, Some(&bias))
    }

    /// W.
    pub fn weight(&self) -> &Param<T> {
        &self.weight
    }

    /// W for changing.
    pub fn weight_mut(&mut self) -> &mut Param<T> {
        &mut self.weight
    }

    /// b, where there is one.
    pub fn bias(&self) -> Option<&Param<T>> {
        self.bias.as_ref()
    }
}

impl<T: Real> Layer<T> for Linear<T> {
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T> {
        self.forward(x, mode)
    }
}

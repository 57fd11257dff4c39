//! The one signature of a layer, and the form in which layers of different types stand in a list.

use gradus_tensor::{Mode, Module, Place, Real, Tensor, Visitor, VisitorMut};
use std::fmt::Debug;

/// A map from a tensor to a tensor. `#[derive(Layer)]` makes one of a [`Module`] with a method `forward` of this signature:
///
/// ```
/// use gradus_nn::{Inspect, Layer, Linear, Module, Residual, Sequential, rand::{SeedableRng, rngs::Xoshiro256PlusPlus}};
/// use gradus_nn::tensor::{Mode, Tensor};
///
/// #[derive(Module, Layer, Debug)]
/// struct Block { wide: Linear, narrow: Linear }
///
/// impl Block {
///     fn forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor {
///         self.narrow.forward(&self.wide.forward(x, mode).relu(), mode)
///     }
/// }
///
/// let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
/// let block = Block { wide: Linear::new(4, 16, rng), narrow: Linear::new(16, 4, rng) };
/// assert_eq!(block.output_shape(&[2, 4])?, [2, 4]);
/// assert_eq!(block.summary(&[2, 4]).rows()[1].name, "wide");
/// let net = Sequential::new().then(Residual::new(block)).then(Linear::new(4, 1, rng));
/// assert_eq!(net.capture(&Tensor::ones(&[2, 4]), &mut Mode::eval()).output_of("0.body.wide")?.shape(), [2, 16]);
/// # Ok::<(), gradus_nn::Error>(())
/// ```
pub trait Layer<T: Real = f32>: Send + Sync {
    /// The output for the input `x`, in this step's `mode`.
    fn forward(&self, x: &Tensor<T>, mode: &mut Mode) -> Tensor<T>;
}

/// A [`Layer`] that is a [`Module`], without its type: what [`Sequential`](crate::Sequential) holds. Implemented by itself.
pub trait AnyLayer<T: Real>: Layer<T> + Debug {
    #[doc(hidden)]
    fn visit_any(&self, v: &mut dyn Visitor<T>);
    #[doc(hidden)]
    fn visit_any_mut(&mut self, v: &mut dyn VisitorMut<T>);
    #[doc(hidden)]
    fn map_any(&self, f: &mut dyn FnMut(&Tensor<T>) -> Tensor<T>) -> Box<dyn AnyLayer<T>>;
    #[doc(hidden)]
    fn place_any(&self) -> Place;
    #[doc(hidden)]
    fn clone_any(&self) -> Box<dyn AnyLayer<T>>;
}

impl<T: Real, L: Layer<T> + Module<Elem = T> + Debug + 'static> AnyLayer<T> for L {
    fn visit_any(&self, v: &mut dyn Visitor<T>) {
        self.visit(v);
    }
    fn visit_any_mut(&mut self, v: &mut dyn VisitorMut<T>) {
        self.visit_mut(v);
    }
    fn map_any(&self, f: &mut dyn FnMut(&Tensor<T>) -> Tensor<T>) -> Box<dyn AnyLayer<T>> {
        Box::new(self.map(f))
    }
    fn place_any(&self) -> Place {
        Place::of(self)
    }
    fn clone_any(&self) -> Box<dyn AnyLayer<T>> {
        Box::new(self.clone())
    }
}

/// Writes `Tree` and `Module` for a layer that holds no tensors, with what is printed in place of its type.
macro_rules! without_leaves {
    ($Layer:ident $(: |$layer:ident| $label:expr)?) => {
        impl<T: gradus_tensor::Real> gradus_tensor::Tree for $Layer<T> {
            type Elem = T;
            type Owned = Self;
            fn visit(&self, v: &mut dyn gradus_tensor::Visitor<T>) {
                let place = gradus_tensor::Place::of(self);
                $(let place = { let $layer = self; place.labelled($label) };)?
                v.layer(place);
            }
            fn map(&self, _: &mut dyn FnMut(&gradus_tensor::Tensor<T>) -> gradus_tensor::Tensor<T>) -> Self {
                self.clone()
            }
        }
        impl<T: gradus_tensor::Real> gradus_tensor::Module for $Layer<T> {
            fn visit_mut(&mut self, _: &mut dyn gradus_tensor::VisitorMut<T>) {}
        }
    };
}
pub(crate) use without_leaves;

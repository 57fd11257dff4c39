//! `+ − × ÷` and negation, in all combinations of `&`, with tensors and with `f64` or `i32` on either side.

use crate::node::Tensor;
use crate::ops::arithmetic::{add, div, mul, sub};
use crate::real::Real;
use std::ops::{Add, Div, Mul, Neg, Sub};

macro_rules! binary {
    ($Trait:ident $f:ident $op:expr) => {
        impl<T: Real> $Trait<&Tensor<T>> for &Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $f(self, b: &Tensor<T>) -> Tensor<T> {
                T::apply(T::boxed($op), &[self, b])
            }
        }
        impl<T: Real> $Trait<Tensor<T>> for &Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $f(self, b: Tensor<T>) -> Tensor<T> {
                $Trait::$f(self, &b)
            }
        }
        impl<T: Real> $Trait<&Tensor<T>> for Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $f(self, b: &Tensor<T>) -> Tensor<T> {
                $Trait::$f(&self, b)
            }
        }
        impl<T: Real> $Trait<Tensor<T>> for Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $f(self, b: Tensor<T>) -> Tensor<T> {
                $Trait::$f(&self, &b)
            }
        }
    };
}

binary!(Add add add::Add);
binary!(Sub sub sub::Sub);
binary!(Mul mul mul::Mul);
binary!(Div div div::Div);

/// An operator between a tensor and a number, on both sides: `$right` is x ∘ c, `$left` is c ∘ x.
macro_rules! scalar {
    ($S:ident: $($Trait:ident $f:ident |$x:ident, $c:ident| $right:expr, $left:expr;)+) => {$(
        impl<T: Real> $Trait<$S> for &Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $f(self, c: $S) -> Tensor<T> {
                let ($x, $c) = (self, f64::from(c));
                $right
            }
        }
        impl<T: Real> $Trait<$S> for Tensor<T> {
            type Output = Tensor<T>;
            #[track_caller]
            fn $f(self, c: $S) -> Tensor<T> {
                $Trait::$f(&self, c)
            }
        }
        impl<T: Real> $Trait<&Tensor<T>> for $S {
            type Output = Tensor<T>;
            #[track_caller]
            fn $f(self, x: &Tensor<T>) -> Tensor<T> {
                let ($x, $c) = (x, f64::from(self));
                $left
            }
        }
        impl<T: Real> $Trait<Tensor<T>> for $S {
            type Output = Tensor<T>;
            #[track_caller]
            fn $f(self, x: Tensor<T>) -> Tensor<T> {
                $Trait::$f(self, &x)
            }
        }
    )+};
}

macro_rules! scalars {
    ($($S:ident)+) => {$(
        scalar!($S:
            Add add |x, c| x.shift(c), x.shift(c);
            Sub sub |x, c| x.shift(-c), (-x).shift(c);
            Mul mul |x, c| x.scale(c), x.scale(c);
            Div div |x, c| x.divide_by(c), x.recip().scale(c);
        );
    )+};
}

scalars!(f64 i32);

impl<T: Real> Neg for &Tensor<T> {
    type Output = Tensor<T>;
    #[track_caller]
    fn neg(self) -> Tensor<T> {
        self.scale(-1.0)
    }
}

impl<T: Real> Neg for Tensor<T> {
    type Output = Tensor<T>;
    #[track_caller]
    fn neg(self) -> Tensor<T> {
        -&self
    }
}

impl<T: Real> std::iter::Sum for Tensor<T> {
    /// The sum of tensors of one shape (or shapes that broadcast); 0 of rank 0 where there are none.
    fn sum<I: Iterator<Item = Self>>(tensors: I) -> Self {
        tensors.reduce(|a, b| a + b).unwrap_or_else(|| Tensor::scalar(0.0))
    }
}

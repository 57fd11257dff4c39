//! What a narrower floating-point format makes of a tensor: parts, exponents, losses, and rounding with a stated gradient.
//!
//! A number is fl(x) = S·M·2ᴱ with sign S = ±1, significand M and exponent E (IEEE 754-2019, §3.3); the numbers themselves are worked
//! on in [`gradus_kernels::floats`]. Rounding is piecewise constant, so its true derivative is 0 almost everywhere and of no use for
//! training. [`Tensor::round_to`] states another: the *straight-through* gradient ∂y/∂x := 1, of every order.
//! [`Tensor::round_gradient`] is the other half: y = x, and what flows back is rounded.

use crate::node::Tensor;
use crate::op::{Op, Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::{Dims, Layout};
use gradus_kernels::View;
use gradus_kernels::floats::{round_nearest_slice, round_stochastic_slice};
use gradus_kernels::random::{Key, fill_bits};

pub use gradus_kernels::floats::{Census, Exponents, Format};

/// Which of the two numbers of a format around x stands for x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// The nearest; of two as near, the one with an even last digit.
    Nearest,
    /// The upper one with probability (x − lower)/(upper − lower), so that the mean is x. The same key gives the same choices, for any
    /// number of threads.
    Stochastic {
        /// Where the choices come from: [`Mode::next_key`](crate::Mode::next_key) makes one.
        key: [u64; 2],
    },
}

/// A tensor taken apart: x = S·M·2ᴱ, element by element and exactly.
#[derive(Clone, Debug)]
pub struct Parts<T: Real> {
    /// S: 1 or −1.
    pub sign: Tensor<T>,
    /// M: in [1, 2) for normal numbers, in [0, 1) for subnormal ones and zero.
    pub significand: Tensor<T>,
    /// E, a whole number.
    pub exponent: Tensor<T>,
}

/// y = fl(x) in a format, with the straight-through derivative dy := dx.
#[derive(Clone, Debug)]
struct RoundTo {
    format: Format,
    rounding: Rounding,
}

impl<T: Real> Op<T> for RoundTo {
    fn name(&self) -> &str {
        "round_to"
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        let x = x[0].flat();
        match self.rounding {
            Rounding::Nearest => round_nearest_slice(&x, self.format, out),
            Rounding::Stochastic { key: [a, b] } => {
                let key = Key([a as u32, (a >> 32) as u32, b as u32, (b >> 32) as u32]);
                let mut bits = vec![0; x.len()];
                fill_bits(key, 0, &mut bits);
                round_stochastic_slice(&x, self.format, |i| bits[i], out);
            }
        }
    }
    fn vjp(&self, _: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        std::iter::once(g.clone().into()).collect()
    }
    fn jvp(&self, _: &Point<'_, T>, tangents: &[Slot<T>]) -> Slot<T> {
        tangents[0].clone()
    }
}

/// y = x; the cotangent is rounded on its way back.
#[derive(Clone, Debug)]
struct RoundGradient(RoundTo);

impl<T: Real> Op<T> for RoundGradient {
    fn name(&self) -> &str {
        "round_gradient"
    }
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        Ok(x[0].into())
    }
    fn view(&self, input: &Layout) -> Option<Layout> {
        Some(input.clone())
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        x[0].copy_to(out);
    }
    fn vjp(&self, _: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let RoundTo { format, rounding } = self.0;
        std::iter::once(g.round_to(format, rounding).into()).collect()
    }
    fn jvp(&self, _: &Point<'_, T>, tangents: &[Slot<T>]) -> Slot<T> {
        tangents[0].clone()
    }
}

impl<T: Real> Tensor<T> {
    /// y = fl(x), every number rounded to `format`, with the **straight-through** derivative ∂y/∂x := 1 (Bengio, Léonard & Courville
    /// 2013, section 4), also where x underflows or saturates. It is not the derivative of the value, which is 0 almost everywhere:
    /// finite differences do not agree, by design.
    ///
    /// ```
    /// use gradus_tensor::{Tensor, floats::{Format, Rounding}, grad};
    /// let x = Tensor::from_slice(&[2], &[1.001_f32, 300.0]).tracked();
    /// let y = x.round_to(Format::FP8_E4M3, Rounding::Nearest);
    /// assert_eq!(y.to_vec(), [1.0, 288.0]);
    /// assert_eq!(grad(&(&y * 3).sum(), &x)?.to_vec(), [3.0, 3.0]);
    /// # Ok::<(), gradus_tensor::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    #[doc(alias = "fake_quantize")]
    pub fn round_to(&self, format: Format, rounding: Rounding) -> Self {
        T::apply(Box::new(RoundTo { format, rounding }), &[self])
    }

    /// y = x, but the gradient that comes back through y is rounded to `format` (and, differentiated again, straight-through). Forward
    /// mode passes tangents as they are.
    #[must_use]
    #[track_caller]
    pub fn round_gradient(&self, format: Format, rounding: Rounding) -> Self {
        T::apply(Box::new(RoundGradient(RoundTo { format, rounding })), &[self])
    }

    /// Sign, significand and exponent of every number: x = S·M·2ᴱ (constants; infinities and NaN have E = 0).
    #[doc(alias = "frexp")]
    pub fn decompose(&self) -> Parts<T> {
        let parts: Vec<_> = self.to_vec().into_iter().map(gradus_kernels::floats::decompose).collect();
        let each = |f: &dyn Fn(&gradus_kernels::floats::Parts<T>) -> T| {
            Tensor::build(self.shape(), |out| out.iter_mut().zip(&parts).for_each(|(x, p)| *x = f(p)))
        };
        Parts {
            sign: each(&|p| p.sign),
            significand: each(&|p| p.significand),
            exponent: each(&|p| T::from_f64(f64::from(p.exponent))),
        }
    }

    /// How many numbers have each exponent ⌊log₂|x|⌋.
    pub fn exponents(&self) -> Exponents {
        Exponents::of(&self.to_vec())
    }

    /// What the numbers become in `format`: normal, subnormal, underflow, overflow.
    pub fn census(&self, format: Format) -> Census {
        Census::of(&self.to_vec(), format)
    }
}

//! Gains: by how much weights must grow to make up for what an activation takes away.

use crate::normal::{cdf, density};
use crate::quadrature::expectation;
use std::f64::consts::SQRT_2;

/// An activation whose gain is known.
///
/// ```
/// use gradus_init::Activation;
/// assert_eq!(Activation::Relu.gain(), 2.0_f64.sqrt());
/// assert_eq!(Activation::Tanh.gain(), 5.0 / 3.0);                       // the usual value
/// assert!((Activation::Tanh.exact_gain() - 1.592_537).abs() < 1e-6);    // 1/√E[tanh² Z]
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// x.
    Linear,
    /// max(x, 0).
    Relu,
    /// x for x ≥ 0, else slope·x.
    LeakyRelu(f64),
    /// tanh x.
    Tanh,
    /// 1/(1 + e⁻ˣ).
    Sigmoid,
    /// λx for x ≥ 0, else λα(eˣ − 1), with the λ and α of Klambauer et al. 2017.
    Selu,
    /// x for x ≥ 0, else α(eˣ − 1).
    Elu(f64),
    /// xΦ(x).
    Gelu,
    /// x/(1 + e⁻ˣ).
    #[doc(alias = "Swish")]
    Silu,
    /// ln(1 + eˣ).
    Softplus,
    /// sin x.
    Sin,
}

impl Activation {
    /// f(x).
    pub fn at(self, x: f64) -> f64 {
        match self {
            Activation::Linear => x,
            Activation::Relu => x.max(0.0),
            Activation::LeakyRelu(slope) => {
                if x >= 0.0 {
                    x
                } else {
                    slope * x
                }
            }
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Activation::Selu => LAMBDA * Activation::Elu(ALPHA).at(x),
            Activation::Elu(alpha) => {
                if x >= 0.0 {
                    x
                } else {
                    alpha * x.exp_m1()
                }
            }
            Activation::Gelu => x * cdf(x),
            Activation::Silu => x / (1.0 + (-x).exp()),
            Activation::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Activation::Sin => x.sin(),
        }
    }

    /// f′(x) (the right-hand one at a kink).
    pub fn slope(self, x: f64) -> f64 {
        match self {
            Activation::Linear => 1.0,
            Activation::Relu => {
                if x >= 0.0 {
                    1.0
                } else {
                    0.0
                }
            }
            Activation::LeakyRelu(slope) => {
                if x >= 0.0 {
                    1.0
                } else {
                    slope
                }
            }
            Activation::Tanh => 1.0 - x.tanh().powi(2),
            Activation::Sigmoid => Activation::Sigmoid.at(x) * Activation::Sigmoid.at(-x),
            Activation::Selu => LAMBDA * Activation::Elu(ALPHA).slope(x),
            Activation::Elu(alpha) => {
                if x >= 0.0 {
                    1.0
                } else {
                    alpha * x.exp()
                }
            }
            Activation::Gelu => cdf(x) + x * density(x),
            Activation::Silu => {
                let s = Activation::Sigmoid.at(x);
                s + x * s * Activation::Sigmoid.at(-x)
            }
            Activation::Softplus => Activation::Sigmoid.at(x),
            Activation::Sin => x.cos(),
        }
    }

    /// The gain in common use, which is PyTorch's `calculate_gain`: 1 for linear and sigmoid, 5/3 for tanh, √2 for ReLU,
    /// √(2/(1 + slope²)) for leaky ReLU, ¾ for SELU. Where there is none, [`exact_gain`](Activation::exact_gain).
    #[doc(alias = "calculate_gain")]
    pub fn gain(self) -> f64 {
        match self {
            Activation::Linear | Activation::Sigmoid => 1.0,
            Activation::Tanh => 5.0 / 3.0,
            Activation::Selu => 0.75,
            _ => self.exact_gain(),
        }
    }

    /// 1/√E\[f(Z)²\], Z ~ N(0, 1): with Var W = gain²/fan_in the variance before every activation stays 1.
    pub fn exact_gain(self) -> f64 {
        match self {
            Activation::Linear => 1.0,
            Activation::Relu => SQRT_2,
            Activation::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            // E[sin² Z] = (1 − e⁻²)/2.
            Activation::Sin => (2.0 / -(-2.0_f64).exp_m1()).sqrt(),
            f => gain_of(|x| f.at(x)),
        }
    }

    /// 1/√E\[f′(Z)²\]: with Var W = gain²/fan_out the variance of the gradient stays the same going back.
    pub fn backward_gain(self) -> f64 {
        backward_gain_of(|x| self.slope(x))
    }
}

const ALPHA: f64 = 1.673_263_242_354_377_2;
const LAMBDA: f64 = 1.050_700_987_355_480_5;

/// The exact gain of any activation: 1/√E\[f(Z)²\], Z ~ N(0, 1), by quadrature.
///
/// # Panics
/// If f is 0 almost everywhere, or not finite.
///
/// ```
/// let cubic = gradus_init::gain::gain_of(|x| x * x * x);   // E[Z⁶] = 15
/// assert!((cubic - 15.0_f64.sqrt().recip()).abs() < 1e-12);
/// ```
#[track_caller]
pub fn gain_of(f: impl Fn(f64) -> f64) -> f64 {
    let second = expectation(|z| f(z).powi(2));
    assert!(
        second > 0.0 && second.is_finite(),
        "gain_of: E[f(Z)²] is {second}: no gain makes up for an activation that is zero everywhere, or not finite"
    );
    second.sqrt().recip()
}

/// The exact backward gain of any activation from its slope: 1/√E\[f′(Z)²\].
///
/// # Panics
/// If the slope is 0 almost everywhere, or not finite.
#[track_caller]
pub fn backward_gain_of(slope: impl Fn(f64) -> f64) -> f64 {
    gain_of(slope)
}

/// One step of the variance map of mean-field theory: q ↦ gain²·E\[f(√q Z)²\] + bias variance (Poole et al. 2016, eq. 3).
///
/// The variance before layer l + 1 from that before layer l, for wide layers with Var W = gain²/fan_in.
pub fn variance_step(f: impl Fn(f64) -> f64, gain: f64, bias_variance: f64, q: f64) -> f64 {
    let s = q.max(0.0).sqrt();
    gain * gain * expectation(|z| f(s * z).powi(2)) + bias_variance
}

/// χ = gain²·E\[f′(√q Z)²\]: by how much the variance of a gradient grows a layer (Schoenholz et al. 2017, eq. 5): below 1 it
/// vanishes with depth, above 1 it explodes.
pub fn gradient_growth(slope: impl Fn(f64) -> f64, gain: f64, q: f64) -> f64 {
    let s = q.max(0.0).sqrt();
    gain * gain * expectation(|z| slope(s * z).powi(2))
}

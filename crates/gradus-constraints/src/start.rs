//! Starts that know the constraint: a member of Ω to begin from, with the distribution that an initialisation scheme asks for.

use crate::numbers::{each, numbers};
use gradus_init::{Scheme, Target, draw_key};
use gradus_tensor::rand::Rng;
use gradus_tensor::{Parametrization, Real, Result, Tensor, no_grad};

/// How a start of [`start`] relates to its scheme.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Started {
    /// The scheme's draw is a member of Ω: the image **is** the draw, and has its distribution.
    Drawn,
    /// The draw is no member. A member by Ω's own law, times `factor`, which is a member too: E\[x²\] is the draw's.
    Scaled {
        /// What the member was multiplied by.
        factor: f64,
    },
    /// Neither is possible (all members of Ω are of one size, as orthogonal matrices are): a member by Ω's own law.
    Member,
}

/// A member x of Ω for a weight under the map `g` to begin from, so that the *image* g(y), which the layer sees, starts as `scheme`
/// says, and not the free leaves y.
///
/// The scheme's draw itself where it lies in Ω (an orthogonal matrix on the Stiefel manifold, ±√(6/(n_in + n_out)) in \[−1, 1\]). Where
/// not, projecting it would put a large part on the border (half of all positive weights at 0), so a member is drawn by the law of
/// [`Parametrization::sample`] and scaled, where Ω allows, to the mean square of the draw: Var z = n_in E\[x²\] E\[w²\] holds as for the
/// free weight when Ω is symmetric about 0. (One-sided sets give weights a mean, which no start takes away.)
///
/// # Errors
/// If Ω has no members of this shape.
///
/// ```
/// use gradus_constraints::{Positive, Started, start, tensor::{Tensor, Parametrization}};
/// use gradus_init::{Target, he_normal};
/// # use gradus_constraints::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
/// # let rng = &mut Xoshiro256PlusPlus::seed_from_u64(1);
/// let (x, how): (Tensor<f64>, _) = start(&Positive::softplus(), &he_normal(), &Target::new(&[100, 50]), rng)?;
/// assert!(matches!(how, Started::Scaled { .. }) && x.to_vec().iter().all(|x| *x > 0.0));
/// assert!((x.square().mean().item() - 2.0 / 50.0).abs() < 0.003);
/// # Ok::<(), gradus_constraints::tensor::Error>(())
/// ```
pub fn start<T: Real>(
    g: &dyn Parametrization<T>,
    scheme: &dyn Scheme,
    target: &Target<'_>,
    rng: &mut dyn Rng,
) -> Result<(Tensor<T>, Started)> {
    let shape = target.shape();
    let draw = Tensor::build(shape, |out| scheme.write(target, draw_key(rng), T::slice_mut(out)));
    let largest = numbers(&draw).iter().fold(1.0, |m: f64, x| m.max(x.abs()));
    let within = |x: &Tensor<T>| g.defect(x) <= 100.0 * T::EPSILON.to_f64() * largest;
    if within(&draw) {
        // Through the map and back: exactly what the layer will see, off open borders.
        return no_grad(|| Ok((g.forward(&g.right_inverse(&draw)?), Started::Drawn)));
    }
    let member = g.sample(shape, rng)?;
    let (wanted, there) = (mean_square(&draw), mean_square(&member));
    let factor = (wanted / there).sqrt();
    if factor.is_finite() && factor > 0.0 {
        let scaled = each(&member, |x| factor * x);
        if within(&scaled) {
            return Ok((scaled, Started::Scaled { factor }));
        }
    }
    Ok((member, Started::Member))
}

fn mean_square<T: Real>(x: &Tensor<T>) -> f64 {
    let x = numbers(x);
    x.iter().map(|x| x * x).sum::<f64>() / x.len() as f64
}

//! The gradient checker: exact derivatives against finite differences, and the nestings of reverse and forward mode against each other.

use crate::case::{Case, spread};
use crate::error::{Error, ErrorKind, Result};
use crate::grad::Grad;
use crate::node::Tensor;
use crate::trace::no_grad;
use crate::transform::jvp;
use crate::tree::Tree;

/// What one case gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Checks made, by order (0 to 3).
    pub checks: [usize; 4],
    /// Derivatives compared with something, by order and nesting: bit k of the second index says that the k-th from inside was taken in
    /// forward mode. [`nesting`] names them.
    pub nestings: [[usize; 8]; 4],
    /// The largest relative error seen between nestings, fused and unfused rules.
    pub worst_exact: f64,
    /// The largest relative error seen against finite differences.
    pub worst_difference: f64,
    /// What went wrong, in words.
    pub failures: Vec<String>,
}

/// One way to take a directional derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Reverse,
    Forward,
}

/// The name of a nesting, the outermost first: `nesting(2, 0b01)` is `reverse over forward`.
pub fn nesting(order: usize, bits: usize) -> String {
    let way = |k: usize| if bits >> k & 1 == 0 { "reverse" } else { "forward" };
    (0..order).rev().map(way).collect::<Vec<_>>().join(" over ")
}

type Function<'a> = Box<dyn Fn(&[Tensor<f64>]) -> Tensor<f64> + 'a>;

/// x ↦ ⟨∇f(x), v⟩, taken in one of the two ways.
fn derive<'a>(f: Function<'a>, v: &'a [Tensor<f64>], way: Way) -> Function<'a> {
    Box::new(move |x: &[Tensor<f64>]| match way {
        Way::Forward => jvp(|x: &Vec<Tensor<f64>>| f(x), &x.to_vec(), v).1,
        Way::Reverse => {
            let leaves: Vec<Tensor<f64>> = x.iter().map(crate::ops::movement::alias::alias).collect();
            let y = f(&leaves);
            if !y.is_tracked() {
                return Tensor::scalar(0.0);
            }
            let g = Grad::of(&y).wrt(&leaves).create_graph().allow_unused().run();
            let g = match g {
                Ok(g) => g,
                Err(e) => panic!("{e}"),
            };
            g.iter().zip(v).map(|(g, v)| (g * v).sum()).sum()
        }
    })
}

/// Differences more uncertain than this part of the derivative's size would let every wrong rule pass.
const BLIND: f64 = 1e-2;

const FIRST: [f64; 4] = [1e-11, 1e-10, 1e-9, 1e-8];

impl Case {
    /// Runs every check to `max_order` (at most 3).
    pub fn check(&self, max_order: usize) -> Outcome {
        let mut out = Outcome::default();
        let value = no_grad(|| (self.f)(&self.inputs));
        let weights = spread(value.shape(), 7) + 1.5;
        let scalar = |x: &[Tensor<f64>]| ((self.f)(x) * &weights).sum();
        let directions: Vec<Vec<Tensor<f64>>> = (0..3)
            .map(|k| self.inputs.iter().enumerate().map(|(i, x)| direction(x, 11 + 3 * k + 5 * i as u64)).collect())
            .collect();
        for (order, expected) in &self.known {
            let ones: Vec<Tensor<f64>> = self.inputs.iter().map(Tensor::ones_like).collect();
            let sum = |x: &[Tensor<f64>]| (self.f)(x).sum();
            for (bits, ways) in ways(*order).into_iter().enumerate() {
                out.nestings[*order][bits] += 1;
                let f = ways.iter().fold(Box::new(sum) as Function<'_>, |f, &w| derive(f, &ones, w));
                let got = f(&self.tracked()).item();
                out.compare_exact(
                    *order,
                    &format!("{}: known derivative of order {order} by {ways:?}", self.label),
                    got,
                    *expected,
                    1.0,
                );
            }
        }
        for order in 1..=max_order.min(3) {
            let derivative = |ways: &[Way], at: &[Tensor<f64>]| {
                let f =
                    ways.iter().zip(&directions).fold(Box::new(scalar) as Function<'_>, |f, (&w, v)| derive(f, v, w));
                f(at).item()
            };
            let all = ways(order);
            let reference = derivative(&all[0], &self.tracked());
            let scale = self.scale(order, &directions, &weights);
            if order == 1 {
                self.check_views(&value, reference, scale, &mut out, |at| derivative(&all[0], at));
            }
            out.nestings[order][0] += 1;
            for (bits, ways) in all.iter().enumerate().skip(1) {
                out.nestings[order][bits] += 1;
                let label = format!("{}: order {order} by {ways:?} against {:?}", self.label, all[0]);
                out.compare_exact(order, &label, derivative(ways, &self.tracked()), reference, scale);
            }
            if order == 1 {
                // The numbers' own first-order rule (unrecorded) against the rule in tensor ops (recorded).
                let x = self.tracked();
                let y = scalar(&x);
                if y.is_tracked() {
                    let g = Grad::of(&y).wrt(&x).allow_unused().run();
                    let fast = g.map(|g| g.iter().zip(&directions[0]).map(|(g, v)| (g * v).sum().item()).sum::<f64>());
                    match fast {
                        Ok(fast) => out.compare_exact(
                            1,
                            &format!("{}: unrecorded gradient", self.label),
                            fast,
                            reference,
                            scale,
                        ),
                        Err(e) => out.failures.push(format!("{}: {e}", self.label)),
                    }
                }
            }
            let skipped = self.skips.iter().any(|(k, _)| *k == order) || self.known.iter().any(|(k, _)| *k == order);
            if !skipped {
                let v = &directions[order - 1];
                let below = |t: f64| {
                    let at: Vec<Tensor<f64>> = self.inputs.iter().zip(v).map(|(x, v)| (x + v * t).tracked()).collect();
                    if order == 1 { scalar(&at).item() } else { derivative(&all[0][..order - 1], &at) }
                };
                let (difference, uncertainty) = slope(below, self.step);
                out.checks[order] += 1;
                let error = (difference - reference).abs();
                let allowed = 1e-6 * reference.abs().max(scale * 1e-2).max(1e-3) + 10.0 * uncertainty;
                out.worst_difference = out.worst_difference.max(error / reference.abs().max(1.0));
                if uncertainty > BLIND * reference.abs().max(scale) {
                    out.failures.push(format!(
                        "{}: order {order}: differences say nothing (exact {reference:e}, difference {difference:e} ±{uncertainty:e}); choose \
                         another step, state the derivative, or skip with the reason",
                        self.label
                    ));
                } else if error.is_nan() || error > allowed || !reference.is_finite() {
                    out.failures.push(format!(
                        "{}: order {order}: exact {reference:e}, finite difference {difference:e} (±{uncertainty:e})",
                        self.label
                    ));
                }
            }
        }
        out
    }

    /// The same value and first derivative where no input lies contiguously.
    fn check_views(
        &self,
        value: &Tensor<f64>,
        reference: f64,
        scale: f64,
        out: &mut Outcome,
        derivative: impl Fn(&[Tensor<f64>]) -> f64,
    ) {
        let views: Vec<Tensor<f64>> = self.inputs.iter().map(strided).collect();
        let got = no_grad(|| (self.f)(&views)).to_vec();
        let largest = value.to_vec().iter().fold(1.0, |m: f64, x| if x.is_finite() { m.max(x.abs()) } else { m });
        let worst = got.iter().zip(value.to_vec()).find(|(a, b)| {
            let same = **a == *b || (a.is_nan() && b.is_nan()) || (**a - b).abs() <= FIRST[0] * largest;
            !same
        });
        let (got, expected) = worst.map_or((0.0, 0.0), |(a, b)| (*a, b));
        out.compare_exact(0, &format!("{}: value on views", self.label), got, expected, largest);
        if reference.is_finite() {
            let tracked: Vec<Tensor<f64>> = views.iter().map(Tensor::tracked).collect();
            out.compare_exact(
                1,
                &format!("{}: derivative on views", self.label),
                derivative(&tracked),
                reference,
                scale,
            );
        }
    }

    fn tracked(&self) -> Vec<Tensor<f64>> {
        self.inputs.iter().map(Tensor::tracked).collect()
    }

    /// The size of the terms that a derivative is made of, so that cancellation is not taken for an error.
    fn scale(&self, order: usize, directions: &[Vec<Tensor<f64>>], weights: &Tensor<f64>) -> f64 {
        let scalar = |x: &[Tensor<f64>]| ((self.f)(x) * weights).sum();
        let f =
            directions.iter().take(order - 1).fold(Box::new(scalar) as Function<'_>, |f, v| derive(f, v, Way::Reverse));
        let x = self.tracked();
        let y = f(&x);
        if !y.is_tracked() {
            return 1.0;
        }
        let Ok(g) = Grad::of(&y).wrt(&x).allow_unused().run() else { return 1.0 };
        let sizes =
            g.iter().zip(&directions[order - 1]).map(|(g, v)| (g * v).to_vec().iter().map(|t| t.abs()).sum::<f64>());
        sizes.sum::<f64>().max(1.0)
    }
}

impl Outcome {
    fn compare_exact(&mut self, order: usize, label: &str, got: f64, expected: f64, scale: f64) {
        self.checks[order] += 1;
        if got == expected {
            return;
        }
        let error = (got - expected).abs() / expected.abs().max(scale);
        self.worst_exact = self.worst_exact.max(error);
        if error.is_nan() || error > FIRST[order] {
            self.failures.push(format!("{label}: got {got:e}, expected {expected:e}"));
        }
    }

    /// Adds up another outcome.
    pub fn add(&mut self, other: Outcome) {
        self.checks.iter_mut().zip(other.checks).for_each(|(a, b)| *a += b);
        let counts = other.nestings.into_iter().flatten();
        self.nestings.iter_mut().flatten().zip(counts).for_each(|(a, b)| *a += b);
        self.worst_exact = self.worst_exact.max(other.worst_exact);
        self.worst_difference = self.worst_difference.max(other.worst_difference);
        self.failures.extend(other.failures);
    }
}

/// All nestings of an order: reverse over reverse, forward over reverse, …; the innermost first.
fn ways(order: usize) -> Vec<Vec<Way>> {
    (0..1 << order)
        .map(|bits| (0..order).map(|k| if bits >> k & 1 == 0 { Way::Reverse } else { Way::Forward }).collect())
        .collect()
}

/// The same numbers with axes that lie the other way round, or, of rank 1, with a NaN between two of them.
fn strided(x: &Tensor<f64>) -> Tensor<f64> {
    let own = |x: &Tensor<f64>| Tensor::from_slice(x.shape(), &x.to_vec());
    match x.rank() {
        0 => x.clone(),
        1 => {
            let wide: Vec<f64> = x.to_vec().into_iter().flat_map(|x| [x, f64::NAN]).collect();
            Tensor::from_slice(&[wide.len()], &wide).slice(0, 0..wide.len(), 2)
        }
        rank => {
            let order: Vec<usize> = (0..rank).rev().collect();
            own(&x.permute(&order)).permute(&order)
        }
    }
}

/// A direction whose entries are no larger than those of `x` (near a border of the domain differences must stay inside), nor than 1.
fn direction(x: &Tensor<f64>, seed: u64) -> Tensor<f64> {
    let sizes: Vec<f64> = x.to_vec().iter().map(|&x| if x == 0.0 { 1.0 } else { x.abs().min(1.0) }).collect();
    spread(x.shape(), seed) * Tensor::from_slice(x.shape(), &sizes)
}

/// The derivative of f at 0 by Richardson extrapolation of central differences (Ridders 1982), and how uncertain it is.
fn slope(f: impl Fn(f64) -> f64, step: f64) -> (f64, f64) {
    const ROWS: usize = 8;
    const SHRINK: f64 = 1.6;
    let mut h = 2e-2 * step;
    let mut table = [[0.0_f64; ROWS]; ROWS];
    let (mut best, mut uncertainty) = (0.0, f64::INFINITY);
    for i in 0..ROWS {
        table[0][i] = (f(h) - f(-h)) / (2.0 * h);
        if i == 0 {
            best = table[0][0];
        }
        let mut factor = SHRINK * SHRINK;
        for j in 1..=i {
            table[j][i] = (table[j - 1][i] * factor - table[j - 1][i - 1]) / (factor - 1.0);
            factor *= SHRINK * SHRINK;
            let error = (table[j][i] - table[j - 1][i]).abs().max((table[j][i] - table[j - 1][i - 1]).abs());
            if error <= uncertainty {
                (best, uncertainty) = (table[j][i], error);
            }
        }
        h /= SHRINK;
    }
    (best, if uncertainty.is_finite() { uncertainty } else { 0.0 })
}

/// Checks the derivatives of `f` at `x` to `order` (at most 3): exact against finite differences, in every nesting of reverse and forward
/// mode, and the recorded rule against the unrecorded one. For users' own ops and layers too; in `f64`, where differences mean something.
///
/// `f` may answer any shape: a fixed combination of its elements is differentiated.
///
/// ```
/// use gradus_tensor::{Tensor, check_grads, ndarray::array};
/// let x = Tensor::from(array![0.3_f64, -1.2]);
/// check_grads(|x: &Tensor<f64>| x.tanh(), &x, 3)?;
/// # Ok::<(), gradus_tensor::Error>(())
/// ```
///
/// # Errors
/// With every disagreement, where there is one.
#[doc(alias = "gradcheck")]
pub fn check_grads<X: Tree<Elem = f64, Owned = X> + Clone + Send + Sync + 'static>(
    f: impl Fn(&X) -> Tensor<f64> + Send + Sync + 'static,
    x: &X,
    order: usize,
) -> Result<()> {
    let shape = x.clone();
    let case = Case::new("check_grads", x.leaves().iter().map(Tensor::detach).collect(), move |leaves| {
        let mut next = leaves.iter();
        f(&shape.map(&mut |t| next.next().map_or_else(|| t.clone(), Tensor::clone)))
    });
    let outcome = case.check(order);
    if outcome.failures.is_empty() { Ok(()) } else { Err(Error::new(ErrorKind::Check, outcome.failures.join("\n"))) }
}

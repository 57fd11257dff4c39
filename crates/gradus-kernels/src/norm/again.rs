//! The cotangents of the cotangent of batch normalisation: what a penalty on gradients asks of it.
//!
//! With x̂ = (x − m) r and P v = v − v̄ − x̂ mean(v x̂), which is symmetric, the first cotangent is dx = γ r P g. A cotangent u of it
//! gives, with a = mean(u x̂), b = mean(g x̂) and q = mean(u P g) = mean(u g) − ū ḡ − a b over the N numbers of a channel,
//!
//! - in g: γ r P u,
//! - in γ: N r q,
//! - in x: −γ r² (b P u + a P g + q x̂).

use super::channels::{Channels, sums};
use super::columns::column_sums;
use super::pull::{ChannelPull, Pull, PullRow};
use crate::map::{Map, map};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::{Whole, for_each_chunk};

/// p u + s g + (x − m) k − o.
#[derive(Clone, Copy, Default)]
struct Bend<T> {
    mean: T,
    of_u: T,
    of_g: T,
    of_x: T,
    shift: T,
}
impl<T: Real> Map<T, 3> for Bend<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x, u, g]: [T; 3]) -> T {
        self.of_u * u + self.of_g * g + (x - self.mean) * self.of_x - self.shift
    }
}

/// The same along a row of channels, each with numbers of its own.
struct BendRow<'a, T> {
    x: &'a [T],
    u: &'a [T],
    g: &'a [T],
    mean: &'a [T],
    of_u: &'a [T],
    of_g: &'a [T],
    of_x: &'a [T],
    shift: &'a [T],
    out: &'a mut [T],
}

impl<T: Real> Kernel for BendRow<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let BendRow { x, u, g, mean, of_u, of_g, of_x, shift, out } = self;
        let n = out.len();
        let (x, u, g, mean) = (&x[..n], &u[..n], &g[..n], &mean[..n]);
        let (of_u, of_g, of_x, shift) = (&of_u[..n], &of_g[..n], &of_x[..n], &shift[..n]);
        for k in 0..n {
            out[k] = of_u[k] * u[k] + of_g[k] * g[k] + (x[k] - mean[k]) * of_x[k] - shift[k];
        }
    }
}

/// How many sums a channel needs.
const SUMS: usize = 5;

/// The terms of Σ u, Σ g, Σ u x̂, Σ g x̂, Σ u g.
#[inline(always)]
fn terms<T: Real>([x, u, g]: [T; 3], mean: T, r: T) -> [T; SUMS] {
    let h = (x - mean) * r;
    [u, g, u * h, g * h, u * g]
}

/// One of the [`terms`], by its place.
#[derive(Clone, Copy)]
struct Term<T>(T, T, usize);
impl<T: Real> Map<T, 3> for Term<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, v: [T; 3]) -> T {
        terms(v, self.0, self.1)[self.2]
    }
}

/// Both rules of channel j, and the cotangent of γ.
fn rules<T: Real>(at: &ChannelPull<'_, T>, j: usize, sums: [T; SUMS]) -> (Pull<T>, Bend<T>, T) {
    let count = T::from_usize(at.shape.n * at.shape.l);
    let (mean, r, gamma) = (at.stats[3 * j], at.stats[3 * j + 1], at.gamma[j]);
    let [u, g, a, b, ug] = sums.map(|s| s / count);
    let q = ug - u * g - a * b;
    let s = -(gamma * r * r);
    let bend = Bend { mean, of_u: s * b, of_g: s * a, of_x: s * r * (q - (a * b + a * b)), shift: s * (b * u + a * g) };
    (Pull { mean, a: u, b: r * a, scale: gamma * r }, bend, count * r * q)
}

/// The cotangents of [`pull_channels`](super::pull_channels)' dx in x, g and γ, for the cotangent `u` of dx.
///
/// # Panics
/// If the lengths do not fit.
pub fn pull_channels_again<T: Real>(at: ChannelPull<'_, T>, u: &[T], [of_x, of_g]: [&mut [T]; 2], of_gamma: &mut [T]) {
    let ChannelPull { shape, x, g, gamma, stats } = at;
    let Channels { c, l, .. } = shape;
    let fits = [x.len(), g.len(), u.len(), of_x.len(), of_g.len()].iter().all(|&n| n == shape.len());
    assert!(fits, "pull_channels_again: lengths do not fit");
    let fits = stats.len() == 3 * c && gamma.len() == c && of_gamma.len() == c;
    assert!(fits, "pull_channels_again: statistics or scale do not fit the channels");
    if u.is_empty() {
        return of_gamma.fill(T::ZERO);
    }
    if shape.by_channel() {
        let (whole_x, whole_g) = (Whole::of(of_x), Whole::of(of_g));
        return for_each_chunk(of_gamma, 1, |j, of_gamma| {
            let (pull, bend, d) = rules(&at, j, simd(Sums { at, u, j }));
            of_gamma[0] = d;
            for plane in shape.planes(j) {
                // SAFETY: the planes of channel j belong to this piece alone; they lie inside the results, which are borrowed until
                // all are done.
                let (of_x, of_g) = unsafe { (whole_x.part(plane.start, l), whole_g.part(plane.start, l)) };
                let (x, u, g) = (&x[plane.clone()], &u[plane.clone()], &g[plane]);
                map(pull, [x, u], of_g);
                map(bend, [x, u, g], of_x);
            }
        });
    }
    let part = |k: usize| -> Vec<T> { (0..c).map(|j| stats[3 * j + k]).collect() };
    let (mean, r) = (part(0), part(1));
    let totals = if l == 1 {
        column_sums(c, [x, u, g], [&mean, &r], |v, [mean, r]| terms(v, mean, r))
    } else {
        let mut totals = std::array::from_fn(|_| vec![T::ZERO; c]);
        // The result serves as scratch for the terms of each sum.
        for (k, total) in totals.iter_mut().enumerate() {
            shape.each_plane(of_x, |i, j, out| {
                let from = (i * c + j) * l;
                map(Term(mean[j], r[j], k), [x, u, g].map(|v| &v[from..from + l]), out);
            });
            shape.sum(of_x, total);
        }
        totals
    };
    let rules: Vec<_> = (0..c).map(|j| rules(&at, j, std::array::from_fn(|k| totals[k][j]))).collect();
    of_gamma.iter_mut().zip(&rules).for_each(|(y, (_, _, d))| *y = *d);
    let pulls = |f: fn(&Pull<T>) -> T| -> Vec<T> { rules.iter().map(|(p, _, _)| f(p)).collect() };
    let bends = |f: fn(&Bend<T>) -> T| -> Vec<T> { rules.iter().map(|(_, b, _)| f(b)).collect() };
    let (a, b, scale) = (pulls(|p| p.a), pulls(|p| p.b), pulls(|p| p.scale));
    shape.each_plane(of_g, |i, j, out| {
        let from = (i * c + j) * l;
        let (x, u) = (&x[from..from + out.len()], &u[from..from + out.len()]);
        if l == 1 {
            return simd(PullRow { x, g: u, mean: &mean, a: &a, b: &b, scale: &scale, dx: out });
        }
        map(rules[j].0, [x, u], out);
    });
    let (bu, bg, bx, shift) = (bends(|b| b.of_u), bends(|b| b.of_g), bends(|b| b.of_x), bends(|b| b.shift));
    shape.each_plane(of_x, |i, j, out| {
        let from = (i * c + j) * l;
        let [x, u, g] = [x, u, g].map(|v| &v[from..from + out.len()]);
        if l == 1 {
            let (mean, of_u, of_g, of_x, shift) = (&mean, &bu, &bg, &bx, &shift);
            return simd(BendRow { x, u, g, mean, of_u, of_g, of_x, shift, out });
        }
        map(rules[j].1, [x, u, g], out);
    });
}

struct Sums<'a, T> {
    at: ChannelPull<'a, T>,
    u: &'a [T],
    j: usize,
}

impl<T: Real> Kernel for Sums<'_, T> {
    type Output = [T; SUMS];
    #[inline(always)]
    fn run<S: Isa>(self, _: S) -> [T; SUMS] {
        let Sums { at: ChannelPull { shape, x, g, stats, .. }, u, j } = self;
        let (mean, r) = (stats[3 * j], stats[3 * j + 1]);
        let runs = shape.planes(j).map(|p| [&x[p.clone()], &u[p.clone()], &g[p]]);
        sums(runs, |v| terms(v, mean, r))
    }
}

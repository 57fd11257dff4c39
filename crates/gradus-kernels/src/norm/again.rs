//! The cotangents of the cotangent of batch normalisation: what a penalty on gradients asks of it.
//!
//! With x̂ = (x − m) r and P v = v − v̄ − x̂ mean(v x̂), which is symmetric, the first cotangent is dx = γ r P g. A cotangent u of it
//! gives, with a = mean(u x̂), b = mean(g x̂) and q = mean(u P g) = mean((u − ū)(g − ḡ)) − a b over the N numbers of a channel,
//!
//! - in g: γ r P u,
//! - in γ: N r q,
//! - in x: −γ r² (b P u + a P g + q x̂).
//!
//! The means ū and ḡ come first, so cotangents far from 0 cost no digits.

use super::channels::{Channels, sums};
use super::columns::column_sums;
use super::pull::{ChannelPull, Pull, PullRows};
use crate::map::{Map, each, map};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::{Whole, for_each_chunk_with};

/// p (u − ū) + s (g − ḡ) + k (x − m).
#[derive(Clone, Copy)]
struct Bend<T> {
    means: [T; 3],
    of_x: T,
    of_u: T,
    of_g: T,
}
impl<T: Real> Map<T, 3> for Bend<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x, u, g]: [T; 3]) -> T {
        let [mean, u_mean, g_mean] = self.means;
        self.of_u * (u - u_mean) + self.of_g * (g - g_mean) + self.of_x * (x - mean)
    }
}

/// The same along rows of channels, each with numbers of its own.
struct BendRows<'a, T> {
    /// x, u, g.
    v: [&'a [T]; 3],
    /// Their means.
    means: [&'a [T]; 3],
    /// What they are multiplied by.
    by: [&'a [T]; 3],
    out: &'a mut [T],
}

impl<T: Real> Kernel for BendRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let c = self.means[0].len();
        let [mean, u_mean, g_mean] = each(self.means, |v| &v[..c]);
        let [of_x, of_u, of_g] = each(self.by, |v| &v[..c]);
        for (i, y) in self.out.chunks_exact_mut(c).enumerate() {
            let [x, u, g] = each(self.v, |v| &v[i * c..(i + 1) * c]);
            for k in 0..c {
                y[k] = of_u[k] * (u[k] - u_mean[k]) + of_g[k] * (g[k] - g_mean[k]) + of_x[k] * (x[k] - mean[k]);
            }
        }
    }
}

/// How many sums a channel needs once its means are known.
const SUMS: usize = 3;

/// The terms of Σ u x̂, Σ g x̂, Σ (u − ū)(g − ḡ).
#[inline(always)]
fn terms<T: Real>([x, u, g]: [T; 3], [mean, r, u_mean, g_mean]: [T; 4]) -> [T; SUMS] {
    let h = (x - mean) * r;
    [u * h, g * h, (u - u_mean) * (g - g_mean)]
}

/// One of the [`terms`], by its place.
#[derive(Clone, Copy)]
struct Term<T>([T; 4], usize);
impl<T: Real> Map<T, 3> for Term<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, v: [T; 3]) -> T {
        terms(v, self.0)[self.1]
    }
}

/// Both rules of channel j, and the cotangent of γ.
fn rules<T: Real>(at: &ChannelPull<'_, T>, j: usize, [u, g]: [T; 2], sums: [T; SUMS]) -> (Pull<T>, Bend<T>, T) {
    let count = T::from_usize(at.shape.n * at.shape.l);
    let (mean, r, gamma) = (at.stats[3 * j], at.stats[3 * j + 1], at.gamma[j]);
    let [a, b, ug] = sums.map(|s| s / count);
    let q = ug - a * b;
    let s = -(gamma * r * r);
    let bend = Bend { means: [mean, u, g], of_x: s * r * (q - (a * b + a * b)), of_u: s * b, of_g: s * a };
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
        return for_each_chunk_with(of_gamma, 1, x.len(), |j, of_gamma| {
            let (means, sums) = simd(Sums { at, u, j });
            let (pull, bend, d) = rules(&at, j, means, sums);
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
    let mut means = [u, g].map(|v| {
        let mut sums = vec![T::ZERO; c];
        shape.sum(v, &mut sums);
        sums
    });
    let count = T::from_usize(shape.n * l);
    means.iter_mut().flatten().for_each(|m| *m /= count);
    let [u_mean, g_mean] = &means;
    let totals = if l == 1 {
        column_sums(c, [x, u, g], [&mean, &r, u_mean, g_mean], terms)
    } else {
        let mut totals = std::array::from_fn(|_| vec![T::ZERO; c]);
        // The result serves as scratch for the terms of each sum.
        for (k, total) in totals.iter_mut().enumerate() {
            shape.each_plane(of_x, |i, j, out| {
                let from = (i * c + j) * l;
                let term = Term([mean[j], r[j], u_mean[j], g_mean[j]], k);
                map(term, [x, u, g].map(|v| &v[from..from + l]), out);
            });
            shape.sum(of_x, total);
        }
        totals
    };
    let [mut b, mut scale, mut by_x, mut by_u, mut by_g] = [(); 5].map(|()| vec![T::ZERO; c]);
    for j in 0..c {
        let (pull, bend, d) = rules(&at, j, [u_mean[j], g_mean[j]], std::array::from_fn(|k| totals[k][j]));
        (b[j], scale[j]) = (pull.b, pull.scale);
        (by_x[j], by_u[j], by_g[j]) = (bend.of_x, bend.of_u, bend.of_g);
        of_gamma[j] = d;
    }
    if l == 1 {
        shape.each_rows(of_g, |part, dx| {
            simd(PullRows { x: &x[part.clone()], g: &u[part], mean: &mean, a: u_mean, b: &b, scale: &scale, dx });
        });
        return shape.each_rows(of_x, |part, out| {
            let v = [x, u, g].map(|v| &v[part.clone()]);
            simd(BendRows { v, means: [&mean, u_mean, g_mean], by: [&by_x, &by_u, &by_g], out });
        });
    }
    shape.each_plane(of_g, |i, j, out| {
        let from = (i * c + j) * l;
        let (x, u) = (&x[from..from + l], &u[from..from + l]);
        map(Pull { mean: mean[j], a: u_mean[j], b: b[j], scale: scale[j] }, [x, u], out);
    });
    shape.each_plane(of_x, |i, j, out| {
        let from = (i * c + j) * l;
        let v = [x, u, g].map(|v| &v[from..from + l]);
        let means = [mean[j], u_mean[j], g_mean[j]];
        map(Bend { means, of_x: by_x[j], of_u: by_u[j], of_g: by_g[j] }, v, out);
    });
}

struct Sums<'a, T> {
    at: ChannelPull<'a, T>,
    u: &'a [T],
    j: usize,
}

impl<T: Real> Kernel for Sums<'_, T> {
    /// ū and ḡ, and the sums that need them.
    type Output = ([T; 2], [T; SUMS]);
    #[inline(always)]
    fn run<S: Isa>(self, _: S) -> ([T; 2], [T; SUMS]) {
        let Sums { at: ChannelPull { shape, x, g, stats, .. }, u, j } = self;
        let count = T::from_usize(shape.n * shape.l);
        let [u_mean, g_mean] = sums(shape.planes(j).map(|p| [&u[p.clone()], &g[p]]), |v| v).map(|s| s / count);
        let of = [stats[3 * j], stats[3 * j + 1], u_mean, g_mean];
        let runs = shape.planes(j).map(|p| [&x[p.clone()], &u[p.clone()], &g[p]]);
        ([u_mean, g_mean], sums(runs, |v| terms(v, of)))
    }
}

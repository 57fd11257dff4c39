//! The cotangents of batch normalisation.

use super::channels::{Channels, sums};
use super::columns::column_sums;
use crate::map::{Map, map};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::{Whole, for_each_chunk_with};

/// What [`pull_channels`] reads: the input, the cotangent, γ, and what [`normalise_channels`](super::normalise_channels) left in `stats`.
#[derive(Clone, Copy, Debug)]
pub struct ChannelPull<'a, T> {
    /// The axes.
    pub shape: Channels,
    /// The input.
    pub x: &'a [T],
    /// The cotangent of the output.
    pub g: &'a [T],
    /// The scale of each channel.
    pub gamma: &'a [T],
    /// Mean, reciprocal deviation and variance of each channel.
    pub stats: &'a [T],
}

/// g r (x − m).
#[derive(Clone, Copy)]
struct Along<T>(T, T);
impl<T: Real> Map<T, 2> for Along<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x, g]: [T; 2]) -> T {
        g * ((x - self.0) * self.1)
    }
}

/// (g − a − (x − m) b) s.
#[derive(Clone, Copy)]
pub(super) struct Pull<T> {
    pub(super) mean: T,
    pub(super) a: T,
    pub(super) b: T,
    pub(super) scale: T,
}
impl<T: Real> Map<T, 2> for Pull<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x, g]: [T; 2]) -> T {
        (g - self.a - (x - self.mean) * self.b) * self.scale
    }
}

/// The same along rows of channels, each with numbers of its own.
pub(super) struct PullRows<'a, T> {
    pub(super) x: &'a [T],
    pub(super) g: &'a [T],
    pub(super) mean: &'a [T],
    pub(super) a: &'a [T],
    pub(super) b: &'a [T],
    pub(super) scale: &'a [T],
    pub(super) dx: &'a mut [T],
}

impl<T: Real> Kernel for PullRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let PullRows { x, g, mean, a, b, scale, dx } = self;
        let c = mean.len();
        let (a, b, scale) = (&a[..c], &b[..c], &scale[..c]);
        for ((x, g), dx) in x.chunks_exact(c).zip(g.chunks_exact(c)).zip(dx.chunks_exact_mut(c)) {
            for k in 0..c {
                dx[k] = (g[k] - a[k] - (x[k] - mean[k]) * b[k]) * scale[k];
            }
        }
    }
}

impl<T: Real> ChannelPull<'_, T> {
    /// The rule of channel j with its sums Σ g x̂ and Σ g: dx = r γ (g − ḡ − x̂ mean(g x̂)), x̂ = (x − m) r.
    fn rule(&self, j: usize, sums: &[T]) -> Pull<T> {
        let count = T::from_usize(self.shape.n * self.shape.l);
        let (mean, r) = (self.stats[3 * j], self.stats[3 * j + 1]);
        Pull { mean, a: sums[1] / count, b: r * (sums[0] / count), scale: r * self.gamma[j] }
    }
}

/// dx, and in `sums`, of every channel, dγ = Σ g x̂ and dδ = Σ g.
///
/// # Panics
/// If the lengths do not fit.
pub fn pull_channels<T: Real>(at: ChannelPull<'_, T>, dx: &mut [T], sums: &mut [T]) {
    let ChannelPull { shape, x, g, gamma, stats } = at;
    let Channels { c, l, .. } = shape;
    assert!(x.len() == shape.len() && g.len() == x.len() && dx.len() == x.len(), "pull_channels: lengths do not fit");
    let fits = stats.len() == 3 * c && gamma.len() == c && sums.len() == 2 * c;
    assert!(fits, "pull_channels: statistics, scale or sums do not fit the channels");
    if dx.is_empty() {
        return sums.fill(T::ZERO);
    }
    if shape.by_channel() {
        let whole = Whole::of(dx);
        return for_each_chunk_with(sums, 2, x.len() / 2, |from, sums| {
            let j = from / 2;
            simd(Sums { at, j, sums });
            let f = at.rule(j, sums);
            for plane in shape.planes(j) {
                // SAFETY: the planes of channel j belong to this piece alone; they lie inside dx, which is borrowed until all are done.
                let dx = unsafe { whole.part(plane.start, l) };
                map(f, [&x[plane.clone()], &g[plane]], dx);
            }
        });
    }
    let part = |k: usize| -> Vec<T> { (0..c).map(|j| stats[3 * j + k]).collect() };
    let (mean, r) = (part(0), part(1));
    let of = if l == 1 {
        column_sums(c, [x, g], [&mean, &r], |[x, g], [mean, r]| [g * ((x - mean) * r), g])
    } else {
        let mut of = [vec![T::ZERO; c], vec![T::ZERO; c]];
        // dx serves as scratch for the terms of Σ g x̂.
        shape.each_plane(dx, |i, j, out| {
            let from = (i * c + j) * l;
            map(Along(mean[j], r[j]), [&x[from..from + l], &g[from..from + l]], out);
        });
        shape.sum(dx, &mut of[0]);
        shape.sum(g, &mut of[1]);
        of
    };
    for (j, sums) in sums.chunks_exact_mut(2).enumerate() {
        sums.copy_from_slice(&[of[0][j], of[1][j]]);
    }
    let [mut a, mut b, mut scale] = [(); 3].map(|()| vec![T::ZERO; c]);
    for (j, sums) in sums.chunks_exact(2).enumerate() {
        Pull { a: a[j], b: b[j], scale: scale[j], .. } = at.rule(j, sums);
    }
    if l == 1 {
        return shape.each_rows(dx, |part, dx| {
            simd(PullRows { x: &x[part.clone()], g: &g[part], mean: &mean, a: &a, b: &b, scale: &scale, dx });
        });
    }
    shape.each_plane(dx, |i, j, out| {
        let from = (i * c + j) * l;
        let (x, g) = (&x[from..from + l], &g[from..from + l]);
        map(Pull { mean: mean[j], a: a[j], b: b[j], scale: scale[j] }, [x, g], out);
    });
}

struct Sums<'a, 'b, T> {
    at: ChannelPull<'a, T>,
    j: usize,
    sums: &'b mut [T],
}

impl<T: Real> Kernel for Sums<'_, '_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Sums { at: ChannelPull { shape, x, g, stats, .. }, j, sums: out } = self;
        let (mean, r) = (stats[3 * j], stats[3 * j + 1]);
        let runs = shape.planes(j).map(|p| [&x[p.clone()], &g[p]]);
        out.copy_from_slice(&sums(runs, |[x, g]| [g * ((x - mean) * r), g]));
    }
}

//! Normalisation of channels: y = γ (x − m)/√(σ² + ε) + δ with the statistics of a batch `[n, c, l]` over samples and places.
//!
//! Where channels have planes (l is not small) a piece of work is one channel: its planes are read once from memory, for the mean, and
//! twice more from the cache. Else the statistics are folds over columns and the rest goes row by row.

use super::PIECE;
use crate::map::{Map, each, map};
use crate::real::Real;
use crate::reduce::{self, Cascade};
use crate::simd::{Isa, Kernel, simd};
use crate::threads::{Whole, for_each_chunk_with};
use crate::view::View;
use std::ops::Range;

/// The axes of a batch: samples, channels, places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels {
    /// How many samples.
    pub n: usize,
    /// How many channels.
    pub c: usize,
    /// How many places a plane has.
    pub l: usize,
}

impl Channels {
    /// How many numbers.
    #[must_use]
    pub fn len(self) -> usize {
        self.n * self.c * self.l
    }

    /// Whether there are no numbers.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether each channel is a piece of work of its own: planes are runs, and there are channels for every thread.
    pub(super) fn by_channel(self) -> bool {
        self.l >= 16 && self.c >= 8
    }

    /// The planes of channel j, as ranges.
    pub(super) fn planes(self, j: usize) -> impl Iterator<Item = Range<usize>> {
        (0..self.n).map(move |i| {
            let at = (i * self.c + j) * self.l;
            at..at + self.l
        })
    }

    /// Σ over samples and places.
    pub(super) fn sum<T: Real>(self, x: &[T], out: &mut [T]) {
        let view = View { data: x, shape: &[self.n, self.c, self.l], strides: &[self.c * self.l, self.l, 1] };
        reduce::sum(view, &[true, false, true], out);
    }

    /// Runs `body(sample, channel, plane)` over the planes of `out`, shared among threads.
    pub(super) fn each_plane<T: Real>(self, out: &mut [T], body: impl Fn(usize, usize, &mut [T]) + Sync) {
        let Channels { c, l, .. } = self;
        for_each_chunk_with(out, (PIECE / l).max(1) * l, out.len() / 4, |from, out| {
            for (k, plane) in out.chunks_exact_mut(l).enumerate() {
                let at = from / l + k;
                body(at / c, at % c, plane);
            }
        });
    }

    /// Runs `body(range, rows)` over pieces of `out` of whole rows of channels, shared among threads: for planes of one place.
    pub(super) fn each_rows<T: Real>(self, out: &mut [T], body: impl Fn(Range<usize>, &mut [T]) + Sync) {
        let rows = (PIECE / self.c).max(1) * self.c;
        for_each_chunk_with(out, rows, out.len() / 4, |from, out| body(from..from + out.len(), out));
    }
}

/// How many numbers are added side by side.
const LANES: usize = 32;
/// How many numbers go into the lanes before they are joined.
const BLOCK: usize = 4096;

/// M sums over the runs of N arrays, in lanes that are joined pairwise.
#[inline(always)]
pub(super) fn sums<'a, T: Real, const N: usize, const M: usize>(
    runs: impl Iterator<Item = [&'a [T]; N]>,
    lift: impl Fn([T; N]) -> [T; M],
) -> [T; M] {
    let mut total: [Cascade<T>; M] = std::array::from_fn(|_| Cascade::new());
    let mut lanes = [[T::ZERO; LANES]; M];
    let mut filled = 0;
    for run in runs {
        let n = run[0].len();
        for start in (0..n).step_by(BLOCK) {
            let end = (start + BLOCK).min(n);
            let part = each(run, |x| &x[start..end]);
            add(part, &lift, &mut lanes);
            filled += end - start;
            if filled >= BLOCK {
                for m in 0..M {
                    total[m].push(joined(&mut lanes[m]), |a, b| a + b);
                }
                filled = 0;
            }
        }
    }
    let mut m = 0;
    total.map(|mut total| {
        total.push(joined(&mut lanes[m]), |a, b| a + b);
        m += 1;
        total.finish(T::ZERO, |a, b| a + b)
    })
}

/// Adds a run to the lanes.
#[inline(always)]
fn add<T: Real, const N: usize, const M: usize>(
    run: [&[T]; N],
    lift: &impl Fn([T; N]) -> [T; M],
    lanes: &mut [[T; LANES]; M],
) {
    let n = run[0].len();
    let whole = n / LANES * LANES;
    for from in (0..whole).step_by(LANES) {
        let x = each(run, |x| &x[from..from + LANES]);
        for k in 0..LANES {
            let y = lift(each(x, |x| x[k]));
            for m in 0..M {
                lanes[m][k] += y[m];
            }
        }
    }
    for from in whole..n {
        let y = lift(each(run, |x| x[from]));
        for m in 0..M {
            lanes[m][from - whole] += y[m];
        }
    }
}

/// The sum of the lanes by halves; they are 0 afterwards.
#[inline(always)]
fn joined<T: Real>(lanes: &mut [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for k in 0..width {
            lanes[k] += lanes[k + width];
        }
        width /= 2;
    }
    let sum = lanes[0];
    lanes.fill(T::ZERO);
    sum
}

/// (x − m) s + d.
#[derive(Clone, Copy)]
struct Affine<T> {
    mean: T,
    scale: T,
    shift: T,
}
impl<T: Real> Map<T, 1> for Affine<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, [x]: [T; 1]) -> T {
        (x - self.mean) * self.scale + self.shift
    }
}

/// The same along rows of channels, each with a mean, scale and shift of its own.
struct AffineRows<'a, T> {
    x: &'a [T],
    mean: &'a [T],
    scale: &'a [T],
    shift: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> Kernel for AffineRows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let c = self.mean.len();
        let (mean, scale, shift) = (&self.mean[..c], &self.scale[..c], &self.shift[..c]);
        for (x, y) in self.x.chunks_exact(c).zip(self.y.chunks_exact_mut(c)) {
            for k in 0..c {
                y[k] = (x[k] - mean[k]) * scale[k] + shift[k];
            }
        }
    }
}

/// Normalises a batch by channel. `stats` takes, of every channel, mean, 1/√(σ² + ε) and biased variance σ².
///
/// # Panics
/// If the lengths do not fit.
pub fn normalise_channels<T: Real>(
    shape: Channels,
    x: &[T],
    [gamma, delta]: [&[T]; 2],
    eps: T,
    stats: &mut [T],
    y: &mut [T],
) {
    let Channels { c, l, .. } = shape;
    assert!(x.len() == shape.len() && y.len() == x.len(), "normalise_channels: lengths do not fit");
    let fits = stats.len() == 3 * c && gamma.len() == c && delta.len() == c;
    assert!(fits, "normalise_channels: statistics, scale or shift do not fit the channels");
    if y.is_empty() {
        return;
    }
    if shape.by_channel() {
        let whole = Whole::of(y);
        return for_each_chunk_with(stats, 3, x.len() / 2, |from, stats| {
            let j = from / 3;
            simd(Statistics { shape, j, x, eps, stats });
            let f = Affine { mean: stats[0], scale: stats[1] * gamma[j], shift: delta[j] };
            for plane in shape.planes(j) {
                // SAFETY: the planes of channel j belong to this piece alone; they lie inside y, which is borrowed until all are done.
                let y = unsafe { whole.part(plane.start, l) };
                map(f, [&x[plane]], y);
            }
        });
    }
    channel_statistics(shape, x, eps, stats);
    let mean: Vec<T> = stats.iter().step_by(3).copied().collect();
    let scale: Vec<T> = (0..c).map(|j| stats[3 * j + 1] * gamma[j]).collect();
    if l == 1 {
        return shape
            .each_rows(y, |part, y| simd(AffineRows { x: &x[part], mean: &mean, scale: &scale, shift: delta, y }));
    }
    shape.each_plane(y, |i, j, y| {
        let at = (i * c + j) * l;
        map(Affine { mean: mean[j], scale: scale[j], shift: delta[j] }, [&x[at..at + l]], y);
    });
}

/// What [`normalise_channels`] leaves in `stats`, alone.
///
/// # Panics
/// If the lengths do not fit.
pub fn channel_statistics<T: Real>(shape: Channels, x: &[T], eps: T, stats: &mut [T]) {
    let Channels { n, c, l } = shape;
    assert!(x.len() == shape.len() && stats.len() == 3 * c, "channel_statistics: lengths do not fit");
    if shape.by_channel() {
        let one = |from: usize, stats: &mut [T]| simd(Statistics { shape, j: from / 3, x, eps, stats });
        return for_each_chunk_with(stats, 3, x.len() / 4, one);
    }
    let view = View { data: x, shape: &[n, c, l], strides: &[c * l, l, 1] };
    let (mut mean, mut variance) = (vec![T::ZERO; c], vec![T::ZERO; c]);
    reduce::mean_variance(view, &[true, false, true], &mut mean, &mut variance);
    for (j, s) in stats.chunks_exact_mut(3).enumerate() {
        s.copy_from_slice(&[mean[j], T::ONE / (variance[j] + eps).sqrt(), variance[j]]);
    }
}

struct Statistics<'a, T> {
    shape: Channels,
    j: usize,
    x: &'a [T],
    eps: T,
    stats: &'a mut [T],
}

impl<T: Real> Kernel for Statistics<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, _: S) {
        let Statistics { shape, j, x, eps, stats } = self;
        let count = T::from_usize(shape.n * shape.l);
        let planes = || shape.planes(j).map(|p| [&x[p]]);
        let [sum] = sums(planes(), |x| x);
        let mean = sum / count;
        let [squares] = sums(planes(), |[x]| [(x - mean) * (x - mean)]);
        let variance = squares / count;
        stats.copy_from_slice(&[mean, T::ONE / (variance + eps).sqrt(), variance]);
    }
}

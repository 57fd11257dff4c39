//! Folds along runs of memory: rows that lie contiguous, or are gathered.

use super::PIECE;
use super::axes::Axes;
use super::fold::{Cascade, Fold, SumOfSquares, run};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_chunk_with;
use crate::view::gather;

/// How many numbers of a strided row are gathered at a time.
const GATHER: usize = 1024;
/// With fewer outputs than this, long rows are cut as well.
const FEW: usize = 16;

/// Folds rows: each output is a fold over the reduced axes, whose last one is the run.
pub(super) fn fold<T: Real, F: Fold<T>>(f: F, data: &[T], axes: &Axes, centre: Option<&[T]>, out: &mut [T]) {
    let (n, _) = axes.reduced.inner();
    let runs = axes.reduced.len() / n;
    let row = n * runs;
    if out.len() >= FEW || row < 2 * PIECE {
        let nanos = out.len() * row / 8;
        return for_each_chunk_with(out, (PIECE / row).max(1), nanos, |start, out| {
            simd(Rows { f, data, axes, centre, part: Part { runs: (0, runs), inner: (0, n) }, start, out });
        });
    }
    // Few long rows: each is cut into parts, by shape, and the parts are joined pairwise.
    let (cuts, groups) = (n.div_ceil(PIECE), runs.div_ceil((PIECE / n).max(1)));
    let parts = cuts * groups;
    let mut partial = vec![T::ZERO; parts * out.len()];
    for_each_chunk_with(&mut partial, 1, out.len() * row / 8, |i, value| {
        let (start, part) = (i / parts, i % parts);
        let (group, cut) = (part / cuts, part % cuts);
        let size = (PIECE / n).max(1);
        let part = Part {
            runs: (group * size, ((group + 1) * size).min(runs)),
            inner: (cut * PIECE, ((cut + 1) * PIECE).min(n)),
        };
        simd(Rows { f, data, axes, centre, part, start, out: value });
    });
    for (y, partial) in out.iter_mut().zip(partial.chunks_exact(parts)) {
        let mut total = Cascade::new();
        let join = |a, b| f.join(crate::Portable, a, b);
        partial.iter().for_each(|&v| total.push(v, join));
        *y = total.finish(f.start(), join);
    }
}

/// A part of the reduced axes: some of the runs, and a range of each.
#[derive(Clone, Copy)]
struct Part {
    runs: (usize, usize),
    inner: (usize, usize),
}

struct Rows<'a, T, F> {
    f: F,
    data: &'a [T],
    axes: &'a Axes,
    centre: Option<&'a [T]>,
    part: Part,
    start: usize,
    out: &'a mut [T],
}

impl<T: Real, F: Fold<T>> Kernel for Rows<'_, T, F> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Rows { f, data, axes, centre, part, start, out } = self;
        let join = |a, b| f.join(s, a, b);
        let (_, step) = axes.reduced.inner();
        let ((first, last), (from, to)) = (part.runs, part.inner);
        let mut bases = axes.kept.offsets(start);
        let centre = |k: usize| centre.map_or(T::ZERO, |c| c[start + k]);
        if step == 1 && last - first == 1 && first == 0 {
            for (k, (y, base)) in out.iter_mut().zip(bases).enumerate() {
                let c = centre(k);
                *y = run(s, [&data[base + from..base + to]], f.start(), |[x]: [T; 1]| f.lift(s, x, c), join);
            }
            return;
        }
        let mut buffer = [T::ZERO; GATHER];
        for (k, y) in out.iter_mut().enumerate() {
            let base = bases.next().unwrap_or(0);
            let c = centre(k);
            let lift = |[x]: [T; 1]| f.lift(s, x, c);
            let mut total = Cascade::new();
            for at in axes.reduced.outer(first).take(last - first) {
                let mut i = from;
                while i < to {
                    let end = if step == 1 { to } else { (i + GATHER).min(to) };
                    let values = if step == 1 {
                        &data[base + at + i..base + at + end]
                    } else {
                        let buffer = &mut buffer[..end - i];
                        gather(&data[base + at + i * step..], step, buffer);
                        &*buffer
                    };
                    total.push(run(s, [values], f.start(), lift, join), join);
                    i = end;
                }
            }
            *y = total.finish(f.start(), join);
        }
    }
}

struct Dot<'a, T>(&'a [T], &'a [T]);
impl<T: Real> Kernel for Dot<'_, T> {
    type Output = T;
    #[inline(always)]
    fn run<S: Isa>(self, s: S) -> T {
        run(s, [self.0, self.1], T::ZERO, |[a, b]| a * b, |a, b| a + b)
    }
}

/// Σ xᵢ yᵢ, pairwise.
///
/// # Panics
/// If the lengths differ.
pub fn dot<T: Real>(x: &[T], y: &[T]) -> T {
    assert_eq!(x.len(), y.len(), "dot: lengths differ");
    if x.len() <= PIECE {
        return simd(Dot(x, y));
    }
    let mut partial = vec![T::ZERO; x.len().div_ceil(PIECE)];
    for_each_chunk_with(&mut partial, 1, x.len() / 8, |i, value| {
        let (from, to) = (i * PIECE, ((i + 1) * PIECE).min(x.len()));
        value[0] = simd(Dot(&x[from..to], &y[from..to]));
    });
    let mut total = Cascade::new();
    partial.into_iter().for_each(|v| total.push(v, |a, b| a + b));
    total.finish(T::ZERO, |a, b| a + b)
}

/// Σ xᵢ², pairwise.
pub fn sum_of_squares<T: Real>(x: &[T]) -> T {
    let mut out = [T::ZERO];
    let view = crate::View { data: x, shape: &[x.len()], strides: &[1] };
    super::fold(SumOfSquares, view, &[true], None, &mut out);
    out[0]
}

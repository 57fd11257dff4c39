//! Elementwise loops: a lane function of N inputs, run over contiguous runs under the best shell.

use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::{alike, for_each_chunk_with};
use crate::view::{Offsets, View, gather, is_contiguous};

/// A function of N numbers, applied lane by lane. `at` must be `#[inline(always)]` and free of branches that depend on data.
pub trait Map<T: Real, const N: usize>: Copy + Send + Sync {
    /// The value at one element.
    fn at<S: Isa>(self, s: S, x: [T; N]) -> T;
}

/// `f` of each. A plain loop: `array::map` makes three functions of every call, for each shell, number type and op; they were half of all
/// functions of gradus-tensor.
#[inline(always)]
pub(crate) fn each<A: Copy, B: Copy, const N: usize>(x: [A; N], f: impl Fn(A) -> B) -> [B; N] {
    let mut y = [f(x[0]); N];
    for i in 1..N {
        y[i] = f(x[i]);
    }
    y
}

/// y\[i\] = f(x₀\[i\], …) over contiguous slices of one length, on this thread.
///
/// # Panics
/// If the lengths differ.
#[inline]
pub fn map<T: Real, const N: usize, M: Map<T, N>>(f: M, x: [&[T]; N], y: &mut [T]) {
    assert!(x.iter().all(|x| x.len() == y.len()), "map: lengths differ");
    // The inputs by reference: a copy of what the caller has just written would wait for it.
    struct Loop<'a, T, M, const N: usize>(M, &'a [&'a [T]; N], &'a mut [T]);
    impl<T: Real, const N: usize, M: Map<T, N>> Kernel for Loop<'_, T, M, N> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, s: S) {
            let Loop(f, x, y) = self;
            let n = y.len();
            let x = each(*x, |x| &x[..n]);
            for i in 0..n {
                y[i] = f.at(s, each(x, |x| x[i]));
            }
        }
    }
    simd(Loop(f, &x, y));
}

/// How many numbers [`map_near`] judges together.
const JUDGED: usize = 256;

/// y = f(x₀, …), by `near` where the first input `is_near` all along a block, by `far` elsewhere. Both give the same bits where `near` is
/// meant, so a number does not depend on its neighbours.
///
/// # Panics
/// If the lengths differ.
pub fn map_near<T: Real, const N: usize>(
    near: impl Map<T, N>,
    far: impl Map<T, N>,
    is_near: impl Fn(T) -> bool + Copy,
    x: [&[T]; N],
    y: &mut [T],
) {
    assert!(x.iter().all(|x| x.len() == y.len()), "map: lengths differ");
    for (i, y) in y.chunks_mut(JUDGED).enumerate() {
        let x = each(x, |x| &x[i * JUDGED..i * JUDGED + y.len()]);
        if simd(Near(x[0], is_near)) { map(near, x, y) } else { map(far, x, y) }
    }
}

/// Whether all are near.
struct Near<'a, T, F>(&'a [T], F);
impl<T: Real, F: Fn(T) -> bool> Kernel for Near<'_, T, F> {
    type Output = bool;
    #[inline(always)]
    fn run<S: Isa>(self, _: S) -> bool {
        self.0.iter().fold(true, |all, &x| all & (self.1)(x))
    }
}

/// Defines a [`Map`]: `lanes!(Name, |s, [x, y]| expression)`.
#[macro_export]
macro_rules! lanes {
    ($(#[$m:meta])* $v:vis $Name:ident, |$s:pat_param, [$($x:ident),+]| $e:expr) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, Default)]
        $v struct $Name;
        impl<T: $crate::Real> $crate::Map<T, { [$(stringify!($x)),+].len() }> for $Name {
            #[inline(always)]
            fn at<S: $crate::Isa>(self, $s: S, [$($x),+]: [T; [$(stringify!($x)),+].len()]) -> T {
                $e
            }
        }
    };
}

/// How many numbers of output a piece of elementwise work has at most.
const PIECE: usize = 1 << 15;
/// How many numbers of a strided operand are gathered at a time.
const GATHER: usize = 512;
/// Runs shorter than this are gathered side by side.
const SHORT: usize = 256;

/// Calls `body` on contiguous runs that cover `out`, with the matching runs of every input; strided inputs are gathered.
/// All inputs have the same shape, row-major order of which is `out`.
#[inline]
pub fn elementwise<T: Real, const N: usize>(
    inputs: [View<'_, T>; N],
    out: &mut [T],
    body: impl Fn([&[T]; N], &mut [T]) + Sync,
) {
    cover(inputs, out, &body);
}

/// [`elementwise`], once for all bodies.
fn cover<T: Real, const N: usize>(
    inputs: [View<'_, T>; N],
    out: &mut [T],
    body: &(dyn Fn([&[T]; N], &mut [T]) + Sync),
) {
    if out.is_empty() {
        return;
    }
    if inputs.iter().all(|x| is_contiguous(x.shape, x.strides)) {
        let len = out.len();
        let flat = || each(inputs, |x| &x.data[..len]);
        if len <= PIECE / 2 {
            return body(flat(), out);
        }
        return chunked(flat(), out, body);
    }
    strided(inputs, out, body);
}

/// How long pieces of `len` numbers are that may begin anywhere: whole lines of the cache, and an even number of pieces, which two threads
/// share alike.
fn part(len: usize) -> usize {
    len.div_ceil(len.div_ceil(PIECE).next_multiple_of(2)).next_multiple_of(64)
}

/// [`elementwise`] over long contiguous inputs, in pieces.
#[inline(never)]
fn chunked<T: Real, const N: usize>(flat: [&[T]; N], out: &mut [T], body: &(dyn Fn([&[T]; N], &mut [T]) + Sync)) {
    let (piece, nanos) = (part(out.len()), out.len() / 4);
    for_each_chunk_with(out, piece, nanos, |start, out| body(each(flat, |x| &x[start..start + out.len()]), out));
}

/// [`elementwise`] where an input is not contiguous: apart, because its scratch on the stack would cost every small call.
#[inline(never)]
fn strided<T: Real, const N: usize>(
    inputs: [View<'_, T>; N],
    out: &mut [T],
    body: &(dyn Fn([&[T]; N], &mut [T]) + Sync),
) {
    let shape = inputs[0].shape;
    // The longest suffix of axes over which every input is contiguous or constant is one run.
    let mut split = shape.len();
    let mut run = 1;
    while split > 0 {
        let k = split - 1;
        // One with the stride of a run over an axis of its own and constant inside is neither: `[3, 1]` out of `[3, 2]`, broadcast.
        let fits = inputs.iter().all(|x| is_contiguous(&x.shape[k..], &x.strides[k..]) || constant(x, k));
        if !fits {
            break;
        }
        run *= shape[k];
        split = k;
    }
    let single = split < shape.len();
    if !single {
        split = shape.len() - 1;
        run = shape[split];
    }
    // Whole runs, or parts of one.
    let piece = if run > PIECE { part(out.len()) } else { alike(out.len() / run, PIECE / run) * run };
    let nanos = out.len() / 4;
    for_each_chunk_with(out, piece, nanos, |start, out| {
        let rows = Rows { inputs, split, run, start };
        if run < SHORT { rows.together(out, body) } else { rows.apart(out, body) }
    });
}

/// Runs of `run` numbers from place `start` on, which lies inside a run only where runs are applied apart: the axes from `split` on are
/// inside a run.
struct Rows<'a, T, const N: usize> {
    inputs: [View<'a, T>; N],
    split: usize,
    run: usize,
    start: usize,
}

impl<T: Real, const N: usize> Rows<'_, T, N> {
    /// Where each input's runs begin.
    fn offsets(&self) -> [Offsets<'_>; N] {
        std::array::from_fn(|i| {
            let x = &self.inputs[i];
            let mut offsets = Offsets::new(&x.shape[..self.split], &x.strides[..self.split]);
            offsets.skip_to(self.start / self.run);
            offsets
        })
    }

    /// The steps of the inputs inside a run.
    fn steps(&self) -> [usize; N] {
        each(self.inputs, |x| inner_step(&x, self.split))
    }

    /// One run after another.
    fn apart(&self, mut out: &mut [T], body: &dyn Fn([&[T]; N], &mut [T])) {
        let (inputs, step, mut offsets) = (&self.inputs, self.steps(), self.offsets());
        let mut scratch = [[T::ZERO; GATHER]; N];
        let mut inside = self.start % self.run;
        while !out.is_empty() {
            let n = (self.run - inside).min(out.len());
            let (row, rest) = std::mem::take(&mut out).split_at_mut(n);
            let at: [usize; N] = std::array::from_fn(|i| offsets[i].next().unwrap_or(0) + inside * step[i]);
            (out, inside) = (rest, 0);
            if step.iter().all(|&s| s == 1) {
                body(std::array::from_fn(|i| &inputs[i].data[at[i]..at[i] + row.len()]), row);
                continue;
            }
            for (j, part) in row.chunks_mut(GATHER).enumerate() {
                let from = j * GATHER;
                for (i, buf) in scratch.iter_mut().enumerate() {
                    // One number for the whole row: the first part is the longest.
                    if step[i] > 1 || step[i] == 0 && j == 0 {
                        gather(&inputs[i].data[at[i] + from * step[i]..], step[i], &mut buf[..part.len()]);
                    }
                }
                let runs = std::array::from_fn(|i| {
                    if step[i] == 1 {
                        &inputs[i].data[at[i] + from..at[i] + from + part.len()]
                    } else {
                        &scratch[i][..part.len()]
                    }
                });
                body(runs, part);
            }
        }
    }

    /// As many runs at a time as there is room for.
    fn together(&self, out: &mut [T], body: &dyn Fn([&[T]; N], &mut [T])) {
        let (inputs, run, step, mut offsets) = (&self.inputs, self.run, self.steps(), self.offsets());
        let whole = each(self.inputs, |x| is_contiguous(x.shape, x.strides));
        // The same run again and again is written once: the first block is the longest.
        let repeated = each(self.inputs, |x| x.strides[..self.split].iter().all(|&s| s == 0));
        let mut scratch = [[T::ZERO; GATHER]; N];
        let size = GATHER / run * run;
        for (b, block) in out.chunks_mut(size).enumerate() {
            for i in 0..N {
                if whole[i] || repeated[i] && b > 0 {
                    continue;
                }
                for row in scratch[i][..block.len()].chunks_exact_mut(run) {
                    gather(&inputs[i].data[offsets[i].next().unwrap_or(0)..], step[i], row);
                }
            }
            let runs = std::array::from_fn(|i| {
                let from = self.start + b * size;
                if whole[i] { &inputs[i].data[from..from + block.len()] } else { &scratch[i][..block.len()] }
            });
            body(runs, block);
        }
    }
}

fn constant<T>(x: &View<'_, T>, from: usize) -> bool {
    x.shape[from..].iter().zip(&x.strides[from..]).all(|(&n, &s)| n == 1 || s == 0)
}

/// The step of an input inside a run: 1, 0 or, where the run is one axis, that axis' stride.
fn inner_step<T>(x: &View<'_, T>, split: usize) -> usize {
    let inner = x.shape[split..].iter().zip(&x.strides[split..]).rev().find(|(n, _)| **n != 1);
    inner.map_or(1, |(_, &s)| s)
}

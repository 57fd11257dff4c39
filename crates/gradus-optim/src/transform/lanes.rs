//! Loops of the transforms: several slices updated together, lane by lane, under the best instruction set.

use gradus_kernels::simd::{Isa, Kernel, simd};
use gradus_kernels::{Real, threads};

/// New values of M numbers, given N further ones. `at` must be `#[inline(always)]` and free of branches that depend on data.
pub(crate) trait Update<T: Real, const N: usize, const M: usize>: Copy {
    /// The new values at one element.
    fn at<S: Isa>(self, s: S, x: [T; N], y: [T; M]) -> [T; M];
}

/// y[..][i] = f(x[..][i], y[..][i]) over slices of one length.
///
/// # Panics
/// If the lengths differ.
pub(crate) fn update<T: Real, const N: usize, const M: usize, F: Update<T, N, M>>(
    f: F,
    x: [&[T]; N],
    y: [&mut [T]; M],
) {
    struct Loop<'a, T, F, const N: usize, const M: usize>(F, [&'a [T]; N], [&'a mut [T]; M]);
    impl<T: Real, F: Update<T, N, M>, const N: usize, const M: usize> Kernel for Loop<'_, T, F, N, M> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, s: S) {
            let Loop(f, x, y) = self;
            let n = y[0].len();
            let x = x.map(|x| &x[..n]);
            let y = y.map(|y| &mut y[..n]);
            for i in 0..n {
                let new = f.at(s, std::array::from_fn(|k| x[k][i]), std::array::from_fn(|k| y[k][i]));
                for k in 0..M {
                    y[k][i] = new[k];
                }
            }
        }
    }
    simd(Loop(f, x, y));
}

/// The last write of a step on one chunk: w ← w − α (d + λ w), where a coupled decay is still to be added to d.
#[derive(Debug)]
pub struct Last<'a, T> {
    /// d.
    pub direction: &'a [T],
    /// w.
    pub weights: &'a mut [T],
    /// α.
    pub rate: T,
    /// λ of a decoupled decay.
    pub decay: T,
    /// λ of a coupled decay, to be added to d before the rule.
    pub coupled: T,
}

impl<T: Real> Last<'_, T> {
    /// `rule`, and the write with the direction that it makes; the weights stand in the place of the direction.
    pub(super) fn through<F>(&self, rule: F) -> Through<F, T> {
        Through { rule, rate: -self.rate, keep: T::ONE - self.rate * self.decay, coupled: self.coupled }
    }

    /// Writes the weights with the direction as it is.
    pub(super) fn write(self) {
        update(self.through(Same), [self.direction], [self.weights]);
    }
}

/// d as it is.
#[derive(Clone, Copy)]
struct Same;

impl<T: Real> Update<T, 0, 1> for Same {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, _: [T; 0], y: [T; 1]) -> [T; 1] {
        y
    }
}

/// A rule on (d, states), as one on (w, states) that reads d.
#[derive(Clone, Copy)]
pub(super) struct Through<F, T> {
    rule: F,
    rate: T,
    keep: T,
    coupled: T,
}

impl<T: Real, F: Update<T, 0, M>, const M: usize> Update<T, 1, M> for Through<F, T> {
    #[inline(always)]
    fn at<S: Isa>(self, s: S, [d]: [T; 1], mut y: [T; M]) -> [T; M] {
        let w = y[0];
        y[0] = if self.coupled == T::ZERO { d } else { s.mul_add(self.coupled, w, d) };
        let mut new = self.rule.at(s, [], y);
        new[0] = s.mul_add(self.rate, new[0], self.keep * w);
        new
    }
}

/// How many numbers are summed in the lanes before they are added up.
const BLOCK: usize = 4096;
/// How many numbers one thread reduces at a time.
const PIECE: usize = 1 << 16;

/// Σ x², summed in f64 in an order that depends on the length alone. Not finite exactly where an f32 input is not.
pub(crate) fn sum_of_squares<T: Real>(x: &[T]) -> f64 {
    if x.len() <= PIECE {
        return x.chunks(BLOCK).map(block_sum_of_squares).sum();
    }
    let mut parts = vec![0.0; x.len().div_ceil(PIECE)];
    threads::for_each_chunk(&mut parts, 1, |i, part| {
        let piece = &x[i * PIECE..x.len().min((i + 1) * PIECE)];
        part[0] = piece.chunks(BLOCK).map(block_sum_of_squares).sum();
    });
    parts.iter().sum()
}

fn block_sum_of_squares<T: Real>(x: &[T]) -> f64 {
    const LANES: usize = 32;
    struct Sum<'a, T>(&'a [T]);
    impl<T: Real> Kernel for Sum<'_, T> {
        type Output = f64;
        #[inline(always)]
        fn run<S: Isa>(self, s: S) -> f64 {
            let mut lanes = [0.0_f64; LANES];
            let (blocks, rest) = self.0.as_chunks::<LANES>();
            for block in blocks {
                for k in 0..LANES {
                    let x = block[k].to_f64();
                    lanes[k] = s.mul_add(x, x, lanes[k]);
                }
            }
            for (k, x) in rest.iter().enumerate() {
                let x = x.to_f64();
                lanes[k] = s.mul_add(x, x, lanes[k]);
            }
            let mut width = LANES;
            while width > 1 {
                width /= 2;
                for k in 0..width {
                    lanes[k] += lanes[k + width];
                }
            }
            lanes[0]
        }
    }
    simd(Sum(x))
}

/// Whether every number is finite, and its square too (the second moments hold squares).
pub(crate) fn all_finite<T: Real>(x: &[T]) -> bool {
    if x.len() <= PIECE {
        return piece_finite(x);
    }
    let mut parts = vec![true; x.len().div_ceil(PIECE)];
    threads::for_each_chunk(&mut parts, 1, |i, part| {
        part[0] = piece_finite(&x[i * PIECE..x.len().min((i + 1) * PIECE)]);
    });
    parts.iter().all(|&ok| ok)
}

pub(super) fn piece_finite<T: Real>(x: &[T]) -> bool {
    const LANES: usize = 64;
    struct Probe<'a, T>(&'a [T]);
    impl<T: Real> Kernel for Probe<'_, T> {
        type Output = bool;
        #[inline(always)]
        fn run<S: Isa>(self, s: S) -> bool {
            // 0·x² is 0 for a finite x² and NaN for every other, and a NaN stays in the sum.
            let mut lanes = [T::ZERO; LANES];
            let (blocks, rest) = self.0.as_chunks::<LANES>();
            for block in blocks {
                for k in 0..LANES {
                    lanes[k] = s.mul_add(block[k] * block[k], T::ZERO, lanes[k]);
                }
            }
            let sum: T = lanes.iter().copied().sum();
            !sum.is_nan() && rest.iter().all(|&x| (x * x).is_finite())
        }
    }
    simd(Probe(x))
}

//! What a reduction does to numbers: lift one, join two; and the pairwise order of joining.

use crate::real::Real;
use crate::simd::Isa;

/// A reduction. `lift` and `join` must be `#[inline(always)]` and free of branches that depend on data.
pub trait Fold<T: Real>: Copy + Send + Sync {
    /// The value over nothing.
    fn start(self) -> T;
    /// What one number contributes; `centre` is the caller's number for this output.
    fn lift<S: Isa>(self, s: S, x: T, centre: T) -> T;
    /// The value of two parts together.
    fn join<S: Isa>(self, s: S, a: T, b: T) -> T;
}

macro_rules! folds {
    ($($(#[$m:meta])* $Name:ident: $start:expr, |$s:pat_param, $x:ident, $c:pat_param| $lift:expr, |$a:ident, $b:ident| $join:expr;)*) => {$(
        $(#[$m])*
        #[derive(Clone, Copy, Debug)]
        pub struct $Name;
        impl<T: Real> Fold<T> for $Name {
            #[inline(always)]
            fn start(self) -> T {
                $start
            }
            #[inline(always)]
            fn lift<S: Isa>(self, $s: S, $x: T, $c: T) -> T {
                $lift
            }
            #[inline(always)]
            fn join<S: Isa>(self, _: S, $a: T, $b: T) -> T {
                $join
            }
        }
    )*};
}

folds! {
    /// Σ x.
    Sum: T::ZERO, |_, x, _| x, |a, b| a + b;
    /// Σ x².
    SumOfSquares: T::ZERO, |_, x, _| x * x, |a, b| a + b;
    /// Σ (x − centre)².
    CentredSquares: T::ZERO, |_, x, c| (x - c) * (x - c), |a, b| a + b;
    /// Σ e^(x − centre).
    ExpSum: T::ZERO, |s, x, c| (x - c).exp(s), |a, b| a + b;
    /// Π x.
    Product: T::ONE, |_, x, _| x, |a, b| a * b;
    /// The largest x; NaN where there is one.
    Max: -T::INFINITY, |_, x, _| x, |a, b| if (a > b) | a.is_nan() { a } else { b };
    /// The smallest x; NaN where there is one.
    Min: T::INFINITY, |_, x, _| x, |a, b| if (a < b) | a.is_nan() { a } else { b };
}

/// Joins what is pushed two by two, as a binary counter carries: the tree depends on the number of pushes alone.
pub(super) struct Cascade<T> {
    levels: [T; 48],
    count: usize,
}

impl<T: Real> Cascade<T> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Cascade { levels: [T::ZERO; 48], count: 0 }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, mut value: T, join: impl Fn(T, T) -> T) {
        let carries = self.count.trailing_ones() as usize;
        for level in &self.levels[..carries] {
            value = join(*level, value);
        }
        self.levels[carries] = value;
        self.count += 1;
    }

    /// The value of all that was pushed; `start` if nothing was.
    #[inline(always)]
    pub(super) fn finish(self, start: T, join: impl Fn(T, T) -> T) -> T {
        let mut rest = self.count;
        let mut value = None;
        while rest != 0 {
            let level = self.levels[rest.trailing_zeros() as usize];
            value = Some(value.map_or(level, |v| join(level, v)));
            rest &= rest - 1;
        }
        value.unwrap_or(start)
    }
}

/// How many numbers are folded at a time.
const LANES: usize = 32;
/// How many numbers are folded into the lanes before blocks are joined pairwise.
const BLOCK: usize = 32 * LANES;

/// The fold of a run: blocks of 1,024 into 32 lanes, lanes by halves, blocks pairwise.
#[inline(always)]
pub(super) fn run<T: Real, S: Isa, const N: usize>(
    s: S,
    x: [&[T]; N],
    start: T,
    lift: impl Fn([T; N]) -> T,
    join: impl Fn(T, T) -> T,
) -> T {
    let n = x[0].len();
    let x = x.map(|x| &x[..n]);
    if n <= BLOCK {
        return block(s, x, start, &lift, &join);
    }
    let mut total = Cascade::new();
    for from in (0..n).step_by(BLOCK) {
        let to = (from + BLOCK).min(n);
        total.push(block(s, x.map(|x| &x[from..to]), start, &lift, &join), &join);
    }
    total.finish(start, &join)
}

#[inline(always)]
fn block<T: Real, S: Isa, const N: usize>(
    _: S,
    x: [&[T]; N],
    start: T,
    lift: &impl Fn([T; N]) -> T,
    join: &impl Fn(T, T) -> T,
) -> T {
    let n = x[0].len();
    if n < LANES {
        let mut acc = [start; 4];
        for i in 0..n {
            acc[i % 4] = join(acc[i % 4], lift(x.map(|x| x[i])));
        }
        return join(join(acc[0], acc[1]), join(acc[2], acc[3]));
    }
    let mut acc = [start; LANES];
    let whole = n - n % LANES;
    let mut from = 0;
    while from < whole {
        let at: [&[T]; N] = x.map(|x| &x[from..from + LANES]);
        for l in 0..LANES {
            acc[l] = join(acc[l], lift(at.map(|x| x[l])));
        }
        from += LANES;
    }
    for i in whole..n {
        acc[i - whole] = join(acc[i - whole], lift(x.map(|x| x[i])));
    }
    let mut width = LANES / 2;
    while width > 0 {
        for l in 0..width {
            acc[l] = join(acc[l], acc[l + width]);
        }
        width /= 2;
    }
    acc[0]
}

//! What a reduction does to numbers: lift one, join two; and the pairwise order of joining.

use crate::map::each;
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
pub(crate) struct Cascade<T> {
    levels: [T; 48],
    count: usize,
}

impl<T: Real> Cascade<T> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Cascade { levels: [T::ZERO; 48], count: 0 }
    }

    #[inline(always)]
    pub(crate) fn push(&mut self, mut value: T, join: impl Fn(T, T) -> T) {
        let carries = self.count.trailing_ones() as usize;
        for level in &self.levels[..carries] {
            value = join(*level, value);
        }
        self.levels[carries] = value;
        self.count += 1;
    }

    /// The value of all that was pushed; `start` if nothing was.
    #[inline(always)]
    pub(crate) fn finish(self, start: T, join: impl Fn(T, T) -> T) -> T {
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

/// How many numbers are folded at a time. The accumulators stay in memory on purpose: loops over them vectorise whatever the
/// fold does, and four numbers are joined for each load and store of one.
const LANES: usize = 128;
/// How many numbers are folded into the lanes before blocks are joined pairwise.
const BLOCK: usize = 16 * LANES;
/// Runs shorter than this are folded one by one, even and odd places apart.
const SHORT: usize = 16;

/// The fold of a run: blocks of 2,048 into 128 lanes, lanes by halves, blocks pairwise.
#[inline(always)]
pub(crate) fn run<T: Real, S: Isa, const N: usize>(
    _: S,
    x: [&[T]; N],
    start: T,
    lift: impl Fn([T; N]) -> T,
    join: impl Fn(T, T) -> T,
) -> T {
    let n = x[0].len();
    let x = each(x, |x| &x[..n]);
    if n < SHORT {
        let (mut even, mut odd) = (start, start);
        for i in 0..n / 2 {
            even = join(even, lift(each(x, |x| x[2 * i])));
            odd = join(odd, lift(each(x, |x| x[2 * i + 1])));
        }
        if n % 2 == 1 {
            even = join(even, lift(each(x, |x| x[n - 1])));
        }
        return join(even, odd);
    }
    let mut total = Cascade::new();
    for from in (0..n).step_by(BLOCK) {
        let to = (from + BLOCK).min(n);
        let value = block(each(x, |x| &x[from..to]), start, &lift, &join);
        if n <= BLOCK {
            return value;
        }
        total.push(value, &join);
    }
    total.finish(start, &join)
}

#[inline(always)]
fn block<T: Real, const N: usize>(x: [&[T]; N], start: T, lift: &impl Fn([T; N]) -> T, join: &impl Fn(T, T) -> T) -> T {
    let n = x[0].len();
    let mut acc = [start; LANES];
    let mut from = 0;
    while from + 4 * LANES <= n {
        let lanes = |k: usize| each(x, |x| &x[from + k * LANES..from + (k + 1) * LANES]);
        let (a, b, c, d) = (lanes(0), lanes(1), lanes(2), lanes(3));
        for l in 0..LANES {
            let first = join(lift(each(a, |x| x[l])), lift(each(b, |x| x[l])));
            let second = join(lift(each(c, |x| x[l])), lift(each(d, |x| x[l])));
            acc[l] = join(acc[l], join(first, second));
        }
        from += 4 * LANES;
    }
    while from < n {
        let to = (from + LANES).min(n);
        let part = each(x, |x| &x[from..to]);
        for (l, y) in acc[..to - from].iter_mut().enumerate() {
            *y = join(*y, lift(each(part, |x| x[l])));
        }
        from = to;
    }
    let mut width = n.min(LANES);
    while width > 1 {
        let half = width.div_ceil(2);
        let (low, high) = acc.split_at_mut(half);
        low.iter_mut().zip(&high[..width - half]).for_each(|(a, &b)| *a = join(*a, b));
        width = half;
    }
    acc[0]
}

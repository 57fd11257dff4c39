//! Triangular systems with many right-hand sides: op(T)·X = B and X·op(T) = B.

use super::blocks::{axpy, product, transpose};
use super::error::Error;
use crate::buffer::Shared;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};

/// Which side of X the triangular matrix stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// op(T)·X = B.
    Left,
    /// X·op(T) = B.
    Right,
}

/// Which half of the storage holds the triangular matrix; the other is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// On and below the diagonal.
    Lower,
    /// On and above the diagonal.
    Upper,
}

/// What kind of triangular system is to be solved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triangular {
    /// The side of X.
    pub side: Side,
    /// The half that is stored.
    pub half: Half,
    /// Whether op(T) = Tᵀ, else op(T) = T.
    pub transposed: bool,
    /// Whether the diagonal counts as 1 and is not read.
    pub unit: bool,
}

impl Triangular {
    /// L·X = B.
    pub const LOWER: Self = Triangular { side: Side::Left, half: Half::Lower, transposed: false, unit: false };
    /// U·X = B.
    pub const UPPER: Self = Triangular { side: Side::Left, half: Half::Upper, transposed: false, unit: false };

    /// The same with op(T) transposed.
    #[must_use]
    pub const fn transposed(self) -> Self {
        Triangular { transposed: !self.transposed, ..self }
    }

    /// The same from the right: X·op(T) = B.
    #[must_use]
    pub const fn right(self) -> Self {
        Triangular { side: Side::Right, ..self }
    }

    /// The same with a diagonal of ones.
    #[must_use]
    pub const fn unit(self) -> Self {
        Triangular { unit: true, ..self }
    }
}

/// Solves op(T)·X = B (T n x n, B n x m) or, from the right, X·op(T) = B (B m x n); X replaces B.
///
/// Halving: X₁ = T₁₁⁻¹B₁, X₂ = T₂₂⁻¹(B₂ − T₂₁X₁), so that nearly all work is a product.
/// An error leaves B as it was.
///
/// # Errors
/// [`Error::Singular`] where a diagonal entry is 0.
///
/// # Panics
/// If `t` has not n² numbers or `b` not n·m.
pub fn triangular_solve<T: Real>(n: usize, m: usize, kind: Triangular, t: &[T], b: &mut [T]) -> Result<(), Error> {
    assert_eq!(t.len(), n * n, "triangular_solve: t is not {n} x {n}");
    assert_eq!(b.len(), n * m, "triangular_solve: b has another size than {n} times {m}");
    if !kind.unit
        && let Some(pivot) = (0..n).find(|&i| t[i * n + i] == T::ZERO)
    {
        return Err(Error::Singular { what: "triangular_solve", pivot });
    }
    if m == 0 || n == 0 {
        return Ok(());
    }
    // X·op(T) = B is op(T)ᵀ·Xᵀ = Bᵀ.
    let flip = kind.transposed != (kind.side == Side::Right);
    let system = System { lower: (kind.half == Half::Lower) != flip, unit: kind.unit };
    let strides = if flip { [1, n] } else { [n, 1] };
    let mut spare = Shared::stale((n / 2 + 16) * m);
    let spare = spare.get_mut().unwrap_or_default();
    if kind.side == Side::Left {
        system.solve(n, t, strides, m, b, spare);
    } else {
        let mut bt = Shared::stale(n * m);
        let bt = bt.get_mut().unwrap_or_default();
        transpose(m, n, b, n, bt, m);
        system.solve(n, t, strides, m, bt, spare);
        transpose(n, m, bt, m, b, n);
    }
    Ok(())
}

/// A system from the left with T strided, the right-hand side n rows of m numbers without gaps.
#[derive(Clone, Copy)]
pub(super) struct System {
    pub(super) lower: bool,
    pub(super) unit: bool,
}

/// Below this order the rows are eliminated one by one.
const BASE: usize = 32;

impl System {
    /// Solves in place; `spare` holds at least (n/2 + 16)·m numbers.
    pub(super) fn solve<T: Real>(self, n: usize, t: &[T], st: [usize; 2], m: usize, b: &mut [T], spare: &mut [T]) {
        if n <= BASE {
            return simd(Rows { system: self, n, t, st, m, b });
        }
        let h = (n / 2).next_multiple_of(16).min(n);
        let (b1, b2) = b[..n * m].split_at_mut(h * m);
        let corner = &t[h * (st[0] + st[1])..];
        // −X of one half goes to the spare room, so that the product can add to the other half in place.
        if self.lower {
            self.solve(h, t, st, m, b1, spare);
            negate(b1, spare);
            product([n - h, h, m], &t[h * st[0]..], st, &spare[..h * m], [m, 1], true, b2);
            self.solve(n - h, corner, st, m, b2, spare);
        } else {
            self.solve(n - h, corner, st, m, b2, spare);
            negate(b2, spare);
            product([h, n - h, m], &t[h * st[1]..], st, &spare[..(n - h) * m], [m, 1], true, b1);
            self.solve(h, t, st, m, b1, spare);
        }
    }
}

fn negate<T: Real>(x: &[T], y: &mut [T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = -x;
    }
}

struct Rows<'a, T> {
    system: System,
    n: usize,
    t: &'a [T],
    st: [usize; 2],
    m: usize,
    b: &'a mut [T],
}

/// How many columns of the right-hand side are solved together: a base block of them stays in the first cache.
const COLUMNS: usize = 128;

impl<T: Real> Kernel for Rows<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Rows { system, n, t, st, m, b } = self;
        for j0 in (0..m).step_by(COLUMNS) {
            let w = COLUMNS.min(m - j0);
            for step in 0..n {
                let i = if system.lower { step } else { n - 1 - step };
                let (before, rest) = b.split_at_mut(i * m);
                let (row, after) = rest.split_at_mut(m);
                let row = &mut row[j0..j0 + w];
                if system.lower {
                    for (j, x) in before.chunks_exact(m).enumerate() {
                        axpy(s, -t[i * st[0] + j * st[1]], &x[j0..j0 + w], row);
                    }
                } else {
                    for (j, x) in (i + 1..n).zip(after.chunks_exact(m)) {
                        axpy(s, -t[i * st[0] + j * st[1]], &x[j0..j0 + w], row);
                    }
                }
                if !system.unit {
                    let d = t[i * (st[0] + st[1])];
                    row.iter_mut().for_each(|x| *x /= d);
                }
            }
        }
    }
}

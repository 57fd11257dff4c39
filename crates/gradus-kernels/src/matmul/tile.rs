//! The innermost loop: a tile of the product, its sums held in registers while k runs.

use super::vector::Vector;

/// Where the numbers of a row, or of a step of k, lie.
pub(crate) trait Walk: Copy {
    /// The offset of number i.
    ///
    /// # Safety
    /// i is below the length of the walk.
    unsafe fn at(self, i: usize) -> usize;
}

/// Equal steps.
#[derive(Clone, Copy)]
pub(crate) struct Steps(pub(crate) usize);

impl Walk for Steps {
    #[inline(always)]
    unsafe fn at(self, i: usize) -> usize {
        i * self.0
    }
}

/// One number after another.
#[derive(Clone, Copy)]
pub(crate) struct Dense;

impl Walk for Dense {
    #[inline(always)]
    unsafe fn at(self, i: usize) -> usize {
        i
    }
}

/// Offsets from a table.
#[derive(Clone, Copy)]
pub(crate) struct Table(pub(crate) *const u32);

impl Walk for Table {
    #[inline(always)]
    unsafe fn at(self, i: usize) -> usize {
        // SAFETY: the caller keeps i below the length.
        unsafe { *self.0.add(i) as usize }
    }
}

/// The left operand of a tile: number (i, p) lies at `data + rows.at(i) + steps.at(p)`.
#[derive(Clone, Copy)]
pub(crate) struct Left<T, R, S> {
    pub(crate) data: *const T,
    pub(crate) rows: R,
    pub(crate) steps: S,
}

/// The right operand: the numbers of step p start at `data + steps.at(p)`, those of the second vector `apart` later.
#[derive(Clone, Copy)]
pub(crate) struct Right<T, S> {
    pub(crate) data: *const T,
    pub(crate) steps: S,
    pub(crate) apart: usize,
}

/// The columns of a tile.
#[derive(Clone, Copy)]
pub(crate) enum Columns {
    /// So many in a run, at most two vectors of them.
    Run(usize),
    /// Two runs of so many, at most a vector each.
    Pair(usize),
}

/// The tile of the result: row i starts at `data + i·row`, its second vector `apart` later.
#[derive(Clone, Copy)]
pub(crate) struct Out<T> {
    pub(crate) data: *mut T,
    pub(crate) row: usize,
    pub(crate) apart: usize,
    /// What the product is added to.
    pub(crate) onto: Onto<T>,
}

/// What a product is added to.
#[derive(Clone, Copy)]
pub(crate) enum Onto<T> {
    /// Nothing: the result's numbers are stale.
    Nothing,
    /// What the result holds.
    Result,
    /// The same row of numbers in every row: a bias.
    Row(*const T),
}

// SAFETY: a row is only read.
unsafe impl<T: Sync> Send for Onto<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Onto<T> {}

impl<T> Onto<T> {
    /// The same for columns from `j` on.
    ///
    /// # Safety
    /// A row has more than j numbers.
    #[inline(always)]
    pub(crate) unsafe fn from(self, j: usize) -> Self {
        match self {
            // SAFETY: the caller's.
            Onto::Row(row) => Onto::Row(unsafe { row.add(j) }),
            other => other,
        }
    }

    /// Writes the row, where there is one, into the m rows of the result: whether a product is then added to what the result holds.
    ///
    /// # Safety
    /// c holds m x n numbers, a row n.
    pub(crate) unsafe fn settle(self, (m, n): (usize, usize), c: *mut T) -> bool {
        if let Onto::Row(row) = self {
            // SAFETY: the caller's.
            (0..m).for_each(|i| unsafe { row.copy_to_nonoverlapping(c.add(i * n), n) });
        }
        !matches!(self, Onto::Nothing)
    }

    /// The result where `accumulate`, else nothing.
    #[inline(always)]
    pub(crate) fn result(accumulate: bool) -> Self {
        if accumulate { Onto::Result } else { Onto::Nothing }
    }
}

/// Computes `height` ≤ V::ROWS rows of some columns. Each sum runs over p in order, in one chain of fused
/// multiply-adds: the bits do not depend on how the product is cut into tiles.
///
/// # Safety
/// The features of V are on, and every address named by (height, columns, k) is valid.
#[inline(always)]
pub(crate) unsafe fn tile<V: Vector, R: Walk, S: Walk, B: Walk>(
    height: usize,
    columns: Columns,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
) {
    macro_rules! heights {
        ($($h:literal)*) => {
            match height {
                // SAFETY: the caller's.
                $($h if $h <= V::ROWS => unsafe { widths::<V, R, S, B, $h>(columns, k, a, b, c) },)*
                _ => debug_assert!(false, "tile: height {height}"),
            }
        };
    }
    const { assert!(V::ROWS <= 8, "the heights below end at 8") };
    heights!(1 2 3 4 5 6 7 8);
}

#[inline(always)]
unsafe fn widths<V: Vector, R: Walk, S: Walk, B: Walk, const H: usize>(
    columns: Columns,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
) {
    let l = V::LANES;
    // SAFETY: the caller's; `lanes` is how many lanes of the vectors in part exist.
    unsafe {
        match columns {
            Columns::Run(n) if n == 2 * l => fixed::<V, R, S, B, H, 2, WHOLE>(l, k, a, b, c),
            Columns::Run(n) if n > l => fixed::<V, R, S, B, H, 2, LAST>(n - l, k, a, b, c),
            Columns::Run(n) if n == l => fixed::<V, R, S, B, H, 1, WHOLE>(l, k, a, b, c),
            Columns::Run(n) => fixed::<V, R, S, B, H, 1, LAST>(n, k, a, b, c),
            Columns::Pair(n) if n == l => fixed::<V, R, S, B, H, 2, WHOLE>(l, k, a, b, c),
            Columns::Pair(n) => fixed::<V, R, S, B, H, 2, EACH>(n, k, a, b, c),
        }
    }
}

/// Which vectors of a tile are there in part only: none, the last, each.
const WHOLE: u8 = 0;
const LAST: u8 = 1;
const EACH: u8 = 2;

#[inline(always)]
unsafe fn fixed<V: Vector, R: Walk, S: Walk, B: Walk, const H: usize, const N: usize, const PART: u8>(
    lanes: usize,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
) {
    let part = |j: usize| PART == EACH || PART == LAST && j == N - 1;
    // SAFETY: the caller vouches for all addresses of (H, N vectors or parts of them, k).
    unsafe {
        let mut rows = [a.data; H];
        for i in 0..H {
            rows[i] = a.data.add(a.rows.at(i));
        }
        if let Onto::Result = c.onto {
            for i in 0..H {
                for j in 0..N {
                    prefetch(c.data.wrapping_add(i * c.row + j * c.apart));
                }
            }
        }
        let mut sums = [[V::zero(); N]; H];
        for p in 0..k {
            let (right, step) = (b.data.add(b.steps.at(p)), a.steps.at(p));
            let mut y = [V::zero(); N];
            for j in 0..N {
                let at = right.add(j * b.apart);
                y[j] = if part(j) { V::load_part(at, lanes) } else { V::load(at) };
            }
            for i in 0..H {
                let x = V::splat(rows[i].add(step));
                for j in 0..N {
                    sums[i][j] = sums[i][j].add_product(x, y[j]);
                }
            }
        }
        let onto = match c.onto {
            Onto::Nothing => None,
            Onto::Result => Some((c.data.cast_const(), c.row, c.apart)),
            Onto::Row(row) => Some((row, 0, V::LANES)),
        };
        for i in 0..H {
            for j in 0..N {
                let at = c.data.add(i * c.row + j * c.apart);
                let mut sum = sums[i][j];
                if let Some((data, row, apart)) = onto {
                    let from = data.add(i * row + j * apart);
                    sum = sum.add(if part(j) { V::load_part(from, lanes) } else { V::load(from) });
                }
                if part(j) {
                    sum.store_part(at, lanes);
                } else {
                    sum.store(at);
                }
            }
        }
    }
}

/// Asks for the line of `p` while other work goes on.
#[inline(always)]
fn prefetch<T>(p: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, for any address; the instruction is in the target's baseline.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(p.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = p;
}

/// Cuts `rows` rows into tiles of at most `most`, without a low one at the end: the heights, in order.
#[inline(always)]
pub(crate) fn height(left: usize, most: usize) -> usize {
    if left >= 2 * most || left <= most { left.min(most) } else { left.div_ceil(2) }
}

//! The innermost loop: a tile of the product, its sums held in registers while k runs.

use super::vector::Vector;
use super::walk::{STRIP, Walk};

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

/// The tile of the result: row i starts at `data + i·row`, its second vector `apart` later.
#[derive(Clone, Copy)]
pub(crate) struct Out<T> {
    pub(crate) data: *mut T,
    pub(crate) row: usize,
    pub(crate) apart: usize,
    /// What the product is added to.
    pub(crate) onto: Onto<T>,
}

/// What the tiles of the next panel will read: asked for, line by line, while these run.
pub(crate) struct Ahead {
    at: *const u8,
    /// Steps from one line to the next.
    every: usize,
}

impl Ahead {
    pub(crate) const NOTHING: Ahead = Ahead { at: std::ptr::null(), every: usize::MAX };

    /// So many numbers from `at` on, in so many steps.
    pub(crate) fn new<T>(at: *const T, numbers: usize, steps: usize) -> Self {
        Ahead { at: at.cast(), every: (steps * LINE / (numbers * size_of::<T>()).max(1)).max(1) }
    }

    /// The next line.
    #[inline(always)]
    fn ask(&mut self) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a hint, for any address; the instruction is in the target's baseline.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(self.at.cast());
        }
        self.at = self.at.wrapping_add(LINE);
    }
}

/// Bytes of a cache line.
const LINE: usize = 64;

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

/// The widest tile of a machine.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) vectors: usize,
    pub(crate) lanes: usize,
}

impl Size {
    /// Columns of it, and of a panel.
    pub(crate) fn columns(self) -> usize {
        self.vectors * self.lanes
    }
}

/// Rows of a tile of so many vectors.
#[inline(always)]
pub(crate) const fn rows<V: Vector>(vectors: usize) -> usize {
    if vectors > 2 { LOW } else { V::ROWS }
}

/// Rows of a tile more than two vectors wide.
pub(crate) const LOW: usize = 6;

/// The call for the one of some heights that is asked for, as a constant.
macro_rules! heights {
    ($height:expr, [$($h:literal)*], $H:ident => $tile:expr) => {
        match $height {
            $($h if $h <= V::ROWS => {
                const $H: usize = $h;
                // SAFETY: the caller's.
                unsafe { $tile }
            })*
            other => debug_assert!(false, "tile: height {other}"),
        }
    };
}

/// Computes `height` rows of `columns` columns, at most `MOST` vectors of them and at most as many rows as [`rows`] says. Each sum runs over
/// p in order, in one chain of fused multiply-adds: the bits do not depend on how the product is cut into tiles. Meanwhile `ahead` is asked
/// for.
///
/// Where the left operand is padded, all rows of a strip are computed and `height` of them written; where the right one is copied, `height`
/// is the largest: tiles of fewer heights are compiled sooner.
///
/// # Safety
/// The features of V are on, and every address named by (height, columns, k) is valid.
#[inline(always)]
pub(crate) unsafe fn tile<V: Vector, R: Walk, S: Walk, B: Walk, const MOST: usize>(
    height: usize,
    columns: usize,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
    ahead: &mut Ahead,
) {
    const { assert!(V::ROWS <= 8, "the heights below end at 8") };
    if S::PADDED || B::COPIED {
        let most = if S::PADDED { STRIP } else { height };
        heights!(most, [4 6 8], H => widths::<V, R, S, B, H, MOST>(height, columns, k, a, b, c, ahead));
    } else {
        heights!(height, [1 2 3 4 5 6 7 8], H => widths::<V, R, S, B, H, MOST>(H, columns, k, a, b, c, ahead));
    }
}

/// A tile of two runs of `columns` columns, at most a vector each.
///
/// # Safety
/// As [`tile`].
#[inline(always)]
pub(crate) unsafe fn pair<V: Vector, R: Walk, S: Walk, B: Walk>(
    height: usize,
    columns: usize,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
) {
    let mut ahead = Ahead::NOTHING;
    heights!(height, [1 2 3 4 5 6 7 8], H => if columns == V::LANES {
        fixed::<V, R, S, B, H, 2, WHOLE>(H, columns, k, a, b, c, &mut ahead);
    } else {
        fixed::<V, R, S, B, H, 2, EACH>(H, columns, k, a, b, c, &mut ahead);
    });
}

#[inline(always)]
unsafe fn widths<V: Vector, R: Walk, S: Walk, B: Walk, const H: usize, const MOST: usize>(
    height: usize,
    columns: usize,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
    ahead: &mut Ahead,
) {
    macro_rules! vectors {
        ($($n:literal)*) => {
            match (columns.div_ceil(V::LANES), columns % V::LANES) {
                $(
                    ($n, 0) if $n <= MOST && $n <= V::WIDE && H <= rows::<V>($n) => {
                        // SAFETY: the caller's.
                        unsafe { fixed::<V, R, S, B, H, $n, WHOLE>(height, V::LANES, k, a, b, c, ahead) }
                    }
                    ($n, lanes) if $n <= MOST && $n <= V::WIDE && H <= rows::<V>($n) => {
                        // SAFETY: the caller's; so many lanes of the last vector exist.
                        unsafe { fixed::<V, R, S, B, H, $n, LAST>(height, lanes, k, a, b, c, ahead) }
                    }
                )*
                _ => debug_assert!(false, "tile: {H} rows of {columns} columns"),
            }
        };
    }
    vectors!(1 2 3 4);
}

/// Which vectors of a tile are there in part only: none, the last, each.
const WHOLE: u8 = 0;
const LAST: u8 = 1;
const EACH: u8 = 2;

#[inline(always)]
unsafe fn fixed<V: Vector, R: Walk, S: Walk, B: Walk, const H: usize, const N: usize, const PART: u8>(
    height: usize,
    lanes: usize,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
    ahead: &mut Ahead,
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
        let mut p = 0;
        while p < k {
            let end = k.min(p.saturating_add(ahead.every));
            while p < end {
                let (right, step) = (b.data.add(b.steps.at(p)), a.steps.at(p));
                let mut y = [V::zero(); N];
                for j in 0..N {
                    let at = right.add(j * b.apart);
                    y[j] = if part(j) { V::load_part(at, lanes) } else { V::load(at) };
                    if let Some(to) = b.steps.copy::<V::T>(p) {
                        y[j].store(to.add(j * V::LANES));
                    }
                }
                for i in 0..H {
                    let x = V::splat(rows[i].add(step));
                    for j in 0..N {
                        sums[i][j] = sums[i][j].add_product(x, y[j]);
                    }
                }
                p += 1;
            }
            if p < k {
                ahead.ask();
            }
        }
        let onto = match c.onto {
            Onto::Nothing => None,
            Onto::Result => Some((c.data.cast_const(), c.row, c.apart)),
            Onto::Row(row) => Some((row, 0, V::LANES)),
        };
        for i in 0..H {
            if S::PADDED && i >= height {
                break;
            }
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

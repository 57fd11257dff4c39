//! The product cut into pieces, and a piece into tiles.

use super::pack::{Matrix, Panels, apart, panel, steps_beside};
use super::thin::{row_times_columns, row_times_rows};
use super::tile::{Columns, Left, Onto, Out, Right, Steps, height, tile};
use super::vector::{Job, Vector, tile_size};
use crate::buffer::Shared;
use crate::real::Real;
use crate::threads::{alike, for_each_piece_with};
use std::mem::MaybeUninit;

/// A result that several pieces write, each its own part.
#[derive(Clone, Copy)]
pub(crate) struct Target<T>(pub(crate) *mut T);
// SAFETY: pieces write disjoint parts.
unsafe impl<T: Send> Send for Target<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Target<T> {}

impl<T> Target<T> {
    /// The place `i` numbers on.
    ///
    /// # Safety
    /// It lies inside the result.
    #[inline(always)]
    pub(crate) unsafe fn at(self, i: usize) -> *mut T {
        // SAFETY: the caller's.
        unsafe { self.0.add(i) }
    }
}

/// The right operand: used as it lies (unit steps along its rows), rewritten panel by panel on the way, or in panels already.
#[derive(Clone, Copy)]
pub(crate) enum Operand<T> {
    Rows(Matrix<T>),
    Any(Matrix<T>),
    Panels(Matrix<T>),
}

/// How long a run of k is worked off at a time: a panel of it stays in the first-level cache.
const LONG: usize = 320;

/// Bytes of that cache for a panel that is written there first and a strip of the left operand.
const NEAR: usize = 36 << 10;

/// Steps of a transposed left operand that lie so many bytes apart share few places of the caches, and each lies on a page of its own:
/// where several panels use them they are written beside each other first.
const FAR: usize = 8 << 10;

/// Products of fewer multiplications than this are one piece.
const PIECE: usize = 1 << 18;

/// How many nanoseconds so many multiplications take on one thread, roughly: about a vector a cycle.
pub(crate) fn nanos<T>(multiplications: usize) -> usize {
    multiplications * size_of::<T>() / 256
}

/// Up to so many tiles of rows b is rewritten on the way: where few rows use a panel, one that is used at once, out of the nearest
/// cache, costs less than all of b written and read again.
const FEW: usize = 28;

/// The least tiles of rows that a piece is worth.
const LEAST: usize = FEW / 4;

/// Whether `m` rows are [`FEW`] tiles or fewer.
fn few(m: usize, mr: usize) -> bool {
    m <= FEW * mr
}

/// The numbers of row and column pieces, by shape, layout and the multiplications `work` alone.
fn cut(m: usize, n: usize, work: usize, (mr, nr): (usize, usize), transposed: bool) -> (usize, usize) {
    if few(m, mr) {
        let pieces = (work / PIECE).clamp(1, 8 + (work >> 25));
        // The gradient of a weight: by rows, which are runs of memory, so that the thread that made a part of it takes that part's step.
        if transposed && pieces > 1 {
            let rows = pieces.min(m / (LEAST * mr)).max(1);
            return (rows, pieces.div_ceil(rows).min(n.div_ceil(nr)));
        }
        // By columns, so that no panel is rewritten twice.
        let columns = pieces.min(n.div_ceil(nr));
        return if columns >= 4 {
            (1, columns)
        } else {
            let rows = (pieces / columns).clamp(1, m.div_ceil(LEAST * mr));
            // Two threads share an even number alike.
            (if rows > 1 { rows & !1 } else { 1 }, columns)
        };
    }
    let pieces = (work / (work / 32).clamp(PIECE, 1 << 26)).max(1);
    let rows = pieces.min(m.div_ceil(FEW * mr)).max(m.div_ceil(2 * FEW * mr));
    let columns = pieces.div_ceil(rows).min(n.div_ceil(4 * nr)).max(1);
    (rows.max(pieces.div_ceil(columns).min(m.div_ceil(LEAST * mr))), columns)
}

/// c = a·b, added to what `onto` says.
///
/// # Safety
/// a holds m x k, b k x n, c m x n numbers, a row of `onto` n; nobody else uses c.
pub(crate) unsafe fn product<T: Real>(
    (m, k, n): (usize, usize, usize),
    a: Matrix<T>,
    b: Matrix<T>,
    c: Target<T>,
    mut onto: Onto<T>,
) {
    // SAFETY: the caller's; a column of the result is a row of the transposed product.
    unsafe {
        if m <= 2 || n == 1 {
            onto = Onto::result(onto.settle((m, n), c.0));
        }
        let accumulate = matches!(onto, Onto::Result);
        if a.col == 1 && b.row == 1 && n == 1 {
            return row_times_columns(k, m, b.data, a.transposed(), c, accumulate);
        }
        if a.col == 1 && b.row == 1 && m <= 2 && b.col != 1 {
            return (0..m).for_each(|i| {
                row_times_columns(k, n, a.from(i, 0).data, b, Target(c.at(i * n)), accumulate);
            });
        }
        if n == 1 && a.row == 1 {
            return row_times_rows(k, m, b, a.transposed(), c, accumulate);
        }
        if m == 1 && b.col == 1 && n > 32 {
            return row_times_rows(k, n, a.transposed(), b, c, accumulate);
        }
    }
    let (mr, nr) = tile_size::<T>();
    if b.col == 1 && (m <= LEAST * mr || k * n <= 4096) {
        // SAFETY: the caller's.
        return unsafe { pieces((m, k, n), a, Operand::Rows(b), c, onto) };
    }
    // SAFETY: the caller's; the scratch holds the panels.
    unsafe {
        if few(m, mr) {
            return pieces((m, k, n), a, Operand::Any(b), c, onto);
        }
        let mut scratch = Shared::stale(k * n.next_multiple_of(nr));
        let to = Target(scratch.get_mut().expect("a fresh buffer has one owner").as_mut_ptr());
        pack(k, n, b, to);
        let b = Operand::Panels(Matrix { data: to.0, row: nr, col: 1 });
        pieces((m, k, n), a, b, c, onto);
    }
}

/// Rewrites b (k x n) as panels.
///
/// # Safety
/// b holds k x n numbers, `to` k · n rounded up to panels.
pub(crate) unsafe fn pack<T: Real>(k: usize, n: usize, b: Matrix<T>, to: Target<T>) {
    let (_, nr) = tile_size::<T>();
    let each = ((1 << 14) / (k * nr).max(1)).max(1) * nr;
    for_each_piece_with(n.div_ceil(each), k * n / 4, |i| {
        let j = i * each;
        // SAFETY: pieces write different panels; addresses are the caller's.
        unsafe {
            T::panels(Panels { k, columns: each.min(n - j), from: b.from(0, j), to: to.at(j * k) });
        }
    });
}

/// c = a·b, added to what `onto` says, piece by piece.
///
/// # Safety
/// As [`product`].
pub(crate) unsafe fn pieces<T: Real>(
    (m, k, n): (usize, usize, usize),
    a: Matrix<T>,
    b: Operand<T>,
    c: Target<T>,
    onto: Onto<T>,
) {
    let (mr, nr) = tile_size::<T>();
    // A vector in part costs as much as a whole one.
    let work = m * n.next_multiple_of(nr / 2) * k;
    let (row_pieces, column_pieces) = cut(m, n, work, (mr, nr), a.row == 1 && a.col > 1);
    let rows = m.div_ceil(row_pieces).next_multiple_of(mr);
    let columns = n.div_ceil(column_pieces).next_multiple_of(nr);
    let row_pieces = m.div_ceil(rows);
    let body = |i: usize| {
        let (i, j) = (i % row_pieces * rows, i / row_pieces * columns);
        let (m, width) = (rows.min(m - i), columns.min(n - j));
        // SAFETY: pieces write different parts of c; addresses are the caller's.
        unsafe {
            let b = match b {
                Operand::Rows(b) => Operand::Rows(b.from(0, j)),
                Operand::Any(b) => Operand::Any(b.from(0, j)),
                Operand::Panels(b) => Operand::Panels(Matrix { data: b.data.add(j * k), ..b }),
            };
            let c = c.at(i * n + j);
            T::piece(Piece { m, k, n: width, a: a.from(i, 0), b, c, row: n, onto: onto.from(j) });
        }
    };
    let count = row_pieces * n.div_ceil(columns);
    if count == 1 { body(0) } else { for_each_piece_with(count, nanos::<T>(work), body) }
}

/// One piece, on this thread.
pub(crate) struct Piece<T> {
    m: usize,
    k: usize,
    n: usize,
    a: Matrix<T>,
    b: Operand<T>,
    c: *mut T,
    row: usize,
    onto: Onto<T>,
}

impl<T: Real> Job<T> for Piece<T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let Piece { m, k, n, a, b, c, row, onto } = self;
        let width = 2 * V::LANES;
        let block = match b {
            // A panel is written in its whole width, whatever the width of the piece, and must fit its room.
            Operand::Any(_) => alike(k, LONG.min(NEAR / size_of::<T>() / width.max(V::ROWS + n.min(width)))),
            _ => alike(k, LONG),
        };
        let mut near = Near([MaybeUninit::uninit(); NEAR]);
        let near = near.0.as_mut_ptr().cast::<T>();
        let mut room = (a.row == 1 && a.col * size_of::<T>() >= FAR && n > 2 * width)
            .then(|| Shared::stale(block * apart::<T>(m)));
        let beside = room.as_mut().map(|room| room.get_mut().expect("a fresh buffer has one owner").as_mut_ptr());
        // SAFETY: all addresses lie inside the operands that the caller vouches for, or inside the two rooms, as long as a run needs.
        unsafe {
            let mut p = 0;
            while p < k {
                let depth = block.min(k - p);
                let a = match beside {
                    Some(to) => steps_beside(depth, m, a.from(0, p), to),
                    None => a.from(0, p),
                };
                let mut j = 0;
                while j < n {
                    let (data, steps) = match b {
                        Operand::Rows(b) => (b.data.add(p * b.row + j), Steps(b.row)),
                        Operand::Any(b) => {
                            debug_assert!(depth * width * size_of::<T>() <= NEAR, "a panel does not fit its room");
                            panel::<V>(depth, width.min(n - j), b.from(p, j), near);
                            (near.cast_const(), Steps(width))
                        }
                        Operand::Panels(b) => (b.data.add(j * k + p * width), Steps(width)),
                    };
                    let right = Right { data, steps, apart: V::LANES };
                    let onto = if p > 0 { Onto::Result } else { onto.from(j) };
                    let mut i = 0;
                    while i < m {
                        let h = height(m - i, V::ROWS);
                        let left = Left { data: a.from(i, 0).data, rows: Steps(a.row), steps: Steps(a.col) };
                        let out = Out { data: c.add(i * row + j), row, apart: V::LANES, onto };
                        tile::<V, _, _, _>(h, Columns::Run(width.min(n - j)), depth, left, right, out);
                        i += h;
                    }
                    j += width;
                }
                p += depth;
            }
        }
    }
}

/// Room for a panel, on whole lines of the cache.
#[repr(align(64))]
struct Near([MaybeUninit<u8>; NEAR]);

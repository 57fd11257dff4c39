//! The product cut into pieces, and a piece into tiles.

use super::pack::{Matrix, Panels, Strips, panel};
use super::thin::{row_times_columns, row_times_rows};
use super::tile::{Ahead, Left, Onto, Out, Right, height, rows, tile};
use super::vector::{Job, Vector, tile_size};
use super::walk::{Copied, Dense, STRIP, Steps, Strip, Walk};
use crate::buffer::Shared;
use crate::real::Real;
use crate::threads::{alike, for_each_piece_with};
use std::ptr::null_mut;

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

/// The left operand: used as it lies, or in strips already, one behind the other (its `row` is then k: row i of it begins a strip where i is
/// a multiple of [`STRIP`]).
#[derive(Clone, Copy)]
pub(crate) enum Factor<T> {
    Any(Matrix<T>),
    Strips(Matrix<T>),
}

/// How long a run of k is worked off at a time by the widest tiles; longer by narrower ones. A panel of it comes out of the second-level
/// cache: a step of a wide tile takes longer than its numbers take from there.
const LONG: usize = 1 << 10;

/// Steps of a transposed left operand that lie so many bytes apart share few places of the caches: where there are [`MANY`] of them they are
/// written in strips first.
const FAR: usize = 2 << 10;
const MANY: usize = 256;

/// Products of fewer multiplications than this are one piece.
const PIECE: usize = 1 << 18;

/// How many nanoseconds so many multiplications take on one thread, roughly: about a vector a cycle.
pub(crate) fn nanos<T>(multiplications: usize) -> usize {
    multiplications * size_of::<T>() / 256
}

/// Up to so many tiles of rows b is rewritten on the way: where few rows use a panel, one that is used at once, out of the nearest
/// cache, costs less than all of b written and read again.
const FEW: usize = 36;

/// A right operand of up to so many bytes, in rows, is rewritten by each piece on the way: all pieces find it near, and none waits for it.
const NEAR: usize = 512 << 10;

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
            (even(rows), columns)
        };
    }
    let pieces = (work / (work / 32).clamp(PIECE, 1 << 26)).max(1);
    let rows = pieces.min(m.div_ceil(FEW * mr)).max(m.div_ceil(2 * FEW * mr));
    let columns = pieces.div_ceil(rows).min(n.div_ceil(4 * nr)).max(1);
    (even(rows.max(pieces.div_ceil(columns).min(m.div_ceil(LEAST * mr)))), columns)
}

/// Two threads share an even number of pieces alike.
fn even(pieces: usize) -> usize {
    if pieces > 1 { pieces & !1 } else { 1 }
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
    let size = tile_size::<T>();
    let (mr, lanes) = (size.rows, size.lanes);
    if b.col == 1 && (m <= LEAST * mr || k * n <= 4096 || b.row <= lanes) {
        // SAFETY: the caller's.
        return unsafe { pieces((m, k, n), Factor::Any(a), Operand::Rows(b), c, onto) };
    }
    let far = a.row == 1 && a.col * size_of::<T>() >= FAR && k >= MANY && n > 2 * lanes;
    let mut strips;
    // SAFETY: the caller's; the scratch holds the panels.
    unsafe {
        let a = if far {
            strips = Shared::stale(k * m.next_multiple_of(STRIP));
            let to = Target(strips.get_mut().expect("a fresh buffer has one owner").as_mut_ptr());
            pack_left(m, k, a, to);
            Factor::Strips(Matrix { data: to.0, row: k, col: STRIP })
        } else {
            Factor::Any(a)
        };
        if few(m, mr) || b.col == 1 && k * n * size_of::<T>() <= NEAR {
            return pieces((m, k, n), a, Operand::Any(b), c, onto);
        }
        let mut scratch = Shared::stale(k * n.next_multiple_of(size.columns()));
        let to = Target(scratch.get_mut().expect("a fresh buffer has one owner").as_mut_ptr());
        pack(k, n, b, to);
        let b = Operand::Panels(Matrix { data: to.0, row: size.columns(), col: 1 });
        pieces((m, k, n), a, b, c, onto);
    }
}

/// Rewrites b (k x n) as panels.
///
/// # Safety
/// b holds k x n numbers, `to` k · n rounded up to panels.
pub(crate) unsafe fn pack<T: Real>(k: usize, n: usize, b: Matrix<T>, to: Target<T>) {
    let size = tile_size::<T>();
    let each = ((1 << 14) / (k * size.columns()).max(1)).max(1) * size.columns();
    for_each_piece_with(n.div_ceil(each), k * n / 4, |i| {
        let j = i * each;
        let (vectors, columns) = (size.vectors, each.min(n - j));
        // SAFETY: pieces write different panels; addresses are the caller's.
        unsafe { T::panels(Panels { vectors, k, columns, from: b.from(0, j), to: to.at(j * k) }) }
    });
}

/// Rewrites a (m x k, transposed in memory) as strips.
///
/// # Safety
/// a holds m x k numbers, `to` k · m rounded up to strips.
unsafe fn pack_left<T: Real>(m: usize, k: usize, a: Matrix<T>, to: Target<T>) {
    let each = ((1 << 14) / (k * STRIP).max(1)).max(1) * STRIP;
    for_each_piece_with(m.div_ceil(each), k * m / 4, |i| {
        let i = i * each;
        // SAFETY: pieces write different strips; addresses are the caller's.
        unsafe {
            T::strips(Strips { k, rows: each.min(m - i), from: a.from(i, 0), to: to.at(i * k) });
        }
    });
}

/// c = a·b, added to what `onto` says, piece by piece.
///
/// # Safety
/// As [`product`].
pub(crate) unsafe fn pieces<T: Real>(
    (m, k, n): (usize, usize, usize),
    a: Factor<T>,
    b: Operand<T>,
    c: Target<T>,
    onto: Onto<T>,
) {
    let size = tile_size::<T>();
    let (mr, nr) = (size.rows, 2 * size.lanes);
    // A vector in part costs as much as a whole one.
    let work = m * n.next_multiple_of(size.lanes) * k;
    let turned = match a {
        Factor::Any(a) => a.row == 1 && a.col > 1 && k <= m,
        Factor::Strips(_) => k <= m,
    };
    let (row_pieces, column_pieces) = cut(m, n, work, (mr, nr), turned);
    let rows = m.div_ceil(row_pieces).next_multiple_of(mr);
    let whole = if let Operand::Panels(_) = b { size.columns() } else { nr };
    let columns = n.div_ceil(column_pieces).next_multiple_of(whole);
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
            let a = match a {
                Factor::Any(a) => Factor::Any(a.from(i, 0)),
                Factor::Strips(a) => Factor::Strips(a.from(i, 0)),
            };
            let c = c.at(i * n + j);
            T::piece(Piece { m, k, n: width, a, b, c, row: n, onto: onto.from(j) });
        }
    };
    // What one thread writes another will read: it comes at some 8 bytes a nanosecond.
    let passed = m * n * size_of::<T>() / 8;
    let count = row_pieces * n.div_ceil(columns);
    if count == 1 { body(0) } else { for_each_piece_with(count, nanos::<T>(work).saturating_sub(passed), body) }
}

/// One piece, on this thread.
pub(crate) struct Piece<T> {
    m: usize,
    k: usize,
    n: usize,
    a: Factor<T>,
    b: Operand<T>,
    c: *mut T,
    row: usize,
    onto: Onto<T>,
}

impl<T: Real> Job<T> for Piece<T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        // SAFETY: the caller's.
        unsafe {
            match self.a {
                Factor::Any(a) => self.tiles::<V, _, _>(|i, p| Left {
                    data: a.from(i, p).data,
                    rows: Steps(a.row),
                    steps: Steps(a.col),
                }),
                Factor::Strips(a) => {
                    self.tiles::<V, _, _>(|i, p| Left { data: a.from(i, p).data, rows: Dense, steps: Strip });
                }
            }
        }
    }
}

impl<T: Real> Piece<T> {
    /// Run of k by run, panel by panel, tile by tile; `left` is the left operand from (i, p) on.
    #[inline(always)]
    unsafe fn tiles<V: Vector<T = T>, R: Walk, S: Walk>(self, left: impl Fn(usize, usize) -> Left<T, R, S>) {
        let Piece { m, k, n, b, c, row, onto, .. } = self;
        let wide = V::WIDE * V::LANES;
        let width = wide.min(n.next_multiple_of(V::LANES));
        let block = alike(k, LONG * wide / width);
        let mut room = matches!(b, Operand::Any(_)).then(|| Shared::stale(block * width));
        let near =
            room.as_mut().map_or(null_mut(), |room| room.get_mut().expect("a fresh buffer has one owner").as_mut_ptr());
        // SAFETY: all addresses lie inside the operands that the caller vouches for, or inside the room, as long as a run needs.
        unsafe {
            let mut p = 0;
            while p < k {
                let depth = block.min(k - p);
                let mut j = 0;
                while j < n {
                    let columns = wide.min(n - j);
                    let vectors = columns.div_ceil(V::LANES);
                    let most = rows::<V>(vectors);
                    let height = |left: usize| if S::PADDED { left.min(STRIP) } else { height(left, most) };
                    let out = |i: usize| {
                        let onto = if p > 0 { Onto::Result } else { onto.from(j) };
                        Out { data: c.add(i * row + j), row, apart: V::LANES, onto }
                    };
                    let mut i = 0;
                    let mut ahead = Ahead::NOTHING;
                    let (data, steps) = match b {
                        Operand::Rows(b) => (b.data.add(p * b.row + j), Steps(b.row)),
                        Operand::Any(b) => {
                            let (width, b) = (vectors * V::LANES, b.from(p, j));
                            if b.col == 1 && (S::PADDED || m >= most) {
                                // The first tile writes the panel as it reads it.
                                let steps = Copied { row: b.row, to: near, width };
                                let right = Right { data: b.data, steps, apart: V::LANES };
                                let h = if S::PADDED { m.min(STRIP) } else { most };
                                tile::<V, _, _, _, 4>(h, columns, depth, left(0, p), right, out(0), &mut ahead);
                                i = h;
                            } else {
                                panel::<V>(width, depth, columns, b, near);
                            }
                            (near.cast_const(), Steps(width))
                        }
                        Operand::Panels(b) => {
                            let panel = |j: usize, p: usize| b.data.wrapping_add(j * k + p * wide);
                            let tiles = m.div_ceil(most) * depth;
                            if j + wide < n {
                                ahead = Ahead::new(panel(j + wide, p), depth * wide, tiles);
                            } else if p + depth < k {
                                ahead = Ahead::new(panel(0, p + depth), depth * wide, tiles);
                            }
                            (panel(j, p), Steps(wide))
                        }
                    };
                    let right = Right { data, steps, apart: V::LANES };
                    while i < m {
                        let h = height(m - i);
                        tile::<V, _, _, _, 4>(h, columns, depth, left(i, p), right, out(i), &mut ahead);
                        i += h;
                    }
                    j += wide;
                }
                p += depth;
            }
        }
    }
}

//! Folds across runs of memory: the last kept axis is contiguous, and rows are joined number by number.

use super::PIECE;
use super::axes::Axes;
use super::fold::Fold;
use crate::buffer::Shared;
use crate::map::each;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_chunk_with;

/// How many columns are folded at a time.
const TILE: usize = 256;
/// How many rows are folded in order before blocks are joined pairwise.
const BLOCK: usize = 32;

/// Folds columns: output [outer, w] from, for every outer index, rows of w contiguous numbers.
pub(super) fn fold<T: Real, F: Fold<T>>(f: F, data: &[T], axes: &Axes, centre: Option<&[T]>, out: &mut [T]) {
    let (w, rows) = (axes.kept.inner().0, axes.reduced.len());
    let per_part = (PIECE / w).max(BLOCK);
    let whole = |start: usize, rows: (usize, usize), out: &mut [T]| {
        simd(Columns { f, data, axes, centre, rows, start, out });
    };
    if rows < 2 * per_part {
        let piece = (PIECE / rows).max(1).next_multiple_of(TILE);
        let nanos = out.len() * rows / 4;
        return for_each_chunk_with(out, piece, nanos, |start, out| whole(start, (0, rows), out));
    }
    let parts = rows.div_ceil(per_part);
    let k = out.len();
    let mut partial = vec![T::ZERO; parts * k];
    for_each_chunk_with(&mut partial, k, k * rows / 4, |at, out| {
        let part = at / k;
        whole(0, (part * per_part, ((part + 1) * per_part).min(rows)), out);
    });
    simd(Join { f, partial: &partial, out });
}

struct Columns<'a, T, F> {
    f: F,
    data: &'a [T],
    axes: &'a Axes,
    centre: Option<&'a [T]>,
    rows: (usize, usize),
    start: usize,
    out: &'a mut [T],
}

impl<T: Real, F: Fold<T>> Kernel for Columns<'_, T, F> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Columns { f, data, axes, centre, rows: (first, last), start, out } = self;
        let w = axes.kept.inner().0;
        let mut room = room(last - first);
        let mut cascade = Tiles::new(&mut room);
        let mut done = 0;
        while done < out.len() {
            // A tile ends with the row of outputs that it lies in.
            let (outer, column) = ((start + done) / w, (start + done) % w);
            let n = TILE.min(w - column).min(out.len() - done);
            let base = axes.kept.outer(outer).next().unwrap_or(0) + column;
            let mut zeros = [T::ZERO; TILE];
            if let Some(c) = centre {
                zeros[..n].copy_from_slice(&c[start + done..start + done + n]);
            }
            let c = &zeros[..n];
            let mut rows = axes.reduced.offsets(first).map(|at| &data[base + at..base + at + n]);
            let mut row = || rows.next().expect("a row of the axes");
            let mut left = last - first;
            while left > 0 {
                let block = left.min(BLOCK);
                let acc = &mut cascade.fresh()[..n];
                acc.fill(f.start());
                for _ in 0..block / 4 {
                    join_rows(f, s, [row(), row(), row(), row()], c, acc);
                }
                for _ in 0..block % 4 {
                    join_rows(f, s, [row()], c, acc);
                }
                cascade.carry(f, s, n);
                left -= block;
            }
            cascade.finish(f, s, &mut out[done..done + n]);
            done += n;
        }
    }
}

/// Joins R rows to `acc` in their order, for one load and store of it.
#[inline(always)]
fn join_rows<T: Real, F: Fold<T>, S: Isa, const R: usize>(f: F, s: S, x: [&[T]; R], c: &[T], acc: &mut [T]) {
    let n = acc.len();
    let (x, c) = (each(x, |x| &x[..n]), &c[..n]);
    for j in 0..n {
        acc[j] = x.iter().fold(acc[j], |y, x| f.join(s, y, f.lift(s, x[j], c[j])));
    }
}

/// The pairwise cascade of tiles: level 0 is the fresh one.
struct Tiles<'a, T> {
    levels: &'a mut [[T; TILE]],
    count: usize,
}

/// Room for the levels of so many rows.
fn room<T: Real>(rows: usize) -> Shared<T> {
    Shared::stale(TILE * (2 + rows.div_ceil(BLOCK).checked_ilog2().unwrap_or(0) as usize))
}

impl<'a, T: Real> Tiles<'a, T> {
    fn new(room: &'a mut Shared<T>) -> Self {
        Tiles { levels: room.get_mut().expect("a fresh buffer has one owner").as_chunks_mut().0, count: 0 }
    }

    fn fresh(&mut self) -> &mut [T; TILE] {
        &mut self.levels[0]
    }

    #[inline(always)]
    fn carry<F: Fold<T>, S: Isa>(&mut self, f: F, s: S, n: usize) {
        let carries = self.count.trailing_ones() as usize;
        let (fresh, levels) = self.levels.split_at_mut(1);
        for level in &levels[..carries] {
            for j in 0..n {
                fresh[0][j] = f.join(s, level[j], fresh[0][j]);
            }
        }
        levels[carries][..n].copy_from_slice(&fresh[0][..n]);
        self.count += 1;
    }

    #[inline(always)]
    fn finish<F: Fold<T>, S: Isa>(&mut self, f: F, s: S, out: &mut [T]) {
        let n = out.len();
        let mut rest = std::mem::take(&mut self.count);
        let mut any = false;
        while rest != 0 {
            let level = &self.levels[1 + rest.trailing_zeros() as usize][..n];
            if any {
                for j in 0..n {
                    out[j] = f.join(s, level[j], out[j]);
                }
            } else {
                out.copy_from_slice(level);
            }
            any = true;
            rest &= rest - 1;
        }
    }
}

struct Join<'a, T, F> {
    f: F,
    partial: &'a [T],
    out: &'a mut [T],
}

impl<T: Real, F: Fold<T>> Kernel for Join<'_, T, F> {
    type Output = ();
    /// Joins the rows of `partial`, which are as long as `out`, two by two.
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Join { f, partial, out } = self;
        let k = out.len();
        let parts = partial.len() / k;
        let mut room = room(parts * BLOCK);
        let mut cascade = Tiles::new(&mut room);
        let mut done = 0;
        while done < k {
            let n = TILE.min(k - done);
            for part in 0..parts {
                cascade.fresh()[..n].copy_from_slice(&partial[part * k + done..part * k + done + n]);
                cascade.carry(f, s, n);
            }
            cascade.finish(f, s, &mut out[done..done + n]);
            done += n;
        }
    }
}

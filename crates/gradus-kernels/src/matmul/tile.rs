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

/// The right operand: the run of numbers of step p starts at `data + steps.at(p)`.
#[derive(Clone, Copy)]
pub(crate) struct Right<T, S> {
    pub(crate) data: *const T,
    pub(crate) steps: S,
}

/// The tile of the result: row i starts at `data + i·row`.
#[derive(Clone, Copy)]
pub(crate) struct Out<T> {
    pub(crate) data: *mut T,
    pub(crate) row: usize,
    /// Whether the product is added to what is there.
    pub(crate) accumulate: bool,
}

/// Computes `height` ≤ V::ROWS rows and `width` ≤ 2·V::LANES columns. Each sum runs over p in order, in one chain of fused
/// multiply-adds: the bits do not depend on how the product is cut into tiles.
///
/// # Safety
/// The features of V are on, and every address named by (height, width, k) is valid.
#[inline(always)]
pub(crate) unsafe fn tile<V: Vector, R: Walk, S: Walk, B: Walk>(
    height: usize,
    width: usize,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
) {
    macro_rules! heights {
        ($($h:literal)*) => {
            match height {
                // SAFETY: the caller's.
                $($h if $h <= V::ROWS => unsafe { widths::<V, R, S, B, $h>(width, k, a, b, c) },)*
                _ => debug_assert!(false, "tile: height {height}"),
            }
        };
    }
    heights!(1 2 3 4 5 6 7 8 9 10 11 12 13 14);
}

#[inline(always)]
unsafe fn widths<V: Vector, R: Walk, S: Walk, B: Walk, const H: usize>(
    width: usize,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
) {
    let l = V::LANES;
    // SAFETY: the caller's; `last` is the number of lanes of the last vector that exist.
    unsafe {
        if width == 2 * l {
            fixed::<V, R, S, B, H, 2, false>(l, k, a, b, c);
        } else if width > l {
            fixed::<V, R, S, B, H, 2, true>(width - l, k, a, b, c);
        } else if width == l {
            fixed::<V, R, S, B, H, 1, false>(l, k, a, b, c);
        } else {
            fixed::<V, R, S, B, H, 1, true>(width, k, a, b, c);
        }
    }
}

#[inline(always)]
unsafe fn fixed<V: Vector, R: Walk, S: Walk, B: Walk, const H: usize, const N: usize, const PART: bool>(
    last: usize,
    k: usize,
    a: Left<V::T, R, S>,
    b: Right<V::T, B>,
    c: Out<V::T>,
) {
    // SAFETY: the caller vouches for all addresses below (H, N·LANES or less, k).
    unsafe {
        let mut rows = [a.data; H];
        for i in 0..H {
            rows[i] = a.data.add(a.rows.at(i));
        }
        if c.accumulate {
            for i in 0..H {
                for j in 0..N {
                    prefetch(c.data.wrapping_add(i * c.row + j * V::LANES));
                }
            }
        }
        let mut sums = [[V::zero(); N]; H];
        for p in 0..k {
            let (right, step) = (b.data.add(b.steps.at(p)), a.steps.at(p));
            let mut y = [V::zero(); N];
            for j in 0..N {
                let at = right.add(j * V::LANES);
                y[j] = if PART && j == N - 1 { V::load_part(at, last) } else { V::load(at) };
            }
            for i in 0..H {
                let x = V::splat(rows[i].add(step));
                for j in 0..N {
                    sums[i][j] = sums[i][j].add_product(x, y[j]);
                }
            }
        }
        for i in 0..H {
            for j in 0..N {
                let at = c.data.add(i * c.row + j * V::LANES);
                let part = PART && j == N - 1;
                let mut sum = sums[i][j];
                if c.accumulate {
                    sum = sum.add(if part { V::load_part(at, last) } else { V::load(at) });
                }
                if part {
                    sum.store_part(at, last);
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

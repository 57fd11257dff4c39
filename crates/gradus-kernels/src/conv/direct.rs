//! Convolution without a matrix of columns: tiles of (output channels x output points) read a padded copy of the image
//! through a table of tap offsets.

use super::shape::{ConvShape, Sizes};
use super::stage::Stage;
use crate::buffer::Shared;
use crate::matmul::{Job, Left, Out, Panels, Right, Steps, Table, Target, Vector, height, tile, with_vectors};
use crate::matmul::{Matrix, tile_size};
use crate::real::Real;
use crate::threads::for_each_piece;

/// Numbers of a stage: it shares the second-level cache with the weights.
const STAGE: usize = 1 << 15;
/// Multiplications of a piece.
const PIECE: usize = 1 << 19;

/// Whether rows of the output fill vectors well enough.
pub(super) fn serves<T: Real>(d: &Sizes) -> bool {
    let lanes = tile_size::<T>().1 / 2;
    2 * d.output[1] >= d.output[1].next_multiple_of(lanes)
}

/// [`conv`](super::conv), for checked arguments.
pub(super) fn forward<T: Real>(shape: &ConvShape, d: &Sizes, x: &[T], w: &[T], out: &mut [T]) {
    let plan = Stage::new(shape, d, d.depth, STAGE);
    let taps = plan.taps(shape, d.depth);
    let blocks = d.output[0].div_ceil(plan.rows);
    // One job is a block of rows of one image of one group; cheap ones share a piece.
    let jobs = shape.batch * shape.groups * blocks;
    let each = (PIECE / (d.rows * d.taps * plan.rows * d.output[1]).max(1)).clamp(1, jobs.max(1));
    let target = Target(out.as_mut_ptr());
    for_each_piece(jobs.div_ceil(each), |piece| {
        let mut scratch = Shared::stale(plan.len(shape, d.depth));
        let stage = scratch.get_mut().expect("a fresh buffer has one owner");
        for job in piece * each..jobs.min((piece + 1) * each) {
            let (image, first) = (job / blocks, job % blocks * plan.rows);
            plan.fill(shape, first, 0..d.depth, &x[image * d.image..][..d.image], stage);
            let w = &w[image % shape.groups * d.rows * d.taps..][..d.rows * d.taps];
            let rows = plan.rows.min(d.output[0] - first);
            // SAFETY: the stage holds what the taps reach for these rows; the output of the job lies inside `out` and
            // belongs to no other job.
            unsafe {
                let out = target.at(image * d.rows * d.points + first * d.output[1]);
                with_vectors(Block { plan: &plan, d, taps: &taps, rows, w, stage: stage.as_ptr(), out });
            }
        }
    });
}

struct Block<'a, T> {
    plan: &'a Stage,
    d: &'a Sizes,
    taps: &'a [u32],
    rows: usize,
    w: &'a [T],
    stage: *const T,
    out: *mut T,
}

impl<T: Real> Job<T> for Block<'_, T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let Block { plan, d, taps, rows, w, stage, out } = self;
        let (width, wide) = (d.output[1], 2 * V::LANES);
        let mut i = 0;
        while i < d.rows {
            let h = height(d.rows - i, V::ROWS);
            for row in 0..rows {
                let mut column = 0;
                while column < width {
                    // SAFETY: the caller's; h rows of w with `taps` numbers each, and offsets of the stage's own table.
                    unsafe {
                        let left = Left { data: w.as_ptr().add(i * d.taps), rows: Steps(d.taps), steps: Steps(1) };
                        let right = Right { data: stage.add(plan.point(row, column)), steps: Table(taps.as_ptr()) };
                        let c = Out {
                            data: out.add(i * d.points + row * width + column),
                            row: d.points,
                            accumulate: false,
                        };
                        tile::<V, _, _, _>(h, wide.min(width - column), taps.len(), left, right, c);
                    }
                    column += wide;
                }
            }
            i += h;
        }
    }
}

/// The weights of the convolution that is the adjoint of one of stride 1: w′[c, o, t] = w[o, c, last − t].
pub(super) fn turned<T: Real>(shape: &ConvShape, d: &Sizes, w: &[T], out: &mut [T]) {
    let area = shape.kernel[0] * shape.kernel[1];
    for (w, out) in w.chunks_exact(d.rows * d.taps).zip(out.chunks_exact_mut(d.rows * d.taps)) {
        for (c, rows) in out.chunks_exact_mut(d.rows * area).enumerate() {
            for (o, to) in rows.chunks_exact_mut(area).enumerate() {
                let from = &w[o * d.taps + c * area..][..area];
                to.iter_mut().zip(from.iter().rev()).for_each(|(y, &x)| *y = x);
            }
        }
    }
}

/// The convolution of the output's gradient that is the adjoint in x, where there is one.
pub(super) fn turned_shape(shape: &ConvShape, d: &Sizes) -> Option<ConvShape> {
    let mut turned = *shape;
    (turned.channels_in, turned.channels_out, turned.spatial) = (shape.channels_out, shape.channels_in, d.output);
    for axis in 0..2 {
        turned.padding[axis] = ((shape.kernel[axis] - 1) * shape.dilation[axis]).checked_sub(shape.padding[axis])?;
    }
    (shape.stride == [1, 1]).then_some(turned)
}

/// [`conv_weight_adjoint`](super::conv_weight_adjoint), for checked arguments: tiles of (taps x output channels), summed over the
/// points of several images before a sum over pieces in their order.
pub(super) fn weight<T: Real>(shape: &ConvShape, d: &Sizes, x: &[T], g: &[T], out: &mut [T]) {
    let area = shape.kernel[0] * shape.kernel[1];
    let (_, wide) = tile_size::<T>();
    let weight = d.rows * d.taps;
    // Pieces: chunks of images, and where the partial sums would take too much memory, blocks of channels too.
    let work = shape.batch * weight * d.points / PIECE;
    let chunks = work.clamp(1, 32).min(shape.batch).min(((1 << 20) / weight).max(1));
    let images = shape.batch.div_ceil(chunks);
    let chunks = shape.batch.div_ceil(images);
    let channels = d.depth.div_ceil((work / chunks).clamp(1, 16).min(d.depth.div_ceil(8)));
    let blocks = d.depth.div_ceil(channels);
    let plan = Stage::new(shape, d, channels, STAGE);
    let (taps, points) = (plan.taps(shape, channels), {
        let (w, plan) = (d.output[1], &plan);
        (0..plan.rows).flat_map(|r| (0..w).map(move |q| plan.point(r, q) as u32)).collect::<Vec<_>>()
    });
    let panels = points.len() * d.rows.next_multiple_of(wide);
    let all = shape.groups * weight;
    let mut sums = Shared::stale(chunks * all);
    let sums = sums.get_mut().expect("a fresh buffer has one owner");
    let target = Target(sums.as_mut_ptr());
    for_each_piece(chunks * shape.groups * blocks, |piece| {
        let (chunk, group, block) = (piece / blocks / shape.groups, piece / blocks % shape.groups, piece % blocks);
        let channels = block * channels..d.depth.min((block + 1) * channels);
        let mut scratch = Shared::stale(plan.len(shape, channels.len()) + panels);
        let (right, stage) = scratch.get_mut().expect("a fresh buffer has one owner").split_at_mut(panels);
        let mut accumulate = false;
        for b in chunk * images..shape.batch.min((chunk + 1) * images) {
            let image = b * shape.groups + group;
            for first in (0..d.output[0]).step_by(plan.rows) {
                let k = plan.rows.min(d.output[0] - first) * d.output[1];
                plan.fill(shape, first, channels.clone(), &x[image * d.image..][..d.image], stage);
                let g = &g[image * d.rows * d.points..][..d.rows * d.points];
                // SAFETY: the panels hold k steps of all rows; the part of the sums belongs to this piece alone.
                unsafe {
                    let from = Matrix { data: g.as_ptr().add(first * d.output[1]), row: 1, col: d.points };
                    with_vectors(Panels { k, columns: d.rows, from, to: right.as_mut_ptr() });
                    let to = target.at(chunk * all + group * weight + channels.start * area * d.rows);
                    let (taps, points) = (&taps[..channels.len() * area], &points[..k]);
                    let (right, stage) = (right.as_ptr(), stage.as_ptr());
                    with_vectors(Taps { taps, points, columns: d.rows, stage, right, to, accumulate });
                }
                accumulate = true;
            }
        }
    });
    let (first, rest) = sums.split_at_mut(all);
    for part in rest.chunks_exact(all) {
        first.iter_mut().zip(part).for_each(|(y, &x)| *y += x);
    }
    for (sums, out) in first.chunks_exact(weight).zip(out.chunks_exact_mut(weight)) {
        for (o, row) in out.chunks_exact_mut(d.taps).enumerate() {
            row.iter_mut().zip(sums[o..].iter().step_by(d.rows)).for_each(|(y, &x)| *y = x);
        }
    }
}

struct Taps<'a, T> {
    taps: &'a [u32],
    points: &'a [u32],
    columns: usize,
    stage: *const T,
    right: *const T,
    to: *mut T,
    accumulate: bool,
}

impl<T: Real> Job<T> for Taps<'_, T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let Taps { taps, points, columns, stage, right, to, accumulate } = self;
        let wide = 2 * V::LANES;
        let mut j = 0;
        while j < columns {
            let mut i = 0;
            while i < taps.len() {
                let h = height(taps.len() - i, V::ROWS);
                // SAFETY: the caller's; tables of the stage's own offsets.
                unsafe {
                    let left = Left { data: stage, rows: Table(taps.as_ptr().add(i)), steps: Table(points.as_ptr()) };
                    let right = Right { data: right.add(j * points.len()), steps: Steps(wide) };
                    let c = Out { data: to.add(i * columns + j), row: columns, accumulate };
                    tile::<V, _, _, _>(h, wide.min(columns - j), points.len(), left, right, c);
                }
                i += h;
            }
            j += wide;
        }
    }
}

//! Convolution without a matrix of columns: tiles of (output channels x output points) read a padded copy of the image
//! through a table of tap offsets.

use super::shape::{ConvShape, Sizes};
use super::stage::Stage;
use crate::buffer::Shared;
use crate::matmul::{
    Ahead, Job, Left, Onto, Out, Right, Steps, Table, Target, Vector, height, nanos, pair, tile, tile_size,
    with_vectors,
};
use crate::real::Real;
use crate::threads::for_each_piece_with;

/// Numbers of a stage: it shares the second-level cache with the weights.
pub(super) const STAGE: usize = 1 << 15;
/// Multiplications of a piece.
pub(super) const PIECE: usize = 1 << 19;

/// Whether rows of the output fill vectors well enough.
pub(super) fn serves<T: Real>(d: &Sizes) -> bool {
    let lanes = tile_size::<T>().lanes;
    2 * d.output[1] >= d.output[1].next_multiple_of(lanes)
}

/// [`conv`](super::conv), for checked arguments.
pub(super) fn forward<T: Real>(shape: &ConvShape, d: &Sizes, x: &[T], w: &[T], bias: Option<&[T]>, out: &mut [T]) {
    let plan = Stage::new(shape, d, d.depth, STAGE);
    let taps = plan.taps(shape, d.depth);
    let blocks = d.output[0].div_ceil(plan.rows);
    // One job is a block of rows of one image of one group; cheap ones share a piece.
    let jobs = shape.batch * shape.groups * blocks;
    let job = d.rows * d.taps * plan.rows * d.output[1];
    let each = (PIECE / job.max(1)).clamp(1, jobs.max(1));
    let target = Target(out.as_mut_ptr());
    for_each_piece_with(jobs.div_ceil(each), nanos::<T>(jobs * job), |piece| {
        let mut scratch = Shared::stale(plan.len(shape, d.depth));
        let stage = scratch.get_mut().expect("a fresh buffer has one owner");
        for job in piece * each..jobs.min((piece + 1) * each) {
            let (image, first) = (job / blocks, job % blocks * plan.rows);
            let x = &x[image * d.image..][..d.image];
            plan.fill(shape, first, (0..d.depth, 1), |c, y| &x[(c * shape.spatial[0] + y) * shape.spatial[1]..], stage);
            let group = image % shape.groups;
            let w = &w[group * d.rows * d.taps..][..d.rows * d.taps];
            let bias = bias.map(|b| &b[group * d.rows..][..d.rows]);
            let rows = plan.rows.min(d.output[0] - first);
            // SAFETY: the stage holds what the taps reach for these rows; the output of the job lies inside `out` and
            // belongs to no other job.
            unsafe {
                let out = target.at(image * d.rows * d.points + first * d.output[1]);
                with_vectors(Block { plan: &plan, d, taps: &taps, rows, w, bias, stage: stage.as_ptr(), out });
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
    bias: Option<&'a [T]>,
    stage: *const T,
    out: *mut T,
}

impl<T: Real> Job<T> for Block<'_, T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let Block { plan, d, taps, rows, w, bias, stage, out } = self;
        let (width, wide) = (d.output[1], 2 * V::LANES);
        // Short rows are worked off in pairs, each in a vector of its own.
        let together = if width <= V::LANES { 2 } else { 1 };
        let mut i = 0;
        while i < d.rows {
            let h = height(d.rows - i, V::ROWS);
            for row in (0..rows).step_by(together) {
                let paired = together.min(rows - row) == 2;
                let mut column = 0;
                while column < width {
                    let run = wide.min(width - column);
                    // SAFETY: the caller's; h rows of w with `taps` numbers each, and offsets of the stage's own table.
                    unsafe {
                        let left = Left { data: w.as_ptr().add(i * d.taps), rows: Steps(d.taps), steps: Steps(1) };
                        let (data, steps) = (stage.add(plan.point(row, column)), Table(taps.as_ptr()));
                        let to = out.add(i * d.points + row * width + column);
                        let [right_apart, out_apart] = if paired { [plan.point(1, 0), width] } else { [V::LANES; 2] };
                        let right = Right { data, steps, apart: right_apart };
                        let c = Out { data: to, row: d.points, apart: out_apart, onto: Onto::Nothing };
                        if paired {
                            pair::<V, _, _, _>(h, run, taps.len(), left, right, c);
                        } else {
                            tile::<V, _, _, _, 2>(h, run, taps.len(), left, right, c, &mut { Ahead::NOTHING });
                        }
                    }
                    column += wide;
                }
            }
            // While what was written is in the cache.
            for (i, &b) in (i..i + h).zip(bias.map_or(&[][..], |b| &b[i..i + h])) {
                // SAFETY: the rows of channel i that were just written.
                let run = unsafe { std::slice::from_raw_parts_mut(out.add(i * d.points), rows * width) };
                run.iter_mut().for_each(|y| *y += b);
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

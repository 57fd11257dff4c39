//! The adjoint of the convolution in its weight, summed over the points of several images before a sum over pieces in their order.
//!
//! Where there are many channels a point of the stage holds them side by side: tiles of (output channels x channels), one a tap. Else
//! tiles of (taps x output channels).

use super::direct::{PIECE, STAGE};
use super::shape::{ConvShape, Sizes};
use super::stage::Stage;
use crate::buffer::Shared;
use crate::matmul::{Ahead, Dense, Job, Left, Matrix, Onto, Out, Panels, Right, Steps, Table, Target, Vector};
use crate::matmul::{height, nanos, tile, tile_size, with_vectors};
use crate::real::Real;
use crate::threads::for_each_piece_with;

/// [`conv_weight_adjoint`](super::conv_weight_adjoint), for checked arguments.
pub(super) fn weight<T: Real>(shape: &ConvShape, d: &Sizes, x: &[T], g: &[T], out: &mut [T]) {
    let ([ih, iw], area) = (shape.spatial, shape.kernel[0] * shape.kernel[1]);
    let wide = 2 * tile_size::<T>().lanes;
    let weight = d.rows * d.taps;
    let beside = 2 * d.depth >= wide;
    // Numbers of a point of the stage.
    let each = if beside { wide } else { 1 };
    // Pieces: chunks of images, and where the partial sums would take too much memory, blocks of channels too.
    let multiplications = shape.batch * weight * d.points;
    let work = multiplications / PIECE;
    let chunks = work.clamp(1, 32).min(shape.batch).min(((1 << 20) / weight).max(1));
    let images = shape.batch.div_ceil(chunks);
    let chunks = shape.batch.div_ceil(images);
    let channels = d.depth.div_ceil((work / chunks).clamp(1, 16).min(d.depth.div_ceil(8))).next_multiple_of(each);
    let blocks = d.depth.div_ceil(channels);
    let plan = Stage::new(shape, d, channels, STAGE);
    let taps: Vec<u32> = plan.taps(shape, channels / each).iter().map(|t| t * each as u32).collect();
    let places = (0..plan.rows).flat_map(|r| (0..d.output[1]).map(move |q| (r, q)));
    let points: Vec<u32> = places.map(|(r, q)| (plan.point(r, q) * each) as u32).collect();
    let panels = points.len() * d.rows.next_multiple_of(wide);
    let all = shape.groups * weight;
    let mut sums = Shared::stale(chunks * all);
    let sums = sums.get_mut().expect("a fresh buffer has one owner");
    let target = Target(sums.as_mut_ptr());
    for_each_piece_with(chunks * shape.groups * blocks, nanos::<T>(multiplications), |piece| {
        let (chunk, group, block) = (piece / blocks / shape.groups, piece / blocks % shape.groups, piece % blocks);
        let start = block * channels;
        let channels = channels.min(d.depth - start);
        let width = channels.next_multiple_of(each);
        let room = if beside { plan.tall(shape) * iw * width } else { 0 };
        let mut scratch = Shared::stale(panels + room + plan.len(shape, width));
        let (left, rest) = scratch.get_mut().expect("a fresh buffer has one owner").split_at_mut(panels);
        let (turned, stage) = rest.split_at_mut(room);
        let mut accumulate = false;
        for b in chunk * images..shape.batch.min((chunk + 1) * images) {
            let image = b * shape.groups + group;
            let x = &x[image * d.image..][..d.image];
            for first in (0..d.output[0]).step_by(plan.rows) {
                let k = plan.rows.min(d.output[0] - first) * d.output[1];
                if beside {
                    let lines = plan.lines(shape, first);
                    let n = lines.len() * iw;
                    let data = x[(start * ih + lines.start) * iw..].as_ptr();
                    // SAFETY: the lines lie inside the image, and there is room for all lines of a stage.
                    unsafe {
                        let from = Matrix { data, row: 1, col: ih * iw };
                        with_vectors(Panels { vectors: 2, k: n, columns: channels, from, to: turned.as_mut_ptr() });
                    }
                    let line = |p: usize, y: usize| &turned[(p * n + (y - lines.start) * iw) * each..];
                    plan.fill(shape, first, (0..width / each, each), line, stage);
                } else {
                    plan.fill(shape, first, (start..start + channels, 1), |c, y| &x[(c * ih + y) * iw..], stage);
                }
                let g = &g[image * d.rows * d.points..][..d.rows * d.points];
                let (taps, points) = (&taps[..channels.div_ceil(each) * area], &points[..k]);
                // SAFETY: the panels hold k steps of all rows; the part of the sums belongs to this piece alone.
                unsafe {
                    let from = Matrix { data: g.as_ptr().add(first * d.output[1]), row: 1, col: d.points };
                    with_vectors(Panels { vectors: 2, k, columns: d.rows, from, to: left.as_mut_ptr() });
                    let to = target.at(chunk * all + group * weight + start * area * d.rows);
                    let sums = Sums {
                        taps,
                        points,
                        rows: d.rows,
                        stage: stage.as_ptr(),
                        panels: left.as_ptr(),
                        to,
                        onto: Onto::result(accumulate),
                    };
                    if beside {
                        with_vectors(Beside { sums, channels, area });
                    } else {
                        with_vectors(sums);
                    }
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
        for start in (0..d.depth).step_by(channels) {
            let channels = channels.min(d.depth - start);
            let sums = &sums[start * area * d.rows..][..channels * area * d.rows];
            for (o, row) in out.chunks_exact_mut(d.taps).enumerate() {
                for (c, row) in row[start * area..][..channels * area].chunks_exact_mut(area).enumerate() {
                    let (at, step) =
                        if beside { (o * channels + c, d.rows * channels) } else { (c * area * d.rows + o, d.rows) };
                    row.iter_mut().zip(sums[at..].iter().step_by(step)).for_each(|(y, &x)| *y = x);
                }
            }
        }
    }
}

/// Tiles of (taps x output channels): number (tap, o) of the sums.
struct Sums<'a, T> {
    taps: &'a [u32],
    points: &'a [u32],
    rows: usize,
    stage: *const T,
    panels: *const T,
    to: *mut T,
    onto: Onto<T>,
}

impl<T: Real> Job<T> for Sums<'_, T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let Sums { taps, points, rows, stage, panels, to, onto } = self;
        let wide = 2 * V::LANES;
        for j in (0..rows).step_by(wide) {
            let mut i = 0;
            while i < taps.len() {
                let h = height(taps.len() - i, V::ROWS);
                // SAFETY: the caller's; tables of the stage's own offsets.
                unsafe {
                    let left = Left { data: stage, rows: Table(taps.as_ptr().add(i)), steps: Table(points.as_ptr()) };
                    let right = Right { data: panels.add(j * points.len()), steps: Steps(wide), apart: V::LANES };
                    let c = Out { data: to.add(i * rows + j), row: rows, apart: V::LANES, onto };
                    tile::<V, _, _, _, 2>(h, wide.min(rows - j), points.len(), left, right, c, &mut { Ahead::NOTHING });
                }
                i += h;
            }
        }
    }
}

/// Tiles of (output channels x channels), one a tap: number (tap, o, channel) of the sums.
struct Beside<'a, T> {
    sums: Sums<'a, T>,
    channels: usize,
    area: usize,
}

impl<T: Real> Job<T> for Beside<'_, T> {
    #[inline(always)]
    unsafe fn run<V: Vector<T = T>>(self) {
        let Beside { sums: Sums { taps, points, rows, stage, panels, to, onto }, channels, area } = self;
        let wide = 2 * V::LANES;
        let (k, steps) = (points.len(), Table(points.as_ptr()));
        for (c, taps) in (0..channels).step_by(wide).zip(taps.chunks_exact(area)) {
            let columns = wide.min(channels - c);
            for j in (0..rows).step_by(wide) {
                let mut i = j;
                let end = rows.min(j + wide);
                while i < end {
                    let h = height(end - i, V::ROWS);
                    for (t, &tap) in taps.iter().enumerate() {
                        // SAFETY: the caller's; column i of the panel that starts at j, and offsets of the stage's own tables.
                        unsafe {
                            let left = Left { data: panels.add(j * k + i - j), rows: Dense, steps: Steps(wide) };
                            let right = Right { data: stage.add(tap as usize), steps, apart: V::LANES };
                            let data = to.add((t * rows + i) * channels + c);
                            let out = Out { data, row: channels, apart: V::LANES, onto };
                            tile::<V, _, _, _, 2>(h, columns, k, left, right, out, &mut { Ahead::NOTHING });
                        }
                    }
                    i += h;
                }
            }
        }
    }
}

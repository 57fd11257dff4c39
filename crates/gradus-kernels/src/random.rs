//! Random numbers by counter: the number at position i is a function of (key, i) alone.
//!
//! So nothing is stored, any piece can be computed alone, and a fill gives the same values however it is cut and however many
//! threads share it. The function is Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as
//! 1, 2, 3"). Bits, Bernoulli masks and uniforms are the same on every machine; normals may differ in the last place between a
//! machine with fused multiply-add and one without.
//!
//! A key is used for one purpose: bits, uniforms and normals under one key come from the same words. [`Key::child`] makes more.

mod bernoulli;
mod normal;
mod philox;
mod uniform;

use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_chunk;

pub use bernoulli::{bernoulli_keep, select};
pub use normal::{fill_normal, fill_normal_with, fill_truncated_normal};
pub use philox::{Key, fill_bits, philox4x32_10};
pub use uniform::{fill_uniform, fill_uniform_between, fill_uniform_open};

/// Elements of one piece of work: a multiple of every tile.
const PIECE: usize = 1 << 15;

/// A stream of numbers in tiles of N: tile t holds the elements t·N .. (t + 1)·N. `at` must be `#[inline(always)]`.
trait Tiles<T, const N: usize>: Copy + Sync {
    fn at<S: Isa>(self, s: S, t: u64, out: &mut [T; N]);
}

/// out[i] = element `start + i` of the stream, on all threads.
fn cover<T: Copy + Default + Send, const N: usize>(stream: impl Tiles<T, N>, start: u64, out: &mut [T]) {
    if out.len() <= PIECE {
        return cover_here(stream, start, out);
    }
    for_each_chunk(out, PIECE, |i, piece| cover_here(stream, start.wrapping_add(i as u64), piece));
}

/// out[i] = element `start + i` of the stream, on this thread.
fn cover_here<T: Copy + Default, const N: usize>(stream: impl Tiles<T, N>, start: u64, out: &mut [T]) {
    struct Loop<'a, T, K, const N: usize>(K, u64, &'a mut [T]);
    impl<T: Copy + Default, K: Tiles<T, N>, const N: usize> Kernel for Loop<'_, T, K, N> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, s: S) {
            let Loop(stream, start, mut out) = self;
            let (mut t, skip) = (start / N as u64, (start % N as u64) as usize);
            let mut whole = [T::default(); N];
            let mut from = skip;
            while !out.is_empty() {
                let (part, rest) = out.split_at_mut((N - from).min(out.len()));
                // One place for both cases, so that the tile's body is compiled once.
                let in_part = <&mut [T; N]>::try_from(&mut *part).ok();
                let partial = in_part.is_none();
                stream.at(s, t, in_part.unwrap_or(&mut whole));
                if partial {
                    part.copy_from_slice(&whole[from..from + part.len()]);
                }
                (t, from, out) = (t.wrapping_add(1), 0, rest);
            }
        }
    }
    simd(Loop(stream, start, out));
}

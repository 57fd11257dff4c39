//! Bernoulli masks by counter, and their use.

use super::philox::{Key, WORDS, philox4x32_10, tile};
use super::{PIECE, Tiles, cover};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_chunk_with;

/// A number is kept if its word of 32 random bits is at most `last`. Words are drawn as far as they must be known.
#[derive(Clone, Copy)]
struct Keep<T> {
    key: Key,
    last: u32,
    scale: T,
}

/// Words whose first byte decides, for the other bits of `last` are ones. A word of Philox has four, the low byte first.
#[derive(Clone, Copy)]
struct Bytes<T>(Keep<T>);

/// Words whose first half decides but for one in 2¹⁶. A word of Philox has two, the low half first.
#[derive(Clone, Copy)]
struct Halves<T>(Keep<T>);

impl<T: Copy + Default + Sync> Tiles<T, { 4 * WORDS }> for Bytes<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, t: u64, out: &mut [T; 4 * WORDS]) {
        let Bytes(keep) = self;
        let last = (keep.last >> 24) as u8;
        let mut bytes = [0; 4 * WORDS];
        for (b, &w) in bytes.as_chunks_mut().0.iter_mut().zip(tile(keep.key, t).as_flattened()) {
            *b = w.to_le_bytes();
        }
        for (y, &b) in out.iter_mut().zip(&bytes) {
            *y = keep.number(b <= last);
        }
    }
}

impl<T: Copy + Default + Sync> Tiles<T, { 2 * WORDS }> for Halves<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, t: u64, out: &mut [T; 2 * WORDS]) {
        let Halves(keep) = self;
        let last = (keep.last >> 16) as u16;
        let mut halves = [0; 2 * WORDS];
        for (h, &w) in halves.as_chunks_mut().0.iter_mut().zip(tile(keep.key, t).as_flattened()) {
            *h = [w as u16, (w >> 16) as u16];
        }
        let mut ties = 0;
        for (y, &h) in out.iter_mut().zip(&halves) {
            *y = keep.number(h <= last);
            ties |= u16::from(h == last);
        }
        if ties != 0 {
            keep.settle(t, &halves, out);
        }
    }
}

impl<T: Copy + Default> Keep<T> {
    #[inline(always)]
    fn number(self, kept: bool) -> T {
        if kept { self.scale } else { T::default() }
    }

    /// Where a word's first half is that of `last`, its second half decides: half a word of another key.
    #[cold]
    #[inline(never)]
    fn settle(self, t: u64, halves: &[u16], out: &mut [T]) {
        let Key([k0, k1, k2, k3]) = self.key.child(u64::MAX);
        let start = t.wrapping_mul(halves.len() as u64);
        for (i, (y, &half)) in out.iter_mut().zip(halves).enumerate() {
            if u32::from(half) == self.last >> 16 {
                let at = start.wrapping_add(i as u64);
                let [word, ..] = philox4x32_10([at as u32, (at >> 32) as u32, k2, k3], [k0, k1]);
                *y = self.number(word & 0xFFFF <= self.last & 0xFFFF);
            }
        }
    }
}

/// The largest word that is kept, or `None` where nothing is: `keep` to the nearest multiple of 2⁻³².
#[track_caller]
fn last(keep: f64) -> Option<u32> {
    assert!((0.0..=1.0).contains(&keep), "bernoulli_keep: the probability must lie in [0, 1], got {keep}");
    let words = (keep * 4_294_967_296.0).round() as u64;
    words.checked_sub(1).map(|last| last as u32)
}

/// out\[i\] = `scale` with probability `keep`, else 0; for the elements `start`, `start + 1`, … of the mask of `key`.
///
/// A number takes a byte of random bits where `keep` is a multiple of 1/256, else half a word, and a whole one where that does not decide.
///
/// A mask of bytes for [`select`] is one with the scale 1.
///
/// # Panics
/// If `keep` is not in [0, 1].
///
/// ```
/// use gradus_kernels::random::{Key, bernoulli_keep};
/// let (mut mask, mut part) = ([0.0_f32; 100], [0.0; 10]);
/// bernoulli_keep(Key::from(7), 0, 0.8, 1.25, &mut mask);
/// bernoulli_keep(Key::from(7), 40, 0.8, 1.25, &mut part); // any piece alone
/// assert_eq!(part, mask[40..50]);
/// ```
#[track_caller]
pub fn bernoulli_keep<T: Copy + Default + Send + Sync>(key: Key, start: u64, keep: f64, scale: T, out: &mut [T]) {
    match last(keep) {
        Some(last) if last | 0xFF00_0000 == u32::MAX => cover(Bytes(Keep { key, last, scale }), start, out),
        Some(last) => cover(Halves(Keep { key, last, scale }), start, out),
        None => out.fill(T::default()),
    }
}

/// y\[i\] = `scale`·x\[i\] where the mask is not 0, else 0 (also where x\[i\] is not finite).
///
/// # Panics
/// If the lengths differ.
#[track_caller]
pub fn select<T: Real>(mask: &[u8], scale: T, x: &[T], y: &mut [T]) {
    assert!(
        x.len() == y.len() && mask.len() == y.len(),
        "select: the mask has {} elements, x {}, y {}",
        mask.len(),
        x.len(),
        y.len()
    );
    struct Select<'a, T>(&'a [u8], T, &'a [T], &'a mut [T]);
    impl<T: Real> Kernel for Select<'_, T> {
        type Output = ();
        #[inline(always)]
        fn run<S: Isa>(self, _: S) {
            let Select(mask, scale, x, y) = self;
            for ((y, &x), &m) in y.iter_mut().zip(x).zip(mask) {
                *y = if m != 0 { scale * x } else { T::ZERO };
            }
        }
    }
    for_each_chunk_with(y, PIECE, y.len() / 4, |start, y| {
        let part = start..start + y.len();
        simd(Select(&mask[part.clone()], scale, &x[part], y));
    });
}

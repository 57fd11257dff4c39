//! Bernoulli masks by counter, and their use.

use super::philox::{Key, WORDS, tile};
use super::{PIECE, Tiles, cover};
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};
use crate::threads::for_each_chunk_with;

#[derive(Clone, Copy)]
struct Keep<T> {
    key: Key,
    /// A word up to this is kept.
    last: u32,
    scale: T,
}

impl<T: Copy + Default + Sync> Tiles<T, WORDS> for Keep<T> {
    #[inline(always)]
    fn at<S: Isa>(self, _: S, t: u64, out: &mut [T; WORDS]) {
        let w = tile(self.key, t);
        for (y, &w) in out.iter_mut().zip(w.as_flattened()) {
            *y = if w <= self.last { self.scale } else { T::default() };
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
        Some(last) => cover(Keep { key, last, scale }, start, out),
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

//! Sums over axes, in a fixed order that depends on the shape alone.

use crate::real::Real;
use crate::view::{Offsets, View};
use smallvec::SmallVec;

/// Sums `x` over the axes where `reduced` is true; `out` holds the kept axes in row-major order.
pub fn sum<T: Real>(x: View<'_, T>, reduced: &[bool], out: &mut [T]) {
    let pick = |want: bool| -> (SmallVec<[usize; 6]>, SmallVec<[usize; 6]>) {
        (0..x.shape.len()).filter(|&k| reduced[k] == want).map(|k| (x.shape[k], x.strides[k])).unzip()
    };
    let ((ks, kt), (rs, rt)) = (pick(false), pick(true));
    let inner: Vec<usize> = Offsets::new(&rs, &rt).collect();
    for (y, base) in out.iter_mut().zip(Offsets::new(&ks, &kt)) {
        *y = pairwise(&inner, &|o| x.data[base + o]);
    }
}

fn pairwise<T: Real>(offsets: &[usize], at: &impl Fn(usize) -> T) -> T {
    if offsets.len() <= 32 {
        return offsets.iter().map(|&o| at(o)).sum();
    }
    let (a, b) = offsets.split_at(offsets.len() / 2);
    pairwise(a, at) + pairwise(b, at)
}

//! Where the largest or smallest number stands: the value first, then the first place that equals it.

use super::PIECE;
use super::axes::Axes;
use crate::real::Real;
use crate::threads::for_each_chunk;
use crate::view::View;

/// The largest x over the reduced axes and its place: the row-major index over the reduced axes, the first of equals;
/// where there is a NaN, the first NaN.
///
/// # Panics
/// If the reduced axes hold nothing, or 2³² numbers or more, or the lengths do not fit.
pub fn arg_max<T: Real>(x: View<'_, T>, reduced: &[bool], out: &mut [T], index: &mut [u32]) {
    super::max(x, reduced, out);
    first_equal(x, reduced, out, index);
}

/// The smallest x over the reduced axes and its place, as [`arg_max`].
///
/// # Panics
/// As [`arg_max`].
pub fn arg_min<T: Real>(x: View<'_, T>, reduced: &[bool], out: &mut [T], index: &mut [u32]) {
    super::min(x, reduced, out);
    first_equal(x, reduced, out, index);
}

fn first_equal<T: Real>(x: View<'_, T>, reduced: &[bool], values: &[T], index: &mut [u32]) {
    let axes = Axes::new(&x, reduced);
    let n = axes.reduced.len();
    assert!(
        n > 0 || values.is_empty(),
        "arg_max: no numbers to choose from; give the reduced axes a length of at least 1"
    );
    assert!(u32::try_from(n).is_ok(), "arg_max: the reduced axes hold {n} numbers; places are counted in 32 bits");
    assert_eq!(index.len(), values.len(), "arg_max: index has another length than out");
    let (length, step) = axes.reduced.inner();
    for_each_chunk(index, (PIECE / n.max(1)).max(1), |start, index| {
        let mut bases = axes.kept.offsets(start);
        for (place, &value) in index.iter_mut().zip(&values[start..]) {
            let base = bases.next().unwrap_or(0);
            let hit = |x: T| (x == value) | (x.is_nan() & value.is_nan());
            let mut found = None;
            for (run, at) in axes.reduced.outer(0).enumerate() {
                let x = &x.data[base + at..];
                let inner = if step == 1 { first(&x[..length], hit) } else { (0..length).find(|&i| hit(x[i * step])) };
                if let Some(i) = inner {
                    found = Some(run * length + i);
                    break;
                }
            }
            *place = found.unwrap_or(0) as u32;
        }
    });
}

/// The first place of a hit: blocks without one are passed over without a branch a number.
fn first<T: Copy>(x: &[T], hit: impl Fn(T) -> bool) -> Option<usize> {
    let mut from = 0;
    for block in x.chunks(64) {
        if block.iter().fold(false, |any, &x| any | hit(x)) {
            return block.iter().position(|&x| hit(x)).map(|i| from + i);
        }
        from += block.len();
    }
    None
}

//! Matrix products of strided operands.

use crate::real::Real;
use crate::view::{Offsets, View};

/// out = a·b (+ out where `accumulate`): a `[.., m, k]`, b `[.., k, n]` with equal leading axes, out row-major `[.., m, n]`.
///
/// # Panics
/// If the shapes do not fit.
pub fn matmul<T: Real>(a: View<'_, T>, b: View<'_, T>, accumulate: bool, out: &mut [T]) {
    let r = a.shape.len();
    assert!(
        r >= 2 && b.shape.len() == r && a.shape[..r - 2] == b.shape[..r - 2] && a.shape[r - 1] == b.shape[r - 2],
        "matmul: shapes do not fit"
    );
    let (m, k, n) = (a.shape[r - 2], a.shape[r - 1], b.shape[r - 1]);
    let batches: usize = a.shape[..r - 2].iter().product();
    assert_eq!(out.len(), batches * m * n, "matmul: out has another length");
    if out.is_empty() {
        return;
    }
    if k == 0 {
        if !accumulate {
            out.fill(T::ZERO);
        }
        return;
    }
    let beta = if accumulate { T::ONE } else { T::ZERO };
    let (oa, ob) =
        (Offsets::new(&a.shape[..r - 2], &a.strides[..r - 2]), Offsets::new(&b.shape[..r - 2], &b.strides[..r - 2]));
    for ((c, pa), pb) in out.chunks_exact_mut(m * n).zip(oa).zip(ob) {
        let (sa, sb) = ([a.strides[r - 2], a.strides[r - 1]], [b.strides[r - 2], b.strides[r - 1]]);
        let last = |s: [usize; 2], p: usize, q: usize| (p - 1) * s[0] + (q - 1) * s[1];
        let (x, y) = (&a.data[pa..=pa + last(sa, m, k)], &b.data[pb..=pb + last(sb, k, n)]);
        T::gemm(m, k, n, x.as_ptr(), sa, y.as_ptr(), sb, beta, c.as_mut_ptr(), [n, 1]);
    }
}

//! The gradient through the exponential of a skew matrix.

use super::blocks::{product, square};
use super::chebyshev::Series;
use super::halves::{Kind, Product, combine};
use super::skew_expm::{HEADER, Parts, double, skew};
use crate::buffer::Shared;
use crate::real::Real;

/// out = the gradient in V of ⟨G, e^(V − Vᵀ)⟩, from `q` and `aux` of [`skew_expm`](super::skew_expm).
///
/// 2 ∫₀¹ e^(−sA) K e^(sA) ds with K = skew(G·Qᵀ) = (GQᵀ − QGᵀ)/2: the cotangent is projected first, so that every matrix is
/// symmetric or skew. The integral is Qᵀ·L(A, K), L the derivative of the forward pass, product by product, with its powers
/// reused; each squaring of X ↦ 2X takes K to (K + e^(−X)Ke^X)/2.
///
/// # Panics
/// If a length does not fit, or `aux` was not written by `skew_expm`.
pub fn skew_expm_pull<T: Real>(n: usize, q: &[T], aux: &[T], g: &[T], out: &mut [T]) {
    for x in [q, g, out] {
        assert_eq!(x.len(), n * n, "skew_expm_pull: an argument is not {n} x {n}");
    }
    assert_eq!(
        aux.len(),
        super::skew_expm_aux_len::<T>(n),
        "skew_expm_pull: aux has another length than skew_expm_aux_len"
    );
    let whole = |x: T| x.to_f64() as usize;
    let header = [aux[0], aux[1], aux[2]].map(whole);
    let mut room = Shared::stale(n * n);
    let room = room.get_mut().unwrap_or_default();
    // 2K
    product([n, n, n], g, [n, 1], q, [1, n], false, room);
    skew(n, room, out);
    if header[0] == 0 {
        return;
    }
    let [powers, degree, squarings] = header;
    let series = Series::with(aux[4].to_f64(), powers, degree, squarings as u32);
    if squarings == 0 {
        slope(n, &series, aux, q, out);
        return;
    }
    // The rotations e^(A/2ᵏ) of all levels: the first takes the derivative, the others conjugate.
    let mut spare = Shared::from_slice(aux);
    let spare = spare.get_mut().unwrap_or_default();
    let mut levels = Shared::stale(squarings * n * n);
    let levels = levels.get_mut().unwrap_or_default();
    let mut c = Shared::stale(n * n);
    let c = c.get_mut().unwrap_or_default();
    Parts::split(n, spare).circle(n, &series, c, room, false);
    double(n, squarings as u32, c, room, |k, c, s| {
        let level = &mut levels[k * n * n..(k + 1) * n * n];
        level.iter_mut().zip(c.iter().zip(s)).for_each(|(q, (&c, &s))| *q = c + s);
    });
    slope(n, &series, aux, &levels[..n * n], out);
    let half = T::from_f64(0.5);
    for q in levels.chunks_exact(n * n) {
        square(n, out, q, false, room);
        let before = [(half, &*out)];
        Product { transposed: true, factor: half, plus: &before, ..Product::new(n, Kind::Skew, &[(q, room)]) }.write(c);
        out.copy_from_slice(c);
    }
}

/// k = Qᵀ·L(A, k) for Q = e^A of the series itself.
fn slope<T: Real>(n: usize, series: &Series, aux: &[T], q: &[T], k: &mut [T]) {
    let (p, size) = (series.powers, n * n);
    let rest = &aux[HEADER..];
    let (a, sine, t) = (&rest[..size], &rest[size..2 * size], &rest[2 * size..]);
    let t: Vec<&[T]> = t.chunks_exact(size).take(p).collect();
    let two = T::from_f64(2.0);
    let mut dt = Shared::stale(p * size);
    let dt = dt.get_mut().unwrap_or_default();
    // Slopes of the Tⱼ as if A/b moved by k: the coefficients divide by b, which may be tiny.
    Product { factor: -two, ..Product::new(n, Kind::Symmetric, &[(a, k), (k, a)]) }.write(&mut dt[..size]);
    for j in 2..=p {
        let (done, rest) = dt.split_at_mut((j - 1) * size);
        let d = |j: usize| &done[(j - 1) * size..j * size];
        let (x, y) = (j.div_ceil(2), j / 2);
        let odd = [(-T::ONE, d(1))];
        let plus: &[(T, &[T])] = if j % 2 == 1 { &odd } else { &[] };
        let terms = [(t[x - 1], d(y)), (d(x), t[y - 1])];
        Product { factor: two, plus, ..Product::new(n, Kind::Symmetric, &terms) }.write(&mut rest[..size]);
    }
    let dt: Vec<&[T]> = dt.chunks_exact(size).collect();
    let [cos, sin] = series.halves::<T>([1.0 / series.scaled; 2]);
    let no_shift = |c: &[T]| -> Vec<T> { std::iter::once(T::ZERO).chain(c[1..].iter().copied()).collect() };
    let mut room = Shared::stale(6 * size);
    let mut parts = room.get_mut().unwrap_or_default().chunks_exact_mut(size);
    let mut part = || parts.next().unwrap_or_default();
    let (dc, ds, high_c, high_s, dhigh_c, dhigh_s) = (part(), part(), part(), part(), part(), part());
    if cos.high.is_empty() {
        combine(n, [&no_shift(&cos.low), &no_shift(&sin.low)], &dt, [dc, ds]);
    } else {
        combine(n, [&cos.high, &sin.high], &t, [high_c, high_s]);
        combine(n, [&no_shift(&cos.high), &no_shift(&sin.high)], &dt, [dhigh_c, dhigh_s]);
        for (low, high, dhigh, out) in
            [(&cos.low, &*high_c, &*dhigh_c, &mut *dc), (&sin.low, &*high_s, &*dhigh_s, &mut *ds)]
        {
            let plus: Vec<(T, &[T])> = low[1..].iter().copied().zip(dt.iter().copied()).collect();
            let terms = [(t[p - 1], dhigh), (dt[p - 1], high)];
            Product { plus: &plus, ..Product::new(n, Kind::Symmetric, &terms) }.write(out);
        }
    }
    Product::new(n, Kind::Skew, &[(k, sine), (a, ds)]).write(high_c);
    dc.iter_mut().zip(&*high_c).for_each(|(c, &s)| *c += s);
    Product { transposed: true, ..Product::new(n, Kind::Skew, &[(q, dc)]) }.write(k);
}

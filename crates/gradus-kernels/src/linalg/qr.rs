//! QR factorisation by Householder reflections, a block of columns at a time.
//!
//! H = I − τ·v·vᵀ with v₀ = 1; a block of them is I − V·T·Vᵀ with T upper triangular (compact WY, Schreiber & Van Loan
//! 1989), so that it acts on the remaining columns by three products.

use super::blocks::{axpy, dot, product, subtract, transpose};
use crate::buffer::Shared;
use crate::real::Real;
use crate::simd::{Isa, Kernel, simd};

/// Columns in a block.
const BLOCK: usize = 32;
/// Rows that a block updates at a time.
const STRIP: usize = 128;

/// Factors A (m x n) in place: R on and above the diagonal, the reflections' v below it (v₀ = 1 is not stored).
/// `tau` holds min(m, n) numbers. A = Q·R with Q = H₀·H₁·…; an entry that is not finite spreads.
///
/// # Panics
/// If `a` has not m·n numbers or `tau` not min(m, n).
pub fn qr_factor<T: Real>(m: usize, n: usize, a: &mut [T], tau: &mut [T]) {
    let k = m.min(n);
    assert_eq!(a.len(), m * n, "qr_factor: a is not {m} x {n}");
    assert_eq!(tau.len(), k, "qr_factor: {} factors tau for {k} reflections", tau.len());
    let mut room = Room::new(m, n);
    for j0 in (0..k).step_by(BLOCK) {
        let (b, rows) = (BLOCK.min(k - j0), m - j0);
        let [v, t, rest] = room.parts();
        transpose(rows, b, &a[j0 * n + j0..], n, v, rows);
        simd(Panel { b, rows, p: v, tau: &mut tau[j0..j0 + b] });
        transpose(b, rows, v, rows, &mut a[j0 * n + j0..], n);
        if j0 + b < n {
            complete(b, rows, v);
            triangle(b, rows, v, &tau[j0..j0 + b], t);
            apply(b, rows, v, t, true, n - j0 - b, &mut a[j0 * n + j0 + b..], n, rest);
        }
    }
}

/// The first `columns` columns of Q (`out` m x columns) from the result of [`qr_factor`] of an m x n matrix.
///
/// # Panics
/// If `columns` > m or a length does not fit.
pub fn qr_q<T: Real>(m: usize, n: usize, columns: usize, a: &[T], tau: &[T], out: &mut [T]) {
    let k = m.min(n);
    assert!(columns <= m, "qr_q: {columns} columns asked of an orthogonal matrix of order {m}");
    assert_eq!(a.len(), m * n, "qr_q: a is not {m} x {n}");
    assert_eq!(tau.len(), k, "qr_q: {} factors tau for {k} reflections", tau.len());
    assert_eq!(out.len(), m * columns, "qr_q: out is not {m} x {columns}");
    out.fill(T::ZERO);
    for i in 0..columns {
        out[i * columns + i] = T::ONE;
    }
    let mut room = Room::new(m, columns);
    // The last block first: columns before a block are still those of the identity, which it does not move.
    for j0 in (0..k.min(columns)).step_by(BLOCK).rev() {
        let (b, rows) = (BLOCK.min(k - j0), m - j0);
        let [v, t, rest] = room.parts();
        transpose(rows, b, &a[j0 * n + j0..], n, v, rows);
        complete(b, rows, v);
        triangle(b, rows, v, &tau[j0..j0 + b], t);
        apply(b, rows, v, t, false, columns - j0, &mut out[j0 * columns + j0..], columns, rest);
    }
}

/// R (`out` rows x n, rows ≤ m) from the result of [`qr_factor`] of an m x n matrix; zeros below the diagonal.
///
/// # Panics
/// If `rows` > m or a length does not fit.
pub fn qr_r<T: Real>(m: usize, n: usize, rows: usize, a: &[T], out: &mut [T]) {
    assert!(rows <= m, "qr_r: {rows} rows asked of {m}");
    assert_eq!(a.len(), m * n, "qr_r: a is not {m} x {n}");
    assert_eq!(out.len(), rows * n, "qr_r: out is not {rows} x {n}");
    for i in 0..rows {
        let (from, row) = (i.min(n), &mut out[i * n..(i + 1) * n]);
        row[..from].fill(T::ZERO);
        row[from..].copy_from_slice(&a[i * n + from..(i + 1) * n]);
    }
}

/// A = Q·R with Q m x k, R k x n, k = min(m, n).
///
/// # Panics
/// If a length does not fit.
pub fn qr_thin<T: Real>(m: usize, n: usize, a: &[T], q: &mut [T], r: &mut [T]) {
    parts(m, n, m.min(n), a, q, r);
}

/// A = Q·R with Q m x m, R m x n.
///
/// # Panics
/// If a length does not fit.
pub fn qr_full<T: Real>(m: usize, n: usize, a: &[T], q: &mut [T], r: &mut [T]) {
    parts(m, n, m, a, q, r);
}

fn parts<T: Real>(m: usize, n: usize, k: usize, a: &[T], q: &mut [T], r: &mut [T]) {
    let mut f = Shared::from_slice(a);
    let mut tau = Shared::stale(m.min(n));
    let (f, tau) = (f.get_mut().unwrap_or_default(), tau.get_mut().unwrap_or_default());
    qr_factor(m, n, f, tau);
    qr_q(m, n, k, f, tau, q);
    qr_r(m, n, k, f, r);
}

/// Turns signs so that the diagonal of R (k x n) is not negative: Q·R stays, Q (m x k) becomes unique where A has full rank.
/// Of a Gaussian A this Q is Haar-distributed (Mezzadri 2007).
///
/// # Panics
/// If a length does not fit.
pub fn fix_signs<T: Real>(m: usize, k: usize, n: usize, q: &mut [T], r: &mut [T]) {
    assert_eq!(q.len(), m * k, "fix_signs: q is not {m} x {k}");
    assert_eq!(r.len(), k * n, "fix_signs: r is not {k} x {n}");
    let signs: Vec<T> = (0..k).map(|i| if i < n && r[i * n + i] < T::ZERO { -T::ONE } else { T::ONE }).collect();
    for row in q.chunks_exact_mut(k.max(1)) {
        for (x, &s) in row.iter_mut().zip(&signs) {
            *x *= s;
        }
    }
    for (row, &s) in r.chunks_exact_mut(n.max(1)).zip(&signs) {
        if s < T::ZERO {
            row.iter_mut().for_each(|x| *x = -*x);
        }
    }
}

/// Scratch: Vᵀ, T, and the room of [`apply`].
struct Room<T: Real>(Shared<T>, usize);

impl<T: Real> Room<T> {
    fn new(m: usize, columns: usize) -> Self {
        Room(Shared::stale(BLOCK * m + BLOCK * BLOCK + (2 * BLOCK + STRIP) * columns.max(BLOCK)), BLOCK * m)
    }

    fn parts(&mut self) -> [&mut [T]; 3] {
        let (v, rest) = self.0.get_mut().unwrap_or_default().split_at_mut(self.1);
        let (t, rest) = rest.split_at_mut(BLOCK * BLOCK);
        [v, t, rest]
    }
}

/// Factors a block stored by columns: `p` holds b columns of `rows` numbers.
struct Panel<'a, T> {
    b: usize,
    rows: usize,
    p: &'a mut [T],
    tau: &'a mut [T],
}

impl<T: Real> Kernel for Panel<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run<S: Isa>(self, s: S) {
        let Panel { b, rows, p, tau } = self;
        for j in 0..b {
            let (column, others) = p[j * rows..b * rows].split_at_mut(rows);
            let v = &mut column[j..];
            let (t, top) = reflect(s, v);
            tau[j] = t;
            v[0] = T::ONE;
            if t != T::ZERO {
                for c in others.chunks_exact_mut(rows) {
                    let f = t * dot(s, v, &c[j..]);
                    axpy(s, -f, v, &mut c[j..]);
                }
            }
            v[0] = top;
        }
    }
}

/// Makes the reflection that maps x to (β, 0, …): answers (τ, β) and leaves v in `x[1..]`.
#[inline(always)]
fn reflect<T: Real, S: Isa>(s: S, x: &mut [T]) -> (T, T) {
    let (head, tail) = x.split_at_mut(1);
    let top = head[0];
    let largest = tail.iter().fold(T::ZERO, |m, x| if x.abs() > m { x.abs() } else { m });
    if largest == T::ZERO && !tail.iter().any(|x| x.is_nan()) {
        return (T::ZERO, top);
    }
    // Squares are summed in units of the largest entry where they might leave the range.
    let scale = if top.abs() > largest { top.abs() } else { largest };
    let squares = dot(s, tail, tail);
    let safe = squares > T::MIN_POSITIVE / T::EPSILON / T::EPSILON && top * top + squares < T::MAX;
    let length = if safe {
        (top * top + squares).sqrt()
    } else {
        let sum = tail.iter().fold((top / scale) * (top / scale), |t, &x| t + (x / scale) * (x / scale));
        scale * sum.sqrt()
    };
    let beta = -length.copysign(top);
    let (tau, d) = ((beta - top) / beta, top - beta);
    tail.iter_mut().for_each(|x| *x /= d);
    (tau, beta)
}

/// Writes out what [`qr_factor`] does not store: ones at v₀, zeros before.
fn complete<T: Real>(b: usize, rows: usize, v: &mut [T]) {
    for (j, v) in v.chunks_exact_mut(rows).take(b).enumerate() {
        v[..j].fill(T::ZERO);
        v[j] = T::ONE;
    }
}

/// T of H₀·H₁·… = I − V·T·Vᵀ: column i is (−τᵢ·T·Vᵀvᵢ, τᵢ). `t` is BLOCK² numbers, b used in each row; zeros below.
fn triangle<T: Real>(b: usize, rows: usize, v: &[T], tau: &[T], t: &mut [T]) {
    let mut gram = [T::ZERO; BLOCK * BLOCK];
    product([b, rows, b], v, [rows, 1], v, [1, rows], false, &mut gram);
    t.fill(T::ZERO);
    for i in 0..b {
        for r in 0..i {
            let sum = (r..i).fold(T::ZERO, |sum, c| sum + t[r * BLOCK + c] * gram[c * b + i]);
            t[r * BLOCK + i] = -tau[i] * sum;
        }
        t[i * BLOCK + i] = tau[i];
    }
}

/// c = (I − V·T·Vᵀ)·c, with Tᵀ where `adjoint`; c is rows x n with rows `ld` apart.
fn apply<T: Real>(
    b: usize,
    rows: usize,
    v: &[T],
    t: &[T],
    adjoint: bool,
    n: usize,
    c: &mut [T],
    ld: usize,
    room: &mut [T],
) {
    let (w, rest) = room.split_at_mut(BLOCK * n);
    let (tw, strip) = rest.split_at_mut(BLOCK * n);
    product([b, rows, n], v, [rows, 1], c, [ld, 1], false, w);
    product([b, b, n], t, if adjoint { [1, BLOCK] } else { [BLOCK, 1] }, w, [n, 1], false, tw);
    for r0 in (0..rows).step_by(STRIP) {
        let r = STRIP.min(rows - r0);
        product([r, b, n], &v[r0..], [1, rows], tw, [n, 1], false, strip);
        let end = ((r0 + r - 1) * ld + n).min(c.len());
        subtract(n, &strip[..r * n], &mut c[r0 * ld..end], ld);
    }
}

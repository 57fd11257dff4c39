//! Steps on matrices of random programs: systems, determinants, triangles, images; by the engine and by plain loops.

use super::steps::Random;
use super::taylor::{Array, Jet};
use gradus_tensor::{Sliding, Tensor, Windows};

/// What is done with one matrix, or with two arrays.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Matrix {
    Solve,
    Inverse,
    Det,
    Trace,
    Lower,
    Outer,
    Square,
    Gram,
    /// An image by a kernel, with this padding.
    Conv(usize),
    ConvTransposed,
    /// Means of windows of 2 x 2, one step apart.
    Means,
    /// The largest of windows of 2 x 2, one step apart.
    Largest,
}

const ALL: [Matrix; 13] = [
    Matrix::Solve,
    Matrix::Inverse,
    Matrix::Det,
    Matrix::Trace,
    Matrix::Lower,
    Matrix::Outer,
    Matrix::Square,
    Matrix::Gram,
    Matrix::Conv(0),
    Matrix::Conv(1),
    Matrix::ConvTransposed,
    Matrix::Means,
    Matrix::Largest,
];

const WINDOWS: [Windows; 2] = [Windows::Fixed { kernel: 2, stride: 1, padding: 0, dilation: 1, ceil: false }; 2];

fn zero() -> Jet {
    Jet::constant(0.0)
}

/// Rows and columns.
fn sizes(x: &Array) -> Option<(usize, usize)> {
    let &[m, n] = &x.shape[..] else { return None };
    Some((m, n))
}

fn product(a: &Array, b: &Array) -> Option<Array> {
    let ((m, k), (l, n)) = (sizes(a)?, sizes(b)?);
    let entry = |i: &[usize]| (0..k).fold(zero(), |s, j| s.plus(a.at(&[i[0], j]).times(b.at(&[j, i[1]]))));
    (k == l).then(|| Array::build(&[m, n], entry))
}

fn transposed(a: &Array) -> Option<Array> {
    let (m, n) = sizes(a)?;
    Some(Array::build(&[n, m], |i| a.at(&[i[1], i[0]])))
}

/// A⁻¹B by elimination without exchanges; `None` where a pivot is small.
fn solved(a: &Array, b: &Array) -> Option<Array> {
    let ((n, columns), (rows, m)) = (sizes(a)?, sizes(b)?);
    if n != columns || n != rows {
        return None;
    }
    let (mut a, mut b) = (a.clone(), b.clone());
    for k in 0..n {
        let pivot = a.at(&[k, k]);
        if pivot.0[0].abs() < 0.3 {
            return None;
        }
        for i in (0..n).filter(|&i| i != k) {
            let f = a.at(&[i, k]).times(pivot.recip()).scaled(-1.0);
            (0..n).for_each(|j| a.data[i * n + j] = a.at(&[i, j]).plus(f.times(a.at(&[k, j]))));
            (0..m).for_each(|j| b.data[i * m + j] = b.at(&[i, j]).plus(f.times(b.at(&[k, j]))));
        }
    }
    Some(Array::build(&[n, m], |i| b.at(i).times(a.at(&[i[0], i[0]]).recip())))
}

/// By expansion along the first row.
fn det(a: &Array, rows: usize, columns: &[usize]) -> Jet {
    if columns.is_empty() {
        return Jet::constant(1.0);
    }
    let term = |k: usize| {
        let rest = [&columns[..k], &columns[k + 1..]].concat();
        let sign = if k.is_multiple_of(2) { 1.0 } else { -1.0 };
        a.at(&[rows, columns[k]]).times(det(a, rows + 1, &rest)).scaled(sign)
    };
    (0..columns.len()).fold(zero(), |s, k| s.plus(term(k)))
}

/// y[p, q] = Σ w[s, t] x[p + s − padding, q + t − padding].
fn conv(x: &Array, w: &Array, padding: usize) -> Option<Array> {
    let ((h, wide), (kh, kw)) = (sizes(x)?, sizes(w)?);
    let (oh, ow) = ((h + 2 * padding + 1).checked_sub(kh)?, (wide + 2 * padding + 1).checked_sub(kw)?);
    let inside = |p: usize, s: usize, n: usize| (p + s).checked_sub(padding).filter(|i| *i < n);
    let entry = |at: &[usize]| {
        let mut sum = zero();
        for s in 0..kh {
            for t in 0..kw {
                if let (Some(i), Some(j)) = (inside(at[0], s, h), inside(at[1], t, wide)) {
                    sum = sum.plus(w.at(&[s, t]).times(x.at(&[i, j])));
                }
            }
        }
        sum
    };
    (oh > 0 && ow > 0).then(|| Array::build(&[oh, ow], entry))
}

fn windows(x: &Array, one: impl Fn([Jet; 4]) -> Option<Jet>) -> Option<Array> {
    let (h, w) = sizes(x)?;
    let (oh, ow) = (h.checked_sub(1)?, w.checked_sub(1)?);
    let corner = |i: usize| (i / ow, i % ow);
    let of = |(p, q): (usize, usize)| one([(p, q), (p, q + 1), (p + 1, q), (p + 1, q + 1)].map(|(i, j)| x.at(&[i, j])));
    let data: Option<Vec<Jet>> = (0..oh * ow).map(|i| of(corner(i))).collect();
    Some(Array { shape: vec![oh, ow], data: data? })
}

fn largest(x: [Jet; 4]) -> Option<Jet> {
    let top = x.iter().map(|x| x.0[0]).fold(f64::NEG_INFINITY, f64::max);
    let mut near = x.iter().filter(|x| x.0[0] > top - 1e-3);
    near.next().copied().filter(|_| near.next().is_none())
}

impl Matrix {
    pub(crate) fn array(self, a: &Array, b: &Array) -> Option<Array> {
        let (m, n) = sizes(a).unwrap_or((0, 0));
        let eye = |n: usize| Array::build(&[n, n], |i| Jet::constant(f64::from(u8::from(i[0] == i[1]))));
        let number = |x: Jet| Array { shape: Vec::new(), data: vec![x] };
        let needs_square = || (sizes(a).is_some() && m == n).then_some(());
        Some(match self {
            Matrix::Solve => solved(a, b)?,
            Matrix::Inverse => solved(a, &eye(n))?,
            Matrix::Det => needs_square().map(|()| number(det(a, 0, &(0..n).collect::<Vec<_>>())))?,
            Matrix::Trace => needs_square().map(|()| number((0..n).fold(zero(), |s, i| s.plus(a.at(&[i, i])))))?,
            Matrix::Lower => {
                sizes(a)?;
                Array::build(&a.shape, |i| if i[1] <= i[0] { a.at(i) } else { zero() })
            }
            Matrix::Outer => {
                let (&[m], &[n]) = (&a.shape[..], &b.shape[..]) else { return None };
                Array::build(&[m, n], |i| a.data[i[0]].times(b.data[i[1]]))
            }
            Matrix::Square => product(a, a)?,
            Matrix::Gram => product(a, &transposed(a)?)?,
            Matrix::Conv(padding) => conv(a, b, padding)?,
            Matrix::ConvTransposed => {
                // The kernel turned around, over an image with zeros around it, in both directions alike.
                let (kh, kw) = sizes(b)?;
                let turned = Array::build(&b.shape, |i| b.at(&[kh - 1 - i[0], kw - 1 - i[1]]));
                let wide = [m + 2 * (kh - 1), n + 2 * (kw - 1)];
                let around = Array::build(&wide, |i| {
                    let at = [i[0].wrapping_sub(kh - 1), i[1].wrapping_sub(kw - 1)];
                    if at[0] < m && at[1] < n { a.at(&at) } else { zero() }
                });
                sizes(a)?;
                conv(&around, &turned, 0)?
            }
            Matrix::Means => windows(a, |x| Some(x.into_iter().fold(zero(), Jet::plus).scaled(0.25)))?,
            Matrix::Largest => windows(a, largest)?,
        })
    }

    pub(crate) fn tensor(self, a: &Tensor<f64>, b: &Tensor<f64>) -> Tensor<f64> {
        let image = |x: &Tensor<f64>| x.unsqueeze(0).unsqueeze(0);
        let plain = |x: Tensor<f64>| x.squeeze(0).squeeze(0);
        let padded = |p: usize| Sliding { padding: [p, p], ..Sliding::default() };
        match self {
            Matrix::Solve => a.solve(b).expect("pivots are large"),
            Matrix::Inverse => a.inverse().expect("pivots are large"),
            Matrix::Det => a.det(),
            Matrix::Trace => a.trace(),
            Matrix::Lower => a.tril(0),
            Matrix::Outer => a.outer(b),
            Matrix::Square => a.matrix_power(2).expect("a positive power"),
            Matrix::Gram => Tensor::einsum("ij,kj->ik", &[a, a]),
            Matrix::Conv(padding) => plain(image(a).conv2d(&image(b), padded(padding))),
            Matrix::ConvTransposed => plain(image(a).conv2d_transposed(&image(b), padded(0), [0, 0])),
            Matrix::Means => a.avg_pool2d(WINDOWS, true),
            Matrix::Largest => a.max_pool2d(WINDOWS),
        }
    }

    pub(crate) fn random(rng: &mut Random) -> Matrix {
        ALL[rng.below(ALL.len())]
    }
}

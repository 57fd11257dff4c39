//! Diagonals of matrices: a view; its adjoint puts a diagonal into zeros.

use crate::case::{Case, Room, row, spread};
use crate::kind::Linear;
use crate::message;
use crate::node::Tensor;
use crate::op::Refusal;
use crate::real::Real;
use crate::shape::{Dims, Layout};
use gradus_kernels::View;

/// y[.., i] = x[.., i + down, i + right], over the last two axes.
#[derive(Clone, Debug)]
pub struct Diagonal {
    down: usize,
    right: usize,
}

/// How far down and to the right the `offset`-th diagonal starts.
fn start(offset: isize) -> (usize, usize) {
    if offset < 0 { (offset.unsigned_abs(), 0) } else { (0, offset.unsigned_abs()) }
}

impl<T: Real> Linear<T> for Diagonal {
    const NAME: &'static str = "diagonal";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let &[ref lead @ .., rows, columns] = x[0] else {
            return Err(format!("diagonal: the tensor has shape {:?}; a diagonal needs two axes", x[0]));
        };
        let mut shape: Dims = lead.into();
        shape.push(rows.saturating_sub(self.down).min(columns.saturating_sub(self.right)));
        Ok(shape)
    }
    fn view(&self, x: &Layout) -> Option<Layout> {
        let rank = x.shape.len();
        let shape = Linear::<T>::shape(self, &[&x.shape]).ok()?;
        let mut strides: Dims = x.strides[..rank - 2].into();
        strides.push(x.strides[rank - 2] + x.strides[rank - 1]);
        // A diagonal beyond the matrix is empty and lies nowhere.
        let first = self.down * x.strides[rank - 2] + self.right * x.strides[rank - 1];
        let offset = if shape.contains(&0) { x.offset } else { x.offset + first };
        Some(Layout { shape, strides, offset })
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        x[0].copy_to(out);
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, shapes: &[&[usize]]) -> Tensor<T> {
        let &[.., rows, columns] = shapes[0] else { unreachable!("diagonal: `shape` refuses ranks below 2") };
        T::apply(T::boxed(DiagEmbed { down: self.down, right: self.right, rows, columns }), &[g])
    }
}

/// The adjoint of [`Diagonal`]: matrices with x on a diagonal and zeros elsewhere.
#[derive(Clone, Debug)]
pub struct DiagEmbed {
    down: usize,
    right: usize,
    rows: usize,
    columns: usize,
}

impl<T: Real> Linear<T> for DiagEmbed {
    const NAME: &'static str = "diag_embed";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let Some((_, lead)) = x[0].split_last() else {
            return Err("diag_embed: the tensor has rank 0; a diagonal needs an axis".into());
        };
        let mut shape: Dims = lead.into();
        shape.push(self.rows);
        shape.push(self.columns);
        Ok(shape)
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T]) {
        out.fill(T::ZERO);
        let n = x[0].shape[x[0].shape.len() - 1];
        if x[0].is_empty() {
            return;
        }
        let flat = x[0].flat();
        for (y, x) in out.chunks_exact_mut(self.rows * self.columns).zip(flat.chunks_exact(n)) {
            for (i, &x) in x.iter().enumerate() {
                y[(i + self.down) * self.columns + i + self.right] = x;
            }
        }
    }
    fn adjoint(&self, _: usize, g: &Tensor<T>, _: &[&[usize]]) -> Tensor<T> {
        T::apply(T::boxed(Diagonal { down: self.down, right: self.right }), &[g])
    }
}

impl<T: Real> Tensor<T> {
    /// The `offset`-th diagonal of matrices (the last two axes), as a view: 0 is the main one, 1 that above it, −1 that below.
    ///
    /// # Panics
    /// If the rank is below 2. For other axes permute first.
    #[track_caller]
    #[must_use]
    pub fn diagonal(&self, offset: isize) -> Self {
        let (down, right) = start(offset);
        T::apply(T::boxed(Diagonal { down, right }), &[self])
    }

    /// Square matrices with the last axis on the `offset`-th diagonal, and zeros elsewhere.
    ///
    /// # Panics
    /// If the rank is 0.
    #[track_caller]
    #[must_use]
    pub fn diag_embed(&self, offset: isize) -> Self {
        let (down, right) = start(offset);
        let n = self.shape().last().map_or(0, |n| n + down + right);
        T::apply(T::boxed(DiagEmbed { down, right, rows: n, columns: n }), &[self])
    }

    /// The diagonal of a matrix, or the diagonal matrix of a vector.
    ///
    /// # Panics
    /// If the rank is neither 1 nor 2; see [`diagonal`](Self::diagonal) and [`diag_embed`](Self::diag_embed).
    #[track_caller]
    #[must_use]
    pub fn diag(&self, offset: isize) -> Self {
        match self.rank() {
            1 => self.diag_embed(offset),
            2 => self.diagonal(offset),
            _ => message::panic_with(&format!(
                "diag: the tensor has shape {:?}; it needs rank 1 or 2: say diagonal or diag_embed",
                self.shape()
            )),
        }
    }
}

impl Room for Diagonal {
    const NAME: &'static str = "diagonal";
    const FORMULA: &'static str = "y[.., i] = x[.., i, i + offset]";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], k| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].diagonal(k).square().exp())
        };
        vec![
            one("square", &[3, 3], 0),
            one("wide", &[2, 4], 0),
            one("tall", &[4, 2], 0),
            one("above", &[3, 3], 1),
            one("below", &[3, 3], -2),
            one("beyond", &[2, 2], 5),
            one("beyond below", &[2, 2], -5),
            one("stack of matrices", &[2, 2, 3], 1),
            one("one", &[1, 1], 0),
            one("empty", &[0, 3], 0),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().diagonal(-1).exp()),
            Case::new("of a broadcast", vec![spread(&[3], 1)], |x| x[0].broadcast_to(&[2, 3]).diagonal(0).exp()),
            Case::new("by diag", vec![spread(&[2, 2], 1)], |x| x[0].diag(0).exp()),
        ]
    }
}

impl Room for DiagEmbed {
    const NAME: &'static str = "diag_embed";
    const FORMULA: &'static str = "y[.., i, i + offset] = x[.., i], zero elsewhere";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], k| {
            Case::new(label, vec![spread(shape, 1)], move |x| x[0].diag_embed(k).exp())
        };
        vec![
            one("row", &[3], 0),
            one("above", &[2], 1),
            one("below", &[2], -2),
            one("rows", &[2, 2], 0),
            one("three axes", &[2, 1, 2], 1),
            one("one", &[1], 0),
            one("empty", &[0], 0),
            one("empty, above", &[0], 1),
            Case::new("of a transpose", vec![spread(&[2, 3], 1)], |x| x[0].t().diag_embed(0).exp()),
            Case::new("by diag, in a product", vec![spread(&[2], 1), spread(&[2, 2], 2)], |x| {
                x[0].diag(0).matmul(&x[1])
            }),
            Case::new("and back", vec![row(&[1.0, 2.0])], |x| x[0].diag_embed(1).diagonal(1).square())
                .expect_all([5.0, 6.0, 4.0, 0.0]),
        ]
    }
}

//! What can be cut into rows: arrays along their first axis, vectors, and pairs of such.

use ndarray::{Array, ArrayView, Axis, RemoveAxis};

use crate::error::{Error, Kind};

/// Something with a first axis from which rows can be picked.
///
/// Laws: `x.pick(r).count_rows() = r.len()`; `x.pick(r).pick(s)` = `x.pick(r[s])`; `Self::stack` of pieces picked in order gives
/// the whole back. Rows are checked by the caller: `pick` panics on a row that does not exist.
pub trait Rows: Sized {
    /// The number of rows.
    fn count_rows(&self) -> usize;
    /// The given rows, in the given order; a row may come more than once.
    fn pick(&self, rows: &[usize]) -> Self;
    /// The parts one below another; [`Kind::Shape`] if they differ apart from the number of rows.
    fn stack(parts: &[&Self]) -> Result<Self, Error>;
}

impl<T: Clone, D: RemoveAxis> Rows for Array<T, D> {
    fn count_rows(&self) -> usize {
        self.len_of(Axis(0))
    }

    fn pick(&self, rows: &[usize]) -> Self {
        // Whole rows are copied as slices where memory allows it: ndarray's `select` walks element by element.
        let Some(flat) = self.as_slice() else { return self.select(Axis(0), rows) };
        let mut shape = self.raw_dim();
        let n = self.count_rows();
        let width = flat.len().checked_div(n).unwrap_or(0);
        let mut out = Vec::with_capacity(rows.len() * width);
        for &row in rows {
            assert!(row < n, "pick: row {row} of {n} rows");
            out.extend_from_slice(&flat[row * width..(row + 1) * width]);
        }
        shape[0] = rows.len();
        Array::from_shape_vec(shape, out).expect("rows of one width fill the shape")
    }

    fn stack(parts: &[&Self]) -> Result<Self, Error> {
        let views: Vec<ArrayView<'_, T, D>> = parts.iter().map(|part| part.view()).collect();
        ndarray::concatenate(Axis(0), &views).map_err(|cause| {
            let shapes: Vec<&[usize]> = parts.iter().map(|part| part.shape()).collect();
            Error::caused(
                Kind::Shape,
                format!("stack: the parts must agree in all axes but the first, got {shapes:?}"),
                cause,
            )
        })
    }
}

impl<T: Clone> Rows for Vec<T> {
    fn count_rows(&self) -> usize {
        self.len()
    }

    fn pick(&self, rows: &[usize]) -> Self {
        rows.iter().map(|&row| self[row].clone()).collect()
    }

    fn stack(parts: &[&Self]) -> Result<Self, Error> {
        Ok(parts.iter().flat_map(|part| part.iter().cloned()).collect())
    }
}

impl<A: Rows, B: Rows> Rows for (A, B) {
    fn count_rows(&self) -> usize {
        self.0.count_rows()
    }

    fn pick(&self, rows: &[usize]) -> Self {
        (self.0.pick(rows), self.1.pick(rows))
    }

    fn stack(parts: &[&Self]) -> Result<Self, Error> {
        let first: Vec<&A> = parts.iter().map(|part| &part.0).collect();
        let second: Vec<&B> = parts.iter().map(|part| &part.1).collect();
        Ok((A::stack(&first)?, B::stack(&second)?))
    }
}

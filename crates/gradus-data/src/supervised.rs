//! Inputs and answers held in memory, row by row.

use ndarray::{Array1, Array2};
use rand::Rng;

use crate::batches::Batches;
use crate::dataset::{Dataset, check_rows};
use crate::error::{Error, Kind};
use crate::order::permutation;
use crate::rows::Rows;

/// Class numbers, one a sample, from 0.
pub type Labels = Array1<usize>;

/// Inputs `[n, features]` with class numbers `[n]`.
pub type Classification<T = f32> = Supervised<Array2<T>, Labels>;

/// Inputs `[n, features]` with targets `[n, outputs]`.
pub type Regression<T = f32> = Supervised<Array2<T>, Array2<T>>;

/// Inputs `x` and answers `y` with as many rows as each other.
///
/// A batch of such a set is again such a set, only smaller.
///
/// ```
/// use gradus_data::{Supervised, ndarray::array};
/// let set = Supervised::new(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], array![0, 1, 0]);
/// assert_eq!(set.batches_in_order(2).next().unwrap().x, array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]); // the single last one joined
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Supervised<X, Y> {
    /// Inputs, a sample a row.
    pub x: X,
    /// Answers, a sample a row.
    pub y: Y,
}

impl<X: Rows, Y: Rows> Supervised<X, Y> {
    /// Pairs inputs with answers.
    ///
    /// # Panics
    /// If the numbers of rows differ; [`Supervised::try_new`] returns an error instead.
    #[track_caller]
    pub fn new(x: X, y: Y) -> Self {
        Self::try_new(x, y).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Pairs inputs with answers.
    ///
    /// # Errors
    /// [`Kind::Shape`] if the numbers of rows differ.
    pub fn try_new(x: X, y: Y) -> Result<Self, Error> {
        let (n, m) = (x.count_rows(), y.count_rows());
        if n != m {
            let message = format!("Supervised: x has {n} rows and y has {m}; give one answer for each sample");
            return Err(Error::new(Kind::Shape, message));
        }
        Ok(Supervised { x, y })
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.x.count_rows()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Splits at random: the first part gets `round(fraction · n)` samples, the second the rest, neither in the old
    /// order. Both get at least one sample where there are two.
    ///
    /// # Panics
    /// If `fraction` does not lie between 0 and 1.
    #[track_caller]
    #[doc(alias("train_test_split", "random_split"))]
    pub fn split<R: Rng + ?Sized>(&self, fraction: f64, rng: &mut R) -> (Self, Self) {
        assert!(
            fraction > 0.0 && fraction < 1.0,
            "split: the fraction of the first part must lie between 0 and 1, got {fraction}"
        );
        let order = permutation(self.len(), rng);
        let first = first_part(self.len(), fraction);
        (self.pick(&order[..first]), self.pick(&order[first..]))
    }

    /// The same samples in a random order.
    pub fn shuffle<R: Rng + ?Sized>(&self, rng: &mut R) -> Self {
        self.pick(&permutation(self.len(), rng))
    }

    /// One epoch in a random order, in batches of `size`; see [`Batches::last`] for the samples left over.
    ///
    /// # Panics
    /// If `size` is 0.
    #[track_caller]
    pub fn batches<R: Rng + ?Sized>(&self, size: usize, rng: &mut R) -> Batches<'_, X, Y> {
        Batches::new(self, permutation(self.len(), rng), size)
    }

    /// One epoch in the order of the rows, in batches of `size`.
    ///
    /// # Panics
    /// If `size` is 0.
    #[track_caller]
    pub fn batches_in_order(&self, size: usize) -> Batches<'_, X, Y> {
        Batches::new(self, (0..self.len()).collect(), size)
    }

    /// The same set with other inputs.
    ///
    /// # Panics
    /// If the number of rows changes.
    #[track_caller]
    pub fn map_x<Z: Rows>(self, map: impl FnOnce(X) -> Z) -> Supervised<Z, Y> {
        Supervised::new(map(self.x), self.y)
    }

    /// The same set with other answers.
    ///
    /// # Panics
    /// If the number of rows changes.
    #[track_caller]
    pub fn map_y<Z: Rows>(self, map: impl FnOnce(Y) -> Z) -> Supervised<X, Z> {
        Supervised::new(self.x, map(self.y))
    }
}

impl<X, D: ndarray::Dimension> Supervised<X, ndarray::Array<usize, D>> {
    /// The number of classes: the largest label plus one.
    pub fn classes(&self) -> usize {
        self.y.iter().max().map_or(0, |&label| label + 1)
    }
}

/// round(fraction · n), but leaving at least one sample on either side where there are two.
pub(crate) fn first_part(n: usize, fraction: f64) -> usize {
    let first = (fraction * n as f64).round() as usize;
    if n < 2 { first.min(n) } else { first.clamp(1, n - 1) }
}

impl<X: Rows, Y: Rows> Rows for Supervised<X, Y> {
    fn count_rows(&self) -> usize {
        self.x.count_rows()
    }

    fn pick(&self, rows: &[usize]) -> Self {
        Supervised { x: self.x.pick(rows), y: self.y.pick(rows) }
    }

    fn stack(parts: &[&Self]) -> Result<Self, Error> {
        let x: Vec<&X> = parts.iter().map(|part| &part.x).collect();
        let y: Vec<&Y> = parts.iter().map(|part| &part.y).collect();
        Ok(Supervised { x: X::stack(&x)?, y: Y::stack(&y)? })
    }
}

impl<X: Rows, Y: Rows> Dataset for Supervised<X, Y> {
    type Batch = Self;

    fn len(&self) -> usize {
        self.x.count_rows()
    }

    fn gather(&self, rows: &[usize]) -> Result<Self, Error> {
        check_rows("Supervised", rows, self.x.count_rows())?;
        Ok(self.pick(rows))
    }
}

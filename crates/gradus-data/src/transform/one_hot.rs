//! Categories as columns of 0 and 1.

use ndarray::{Array2, ArrayRef, Ix1, Ix2};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::number::Number;

/// Class numbers as rows of 0 and one 1: `[n]` to `[n, classes]`.
///
/// # Errors
/// [`Kind::Value`], with the row, for a label that is not below `classes`.
///
/// ```
/// use gradus_data::{ndarray::array, one_hot};
/// assert_eq!(one_hot::<f32>(&array![2, 0], 3)?, array![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]);
/// # Ok::<(), gradus_data::Error>(())
/// ```
pub fn one_hot<T: Number>(labels: &ArrayRef<usize, Ix1>, classes: usize) -> Result<Array2<T>, Error> {
    let mut out = Array2::default((labels.len(), classes));
    for (row, &label) in labels.iter().enumerate() {
        if label >= classes {
            let message = format!("one_hot: row {row} has label {label}, there are {classes} classes (0 to n − 1)");
            return Err(Error::new(Kind::Value, message));
        }
        out[[row, label]] = T::from_f64(1.0);
    }
    Ok(out)
}

/// Replaces chosen columns by one column of 0 and 1 for each value that they had in the training part.
///
/// The other columns come first, in their order; then those of the first chosen column, values ascending, and so on. A
/// value that the training part did not have is an error, unless [`OneHot::allow_unknown`]: then all its columns are 0.
///
/// ```
/// use gradus_data::{OneHot, ndarray::array};
/// let fitted = OneHot::fit(&array![[7.0_f32, 0.5], [3.0, 0.6]], &[0])?;
/// assert_eq!(fitted.transform(&array![[3.0, 0.1]])?, array![[0.1, 1.0, 0.0]]);
/// assert!(fitted.transform(&array![[4.0, 0.1]]).is_err());
/// # Ok::<(), gradus_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[doc(alias = "OneHotEncoder")]
#[serde(bound(deserialize = "T: Number + Deserialize<'de>"), try_from = "Stored<T>")]
pub struct OneHot<T = f32> {
    features: usize,
    /// Chosen columns and their values, ascending.
    chosen: Vec<(usize, Vec<T>)>,
    unknown: bool,
}

/// The form on disk; checked on the way in.
#[derive(Deserialize)]
struct Stored<T> {
    features: usize,
    chosen: Vec<(usize, Vec<T>)>,
    unknown: bool,
}

impl<T: Number> TryFrom<Stored<T>> for OneHot<T> {
    type Error = Error;
    fn try_from(stored: Stored<T>) -> Result<Self, Error> {
        let Stored { features, chosen, unknown } = stored;
        let mut seen = std::collections::BTreeSet::new();
        if let Some((column, _)) = chosen.iter().find(|(column, _)| *column >= features || !seen.insert(*column)) {
            let message = format!("OneHot: column {column} of {features} does not exist, or comes twice");
            return Err(Error::new(Kind::Argument, message));
        }
        Ok(OneHot { features, chosen, unknown })
    }
}

impl<T: Number> OneHot<T> {
    /// Finds the values of the given columns of `x` `[n, features]`: give it the training part alone.
    ///
    /// # Errors
    /// [`Kind::Argument`] for a column that does not exist or comes twice, [`Kind::Value`] for a missing value.
    pub fn fit(x: &ArrayRef<T, Ix2>, columns: &[usize]) -> Result<Self, Error> {
        let mut chosen: Vec<(usize, Vec<T>)> = Vec::with_capacity(columns.len());
        for &column in columns {
            if column >= x.ncols() || chosen.iter().any(|(c, _)| *c == column) {
                let message = format!("OneHot: column {column} of {} does not exist, or comes twice", x.ncols());
                return Err(Error::new(Kind::Argument, message));
            }
            let mut values = x.column(column).to_vec();
            if let Some(row) = values.iter().position(|v| v.to_f64().is_nan()) {
                let message = format!("OneHot: row {row}, column {column}: a missing value; impute it first");
                return Err(Error::new(Kind::Value, message));
            }
            values.sort_by(|a, b| a.to_f64().total_cmp(&b.to_f64()));
            values.dedup();
            chosen.push((column, values));
        }
        Ok(OneHot { features: x.ncols(), chosen, unknown: false })
    }

    /// Gives zeros for a value that the training part did not have, instead of an error.
    pub fn allow_unknown(mut self) -> Self {
        self.unknown = true;
        self
    }

    /// The number of columns of the result.
    pub fn features(&self) -> usize {
        self.features - self.chosen.len() + self.chosen.iter().map(|(_, values)| values.len()).sum::<usize>()
    }

    /// Replaces the columns.
    ///
    /// # Errors
    /// [`Kind::Value`], with row and column, for a value that the training part did not have.
    ///
    /// # Panics
    /// If `x` has another number of columns.
    #[track_caller]
    pub fn transform(&self, x: &ArrayRef<T, Ix2>) -> Result<Array2<T>, Error> {
        assert!(
            x.ncols() == self.features,
            "OneHot: was fitted on {} columns, got shape {:?}",
            self.features,
            x.shape()
        );
        let mut out = Array2::default((x.nrows(), self.features()));
        let kept: Vec<usize> =
            (0..self.features).filter(|c| self.chosen.iter().all(|(chosen, _)| chosen != c)).collect();
        for (to, &from) in kept.iter().enumerate() {
            out.column_mut(to).assign(&x.column(from));
        }
        let mut first = kept.len();
        for (column, values) in &self.chosen {
            for (row, value) in x.column(*column).iter().enumerate() {
                if let Some(place) = values.iter().position(|v| v == value) {
                    out[[row, first + place]] = T::from_f64(1.0);
                } else if !self.unknown {
                    let message = format!(
                        "OneHot: row {row}, column {column}: {value} did not occur in the training part; see allow_unknown"
                    );
                    return Err(Error::new(Kind::Value, message));
                }
            }
            first += values.len();
        }
        Ok(out)
    }
}

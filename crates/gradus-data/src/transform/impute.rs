//! Something sensible in the place of missing values.

use ndarray::{Array2, ArrayRef, Ix2};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::number::Number;

/// What to put in the place of a missing value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Fill {
    /// The mean of the column.
    Mean,
    /// The middle value of the column; the mean of the two middle ones of an even number.
    Median,
    /// The value that comes most often; the smallest of several.
    MostFrequent,
    /// This value.
    Constant(f64),
}

/// Replaces NaN, the sign of a missing value, by a value that was found in the training part.
///
/// ```
/// use gradus_data::{Fill, Impute, ndarray::array};
/// let fitted = Impute::fit(&array![[1.0_f32], [f32::NAN], [3.0]], Fill::Mean)?;
/// assert_eq!(fitted.transform(&array![[f32::NAN]]), array![[2.0]]);
/// # Ok::<(), gradus_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[doc(alias = "SimpleImputer")]
#[serde(bound(serialize = "T: Number + Serialize", deserialize = "T: Number + Deserialize<'de>"))]
#[serde(try_from = "Stored<T>", into = "Stored<T>")]
pub struct Impute<T = f32> {
    /// How many columns there are, filled or not.
    features: usize,
    columns: Vec<usize>,
    values: Vec<T>,
}

/// The form on disk; checked on the way in.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    features: usize,
    columns: Vec<usize>,
    values: Vec<T>,
}

impl<T: Number> From<Impute<T>> for Stored<T> {
    fn from(i: Impute<T>) -> Self {
        Stored { features: i.features, columns: i.columns, values: i.values }
    }
}

impl<T: Number> TryFrom<Stored<T>> for Impute<T> {
    type Error = Error;
    fn try_from(s: Stored<T>) -> Result<Self, Error> {
        let Stored { features, columns, values } = s;
        if columns.len() != values.len() || columns.iter().any(|&c| c >= features) {
            let message = format!("Impute: needs a value for each of its columns, all below {features}");
            return Err(Error::new(Kind::Value, message));
        }
        Ok(Impute { features, columns, values })
    }
}

impl<T: Number> Impute<T> {
    /// Finds the value for every column of `x` `[n, features]`: give it the training part alone.
    ///
    /// # Errors
    /// [`Kind::Value`] for a column in which nothing is there, or something infinite.
    pub fn fit(x: &ArrayRef<T, Ix2>, fill: Fill) -> Result<Self, Error> {
        Self::fit_columns(x, &(0..x.ncols()).collect::<Vec<_>>(), fill)
    }

    /// As [`fit`](Self::fit), for the columns with these numbers; the others stay as they are.
    ///
    /// # Errors
    /// As there, and [`Kind::Argument`] for a column that is not there.
    pub fn fit_columns(x: &ArrayRef<T, Ix2>, columns: &[usize], fill: Fill) -> Result<Self, Error> {
        let features = x.ncols();
        let value = |&column: &usize| {
            if column >= features {
                let message = format!("Impute: column {column} is not there, the set has {features}");
                return Err(Error::new(Kind::Argument, message));
            }
            let mut there: Vec<f64> = x.column(column).iter().map(|v| v.to_f64()).filter(|v| !v.is_nan()).collect();
            let refuse = |what: &str| Err(Error::new(Kind::Value, format!("Impute: column {column} {what}")));
            if there.iter().any(|v| v.is_infinite()) {
                return refuse("holds an infinite value");
            }
            if let Fill::Constant(value) = fill {
                return Ok(T::from_f64(value));
            }
            if there.is_empty() {
                return refuse("has no value at all; leave it out, or use Fill::Constant");
            }
            there.sort_by(f64::total_cmp);
            Ok(T::from_f64(match fill {
                Fill::Mean => mean(&there),
                Fill::Median => median(&there),
                _ => most_frequent(&there),
            }))
        };
        let values = columns.iter().map(value).collect::<Result<_, _>>()?;
        Ok(Impute { features, columns: columns.to_vec(), values })
    }

    /// The value for every column that is filled.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// `x` with every NaN of those columns replaced.
    ///
    /// # Panics
    /// If `x` has another number of columns.
    #[track_caller]
    pub fn transform(&self, x: &ArrayRef<T, Ix2>) -> Array2<T> {
        assert!(
            x.ncols() == self.features,
            "Impute: was fitted on {} columns, got shape {:?}",
            self.features,
            x.shape()
        );
        let mut out = x.to_owned();
        for (&column, &value) in self.columns.iter().zip(&self.values) {
            out.column_mut(column).map_inplace(|v| {
                if v.to_f64().is_nan() {
                    *v = value;
                }
            });
        }
        out
    }
}

/// The mean, with every value divided before it is added, so that the sum cannot overflow.
fn mean(sorted: &[f64]) -> f64 {
    let n = sorted.len() as f64;
    sorted.iter().map(|v| v / n).sum()
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { sorted[middle - 1] / 2.0 + sorted[middle] / 2.0 }
}

fn most_frequent(sorted: &[f64]) -> f64 {
    let mut best = (0, sorted[0]);
    for run in sorted.chunk_by(|a, b| a == b) {
        if run.len() > best.0 {
            best = (run.len(), run[0]);
        }
    }
    best.1
}

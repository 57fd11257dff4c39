//! Something sensible in the place of missing values.

use ndarray::{Array2, ArrayRef, Axis, Ix2};
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
pub struct Impute<T = f32> {
    values: Vec<T>,
}

impl<T: Number> Impute<T> {
    /// Finds the value for every column of `x` `[n, features]`: give it the training part alone.
    ///
    /// # Errors
    /// [`Kind::Value`] for a column in which nothing is there, or something infinite.
    pub fn fit(x: &ArrayRef<T, Ix2>, fill: Fill) -> Result<Self, Error> {
        let value = |(column, lane): (usize, ndarray::ArrayView1<'_, T>)| {
            let mut there: Vec<f64> = lane.iter().map(|v| v.to_f64()).filter(|v| !v.is_nan()).collect();
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
        x.columns().into_iter().enumerate().map(value).collect::<Result<_, _>>().map(|values| Impute { values })
    }

    /// The value for every column.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// `x` with every NaN replaced.
    ///
    /// # Panics
    /// If `x` has another number of columns.
    #[track_caller]
    pub fn transform(&self, x: &ArrayRef<T, Ix2>) -> Array2<T> {
        assert!(
            x.ncols() == self.values.len(),
            "Impute: was fitted on {} columns, got shape {:?}",
            self.values.len(),
            x.shape()
        );
        let mut out = x.to_owned();
        for (mut lane, &value) in out.axis_iter_mut(Axis(1)).zip(&self.values) {
            lane.map_inplace(|v| {
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

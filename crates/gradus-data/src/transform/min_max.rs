//! Every column into one interval.

use ndarray::{Array2, ArrayRef, Axis, Ix2};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::number::Number;

/// x̂ = a + (x − min) / (max − min) · (b − a) a column, with min and max of the training part.
///
/// A column that never changes goes to a. Later values outside the training range lie outside `[a, b]`: nothing is cut
/// off. Save and load through serde.
///
/// ```
/// use gradus_data::{MinMax, ndarray::array};
/// let fitted = MinMax::fit(&array![[1.0_f32, 5.0], [3.0, 5.0]], -1.0, 1.0)?;
/// assert_eq!(fitted.transform(&array![[2.0, 5.0], [4.0, 6.0]]), array![[0.0, -1.0], [2.0, 1.0]]);
/// # Ok::<(), gradus_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[doc(alias = "MinMaxScaler")]
#[serde(bound(serialize = "T: Number + Serialize", deserialize = "T: Number + Deserialize<'de>"))]
#[serde(try_from = "Stored<T>", into = "Stored<T>")]
pub struct MinMax<T = f32> {
    min: Vec<T>,
    range: Vec<T>,
    low: T,
    high: T,
}

/// The form on disk; checked on the way in.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    min: Vec<T>,
    range: Vec<T>,
    low: T,
    high: T,
}

impl<T: Number> From<MinMax<T>> for Stored<T> {
    fn from(m: MinMax<T>) -> Self {
        Stored { min: m.min, range: m.range, low: m.low, high: m.high }
    }
}

impl<T: Number> TryFrom<Stored<T>> for MinMax<T> {
    type Error = Error;
    fn try_from(s: Stored<T>) -> Result<Self, Error> {
        let positive = |v: &T| v.to_f64() > 0.0 && v.to_f64().is_finite();
        if s.min.len() != s.range.len()
            || !s.min.iter().all(|v| v.to_f64().is_finite())
            || !s.range.iter().all(positive)
        {
            let message = "MinMax: needs one finite minimum and one finite range above 0 a column";
            return Err(Error::new(Kind::Value, message));
        }
        check_interval(s.low, s.high)?;
        Ok(MinMax { min: s.min, range: s.range, low: s.low, high: s.high })
    }
}

fn check_interval<T: Number>(low: T, high: T) -> Result<(), Error> {
    if low.to_f64().is_finite() && high.to_f64().is_finite() && low < high {
        return Ok(());
    }
    Err(Error::new(Kind::Argument, format!("MinMax: the interval must be finite with low < high, got [{low}, {high}]")))
}

impl<T: Number> MinMax<T> {
    /// Fits minimum and range of every column of `x` `[n, features]`, to be mapped to `[low, high]`: give it the training
    /// part alone.
    ///
    /// # Errors
    /// [`Kind::Argument`] unless low < high, [`Kind::Shape`] without a row, [`Kind::Value`] for a value that is not finite
    /// or a range that `T` cannot hold.
    pub fn fit(x: &ArrayRef<T, Ix2>, low: T, high: T) -> Result<Self, Error> {
        check_interval(low, high)?;
        if x.nrows() == 0 {
            return Err(Error::new(Kind::Shape, format!("MinMax: cannot fit on no samples, shape {:?}", x.shape())));
        }
        let (mut min, mut range) = (Vec::with_capacity(x.ncols()), Vec::with_capacity(x.ncols()));
        for (column, values) in x.columns().into_iter().enumerate() {
            let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
            for (row, value) in values.iter().map(|v| v.to_f64()).enumerate() {
                if !value.is_finite() {
                    let message = format!(
                        "MinMax: column {column} holds {value} in row {row}; impute it or leave the row out first"
                    );
                    return Err(Error::new(Kind::Value, message));
                }
                least = least.min(value);
                most = most.max(value);
            }
            let width = T::from_f64(most - least);
            if !width.to_f64().is_finite() {
                let message = format!("MinMax: column {column} goes from {least} to {most}, a range that overflows");
                return Err(Error::new(Kind::Value, message));
            }
            min.push(T::from_f64(least));
            range.push(if width.to_f64() > 0.0 { width } else { T::from_f64(1.0) });
        }
        Ok(MinMax { min, range, low, high })
    }

    /// x̂ = a + (x − min) / range · (b − a).
    ///
    /// # Panics
    /// If `x` has another number of columns.
    #[track_caller]
    pub fn transform(&self, x: &ArrayRef<T, Ix2>) -> Array2<T> {
        let (low, width) = (self.low.to_f64(), self.high.to_f64() - self.low.to_f64());
        self.apply(x, |v, min, range| low + (v - min) / range * width)
    }

    /// x = (x̂ − a) / (b − a) · range + min.
    ///
    /// # Panics
    /// If `x` has another number of columns.
    #[track_caller]
    pub fn inverse(&self, x: &ArrayRef<T, Ix2>) -> Array2<T> {
        let (low, width) = (self.low.to_f64(), self.high.to_f64() - self.low.to_f64());
        self.apply(x, |v, min, range| (v - low) / width * range + min)
    }

    #[track_caller]
    fn apply(&self, x: &ArrayRef<T, Ix2>, f: impl Fn(f64, f64, f64) -> f64) -> Array2<T> {
        assert!(
            x.ncols() == self.min.len(),
            "MinMax: was fitted on {} columns, got shape {:?}",
            self.min.len(),
            x.shape()
        );
        let mut out = x.to_owned();
        for (column, mut lane) in out.axis_iter_mut(Axis(1)).enumerate() {
            let (min, range) = (self.min[column].to_f64(), self.range[column].to_f64());
            lane.map_inplace(|v| *v = T::from_f64(f(v.to_f64(), min, range)));
        }
        out
    }
}

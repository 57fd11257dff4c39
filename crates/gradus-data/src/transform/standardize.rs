//! Mean 0 and variance 1 a column, and the way back: of the data, and of a linear model fitted to them.

use ndarray::{Array, Array1, Array2, ArrayRef, Axis, Ix1, Ix2, RemoveAxis, Zip};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::number::Number;

/// x̂ = (x − m) / s a column, with m the mean and s the standard deviation (1/N, biased) of the training part.
///
/// A column that never changes has s = 1, so that x̂ is exactly 0 there and stays finite for any later value. The
/// statistics are taken in `f64` in two passes whatever `T` is. Save and load through serde, with the model.
///
/// The way back for a linear model ŷ = Ŵ x̂ + b̂ that was trained on x̂ is [`Standardizer::in_units_of_x`]:
/// W = Ŵ diag(1/s), b = b̂ − Ŵ (m/s), so that W x + b = Ŵ x̂ + b̂; [`Standardizer::in_standard_units`] is its inverse.
///
/// ```
/// use gradus_data::{Standardizer, ndarray::array};
/// let x = array![[1.0_f64, 5.0], [3.0, 5.0]];
/// let units = Standardizer::fit(&x)?;
/// assert_eq!(units.transform(&x), array![[-1.0, 0.0], [1.0, 0.0]]);
/// assert_eq!(units.inverse(&units.transform(&x)), x);
/// # Ok::<(), gradus_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[doc(alias("StandardScaler", "Normalize"))]
#[serde(try_from = "Stored<T>", into = "Stored<T>", bound(serialize = "T: Number + Serialize"))]
#[serde(bound(deserialize = "T: Number + Deserialize<'de>"))]
pub struct Standardizer<T = f32> {
    mean: Array1<T>,
    scale: Array1<T>,
    axis: usize,
}

/// The form on disk; checked on the way in.
#[derive(Clone, Serialize, Deserialize)]
struct Stored<T> {
    mean: Vec<T>,
    scale: Vec<T>,
    axis: usize,
}

impl<T: Number> From<Standardizer<T>> for Stored<T> {
    fn from(s: Standardizer<T>) -> Self {
        Stored { mean: s.mean.to_vec(), scale: s.scale.to_vec(), axis: s.axis }
    }
}

impl<T: Number> TryFrom<Stored<T>> for Standardizer<T> {
    type Error = Error;
    fn try_from(stored: Stored<T>) -> Result<Self, Error> {
        let mut this = Standardizer::new(Array1::from(stored.mean), Array1::from(stored.scale))?;
        this.axis = stored.axis;
        Ok(this)
    }
}

impl<T: Number> Standardizer<T> {
    /// From known statistics, for columns (axis 1 of a matrix).
    ///
    /// # Errors
    /// [`Kind::Shape`] if the lengths differ, [`Kind::Value`] if a mean is not finite or a scale not finite and positive.
    pub fn new(mean: Array1<T>, scale: Array1<T>) -> Result<Self, Error> {
        if mean.len() != scale.len() {
            let message =
                format!("Standardizer: {} means and {} scales; give one each a column", mean.len(), scale.len());
            return Err(Error::new(Kind::Shape, message));
        }
        for (column, (m, s)) in mean.iter().zip(&scale).enumerate() {
            let (m, s) = (m.to_f64(), s.to_f64());
            if !(m.is_finite() && s.is_finite() && s > 0.0) {
                let message = format!(
                    "Standardizer: column {column} has mean {m} and scale {s}; the mean must be finite, the scale finite and above 0"
                );
                return Err(Error::new(Kind::Value, message));
            }
        }
        Ok(Standardizer { mean, scale, axis: 1 })
    }

    /// Fits mean and scale of every column of `x` `[n, features]`: give it the training part alone.
    ///
    /// # Errors
    /// [`Kind::Shape`] without a row, [`Kind::Value`] for a value that is not finite (impute first), or a spread that `T`
    /// cannot hold.
    pub fn fit(x: &ArrayRef<T, Ix2>) -> Result<Self, Error> {
        Self::fit_axis(x, Axis(1))
    }

    /// Fits one mean and scale for every index of `axis`, over all others: `Axis(1)` of `[n, channels, height, width]`
    /// gives those of the channels.
    ///
    /// # Errors
    /// As [`Standardizer::fit`].
    ///
    /// # Panics
    /// If `x` has no such axis, or if it is axis 0, which counts the samples.
    #[track_caller]
    pub fn fit_axis<D: RemoveAxis>(x: &ArrayRef<T, D>, axis: Axis) -> Result<Self, Error> {
        let rank = x.ndim();
        assert!(
            axis.0 > 0 && axis.0 < rank,
            "Standardizer: axis must lie in 1..{rank} (axis 0 counts the samples), got {}",
            axis.0
        );
        let groups = x.len_of(axis);
        if groups > 0 && x.is_empty() {
            return Err(Error::new(
                Kind::Shape,
                format!("Standardizer: cannot fit on no samples, shape {:?}", x.shape()),
            ));
        }
        let (mut mean, mut scale) = (Array1::default(groups), Array1::default(groups));
        for group in 0..groups {
            let (m, s) = statistics(x.index_axis(axis, group).iter().map(|v| v.to_f64()), group)?;
            mean[group] = T::from_f64(m);
            scale[group] = T::from_f64(s);
            // A spread below what T can hold is no spread to T.
            if scale[group].to_f64() == 0.0 {
                scale[group] = T::from_f64(1.0);
            }
        }
        let mut this = Standardizer::new(mean, scale)?;
        this.axis = axis.0;
        Ok(this)
    }

    /// The mean m of every column.
    pub fn mean(&self) -> &Array1<T> {
        &self.mean
    }

    /// The scale s of every column: its standard deviation, or 1 where nothing varies.
    pub fn scale(&self) -> &Array1<T> {
        &self.scale
    }

    /// x̂ = (x − m) / s.
    ///
    /// # Panics
    /// If the axis that was fitted has another length in `x`.
    #[track_caller]
    pub fn transform<D: RemoveAxis>(&self, x: &ArrayRef<T, D>) -> Array<T, D> {
        self.apply("Standardizer", x, |v, m, s| (v - m) / s)
    }

    /// x = x̂ · s + m.
    ///
    /// # Panics
    /// If the axis that was fitted has another length in `x`.
    #[track_caller]
    pub fn inverse<D: RemoveAxis>(&self, x: &ArrayRef<T, D>) -> Array<T, D> {
        self.apply("Standardizer::inverse", x, |v, m, s| v * s + m)
    }

    #[track_caller]
    fn apply<D: RemoveAxis>(&self, who: &str, x: &ArrayRef<T, D>, f: impl Fn(f64, f64, f64) -> f64) -> Array<T, D> {
        let axis = self.axis;
        assert!(
            axis < x.ndim() && x.len_of(Axis(axis)) == self.mean.len(),
            "{who}: was fitted on {} columns along axis {axis}, got shape {:?}",
            self.mean.len(),
            x.shape()
        );
        let mut out = x.to_owned();
        for (group, mut lane) in out.axis_iter_mut(Axis(axis)).enumerate() {
            let (m, s) = (self.mean[group].to_f64(), self.scale[group].to_f64());
            lane.map_inplace(|v| *v = T::from_f64(f(v.to_f64(), m, s)));
        }
        out
    }

    /// Rewrites a linear model trained on x̂ in the units of x: from Ŵ `[outputs, features]`, b̂ `[outputs]` to
    /// W = Ŵ diag(1/s) and b = b̂ − Ŵ (m/s), so that W x + b = Ŵ x̂ + b̂ for every x.
    ///
    /// # Panics
    /// If the shapes do not fit each other or the fitted columns.
    #[track_caller]
    #[doc(alias = "in_units_of")]
    pub fn in_units_of_x(&self, w_hat: &ArrayRef<T, Ix2>, b_hat: &ArrayRef<T, Ix1>) -> (Array2<T>, Array1<T>) {
        self.check_model("in_units_of_x", w_hat, b_hat);
        let mut w = w_hat.to_owned();
        let mut b = b_hat.to_owned();
        for ((mut row, w_hat), b) in w.rows_mut().into_iter().zip(w_hat.rows()).zip(&mut b) {
            let mut shift = 0.0;
            Zip::from(&mut row).and(&w_hat).and(&self.mean).and(&self.scale).for_each(|w, &ŵ, m, s| {
                let per_unit = ŵ.to_f64() / s.to_f64();
                *w = T::from_f64(per_unit);
                shift += per_unit * m.to_f64();
            });
            *b = T::from_f64(b.to_f64() - shift);
        }
        (w, b)
    }

    /// The inverse of [`Standardizer::in_units_of_x`]: Ŵ = W diag(s), b̂ = b + W m.
    ///
    /// # Panics
    /// If the shapes do not fit each other or the fitted columns.
    #[track_caller]
    pub fn in_standard_units(&self, w: &ArrayRef<T, Ix2>, b: &ArrayRef<T, Ix1>) -> (Array2<T>, Array1<T>) {
        self.check_model("in_standard_units", w, b);
        let mut w_hat = w.to_owned();
        let mut b_hat = b.to_owned();
        for ((mut row, w), b) in w_hat.rows_mut().into_iter().zip(w.rows()).zip(&mut b_hat) {
            let mut shift = 0.0;
            Zip::from(&mut row).and(&w).and(&self.mean).and(&self.scale).for_each(|ŵ, &w, m, s| {
                *ŵ = T::from_f64(w.to_f64() * s.to_f64());
                shift += w.to_f64() * m.to_f64();
            });
            *b = T::from_f64(b.to_f64() + shift);
        }
        (w_hat, b_hat)
    }

    /// For a model whose **answers** were standardised with `self`: from Ŵ, b̂ that predict ŷ to W = diag(s) Ŵ and
    /// b = s · b̂ + m that predict y in its own units. Apply after [`Standardizer::in_units_of_x`] of the inputs'.
    ///
    /// # Panics
    /// If there are not as many outputs as fitted columns.
    #[track_caller]
    pub fn in_units_of_y(&self, w_hat: &ArrayRef<T, Ix2>, b_hat: &ArrayRef<T, Ix1>) -> (Array2<T>, Array1<T>) {
        let outputs = self.mean.len();
        assert!(
            w_hat.nrows() == outputs && b_hat.len() == outputs,
            "in_units_of_y: was fitted on {outputs} columns of answers, got W {:?} and b {:?}",
            w_hat.shape(),
            b_hat.shape()
        );
        let (mut w, mut b) = (w_hat.to_owned(), b_hat.to_owned());
        for (output, mut row) in w.rows_mut().into_iter().enumerate() {
            let (m, s) = (self.mean[output].to_f64(), self.scale[output].to_f64());
            row.map_inplace(|w| *w = T::from_f64(w.to_f64() * s));
            b[output] = T::from_f64(b[output].to_f64() * s + m);
        }
        (w, b)
    }

    #[track_caller]
    fn check_model(&self, who: &str, w: &ArrayRef<T, Ix2>, b: &ArrayRef<T, Ix1>) {
        assert!(
            w.ncols() == self.mean.len() && w.nrows() == b.len(),
            "{who}: was fitted on {} columns, got W {:?} and b {:?}; W is [outputs, columns]",
            self.mean.len(),
            w.shape(),
            b.shape()
        );
    }
}

/// Mean and biased standard deviation of one column, in two passes; 1 instead of a deviation of 0.
///
/// Values are divided by the largest magnitude first, so that squares neither overflow nor vanish; the second pass
/// corrects for the rounding of the mean (Chan, Golub & LeVeque 1983, eq. 1.7).
fn statistics(values: impl Iterator<Item = f64> + Clone, column: usize) -> Result<(f64, f64), Error> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for (row, value) in values.clone().enumerate() {
        if !value.is_finite() {
            let message = format!(
                "Standardizer: column {column} holds {value} (value {row} of it); impute it or leave the row out first"
            );
            return Err(Error::new(Kind::Value, message));
        }
        low = low.min(value);
        high = high.max(value);
    }
    if low == high {
        return Ok((low, 1.0));
    }
    let unit = low.abs().max(high.abs());
    let (mut n, mut sum) = (0.0, 0.0);
    for value in values.clone() {
        n += 1.0;
        sum += value / unit;
    }
    let mean = sum / n;
    let (mut squares, mut rest) = (0.0, 0.0);
    for value in values {
        let deviation = value / unit - mean;
        squares += deviation * deviation;
        rest += deviation;
    }
    let variance = (squares - rest * rest / n) / n;
    let scale = variance.max(0.0).sqrt() * unit;
    Ok((mean * unit, if scale > 0.0 { scale } else { 1.0 }))
}

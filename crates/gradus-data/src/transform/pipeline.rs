//! Several transforms in a row, fitted together and saved together.

use ndarray::{Array2, ArrayRef, Ix2};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::number::Number;
use crate::transform::{Fill, Impute, MinMax, OneHot, Standardizer};

/// What is to be fitted, in order; begun by [`Pipeline::plan`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    steps: Vec<Wanted>,
}

#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    Impute { columns: Option<Vec<usize>>, fill: Fill },
    OneHot { columns: Vec<usize>, unknown: bool },
    Standardize,
    MinMax(f64, f64),
}

/// Transforms in a row, each fitted on what the ones before it made of the training part.
///
/// ```
/// use gradus_data::{Fill, Pipeline, ndarray::array};
/// let train = array![[1.0_f64, 0.0], [f64::NAN, 1.0], [3.0, 0.0]];
/// let fitted = Pipeline::plan().impute(Fill::Mean).one_hot(&[1]).fit(&train)?;
/// assert_eq!(fitted.transform(&train)?, array![[1.0, 1.0, 0.0], [2.0, 0.0, 1.0], [3.0, 1.0, 0.0]]);
/// # Ok::<(), gradus_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Number + Serialize", deserialize = "T: Number + Deserialize<'de>"))]
pub struct Pipeline<T = f32> {
    steps: Vec<Step<T>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "T: Number + Serialize", deserialize = "T: Number + Deserialize<'de>"))]
enum Step<T> {
    Impute(Impute<T>),
    OneHot(OneHot<T>),
    Standardize(Standardizer<T>),
    MinMax(MinMax<T>),
}

impl<T: Number> Step<T> {
    fn transform(&self, x: &ArrayRef<T, Ix2>) -> Result<Array2<T>, Error> {
        Ok(match self {
            Step::Impute(step) => step.transform(x),
            Step::OneHot(step) => step.transform(x)?,
            Step::Standardize(step) => step.transform(x),
            Step::MinMax(step) => step.transform(x),
        })
    }
}

impl Plan {
    /// Then fill missing values ([`Impute`]).
    pub fn impute(mut self, fill: Fill) -> Self {
        self.steps.push(Wanted::Impute { columns: None, fill });
        self
    }

    /// Then fill the missing values of the columns with these numbers alone: numbers and categories want different fills.
    pub fn impute_columns(mut self, columns: &[usize], fill: Fill) -> Self {
        self.steps.push(Wanted::Impute { columns: Some(columns.to_vec()), fill });
        self
    }

    /// Then make columns of 0 and 1 of the columns with these numbers, as they are at this place ([`OneHot`]).
    pub fn one_hot(mut self, columns: &[usize]) -> Self {
        self.steps.push(Wanted::OneHot { columns: columns.to_vec(), unknown: false });
        self
    }

    /// As [`Plan::one_hot`], with zeros for values that the training part did not have.
    pub fn one_hot_or_zeros(mut self, columns: &[usize]) -> Self {
        self.steps.push(Wanted::OneHot { columns: columns.to_vec(), unknown: true });
        self
    }

    /// Then mean 0 and variance 1 ([`Standardizer`]).
    pub fn standardize(mut self) -> Self {
        self.steps.push(Wanted::Standardize);
        self
    }

    /// Then every column into `[low, high]` ([`MinMax`]).
    pub fn min_max(mut self, low: f64, high: f64) -> Self {
        self.steps.push(Wanted::MinMax(low, high));
        self
    }

    /// Fits all steps, one after the other, on `x` `[n, features]`: give it the training part alone.
    ///
    /// # Errors
    /// Those of the steps.
    pub fn fit<T: Number>(&self, x: &ArrayRef<T, Ix2>) -> Result<Pipeline<T>, Error> {
        let mut x = x.to_owned();
        let mut steps = Vec::with_capacity(self.steps.len());
        for wanted in &self.steps {
            let step = match wanted {
                Wanted::Impute { columns: None, fill } => Step::Impute(Impute::fit(&x, *fill)?),
                Wanted::Impute { columns: Some(columns), fill } => {
                    Step::Impute(Impute::fit_columns(&x, columns, *fill)?)
                }
                Wanted::OneHot { columns, unknown: false } => Step::OneHot(OneHot::fit(&x, columns)?),
                Wanted::OneHot { columns, unknown: true } => Step::OneHot(OneHot::fit(&x, columns)?.allow_unknown()),
                Wanted::Standardize => Step::Standardize(Standardizer::fit(&x)?),
                Wanted::MinMax(low, high) => Step::MinMax(MinMax::fit(&x, T::from_f64(*low), T::from_f64(*high))?),
            };
            x = step.transform(&x)?;
            steps.push(step);
        }
        Ok(Pipeline { steps })
    }
}

impl Pipeline<f32> {
    /// Begins a list of what is to be fitted.
    pub fn plan() -> Plan {
        Plan::default()
    }
}

impl<T: Number> Pipeline<T> {
    /// Applies all steps to `x` `[n, features]`.
    ///
    /// # Errors
    /// [`Kind::Value`](crate::Kind::Value) for a category that the training part did not have.
    ///
    /// # Panics
    /// If `x` has another number of columns than the training part.
    #[track_caller]
    pub fn transform(&self, x: &ArrayRef<T, Ix2>) -> Result<Array2<T>, Error> {
        let mut x = x.to_owned();
        for step in &self.steps {
            x = step.transform(&x)?;
        }
        Ok(x)
    }
}

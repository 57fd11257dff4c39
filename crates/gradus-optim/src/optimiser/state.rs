//! The state of an optimiser, in and out: by name, so that it survives the process.

use crate::error::{Error, Kind};
use crate::schedule::Clock;
use gradus_tensor::Real;
use serde::{Deserialize, Serialize};

/// Everything that an optimiser remembers, for a file: written after step k and read into a fresh optimiser of the same
/// recipe, training goes on bit for bit. Hyper-parameters are not part of it, nor is a rate set by `set_rate`. (As JSON by `serde_json`, take
/// its feature `float_roundtrip`: without it numbers come back with another last digit.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The name of the recipe.
    pub recipe: String,
    /// Steps and epochs done.
    pub clock: Clock,
    /// What the schedule remembers.
    pub schedule: Vec<f64>,
    /// The states of the leaves.
    pub leaves: Vec<SavedLeaf>,
}

/// The state of one leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedLeaf {
    /// The name of the leaf in its net.
    pub name: String,
    /// How many updates it has received.
    pub count: u64,
    /// The state slices by name.
    pub slots: Vec<(String, Numbers)>,
}

/// Numbers of either type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Numbers {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
}

impl Numbers {
    pub(crate) fn of<T: Real>(x: &[T]) -> Self {
        // Both casts are exact: T is the type of the arm that it takes.
        if T::NAME == "f32" {
            Numbers::F32(x.iter().map(|x| x.to_f64() as f32).collect())
        } else {
            Numbers::F64(x.iter().map(|x| x.to_f64()).collect())
        }
    }

    pub(crate) fn to<T: Real>(&self, what: &str) -> Result<Vec<T>, Error> {
        match self {
            Numbers::F32(x) if T::NAME == "f32" => Ok(x.iter().map(|&x| T::from_f64(f64::from(x))).collect()),
            Numbers::F64(x) if T::NAME == "f64" => Ok(x.iter().map(|&x| T::from_f64(x)).collect()),
            Numbers::F32(_) => Err(other_type(what, "f32", T::NAME)),
            Numbers::F64(_) => Err(other_type(what, "f64", T::NAME)),
        }
    }
}

fn other_type(what: &str, saved: &str, wanted: &str) -> Error {
    Error::new(Kind::State, format!("restore: the state of `{what}` was saved in {saved}, the net has {wanted}"))
}

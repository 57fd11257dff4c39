//! Data for training, as plain `ndarray`: sets held in memory, splits, batches, and transforms fitted on the training
//! part only. No tensor type appears here, so the crate serves any program that trains on arrays.
//!
//! ```
//! use gradus_data::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//! use gradus_data::Standardizer;
//!
//! let rng = &mut Xoshiro256PlusPlus::seed_from_u64(0);
//! # #[cfg(feature = "digits")] {
//! let (train, test) = gradus_data::digits().split(0.8, rng);
//! let units = Standardizer::fit(&train.x)?; // mean and scale of the training part alone
//! let (train, test) = (train.map_x(|x| units.transform(&x)), test.map_x(|x| units.transform(&x)));
//! for batch in train.batches(64, rng) {
//!     assert_eq!(batch.x.nrows(), batch.y.len()); // Array2<f32> and Array1<usize>
//! }
//! # assert_eq!(test.len(), 359); }
//! # Ok::<(), gradus_data::Error>(())
//! ```
#![forbid(unsafe_code)]

mod error;
mod rows;

mod adapt;
mod dataset;
mod supervised;

mod batches;
mod load;
mod order;
mod sampler;
pub mod split;

#[cfg(feature = "digits")]
mod digits;

mod number;
mod transform;

#[cfg(feature = "download")]
pub mod download;
mod format;
mod nearest;

pub use adapt::{Cache, Concat, Map, Subset};
pub use batches::{Batches, Last, Pieces};
pub use dataset::Dataset;
#[cfg(feature = "digits")]
pub use digits::digits;
pub use error::{Error, Kind};
pub use format::{Element, csv, idx, mnist, npy, npz, uci};
pub use load::{Batch, Epoch, Loader, LoaderState, Prefetched, prefetch};
pub use number::Number;
pub use order::permutation;
pub use rows::Rows;
pub use sampler::Sampler;
pub use supervised::{Classification, Labels, Regression, Supervised};
pub use transform::{Fill, Impute, MinMax, OneHot, Pipeline, Plan, Standardizer, one_hot};

pub use ndarray;
pub use rand;

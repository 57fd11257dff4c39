//! Published sets by name: fetched once, checked, kept in a folder, gone on with after a broken connection.
//!
//! ```no_run
//! use gradus_data::download::{Downloader, bar};
//! use gradus_data::mnist;
//! let folder = Downloader::new().progress(bar()).set("mnist")?;
//! let train = mnist::read(folder, mnist::Part::Train)?;
//! # Ok::<(), gradus_data::Error>(())
//! ```

mod bar;
mod catalog;
mod fetch;

pub use bar::bar;
pub use catalog::{names, remote_files};
pub use fetch::{Downloader, Progress, Remote};

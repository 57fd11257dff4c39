//! Published sets by name: fetched once, checked, kept in a folder, gone on with after a broken connection.
//!
//! ```no_run
//! use gradus_data::{download::Downloader, mnist};
//! let folder = Downloader::new().progress(|p| eprintln!("{} {} of {}", p.file, p.done, p.total)).set("mnist")?;
//! let train = mnist::read(folder, mnist::Part::Train)?;
//! # Ok::<(), gradus_data::Error>(())
//! ```

mod catalog;
mod fetch;

pub use catalog::{names, remote_files};
pub use fetch::{Downloader, Progress, Remote};

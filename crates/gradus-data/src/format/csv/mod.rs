//! CSV: typed columns in memory, or a stream of blocks for files larger than memory.
//!
//! ```
//! use gradus_data::csv::Csv;
//! let text = b"height,kind,weight\n1.5,cat,4\n2.0,dog,?\n";
//! let table = Csv::new().parse(text)?;                    // types are found by looking
//! assert_eq!(table.names().collect::<Vec<_>>(), ["height", "kind", "weight"]);
//! let set = table.classification::<f32>("kind")?;         // the other columns are the inputs
//! assert_eq!(set.y.to_vec(), [0, 1]);                     // classes in alphabetical order
//! assert!(set.x[[1, 1]].is_nan());                        // a missing value
//! # Ok::<(), gradus_data::Error>(())
//! ```

mod options;
mod records;
mod stream;
mod table;

pub use options::{Csv, Type};
pub use stream::{CsvStream, StreamPosition};
pub use table::{Column, Table, Values};

//! Sets made of other sets: mapped, filtered, put together, cut out, kept in memory.

mod cache;
mod concat;
mod map;
mod subset;

pub use cache::Cache;
pub use concat::Concat;
pub use map::Map;
pub use subset::Subset;

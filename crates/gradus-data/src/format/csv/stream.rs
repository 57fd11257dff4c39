//! Blocks of numbers out of a file that need not fit into memory.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::format::csv::records::Records;
use crate::format::csv::{Csv, Type};
use crate::nearest::suggestion;
use crate::number::Number;

/// A place between two rows of a file, to go on from later ([`CsvStream::resume`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamPosition {
    pub(crate) byte: u64,
    pub(crate) line: u64,
    pub(crate) row: u64,
}

impl StreamPosition {
    /// How many rows lie before this place.
    pub fn row(&self) -> u64 {
        self.row
    }
}

/// The rows of a CSV file, block by block; made by [`Csv::stream`].
///
/// Memory: one block, one record and 128 KiB of buffers, however long the file.
///
/// ```
/// use gradus_data::csv::Csv;
/// # let path = std::env::temp_dir().join(format!("gradus-doc-{}.csv", std::process::id()));
/// # std::fs::write(&path, "a,b,c\n1,2,3\n4,5,6\n7,8,9\n").unwrap();
/// let mut stream = Csv::new().stream::<f32>(&path, &["c", "a"])?;
/// let mut sums = [0.0, 0.0];
/// while let Some(block) = stream.next_block(2)? {     // Array2<f32>, at most 2 rows
///     for row in block.rows() {
///         sums = [sums[0] + row[0], sums[1] + row[1]];
///     }
/// }
/// assert_eq!(sums, [18.0, 12.0]);
/// # Ok::<(), gradus_data::Error>(())
/// ```
pub struct CsvStream<T> {
    options: Csv,
    path: PathBuf,
    columns: Vec<(usize, Option<Vec<String>>)>,
    records: Records<'static>,
    number: std::marker::PhantomData<T>,
}

impl<T: Number> std::fmt::Debug for CsvStream<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvStream")
            .field("path", &self.path)
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}

impl<T: Number> CsvStream<T> {
    pub(crate) fn open(options: &Csv, path: &Path, columns: &[&str]) -> Result<Self, Error> {
        let records = Records::resume(options, path, StreamPosition { byte: 0, line: 1, row: 0 })?;
        let mut chosen = Vec::with_capacity(columns.len());
        for &name in columns {
            let Some(column) = records.names().iter().position(|n| n == name) else {
                let hint = suggestion(name, records.names().iter().map(String::as_str));
                return Err(Error::new(Kind::Name, format!("csv {}: no column {name:?}{hint}", path.display())));
            };
            let texts = match options.types.get(name) {
                None | Some(Type::Number) => None,
                Some(Type::OneOf(texts)) => Some(texts.clone()),
                Some(Type::Category) => {
                    let message = format!(
                        "csv {}: column {name:?} cannot be a Category in a stream, the texts are known only at the end; declare Type::OneOf",
                        path.display()
                    );
                    return Err(Error::new(Kind::Type, message));
                }
            };
            chosen.push((column, texts));
        }
        Ok(CsvStream {
            options: options.clone(),
            path: path.to_owned(),
            columns: chosen,
            records,
            number: std::marker::PhantomData,
        })
    }

    /// The next `rows` rows, or as many as are left: `[rows, columns]`; `None` at the end.
    ///
    /// # Errors
    /// [`Kind::Shape`], [`Kind::Value`], [`Kind::Limit`] with row, line and column, as [`Csv::read`]. After an error the
    /// stream stands behind the bad row and can go on.
    pub fn next_block(&mut self, rows: usize) -> Result<Option<Array2<T>>, Error> {
        let width = self.columns.len();
        let mut values = Vec::new();
        let mut count = 0;
        while count < rows {
            let Some(record) = self.records.next()? else { break };
            for (column, texts) in &self.columns {
                values.push(match texts {
                    None => record.number::<T>(*column)?,
                    Some(_) if record.is_missing(*column) => T::NAN,
                    Some(texts) => {
                        let text = record.text(*column)?;
                        let code = texts.iter().position(|t| t == text).ok_or_else(|| {
                            let message =
                                format!("{}: {} is none of {texts:?}", record.place(*column), record.shown(*column));
                            Error::new(Kind::Value, message)
                        })?;
                        T::from_f64(code as f64)
                    }
                });
            }
            count += 1;
        }
        if count == 0 {
            return Ok(None);
        }
        Ok(Some(Array2::from_shape_vec((count, width), values).expect("every row has all columns")))
    }

    /// All blocks of `rows` rows, as an iterator.
    ///
    /// # Panics
    /// If `rows` is 0.
    #[track_caller]
    pub fn blocks(mut self, rows: usize) -> impl Iterator<Item = Result<Array2<T>, Error>> + Send {
        assert!(rows > 0, "blocks: a block needs at least one row, got 0");
        let mut done = false;
        std::iter::from_fn(move || {
            if done {
                return None;
            }
            let block = self.next_block(rows).transpose();
            done = !matches!(block, Some(Ok(_)));
            block
        })
    }

    /// The place before the next row.
    pub fn position(&self) -> StreamPosition {
        self.records.position()
    }

    /// Goes to a place that [`CsvStream::position`] gave, in this or in an earlier run: at once, or by reading up to it
    /// if the file is gzipped.
    ///
    /// # Errors
    /// [`Kind::Argument`] if the file is too short for it, [`Kind::Io`].
    pub fn resume(&mut self, at: StreamPosition) -> Result<(), Error> {
        self.records = Records::resume(&self.options, &self.path, at)?;
        Ok(())
    }
}

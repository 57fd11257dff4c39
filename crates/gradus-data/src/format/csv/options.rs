//! How a file is to be read: delimiter, header, what counts as missing, types of columns.

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::{Error, Kind};
use crate::format::csv::records::{Origin, Records};
use crate::format::csv::stream::CsvStream;
use crate::format::csv::table::{Builder, Table};
use crate::number::Number;

/// The type of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// Finite numbers; a missing value becomes NaN.
    Number,
    /// Texts out of a set that is found by looking; codes follow the alphabetical order.
    Category,
    /// Texts out of this list; codes are places in it, anything else is an error.
    OneOf(Vec<String>),
}

/// Options for reading CSV: a comma between fields, a header line, and the usual signs for a missing value, unless told
/// otherwise. Blank lines are passed over.
#[derive(Clone, Debug, PartialEq)]
pub struct Csv {
    pub(crate) delimiter: u8,
    pub(crate) header: bool,
    pub(crate) missing: Vec<String>,
    pub(crate) types: BTreeMap<String, Type>,
    pub(crate) max_record: usize,
}

impl Default for Csv {
    fn default() -> Self {
        Csv::new()
    }
}

impl Csv {
    /// Commas, a header line, and empty, `NA`, `N/A`, `NaN`, `nan`, `null`, `?` as missing.
    pub fn new() -> Self {
        Csv {
            delimiter: b',',
            header: true,
            missing: ["", "NA", "N/A", "NaN", "nan", "null", "?"].map(String::from).to_vec(),
            types: BTreeMap::new(),
            max_record: 1 << 20,
        }
    }

    /// The byte between two fields.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Whether the first line names the columns; without it they are called `"0"`, `"1"`, ….
    pub fn header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }

    /// The texts that stand for a missing value, after blanks around them are taken off.
    pub fn missing(mut self, texts: &[&str]) -> Self {
        self.missing = texts.iter().map(|&text| text.to_owned()).collect();
        self
    }

    /// Declares the type of a column instead of looking.
    pub fn column(mut self, name: &str, kind: Type) -> Self {
        self.types.insert(name.to_owned(), kind);
        self
    }

    /// The longest record in bytes (1 MiB unless told otherwise): an open quote must not swallow all memory.
    pub fn max_record(mut self, bytes: usize) -> Self {
        self.max_record = bytes;
        self
    }

    /// Reads a file, gzipped or not, into memory.
    ///
    /// # Errors
    /// [`Kind::Io`]; [`Kind::Shape`] for a record with too few or too many fields, [`Kind::Value`] for a text that is not
    /// of its column's type, both with row, line and column; [`Kind::Name`] for a declared column that is not there;
    /// [`Kind::Limit`] for a record that is too long.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Table, Error> {
        self.table(Origin::File(path.as_ref()))
    }

    /// Reads CSV from bytes in memory; see [`Csv::read`].
    ///
    /// # Errors
    /// As [`Csv::read`].
    pub fn parse(&self, bytes: &[u8]) -> Result<Table, Error> {
        self.table(Origin::Bytes(bytes))
    }

    /// Opens a file as a stream of the given columns, in that order; memory does not grow with the file.
    ///
    /// All of them must be numbers, or declared as [`Type::OneOf`] (their codes are given).
    ///
    /// # Errors
    /// [`Kind::Io`], [`Kind::Name`] for a column that is not there, [`Kind::Type`] for a declared [`Type::Category`].
    pub fn stream<T: Number>(&self, path: impl AsRef<Path>, columns: &[&str]) -> Result<CsvStream<T>, Error> {
        CsvStream::open(self, path.as_ref(), columns)
    }

    fn table(&self, origin: Origin<'_>) -> Result<Table, Error> {
        let names = Records::open(self, origin)?.names().to_vec();
        if let Some(unknown) = self.types.keys().find(|name| !names.contains(name)) {
            let hint = crate::nearest::suggestion(unknown, names.iter().map(String::as_str));
            return Err(Error::new(
                Kind::Name,
                format!("csv: a type is declared for {unknown:?}, no such column{hint}"),
            ));
        }
        let types = self.find_types(origin, &names)?;
        let mut records = Records::open(self, origin)?;
        let mut builder = Builder::new(names, types);
        while let Some(record) = records.next()? {
            builder.push(&record)?;
        }
        builder.finish()
    }

    /// Looks at every value of the columns that are not declared: a number or missing throughout makes a number.
    fn find_types(&self, origin: Origin<'_>, names: &[String]) -> Result<Vec<Type>, Error> {
        let declared: Vec<Option<&Type>> = names.iter().map(|name| self.types.get(name)).collect();
        let mut numeric = vec![true; names.len()];
        if declared.iter().any(Option::is_none) {
            let mut records = Records::open(self, origin)?;
            while let Some(record) = records.next()? {
                for (column, numeric) in numeric.iter_mut().enumerate() {
                    if *numeric && declared[column].is_none() {
                        *numeric = record.is_missing(column) || record.text(column)?.parse::<f64>().is_ok();
                    }
                }
            }
        }
        let found = |(declared, numeric): (Option<&Type>, bool)| {
            declared.cloned().unwrap_or(if numeric { Type::Number } else { Type::Category })
        };
        Ok(declared.into_iter().zip(numeric).map(found).collect())
    }
}

//! A CSV file in memory, column by column.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2};

use crate::error::{Error, Kind};
use crate::format::csv::Type;
use crate::format::csv::records::Record;
use crate::nearest::suggestion;
use crate::number::Number;
use crate::supervised::{Classification, Labels, Regression, Supervised};

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers; NaN where one is missing.
    Number(Vec<f64>),
    /// Codes, places in `texts`; `None` where one is missing.
    Category {
        /// The code of every row.
        codes: Vec<Option<u32>>,
        /// The text of every code.
        texts: Vec<String>,
    },
}

/// A column with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The name in the header.
    pub name: String,
    /// The values, one a row.
    pub values: Values,
}

/// A CSV file in memory; made by [`Csv::read`](crate::csv::Csv::read).
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: usize,
}

impl Table {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns in the order of the file.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// A column by name.
    ///
    /// # Errors
    /// [`Kind::Name`], with the nearest names, if there is none.
    pub fn column(&self, name: &str) -> Result<&Column, Error> {
        self.columns
            .iter()
            .find(|column| column.name == name)
            .ok_or_else(|| Error::new(Kind::Name, format!("csv: no column {name:?}{}", suggestion(name, self.names()))))
    }

    /// The given columns side by side: `[rows, columns]`; a category gives its codes, a missing value NaN.
    ///
    /// # Errors
    /// [`Kind::Name`] for a column that is not there.
    pub fn matrix<T: Number>(&self, names: &[&str]) -> Result<Array2<T>, Error> {
        let mut out = Array2::from_elem((self.rows, names.len()), T::NAN);
        for (mut lane, name) in out.columns_mut().into_iter().zip(names) {
            match &self.column(name)?.values {
                Values::Number(values) => lane.iter_mut().zip(values).for_each(|(out, &v)| *out = T::from_f64(v)),
                Values::Category { codes, .. } => {
                    let as_number = |code: &Option<u32>| code.map_or(T::NAN, |code| T::from_f64(f64::from(code)));
                    lane.iter_mut().zip(codes).for_each(|(out, code)| *out = as_number(code));
                }
            }
        }
        Ok(out)
    }

    /// A column as class numbers: the codes of a category, or the values of a column of whole numbers from 0.
    ///
    /// # Errors
    /// [`Kind::Name`] if there is no such column, [`Kind::Value`], with the row, for a value that is missing, negative or
    /// not whole.
    pub fn labels(&self, name: &str) -> Result<Labels, Error> {
        let refuse = |row: usize, what: String| {
            Error::new(Kind::Value, format!("csv: row {}, column {name:?}: expected a class, got {what}", row + 1))
        };
        match &self.column(name)?.values {
            Values::Category { codes, .. } => {
                let label = |(row, code): (usize, &Option<u32>)| {
                    code.map(|code| code as usize).ok_or_else(|| refuse(row, "a missing value".into()))
                };
                codes.iter().enumerate().map(label).collect::<Result<Vec<_>, _>>().map(Array1::from)
            }
            Values::Number(values) => {
                let label = |(row, &value): (usize, &f64)| {
                    let whole = value >= 0.0 && value.fract() == 0.0 && value <= f64::from(u32::MAX);
                    whole.then_some(value as usize).ok_or_else(|| refuse(row, value.to_string()))
                };
                values.iter().enumerate().map(label).collect::<Result<Vec<_>, _>>().map(Array1::from)
            }
        }
    }

    /// Inputs and class numbers: `target` by [`Table::labels`], all other columns by [`Table::matrix`].
    ///
    /// # Errors
    /// As these two.
    pub fn classification<T: Number>(&self, target: &str) -> Result<Classification<T>, Error> {
        let y = self.labels(target)?;
        Ok(Supervised::new(self.matrix(&self.others(&[target]))?, y))
    }

    /// Inputs and targets: the columns `targets`, and all others, by [`Table::matrix`].
    ///
    /// # Errors
    /// [`Kind::Name`] for a column that is not there.
    pub fn regression<T: Number>(&self, targets: &[&str]) -> Result<Regression<T>, Error> {
        let y = self.matrix(targets)?;
        Ok(Supervised::new(self.matrix(&self.others(targets))?, y))
    }

    fn others(&self, without: &[&str]) -> Vec<&str> {
        self.names().filter(|name| !without.contains(name)).collect()
    }
}

/// A table that is being read.
pub(crate) struct Builder {
    names: Vec<String>,
    columns: Vec<Growing>,
    rows: usize,
}

enum Growing {
    Number(Vec<f64>),
    Category { codes: Vec<Option<u32>>, known: BTreeMap<String, u32>, closed: Option<Vec<String>> },
}

impl Builder {
    pub(crate) fn new(names: Vec<String>, types: Vec<Type>) -> Self {
        let column = |kind| match kind {
            Type::Number => Growing::Number(Vec::new()),
            Type::Category => Growing::Category { codes: Vec::new(), known: BTreeMap::new(), closed: None },
            Type::OneOf(texts) => {
                let known = texts.iter().zip(0..).map(|(text, code)| (text.clone(), code)).collect();
                Growing::Category { codes: Vec::new(), known, closed: Some(texts) }
            }
        };
        Builder { names, columns: types.into_iter().map(column).collect(), rows: 0 }
    }

    pub(crate) fn push(&mut self, record: &Record<'_>) -> Result<(), Error> {
        for (column, growing) in self.columns.iter_mut().enumerate() {
            match growing {
                Growing::Number(values) => values.push(record.number(column)?),
                Growing::Category { codes, .. } if record.is_missing(column) => codes.push(None),
                Growing::Category { codes, known, closed } => {
                    let text = record.text(column)?;
                    let code = match (known.get(text), closed) {
                        (Some(&code), _) => code,
                        (None, None) => {
                            let code = known.len() as u32;
                            known.insert(text.to_owned(), code);
                            code
                        }
                        (None, Some(texts)) => {
                            let message =
                                format!("{}: {} is none of {texts:?}", record.place(column), record.shown(column));
                            return Err(Error::new(Kind::Value, message));
                        }
                    };
                    codes.push(Some(code));
                }
            }
        }
        self.rows += 1;
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Table, Error> {
        let finished = |(name, growing): (String, Growing)| {
            let values = match growing {
                Growing::Number(values) => Values::Number(values),
                Growing::Category { codes, closed: Some(texts), .. } => Values::Category { codes, texts },
                Growing::Category { mut codes, known, closed: None } => {
                    // Codes were given by first appearance; the alphabetical order does not depend on that of the rows.
                    let mut place = vec![0; known.len()];
                    known.values().zip(0..).for_each(|(&old, new)| place[old as usize] = new);
                    codes.iter_mut().flatten().for_each(|code| *code = place[*code as usize]);
                    Values::Category { codes, texts: known.into_keys().collect() }
                }
            };
            Column { name, values }
        };
        Ok(Table { columns: self.names.into_iter().zip(self.columns).map(finished).collect(), rows: self.rows })
    }
}

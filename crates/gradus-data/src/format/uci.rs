//! The UCI regression sets with their twenty published splits: one folder a set.
//!
//! A folder holds `data.txt` (numbers between blanks), `index_features.txt` and `index_target.txt` (column numbers) and
//! the row numbers of the splits as `index_train_K.txt` and `index_test_K.txt`, either plain or in `splits.tar.gz`. The
//! splits are those of Hernandez-Lobato & Adams 2015 and Gal & Ghahramani 2016: 90 % for training.

use std::path::Path;

use ndarray::{Array2, Axis};

use crate::dataset::check_rows;
use crate::error::{Error, Kind};
use crate::format::input::{Input, open};
use crate::format::tar;
use crate::number::Number;
use crate::rows::Rows;
use crate::supervised::{Regression, Supervised};

/// Text files of more bytes than this are refused.
const LIMIT: u64 = 1 << 28;

/// A regression set with published splits.
///
/// ```
/// # #[cfg(feature = "yacht")] {
/// let yacht = gradus_data::uci::yacht::<f32>();
/// let (train, test) = yacht.split(0);
/// assert_eq!((train.x.dim(), test.y.dim()), ((277, 6), (31, 1)));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Uci<T = f32> {
    /// All samples: x `[n, features]`, y `[n, targets]`.
    pub data: Regression<T>,
    splits: Vec<(Vec<usize>, Vec<usize>)>,
}

/// Yacht Hydrodynamics, embedded: 308 samples, 6 features, the residuary resistance (0.01 to 62.42).
///
/// J. Gerritsma, R. Onnink, A. Versluis, UCI, CC BY 4.0 (`data/yacht/ATTRIBUTION.md`).
#[cfg(feature = "yacht")]
pub fn yacht<T: Number>() -> Uci<T> {
    macro_rules! file {
        ($name:literal) => {
            include_bytes!(concat!("../../data/yacht/", $name))
        };
    }
    let files: [(&str, &[u8]); 5] = [
        ("data.txt", file!("data.txt")),
        ("index_features.txt", file!("index_features.txt")),
        ("index_target.txt", file!("index_target.txt")),
        ("n_splits.txt", file!("n_splits.txt")),
        ("splits.tar.gz", file!("splits.tar.gz")),
    ];
    let find = |name: &str| Ok(files.iter().find(|(n, _)| *n == name).map(|(_, bytes)| bytes.to_vec()));
    Uci::assemble("yacht", &find).expect("the embedded yacht set is intact")
}

impl<T: Number> Uci<T> {
    /// Reads a set from its folder.
    ///
    /// # Errors
    /// [`Kind::Io`] for a missing file, [`Kind::Value`] for a text that is no number (with line and column),
    /// [`Kind::Format`] or [`Kind::Argument`] for columns and rows that do not exist.
    pub fn read(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        let find = |name: &str| {
            let path = folder.join(name);
            if !path.exists() {
                return Ok(None);
            }
            let mut bytes = Vec::new();
            let file = open("uci", &path)?;
            let read = std::io::Read::read_to_end(&mut std::io::Read::take(file, LIMIT + 1), &mut bytes);
            read.map_err(|cause| {
                Error::caused(Kind::Io, format!("uci: cannot read {}: {cause}", path.display()), cause)
            })?;
            Ok(Some(bytes))
        };
        Self::assemble(&folder.display().to_string(), &find)
    }

    /// The training and the test part of published split `k`.
    ///
    /// # Panics
    /// If there is no such split.
    #[track_caller]
    pub fn split(&self, k: usize) -> (Regression<T>, Regression<T>) {
        assert!(k < self.splits.len(), "uci: asked for split {k} of {}", self.splits.len());
        let (train, test) = &self.splits[k];
        (self.data.pick(train), self.data.pick(test))
    }

    /// The number of splits.
    pub fn n_splits(&self) -> usize {
        self.splits.len()
    }

    /// The row numbers of training and test part of every split.
    pub fn splits(&self) -> &[(Vec<usize>, Vec<usize>)] {
        &self.splits
    }

    fn assemble(who: &str, find: &dyn Fn(&str) -> Result<Option<Vec<u8>>, Error>) -> Result<Self, Error> {
        let need = |name: &str| find(name)?.ok_or_else(|| Error::new(Kind::Io, format!("uci: no {name} in {who}")));
        let all: Array2<T> = numbers(&format!("uci {who}/data.txt"), &need("data.txt")?)?;
        let columns = |name: &str| -> Result<Vec<usize>, Error> {
            let columns = indices(&format!("uci {who}/{name}"), &need(name)?)?;
            check_rows(&format!("uci {who}/{name}, columns"), &columns, all.ncols())?;
            Ok(columns)
        };
        let x = all.select(Axis(1), &columns("index_features.txt")?);
        let y = all.select(Axis(1), &columns("index_target.txt")?);
        let archive = match find("splits.tar.gz")? {
            Some(packed) => Some(unpack(who, &packed)?),
            None => None,
        };
        let in_archive = archive.as_deref().map(|bytes| tar::files("uci splits.tar.gz", bytes)).transpose()?;
        let split_file = |name: String| -> Result<Option<Vec<u8>>, Error> {
            let found = in_archive.iter().flatten().find(|(n, _)| n.trim_start_matches("./") == name);
            Ok(match found {
                Some((_, bytes)) => Some(bytes.to_vec()),
                None => find(&name)?,
            })
        };
        let mut splits = Vec::new();
        while let (Some(train), Some(test)) = (
            split_file(format!("index_train_{}.txt", splits.len()))?,
            split_file(format!("index_test_{}.txt", splits.len()))?,
        ) {
            let part = |bytes: &[u8]| -> Result<Vec<usize>, Error> {
                let who = format!("uci {who}, split {}", splits.len());
                let rows = indices(&who, bytes)?;
                check_rows(&who, &rows, all.nrows())?;
                Ok(rows)
            };
            splits.push((part(&train)?, part(&test)?));
        }
        if let Some(announced) = find("n_splits.txt")? {
            let announced = indices(&format!("uci {who}/n_splits.txt"), &announced)?;
            if announced != [splits.len()] {
                let message =
                    format!("uci {who}: n_splits.txt announces {announced:?} splits, {} are there", splits.len());
                return Err(Error::new(Kind::Format, message));
            }
        }
        Ok(Uci { data: Supervised::new(x, y), splits })
    }
}

fn unpack(who: &str, packed: &[u8]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let decoder = flate2::read::MultiGzDecoder::new(packed);
    let read = std::io::Read::read_to_end(&mut std::io::Read::take(decoder, LIMIT + 1), &mut bytes);
    read.map_err(|cause| Error::caused(Kind::Format, format!("uci {who}/splits.tar.gz: {cause}"), cause))?;
    if bytes.len() as u64 > LIMIT {
        return Err(Error::new(Kind::Limit, format!("uci {who}/splits.tar.gz: more than {LIMIT} bytes unpacked")));
    }
    Ok(bytes)
}

/// A matrix of numbers between blanks, one row a line.
fn numbers<T: Number>(who: &str, bytes: &[u8]) -> Result<Array2<T>, Error> {
    let text = Input::bounded(bytes, bytes.len() as u64).text(who, LIMIT)?;
    let (mut values, mut width, mut rows) = (Vec::new(), None, 0);
    for (line, content) in text.lines().enumerate() {
        let before = values.len();
        for (column, word) in content.split_whitespace().enumerate() {
            let value = word.parse::<T>().ok().filter(|v| v.to_f64().is_finite());
            let value = value.ok_or_else(|| {
                let message =
                    format!("{who}, line {}, column {column}: expected a finite number, got {word:?}", line + 1);
                Error::new(Kind::Value, message)
            })?;
            values.push(value);
        }
        let found = values.len() - before;
        if found == 0 {
            continue;
        }
        let expected = *width.get_or_insert(found);
        if found != expected {
            let message = format!("{who}, line {}: {found} numbers where the lines before have {expected}", line + 1);
            return Err(Error::new(Kind::Shape, message));
        }
        rows += 1;
    }
    Ok(Array2::from_shape_vec((rows, width.unwrap_or(0)), values).expect("every row has the width"))
}

/// Whole numbers, also written as `1.230000000000000000e+02`.
fn indices(who: &str, bytes: &[u8]) -> Result<Vec<usize>, Error> {
    let values = numbers::<f64>(who, bytes)?;
    let whole = |&v: &f64| {
        let fits = (0.0..9e15).contains(&v) && v.fract() == 0.0;
        fits.then_some(v as usize)
            .ok_or_else(|| Error::new(Kind::Value, format!("{who}: expected a row or column number, got {v}")))
    };
    values.iter().map(whole).collect()
}

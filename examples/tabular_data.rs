//! From a table to what a net takes: rows whose answer is known, cut into two parts, and columns made ready by what the training
//! part says of them.

use gradus::data::csv::{Table, Values};
use gradus::data::{Classification, Error, Fill, Pipeline, Supervised};
use gradus::ndarray::{Array1, Array2, Axis};
use gradus::rand::Rng;

/// Both parts, ready for a net.
pub(crate) struct Prepared {
    pub(crate) train: Classification,
    pub(crate) test: Classification,
    /// What was learned from the training part; a file of it belongs to the weights.
    pub(crate) pipeline: Pipeline,
    /// The test part as it stood in the table.
    pub(crate) raw: Array2<f32>,
    /// What the classes are called.
    pub(crate) classes: Vec<String>,
}

/// A line a column: its name, its type, how many values are missing.
pub(crate) fn columns(table: &Table) -> String {
    let mut out = format!("{:<20} {:<28} missing\n", "column", "type");
    for column in table.columns() {
        let (kind, missing) = match &column.values {
            Values::Number(x) => ("number".to_owned(), x.iter().filter(|x| x.is_nan()).count()),
            Values::Category { codes, texts } => (texts.join(" | "), codes.iter().filter(|c| c.is_none()).count()),
        };
        out += &format!("{:<20} {kind:<28} {missing:>7}\n", column.name);
    }
    out
}

/// Splits class by class; fills numbers by their median and categories by their most frequent value, codes categories as columns
/// of 0 and 1, and standardises: all fitted on the training part alone.
pub(crate) fn prepare(table: &Table, target: &str, rng: &mut impl Rng) -> Result<Prepared, Error> {
    let Values::Category { codes, texts } = &table.column(target)?.values else {
        return Err(Error::other(format!("tabular: {target:?} is a number; choose a column of categories")));
    };
    let known: Vec<usize> = (0..codes.len()).filter(|&row| codes[row].is_some()).collect();
    let labels: Array1<usize> = codes.iter().flatten().map(|&code| code as usize).collect();
    let inputs: Vec<_> = table.columns().iter().filter(|column| column.name != target).collect();
    let names: Vec<&str> = inputs.iter().map(|column| column.name.as_str()).collect();
    let x = table.matrix::<f32>(&names)?.select(Axis(0), &known);
    let (train, test) = Supervised::new(x, labels).split_stratified(0.8, rng);
    let (numbers, categories): (Vec<usize>, Vec<usize>) =
        (0..inputs.len()).partition(|&i| matches!(inputs[i].values, Values::Number(_)));
    let plan = Pipeline::plan().impute_columns(&numbers, Fill::Median).impute_columns(&categories, Fill::MostFrequent);
    let pipeline = plan.one_hot_or_zeros(&categories).standardize().fit(&train.x)?;
    let (x, raw) = (pipeline.transform(&train.x)?, test.x.clone());
    let ready = pipeline.transform(&raw)?;
    let (train, test) = (train.map_x(|_| x), test.map_x(|_| ready));
    Ok(Prepared { train, test, pipeline, raw, classes: texts.clone() })
}

//! The table of a net's layers.

use super::capture::{Captured, capture};
use gradus_tensor::{Mode, Module, no_grad};
use std::collections::HashMap;
use std::fmt;

/// A net's layers with their output shapes and parameters, printed as `torchinfo` prints them.
///
/// The parameters of a row are the layer's own free numbers, without those of the layers in it; tied ones stand in the row where they come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    rows: Vec<Row>,
}

/// One layer of a [`Summary`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// The layer's name (`trunk.0`), empty for the net.
    pub name: String,
    /// Its kind (`Linear`, `tanh`).
    pub kind: String,
    /// How many layers it lies in.
    pub depth: usize,
    /// The shape of its (last) output, where it was called and reports.
    pub output: Option<Vec<usize>>,
    /// How many numbers of its own optimisers move.
    pub trained: usize,
    /// How many numbers of its own they leave alone.
    pub frozen: usize,
    /// Whether parameters of its own are tied to those of a row above.
    pub tied: bool,
}

impl Summary {
    /// The layers of `net`, with the shapes of one run in evaluation, which is not recorded.
    pub fn of<N: Module, R>(net: &N, run: impl FnOnce(&N, &mut Mode) -> R) -> Self {
        Summary::from_run(&no_grad(|| capture(net, &mut Mode::eval(), run)))
    }

    fn from_run<R, T: gradus_tensor::Real>(run: &Captured<R, T>) -> Self {
        let shapes: HashMap<&str, &[usize]> =
            run.calls().iter().filter_map(|c| Some((c.name.as_deref()?, c.output.shape()))).collect();
        let row = |n: &super::names::Node| Row {
            name: n.name.clone(),
            kind: n.place.kind(),
            depth: n.depth,
            output: shapes.get(n.name.as_str()).map(|s| s.to_vec()),
            trained: n.trained,
            frozen: n.frozen,
            tied: n.tied,
        };
        Summary { rows: run.names().nodes.iter().map(row).collect() }
    }

    /// The rows, the net first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many numbers optimisers move, tied ones once.
    pub fn trained(&self) -> usize {
        self.rows.iter().map(|r| r.trained).sum()
    }

    /// How many numbers they leave alone, tied ones once.
    pub fn frozen(&self) -> usize {
        self.rows.iter().map(|r| r.frozen).sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![["Layer (type (name): depth-place)", "Output shape", "Param #"].map(str::to_owned)];
        let mut places: Vec<usize> = Vec::new();
        let mut parents: Vec<&str> = Vec::new();
        for row in &self.rows {
            parents.truncate(row.depth);
            let inner = parents.last().and_then(|p| row.name.strip_prefix(p)).unwrap_or(&row.name);
            let name = inner.trim_start_matches('.');
            parents.push(&row.name);
            places.resize(places.len().max(row.depth + 1), 0);
            places[row.depth] += 1;
            let layer = match row.depth {
                0 => row.kind.clone(),
                d => {
                    let branch = if d == 1 { "├─".to_owned() } else { "│    ".repeat(d - 1) + "└─" };
                    format!("{branch}{} ({name}): {d}-{}", row.kind, places[d])
                }
            };
            let shape = row.output.as_ref().map_or("--".to_owned(), |s| format!("{s:?}"));
            lines.push([layer, shape, row.count()]);
        }
        let width = |k: usize| lines.iter().map(|l| l[k].chars().count()).max().unwrap_or(0);
        let (a, b, c) = (width(0) + 4, width(1) + 4, width(2));
        let rule = "=".repeat(a + b + c);
        writeln!(f, "{rule}")?;
        for (i, [layer, shape, count]) in lines.iter().enumerate() {
            writeln!(f, "{}", format!("{layer:<a$}{shape:<b$}{count:<c$}").trim_end())?;
            if i == 0 {
                writeln!(f, "{rule}")?;
            }
        }
        let (trained, frozen) = (self.trained(), self.frozen());
        writeln!(f, "{rule}\nTotal params: {}", grouped(trained + frozen))?;
        write!(f, "Trainable params: {}\nNon-trainable params: {}\n{rule}", grouped(trained), grouped(frozen))
    }
}

impl Row {
    /// The number of parameters, in brackets where all are frozen; `--` where there are none.
    fn count(&self) -> String {
        match (self.trained, self.frozen, self.tied) {
            (0, 0, true) => "(tied)".to_owned(),
            (0, 0, false) => "--".to_owned(),
            (0, frozen, _) => format!("({})", grouped(frozen)),
            (trained, frozen, _) => grouped(trained + frozen),
        }
    }
}

/// 1,234,567.
fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(d);
    }
    text
}

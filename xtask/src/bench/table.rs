//! One row of the peers' table: times, agreement of the losses, and the ratio against the best peer.

use super::median::{median, median_ratio};
use super::program::Program;
use super::targets::{reached, target};
use crate::run::Outcome;

/// Largest difference of two losses after five steps, relative to the loss where that is above 1.
const AGREE: f64 = 1e-4;

/// What one program did on one workload.
pub(crate) struct Times {
    pub(crate) name: String,
    pub(crate) us: Vec<f64>,
    pub(crate) loss: Option<f64>,
}

impl Times {
    /// No times yet, and the loss by which programs are compared.
    pub(crate) fn of(program: &mut Program, workload: &str) -> Outcome<Self> {
        Ok(Times { name: program.name.clone(), us: Vec::new(), loss: program.loss(workload)? })
    }
}

/// A workload on a number of threads; our own times first.
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) threads: usize,
    pub(crate) ours: Times,
    pub(crate) peers: Vec<Times>,
}

impl Row {
    /// Whether a peer computes what we compute.
    pub(crate) fn agrees(&self, peer: &Times) -> bool {
        match (self.ours.loss, peer.loss) {
            (Some(a), Some(b)) => (a - b).abs() <= AGREE * b.abs().max(1.0),
            (None, None) => true,
            _ => false,
        }
    }

    /// The fastest peer that agrees.
    pub(crate) fn best(&self) -> Option<&Times> {
        let agreeing = self.peers.iter().filter(|p| !p.us.is_empty() && self.agrees(p));
        agreeing.min_by(|a, b| median(&a.us).total_cmp(&median(&b.us)))
    }

    /// How many times faster than the best peer: the median over pairs.
    pub(crate) fn ratio(&self) -> Option<f64> {
        Some(median_ratio(&self.best()?.us, &self.ours.us))
    }

    fn markdown(&self, names: &[String]) -> String {
        let mut line = format!("| {} | {} | {} |", self.workload, self.threads, Significant(median(&self.ours.us)));
        for name in names {
            let cell = match self.peers.iter().find(|p| p.name == *name && !p.us.is_empty()) {
                None => String::new(),
                Some(peer) if self.agrees(peer) => format!("{}", Significant(median(&peer.us))),
                Some(peer) => format!("void ({} against {})", shown(peer.loss), shown(self.ours.loss)),
            };
            line.push_str(&format!(" {cell} |"));
        }
        let best = self.best().map_or("", |b| b.name.as_str());
        let (ratio, goal) = (self.ratio(), target(&self.workload, self.threads));
        let verdict = match (ratio, goal) {
            (Some(r), Some(g)) => {
                if reached(r, g) {
                    "yes"
                } else {
                    "**no**"
                }
            }
            _ => "",
        };
        let number = |x: Option<f64>| x.map_or(String::new(), |x| format!("{x:.2}"));
        format!("{line} {best} | {} | {} | {verdict} |\n", number(ratio), number(goal))
    }
}

fn shown(loss: Option<f64>) -> String {
    loss.map_or("none".to_owned(), |l| format!("{l:.6}"))
}

/// A time in microseconds with at least three significant digits.
struct Significant(f64);

impl std::fmt::Display for Significant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = if self.0 >= 100.0 {
            0
        } else if self.0 >= 10.0 {
            1
        } else {
            3
        };
        write!(f, "{:.digits$}", self.0)
    }
}

/// The whole table in Markdown.
pub(crate) fn markdown(rows: &[Row], machine: &str, reps: usize) -> String {
    let mut names: Vec<String> = Vec::new();
    for peer in rows.iter().flat_map(|r| &r.peers) {
        if !names.contains(&peer.name) {
            names.push(peer.name.clone());
        }
    }
    let mut text = format!(
        "Microseconds a step, {machine}; medians of {reps} rounds in which the programs take turns. The ratio is that of \
         the best peer to gradus, the median over rounds.\n\n| workload | threads | gradus |"
    );
    names.iter().for_each(|n| text.push_str(&format!(" {n} |")));
    text.push_str(" best peer | ratio | target | reached |\n|---|---|---|");
    text.push_str(&"---|".repeat(names.len() + 4));
    text.push('\n');
    rows.iter().for_each(|r| text.push_str(&r.markdown(&names)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(name: &str, us: &[f64], loss: Option<f64>) -> Times {
        Times { name: name.to_owned(), us: us.to_vec(), loss }
    }

    fn row(peers: Vec<Times>) -> Row {
        Row {
            workload: "mlp_digits".into(),
            threads: 1,
            ours: times("gradus", &[100.0, 110.0, 90.0], Some(2.0)),
            peers,
        }
    }

    #[test]
    fn the_best_peer_is_the_fastest_that_agrees() {
        let row = row(vec![
            times("slow", &[500.0, 510.0, 490.0], Some(2.00001)),
            times("fast", &[300.0, 330.0, 270.0], Some(1.99999)),
            times("wrong", &[1.0, 1.0, 1.0], Some(2.1)),
            times("silent", &[1.0, 1.0, 1.0], None),
        ]);
        assert_eq!(row.best().map(|p| p.name.as_str()), Some("fast"));
        assert!((row.ratio().expect("a ratio") - 3.0).abs() < 1e-12);
        let text = markdown(&[row], "here", 3);
        assert!(text.contains("| fast | 3.00 | 2.50 | yes |"), "{text}");
        assert!(text.contains("void (2.100000 against 2.000000)"), "{text}");
    }

    #[test]
    fn a_missed_target_is_said() {
        let text = markdown(&[row(vec![times("peer", &[110.0, 121.0, 99.0], Some(2.0))])], "here", 3);
        assert!(text.contains("| peer | 1.10 | 2.50 | **no** |"), "{text}");
    }
}

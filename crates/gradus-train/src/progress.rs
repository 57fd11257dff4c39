//! What a run shows while it runs: a bar on a terminal, lines in a log, or nothing.

use crate::history::Record;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// How a run shows where it is. All of it goes to standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar where standard error is a terminal, else nothing.
    #[default]
    Auto,
    /// A bar: steps done, steps a second, time left, loss and scores of the last epoch.
    Bar,
    /// A line an epoch, for a log.
    Lines,
    /// Nothing.
    Quiet,
}

/// The running display.
#[derive(Debug)]
pub(crate) enum Display {
    Bar(ProgressBar),
    Lines { epochs: u64 },
    Quiet,
}

impl Display {
    /// Starts at `done` of `batches` batches.
    pub(crate) fn start(progress: Progress, epochs: u64, batches: u64, done: u64) -> Self {
        let bar = match progress {
            Progress::Auto => std::io::stderr().is_terminal(),
            Progress::Bar => true,
            Progress::Lines => return Display::Lines { epochs },
            Progress::Quiet => false,
        };
        if !bar {
            return Display::Quiet;
        }
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} ({per_sec}, {eta} left) {msg}");
        let bar = ProgressBar::with_draw_target(Some(batches), ProgressDrawTarget::stderr());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_position(done);
        bar.reset_eta();
        Display::Bar(bar)
    }

    /// A batch is done.
    pub(crate) fn tick(&self) {
        if let Display::Bar(bar) = self {
            bar.inc(1);
        }
    }

    /// An epoch is done.
    pub(crate) fn epoch(&self, record: &Record) {
        match self {
            Display::Bar(bar) => bar.set_message(summary(record)),
            Display::Lines { epochs } => {
                eprintln!("epoch {:>4}/{epochs}  {}  {:.1} s", record.epoch, summary(record), record.seconds);
            }
            Display::Quiet => {}
        }
    }

    /// Something that the user should read, whatever the display; never over the bar.
    pub(crate) fn say(&self, text: &str) {
        match self {
            Display::Bar(bar) => bar.println(text),
            Display::Lines { .. } | Display::Quiet => eprintln!("{text}"),
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Display::Bar(bar) = self {
            bar.finish();
        }
    }
}

/// Loss and scores in one line.
fn summary(record: &Record) -> String {
    let mut out = format!("loss {:.4}", record.loss);
    for (name, x) in &record.penalties {
        out += &format!("  {name} {x:.3e}");
    }
    for (name, x) in &record.validation {
        out += &format!("  validation {name} {x:.4}");
    }
    out
}

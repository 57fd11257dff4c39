//! What a run shows while it runs: a bar on a terminal, lines in a log, or nothing.

use crate::history::Record;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::cell::Cell;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// How a run shows where it is. All of it goes to standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// A bar where standard error is a terminal; else a line every ten seconds, so that a long run leaves a log and a short
    /// one is quiet.
    #[default]
    Auto,
    /// A bar: batches done, batches a second, time left, loss and scores.
    Bar,
    /// A line an epoch, for a log: loss and scores, batches a second, time left.
    Lines,
    /// Nothing.
    Quiet,
}

/// How often a log of its own accord gets a line.
const PAUSE: Duration = Duration::from_secs(10);

/// The running display.
#[derive(Debug)]
pub(crate) enum Display {
    Bar(ProgressBar),
    Lines(Lines),
    Quiet,
}

/// A log.
#[derive(Debug)]
pub(crate) struct Lines {
    epochs: u64,
    batches: u64,
    done: Cell<u64>,
    /// Batches that an earlier process did.
    before: u64,
    start: Instant,
    last: Cell<Instant>,
    pause: Duration,
}

impl Lines {
    /// Batches a second of this process, and seconds left.
    fn pace(&self) -> (f64, f64) {
        let done = self.done.get();
        let rate = (done - self.before) as f64 / self.start.elapsed().as_secs_f64().max(1e-9);
        (rate, self.batches.saturating_sub(done) as f64 / rate.max(1e-9))
    }
}

impl Display {
    /// Starts at `done` of `batches` batches.
    pub(crate) fn start(progress: Progress, epochs: u64, batches: u64, done: u64) -> Self {
        let pause = match progress {
            Progress::Auto if !std::io::stderr().is_terminal() => PAUSE,
            Progress::Auto | Progress::Bar => {
                let style = ProgressStyle::with_template("{bar:30} {pos}/{len} ({per_sec}, {eta} left) {msg}");
                let bar = ProgressBar::with_draw_target(Some(batches), ProgressDrawTarget::stderr());
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_position(done);
                bar.reset_eta();
                return Display::Bar(bar);
            }
            Progress::Lines => Duration::ZERO,
            Progress::Quiet => return Display::Quiet,
        };
        let now = Instant::now();
        let (last, before) = (Cell::new(now), done);
        Display::Lines(Lines { epochs, batches, done: Cell::new(done), before, start: now, last, pause })
    }

    /// A batch is done, with this value of the objective.
    pub(crate) fn tick(&self, loss: f64) {
        match self {
            Display::Bar(bar) => {
                bar.inc(1);
                // Until an epoch has its record, the batch speaks for it.
                if bar.message().is_empty() || bar.message().starts_with("batch") {
                    bar.set_message(format!("batch loss {loss:.4}"));
                }
            }
            Display::Lines(lines) => lines.done.set(lines.done.get() + 1),
            Display::Quiet => {}
        }
    }

    /// An epoch is done.
    pub(crate) fn epoch(&self, record: &Record) {
        match self {
            Display::Bar(bar) => bar.set_message(summary(record)),
            Display::Lines(lines) if lines.last.get().elapsed() >= lines.pause => {
                lines.last.set(Instant::now());
                let (rate, left) = lines.pace();
                let (epoch, epochs, summary) = (record.epoch, lines.epochs, summary(record));
                eprintln!("epoch {epoch:>4}/{epochs}  {summary}  ({rate:.1}/s, {left:.0} s left)");
            }
            Display::Lines(_) | Display::Quiet => {}
        }
    }

    /// Something that the user should read, whatever the display; never over the bar.
    pub(crate) fn say(&self, text: &str) {
        match self {
            Display::Bar(bar) => bar.println(text),
            Display::Lines(_) | Display::Quiet => eprintln!("{text}"),
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
    for (name, x) in &record.training {
        out += &format!("  training {name} {x:.4}");
    }
    for (name, x) in &record.validation {
        out += &format!("  validation {name} {x:.4}");
    }
    out
}

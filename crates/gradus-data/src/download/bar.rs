//! A progress bar for downloads: on a terminal, a line that is written over; elsewhere, a line when a file is there.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::download::fetch::Progress;

/// Cells of the bar.
const WIDTH: u64 = 24;
/// How often the line is written anew.
const PAUSE: Duration = Duration::from_millis(100);

/// Shows on standard error how a file grows: its share, megabytes, megabytes a second, and seconds left. For
/// [`Downloader::progress`](crate::download::Downloader::progress).
pub fn bar() -> impl FnMut(Progress) + 'static {
    let terminal = std::io::stderr().is_terminal();
    let mut under_way: Option<(String, u64, Instant)> = None;
    let mut last = Instant::now();
    move |now: Progress| {
        let (_, from, start) = match &under_way {
            Some(known) if known.0 == now.file => known,
            _ => under_way.insert((now.file.clone(), now.done, Instant::now())),
        };
        let whole = now.done >= now.total;
        if whole || (terminal && last.elapsed() >= PAUSE) {
            last = Instant::now();
            let line = line(&now, *from, start.elapsed());
            let (begin, end) = if terminal { ("\r", if whole { "\n" } else { "" }) } else { ("", "\n") };
            // A terminal that is gone must not end a download.
            let _ = write!(std::io::stderr(), "{begin}{line}{end}");
        }
    }
}

/// What the bar says of a file of which `from` bytes were there when it began, `spent` ago.
fn line(now: &Progress, from: u64, spent: Duration) -> String {
    let share = if now.total == 0 { 1.0 } else { now.done as f64 / now.total as f64 };
    let full = ((share * WIDTH as f64) as u64).min(WIDTH);
    let rate = now.done.saturating_sub(from) as f64 / spent.as_secs_f64().max(1e-3);
    let left = now.total.saturating_sub(now.done) as f64 / rate.max(1.0);
    let (done, total) = (now.done as f64 / 1e6, now.total as f64 / 1e6);
    let cells: String = (0..WIDTH).map(|cell| if cell < full { '#' } else { '.' }).collect();
    let time = if now.done >= now.total { String::new() } else { format!(", {left:.0} s left") };
    format!("{}  {cells} {:>3.0}%  {done:.1}/{total:.1} MB  {:.1} MB/s{time}  ", now.file, share * 100.0, rate / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_share_size_rate_and_time_left() {
        let at = |done| Progress { file: "a.gz".into(), done, total: 10_000_000 };
        // 4 MB were there; 1 MB came in half a second; 5 MB are left.
        let said = line(&at(5_000_000), 4_000_000, Duration::from_millis(500));
        assert_eq!(said, "a.gz  ############............  50%  5.0/10.0 MB  2.0 MB/s, 2 s left  ");
        let said = line(&at(10_000_000), 0, Duration::from_secs(2));
        assert_eq!(said, "a.gz  ######################## 100%  10.0/10.0 MB  5.0 MB/s  ");
        assert!(line(&Progress { file: "e".into(), done: 0, total: 0 }, 0, Duration::ZERO).contains("100%"));
    }
}

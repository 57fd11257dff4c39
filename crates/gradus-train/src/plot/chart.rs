//! A chart of lines: axes with ticks, a grid, a legend.

use super::axis::Axis;
use super::picture::{Anchor, COLOURS, Colour, GRID, INK, Picture, TICK};
use crate::error::Result;
use std::path::Path;

pub(super) const WIDTH: f64 = 720.0;
pub(super) const HEIGHT: f64 = 440.0;
/// The frame of the lines: left, top, right, bottom.
const FRAME: [f64; 4] = [76.0, 42.0, 700.0, 390.0];

/// A chart of lines.
///
/// ```
/// use gradus_train::plot::Chart;
/// let svg = Chart::new("Squares").x_label("k").y_label("k²").line("k²", (0..9).map(|k| (k as f64, (k * k) as f64)).collect()).svg();
/// assert!(svg.starts_with("<svg") && svg.contains("polyline"));
/// ```
#[derive(Clone, Debug)]
pub struct Chart {
    title: String,
    x_label: String,
    y_label: String,
    log_y: bool,
    lines: Vec<Line>,
    diagonal: bool,
    unit_square: bool,
}

#[derive(Clone, Debug)]
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
    marks: Marks,
}

/// What is drawn of a line's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    Line,
    Dots,
    Points,
}

impl Chart {
    /// No lines yet.
    pub fn new(title: &str) -> Self {
        Chart {
            title: title.into(),
            x_label: String::new(),
            y_label: String::new(),
            log_y: false,
            lines: Vec::new(),
            diagonal: false,
            unit_square: false,
        }
    }

    /// What the horizontal axis shows.
    #[must_use]
    pub fn x_label(mut self, label: &str) -> Self {
        self.x_label = label.into();
        self
    }

    /// What the vertical axis shows.
    #[must_use]
    pub fn y_label(mut self, label: &str) -> Self {
        self.y_label = label.into();
        self
    }

    /// A line through these points; where a point is not finite (or not positive on a logarithmic axis) it is broken.
    #[must_use]
    pub fn line(self, name: &str, points: Vec<(f64, f64)>) -> Self {
        self.with(name, points, Marks::Line)
    }

    /// A line with a dot at every point.
    #[must_use]
    pub fn dots(self, name: &str, points: Vec<(f64, f64)>) -> Self {
        self.with(name, points, Marks::Dots)
    }

    /// A dot at every point, and no line through them.
    #[must_use]
    pub fn points(self, name: &str, points: Vec<(f64, f64)>) -> Self {
        self.with(name, points, Marks::Points)
    }

    fn with(mut self, name: &str, points: Vec<(f64, f64)>, marks: Marks) -> Self {
        self.lines.push(Line { name: name.into(), points, marks });
        self
    }

    /// A logarithmic vertical axis.
    #[must_use]
    pub fn log_y(mut self) -> Self {
        self.log_y = true;
        self
    }

    /// Both axes from 0 to 1, with the diagonal dashed.
    #[must_use]
    pub fn unit_square(mut self) -> Self {
        (self.unit_square, self.diagonal) = (true, true);
        self
    }

    /// A logarithmic vertical axis where all values are positive and span more than a decade.
    #[must_use]
    pub(crate) fn log_y_if_wide(mut self) -> Self {
        let all = || self.lines.iter().flat_map(|l| l.points.iter().map(|p| p.1)).filter(|y| y.is_finite());
        let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(0.0, f64::max));
        self.log_y = low > 0.0 && high > 10.0 * low;
        self
    }

    /// The chart as SVG text.
    pub fn svg(&self) -> String {
        self.picture().svg()
    }

    /// Draws the chart into a file ([`Picture::write`]): `.svg`, or `.png` with the feature `png`.
    ///
    /// # Errors
    /// If the file cannot be written, or its name ends otherwise.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        self.picture().write(path)
    }

    /// The chart, drawn.
    pub fn picture(&self) -> Picture {
        let [left, top, right, bottom] = FRAME;
        let all = || self.lines.iter().flat_map(|l| l.points.iter());
        let (x, y) = if self.unit_square {
            (Axis::exactly(0.0, 1.0), Axis::exactly(0.0, 1.0))
        } else {
            (Axis::around(all().map(|p| p.0), false), Axis::around(all().map(|p| p.1), self.log_y))
        };
        let place = |p: (f64, f64)| (left + x.at(p.0) * (right - left), bottom - y.at(p.1) * (bottom - top));
        let mut picture = Picture::new(WIDTH, HEIGHT);
        picture.title(((left + right) / 2.0, 26.0), &self.title);
        for (tick, says) in x.ticks() {
            let at = left + x.at(tick) * (right - left);
            picture.segment((at, top), (at, bottom), GRID, 1.0, false);
            picture.text((at, bottom + 18.0), Anchor::Middle, TICK, &says);
        }
        for (tick, says) in y.ticks() {
            let at = bottom - y.at(tick) * (bottom - top);
            picture.segment((left, at), (right, at), GRID, 1.0, false);
            picture.text((left - 8.0, at + 4.5), Anchor::End, TICK, &says);
        }
        picture.segment((left, top), (left, bottom), TICK, 1.2, false);
        picture.segment((left, bottom), (right, bottom), TICK, 1.2, false);
        picture.text(((left + right) / 2.0, HEIGHT - 12.0), Anchor::Middle, INK, &self.x_label);
        picture.upwards((20.0, (top + bottom) / 2.0), &self.y_label);
        if self.diagonal {
            picture.segment(place((0.0, 0.0)), place((1.0, 1.0)), Colour([0x88; 3], 1.0), 1.2, true);
        }
        let mut drawn = Vec::new();
        for (line, colour) in self.lines.iter().zip(COLOURS.into_iter().cycle()) {
            let shown = |p: &(f64, f64)| p.0.is_finite() && p.1.is_finite() && (!self.log_y || p.1 > 0.0);
            for run in line.points.split(|p| !shown(p)).filter(|run| !run.is_empty()) {
                let run: Vec<(f64, f64)> = run.iter().map(|&p| place(p)).collect();
                if line.marks == Marks::Points {
                    drawn.extend_from_slice(&run);
                } else {
                    picture.polyline(&run, colour);
                    drawn.extend(along(&run));
                }
                if line.marks != Marks::Line || run.len() == 1 {
                    run.iter().for_each(|&p| picture.dot(p, 3.2, colour));
                }
            }
        }
        self.legend(&mut picture, &drawn);
        picture
    }

    /// The names of the lines, over a white ground, in the corner that hides fewest of the `drawn` points (upper right where all are
    /// alike); none for a single line.
    fn legend(&self, picture: &mut Picture, drawn: &[(f64, f64)]) {
        if self.lines.len() < 2 {
            return;
        }
        let [left, top, right, bottom] = FRAME;
        let longest = self.lines.iter().map(|l| l.name.chars().count()).max().unwrap_or(0) as f64;
        let (width, height) = (longest * 7.2 + 48.0, self.lines.len() as f64 * 20.0 + 8.0);
        let (near, far) = (left + 10.0, right - width - 6.0);
        let (upper, lower) = (top + 6.0, bottom - height - 6.0);
        let hidden = |&(x, y): &(f64, f64)| {
            let inside = |p: &&(f64, f64)| (x..x + width).contains(&p.0) && (y..y + height).contains(&p.1);
            drawn.iter().filter(inside).count()
        };
        let corners = [(far, upper), (near, upper), (far, lower), (near, lower)];
        let (x, y) = corners.into_iter().min_by_key(hidden).unwrap_or(corners[0]);
        picture.rect((x, y), (width, height), Colour([255; 3], 0.85));
        for (i, (line, colour)) in self.lines.iter().zip(COLOURS.into_iter().cycle()).enumerate() {
            let y = y + 14.0 + 20.0 * i as f64;
            if line.marks != Marks::Points {
                picture.segment((x + 8.0, y), (x + 32.0, y), colour, 2.4, false);
            }
            if line.marks != Marks::Line {
                picture.dot((x + 20.0, y), 3.2, colour);
            }
            picture.text((x + 38.0, y + 4.5), Anchor::Start, INK, &line.name);
        }
    }
}

/// Points along a run, at most 4 units apart: what is drawn between the points of a line counts too.
fn along(run: &[(f64, f64)]) -> impl Iterator<Item = (f64, f64)> {
    let between = |pair: &[(f64, f64)]| {
        let ((x, y), (dx, dy)) = (pair[0], (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1));
        let n = (dx.hypot(dy) / 4.0).ceil().max(1.0);
        (0..n as usize).map(move |k| (x + dx * k as f64 / n, y + dy * k as f64 / n))
    };
    run.windows(2).flat_map(between).chain(run.last().copied())
}

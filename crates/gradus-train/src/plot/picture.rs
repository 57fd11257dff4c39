//! A picture: shapes on a white ground, which become SVG text, or pixels with the feature `png`.

use crate::error::{Error, ErrorKind, Result};
use crate::history::write;
use std::path::Path;

/// Colours that stay apart for colour-blind eyes (Okabe & Ito 2008), blue first, grey in place of their yellow.
pub(super) const COLOURS: [Colour; 8] = [
    Colour([0, 114, 178], 1.0),
    Colour([213, 94, 0], 1.0),
    Colour([0, 158, 115], 1.0),
    Colour([204, 121, 167], 1.0),
    Colour([230, 159, 0], 1.0),
    Colour([86, 180, 233], 1.0),
    Colour([0, 0, 0], 1.0),
    Colour([136, 136, 136], 1.0),
];

/// The colour of titles and labels, of ticks and axes, and of the grid.
pub(super) const INK: Colour = Colour([0x22; 3], 1.0);
pub(super) const TICK: Colour = Colour([0x44; 3], 1.0);
pub(super) const GRID: Colour = Colour([0xe4; 3], 1.0);

/// Red, green and blue, and how much of them is seen (0 to 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour(pub(super) [u8; 3], pub(super) f64);

/// A place in the picture, from its upper left corner.
pub(super) type Point = (f64, f64);

/// Where a text is anchored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One element of a picture.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Line {
        points: Vec<Point>,
        colour: Colour,
        width: f64,
        dashed: bool,
    },
    Dot {
        at: Point,
        radius: f64,
        colour: Colour,
    },
    Rect {
        at: Point,
        size: Point,
        colour: Colour,
    },
    /// Its baseline begins, has its middle or ends at `at`; it runs upwards where `upwards`.
    Text {
        at: Point,
        anchor: Anchor,
        size: f64,
        colour: Colour,
        upwards: bool,
        text: String,
    },
}

/// A picture: what every plot of this crate is drawn as.
///
/// ```
/// use gradus_train::plot::Chart;
/// let picture = Chart::new("Squares").line("k²", (0..9).map(|k| (k as f64, (k * k) as f64)).collect()).picture();
/// assert!(picture.svg().starts_with("<svg"));
/// # #[cfg(feature = "png")]
/// assert_eq!(&picture.png()[..4], b"\x89PNG"); // feature `png`
/// ```
#[derive(Clone, Debug)]
pub struct Picture {
    pub(super) size: Point,
    pub(super) shapes: Vec<Shape>,
}

impl Picture {
    /// An empty picture of this size.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Picture { size: (width, height), shapes: Vec::new() }
    }

    /// Everything of another picture, moved down by so much.
    pub(super) fn put(&mut self, other: &Picture, down: f64) {
        let moved = |shape: &Shape| {
            let mut shape = shape.clone();
            match &mut shape {
                Shape::Line { points, .. } => points.iter_mut().for_each(|p| p.1 += down),
                Shape::Dot { at, .. } | Shape::Rect { at, .. } | Shape::Text { at, .. } => at.1 += down,
            }
            shape
        };
        self.shapes.extend(other.shapes.iter().map(moved));
    }

    /// A straight line.
    pub(super) fn segment(&mut self, from: Point, to: Point, colour: Colour, width: f64, dashed: bool) {
        self.shapes.push(Shape::Line { points: vec![from, to], colour, width, dashed });
    }

    /// A line through points.
    pub(super) fn polyline(&mut self, points: &[Point], colour: Colour) {
        self.shapes.push(Shape::Line { points: points.to_vec(), colour, width: 1.8, dashed: false });
    }

    /// A filled dot.
    pub(super) fn dot(&mut self, at: Point, radius: f64, colour: Colour) {
        self.shapes.push(Shape::Dot { at, radius, colour });
    }

    /// A filled rectangle.
    pub(super) fn rect(&mut self, at: Point, size: Point, colour: Colour) {
        self.shapes.push(Shape::Rect { at, size, colour });
    }

    /// A text, its baseline at `at`.
    pub(super) fn text(&mut self, at: Point, anchor: Anchor, colour: Colour, text: &str) {
        let (size, upwards, text) = (13.0, false, text.to_owned());
        self.shapes.push(Shape::Text { at, anchor, size, colour, upwards, text });
    }

    /// A larger text.
    pub(super) fn title(&mut self, at: Point, text: &str) {
        let (anchor, size, colour, upwards, text) = (Anchor::Middle, 16.0, INK, false, text.to_owned());
        self.shapes.push(Shape::Text { at, anchor, size, colour, upwards, text });
    }

    /// A text that runs upwards.
    pub(super) fn upwards(&mut self, at: Point, text: &str) {
        let (anchor, size, colour, upwards, text) = (Anchor::Middle, 13.0, INK, true, text.to_owned());
        self.shapes.push(Shape::Text { at, anchor, size, colour, upwards, text });
    }

    /// The picture as SVG text.
    pub fn svg(&self) -> String {
        super::svg::svg(self)
    }

    /// The picture as a PNG file, with two pixels a unit of length. The letters are those of the font that this crate brings
    /// along (Latin, Greek, the signs of mathematics); a sign that it has not is an empty box.
    #[cfg(feature = "png")]
    pub fn png(&self) -> Vec<u8> {
        super::png::png(self, 2.0)
    }

    /// Writes the picture to a file, as the end of its name says: `.svg`, or `.png` with the feature `png`. Folders on the way
    /// are made.
    ///
    /// # Errors
    /// If the name ends otherwise, or the file cannot be written.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let bad = |why: &str| Err(Error::new(ErrorKind::Argument, format!("plot: {}: {why}", path.display())));
        match path.extension().and_then(|end| end.to_str()) {
            Some("svg") => write(path, self.svg().as_bytes()),
            #[cfg(feature = "png")]
            Some("png") => write(path, &self.png()),
            #[cfg(not(feature = "png"))]
            Some("png") => bad("pixels need the feature `png`; turn it on, or write .svg"),
            _ => bad("a picture's name ends in .svg or .png"),
        }
    }
}

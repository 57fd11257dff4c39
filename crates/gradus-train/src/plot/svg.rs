//! The few SVG elements that the pictures are made of.

use std::fmt::Write;

/// Colours that stay apart for colour-blind eyes (Okabe & Ito 2008), blue first.
pub(super) const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// Where a text is anchored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture under way.
#[derive(Debug)]
pub(super) struct Svg(String);

impl Svg {
    /// An empty white picture of this size.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Svg(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        ))
    }

    fn put(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{element}");
    }

    /// A straight line.
    pub(super) fn segment(&mut self, from: (f64, f64), to: (f64, f64), stroke: &str, width: f64, dash: bool) {
        let dash = if dash { " stroke-dasharray=\"5 4\"" } else { "" };
        self.put(format_args!(
            "<line x1=\"{:.2}\" y1=\"{:.2}\" x2=\"{:.2}\" y2=\"{:.2}\" stroke=\"{stroke}\" stroke-width=\"{width}\"{dash}/>",
            from.0, from.1, to.0, to.1
        ));
    }

    /// A line through points.
    pub(super) fn polyline(&mut self, points: &[(f64, f64)], stroke: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.2},{y:.2}")).collect();
        let points = points.join(" ");
        self.put(format_args!(
            "<polyline points=\"{points}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"1.8\" stroke-linejoin=\"round\"/>"
        ));
    }

    /// A filled dot.
    pub(super) fn dot(&mut self, at: (f64, f64), radius: f64, fill: &str) {
        self.put(format_args!("<circle cx=\"{:.2}\" cy=\"{:.2}\" r=\"{radius}\" fill=\"{fill}\"/>", at.0, at.1));
    }

    /// A filled rectangle.
    pub(super) fn rect(&mut self, at: (f64, f64), size: (f64, f64), fill: &str) {
        self.put(format_args!(
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" fill=\"{fill}\"/>",
            at.0, at.1, size.0, size.1
        ));
    }

    /// A text, its baseline at `at`.
    pub(super) fn text(&mut self, at: (f64, f64), anchor: Anchor, fill: &str, text: &str) {
        self.styled(at, anchor, &format!("fill=\"{fill}\""), text);
    }

    /// A larger text.
    pub(super) fn title(&mut self, at: (f64, f64), text: &str) {
        self.styled(at, Anchor::Middle, "font-size=\"16\" fill=\"#222\"", text);
    }

    /// A text that runs upwards.
    pub(super) fn upwards(&mut self, at: (f64, f64), text: &str) {
        let turn = format!("transform=\"rotate(-90 {:.2} {:.2})\" fill=\"#222\"", at.0, at.1);
        self.styled(at, Anchor::Middle, &turn, text);
    }

    fn styled(&mut self, at: (f64, f64), anchor: Anchor, style: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        self.put(format_args!(
            "<text x=\"{:.2}\" y=\"{:.2}\" text-anchor=\"{anchor}\" {style}>{text}</text>",
            at.0, at.1
        ));
    }

    /// The whole picture.
    pub(super) fn finish(mut self) -> String {
        self.0 += "</svg>\n";
        self.0
    }
}

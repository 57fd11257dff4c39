//! A picture as SVG text, written by hand: four kinds of elements cost no dependency.

use super::picture::{Anchor, Colour, Picture, Shape};
use std::fmt;
use std::fmt::Write;

/// The whole picture.
pub(super) fn svg(picture: &Picture) -> String {
    let (width, height) = picture.size;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for shape in &picture.shapes {
        // Writing to a String cannot fail.
        let _ = element(&mut out, shape);
    }
    out + "</svg>\n"
}

fn element(out: &mut String, shape: &Shape) -> fmt::Result {
    match shape {
        Shape::Line { points, colour, width, dashed } => {
            let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.2},{y:.2}")).collect();
            let (points, colour) = (points.join(" "), paint("stroke", *colour));
            let dash = if *dashed { " stroke-dasharray=\"5 4\"" } else { "" };
            let ends = "fill=\"none\" stroke-linejoin=\"round\"";
            writeln!(out, "<polyline points=\"{points}\" {ends} {colour} stroke-width=\"{width}\"{dash}/>")
        }
        Shape::Dot { at: (x, y), radius, colour } => {
            writeln!(out, "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"{radius}\" {}/>", paint("fill", *colour))
        }
        Shape::Rect { at: (x, y), size: (w, h), colour } => {
            let colour = paint("fill", *colour);
            writeln!(out, "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{w:.2}\" height=\"{h:.2}\" {colour}/>")
        }
        Shape::Text { at: (x, y), anchor, size, colour, upwards, text } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let size = if *size == 13.0 { String::new() } else { format!(" font-size=\"{size}\"") };
            let turn = if *upwards { format!(" transform=\"rotate(-90 {x:.2} {y:.2})\"") } else { String::new() };
            let (colour, text) = (paint("fill", *colour), escaped(text));
            writeln!(out, "<text x=\"{x:.2}\" y=\"{y:.2}\" text-anchor=\"{anchor}\"{size}{turn} {colour}>{text}</text>")
        }
    }
}

/// An attribute with a colour, and another where something is seen through it.
fn paint(what: &str, Colour([r, g, b], opacity): Colour) -> String {
    let opaque = format!("{what}=\"#{r:02x}{g:02x}{b:02x}\"");
    if opacity < 1.0 { format!("{opaque} {what}-opacity=\"{opacity}\"") } else { opaque }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

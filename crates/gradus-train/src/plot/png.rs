//! A picture as pixels: paths filled by `tiny-skia`, letters as outlines of a font that comes along, read by `skrifa`.

use super::picture::{Anchor, Colour, Picture, Point, Shape};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, MetadataProvider};
use tiny_skia::{Color, FillRule, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform};

/// DejaVu Sans, cut down to Latin, Greek and mathematics (licence beside it).
const FONT: &[u8] = include_bytes!("../../font/DejaVuSans-subset.ttf");

/// The picture with so many pixels a unit of length, as the bytes of a PNG file.
pub(super) fn png(picture: &Picture, scale: f32) -> Vec<u8> {
    let pixels = |length: f64| ((length as f32 * scale).ceil() as u32).max(1);
    let mut map =
        Pixmap::new(pixels(picture.size.0), pixels(picture.size.1)).expect("a picture has at least one pixel a side");
    map.fill(Color::WHITE);
    let font = FontRef::new(FONT).expect("the font comes along whole");
    for shape in &picture.shapes {
        draw(&mut map, &font, shape, Transform::from_scale(scale, scale));
    }
    map.encode_png().expect("pixels in memory can be coded")
}

fn draw(map: &mut Pixmap, font: &FontRef<'_>, shape: &Shape, at: Transform) {
    match shape {
        Shape::Line { points, colour, width, dashed } => {
            let mut path = PathBuilder::new();
            for (i, &(x, y)) in points.iter().enumerate() {
                if i == 0 { path.move_to(x as f32, y as f32) } else { path.line_to(x as f32, y as f32) }
            }
            let dash = if *dashed { StrokeDash::new(vec![5.0, 4.0], 0.0) } else { None };
            let stroke = Stroke { width: *width as f32, line_join: LineJoin::Round, dash, ..Stroke::default() };
            // A line of no length has no path.
            if let Some(path) = path.finish() {
                map.stroke_path(&path, &paint(*colour), &stroke, at, None);
            }
        }
        Shape::Dot { at: (x, y), radius, colour } => {
            if let Some(path) = PathBuilder::from_circle(*x as f32, *y as f32, *radius as f32) {
                map.fill_path(&path, &paint(*colour), FillRule::Winding, at, None);
            }
        }
        Shape::Rect { at: (x, y), size: (w, h), colour } => {
            if let Some(rect) = Rect::from_xywh(*x as f32, *y as f32, *w as f32, *h as f32) {
                map.fill_rect(rect, &paint(*colour), at, None);
            }
        }
        Shape::Text { at: place, anchor, size, colour, upwards, text } => {
            let letters = Letters::of(font, text, *size as f32);
            let shift = match anchor {
                Anchor::Start => 0.0,
                Anchor::Middle => -0.5 * letters.width,
                Anchor::End => -letters.width,
            };
            let turn = if *upwards { Transform::from_rotate(-90.0) } else { Transform::identity() };
            let there = at.pre_concat(to(*place)).pre_concat(turn).pre_concat(Transform::from_translate(shift, 0.0));
            if let Some(path) = letters.path.finish() {
                map.fill_path(&path, &paint(*colour), FillRule::Winding, there, None);
            }
        }
    }
}

fn to((x, y): Point) -> Transform {
    Transform::from_translate(x as f32, y as f32)
}

fn paint(Colour([r, g, b], opacity): Colour) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(r, g, b, (opacity * 255.0).round() as u8);
    paint
}

/// The outlines of a line of text, from its origin to the right; y points down.
struct Letters {
    path: PathBuilder,
    /// How far the letters so far have come.
    width: f32,
}

impl Letters {
    fn of(font: &FontRef<'_>, text: &str, size: f32) -> Self {
        let size = Size::new(size);
        let (map, outlines) = (font.charmap(), font.outline_glyphs());
        let widths = font.glyph_metrics(size, LocationRef::default());
        let mut letters = Letters { path: PathBuilder::new(), width: 0.0 };
        for letter in text.chars() {
            // Glyph 0 is the box of what is not there.
            let glyph = map.map(letter).unwrap_or_default();
            if let Some(outline) = outlines.get(glyph) {
                // The font is ours and whole; a glyph that could not be drawn would leave a gap.
                let _ = outline.draw(DrawSettings::unhinted(size, LocationRef::default()), &mut letters);
            }
            letters.width += widths.advance_width(glyph).unwrap_or(0.0);
        }
        letters
    }
}

impl OutlinePen for Letters {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.width + x, -y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.width + x, -y);
    }
    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(self.width + cx, -cy, self.width + x, -y);
    }
    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        self.path.cubic_to(self.width + ax, -ay, self.width + bx, -by, self.width + x, -y);
    }
    fn close(&mut self) {
        self.path.close();
    }
}

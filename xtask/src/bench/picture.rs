//! Pictures as SVG, written by hand: bars of ratios and lines over a logarithmic plane.

/// A family of points with its name.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

const COLOURS: [&str; 6] = ["#1f6f8b", "#d1495b", "#edae49", "#66a182", "#5b4b8a", "#444444"];
const STYLE: &str = "<style>text{font:12px sans-serif;fill:#222}.t{font-weight:bold}.g{stroke:#ddd}</style>";

fn frame(width: f64, height: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\">{STYLE}<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

fn text(x: f64, y: f64, anchor: &str, class: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{words}</text>\n")
}

/// Horizontal bars of ratios, a mark at each target, a line at 1.
pub(crate) fn bars(title: &str, bars: &[(String, f64, Option<f64>)]) -> String {
    let (left, step, scale_width) = (210.0, 22.0, 460.0);
    let widest = bars.iter().map(|b| b.1.max(b.2.unwrap_or(0.0))).fold(1.0, f64::max);
    let x = |ratio: f64| left + scale_width * ratio / widest;
    let height = 60.0 + step * bars.len() as f64;
    let mut body = text(left, 22.0, "start", "t", title);
    for (i, (name, ratio, goal)) in bars.iter().enumerate() {
        let y = 40.0 + step * i as f64;
        let colour = if goal.is_some_and(|g| *ratio < 0.95 * g) { COLOURS[1] } else { COLOURS[0] };
        body.push_str(&text(left - 8.0, y + 12.0, "end", "", name));
        body.push_str(&format!(
            "<rect x=\"{left}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"15\" fill=\"{colour}\"/>\n",
            x(*ratio) - left
        ));
        let end = ratio.max(goal.unwrap_or(0.0));
        body.push_str(&text(x(end) + 5.0, y + 12.0, "start", "", &format!("{ratio:.2}")));
        if let Some(goal) = goal {
            let x = x(*goal);
            body.push_str(&format!(
                "<path d=\"M{x:.1} {:.1}V{:.1}\" stroke=\"#000\" stroke-width=\"2\"/>\n",
                y - 2.0,
                y + 17.0
            ));
        }
    }
    body.push_str(&format!(
        "<path d=\"M{:.1} 34V{:.1}\" stroke=\"#888\" stroke-dasharray=\"4\"/>\n",
        x(1.0),
        height - 16.0
    ));
    frame(left + scale_width + 60.0, height, &body)
}

/// Lines over axes that are both logarithmic, named where they end.
pub(crate) fn lines(title: &str, horizontal: &str, vertical: &str, lines: &[Line]) -> String {
    let (left, top, width, height) = (80.0, 40.0, 460.0, 260.0);
    let all: Vec<(f64, f64)> = lines.iter().flat_map(|l| l.points.iter().copied()).collect();
    let ends = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values.fold((f64::MAX, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
        (low.log10(), high.log10().max(low.log10() + 1e-9))
    };
    let (xs, ys) = (ends(&mut all.iter().map(|p| p.0)), ends(&mut all.iter().map(|p| p.1)));
    // Whole powers of ten from below the least to above the greatest.
    let ys = (ys.0.floor(), ys.1.ceil().max(ys.0.floor() + 1.0));
    let x = |v: f64| left + width * (v.log10() - xs.0) / (xs.1 - xs.0);
    let y = |v: f64| top + height * (1.0 - (v.log10() - ys.0) / (ys.1 - ys.0));
    let mut body = text(left, 22.0, "start", "t", title);
    body.push_str(&format!(
        "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\" class=\"g\"/>\n"
    ));
    let mut ticks: Vec<f64> = all.iter().map(|p| p.0).collect();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    ticks.iter().for_each(|v| body.push_str(&text(x(*v), top + height + 16.0, "middle", "", &format!("{v}"))));
    for power in ys.0 as i32..=ys.1 as i32 {
        let v = 10.0_f64.powi(power);
        body.push_str(&format!("<path d=\"M{left} {:.1}h{width}\" class=\"g\"/>\n", y(v)));
        body.push_str(&text(left - 6.0, y(v) + 4.0, "end", "", &format!("{v}")));
    }
    for (i, line) in lines.iter().enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let path: Vec<String> = line.points.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
        body.push_str(&format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n",
            path.join(" ")
        ));
    }
    // From the top down, each name below the one before.
    let end = |line: &Line| line.points.last().map(|(a, b)| (y(*b) + 4.0, x(*a) + 6.0, line.name.clone()));
    let mut names: Vec<(f64, f64, String)> = lines.iter().filter_map(end).collect();
    names.sort_by(|p, q| p.0.total_cmp(&q.0));
    let mut free = f64::MIN;
    for (y, x, name) in names {
        let y = y.max(free);
        body.push_str(&text(x, y, "start", "", &name));
        free = y + 13.0;
    }
    body.push_str(&text(left + width / 2.0, top + height + 36.0, "middle", "", horizontal));
    body.push_str(&text(left - 6.0, top - 8.0, "end", "", vertical));
    frame(left + width + 70.0, top + height + 50.0, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_holds_its_words_and_no_broken_number() {
        let svg = bars("a < b", &[("mlp".into(), 2.0, Some(2.5)), ("cnn".into(), 1.5, None)]);
        assert!(svg.contains("a &lt; b") && svg.contains("mlp") && svg.ends_with("</svg>\n"));
        let one = Line { name: "one".into(), points: vec![(8.0, 3.0)] };
        let two = Line { name: "two".into(), points: vec![(8.0, 3.0), (16.0, 9.0)] };
        let svg = lines("t", "width", "us", &[one, two]);
        assert!(svg.contains("two") && !svg.contains("NaN") && !svg.contains("inf"));
        // Two lines that end in one place have their names one below the other.
        let close = |name: &str| Line { name: name.into(), points: vec![(8.0, 3.0), (16.0, 9.0)] };
        let svg = lines("t", "width", "us", &[close("upper"), close("lower")]);
        let place = |name: &str| {
            svg.lines().find(|l| l.contains(name)).and_then(|l| l.split("y=\"").nth(1)?.split('"').next()?.parse().ok())
        };
        let (upper, lower): (Option<f64>, Option<f64>) = (place("upper"), place("lower"));
        assert!(lower.zip(upper).is_some_and(|(l, u)| l - u >= 13.0), "{svg}");
    }
}

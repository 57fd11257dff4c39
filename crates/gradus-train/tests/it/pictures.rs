//! Pictures: what a plot must show is there, as text and as pixels.

use gradus_train::ErrorKind;
use gradus_train::metric::{CalibrationError, Confusion, Metric};
use gradus_train::plot::{Chart, calibration, confusion, coverage};
use gradus_train::tensor::{Index, Tensor};

/// Three classes; of four samples of class 0 one is taken for 2, all others are right.
fn judged() -> (Confusion, CalibrationError) {
    let logits =
        Tensor::<f32>::from_slice(&[6, 3], &[9., 0., 0., 9., 0., 0., 9., 0., 0., 0., 0., 9., 0., 9., 0., 0., 0., 9.]);
    let labels = Index::new(&[6], vec![0, 0, 0, 0, 1, 2]);
    let (mut matrix, mut error) = (Confusion::new(), CalibrationError::new(10));
    matrix.update(&logits, &labels);
    error.update(&logits, &labels);
    (matrix, error)
}

fn chart() -> Chart {
    Chart::new("f & g < h")
        .x_label("t")
        .y_label("‖∇L‖²")
        .line("f", vec![(0.0, 1.0), (1.0, 2.0)])
        .dots("g", vec![(0.5, 1.5)])
}

#[test]
fn svg_names_everything_and_escapes_it() {
    let svg = chart().svg();
    for text in ["f &amp; g &lt; h", ">t<", ">‖∇L‖²<", ">g<", "<circle", "#0072b2"] {
        assert!(svg.contains(text), "{text} in {svg}");
    }
    let (matrix, error) = judged();
    let svg = confusion(&matrix).svg();
    // The full shade for a class that is always right; 3 of 4 in between.
    assert!(svg.contains("fill=\"#005aa5\"") && svg.contains(">3</text>"), "{svg}");
    assert!(calibration(&error).svg().contains("Calibration (expected error 0.1"), "{}", calibration(&error).svg());
}

/// Targets at the mean lie in every interval: the mean of 1 − level over 0.05, …, 0.95 is ½; targets far out lie in none.
#[test]
fn coverage_is_the_share_of_targets_inside() {
    let predicted = gradus_nn::Gaussian { mean: Tensor::<f64>::zeros(&[4]), variance: Tensor::ones(&[4]) };
    for y in [0.0, 100.0] {
        let svg = coverage(&predicted, &Tensor::full(&[4], y)).svg();
        assert!(svg.contains("Coverage of intervals (mean error 0.500)"), "{svg}");
        // All dots at one height, that of a share of 1 or of 0.
        let heights: std::collections::BTreeSet<&str> =
            svg.split("<circle").skip(1).map(|t| t.split("cy=\"").nth(1).unwrap().split('"').next().unwrap()).collect();
        assert_eq!(heights.len(), 1, "{heights:?}");
    }
}

#[test]
fn points_have_no_line() {
    let at = vec![(0.0, 0.0), (0.5, 1.0), (1.0, 0.5)];
    let drawn = |chart: Chart| ["<circle", "<polyline"].map(|tag| chart.svg().matches(tag).count());
    let [circles, lines] = drawn(Chart::new("").dots("one", at.clone()));
    // The other lines are those of the grid.
    assert_eq!((circles, drawn(Chart::new("").points("one", at))), (3, [3, lines - 1]));
}

/// Where the name of a line stands.
fn name_stands(svg: &str, name: &str) -> (f64, f64) {
    let tag = svg.split("<text").find(|t| t.contains(&format!(">{name}<"))).unwrap();
    let number =
        |key: &str| tag.split_once(&format!(" {key}=\"")).unwrap().1.split('"').next().unwrap().parse().unwrap();
    (number("x"), number("y"))
}

#[test]
fn names_of_lines_stand_where_they_hide_least() {
    let line =
        |k: f64, d: f64| Chart::new("").line("one", vec![(0.0, k), (1.0, d)]).line("two", vec![(0.0, k), (1.0, d)]);
    // Rising lines end in the upper right corner, falling ones start in the upper left.
    let (x, y) = name_stands(&line(0.0, 1.0).svg(), "one");
    assert!(x < 360.0 && y < 220.0, "rising: {x}, {y}");
    let (x, y) = name_stands(&line(1.0, 0.0).svg(), "one");
    assert!(x > 360.0 && y < 220.0, "falling: {x}, {y}");
    // A roof takes both upper corners.
    let roof = Chart::new("").line("one", vec![(0.0, 0.9), (1.0, 0.9)]).line("two", vec![(0.5, 1.0), (0.5, 0.0)]);
    let (_, y) = name_stands(&roof.svg(), "one");
    assert!(y > 220.0, "roof: {y}");
}

#[test]
fn a_name_says_the_kind_of_file() {
    let dir = crate::folder("pictures");
    chart().write(dir.join("new/chart.svg")).unwrap();
    assert_eq!(std::fs::read_to_string(dir.join("new/chart.svg")).unwrap(), chart().svg());
    for name in ["chart", "chart.jpg"] {
        let error = chart().write(dir.join(name)).unwrap_err();
        assert!(error.kind() == ErrorKind::Argument && error.to_string().contains(".svg or .png"), "{error}");
    }
    let png = chart().write(dir.join("chart.png"));
    if cfg!(feature = "png") {
        png.unwrap();
        assert!(std::fs::read(dir.join("chart.png")).unwrap().starts_with(b"\x89PNG\r\n\x1a\n"));
    } else {
        assert!(png.unwrap_err().to_string().contains("the feature `png`"));
    }
}

#[cfg(feature = "png")]
fn pixels(picture: &gradus_train::plot::Picture) -> tiny_skia::Pixmap {
    tiny_skia::Pixmap::decode_png(&picture.png()).unwrap()
}

/// How many pixels of a rectangle (in units of the picture) are darker than grey.
#[cfg(feature = "png")]
fn ink(map: &tiny_skia::Pixmap, x: std::ops::Range<u32>, y: std::ops::Range<u32>) -> usize {
    let dark = |x: u32, y: u32| map.pixel(x, y).is_some_and(|p| p.red() < 128 && p.green() < 128 && p.blue() < 128);
    (2 * y.start..2 * y.end).map(|y| (2 * x.start..2 * x.end).filter(|&x| dark(x, y)).count()).sum()
}

#[test]
#[cfg(feature = "png")]
fn pixels_are_where_the_text_of_the_svg_says() {
    let (matrix, _) = judged();
    let map = pixels(&confusion(&matrix));
    assert_eq!((map.width(), map.height()), (2 * (84 + 420 + 24), 2 * (64 + 420 + 56)));
    let colour = |x: u32, y: u32| map.pixel(2 * x, 2 * y).map(|p| [p.red(), p.green(), p.blue()]).unwrap();
    // Cells are 140 wide: class 1 as 1 is full, class 1 as 0 empty.
    assert_eq!((colour(84 + 150, 64 + 150), colour(84 + 10, 64 + 150)), ([0, 90, 165], [245, 247, 250]));
    // The title, the classes at the left, and the count 3 in white on the first cell: ink, or none around it.
    assert!(ink(&map, 200..400, 12..30) > 300, "title");
    assert!(ink(&map, 60..80, 64..484) > 40, "classes");
    assert_eq!(ink(&map, 0..528, 0..10), 0);
}

#[test]
#[cfg(feature = "png")]
fn letters_have_their_widths_and_none_is_a_gap() {
    let picture = |title: &str| Chart::new(title).picture();
    // The title is the only text above the frame: all ink there is its own.
    let width = |title: &str| {
        let map = pixels(&picture(title));
        let used: Vec<u32> = (76..700).filter(|&x| ink(&map, x..x + 1, 8..34) > 0).collect();
        used.last().map_or(0, |last| last - used[0] + 1)
    };
    assert_eq!(width(""), 0);
    // In DejaVu Sans an m is 1.99 e-widths less 0.4: twelve of them are far wider than twelve l.
    assert!(width("mmmmmmmmmmmm") > 2 * width("llllllllllll"));
    for letter in "Aà‖∇²ᵀᵢλ→≤∞σ".chars() {
        assert!(width(&format!("|{letter}|")) > width("||"), "{letter}");
    }
}

//! CSV: types, missing values, places in errors, and the stream.

use gradus_data::csv::{Csv, StreamPosition, Type, Values};
use gradus_data::ndarray::{Array2, array};
use gradus_data::{Kind, Rows};

use crate::{Scratch, fixture};

#[test]
fn a_file_of_pythons_csv_writer() {
    let table = Csv::new().read(fixture("quoted.csv")).unwrap();
    assert_eq!(table.names().collect::<Vec<_>>(), ["id", "height, cm", "kind", "note"]);
    let Values::Number(height) = &table.column("height, cm").unwrap().values else { panic!("a number") };
    assert_eq!((height[0], height[2]), (181.5, -1e3));
    assert!(height[1].is_nan() && height[3].is_nan());
    let Values::Category { codes, texts } = &table.column("note").unwrap().values else { panic!("a category") };
    assert_eq!(texts, &["blanks", "said \"no\"", "two\nlines"]);
    assert_eq!(codes, &[Some(1), Some(2), Some(0), None]);
    assert_eq!(table.labels("kind").unwrap().to_vec(), [0, 1, 0, 2]);
}

#[test]
fn inputs_and_answers() {
    let table = Csv::new().parse(b"a,b,y,z\n1,2,3,4\n5,6,7,8\n").unwrap();
    let set = table.regression::<f64>(&["z", "y"]).unwrap();
    assert_eq!((set.x, set.y), (array![[1.0, 2.0], [5.0, 6.0]], array![[4.0, 3.0], [8.0, 7.0]]));
    let set = table.classification::<f32>("y").unwrap();
    assert_eq!((set.x, set.y), (array![[1.0, 2.0, 4.0], [5.0, 6.0, 8.0]], array![3, 7]));
}

#[test]
fn options() {
    let no_header = Csv::new().header(false).delimiter(b';').parse(b"1;2\n3;4").unwrap();
    assert_eq!(no_header.matrix::<f32>(&["1", "0"]).unwrap(), array![[2.0, 1.0], [4.0, 3.0]]);
    let dashes = Csv::new().missing(&["-"]).parse(b"a\n1\n-\n").unwrap();
    assert!(dashes.matrix::<f32>(&["a"]).unwrap()[[1, 0]].is_nan());
    let listed =
        Csv::new().column("k", Type::OneOf(vec!["low".into(), "high".into()])).parse(b"k\nhigh\nlow\n").unwrap();
    assert_eq!(listed.labels("k").unwrap().to_vec(), [1, 0]);
    let with_mark = Csv::new().parse("\u{feff}a,b\r\n1,2\r\n".as_bytes()).unwrap();
    assert_eq!(with_mark.names().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(Csv::new().parse(b"").unwrap().len(), 0);
}

#[test]
fn errors_name_row_line_and_column() {
    let message = |csv: Csv, text: &str| {
        let error = csv.parse(text.as_bytes()).unwrap_err();
        (error.kind(), error.to_string())
    };
    let number = || Csv::new().column("age", Type::Number);
    assert_eq!(
        message(number(), "id,age\n1,2\n\"x\ny\",old\n"),
        (Kind::Value, "csv: row 2 (line 3), column \"age\": expected a finite number, got \"old\"".into())
    );
    assert_eq!(
        message(number(), "id,age\n1,1e999\n"),
        (Kind::Value, "csv: row 1 (line 2), column \"age\": expected a finite number, got \"1e999\"".into())
    );
    assert_eq!(
        message(Csv::new(), "a,b\n1,2\n\n1,2,3\n"),
        (Kind::Shape, "csv: row 2 (line 4) has 3 fields, expected 2".into())
    );
    for ending in ["\n", "\r\n"] {
        for tail in ["", ending] {
            let text = format!("a,b{ending}{ending}1,\"2{ending}\"{ending}{ending}3,x{ending}5{tail}");
            assert_eq!(
                message(Csv::new(), &text),
                (Kind::Shape, "csv: row 3 (line 7) has 1 fields, expected 2".into()),
                "{text:?}"
            );
        }
    }
    assert_eq!(
        message(number(), "id,ages\n1,2\n"),
        (Kind::Name, "csv: a type is declared for \"age\", no such column; did you mean \"ages\"?".into())
    );
    assert_eq!(
        message(Csv::new(), "a,b,a\n"),
        (Kind::Name, "csv: two columns are called \"a\"; without a header line say header(false)".into())
    );
    assert_eq!(
        message(Csv::new().column("k", Type::OneOf(vec!["a".into()])), "k\na\nb\n"),
        (Kind::Value, "csv: row 2 (line 3), column \"k\": \"b\" is none of [\"a\"]".into())
    );
    let open_quote = format!("a\n\"{}", "x,".repeat(200_000));
    assert_eq!(message(Csv::new().max_record(1000), &open_quote).0, Kind::Limit);
    let table = Csv::new().parse(b"y\n1\n\"\"\n").unwrap();
    assert_eq!(table.labels("y").unwrap_err().to_string(), "csv: row 2, column \"y\": expected a class, got NaN");
}

fn numbered(rows: usize) -> String {
    let mut text = String::from("a,b,kind\n");
    for row in 0..rows {
        let kind = ["low", "high"][row % 2];
        text += &format!("{row},\"{}\",{kind}\n", row * 2);
        if row % 7 == 0 {
            text += "\n"; // blank lines are no rows
        }
    }
    text
}

#[test]
fn a_stream_gives_the_table_block_by_block_and_goes_on_anywhere() {
    let scratch = Scratch::new("stream");
    let text = numbered(101);
    let plain = scratch.file("plain.csv", text.as_bytes());
    let marked = scratch.file("marked.csv", format!("\u{feff}{text}").as_bytes());
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
    let packed = scratch.file("packed.csv.gz", &encoder.finish().unwrap());
    let csv = Csv::new().column("kind", Type::OneOf(vec!["low".into(), "high".into()]));
    let whole = csv.read(&plain).unwrap().matrix::<f64>(&["kind", "a", "b"]).unwrap();
    for path in [&plain, &marked, &packed] {
        let mut stream = csv.stream::<f64>(path, &["kind", "a", "b"]).unwrap();
        let mut blocks = Vec::new();
        let mut places = vec![stream.position()];
        while let Some(block) = stream.next_block(10).unwrap() {
            blocks.push(block);
            places.push(stream.position());
        }

        assert_eq!(Array2::stack(&blocks.iter().collect::<Vec<_>>()).unwrap(), whole);
        for (at, block) in places.iter().zip(&blocks).rev() {
            let text = serde_json::to_string(at).unwrap();
            let mut again = csv.stream::<f64>(path, &["kind", "a", "b"]).unwrap();
            again.resume(serde_json::from_str::<StreamPosition>(&text).unwrap()).unwrap();
            assert_eq!(again.next_block(10).unwrap().as_ref(), Some(block), "{path:?} {at:?}");
        }
    }
}

#[test]
fn a_stream_names_the_place_of_an_error_after_resuming_too() {
    let scratch = Scratch::new("stream-errors");
    let path = scratch.file("bad.csv", b"a,b\n1,2\n3,4\n5,x\n7,8\n");
    let mut stream = Csv::new().stream::<f32>(&path, &["b"]).unwrap();
    stream.next_block(2).unwrap();
    let at = stream.position();
    stream.resume(at).unwrap();
    let error = stream.next_block(2).unwrap_err().to_string();
    assert!(error.ends_with("row 3 (line 4), column \"b\": expected a finite number, got \"x\""), "{error}");
    assert_eq!(stream.next_block(2).unwrap().unwrap(), array![[8.0]]);
    let error = Csv::new().stream::<f32>(&path, &["c"]).unwrap_err();
    assert!(error.to_string().ends_with("no column \"c\"; did you mean \"a\"?"), "{error}");
}

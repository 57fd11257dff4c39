//! The folders in which UCI sets and MNIST come.

use std::io::Write;

use gradus_data::ndarray::Array3;
use gradus_data::uci::Uci;
use gradus_data::{Kind, idx, mnist};

use crate::Scratch;

#[cfg(feature = "yacht")]
#[test]
fn yacht_has_its_published_splits() {
    let yacht = gradus_data::uci::yacht::<f64>();
    assert_eq!((yacht.data.x.dim(), yacht.data.y.dim(), yacht.n_splits()), ((308, 6), (308, 1), 20));
    // The first line of the file, and extremes from the publisher's description.
    assert_eq!(yacht.data.x.row(0).to_vec(), [-2.3, 0.568, 4.78, 3.99, 3.17, 0.125]);
    assert_eq!(yacht.data.y.iter().fold(f64::MIN, |a, &b| a.max(b)), 62.42);
    for (train, test) in yacht.splits() {
        let mut all: Vec<usize> = train.iter().chain(test).copied().collect();
        all.sort_unstable();
        assert_eq!((test.len(), all), (31, (0..308).collect()));
    }
}

fn uci_folder(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch.file("data.txt", b" 1 2\t3\n4 5 6\n\n7 8 9\n");
    scratch.file("index_features.txt", b"2\n0\n");
    scratch.file("index_target.txt", b"1\n");
    scratch.file("index_train_0.txt", b"1.000000000000000000e+00\n2.0\n");
    scratch.file("index_test_0.txt", b"0\n");
    scratch
}

#[test]
fn a_folder_with_plain_split_files() {
    let folder = uci_folder("uci");
    let set = Uci::<f32>::read(&folder.0).unwrap();
    let (train, test) = set.split(0);
    assert_eq!(train.x.rows().into_iter().map(|r| r.to_vec()).collect::<Vec<_>>(), [[6.0, 4.0], [9.0, 7.0]]);
    assert_eq!(test.y[[0, 0]], 2.0);
}

#[test]
fn what_is_wrong_with_a_folder_is_said() {
    let cases: [(&str, &[u8], Kind, &str); 5] = [
        ("data.txt", b"1 2 3\n4 x 6\n", Kind::Value, "line 2, column 1: expected a finite number, got \"x\""),
        ("data.txt", b"1 2 3\n4 5\n", Kind::Shape, "line 2: 2 numbers where the lines before have 3"),
        ("index_target.txt", b"7\n", Kind::Argument, "columns: asked for sample 7 of a set of 3"),
        ("index_test_0.txt", b"-1\n", Kind::Value, "split 0: expected a row or column number, got -1"),
        ("n_splits.txt", b"20\n", Kind::Format, "n_splits.txt announces [20] splits, 1 are there"),
    ];
    for (file, bytes, kind, message) in cases {
        let folder = uci_folder("uci-bad");
        folder.file(file, bytes);
        let error = Uci::<f64>::read(&folder.0).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().ends_with(message), "{error}");
    }
}

#[test]
fn mnist_files_gzipped_or_not() {
    let folder = Scratch::new("mnist");
    let images = Array3::from_shape_fn((3, 2, 2), |(n, i, j)| (100 * n + 10 * i + j) as u8);
    let (mut bytes, mut packed) = (Vec::new(), flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    idx::write_to(&mut bytes, &images).unwrap();
    packed.write_all(&bytes).unwrap();
    folder.file("t10k-images-idx3-ubyte.gz", &packed.finish().unwrap());
    idx::write(folder.0.join("t10k-labels.idx1-ubyte"), &ndarray::array![3_u8, 1, 4]).unwrap();
    let test = mnist::read(&folder.0, mnist::Part::Test).unwrap();
    assert_eq!((&test.x, test.y.to_vec()), (&images, vec![3, 1, 4]));
    assert_eq!(mnist::flat(&test.x)[[2, 3]], 211.0 / 255.0);
    let error = mnist::read(&folder.0, mnist::Part::Train).unwrap_err();
    assert!(error.to_string().starts_with("mnist: no train-images-idx3-ubyte (or .gz) in "), "{error}");
    idx::write(folder.0.join("t10k-labels.idx1-ubyte"), &ndarray::array![3_u8]).unwrap();
    assert_eq!(mnist::read(&folder.0, mnist::Part::Test).unwrap_err().kind(), Kind::Shape);
}

use gradus_data::ndarray;

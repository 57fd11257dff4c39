//! npy, npz and IDX against files that NumPy and Python's struct wrote, and there and back.

use std::io::Cursor;

use gradus_data::ndarray::{Array, Array0, Array1, Array2, Array3, ArrayD, IxDyn, ShapeBuilder, array};
use gradus_data::npz::{Npz, NpzWriter};
use gradus_data::{Kind, idx, npy};
use proptest::prelude::*;

use crate::fixture;

/// 100 i + 10 j + k, as in the script that wrote the files.
fn cube() -> Array3<i64> {
    Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (100 * i + 10 * j + k) as i64)
}

#[test]
fn every_type_that_numpy_writes() {
    macro_rules! check {
        ($($name:literal $t:ty),*) => { $(
            let read: Array3<$t> = npy::read(fixture(concat!("cube_", $name, ".npy"))).unwrap();
            assert_eq!(read, cube().mapv(|v| v as $t), $name);
        )* };
    }
    check!("le_f4" f32, "be_f4" f32, "le_f8" f64, "be_f8" f64, "le_i4" i32, "be_i4" i32, "le_i8" i64, "u1" u8, "i1" i8,
        "le_u2" u16, "le_u4" u32, "le_u8" u64, "le_i2" i16);
}

#[test]
fn layouts_versions_and_odd_shapes() {
    let fortran: Array3<f64> = npy::read(fixture("cube_fortran.npy")).unwrap();
    assert_eq!(fortran, cube().mapv(|v| v as f64));
    let second: Array3<f32> = npy::read(fixture("version_2.npy")).unwrap();
    assert_eq!(second, cube().mapv(|v| v as f32));
    let scalar: Array0<f64> = npy::read(fixture("scalar.npy")).unwrap();
    assert_eq!(scalar.into_scalar(), 2.5);
    let empty: Array3<f32> = npy::read(fixture("empty.npy")).unwrap();
    assert_eq!(empty.shape(), [3, 0, 2]);
    let vector: Array1<f64> = npy::read(fixture("vector.npy")).unwrap();
    assert_eq!(vector.mapv(f64::to_bits), array![1.5, -0.0, f64::INFINITY, f64::NAN].mapv(f64::to_bits));
}

#[test]
fn our_npy_is_what_numpy_writes_byte_for_byte() {
    let mut bytes = Vec::new();
    npy::write_to(&mut bytes, &cube().mapv(|v| v as f32)).unwrap();
    assert_eq!(bytes, std::fs::read(fixture("cube_le_f4.npy")).unwrap());
    let mut fortran = Array3::zeros((2, 3, 4).f());
    fortran.assign(&cube().mapv(|v| v as f64));
    bytes.clear();
    npy::write_to(&mut bytes, &fortran).unwrap();
    assert_eq!(bytes, std::fs::read(fixture("cube_fortran.npy")).unwrap());
}

#[test]
fn npz_plain_and_packed() {
    for name in ["plain.npz", "packed.npz"] {
        let mut file = Npz::open(fixture(name)).unwrap();
        assert_eq!(file.names(), ["cube", "labels"]);
        assert_eq!(file.get::<f64, _>("cube").unwrap(), cube().mapv(|v| v as f64));
        assert_eq!(file.get::<i64, _>("labels").unwrap(), Array1::from_iter(0..7));
        let error = file.get::<f64, IxDyn>("cubes").unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (Kind::Name, "npz: no array \"cubes\"; did you mean \"cube\"?")
        );
    }
}

#[test]
fn npz_there_and_back_and_a_flipped_bit_is_noticed() {
    for compress in [false, true] {
        let mut writer = NpzWriter::new(Cursor::new(Vec::new()), compress);
        writer.add("a", &Array2::from_shape_fn((30, 5), |(i, j)| (i * j) as f32)).unwrap();
        writer.add("b", &array![1_u8, 2, 3]).unwrap();
        assert_eq!(writer.add("b", &array![1_u8]).unwrap_err().kind(), Kind::Name);
        let bytes = writer.finish().unwrap().into_inner();
        let mut file = Npz::new(Cursor::new(bytes.clone())).unwrap();
        assert_eq!(file.get::<f32, ndarray::Ix2>("a").unwrap()[[29, 4]], 116.0);
        assert_eq!(file.get::<u8, _>("b").unwrap(), array![1, 2, 3]);
        if !compress {
            let at = bytes.windows(4).position(|w| w == 116.0_f32.to_le_bytes()).unwrap();
            let mut bytes = bytes;
            bytes[at + 1] ^= 1;
            let error = Npz::new(Cursor::new(bytes)).unwrap().get::<f32, IxDyn>("a").unwrap_err();
            assert_eq!(error.kind(), Kind::Checksum);
        }
    }
}

#[test]
fn idx_plain_and_gzipped() {
    let expected = array![[0.5_f32, 1.5, -2.0], [1e30, 0.0, -1.0]];
    for name in ["floats.idx", "floats.idx.gz"] {
        assert_eq!(idx::read::<f32, _>(fixture(name)).unwrap(), expected);
    }
    let mut bytes = Vec::new();
    idx::write_to(&mut bytes, &expected).unwrap();
    assert_eq!(bytes, std::fs::read(fixture("floats.idx")).unwrap());
    assert_eq!(idx::write_to(&mut bytes, &array![1_u32]).unwrap_err().kind(), Kind::Type);
}

#[test]
fn another_type_or_rank_is_named() {
    let error = npy::read::<f32, IxDyn>(fixture("cube_le_f8.npy")).unwrap_err();
    assert_eq!(error.kind(), Kind::Type);
    assert!(
        error.to_string().ends_with("asked for f32 ('f4'), the file holds '<f8'; ask for that, then convert"),
        "{error}"
    );
    let error = npy::read::<f64, ndarray::Ix2>(fixture("cube_le_f8.npy")).unwrap_err();
    assert_eq!(error.kind(), Kind::Shape);
    assert!(error.to_string().ends_with("asked for 2 dimensions, the file has 3: [2, 3, 4]"), "{error}");
    let error = idx::read::<u8, IxDyn>(fixture("floats.idx")).unwrap_err();
    assert!(error.to_string().ends_with("asked for u8, the file holds f32"), "{error}");
}

use gradus_data::ndarray;

proptest! {
    #[test]
    fn there_and_back(shape in proptest::collection::vec(0_usize..5, 0..5), seed: i32, fortran: bool) {
        let n: usize = shape.iter().product();
        let values: Vec<i32> = (0..n as i32).map(|v| v.wrapping_mul(seed)).collect();
        let array: ArrayD<i32> = Array::from_shape_vec(IxDyn(&shape).set_f(fortran), values).unwrap();
        let (mut as_npy, mut as_idx) = (Vec::new(), Vec::new());
        npy::write_to(&mut as_npy, &array).unwrap();
        idx::write_to(&mut as_idx, &array).unwrap();
        prop_assert_eq!(&npy::parse::<i32, IxDyn>(&as_npy).unwrap(), &array);
        prop_assert_eq!(&idx::parse::<i32, IxDyn>(&as_idx).unwrap(), &array);
        // And every file that is cut short is refused.
        for cut in [0, as_npy.len() / 2, as_npy.len() - 1] {
            prop_assert_eq!(npy::parse::<i32, IxDyn>(&as_npy[..cut]).unwrap_err().kind(), Kind::Truncated);
        }
    }
}

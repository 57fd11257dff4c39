//! Mean 0, variance 1, and the exact way back.

use gradus_data::ndarray::{Array1, Array2, Array4, Axis, array};
use gradus_data::rand::RngExt;
use gradus_data::{Kind, Standardizer};

use crate::seeded;

fn noise(shape: (usize, usize), seed: u64) -> Array2<f64> {
    let rng = &mut seeded(seed);
    Array2::from_shape_simple_fn(shape, || rng.random::<f64>() * 2.0 - 1.0)
}

#[test]
fn columns_get_mean_zero_and_variance_one() {
    let x = noise((200, 5), 1) * &array![1.0, 1e-6, 1e6, 1e150, 3.0] + &array![0.0, 5.0, -1e6, 0.0, 1e3];
    let z = Standardizer::fit(&x).unwrap().transform(&x);
    for column in z.columns() {
        let mean = column.mean().unwrap();
        let variance = column.mapv(|v| (v - mean).powi(2)).mean().unwrap();
        assert!(mean.abs() < 1e-8, "mean {mean}");
        assert!((variance - 1.0).abs() < 1e-8, "variance {variance}");
    }
}

#[test]
fn a_constant_column_becomes_zero_and_stays_finite() {
    let x = array![[0.1_f32, 7.0], [0.1, 8.0], [0.1, 9.0]];
    let units = Standardizer::fit(&x).unwrap();
    assert_eq!(units.scale()[0], 1.0);
    assert_eq!(units.transform(&x).column(0), array![0.0, 0.0, 0.0]);
    assert!(units.transform(&array![[1e30_f32, 8.0]]).iter().all(|v| v.is_finite()));
}

#[test]
fn statistics_of_the_extremes_are_finite() {
    let x = array![[1e308_f64, 5e-324], [-1e308, 0.0], [1e308, 5e-324]];
    let units = Standardizer::fit(&x).unwrap();
    assert!(units.mean().iter().chain(units.scale()).all(|v| v.is_finite()));
    assert!(units.transform(&x).iter().all(|v| v.is_finite()));
}

#[test]
fn inverse_undoes_transform() {
    let x = noise((50, 4), 2) * 30.0 + 7.0;
    let units = Standardizer::fit(&x).unwrap();
    let back = units.inverse(&units.transform(&x));
    assert!(back.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-13 * 40.0));
}

#[test]
fn a_linear_model_predicts_the_same_in_either_units() {
    let x =
        noise((60, 7), 3) * &array![1.0, 10.0, 1e3, 1e-3, 5.0, 2.0, 0.0] + &array![0.0, 3.0, 1e3, 1.0, 0.0, -5.0, 4.0];
    let units = Standardizer::fit(&x).unwrap();
    let (w_hat, b_hat) = (noise((3, 7), 4), noise((1, 3), 5).row(0).to_owned());
    let standard = units.transform(&x).dot(&w_hat.t()) + &b_hat;
    let (w, b) = units.in_units_of_x(&w_hat, &b_hat);
    let raw = x.dot(&w.t()) + &b;
    assert!(standard.iter().zip(&raw).all(|(a, b)| (a - b).abs() < 1e-11));
    let (again, b_again) = units.in_standard_units(&w, &b);
    assert!(again.iter().zip(&w_hat).all(|(a, b)| (a - b).abs() < 1e-13));
    assert!(b_again.iter().zip(&b_hat).all(|(a, b)| (a - b).abs() < 1e-11));
    // And answers: ŷ = (y − m)/s.
    let answers = Standardizer::new(array![1.0, -2.0, 100.0], array![0.5, 3.0, 20.0]).unwrap();
    let (w_y, b_y) = answers.in_units_of_y(&w, &b);
    let direct = answers.inverse(&raw);
    assert!((x.dot(&w_y.t()) + &b_y).iter().zip(&direct).all(|(a, b)| (a - b).abs() < 1e-9));
}

#[test]
fn channels_of_images_have_their_own_statistics() {
    let x = Array4::from_shape_fn((6, 2, 3, 3), |(n, c, h, w)| (n + 10 * h + w) as f64 * (1.0 + 9.0 * c as f64));
    let units = Standardizer::fit_axis(&x, Axis(1)).unwrap();
    assert_eq!(units.mean().len(), 2);
    let z = units.transform(&x);
    for channel in z.axis_iter(Axis(1)) {
        assert!(channel.mean().unwrap().abs() < 1e-13);
    }
}

#[test]
fn it_is_saved_and_checked_on_loading() {
    let units = Standardizer::fit(&noise((9, 2), 6)).unwrap();
    let text = serde_json::to_string(&units).unwrap();
    assert_eq!(serde_json::from_str::<Standardizer<f64>>(&text).unwrap(), units);
    let bad = r#"{"mean":[0.0],"scale":[0.0],"axis":1}"#;
    assert!(serde_json::from_str::<Standardizer<f64>>(bad).unwrap_err().to_string().contains("above 0"));
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let missing = Standardizer::fit(&array![[1.0, f64::NAN]]).unwrap_err();
    assert_eq!(missing.kind(), Kind::Value);
    assert!(missing.to_string().contains("column 1"), "{missing}");
    assert_eq!(Standardizer::fit(&Array2::<f32>::zeros((0, 3))).unwrap_err().kind(), Kind::Shape);
    assert_eq!(Standardizer::new(Array1::<f32>::zeros(2), Array1::ones(3)).unwrap_err().kind(), Kind::Shape);
}

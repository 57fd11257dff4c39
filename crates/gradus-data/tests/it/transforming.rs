//! Transforms keep what they learned from the training part, through saving and loading.

use gradus_data::ndarray::{Array2, array};
use gradus_data::{Fill, Impute, Kind, MinMax, OneHot, Pipeline, one_hot};

const NAN: f64 = f64::NAN;

#[test]
fn fills() {
    let x = array![[1.0, 5.0], [NAN, 5.0], [2.0, NAN], [6.0, 1.0], [2.0, 1.0]];
    let values = |fill| Impute::fit(&x, fill).unwrap().values().to_vec();
    assert_eq!(values(Fill::Mean), [2.75, 3.0]);
    assert_eq!(values(Fill::Median), [2.0, 3.0]);
    assert_eq!(values(Fill::MostFrequent), [2.0, 1.0]);
    assert_eq!(values(Fill::Constant(-1.0)), [-1.0, -1.0]);
    let error = Impute::fit(&array![[NAN]], Fill::Median).unwrap_err();
    assert_eq!(error.to_string(), "Impute: column 0 has no value at all; leave it out, or use Fill::Constant");
}

#[test]
fn min_max_reaches_both_ends_and_comes_back() {
    let x: Array2<f64> = array![[-3.0, 1e300, 4.0], [5.0, -1e300, 4.0], [1.0, 0.0, 4.0]];
    let fitted = MinMax::fit(&x, -1.0, 1.0).unwrap();
    let z = fitted.transform(&x);
    assert_eq!(z.column(0), array![-1.0, 1.0, 0.0]);
    assert_eq!(z.column(2), array![-1.0, -1.0, -1.0]);
    let back = fitted.inverse(&z);
    for (range, (column, expected)) in [8.0, 2e300, 1.0].into_iter().zip(back.columns().into_iter().zip(x.columns())) {
        assert!(column.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-15 * range));
    }
    let huge = MinMax::fit(&array![[f64::MAX], [f64::MIN]], 0.0, 1.0).unwrap_err();
    assert_eq!(huge.kind(), Kind::Value);
    assert_eq!(MinMax::fit(&x, 1.0, 1.0).unwrap_err().kind(), Kind::Argument);
}

#[test]
fn one_hot_columns_and_labels() {
    let x = array![[2.0, 0.5, 9.0], [1.0, 0.6, 8.0], [2.0, 0.7, 9.0]];
    let fitted = OneHot::fit(&x, &[2, 0]).unwrap();
    assert_eq!(fitted.features(), 5);
    assert_eq!(
        fitted.transform(&x).unwrap(),
        array![[0.5, 0.0, 1.0, 0.0, 1.0], [0.6, 1.0, 0.0, 1.0, 0.0], [0.7, 0.0, 1.0, 0.0, 1.0]]
    );
    let new = array![[3.0, 0.5, 9.0]];
    let error = fitted.transform(&new).unwrap_err();
    assert_eq!(error.to_string(), "OneHot: row 0, column 0: 3 did not occur in the training part; see allow_unknown");
    assert_eq!(fitted.allow_unknown().transform(&new).unwrap(), array![[0.5, 0.0, 1.0, 0.0, 0.0]]);
    assert_eq!(OneHot::fit(&x, &[3]).unwrap_err().kind(), Kind::Argument);
    let hostile = r#"{"features":1,"chosen":[[4,[1.0]]],"unknown":false}"#;
    assert!(serde_json::from_str::<OneHot<f64>>(hostile).is_err());
    assert_eq!(one_hot::<f32>(&array![3], 3).unwrap_err().kind(), Kind::Value);
}

#[test]
fn a_pipeline_is_saved_with_what_it_learned() {
    let train: Array2<f64> = array![[1.0, 0.0, 7.0], [NAN, 1.0, 9.0], [3.0, 0.0, NAN]];
    let plan = Pipeline::plan().impute(Fill::Mean).one_hot_or_zeros(&[1]).standardize().min_max(0.0, 1.0);
    let fitted = plan.fit(&train).unwrap();
    let z = fitted.transform(&train).unwrap();
    assert!(z.iter().all(|v| (0.0..=1.0).contains(v)));
    let text = serde_json::to_string(&fitted).unwrap();
    let loaded: Pipeline<f64> = serde_json::from_str(&text).unwrap();
    let new = array![[NAN, 5.0, 100.0]];
    assert_eq!(loaded.transform(&new).unwrap(), fitted.transform(&new).unwrap());
    // By hand: the mean of the first column fills it, and lies in its middle; the third is far outside.
    let z = fitted.transform(&new).unwrap();
    assert!((z[[0, 0]] - 0.5).abs() < 1e-15 && (z[[0, 1]] - 46.5).abs() < 1e-12, "{z}");
}

#[test]
fn numbers_and_categories_are_filled_each_in_their_way() {
    let train = array![[1.0, 2.0], [NAN, 1.0], [3.0, NAN], [9.0, 2.0]];
    let plan = Pipeline::plan().impute_columns(&[0], Fill::Median).impute_columns(&[1], Fill::MostFrequent);
    let fitted = plan.fit(&train).unwrap();
    assert_eq!(fitted.transform(&train).unwrap(), array![[1.0, 2.0], [3.0, 1.0], [3.0, 2.0], [9.0, 2.0]]);
    // A column that is not filled keeps what is missing.
    let one = Impute::fit_columns(&train, &[1], Fill::MostFrequent).unwrap();
    assert_eq!(one.values(), [2.0]);
    let out = one.transform(&train);
    assert!(out[[1, 0]].is_nan() && out[[2, 1]] == 2.0);
    assert_eq!(Impute::fit_columns(&train, &[2], Fill::Mean).unwrap_err().kind(), Kind::Argument);
    // Saved, read again, and checked on the way in.
    let text = serde_json::to_string(&fitted).unwrap();
    assert_eq!(serde_json::from_str::<Pipeline<f64>>(&text).unwrap(), fitted);
    for hostile in
        [r#"{"features":1,"columns":[4],"values":[1.0]}"#, r#"{"features":2,"columns":[0,1],"values":[1.0]}"#]
    {
        assert!(serde_json::from_str::<Impute<f64>>(hostile).is_err(), "{hostile}");
    }
}

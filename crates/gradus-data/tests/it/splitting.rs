//! Splits are disjoint and whole, classes in proportion; samplers draw as often as they say.

use gradus_data::rand::RngExt;
use gradus_data::{Kind, Sampler, split};
use proptest::prelude::*;

use crate::seeded;

fn whole(n: usize, parts: &[&[usize]]) -> bool {
    let mut all: Vec<usize> = parts.concat();
    all.sort_unstable();
    all.into_iter().eq(0..n)
}

fn count(rows: &[usize], labels: &[usize], class: usize) -> usize {
    rows.iter().filter(|&&row| labels[row] == class).count()
}

proptest! {
    #[test]
    fn stratified_splits_share_out_every_class(labels in proptest::collection::vec(0_usize..4, 1..120), fraction in 0.05..0.95, seed: u64) {
        let (first, second) = split::stratified(&labels, fraction, &mut seeded(seed));
        prop_assert!(whole(labels.len(), &[&first, &second]));
        for class in 0..4 {
            let of_class = count(&first, &labels, class) + count(&second, &labels, class);
            let exact = fraction * of_class as f64;
            // One more where a single sample has to go to the other side for both to have one.
            prop_assert!((count(&first, &labels, class) as f64 - exact).abs() <= 1.0, "class {class} of {labels:?}");
        }
        let (first, second) = split::random(labels.len(), fraction, &mut seeded(seed));
        prop_assert!(whole(labels.len(), &[&first, &second]));
    }

    #[test]
    fn folds_test_every_sample_once(labels in proptest::collection::vec(0_usize..4, 8..80), k in 2_usize..8, seed: u64) {
        let n = labels.len();
        for folds in [split::k_fold(n, k, &mut seeded(seed)), split::stratified_k_fold(&labels, k, &mut seeded(seed))] {
            let tests: Vec<&[usize]> = folds.iter().map(|(_, test)| test.as_slice()).collect();
            prop_assert!(whole(n, &tests));
            prop_assert!(folds.iter().all(|(train, test)| whole(n, &[train, test]) && test.len().abs_diff(n / k) <= 1));
        }
        for (_, test) in split::stratified_k_fold(&labels, k, &mut seeded(seed)) {
            for class in 0..4 {
                let all = labels.iter().filter(|&&l| l == class).count();
                let here = count(&test, &labels, class);
                prop_assert!(here == all / k || here == all.div_ceil(k));
            }
        }
    }

    #[test]
    fn balanced_epochs_are_balanced(labels in proptest::collection::vec(0_usize..5, 1..90), seed: u64) {
        let n = labels.len();
        let epoch = Sampler::Balanced { labels: labels.clone() }.epoch(n, &mut seeded(seed)).unwrap();
        prop_assert_eq!(epoch.len(), n);
        let present: Vec<usize> = (0..5).filter(|class| labels.contains(class)).collect();
        for &class in &present {
            let here = count(&epoch, &labels, class);
            prop_assert!(here == n / present.len() || here == n.div_ceil(present.len()));
            // None comes again before all of its class have come.
            let of_class = labels.iter().filter(|&&l| l == class).count();
            let distinct: std::collections::BTreeSet<_> = epoch.iter().filter(|&&row| labels[row] == class).collect();
            prop_assert_eq!(distinct.len(), here.min(of_class));
        }
    }
}

#[test]
fn weighted_draws_follow_the_weights() {
    let rng = &mut seeded(5);
    let mut weights: Vec<f64> = (0..20).map(|_| rng.random::<f64>()).collect();
    weights[3] = 0.0;
    weights[19] = 0.0;
    let draws = 200_000;
    let epoch = Sampler::Weighted { weights: weights.clone(), draws }.epoch(20, rng).unwrap();
    let sum: f64 = weights.iter().sum();
    for (row, weight) in weights.iter().enumerate() {
        let p = weight / sum;
        let found = epoch.iter().filter(|&&r| r == row).count() as f64;
        let sigma = (draws as f64 * p * (1.0 - p)).sqrt();
        assert!((found - draws as f64 * p).abs() <= 5.0 * sigma, "row {row}: {found} of {draws}, p {p}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let message = |sampler: Sampler| {
        let error = sampler.epoch(3, &mut seeded(0)).unwrap_err();
        assert_eq!(error.kind(), Kind::Argument);
        error.to_string()
    };
    let weighted = |weights: &[f64]| Sampler::Weighted { weights: weights.to_vec(), draws: 5 };
    assert_eq!(message(weighted(&[1.0])), "Sampler: 1 weights for a set of 3; give one a sample");
    assert_eq!(message(weighted(&[1.0, -1.0, 0.0])), "Sampler: weight 1 is -1; weights are finite and not negative");
    assert_eq!(message(weighted(&[0.0; 3])), "Sampler: the weights sum to 0; the sum must be finite and above 0");
    assert_eq!(message(Sampler::Balanced { labels: vec![] }), "Sampler: 0 labels for a set of 3; give one a sample");
    let panic = std::panic::catch_unwind(|| split::k_fold(3, 4, &mut seeded(0))).unwrap_err();
    assert_eq!(
        panic.downcast_ref::<String>().unwrap(),
        "split::k_fold: the number of folds must lie in 2..=3 for 3 samples, got 4"
    );
}

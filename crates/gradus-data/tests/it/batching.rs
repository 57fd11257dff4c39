//! Every sample once an epoch, whatever the sizes; and what happens to the ones left over.

use gradus_data::ndarray::{Array1, Array2, Axis, ShapeBuilder, array};
use gradus_data::{Last, Pieces, Rows, Supervised, permutation};

use crate::seeded;

fn numbered(n: usize) -> Supervised<Array2<f64>, Array1<usize>> {
    Supervised::new(Array2::from_shape_fn((n, 3), |(i, j)| (10 * i + j) as f64), Array1::from_iter(0..n))
}

#[test]
fn every_sample_once_an_epoch() {
    for n in 0..40 {
        for size in 1..12 {
            let set = numbered(n);
            for last in [Last::Join, Last::Keep] {
                let mut seen: Vec<usize> = Vec::new();
                for batch in set.batches(size, &mut seeded(3)).last(last) {
                    for (row, &label) in batch.x.rows().into_iter().zip(&batch.y) {
                        assert_eq!(row, set.x.row(label));
                    }
                    seen.extend(batch.y);
                }
                seen.sort_unstable();
                assert_eq!(seen, (0..n).collect::<Vec<_>>(), "n {n} size {size} {last:?}");
            }
        }
    }
}

#[test]
fn a_last_batch_of_one_joins_the_batch_before_it() {
    let sizes = |n, size, last| -> Vec<usize> {
        numbered(n).batches_in_order(size).last(last).map(|batch| batch.len()).collect()
    };
    assert_eq!(sizes(9, 4, Last::Join), [4, 5]);
    assert_eq!(sizes(10, 4, Last::Join), [4, 4, 2]);
    assert_eq!(sizes(1, 4, Last::Join), [1]);
    assert_eq!(sizes(3, 1, Last::Join), [1, 1, 1]);
    assert_eq!(sizes(9, 4, Last::Keep), [4, 4, 1]);
    assert_eq!(sizes(9, 4, Last::Drop), [4, 4]);
    assert_eq!(sizes(3, 4, Last::Drop), [0; 0]);
    assert_eq!(sizes(9, 4, Last::Pad), [4, 4, 4]);
    assert_eq!(sizes(2, 7, Last::Pad), [7]);
}

#[test]
fn padding_is_told_and_comes_from_the_start_of_the_epoch() {
    let batches: Vec<_> = numbered(9).batches_in_order(4).last(Last::Pad).collect();
    assert_eq!(batches[2].y, array![8, 0, 1, 2]);
    let pieces = Pieces::new(9, 4, Last::Pad);
    assert_eq!((0..pieces.len()).map(|i| pieces.padding(i)).collect::<Vec<_>>(), [0, 0, 3]);
}

#[test]
fn permutations_are_uniform() {
    // 24 orders of 4 things, 48,000 draws: each count lies within 5 sigma of 2,000.
    let mut counts = std::collections::HashMap::new();
    let rng = &mut seeded(11);
    for _ in 0..48_000 {
        *counts.entry(permutation(4, rng)).or_insert(0_i32) += 1;
    }
    assert_eq!(counts.len(), 24);
    let sigma = (48_000.0_f64 / 24.0 * (23.0 / 24.0)).sqrt();
    assert!(counts.values().all(|&count| f64::from(count - 2_000).abs() < 5.0 * sigma), "{counts:?}");
}

#[test]
fn an_order_never_changes_under_its_seed() {
    // Written down once: saved positions of older versions depend on it.
    assert_eq!(permutation(10, &mut seeded(0)), [1, 4, 5, 8, 6, 7, 0, 2, 9, 3]);
}

#[test]
fn rows_are_picked_from_any_layout() {
    let x = Array2::from_shape_fn((5, 4), |(i, j)| i * 4 + j);
    let mut turned = Array2::zeros((5, 4).f());
    turned.assign(&x);
    assert!(turned.as_slice().is_none());
    for rows in [&[][..], &[3, 3, 0], &[4]] {
        assert_eq!(x.pick(rows), x.select(Axis(0), rows));
        assert_eq!(turned.pick(rows), x.select(Axis(0), rows));
    }
    assert_eq!(Rows::stack(&[&x.pick(&[0, 1]), &x.pick(&[2, 3, 4])]).unwrap(), x);
}

#[test]
fn bad_use_is_answered() {
    let error = Supervised::try_new(vec![1, 2], vec![3]).unwrap_err();
    assert_eq!(error.to_string(), "Supervised: x has 2 rows and y has 1; give one answer for each sample");
    let panic = std::panic::catch_unwind(|| numbered(4).split(1.0, &mut seeded(0))).unwrap_err();
    assert_eq!(
        panic.downcast_ref::<String>().unwrap(),
        "split: the fraction of the first part must lie between 0 and 1, got 1"
    );
}

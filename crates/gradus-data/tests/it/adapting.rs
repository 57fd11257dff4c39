//! Sets made of other sets give the samples that their definition says.

use std::sync::atomic::{AtomicUsize, Ordering};

use gradus_data::ndarray::{Array1, Array2, array};
use gradus_data::{Dataset, Error, Kind, Rows, Supervised};

fn numbered(n: usize, from: usize) -> Supervised<Array2<f64>, Array1<usize>> {
    let x = Array2::from_shape_fn((n, 2), |(i, j)| (10 * (from + i) + j) as f64);
    Supervised::new(x, Array1::from_iter(from..from + n))
}

#[test]
fn concat_is_one_set_after_the_other() {
    let both = numbered(3, 0).concat(numbered(4, 3));
    let whole = numbered(7, 0);
    for rows in [vec![], vec![0], vec![6], vec![5, 1, 6, 0, 1, 3], vec![2, 1], vec![4, 4]] {
        assert_eq!(both.gather(&rows).unwrap(), whole.pick(&rows), "{rows:?}");
    }
    assert_eq!(both.len(), 7);
    assert_eq!(both.gather(&[7]).unwrap_err().kind(), Kind::Argument);
}

#[test]
fn filter_subset_and_map_compose() {
    let odd = numbered(9, 0).filter(|sample| sample.y[0] % 2 == 1).unwrap();
    assert_eq!(odd.rows(), [1, 3, 5, 7]);
    let labels = odd.subset(vec![3, 0]).unwrap().map(|batch| batch.y * 10);
    assert_eq!(labels.gather(&[1, 0, 1]).unwrap(), array![10, 70, 10]);
    assert_eq!(numbered(3, 0).subset(vec![3]).unwrap_err().kind(), Kind::Argument);
}

/// Counts the samples that it makes.
struct Costly(AtomicUsize);

impl Dataset for Costly {
    type Batch = Vec<usize>;
    fn len(&self) -> usize {
        5
    }
    fn gather(&self, rows: &[usize]) -> Result<Vec<usize>, Error> {
        self.0.fetch_add(rows.len(), Ordering::Relaxed);
        if rows.contains(&4) {
            Err(Error::other("sample 4 is broken"))
        } else {
            Ok(rows.iter().map(|r| r * r).collect())
        }
    }
}

#[test]
fn a_cache_reads_every_sample_once() {
    let source = Costly(AtomicUsize::new(0));
    let cache = (&source).cached();
    assert_eq!(cache.gather(&[2, 0, 2]).unwrap(), [4, 0, 4]);
    assert_eq!(cache.gather(&[0, 1, 2, 3]).unwrap(), [0, 1, 4, 9]);
    assert_eq!((source.0.load(Ordering::Relaxed), cache.kept()), (4, 4));
    let error = cache.gather(&[4]).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Other, "sample 4 is broken"));
    assert_eq!(cache.gather(&[]).unwrap(), [0; 0]);
}

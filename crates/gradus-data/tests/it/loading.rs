//! The loader: the same batches for any number of workers, from any place of an epoch, never too many ahead.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gradus_data::ndarray::{Array1, Array2};
use gradus_data::rand::RngExt;
use gradus_data::{Dataset, Error, Kind, Last, Loader, LoaderState, Sampler, Supervised, prefetch};

use crate::seeded;

type Set = Supervised<Array2<f64>, Array1<usize>>;

fn numbered(n: usize) -> Set {
    Supervised::new(Array2::from_shape_fn((n, 2), |(i, j)| (10 * i + j) as f64), Array1::from_iter(0..n))
}

fn augmented(workers: usize, last: Last, sampler: Sampler) -> Loader<(Vec<usize>, f64)> {
    Loader::new(numbered(43), 5, &mut seeded(9))
        .map(|batch: Set, rng| {
            // Workers finish in another order than they began.
            std::thread::sleep(Duration::from_micros(rng.random_range(0..300)));
            Ok((batch.y.to_vec(), rng.random()))
        })
        .workers(workers)
        .ahead(3)
        .last(last)
        .sampler(sampler)
}

#[test]
fn batches_are_the_same_for_any_number_of_workers() {
    let samplers = [
        Sampler::Shuffle,
        Sampler::InOrder,
        Sampler::Weighted { weights: (0..43).map(f64::from).collect(), draws: 61 },
        Sampler::Balanced { labels: (0..43).map(|i| i % 3).collect() },
    ];
    for last in [Last::Join, Last::Keep, Last::Drop, Last::Pad] {
        for sampler in &samplers {
            let run = |workers| {
                let mut loader = augmented(workers, last, sampler.clone());
                let mut all = Vec::new();
                for _ in 0..2 {
                    all.extend(loader.epoch().unwrap().map(Result::unwrap));
                }
                assert_eq!((loader.state().epoch(), loader.state().batch()), (2, 0));
                all
            };
            let alone = run(0);
            for workers in [1, 2, 5] {
                assert_eq!(run(workers), alone, "{workers} workers, {last:?}, {sampler:?}");
            }
        }
    }
}

#[test]
fn every_sample_once_an_epoch_and_another_order_the_next() {
    let mut loader = augmented(2, Last::Join, Sampler::Shuffle);
    let mut epoch = || -> Vec<usize> { loader.epoch().unwrap().flat_map(|batch| batch.unwrap().rows).collect() };
    let (first, second) = (epoch(), epoch());
    assert_ne!(first, second);
    for mut rows in [first, second] {
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..43));
    }
}

#[test]
fn stopped_anywhere_and_resumed_it_gives_what_was_left() {
    let run = |from: Option<LoaderState>, stop: usize, workers: usize| {
        let mut loader = augmented(workers, Last::Join, Sampler::Shuffle);
        if let Some(state) = from {
            loader.resume(state).unwrap();
        }
        let mut all = Vec::new();
        while all.len() < stop && loader.state().epoch() < 3 {
            let left = stop - all.len();
            all.extend(loader.epoch().unwrap().take(left).map(Result::unwrap));
        }
        (all, loader.state())
    };
    let (whole, _) = run(None, usize::MAX, 0);
    assert_eq!(whole.len(), 27);
    for stop in 0..=27 {
        let (mut all, state) = run(None, stop, 2);
        let text = serde_json::to_string(&state).unwrap();
        all.extend(run(Some(serde_json::from_str(&text).unwrap()), usize::MAX, 3).0);
        assert_eq!(all, whole, "stopped after {stop} batches");
    }
}

#[test]
fn a_place_in_another_epoch_cut_is_refused() {
    let state = Loader::new(numbered(10), 4, &mut seeded(0)).state();
    let error = Loader::new(numbered(11), 4, &mut seeded(0)).resume(state).unwrap_err();
    assert_eq!(error.kind(), Kind::Argument);
    assert_eq!(
        error.to_string(),
        "Loader: the saved place is in 10 samples by 4 (Join), this loader has 11 by 4 (Join)"
    );
    let mut beyond = serde_json::to_value(state).unwrap();
    beyond["batch"] = 4.into();
    let beyond: LoaderState = serde_json::from_value(beyond).unwrap();
    assert_eq!(Loader::new(numbered(10), 4, &mut seeded(0)).resume(beyond).unwrap_err().kind(), Kind::Argument);
}

/// Remembers how many batches have been made.
struct Watched {
    made: Arc<AtomicUsize>,
}

impl Dataset for Watched {
    type Batch = Vec<usize>;
    fn len(&self) -> usize {
        100
    }
    fn gather(&self, rows: &[usize]) -> Result<Vec<usize>, Error> {
        self.made.fetch_add(1, Ordering::SeqCst);
        match rows {
            [66] => Err(Error::other("sample 66 cannot be read")),
            [77] => panic!("sample 77 is a bomb"),
            rows => Ok(rows.to_vec()),
        }
    }
}

fn watched(workers: usize) -> (Loader<Vec<usize>>, Arc<AtomicUsize>) {
    let made = Arc::new(AtomicUsize::new(0));
    let loader = Loader::new(Watched { made: made.clone() }, 1, &mut seeded(0)).sampler(Sampler::InOrder);
    (loader.workers(workers).ahead(3), made)
}

#[test]
fn a_slow_user_holds_the_workers_back() {
    let (mut loader, made) = watched(4);
    let mut epoch = loader.epoch().unwrap();
    for taken in 1..20 {
        epoch.next().unwrap().unwrap();
        std::thread::sleep(Duration::from_millis(2));
        assert!(made.load(Ordering::SeqCst) <= taken + 3, "{} made, {taken} taken", made.load(Ordering::SeqCst));
    }
    drop(epoch); // ends the threads
    let before = made.load(Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(made.load(Ordering::SeqCst), before);
}

#[test]
fn errors_and_panics_of_a_set_reach_the_user_at_their_place() {
    for workers in [0, 1, 3] {
        let (mut loader, _) = watched(workers);
        let taken = Mutex::new(Vec::new());
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for batch in loader.epoch().unwrap() {
                taken.lock().unwrap().push(batch.map(|batch| batch.index).map_err(|error| error.to_string()));
            }
        }));
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"sample 77 is a bomb"));
        let taken = taken.into_inner().unwrap();
        assert_eq!(taken.len(), 77);
        assert_eq!(taken[66], Err("sample 66 cannot be read".into()));
        assert!(taken.iter().enumerate().all(|(i, t)| i == 66 || *t == Ok(i)));
    }
}

#[test]
fn a_prefetched_iterator_keeps_order_waits_and_passes_panics_on() {
    let made = Arc::new(AtomicUsize::new(0));
    let counter = made.clone();
    let mut items = prefetch(
        (0..50).inspect(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
        }),
        2,
    );
    assert_eq!(items.next(), Some(0));
    std::thread::sleep(Duration::from_millis(10));
    assert!(made.load(Ordering::SeqCst) <= 1 + 2 + 1);
    assert!(items.eq(1..50));
    let bomb = prefetch((0..3).map(|i| if i == 2 { panic!("two") } else { i }), 4);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bomb.count())).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"two"));
}

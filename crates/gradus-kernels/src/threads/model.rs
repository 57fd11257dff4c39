//! All interleavings of claim, finish, sleep and wake, by the model checker:
//! `RUSTFLAGS="--cfg loom" cargo test -p gradus-kernels --release --lib model`.

use super::board::{Board, End};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

/// Runs `model` in every interleaving with at most `preemptions` of them (all, if `None`).
fn check(preemptions: Option<usize>, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(model);
}

/// A worker that never sleeps: it takes what it finds, once.
fn passer_by(board: &Arc<Board>) -> thread::JoinHandle<()> {
    let board = Arc::clone(board);
    thread::spawn(move || {
        while let Some(piece) = board.claim(End::Last) {
            board.perform(piece);
        }
    })
}

/// A worker that sleeps whenever nothing is left, until it is dismissed.
fn sleeper(board: &Arc<Board>, dismissed: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let (board, dismissed) = (Arc::clone(board), Arc::clone(dismissed));
    thread::spawn(move || {
        while !dismissed.load(Ordering::Acquire) {
            while let Some(piece) = board.claim(End::Last) {
                board.perform(piece);
            }
            if dismissed.load(Ordering::Acquire) {
                break;
            }
            board.sleep(|| dismissed.load(Ordering::Relaxed));
            board.pass_on();
        }
    })
}

/// One job of `pieces`; every piece must run exactly once before `run` returns, on data that dies with this call.
fn job(board: &Board, pieces: usize) {
    let ran: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
    let body = |i: usize| {
        ran[i].fetch_add(1, Ordering::Relaxed);
    };
    if !board.run(pieces, &body, |_| true, |_| ()) {
        (0..pieces).for_each(body);
    }
    assert!(ran.iter().all(|n| n.load(Ordering::Relaxed) == 1), "a piece ran twice or never");
}

#[test]
fn model_claim_and_finish() {
    check(None, || {
        let board = Arc::new(Board::new());
        let worker = passer_by(&board);
        job(&board, 2);
        worker.join().unwrap();
    });
}

#[test]
fn model_two_workers() {
    check(Some(2), || {
        let board = Arc::new(Board::new());
        let workers = [passer_by(&board), passer_by(&board)];
        job(&board, 3);
        workers.into_iter().for_each(|w| w.join().unwrap());
    });
}

#[test]
fn model_jobs_follow_each_other() {
    check(Some(2), || {
        let board = Arc::new(Board::new());
        let worker = passer_by(&board);
        job(&board, 2);
        job(&board, 3);
        worker.join().unwrap();
    });
}

#[test]
fn model_two_callers() {
    check(Some(2), || {
        let board = Arc::new(Board::new());
        let worker = passer_by(&board);
        let other = {
            let board = Arc::clone(&board);
            thread::spawn(move || job(&board, 2))
        };
        job(&board, 2);
        other.join().unwrap();
        worker.join().unwrap();
    });
}

#[test]
fn model_sleep_and_wake() {
    check(Some(2), || {
        let board = Arc::new(Board::new());
        let dismissed = Arc::new(AtomicBool::new(false));
        let worker = sleeper(&board, &dismissed);
        job(&board, 2);
        job(&board, 2);
        dismiss(&board, &dismissed);
        worker.join().unwrap();
    });
}

/// The only worker does the whole job: a wake-up that got lost would be a deadlock.
#[test]
fn model_no_wake_up_is_lost() {
    check(Some(2), || {
        let board = Arc::new(Board::new());
        let dismissed = Arc::new(AtomicBool::new(false));
        let worker = sleeper(&board, &dismissed);
        let ran = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&ran);
        // Piece 0 waits for nobody, piece 1 is left to whoever comes.
        assert!(board.run(
            2,
            &move |_| {
                count.fetch_add(1, Ordering::Relaxed);
            },
            |_| true,
            |_| ()
        ));
        assert_eq!(ran.load(Ordering::Relaxed), 2);
        dismiss(&board, &dismissed);
        worker.join().unwrap();
    });
}

#[test]
fn model_a_panic_reaches_the_caller() {
    check(Some(2), || {
        let board = Arc::new(Board::new());
        let worker = passer_by(&board);
        let run = std::panic::AssertUnwindSafe(|| {
            board.run(
                2,
                &|i| {
                    if i == 1 {
                        std::panic::panic_any("piece 1")
                    }
                },
                |_| true,
                |_| (),
            )
        });
        let failure = std::panic::catch_unwind(run).expect_err("the piece panicked");
        assert_eq!(failure.downcast_ref(), Some(&"piece 1"));
        job(&board, 2);
        worker.join().unwrap();
    });
}

fn dismiss(board: &Board, dismissed: &AtomicBool) {
    dismissed.store(true, Ordering::Release);
    board.wake_all();
}

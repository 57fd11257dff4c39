//! Memory in the long run: 100,000 steps, recorded forwards dropped without a backward, page faults. Alone in its process.
#![cfg(target_os = "linux")]

use gradus_tensor::Tensor;

/// Pages of this process that are in memory.
fn resident() -> i64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    text.split_whitespace().nth(1).and_then(|x| x.parse().ok()).expect("the second number")
}

/// Page faults of this thread that needed no disk.
fn faults() -> i64 {
    let text = std::fs::read_to_string("/proc/thread-self/stat").expect("Linux has it");
    let (_, fields) = text.rsplit_once(") ").expect("fields after the name");
    fields.split_whitespace().nth(7).and_then(|x| x.parse().ok()).expect("minflt")
}

fn forward(w: &Tensor<f64>, x: &Tensor<f64>) -> Tensor<f64> {
    x.matmul(w).tanh().square().sum()
}

#[test]
fn memory_stays_where_it_is() {
    let x = Tensor::from_slice(&[32, 16], &(0..512).map(|i| f64::from(i % 37) / 37.0 - 0.5).collect::<Vec<_>>());
    let mut w =
        Tensor::from_slice(&[16, 16], &(0..256).map(|i| f64::from(i % 29) / 29.0 - 0.5).collect::<Vec<_>>()).tracked();
    let step = |w: &mut Tensor<f64>| {
        let grads = forward(w, &x).backward();
        let g = grads.get(w).expect("the loss depends on w").to_vec();
        w.rewrite_leaf(|w| w.iter_mut().zip(&g).for_each(|(w, g)| *w -= 1e-6 * g));
    };
    (0..2_000).for_each(|_| step(&mut w));
    // The look itself takes and gives memory, so it comes before the measurement too.
    let _ = (resident(), faults());
    (0..10).for_each(|_| step(&mut w));
    let (pages, before) = (resident(), faults());
    (0..100_000).for_each(|_| step(&mut w));
    let new = faults() - before;
    assert_eq!(new, 0, "100,000 steps made page faults");
    (0..100_000).for_each(|_| drop(forward(&w, &x)));
    let grown = resident() - pages;
    assert!(grown <= 64, "memory grew by {grown} pages");
}

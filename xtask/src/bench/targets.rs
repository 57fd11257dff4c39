//! How much faster than the best peer each workload has to be, on one thread and on two.

/// Workload, factor on one thread, factor on two.
const TARGETS: &[(&str, f64, f64)] = &[
    ("mlp_digits", 2.5, 3.8),
    ("mlp_bn_dropout", 1.5, 1.8),
    ("tiny_gaussian", 2.0, 2.0),
    ("grad_penalty", 1.1, 1.5),
    ("grad_penalty_tiny", 1.5, 2.7),
    ("grad_penalty_digits", 1.5, 1.5),
    ("expm_64", 1.8, 2.0),
    ("expm_512", 1.8, 3.0),
    ("orth_rnn", 1.8, 2.5),
    ("cnn", 1.4, 1.4),
    ("elementwise", 0.55, 0.55),
    ("adam_10m", 0.95, 0.95),
    ("orth_init_512", 1.2, 1.2),
    ("normal_init_10m", 2.0, 3.0),
    ("chain_tanh_forward", 2.0, 4.0),
    ("chain_tanh", 2.0, 2.0),
];

/// What single functions of many numbers end in; they must be as fast as PyTorch's.
const FUNCTIONS: [&str; 2] = ["_100k", "_10m"];

/// What products of matrices begin with, and how fast beside MKL they must be: squares, and others.
const PRODUCTS: (&str, f64, f64) = ("matmul_", 0.97, 0.92);

/// A product so small that calls and packing decide; it must be as fast.
const SMALL: &str = "matmul_32x8x50_";

/// A target holds if the median ratio reaches it within this share: machines are noisy.
const SLACK: f64 = 0.05;

/// The factor for a workload; fewer than two threads count as one, more as two.
pub(crate) fn target(workload: &str, threads: usize) -> Option<f64> {
    let step = TARGETS.iter().find(|t| t.0 == workload).map(|t| if threads < 2 { t.1 } else { t.2 });
    step.or_else(|| FUNCTIONS.iter().any(|end| workload.ends_with(end)).then_some(1.0)).or_else(|| product(workload))
}

fn product(workload: &str) -> Option<f64> {
    let size = workload.strip_prefix(PRODUCTS.0)?;
    let asked = if size.contains('x') { PRODUCTS.2 } else { PRODUCTS.1 };
    Some(if workload.starts_with(SMALL) { 1.0 } else { asked })
}

/// Whether a ratio reaches a target.
pub(crate) fn reached(ratio: f64, target: f64) -> bool {
    ratio >= target * (1.0 - SLACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_just_short_of_the_slack_misses() {
        assert!(reached(2.38, target("mlp_digits", 1).expect("a row")));
        assert!(!reached(2.37, 2.5));
        assert!(!reached(f64::NAN, 2.5));
        assert_eq!(target("mlp_digits", 2), Some(3.8));
        assert_eq!((target("exp_10m", 2), target("adam_10m", 2)), (Some(1.0), Some(0.95)));
        assert_eq!(target("matmul_512_tn", 1), Some(0.97));
        assert_eq!((target("matmul_128x784x512_nn", 1), target("matmul_32x8x50_nt", 2)), (Some(0.92), Some(1.0)));
        assert_eq!(target("unknown", 1), None);
    }
}

//! Laws of the driver: chunks, segments, several leaves, norms, hyper-parameters out of range.

use gradus_optim::schedule::{Clock, exponential};
use gradus_optim::transform::{
    AdamMoments, Chain, ClipByGlobalNorm, ClipByLeafNorm, ClipByValue, LeafState, LeafStep, Momentum, Orthogonalise,
    RateMatch, Scale, ScaleBySchedule, Transform, WeightDecay,
};
use gradus_optim::{Adam, Kind, Sgd};

fn chain(parts: Vec<Box<dyn Transform<f64>>>) -> Chain<f64> {
    Chain::new(parts).expect("valid hyper-parameters")
}

fn adam() -> Box<dyn Transform<f64>> {
    Box::new(AdamMoments { beta1: 0.9, beta2: 0.999, eps: 1e-8, amsgrad: true })
}

fn numbers(n: usize, seed: usize) -> Vec<f64> {
    (0..n).map(|i| (((i + seed) * 7919 + 13) % 1009) as f64 / 504.5 - 1.0).collect()
}

/// Some steps on leaves of these lengths; returns the weights.
fn run(chain: &Chain<f64>, lengths: &[usize], steps: u64) -> Vec<Vec<f64>> {
    let mut weights: Vec<_> = lengths.iter().map(|&n| numbers(n, 3)).collect();
    let mut states: Vec<LeafState<f64>> = lengths.iter().map(|&n| chain.fresh(n)).collect();
    for step in 0..steps {
        let gradients: Vec<_> = weights.iter().map(|w| w.iter().map(|w| w * w * w - 0.3).collect()).collect();
        let leaves = weights.iter_mut().zip(&mut states).zip(&gradients).zip(lengths);
        let mut leaves: Vec<_> = leaves
            .map(|(((weights, state), gradient), n): (_, &usize)| LeafStep {
                gradient: {
                    let g: &Vec<f64> = gradient;
                    g
                },
                weights,
                shape: std::slice::from_ref(n),
                state,
                rate: 0.01,
                decay: None,
            })
            .collect();
        chain.step(Clock::at_step(step), &mut leaves);
    }
    weights
}

#[test]
fn cutting_into_chunks_and_pieces_changes_nothing() {
    // 200,000 numbers are several pieces; the same numbers as 200 leaves of 1000 are one chunk each.
    let parts = || {
        chain(vec![
            Box::new(WeightDecay(0.1)),
            adam(),
            Box::new(Momentum { momentum: 0.5, dampening: 0.0, nesterov: true }),
        ])
    };
    let long = run(&parts(), &[200_000], 3);
    let mut weights = numbers(200_000, 3);
    for piece in weights.chunks_mut(1000) {
        let chain = parts();
        let mut state = chain.fresh(1000);
        for step in 0..3 {
            let g: Vec<f64> = piece.iter().map(|w| w * w * w - 0.3).collect();
            let leaf =
                LeafStep { gradient: &g, weights: piece, shape: &[1000], state: &mut state, rate: 0.01, decay: None };
            chain.step(Clock::at_step(step), &mut [leaf]);
        }
    }
    assert_eq!(long[0], weights);
}

#[test]
fn a_segment_boundary_changes_nothing_but_the_norm() {
    // A clip that never bites cuts the chain in two; the path must be the same bit for bit.
    let one = chain(vec![Box::new(WeightDecay(0.1)), adam(), Box::new(Scale(0.5))]);
    let cut = chain(vec![
        Box::new(ClipByGlobalNorm(1e9)),
        Box::new(WeightDecay(0.1)),
        Box::new(ClipByLeafNorm(1e9)),
        adam(),
        Box::new(ClipByGlobalNorm(1e9)),
        Box::new(Scale(0.5)),
    ]);
    let lengths = [70_000, 0, 1, 17, 1024, 1025];
    assert_eq!(run(&one, &lengths, 4), run(&cut, &lengths, 4));
}

#[test]
fn clipped_norms_are_exact() {
    let lengths = [3000, 50];
    let start: Vec<_> = lengths.iter().map(|&n| numbers(n, 3)).collect();
    let moved = |part: Box<dyn Transform<f64>>| -> Vec<f64> {
        let end = run(&chain(vec![part]), &lengths, 1);
        let norm = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        start.iter().zip(&end).map(norm).collect()
    };
    let global = moved(Box::new(ClipByGlobalNorm(0.25)));
    assert!((global.iter().sum::<f64>().sqrt() - 0.01 * 0.25).abs() < 1e-12);
    for leaf in moved(Box::new(ClipByLeafNorm(0.25))) {
        assert!((leaf.sqrt() - 0.01 * 0.25).abs() < 1e-12);
    }
    let end = run(&chain(vec![Box::new(ClipByValue(0.1))]), &lengths, 1);
    let most = start[0].iter().zip(&end[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!((most - 0.001).abs() < 1e-12);
}

#[test]
fn the_norm_of_huge_f32_numbers_does_not_overflow() {
    let chain = Chain::<f32>::new(vec![Box::new(ClipByGlobalNorm(1.0))]).expect("valid");
    let (g, mut w) = (vec![1e30_f32; 4], vec![0.0_f32; 4]);
    let mut state = chain.fresh(4);
    let leaf = LeafStep { gradient: &g, weights: &mut w, shape: &[4], state: &mut state, rate: 1.0, decay: None };
    chain.step(Clock::default(), &mut [leaf]);
    assert!(w.iter().all(|w| (w + 0.5).abs() < 1e-6), "{w:?}");
}

#[test]
fn a_schedule_inside_a_chain_scales_the_direction() {
    let c = chain(vec![Box::new(ScaleBySchedule(Box::new(exponential(0.5))))]);
    let mut w = vec![0.0];
    let mut state = c.fresh(1);
    for step in 0..3 {
        let leaf =
            LeafStep { gradient: &[1.0], weights: &mut w, shape: &[1], state: &mut state, rate: 1.0, decay: None };
        c.step(Clock::at_step(step), &mut [leaf]);
    }
    assert_eq!(w, [-1.75]);
}

#[test]
fn a_decay_override_replaces_the_own() {
    let c = chain(vec![Box::new(WeightDecay(0.5))]);
    for (decay, wanted) in [(None, 0.5), (Some(0.0), 1.0), (Some(0.25), 0.75)] {
        let mut w = vec![1.0];
        let leaf =
            LeafStep { gradient: &[0.0], weights: &mut w, shape: &[1], state: &mut c.fresh(1), rate: 1.0, decay };
        c.step(Clock::default(), &mut [leaf]);
        assert_eq!(w, [wanted]);
    }
}

#[test]
fn newton_schulz_drives_singular_values_towards_one() {
    for shape in [[6, 6], [9, 4], [3, 11], [1, 5]] {
        let n = shape[0] * shape[1];
        let c = chain(vec![Box::new(Orthogonalise {
            steps: 10,
            // The coefficients of the cubic iteration, which converges to 1: X ← 1.5 X − 0.5 X Xᵀ X.
            coefficients: [1.5, -0.5, 0.0],
            eps: 1e-7,
            rate: RateMatch::None,
        })]);
        let g: Vec<f64> =
            (0..n).map(|i| if i % shape[1] == i / shape[1] { 2.0 } else { 0.3 / (1.0 + i as f64) }).collect();
        let mut w = vec![0.0; n];
        let leaf =
            LeafStep { gradient: &g, weights: &mut w, shape: &shape, state: &mut c.fresh(n), rate: -1.0, decay: None };
        c.step(Clock::default(), &mut [leaf]);
        let [rows, columns] = shape;
        let at = |i: usize, j: usize| w[i * columns + j];
        let short = rows.min(columns);
        for i in 0..short {
            for j in 0..short {
                let dot: f64 = if rows <= columns {
                    (0..columns).map(|k| at(i, k) * at(j, k)).sum()
                } else {
                    (0..rows).map(|k| at(k, i) * at(k, j)).sum()
                };
                let wanted = if i == j { 1.0 } else { 0.0 };
                assert!((dot - wanted).abs() < 1e-3, "{shape:?}: ({i}, {j}) of the Gram matrix is {dot}");
            }
        }
    }
}

#[test]
fn hyper_parameters_out_of_range_are_named() {
    let error = Adam::<f32>::new(0.1).betas(0.9, 1.0).chains().expect_err("refused");
    assert_eq!(error.kind(), Kind::HyperParameter);
    assert_eq!(error.to_string(), "adam: beta2 must lie in [0, 1), got 1");
    let error = Sgd::<f32>::new(0.1).momentum(0.9).dampening(0.1).nesterov().chains().expect_err("refused");
    assert_eq!(error.to_string(), "momentum: Nesterov momentum needs a momentum above 0 and no dampening");
    assert!(Sgd::<f32>::new(0.1).clip_norm(f64::NAN).chains().is_err());
    assert!(Sgd::<f32>::new(0.1).weight_decay(-1.0).chains().is_err());
}

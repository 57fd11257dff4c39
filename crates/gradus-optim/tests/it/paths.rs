//! Paths of 100 steps against PyTorch and Optax, in f64 (fixtures made by `xtask/fixtures/optim.py`).

use gradus_optim::optimiser::Recipe;
use gradus_optim::schedule::Clock;
use gradus_optim::transform::{AdamMoments, Chain, ClipByGlobalNorm, LeafStep, RateMatch};
use gradus_optim::{Adagrad, Adam, AdamW, Lion, Muon, Optimiser, RmsProp, Sgd};

const SHAPE: [usize; 2] = [3, 4];
const N: usize = 12;

/// ∇f of f(w) = Σ cᵢ ln cosh(wᵢ − tᵢ) + (n/4) s⁴, s the mean of w: cᵢ tanh(wᵢ − tᵢ) + s³.
fn gradient(w: &[f64]) -> Vec<f64> {
    let s = w.iter().sum::<f64>() / N as f64;
    let at = |(i, w): (usize, &f64)| {
        let (c, t) = (0.2 + 0.3 * i as f64, ((7 * i) % 5) as f64 - 2.0 + 0.1 * i as f64);
        c * (w - t).tanh() + s * s * s
    };
    w.iter().enumerate().map(at).collect()
}

fn path(chain: &Chain<f64>, rate: f64, kept: &[u64]) -> Vec<Vec<f64>> {
    let mut w: Vec<f64> = (0..N).map(|i| 0.5 * ((3 * i) % 7) as f64 - 1.4).collect();
    let mut state = chain.fresh(N);
    let mut out = Vec::new();
    for step in 0..100 {
        let g = gradient(&w);
        let leaf = LeafStep { gradient: &g, weights: &mut w, shape: &SHAPE, state: &mut state, rate, decay: None };
        chain.step(Clock::at_step(step), &mut [leaf]);
        if kept.contains(&(step + 1)) {
            out.push(w.clone());
        }
    }
    out
}

fn chain_of<R: Recipe<f64>>(optimiser: &Optimiser<R, f64>) -> (Chain<f64>, f64) {
    let [chain, _] = optimiser.chains().expect("valid hyper-parameters");
    (chain, optimiser.rate())
}

#[test]
fn paths_agree_with_pytorch_and_optax() {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/paths.json")).expect("the fixture parses");
    let kept: Vec<u64> = serde_json::from_value(fixture["kept"].clone()).expect("steps");
    let sgd = Sgd::<f64>::new;
    let behind = Chain::new(vec![
        Box::new(AdamMoments { beta1: 0.9, beta2: 0.999, eps: 1e-8, amsgrad: false }),
        Box::new(ClipByGlobalNorm(1.5)),
    ]);
    let table = [
        ("sgd", chain_of(&sgd(0.1))),
        ("sgd_momentum", chain_of(&sgd(0.02).momentum(0.9))),
        ("sgd_dampening_decay", chain_of(&sgd(0.05).momentum(0.8).dampening(0.3).weight_decay(0.1))),
        ("sgd_nesterov_decay", chain_of(&sgd(0.02).momentum(0.9).nesterov().weight_decay(0.05))),
        ("adam", chain_of(&Adam::new(0.05))),
        ("adam_decay", chain_of(&Adam::new(0.05).betas(0.8, 0.95).eps(1e-6).weight_decay(0.1))),
        ("adam_amsgrad", chain_of(&Adam::new(0.05).betas(0.9, 0.9).amsgrad())),
        ("adam_maximise", chain_of(&Adam::new(0.05).maximise())),
        ("adamw", chain_of(&AdamW::new(0.05).weight_decay(0.2))),
        ("adamw_amsgrad", chain_of(&AdamW::new(0.05).betas(0.9, 0.9).weight_decay(0.2).amsgrad())),
        ("rmsprop", chain_of(&RmsProp::new(0.01))),
        ("rmsprop_decay_momentum", chain_of(&RmsProp::new(0.01).smoothing(0.9).momentum(0.7).weight_decay(0.1))),
        ("rmsprop_centered", chain_of(&RmsProp::new(0.01).centered())),
        ("rmsprop_centered_momentum", chain_of(&RmsProp::new(0.003).centered().momentum(0.9))),
        ("adagrad", chain_of(&Adagrad::new(0.3))),
        ("adagrad_all", chain_of(&Adagrad::new(0.3).rate_decay(0.01).weight_decay(0.05).initial(0.2).eps(1e-7))),
        ("muon", chain_of(&Muon::new(0.02))),
        (
            "muon_adamw_rate",
            chain_of(&Muon::new(0.02).rate_match(RateMatch::AdamW).weight_decay(0.0).heavy_ball().momentum(0.8)),
        ),
        ("clip_value", chain_of(&sgd(0.1).momentum(0.5).clip_value(0.4))),
        ("lion", chain_of(&Lion::new(0.01).weight_decay(0.1))),
        ("clip_global_norm", chain_of(&Adam::new(0.05).clip_global_norm(0.7))),
        ("clip_behind_adam", (behind.expect("valid"), 0.05)),
    ];
    let wanted = fixture["paths"].as_object().expect("paths");
    assert_eq!(table.len(), wanted.len(), "every fixture has its row");
    for (name, (chain, rate)) in &table {
        let wanted: Vec<Vec<f64>> = serde_json::from_value(wanted[*name].clone()).expect("a path");
        for ((got, wanted), step) in path(chain, *rate, &kept).iter().zip(&wanted).zip(&kept) {
            for (g, w) in got.iter().zip(wanted) {
                assert!((g - w).abs() <= 1e-9 * w.abs().max(1.0), "{name}, step {step}: {g} against {w}");
            }
        }
    }
}

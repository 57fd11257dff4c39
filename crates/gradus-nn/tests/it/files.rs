//! State in and out of files: PyTorch's state dicts (`xtask/fixtures/nn_state.py`), reports, ties.

use gradus_nn::constraints::{Stiefel, WeightNorm};
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Mode, Module as Engine, Param, Role, Tensor};
use gradus_nn::{Activation, BatchNorm, Linear, Module, Named, Sequential, copy_state, load, save, state};
use std::path::PathBuf;

fn net(n_out: usize) -> Sequential {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(4);
    let net = Sequential::new().then(Linear::new(4, 5, rng)).then(BatchNorm::new(5)).then(Activation::tanh());
    net.then(Linear::new(5, n_out, rng))
}

fn file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/fixtures", &format!("state_{name}.safetensors")].iter().collect()
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("gradus-{}-{name}.safetensors", std::process::id()))
}

/// The largest distance of the net's outputs from PyTorch's.
fn apart(net: &Sequential, name: &str) -> f64 {
    let all: serde_json::Value = serde_json::from_str(include_str!("../fixtures/state.json")).unwrap();
    let row = |k: &str| all[k].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>();
    let x: Vec<f32> = row("x").iter().map(|&x| x as f32).collect();
    let y = net.forward(&Tensor::from_slice(&[3, 4], &x), &mut Mode::eval()).to_vec();
    y.iter().zip(row(name)).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max)
}

#[test]
fn pytorchs_state_gives_pytorchs_outputs() {
    let mut worst = Vec::new();
    let mut plain = net(5);
    load(&mut plain, file("plain"), true).unwrap();
    worst.push(apart(&plain, "plain"));
    for name in ["weight_norm", "weight_norm_old"] {
        let (mut image, mut leaves) = (net(5), net(5));
        load(&mut image, file(name), true).unwrap();
        leaves.constrain("0.weight", WeightNorm).unwrap();
        load(&mut leaves, file(name), true).unwrap();
        worst.extend([apart(&image, name), apart(&leaves, name)]);
    }
    let mut held = net(5);
    held.constrain("3.weight", Stiefel::expm()).unwrap();
    load(&mut held, file("orthogonal"), true).unwrap();
    worst.push(apart(&held, "orthogonal"));
    assert!(worst.iter().all(|&e| e < 1e-6), "{worst:?}");
}

#[test]
fn what_does_not_fit_is_named() {
    let mut other = net(2);
    let before = state(&other)["0.weight"].to_vec();
    let why = load(&mut other, file("plain"), true).unwrap_err().to_string();
    assert!(why.contains("3.weight") && why.contains("3.bias"), "{why}");
    assert_eq!(state(&other)["0.weight"].to_vec(), before, "strict: unchanged");
    let report = load(&mut other, file("plain"), false).unwrap();
    assert_eq!(report.misshapen[1], ("3.weight".into(), vec![2, 5], vec![5, 5]));
    assert_ne!(state(&other)["0.weight"].to_vec(), before, "not strict: what fits is loaded");
    let refused = load(&mut net(5), file("orthogonal"), false).unwrap().refused;
    assert_eq!(refused[0].0, "3.weight");
    let mut held = net(5);
    held.constrain("3.weight", Stiefel::expm()).unwrap();
    let refused = load(&mut held, file("plain"), false).unwrap().refused;
    assert!(refused[0].1.contains("outside"), "{refused:?}");
}

#[test]
fn a_round_trip_keeps_everything() {
    let (from, mut to) = (net(5), net(5));
    from.forward(&Tensor::ones(&[3, 4]), &mut Mode::train(&mut Xoshiro256PlusPlus::seed_from_u64(1)));
    save(&from, scratch("round")).unwrap();
    assert!(load(&mut to, scratch("round"), true).unwrap().is_clean());
    std::fs::remove_file(scratch("round")).unwrap();
    for ((a, x), (b, y)) in state(&from).iter().zip(state(&to)) {
        assert_eq!((a, x.to_vec()), (&b, y.to_vec()));
    }
}

#[derive(Debug, Module)]
struct Tied {
    first: Param,
    second: Param,
}

#[test]
fn tied_parameters_count_and_save_once() {
    let first = Param::new(&Tensor::ones(&[2, 2]), Role::Weight);
    let mut net = Tied { second: first.tie(), first };
    assert_eq!(net.count_parameters(), 4);
    assert_eq!(state(&net).keys().collect::<Vec<_>>(), ["first"]);
    let other = Tied { first: Param::new(&Tensor::full(&[2, 2], 3.0), Role::Weight), second: net.second.tie() };
    save(&other, scratch("tied")).unwrap();
    assert!(load(&mut net, scratch("tied"), true).unwrap().is_clean(), "the second name is another name of the first");
    std::fs::remove_file(scratch("tied")).unwrap();
    assert_eq!(net.second.value().to_vec(), [3.0; 4]);
    fn leaves<M: Engine>(m: &M) -> usize {
        m.leaves().len()
    }
    assert_eq!(leaves(&net), 2);
}

#[test]
fn numbers_of_another_width() {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(2);
    let (single, mut double) = (Linear::<f32>::new(3, 2, rng), Linear::<f64>::new(3, 2, rng));
    assert!(copy_state(&single, &mut double, true).unwrap().is_clean());
    let wide: Vec<f64> = single.weight().value().to_vec().iter().map(|&x| f64::from(x)).collect();
    assert_eq!(double.weight().value().to_vec(), wide);
}

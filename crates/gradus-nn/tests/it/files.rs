//! State in and out of files: PyTorch's state dicts (`xtask/fixtures/nn_state.py`) and ours in PyTorch (`read_state.py`), reports, ties.

use gradus_nn::constraints::{Stiefel, WeightNorm};
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Mode, Module as Engine, Param, Role, Tensor};
use gradus_nn::{
    Activation, BatchNorm, Conv2d, Linear, Module, Named, Recurrent, Sequential, copy_state, load, save, state,
};
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Images through a convolution and a batch norm, their rows as a sequence through an LSTM, its last output through linear layers.
#[derive(Debug, Module)]
struct Reader {
    conv: Conv2d,
    norm: BatchNorm,
    lstm: Recurrent,
    hidden: Linear,
    head: Linear,
}

impl Reader {
    fn new() -> Self {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(8);
        Reader {
            conv: Conv2d::builder(2, 3, [3, 3]).padding([1, 1]).build(rng),
            norm: BatchNorm::new(3),
            lstm: Recurrent::lstm(15, 6).layers(2).bidirectional().build(rng),
            hidden: Linear::new(12, 5, rng),
            head: Linear::new(5, 4, rng),
        }
    }

    fn forward(&self, x: &Tensor, mode: &mut Mode) -> Tensor {
        let h = self.norm.forward(&self.conv.forward(x, mode), mode).relu();
        // [n, 3, 4, 5] as 4 steps of 15 numbers.
        let rows = h.permute(&[0, 2, 1, 3]).reshape(&[h.shape()[0], 4, 15]);
        let steps = self.lstm.forward(&rows, mode);
        let last = steps.select(1, 3);
        self.head.forward(&self.hidden.forward(&last, mode).tanh(), mode)
    }
}

fn write_reader(folder: &Path, name: &str, net: &Reader, x: &Tensor) {
    save(net, folder.join(format!("{name}.safetensors"))).unwrap();
    let y = net.forward(x, &mut Mode::eval());
    let both = serde_json::json!({ "shape": x.shape(), "x": x.to_vec(), "y": y.to_vec() });
    std::fs::write(folder.join(format!("{name}.json")), both.to_string()).unwrap();
}

/// `xtask/fixtures/read_state.py` builds the same net of PyTorch's layers, loads strictly what we wrote and compares the outputs.
#[test]
#[ignore = "needs a Python with torch and safetensors, named by GRADUS_PYTHON (or python3)"]
fn pytorch_reads_our_state_and_gives_our_outputs() {
    let folder = std::env::temp_dir().join(format!("gradus-{}-read", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let x: Vec<f32> = (0..3 * 2 * 4 * 5).map(|i| (i as f32 * 1.7).sin() * 2.0 + 0.3).collect();
    let x = Tensor::from_slice(&[3, 2, 4, 5], &x);
    let mut net = Reader::new();
    for k in 0..3 {
        let seen = &x * (0.5 + 0.4 * k as f64);
        net.forward(&seen, &mut Mode::train(&mut Xoshiro256PlusPlus::seed_from_u64(k)));
    }
    write_reader(&folder, "plain", &net, &x);
    // Under constraints: as leaves, for PyTorch's own parametrisations, and baked, as plain weights.
    net.constrain("hidden.weight", WeightNorm).unwrap();
    net.with_parameter("hidden.weight", |p| {
        p.leaves_mut().iter_mut().for_each(|y| y.rewrite_leaf(|y| y.iter_mut().for_each(|y| *y *= 1.4)));
        Ok(())
    })
    .unwrap();
    write_reader(&folder, "weight_norm", &net, &x);
    net.bake("hidden.weight").unwrap();
    net.constrain("hidden.weight", Stiefel::expm()).unwrap();
    assert!(state(&net).contains_key("hidden.parametrizations.weight.original"));
    net.bake("hidden.weight").unwrap();
    assert!(state(&net).contains_key("hidden.weight"));
    write_reader(&folder, "image", &net, &x);

    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../xtask/fixtures/read_state.py"].iter().collect();
    let python = std::env::var("GRADUS_PYTHON").unwrap_or_else(|_| "python3".into());
    let done = Command::new(python).arg(script).arg(&folder).output().unwrap();
    let says = [done.stdout, done.stderr].map(|s| String::from_utf8_lossy(&s).into_owned()).concat();
    std::fs::remove_dir_all(&folder).unwrap();
    println!("{says}");
    assert!(done.status.success(), "{says}");
    assert_eq!(says.matches("strictly").count(), 3, "{says}");
}

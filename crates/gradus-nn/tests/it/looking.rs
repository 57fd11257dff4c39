//! Looking into nets: outputs by name and still tracked, what a hook puts in their place, the table of layers, refusals as errors.

use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Mode, Module as Engine, Tensor, Tree, Visitor, VisitorMut, grad};
use gradus_nn::{
    Activation, AdaptiveAvgPool, AdaptiveMaxPool, BatchNorm, Conv2d, Dropout, ErrorKind, Func, Inspect, Layer, Linear,
    MaxPool, Module, Named, Names, Residual, Sequential, Summary, capture,
};

type T = Tensor<f64>;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(5)
}

/// A layer of one's own that says nothing of itself.
#[derive(Debug, Module)]
struct Block {
    affine: Linear<f64>,
    act: Activation<f64>,
}

impl Layer<f64> for Block {
    fn forward(&self, x: &T, mode: &mut Mode) -> T {
        self.act.forward(&self.affine.forward(x, mode), mode) * 2
    }
}

#[derive(Debug, Module)]
struct Net {
    trunk: Sequential<f64>,
    head: Linear<f64>,
}

impl Layer<f64> for Net {
    fn forward(&self, x: &T, mode: &mut Mode) -> T {
        self.head.forward(&self.trunk.forward(x, mode), mode)
    }
}

fn net() -> Net {
    let r = &mut rng();
    let block = Block { affine: Linear::new(3, 3, r), act: Activation::tanh() };
    let deep = Residual::new(Residual::new(Linear::new(3, 3, r)));
    let trunk = Sequential::new().then(Linear::new(4, 3, r)).then(Activation::relu()).then(block).then(deep);
    Net { trunk: trunk.then(Dropout::new(0.5)), head: Linear::new(3, 2, r) }
}

fn input() -> T {
    Tensor::from_slice(&[2, 4], &[0.3, -1.0, 0.8, 0.1, 0.5, -0.4, 1.2, 2.0])
}

#[test]
fn every_layer_has_its_name_and_its_output() {
    let (net, x) = (net(), input());
    let seen = net.capture(&x, &mut Mode::eval());
    let called: Vec<_> = seen.calls().iter().map(|c| (c.name.as_deref().unwrap(), c.kind.as_str())).collect();
    let expected = [
        ("trunk.0", "Linear"),
        ("trunk.1", "relu"),
        ("trunk.2.affine", "Linear"),
        ("trunk.2.act", "tanh"),
        ("trunk.2", "Block"),
        ("trunk.3.body.body", "Linear"),
        ("trunk.3.body", "Residual<Linear>"),
        ("trunk.3", "Residual<Residual<Linear>>"),
        ("trunk.4", "Dropout"),
        ("trunk", "Sequential"),
        ("head", "Linear"),
        ("", "Net"),
    ];
    assert_eq!(called, expected);
    let z = seen.output_of("trunk.0").unwrap();
    assert_eq!(seen.output_of("trunk.1").unwrap().to_vec(), z.relu().to_vec());
    assert!(seen.input_of("trunk.0").unwrap().is_same(&x));
    assert!(seen.output_of("trunk").unwrap().is_same(&seen.input_of("head").unwrap()));
}

#[test]
fn backprop_through_a_layer_is_its_transposed_weight() {
    let (net, x) = (net(), input());
    let seen = net.capture(&x, &mut Mode::eval());
    let loss = seen.output.square().sum();
    let (dz, dx) = (&seen.output_of("head").unwrap(), &seen.input_of("head").unwrap());
    let (dz, dx) = (grad(&loss, dz).unwrap(), grad(&loss, dx).unwrap());
    let worst = (dz.matmul(&net.head.weight().value()) - dx).abs().to_vec().into_iter().fold(0.0, f64::max);
    assert!(worst < 1e-14, "{worst:e}");
}

#[test]
fn layers_without_parameters_report_without_a_list_around_them() {
    #[derive(Debug, Module)]
    struct Pools {
        mean: AdaptiveAvgPool<f64>,
        most: AdaptiveMaxPool<f64>,
        fixed: MaxPool<f64>,
        drop: Dropout<f64>,
    }
    let net = Pools {
        mean: AdaptiveAvgPool::new([4]),
        most: AdaptiveMaxPool::new([2]),
        fixed: MaxPool::new([2]),
        drop: Dropout::new(0.5),
    };
    let x = T::ones(&[1, 1, 8]);
    let seen = capture(&net, &mut Mode::eval(), |net, mode| {
        let x = net.most.forward(&net.mean.forward(&x, mode), mode);
        net.drop.forward(&net.fixed.forward(&x, mode), mode)
    });
    let names: Vec<_> = seen.calls().iter().map(|c| c.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["mean", "most", "fixed", "drop"]);
    assert_eq!(seen.output_of("mean").unwrap().shape(), [1, 1, 4]);
}

#[test]
fn a_hook_may_put_another_tensor_in_place() {
    let (net, x) = (net(), input());
    let plain = net.forward(&x, &mut Mode::eval()).to_vec();
    let mut mode = Mode::eval();
    let coarse = |y: &T| {
        // Rounded to eighths, straight through.
        let rounded: Vec<f64> = y.to_vec().iter().map(|y| (y * 8.0).round() / 8.0).collect();
        y + (Tensor::from_slice(y.shape(), &rounded) - y.detach())
    };
    mode.watch::<f64>(move |seen| Some(coarse(seen.output)));
    mode.watch::<f32>(|_| panic!("no layer is over f32"));
    let seen = net.capture(&x, &mut mode.again());
    for call in seen.calls() {
        assert!(call.output.to_vec().iter().all(|y| (y * 8.0).fract() == 0.0), "{:?}", call.name);
    }
    assert_ne!(seen.output.to_vec(), plain);
    let g = grad(&seen.output.sum(), &net.head.bias().unwrap().leaves()[0]).unwrap();
    assert_eq!(g.to_vec(), [2.0, 2.0], "straight through");
    assert_eq!(net.forward(&x, &mut Mode::eval()).to_vec(), plain, "the net is what it was");
}

#[test]
fn a_watch_ends_with_its_closure_and_masks_go_on() {
    let (net, x) = (net(), T::ones(&[32, 4]));
    let mut mode = Mode::train(&mut rng());
    let mut twin = mode.clone();
    let first = net.capture(&x, &mut mode).output.to_vec();
    assert_eq!(first, net.forward(&x, &mut twin).to_vec());
    assert_eq!(net.forward(&x, &mut mode).to_vec(), net.forward(&x, &mut twin).to_vec());
    assert_ne!(first, net.forward(&x, &mut twin).to_vec());
}

/// A layer without size: all of its kind may share one place.
#[derive(Clone, Copy, Debug)]
struct Add<const K: usize>;

impl<const K: usize> Tree for Add<K> {
    type Elem = f64;
    type Owned = Self;
    fn visit(&self, _: &mut dyn Visitor<f64>) {}
    fn map(&self, _: &mut dyn FnMut(&T) -> T) -> Self {
        *self
    }
}

impl<const K: usize> Engine for Add<K> {
    fn visit_mut(&mut self, _: &mut dyn VisitorMut<f64>) {}
}

impl<const K: usize> Layer<f64> for Add<K> {
    fn forward(&self, x: &T, _: &mut Mode) -> T {
        x + K as f64
    }
}

#[test]
fn layers_without_size_are_told_apart_by_their_turn() {
    let net = Sequential::new().then(Add::<1>).then(Add::<1>).then(Add::<2>).then(Func::new("half", |x: &T, _| x / 2));
    let seen = net.capture(&T::zeros(&[1]), &mut Mode::eval());
    let numbers: Vec<_> = ["0", "1", "2", "3"].iter().map(|n| seen.output_of(n).unwrap().item()).collect();
    assert_eq!(numbers, [1.0, 2.0, 4.0, 2.0]);
    assert_eq!(Names::of(&net).iter().last().unwrap().1.kind(), "half");
}

#[test]
fn names_that_give_nothing_say_why() {
    let (net, x) = (net(), input());
    let seen = capture(&net, &mut Mode::eval(), |net, mode| net.trunk.forward(&x, mode));
    let why = seen.output_of("trunk.2.afine").unwrap_err();
    assert_eq!(why.kind(), ErrorKind::Name);
    assert!(
        why.to_string().contains("there is no layer named `trunk.2.afine`; did you mean `trunk.2.affine`"),
        "{why}"
    );
    let why = seen.output_of("head").unwrap_err().to_string();
    assert!(why.contains("`head` was not called"), "{why}");
}

#[test]
fn wrong_shapes_are_errors() {
    let net = net();
    assert_eq!(net.output_shape(&[7, 4]).unwrap(), [7, 2]);
    let why = net.output_shape(&[7, 3]).unwrap_err();
    assert_eq!(why.kind(), ErrorKind::Shape);
    assert!(why.to_string().contains("[7, 3]"), "{why}");
    let norm = BatchNorm::<f64>::new(3);
    let why = norm.try_forward(&T::ones(&[1, 3]), &mut Mode::train(&mut rng())).unwrap_err();
    assert!(why.to_string().contains("one value has no variance"), "{why}");
    assert!(net.try_forward(&input(), &mut Mode::eval()).is_ok(), "after a refusal all goes on");
    let cursed = Func::<f64>::new("cursed", |_, _| panic!("words of its own"));
    assert_eq!(cursed.try_forward(&input(), &mut Mode::eval()).unwrap_err().to_string(), "words of its own");
}

#[test]
fn the_table_is_torchinfos() {
    let r = &mut rng();
    let trunk = Sequential::<f32>::new().then(Conv2d::new(1, 10, [5, 5], r)).then(MaxPool::new([2, 2]));
    let mut net = trunk.then(Activation::relu()).then(Func::flatten()).then(Linear::new(1440, 10, r));
    net.freeze("0.*", true).unwrap();
    let expected = "\
===================================================================
Layer (type (name): depth-place)    Output shape       Param #
===================================================================
Sequential                          [2, 10]            --
├─Conv2d (0): 1-1                   [2, 10, 24, 24]    (260)
├─MaxPool (1): 1-2                  [2, 10, 12, 12]    --
├─relu (2): 1-3                     [2, 10, 12, 12]    --
├─flatten (3): 1-4                  [2, 1440]          --
├─Linear (4): 1-5                   [2, 10]            14,410
===================================================================
Total params: 14,670
Trainable params: 14,410
Non-trainable params: 260
===================================================================";
    let table = net.summary(&[2, 1, 28, 28]);
    let trimmed: Vec<String> = table.to_string().lines().map(|l| l.trim_start_matches('=').to_owned()).collect();
    let wanted: Vec<String> = expected.lines().map(|l| l.trim_start_matches('=').to_owned()).collect();
    assert_eq!(trimmed, wanted, "\n{table}");
    assert_eq!(table.trained() + table.frozen(), net.count_parameters());
}

#[test]
fn tied_parameters_stand_in_the_table_once() {
    #[derive(Debug, Module)]
    struct Tied {
        first: Linear<f64>,
        second: Linear<f64>,
    }
    let first = Linear::new(3, 3, &mut rng());
    let mut second = Linear::builder(3, 3).bias(false).build(&mut rng());
    *second.weight_mut() = first.weight().tie();
    let net = Tied { first, second };
    let x = T::ones(&[1, 3]);
    let table = Summary::of(&net, |net, mode| net.second.forward(&net.first.forward(&x, mode), mode));
    assert_eq!(table.trained(), 12);
    let text = table.to_string();
    assert!(text.contains("├─Linear (second): 1-2") && text.contains("(tied)"), "{text}");
    assert_eq!(table.rows()[0].output, None, "the net itself was not called");
}

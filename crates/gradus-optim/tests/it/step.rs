//! Laws of the step on a net: leaves in and out, groups, gradients that are not finite, state in and out.

use gradus_optim::gradus_tensor::{Gradients, Param, Role, Tensor};
use gradus_optim::schedule::{Schedule, constant, exponential, plateau};
use gradus_optim::{Adam, AdamW, Group, Kind, Muon, NonFinite, Optimise, RmsProp, Sgd, State};

/// A matrix, a bias and a scale, under the names `0`, `1.0` and `1.1`.
type Net = (Param<f64>, (Param<f64>, Param<f64>));

fn numbers(shape: &[usize], seed: usize) -> Tensor<f64> {
    let n: usize = shape.iter().product();
    let x: Vec<f64> = (0..n).map(|i| (((i + seed) * 37 + 11) % 101) as f64 / 50.5 - 1.0).collect();
    Tensor::from_slice(shape, &x)
}

fn net() -> Net {
    let param = |shape: &[usize], seed, role| Param::new(&numbers(shape, seed), role);
    (param(&[3, 4], 1, Role::Weight), (param(&[3], 2, Role::Bias), param(&[3], 3, Role::Scale)))
}

fn loss(net: &Net) -> Tensor<f64> {
    let x = numbers(&[5, 4], 9);
    let h = x.matmul(&net.0.value().t()) + net.1.0.value();
    (h.tanh() * net.1.1.value()).square().mean()
}

fn values(net: &Net) -> [Vec<f64>; 3] {
    [&net.0, &net.1.0, &net.1.1].map(|p| p.value().to_vec())
}

#[test]
fn descent_is_w_minus_rate_times_gradient() {
    let mut net = net();
    let grads = loss(&net).backward();
    let wanted: Vec<Vec<f64>> = [&net.0, &net.1.0, &net.1.1]
        .map(|p| {
            let (w, g) = (p.value().to_vec(), grads.get(&p.value()).expect("used").to_vec());
            w.iter().zip(&g).map(|(w, g)| w - 0.1 * g).collect()
        })
        .to_vec();
    let before = net.0.leaves()[0].leaf().expect("a leaf");
    let stepped = Sgd::new(0.1).step(&mut net, &grads);
    assert_eq!((stepped.rate, stepped.unused, stepped.skipped), (0.1, 0, false));
    for (got, wanted) in values(&net).iter().zip(&wanted) {
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-15), "{got:?} against {wanted:?}");
    }
    let after = net.0.leaves()[0].leaf().expect("still a leaf");
    assert_eq!((after.0, after.1), (before.0, before.1 + 1), "the leaf keeps its identity and gets a new version");
}

#[test]
fn a_leaf_is_written_in_place_unless_somebody_holds_it() {
    let mut net = net();
    let address = |p: &Param<f64>| p.leaves()[0].as_slice().expect("contiguous").as_ptr();
    let (free, held) = (address(&net.0), net.1.0.value());
    let old = held.to_vec();
    let grads = loss(&net).backward();
    Sgd::new(0.1).step(&mut net, &grads);
    assert_eq!(address(&net.0), free, "written in place");
    assert_eq!(held.to_vec(), old, "a handle made before keeps its numbers");
    assert_ne!(net.1.0.value().to_vec(), old);
}

#[test]
fn tied_leaves_move_once_and_stay_tied() {
    let w = Param::new(&numbers(&[2], 1), Role::Weight);
    let mut net = (w.tie(), w);
    let grads = (net.0.value() * net.1.value()).sum().backward();
    let start = net.0.value().to_vec();
    let mut sgd = Sgd::new(0.1).momentum(0.9);
    sgd.step(&mut net, &grads);
    let (a, b) = (net.0.value().to_vec(), net.1.value().to_vec());
    assert_eq!(a, b);
    assert!(a.iter().zip(&start).all(|(a, w)| (a - (w - 0.1 * 2.0 * w)).abs() < 1e-15));
    assert_eq!(net.0.leaves()[0].leaf(), net.1.leaves()[0].leaf());
    assert_eq!(sgd.state().leaves.len(), 1);
}

#[test]
fn groups_set_rates_decay_and_freeze_by_name() {
    let mut net = net();
    let zero = Gradients::from_tree(0.0, &net, &net.leaves_like_zero());
    let start = values(&net);
    let group = |n: &str| Group::named(n);
    let mut sgd = Sgd::new(1.0)
        .weight_decay(0.5)
        .group(group("1.*").weight_decay(0.25))
        .group(group("1.1").rate_factor(2.0))
        .group(group("0").frozen());
    sgd.step(&mut net, &zero);
    let end = values(&net);
    assert_eq!(end[0], start[0], "frozen");
    assert!(end[1].iter().zip(&start[1]).all(|(a, b)| *a == 0.75 * b), "decay of the group");
    assert!(end[2].iter().zip(&start[2]).all(|(a, b)| *a == 0.5 * b), "decay of one group, rate of the other");
}

trait Zeros {
    fn leaves_like_zero(&self) -> Self;
}

impl Zeros for Net {
    fn leaves_like_zero(&self) -> Self {
        use gradus_optim::gradus_tensor::Tree;
        self.map(&mut Tensor::zeros_like)
    }
}

#[test]
fn decay_acts_on_weights_alone_unless_told_otherwise() {
    let start = values(&net());
    let decayed = |mut sgd: Sgd<f64>| {
        let mut net = net();
        let zero = Gradients::from_tree(0.0, &net, &net.leaves_like_zero());
        sgd.step(&mut net, &zero);
        let end = values(&net);
        [0, 1, 2].map(|i| end[i] != start[i])
    };
    assert_eq!(decayed(Sgd::new(1.0).weight_decay(0.5)), [true, false, false]);
    assert_eq!(decayed(Sgd::new(1.0).decoupled_weight_decay(0.5).decay_everything()), [true; 3]);
}

#[test]
fn a_group_without_a_leaf_is_refused_with_the_names() {
    let mut net = net();
    let grads = loss(&net).backward();
    let mut sgd = Sgd::new(0.1).group(Group::named("*.wieght").frozen());
    for _ in 0..2 {
        let error = sgd.try_step(&mut net, &grads).expect_err("refused");
        assert_eq!(error.kind(), Kind::Name);
        assert_eq!(error.to_string(), "sgd: group `*.wieght` matches no leaf; there are `0`, `1.0`, `1.1`");
    }
}

#[test]
fn leaves_without_a_gradient_stay_and_are_named() {
    let mut net = net();
    let grads = net.0.value().square().sum().backward();
    let start = values(&net);
    let mut adam = AdamW::new(0.1);
    assert_eq!(adam.step(&mut net, &grads).unused, 2);
    assert_eq!(adam.unused(), ["1.0", "1.1"]);
    let end = values(&net);
    assert_eq!(end[1..], start[1..]);
    assert_ne!(end[0], start[0]);
}

/// Gradients of the net with one bad number in the bias.
fn with_bad_number(net: &Net, bad: f64) -> Gradients<f64> {
    let mut g = net.leaves_like_zero();
    g.1.0 = Param::new(&Tensor::from_slice(&[3], &[1.0, bad, 1.0]), Role::Bias);
    Gradients::from_tree(1.0, net, &g)
}

#[test]
fn a_gradient_that_is_not_finite_poisons_nothing() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e200] {
        // Stop: nothing changes, and the error names the leaf.
        let mut net = net();
        let mut adam = Adam::new(0.1);
        let grads = loss(&net).backward();
        adam.step(&mut net, &grads);
        let (before, state) = (values(&net), adam.state());
        let bad_grads = with_bad_number(&net, bad);
        let error = adam.try_step(&mut net, &bad_grads).expect_err("refused");
        assert_eq!(error.kind(), Kind::NonFinite);
        assert!(error.to_string().contains("adam: the gradient of `1.0` is not finite"), "{error}");
        assert_eq!((values(&net), adam.state()), (before.clone(), state));
        // Skip: nothing changes either, and the step says so.
        let mut adam = Adam::new(0.1).non_finite(NonFinite::Skip);
        let bad_grads = with_bad_number(&net, bad);
        assert!(adam.step(&mut net, &bad_grads).skipped);
        assert_eq!(values(&net), before);
        assert_eq!(adam.state().clock.step, 0);
        // Clip: what is not a number counts as 0, what is infinite as ±c.
        let mut sgd = Sgd::new(0.5).non_finite(NonFinite::Clip(2.0));
        let bad_grads = with_bad_number(&net, bad);
        sgd.step(&mut net, &bad_grads);
        let wanted = if bad.is_nan() { 0.0 } else { 2.0_f64.copysign(bad) };
        let moved = before[1][1] - net.1.0.value().to_vec()[1];
        assert!((moved - 0.5 * wanted).abs() < 1e-12, "{bad}: moved by {moved}");
    }
}

#[test]
fn a_large_net_is_checked_on_the_way() {
    let n = 1 << 20;
    let mut w = Tensor::<f32>::zeros(&[n]).tracked();
    let mut g = vec![1.0_f32; n];
    g[700_000] = f32::NAN;
    let mut adam = Adam::new(0.1);
    let grads = Gradients::from_tree(0.0, &w, &Tensor::from_slice(&[n], &g));
    let error = adam.try_step(&mut w, &grads).expect_err("refused");
    assert_eq!(error.kind(), Kind::NonFinite);
    assert!(w.to_vec().iter().all(|w| w.is_finite()), "weights");
    let good = Gradients::from_tree(0.0, &w, &Tensor::ones(&[n]));
    adam.step(&mut w, &good);
    assert!(w.to_vec().iter().all(|w| w.is_finite()), "state");
}

#[test]
fn the_first_bad_leaf_is_named_wherever_its_bad_number_lies() {
    // Leaves are stepped part by part, the first parts of all before the next: the order of leaves counts all the same.
    let n = 1 << 19;
    let mut net =
        (Param::new(&Tensor::<f32>::zeros(&[n]), Role::Weight), Param::new(&Tensor::zeros(&[n]), Role::Weight));
    let bad_at = |at: usize| {
        let mut g = vec![1.0_f32; n];
        g[at] = f32::NAN;
        Param::new(&Tensor::from_slice(&[n], &g), Role::Weight)
    };
    let grads = Gradients::from_tree(0.0, &net, &(bad_at(n - 1), bad_at(0)));
    let error = Sgd::new(0.1).momentum(0.9).try_step(&mut net, &grads).expect_err("refused");
    assert!(error.to_string().contains("the gradient of `0` is not finite"), "{error}");
}

#[test]
fn muon_steps_matrices_and_adamw_the_rest_under_one_norm() {
    let mut net = net();
    let grads = loss(&net).backward();
    let norm = [&net.0, &net.1.0, &net.1.1]
        .iter()
        .flat_map(|p| grads.get(&p.value()).expect("used").to_vec())
        .map(|g| g * g)
        .sum::<f64>()
        .sqrt();
    let start = values(&net);
    // The rest alone, clipped by the norm of all, through AdamW's first step: d = m̂/(√v̂ + ε) = g/(|g| + ε).
    let bias = grads.get(&net.1.0.value()).expect("used").to_vec();
    Muon::new(0.02).others(0.5).clip_global_norm(norm / 2.0).step(&mut net, &grads);
    let end = values(&net);
    for ((a, b), g) in start[1].iter().zip(&end[1]).zip(&bias) {
        let g = g / 2.0;
        assert!((a - b - 0.5 * g / (g.abs() + 1e-8)).abs() < 1e-12);
    }
    assert_ne!(start[0], end[0]);
    assert!(Muon::<f64>::new(0.02).clip_value(1.0).clip_global_norm(1.0).chains().is_err());
}

/// `make` steps 10 times; or 5 times, through JSON into a fresh optimiser, 5 times more: the same bit for bit.
fn resumes<R: gradus_optim::optimiser::Recipe<f64>>(make: impl Fn() -> gradus_optim::Optimiser<R, f64>) {
    let run = |optimiser: &mut gradus_optim::Optimiser<R, f64>, net: &mut Net, steps| {
        for _ in 0..steps {
            let loss = loss(net);
            let metric = loss.item();
            let grads = loss.backward();
            optimiser.step(net, &grads);
            optimiser.observe(metric);
            optimiser.end_epoch();
        }
    };
    let (mut whole, mut first, mut second) = (make(), make(), make());
    let mut a = net();
    run(&mut whole, &mut a, 10);
    let mut b = net();
    run(&mut first, &mut b, 5);
    let text = serde_json::to_string(&first.state()).expect("serialises");
    let state: State = serde_json::from_str(&text).expect("parses");
    let mut b = b.clone();
    second.restore(&b, &state).expect("its own state");
    run(&mut second, &mut b, 5);
    assert_eq!(values(&a), values(&b));
    assert_eq!(whole.state(), second.state());
}

#[test]
fn every_optimiser_resumes_bit_for_bit() {
    resumes(|| Sgd::new(0.1).momentum(0.9).schedule(exponential(0.9)));
    resumes(|| Adam::new(0.01).amsgrad().clip_global_norm(0.1));
    resumes(|| AdamW::new(0.01).schedule(constant().then(3, plateau(0).factor(0.5))));
    resumes(|| RmsProp::new(0.01).centered().momentum(0.5).schedule(exponential(0.5).by_epoch()));
    resumes(|| gradus_optim::Adagrad::new(0.1));
    resumes(|| gradus_optim::Lion::new(0.01));
    resumes(|| Muon::new(0.02));
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let mut net = net();
    let grads = loss(&net).backward();
    let mut adam = Adam::new(0.1);
    adam.step(&mut net, &grads);
    let state = adam.state();
    let refused = |state: &State| Adam::<f64>::new(0.1).restore(&net, state).expect_err("refused").to_string();
    let mut other = state.clone();
    other.recipe = "sgd".into();
    assert_eq!(refused(&other), "restore: the state is of `sgd`, the optimiser is `adam`");
    let mut other = state.clone();
    other.leaves[1].name = "nose".into();
    assert_eq!(refused(&other), "restore: the net has no leaf `nose`");
    let mut other = state.clone();
    other.leaves.remove(1);
    assert!(refused(&other).contains("has nothing of the leaf `1.0`"), "{}", refused(&other));
    // One that was saved before the first step holds nothing at all, and fits.
    Adam::<f64>::new(0.1).restore(&net, &Adam::<f64>::new(0.1).state()).expect("nothing to take back");
    let error = Adam::<f64>::new(0.1).amsgrad().restore(&net, &state).expect_err("refused").to_string();
    assert!(error.starts_with("restore: `0` has the states [\"adam.first\", \"adam.second\"], expected"), "{error}");
}

#[test]
fn sam_steps_with_the_gradient_at_the_perturbed_weights() {
    use gradus_optim::Sam;
    use gradus_optim::gradus_tensor::Tree;
    let plain = net();
    let norm: f64 = loss(&plain).backward().wrt(&plain).leaves().iter().map(|g| g.square().sum().item()).sum();
    let grads = loss(&plain).backward();
    let perturbed = plain.map(&mut |w| {
        let g = grads.get(w).expect("used");
        (w + g * (0.05 / norm.sqrt())).detach().tracked()
    });
    let there = loss(&perturbed).backward().wrt(&perturbed).leaves();
    let wanted: Vec<Vec<f64>> = plain.leaves().iter().zip(&there).map(|(w, g)| (w - g * 0.1).to_vec()).collect();
    let mut stepped = plain.clone();
    Sam::new(0.05, Sgd::new(0.1)).step(&mut stepped, |net| loss(net).backward()).expect("steps");
    for (got, wanted) in values(&stepped).iter().zip(&wanted) {
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-14));
    }
    // A leaf without a gradient (here: all but the matrix) stays.
    let mut stepped = plain.clone();
    let mut sam = Sam::new(0.05, Sgd::new(0.1)).adaptive();
    let report = sam.step(&mut stepped, |net| net.0.value().square().sum().backward()).expect("steps");
    assert_eq!((report.unused, &values(&stepped)[1..]), (2, &values(&plain)[1..]));
}

#[test]
fn averages_follow_their_formula_and_come_back_from_a_file() {
    use gradus_optim::Average;
    let mut w = Param::new(&numbers(&[3], 1), Role::Weight);
    let mut sgd = Sgd::new(0.1);
    let (mut ema, mut swa, mut path) = (Average::exponential(0.9), Average::equal(), Vec::new());
    for _ in 0..6 {
        let grads = w.value().square().sum().backward();
        sgd.step(&mut w, &grads);
        ema.update(&w);
        swa.update(&w);
        path.push(w.value().to_vec());
    }
    let mean: Vec<f64> = (0..3).map(|i| path.iter().map(|w| w[i]).sum::<f64>() / 6.0).collect();
    let mut wanted = path[0].clone();
    for now in &path[1..] {
        wanted.iter_mut().zip(now).for_each(|(a, w)| *a = 0.9 * *a + 0.1 * w);
    }
    let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-15);
    assert!(close(&swa.averaged(&w).expect("seen").value().to_vec(), &mean));
    let text = serde_json::to_string(&ema.state()).expect("serialises");
    let mut fresh = Average::exponential(0.9);
    fresh.restore(&w, &serde_json::from_str::<Vec<_>>(&text).expect("parses")).expect("fits");
    fresh.write(&mut w).expect("seen");
    assert!(close(&w.value().to_vec(), &wanted));
    assert!(Average::<f64>::equal().write(&mut w).is_err());
}

#[test]
fn a_rate_that_is_none_moves_nothing_and_a_plateau_survives_a_text() {
    let start = || Tensor::from_slice(&[2], &[1.0, -2.0]).tracked();
    for factor in [f64::NAN, -1.0, f64::INFINITY] {
        let (mut w, mut sgd) = (start(), Sgd::new(0.1).schedule(exponential(factor)));
        let grads = w.square().sum().backward();
        sgd.step(&mut w, &grads);
        let after = w.to_vec();
        let grads = w.square().sum().backward();
        let why = sgd.try_step(&mut w, &grads).expect_err("no rate").to_string();
        assert!(why.contains("rate") && w.to_vec() == after, "{factor}: {why}");
    }
    let (mut w, mut sgd) = (start(), Sgd::new(0.1).schedule(plateau(0)));
    let grads = w.square().sum().backward();
    sgd.step(&mut w, &grads);
    let text = serde_json::to_string(&sgd.state()).expect("writes");
    let state: State = serde_json::from_str(&text).expect("JSON has no infinity");
    assert_eq!(state, sgd.state());
}

//! A training path, the gradient of a gradient penalty, and the matrix exponential, as PyTorch has them.

use crate::fixture::{close, floats, labels, tensor, training};
use gradus::nn::{Activation, BatchNorm, Linear, Module, Sequential, cross_entropy};
use gradus::optim::{Objective, Sgd, penalty};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Buffer, Index, Mode, Name, Param, Path, Tensor, VisitorMut, grad, grad_recorded};
use serde_json::Value;

/// Puts numbers into a net by name.
fn put(net: &mut impl Module<Elem = f64>, numbers: &Value) {
    struct Put<'a>(Path, &'a Value);
    impl VisitorMut<f64> for Put<'_> {
        fn enter(&mut self, name: Name) {
            self.0.push(name);
        }
        fn leave(&mut self) {
            self.0.pop();
        }
        fn tensor(&mut self, _: &mut Tensor<f64>) {}
        fn param(&mut self, p: &mut Param<f64>) {
            let shape = p.value().shape().to_vec();
            p.set(&tensor(&self.1[self.0.to_string()], &shape)).unwrap();
        }
        fn buffer(&mut self, b: &Buffer<f64>) {
            if let Some(v) = self.1.get(self.0.to_string()) {
                b.set(&tensor(v, b.get().shape()), 0).unwrap();
            }
        }
    }
    net.visit_mut(&mut Put(Path::default(), numbers));
}

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(0)
}

#[test]
fn twenty_steps_of_sgd_through_batch_norm_follow_pytorch() {
    let fixture = &training()["trajectory"];
    let mut net = Sequential::<f64>::new()
        .then(Linear::new(5, 7, &mut rng()))
        .then(BatchNorm::new(7))
        .then(Activation::relu())
        .then(Linear::new(7, 6, &mut rng()))
        .then(BatchNorm::new(6))
        .then(Activation::relu())
        .then(Linear::new(6, 3, &mut rng()));
    put(&mut net, &fixture["start"]);
    let (x, y) = (floats(&fixture["x"]), fixture["y"].as_array().unwrap());
    let mut sgd = Sgd::new(0.1).momentum(0.9).weight_decay(0.01).decay_everything();
    for (step, expected) in floats(&fixture["losses"]).into_iter().enumerate() {
        let x = Tensor::from_slice(&[8, 5], &x[step * 40..(step + 1) * 40]);
        let loss = cross_entropy(&net.forward(&x, &mut Mode::train(&mut rng())), &labels(&y[step * 8..(step + 1) * 8]));
        let grads = loss.backward();
        close("loss", &[grads.loss()], &[expected], 1e-12);
        sgd.step(&mut net, &grads);
    }
    for (name, now) in gradus::nn::state(&net) {
        close(&name, &now.to_vec(), &floats(&fixture["end"][&name]), 1e-10);
    }
}

fn penalised(norm: bool) {
    let fixture = &training()["penalty"][if norm { "batch_norm" } else { "tanh" }];
    let mut net = Sequential::<f64>::new().then(Linear::new(4, 5, &mut rng()));
    if norm {
        net = net.then(BatchNorm::new(5));
    }
    let mut net = net.then(Activation::tanh()).then(Linear::new(5, 3, &mut rng()));
    put(&mut net, &fixture["start"]);
    let batch: (Tensor<f64>, Index) = (tensor(&fixture["x"], &[6, 4]), labels(fixture["y"].as_array().unwrap()));
    let objective = Objective::supervised(Sequential::forward, cross_entropy).with(penalty::gradient_norm_sq(0.3));
    let value = objective.evaluate(&net, &batch, &mut Mode::train(&mut rng())).unwrap();
    close("loss", &[value.data()], &[fixture["loss"].as_f64().unwrap()], 1e-12);
    close("penalty", &[value.penalties()[0].1], &[0.3 * fixture["norm_sq"].as_f64().unwrap()], 1e-12);
    let grads = value.backward().wrt(&net);
    let expected: Vec<f64> = fixture["gradient"].as_array().unwrap().iter().flat_map(floats).collect();
    let got: Vec<f64> = gradus::tensor::Tree::leaves(&grads).iter().flat_map(Tensor::to_vec).collect();
    close("gradient of the penalised loss", &got, &expected, 1e-10);
}

#[test]
fn the_gradient_of_a_gradient_penalty_is_pytorchs() {
    penalised(false);
}

#[test]
fn the_gradient_of_a_gradient_penalty_through_batch_norm_is_pytorchs() {
    penalised(true);
}

#[test]
fn the_matrix_exponential_and_two_derivatives_are_pytorchs() {
    for row in training()["expm"].as_array().unwrap() {
        let n = row["n"].as_u64().unwrap() as usize;
        let part = |name: &str| tensor(&row[name], &[n, n]);
        let v = part("v").tracked();
        let value = if row["skew"].as_bool().unwrap() { v.skew_expm() } else { v.expm() };
        let first = grad_recorded(&(&value * part("g")).sum(), &v).unwrap();
        let second = grad(&(&first * part("u")).sum(), &v).unwrap();
        for (name, got) in [("value", value), ("first", first), ("second", second)] {
            let expected = floats(&row[name]);
            let scale = expected.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
            let relative = |x: &[f64]| x.iter().map(|x| x / scale).collect::<Vec<_>>();
            close(name, &relative(&got.to_vec()), &relative(&expected), 1e-10);
        }
    }
}

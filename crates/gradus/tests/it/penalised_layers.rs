//! The gradient penalty through every layer: ∇(λ‖∇L‖²) = 2λ H ∇L, with H the explicit Hessian and with differences of the gradient.

use crate::fixture::close;
use gradus::constraints::{Interval, Positive, Stiefel};
use gradus::nn::{
    Activation, AdaptiveAvgPool, AlphaDropout, AvgPool, BatchNorm, Cell, Conv1d, Conv2d, ConvTranspose1d,
    ConvTranspose2d, DropConnect, Dropout, Embedding, Func, GaussianRegressor, GroupNorm, LayerNorm, Linear, MaxPool,
    Module, MultiheadAttention, OrthogonalRnn, PRelu, Residual, RmsNorm, Sequential, causal_mask, instance_norm, loss,
};
use gradus::optim::{Objective, penalty};
use gradus::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Index, Mode, Statistics, Tensor, grad, hessian_matrix};

type T = Tensor<f64>;

/// λ of every penalty here.
const LAMBDA: f64 = 0.3;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(7)
}

/// Inputs without ties or zeros.
fn input(shape: &[usize]) -> T {
    Tensor::build(shape, |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = (1.7 * i as f64 + 0.6).sin()))
}

/// A smooth number of an output in which no element is like another.
fn number(y: &T) -> T {
    let w = Tensor::build(y.shape(), |w| w.iter_mut().enumerate().for_each(|(i, w)| *w = (i as f64 + 1.0).cos() + 1.5));
    (y * w).softplus().mean()
}

fn flat(net: &impl Module<Elem = f64>) -> Vec<f64> {
    net.leaves().iter().flat_map(Tensor::to_vec).collect()
}

/// Holds the penalty's gradient to both, for the loss `f` of a net.
fn holds<N: Module<Elem = f64> + 'static>(
    name: &str,
    net: &N,
    f: impl Fn(&N, &mut Mode) -> T + Send + Sync + Clone + 'static,
) {
    let mode = || Mode::train(&mut rng());
    let gradient = |net: &N| grad(&f(net, &mut mode()), net).expect(name);
    let g = gradient(net);
    let h = hessian_matrix(|net: &N| f(net, &mut mode()), net);
    let by_hessian = (h.matmul(&Tensor::from_slice(&[h.shape()[0]], &flat(&g))) * (2.0 * LAMBDA)).to_vec();
    let size = flat(&g).iter().map(|g| g * g).sum::<f64>().sqrt();
    assert!(size > 1e-6, "{name}: the loss does not move");
    let step = 1e-5 / size;
    let at = |step: f64| flat(&gradient(&net.zip_with(&g, |w, g| (w + g * step).detach().tracked())));
    let (up, down) = (at(step), at(-step));
    let by_differences: Vec<f64> = up.iter().zip(&down).map(|(u, d)| LAMBDA * (u - d) / step).collect();
    let own = f.clone();
    let plain = Objective::new(move |net: &N, (): &(), mode: &mut Mode| own(net, mode));
    let evaluate = |objective: &Objective<N, ()>| {
        flat(&objective.evaluate(net, &(), &mut mode()).expect(name).backward().wrt(net))
    };
    let without = evaluate(&plain);
    let with = evaluate(&plain.with(penalty::gradient_norm_sq(LAMBDA)));
    let penalty: Vec<f64> = with.iter().zip(&without).map(|(a, b)| a - b).collect();
    close(&format!("{name}: explicit Hessian"), &penalty, &by_hessian, 1e-11);
    close(&format!("{name}: differences"), &penalty, &by_differences, 1e-6);
}

/// The same for a layer in one signature with this input.
fn layer<N: Module<Elem = f64> + 'static>(name: &str, net: &N, forward: fn(&N, &T, &mut Mode) -> T, shape: &[usize]) {
    let x = input(shape);
    holds(name, net, move |net, mode| number(&forward(net, &x, mode)));
}

#[test]
fn dense_layers_and_their_constraints() {
    let r = &mut rng();
    layer("linear", &Linear::new(3, 2, r), Linear::forward, &[4, 3]);
    let held = |square: Linear<f64>| {
        Sequential::new().then(square).then(Activation::tanh()).then(Linear::new(3, 2, &mut rng()))
    };
    layer("expm", &held(Linear::builder(3, 3).constrain(Stiefel::expm()).build(r)), Sequential::forward, &[4, 3]);
    layer("cayley", &held(Linear::builder(3, 3).constrain(Stiefel::cayley()).build(r)), Sequential::forward, &[4, 3]);
    layer(
        "positive",
        &held(Linear::builder(3, 3).constrain(Positive::softplus()).build(r)),
        Sequential::forward,
        &[4, 3],
    );
    let bounded = Linear::builder(3, 3).constrain(Interval::new(-2.0, 2.0)).build(r);
    layer("interval", &held(bounded), Sequential::forward, &[4, 3]);
    layer("prelu", &PRelu::new(3), PRelu::forward, &[4, 3]);
    layer("residual", &Residual::new(Linear::new(3, 3, r)), Residual::forward, &[4, 3]);
    layer("drop connect", &DropConnect::new(Linear::new(3, 2, r), 0.4), DropConnect::forward, &[4, 3]);
    let embedding = Embedding::new(5, 3, r);
    holds("embedding", &embedding, |net, mode| number(&net.forward(&Index::new(&[2, 2], vec![1, 4, 1, 0]), mode)));
}

#[test]
fn every_activation_between_two_linear_layers() {
    let named: [(&'static str, fn(&T) -> T); 9] = [
        ("softplus", Tensor::softplus),
        ("sigmoid", Tensor::sigmoid),
        ("relu", Tensor::relu),
        ("leaky relu", |x| x.leaky_relu(0.1)),
        ("elu", |x| x.elu(1.0)),
        ("selu", Tensor::selu),
        ("silu", Tensor::silu),
        ("mish", Tensor::mish),
        ("gelu", Tensor::gelu),
    ];
    for (name, f) in named {
        let r = &mut rng();
        let activation = Activation::new(name, f);
        let net = Sequential::new().then(Linear::new(3, 3, r)).then(activation).then(Linear::new(3, 2, r));
        layer(name, &net, Sequential::forward, &[4, 3]);
    }
}

#[test]
fn convolutions_and_pooling() {
    let r = &mut rng();
    layer("conv1d", &Conv1d::builder(2, 2, [3]).padding([1]).dilation([2]).build(r), Conv1d::forward, &[2, 2, 7]);
    let conv = Conv2d::builder(4, 4, [3, 3]).stride([2, 1]).padding([1, 1]).groups(2).build(r);
    layer("conv2d", &conv, Conv2d::forward, &[2, 4, 5, 4]);
    let held = Conv2d::builder(1, 3, [2, 2]).constrain(Stiefel::expm()).build(r);
    layer("orthogonal kernel", &held, Conv2d::forward, &[2, 1, 4, 4]);
    layer("transposed 1d", &ConvTranspose1d::new(2, 2, [3], r), ConvTranspose1d::forward, &[2, 2, 4]);
    let transposed = ConvTranspose2d::builder(2, 2, [2, 2]).stride([2, 1]).build(r);
    layer("transposed 2d", &transposed, ConvTranspose2d::forward, &[1, 2, 3, 3]);
    let conv = || Sequential::new().then(Conv2d::new(1, 2, [2, 2], &mut rng()));
    layer("max pool", &conv().then(MaxPool::new([2, 2])), Sequential::forward, &[2, 1, 5, 5]);
    layer("average pool", &conv().then(AvgPool::new([2, 2])), Sequential::forward, &[2, 1, 5, 5]);
    let pooled = conv().then(AdaptiveAvgPool::new([3, 2])).then(Func::flatten()).then(Linear::new(12, 2, r));
    layer("adaptive pool", &pooled, Sequential::forward, &[2, 1, 5, 5]);
}

/// A norm behind a linear layer and before another.
fn around<L: gradus::nn::AnyLayer<f64> + 'static>(norm: L) -> Sequential<f64> {
    let r = &mut rng();
    Sequential::new().then(Linear::new(3, 4, r)).then(norm).then(Activation::tanh()).then(Linear::new(4, 2, r))
}

#[test]
fn normalisation_and_dropout() {
    layer("batch norm", &around(BatchNorm::new(4)), Sequential::forward, &[5, 3]);
    let mut frozen = BatchNorm::new(4);
    frozen.freeze_statistics(true);
    layer("frozen batch norm", &around(frozen), Sequential::forward, &[5, 3]);
    let x = input(&[5, 3]);
    holds("batch norm in evaluation", &around(BatchNorm::new(4)), move |net, mode| {
        mode.statistics = Statistics::Running;
        number(&net.forward(&x, mode))
    });
    layer("layer norm", &around(LayerNorm::new(&[4])), Sequential::forward, &[5, 3]);
    layer("group norm", &around(GroupNorm::new(2, 4)), Sequential::forward, &[5, 3]);
    layer("rms norm", &around(RmsNorm::new(4)), Sequential::forward, &[5, 3]);
    let r = &mut rng();
    let images = Sequential::new().then(Conv2d::new(1, 2, [2, 2], r)).then(instance_norm(2)).then(Activation::tanh());
    layer("instance norm", &images, Sequential::forward, &[2, 1, 4, 4]);
    layer("dropout", &around(Dropout::new(0.3)), Sequential::forward, &[5, 3]);
    layer("alpha dropout", &around(AlphaDropout::new(0.3)), Sequential::forward, &[5, 3]);
}

#[test]
fn recurrent_cells_and_attention() {
    let r = &mut rng();
    for (name, cell) in [("rnn", Cell::rnn(2, 3, r)), ("lstm", Cell::lstm(2, 3, r)), ("gru", Cell::gru(2, 3, r))] {
        let x = input(&[2, 4, 2]);
        holds(name, &cell, move |cell, mode| number(&cell.run(&x, cell.start(2), mode).0));
    }
    let x = input(&[2, 4, 2]);
    holds("orthogonal rnn", &OrthogonalRnn::new(2, 3, r), move |cell, mode| number(&cell.run(&x, cell.start(2), mode)));
    let x = input(&[1, 3, 4]);
    holds("attention", &MultiheadAttention::new(4, 2, r), move |net, mode| {
        number(&net.forward(&x, &x, &x, Some(&causal_mask(3)), mode))
    });
}

#[test]
fn every_loss() {
    let net = || Sequential::<f64>::new().then(Linear::new(3, 3, &mut rng()));
    let (x, y) = (input(&[4, 3]), input(&[4, 3]) * 0.4);
    let labels = || Index::from(&[2_usize, 0, 1, 2][..]);
    let of = |name: &str, f: Box<dyn Fn(&T, &T) -> T + Send + Sync>| {
        let (x, y, f) = (x.clone(), y.clone(), std::sync::Arc::new(f));
        holds(name, &net(), move |net, mode| f(&net.forward(&x, mode), &y));
    };
    of("mean squared", Box::new(loss::mse));
    of("huber", Box::new(|z, y| loss::huber_each(z, y, 0.7).mean()));
    of("cross-entropy", Box::new(move |z, _| loss::cross_entropy(z, &labels())));
    of("smoothed cross-entropy", Box::new(move |z, _| loss::CrossEntropy::new().smoothing(0.1).of(z, &labels())));
    of("binary cross-entropy", Box::new(|z, y| loss::bce_with_logits_each(z, &y.sigmoid()).mean()));
    of("poisson", Box::new(|z, y| loss::poisson_nll_each(z, &y.exp()).mean()));
    of("divergence", Box::new(|z, y| loss::kl_div(&z.log_softmax(), &y.softmax())));
    of("gaussian", Box::new(|z, y| loss::GaussianNll::new().each(z, y, &z.softplus()).mean()));
    let r = &mut rng();
    let part = |r: &mut Xoshiro256PlusPlus, n_in, n_out| Sequential::<f64>::new().then(Linear::new(n_in, n_out, r));
    let shared = GaussianRegressor::shared(part(r, 3, 4).then(Activation::tanh()), part(r, 4, 1), part(r, 4, 1));
    let (x, y) = (input(&[4, 3]), input(&[4, 1]));
    holds("gaussian regressor", &shared, move |net, mode| net.forward(&x, mode).nll(&y).mean());
}

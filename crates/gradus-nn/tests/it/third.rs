//! Layers that PyTorch's numbers do not cover (random ones, containers, heads, other modes), to the third order, with respect to all that they
//! learn and to their inputs.

use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Granularity, Mode, Tensor, check_grads};
use gradus_nn::{
    Activation, AlphaDropout, BatchNorm, Cell, DropConnect, Dropout, Func, GaussianRegressor, GroupNorm, Layer,
    LayerNorm, Linear, Module, MultiheadAttention, MultivariateRegressor, Recurrent, Residual, Sequential,
    instance_norm,
};

type T = Tensor<f64>;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(8)
}

/// Numbers that lie off every kink.
fn numbers(shape: &[usize]) -> T {
    let n = shape.iter().product::<usize>();
    let x: Vec<f64> = (0..n).map(|i| (i as f64 * 2.3 + 0.7).sin() * 1.5).collect();
    Tensor::from_slice(shape, &x)
}

/// The same masks every time, statistics of the batch, no update.
fn train() -> Mode {
    Mode::train(&mut rng()).again()
}

/// Holds three orders of `f(net, x)` to finite differences of the one below.
fn holds<N: Module<Elem = f64> + Send + Sync + 'static>(
    what: &str,
    net: N,
    shape: &[usize],
    mode: fn() -> Mode,
    f: fn(&N, &T, &mut Mode) -> T,
) {
    let checked = check_grads(move |(net, x): &(N, T)| f(net, x, &mut mode()), &(net, numbers(shape)), 3);
    checked.unwrap_or_else(|e| panic!("{what}: {e}"));
}

fn layer<N: Module<Elem = f64> + Layer<f64> + 'static>(what: &str, net: N, shape: &[usize], mode: fn() -> Mode) {
    // The square makes linear layers show their second and third order too.
    holds(what, net, shape, mode, |net, x, mode| net.forward(x, mode).square());
}

#[test]
fn random_layers_keep_their_masks() {
    let r = &mut rng();
    for by in [Granularity::Element, Granularity::Channel, Granularity::Batch] {
        layer("dropout", Dropout::new(0.4).by(by), &[3, 4], train);
    }
    layer("standard dropout", Dropout::new(0.4).standard(), &[3, 4], train);
    layer("standard dropout, evaluated", Dropout::new(0.4).standard(), &[3, 4], Mode::eval);
    layer("alpha dropout", AlphaDropout::new(0.3), &[3, 4], train);
    layer("drop connect", DropConnect::new(Linear::new(4, 3, r), 0.4), &[3, 4], train);
    layer("stochastic depth", Residual::new(Linear::new(4, 4, r)).stochastic_depth(0.5), &[5, 4], train);
    let attention = MultiheadAttention::<f64>::new(4, 2, r).dropout(0.3);
    holds("attention, dropped", attention, &[2, 3, 4], train, |net, x, mode| net.forward(x, x, x, None, mode));
    let stacked = Recurrent::<f64>::gru(3, 2).layers(2).dropout(0.4).build(r);
    layer("gru with dropout between", stacked, &[2, 3, 3], train);
}

#[test]
fn containers_and_functions() {
    let r = &mut rng();
    let net = Sequential::new().then(Linear::new(3, 4, r)).then(Activation::tanh()).then(Linear::new(4, 3, r));
    let net = net.then(Activation::sigmoid()).then(Activation::softplus()).then(Func::new("exp", |x: &T, _| x.exp()));
    layer("sequential", net.then(Residual::new(Linear::new(3, 3, r))), &[2, 3], train);
    layer("relu", Activation::relu(), &[3, 4], train);
    layer("flatten", Func::flatten(), &[2, 3, 2], train);
    layer("linear without bias", Linear::builder(3, 2).bias(false).build(r), &[4, 3], train);
}

/// With running statistics that are not those of the start.
fn used(norm: BatchNorm<f64>) -> BatchNorm<f64> {
    let _ = norm.forward(&(numbers(&[6, 3]) * 2.0 + 0.3), &mut Mode::train(&mut rng()));
    norm
}

#[test]
fn normalisation_in_every_mode() {
    layer("batch norm, evaluated", used(BatchNorm::<f64>::new(3)), &[4, 3], Mode::eval);
    let mut frozen = used(BatchNorm::<f64>::new(3));
    frozen.freeze_statistics(true);
    layer("batch norm, frozen", frozen, &[4, 3], train);
    let plain = || BatchNorm::<f64>::builder(3).affine(false).build::<f64>();
    layer("batch norm without scale", plain(), &[4, 3], train);
    layer("batch norm without scale, evaluated", used(plain()), &[4, 3], Mode::eval);
    let cumulative = BatchNorm::<f64>::builder(3).cumulative().eps(1e-2).build::<f64>();
    layer("batch norm, cumulative", cumulative, &[4, 3, 2], train);
    layer("group norm without scale", GroupNorm::<f64>::new(2, 4).plain(), &[2, 4, 3], train);
    layer("layer norm without scale", LayerNorm::<f64>::new(&[4]).plain(), &[3, 4], train);
    layer("instance norm", instance_norm::<f64>(2), &[2, 2, 4], train);
}

#[test]
fn recurrent_cells_and_heads() {
    let r = &mut rng();
    let cells = [Cell::rnn(3, 2, r), Cell::rnn_relu(3, 2, r), Cell::lstm(3, 2, r).plain(), Cell::gru(3, 2, r)];
    for cell in cells {
        holds("cell", cell, &[2, 2, 3], train, |cell, x, mode| cell.run(x, cell.start(2), mode).0);
    }
    let mut head = |n_out| Sequential::<f64>::new().then(Linear::new(3, n_out, r));
    let gaussian = GaussianRegressor::shared(head(3).then(Activation::tanh()), head(2), head(2));
    holds("gaussian", gaussian, &[4, 3], train, |net, x, mode| net.forward(x, mode).nll(&numbers(&[4, 2])));
    let gaussian = GaussianRegressor::separate(head(2), head(2)).floor(0.1);
    holds("two gaussian networks", gaussian, &[4, 3], train, |net, x, mode| {
        net.forward(x, mode).nll(&numbers(&[4, 2]))
    });
    let joint = MultivariateRegressor::separate(head(2), head(4));
    holds("multivariate", joint, &[4, 3], train, |net, x, mode| {
        net.forward(x, mode).nll(&numbers(&[4, 2])).expect("the diagonal is positive")
    });
}

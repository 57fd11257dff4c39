//! The copying task by a recurrent net with an orthogonal transition, W = e^(V − Vᵀ), and modReLU.

use super::trained::trained;
use super::{Purpose, Work, normals, weight};
use crate::stream;
use gradus::nn::cross_entropy;
use gradus::optim::RmsProp;
use gradus::tensor::{Index, Tensor};

const HIDDEN: usize = 190;
const BATCH: usize = 128;
const SYMBOLS: usize = 10;

/// 220 steps. For the loss the rate is small: at 1e-4 rounding alone would move it.
pub(super) fn copying(purpose: Purpose) -> Box<dyn Work> {
    of_length(220, if purpose == Purpose::Time { 1e-4 } else { 1e-7 })
}

/// One input and one target symbol: the ten symbols first, a marker, and the ten symbols again at the end.
fn symbols(length: usize) -> (Vec<usize>, Vec<u32>) {
    let drawn: Vec<u32> = stream::classes(2, BATCH * 10, 8).into_iter().map(|s| s + 1).collect();
    let places = (0..length).flat_map(|t| (0..BATCH).map(move |b| (t, b)));
    places
        .map(|(t, b)| {
            let input = if t < 10 { drawn[10 * b + t] as usize } else { 9 * usize::from(t + 11 == length) };
            (input, if t + 10 >= length { drawn[10 * b + t + 10 - length] } else { 0 })
        })
        .unzip()
}

/// With `length` time steps.
pub(super) fn of_length(length: usize, rate: f64) -> Box<dyn Work> {
    let leaves = [
        normals(10, &[HIDDEN, HIDDEN], 0.05),
        weight(11, HIDDEN, SYMBOLS),
        normals(30, &[HIDDEN], 0.001),
        weight(12, SYMBOLS, HIDDEN),
        Tensor::zeros(&[SYMBOLS]),
    ];
    let (input, target) = symbols(length);
    let mut hot = vec![0.0; length * BATCH * SYMBOLS];
    input.iter().enumerate().for_each(|(i, s)| hot[i * SYMBOLS + s] = 1.0);
    let x = Tensor::from_slice(&[length * BATCH, SYMBOLS], &hot);
    let target = Index::new(&[length * BATCH], target);
    let mut rmsprop = RmsProp::new(rate).smoothing(0.99).eps(1e-8);
    trained(
        leaves.map(|x| x.tracked()),
        move |[v, u, b, read, bias], _| {
            let w = v.skew_expm().t();
            let driven = x.matmul(&u.t()).reshape(&[length, BATCH, HIDDEN]);
            let (mut h, mut states) = (Tensor::zeros(&[BATCH, HIDDEN]), Vec::with_capacity(length));
            for t in 0..length {
                let z = driven.select(0, t) + h.matmul(&w);
                h = z.mod_relu(b);
                states.push(h.clone());
            }
            cross_entropy(&Tensor::concat(&states, 0).linear(read, bias), &target)
        },
        move |leaves, gradients| {
            rmsprop.step(leaves, gradients);
        },
    )
}

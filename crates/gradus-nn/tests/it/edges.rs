//! Layers and losses at awkward places: sure nets, queries that may look nowhere, states and masks of another shape.

use gradus_nn::loss::{
    CrossEntropy, bce_with_logits, bce_with_logits_each, bce_with_logits_weighted, cross_entropy, huber, kl_div, mse,
    smooth_l1,
};
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Grad, Index, Mode, Real, Tensor, Tree, attempt, check_grads, grad};
use gradus_nn::{
    BatchNorm, Cell, Gaussian, LayerNorm, MultiheadAttention, OrthogonalRnn, PRelu, State, causal_mask, from_bytes,
};
use safetensors::tensor::{Dtype, TensorView};

type T = Tensor<f64>;

fn row(x: &[f64]) -> T {
    Tensor::from_slice(&[x.len()], x)
}

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(1)
}

/// −ln σ(x) and σ(−x) for x ≥ 0, by series that do not cancel.
fn sure(x: f64) -> (f64, f64) {
    ((-x).exp().ln_1p(), (-x).exp() / (1.0 + (-x).exp()))
}

fn binary_cross_entropy_keeps_its_digits<F: Real>() {
    let close = |a: F, b: f64| (a.to_f64() - b).abs() <= 20.0 * F::EPSILON.to_f64() * b.abs();
    for x in [0.5, 3.0, 10.0, 17.0, 40.0, 80.0] {
        // A sure net is right on either side: the loss and its slope are small numbers, and not a difference of large ones.
        for (sign, t) in [(1.0, 1.0), (-1.0, 0.0)] {
            let z = Tensor::<F>::full(&[1], sign * x).tracked();
            for weighted in [false, true] {
                let t = Tensor::<F>::full(&[1], t);
                let loss =
                    if weighted { bce_with_logits_weighted(&z, &t, &t.ones_like()) } else { bce_with_logits(&z, &t) };
                let g = grad(&loss, &z).unwrap().item();
                let (value, slope) = sure(x);
                assert!(close(loss.item(), value), "{x}, {t:?}: loss {:?} for {value:e}", loss.item());
                assert!(close(g, -sign * slope), "{x}, {t:?}: slope {g:?} for {:e}", -sign * slope);
            }
        }
    }
}

#[test]
#[should_panic(expected = "mse: tensors of shape [0, 3] have no elements, so they have no mean")]
fn the_squared_error_of_nothing_is_refused() {
    let nothing = T::zeros(&[0, 3]);
    let _ = mse(&nothing, &nothing);
}

#[test]
fn binary_cross_entropy_keeps_its_digits_where_the_net_is_sure() {
    binary_cross_entropy_keeps_its_digits::<f64>();
    binary_cross_entropy_keeps_its_digits::<f32>();
    // Finite for any logit, with labels of 0, of 1 and between.
    let z = row(&[1e308, -1e308, 800.0, -800.0, 0.0, -0.0]).tracked();
    for t in [0.0, 0.3, 1.0] {
        let each = bce_with_logits_each(&z, &T::full(&[6], t));
        let g = grad(&each.sum(), &z).unwrap();
        assert!(each.to_vec().iter().chain(&g.to_vec()).all(|x| x.is_finite()), "{t}: {each:?} {g:?}");
    }
}

#[test]
fn prelu_has_the_slope_a_at_zero() {
    let layer = PRelu::<f64>::new(1);
    let x = row(&[0.0, -0.0, 2.0, -2.0]).tracked();
    let y = layer.forward(&x, &mut Mode::eval());
    assert_eq!(y.to_vec(), [0.0, 0.0, 2.0, -0.5]);
    assert_eq!(grad(&y.sum(), &x).unwrap().to_vec(), [0.25, 0.25, 1.0, 0.25]);
    let x = row(&[f64::INFINITY, f64::NEG_INFINITY]);
    assert_eq!(layer.forward(&x, &mut Mode::eval()).to_vec(), [f64::INFINITY, f64::NEG_INFINITY]);
    // Of an infinite number that it does not scale the slope sees nothing.
    let x = row(&[f64::INFINITY, -2.0]);
    let slope = Grad::of(&layer.forward(&x, &mut Mode::eval()).sum()).wrt(&layer).run().unwrap();
    assert_eq!(slope.leaves()[0].to_vec(), [-2.0]);
}

#[test]
fn a_query_that_may_look_nowhere_finds_nothing() {
    let layer = MultiheadAttention::<f64>::new(4, 2, &mut rng());
    let x = Tensor::from_slice(&[1, 3, 4], &(0..12).map(|i| f64::from(i).sin()).collect::<Vec<_>>());
    // The first query sees no key; the others as under a causal mask.
    let mut open = causal_mask::<f64>(3).to_vec();
    open[0] = f64::NEG_INFINITY;
    let mask = Tensor::from_slice(&[3, 3], &open);
    let run = |x: &T, mask: &T| layer.forward(x, x, x, Some(mask), &mut Mode::eval());
    let (y, causal) = (run(&x, &mask), run(&x, &causal_mask(3)));
    // No weights: what is left is the bias of the output, which starts at 0.
    assert_eq!(y.narrow(1, 0, 1).to_vec(), [0.0; 4]);
    assert_eq!(y.narrow(1, 1, 2).to_vec(), causal.narrow(1, 1, 2).to_vec());
    for shape in [&[2, 3][..], &[5, 1, 3, 3], &[1, 1, 1, 3, 3]] {
        let refused = attempt(|| run(&x, &Tensor::zeros(shape))).expect_err("does not broadcast").to_string();
        assert!(refused.contains("mask") && refused.contains(&format!("{shape:?}")), "{refused}");
    }
    assert_eq!(run(&x, &T::scalar(0.0)).shape(), [1, 3, 4]);
    let masked = move |x: &T| layer.forward(x, x, x, Some(&mask), &mut Mode::eval());
    check_grads(masked, &x, 3).unwrap();
}

#[test]
fn a_state_of_other_rows_is_refused() {
    let mode = &mut Mode::eval();
    for cell in [Cell::<f64>::rnn(3, 2, &mut rng()), Cell::lstm(3, 2, &mut rng()), Cell::gru(3, 2, &mut rng())] {
        for (n, m) in [(4, 1), (1, 4), (4, 2)] {
            let (x, from) = (T::ones(&[n, 3]), cell.start(m));
            let why = attempt(|| cell.step(&x, &from, &mut Mode::eval())).expect_err("rows").to_string();
            assert!(why.contains(&format!("{:?}", [m, 2])), "{why}");
            let x = T::ones(&[n, 5, 3]);
            assert!(attempt(|| cell.run(&x, cell.start(m), &mut Mode::eval())).is_err());
        }
        let wide = State { h: T::zeros(&[4, 3]), c: T::zeros(&[4, 3]) };
        assert!(attempt(|| cell.step(&T::ones(&[4, 3]), &wide, &mut Mode::eval())).is_err());
        assert_eq!(cell.step(&T::ones(&[4, 3]), &cell.start(4), mode).h.shape(), [4, 2]);
    }
    let cell = OrthogonalRnn::<f64>::new(3, 2, &mut rng());
    assert!(attempt(|| cell.step(&T::ones(&[4, 3]), &cell.start(1), &mut Mode::eval())).is_err());
}

#[test]
fn loading_statistics_without_a_count_is_no_update() {
    let mut norm: BatchNorm<f64> = BatchNorm::<f64>::builder(2).cumulative().build();
    let x = Tensor::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 6.0]);
    norm.forward(&x, &mut Mode::train(&mut rng()));
    // As PyTorch wrote them before there was `num_batches_tracked`.
    let four: Vec<u8> = [4.0_f64; 2].iter().flat_map(|x| x.to_le_bytes()).collect();
    let view = || TensorView::new(Dtype::F64, vec![2], &four).unwrap();
    let file = safetensors::serialize(vec![("running_mean", view()), ("running_var", view())], None).unwrap();
    let report = from_bytes(&mut norm, &file, false).unwrap();
    assert_eq!(report.missing, ["bias", "weight"]);
    for buffer in [norm.running().0, norm.running().1] {
        assert_eq!((buffer.get().to_vec(), buffer.updates()), (vec![4.0; 2], 1));
    }
}

#[test]
fn a_class_that_is_ruled_out_costs_nothing_where_it_is_not_the_label() {
    let logits = Tensor::from_slice(&[2, 3], &[1.0, -f64::INFINITY, 0.5, -f64::INFINITY, 2.0, -1.0]).tracked();
    let labels = Index::new(&[2], vec![0, 2]);
    let plain = cross_entropy(&logits, &labels);
    // ln(1 + e^−0.5) and ln(1 + e³).
    let wanted = ((-0.5_f64).exp().ln_1p() + 3.0_f64.exp().ln_1p()) / 2.0;
    let soft = Tensor::from_slice(&[2, 3], &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    let slope = grad(&plain, &logits).unwrap().to_vec();
    for loss in [plain, CrossEntropy::new().of(&logits, &labels), CrossEntropy::new().soft(&logits, &soft)] {
        assert!((loss.item() - wanted).abs() < 1e-14, "{}", loss.item());
        let g = grad(&loss, &logits).unwrap().to_vec();
        assert!(g.iter().zip(&slope).all(|(a, b)| (a - b).abs() < 1e-15), "{g:?} for {slope:?}");
    }
    // KL(p ‖ q) with q = 0 where p = 0.
    let log_q = Tensor::from_slice(&[1, 2], &[-f64::INFINITY, 0.0]).tracked();
    let kl = kl_div(&log_q, &Tensor::from_slice(&[1, 2], &[0.0, 1.0]));
    assert_eq!((kl.item(), grad(&kl, &log_q).unwrap().to_vec()), (0.0, vec![0.0, -1.0]));
}

#[test]
fn an_infinite_error_costs_infinitely_much_and_not_nan() {
    for far in [f64::INFINITY, f64::NEG_INFINITY] {
        let y = row(&[far]).tracked();
        for loss in [huber(&y, &row(&[0.0]), 1.5), smooth_l1(&y, &row(&[0.0]), 0.5)] {
            assert_eq!(loss.item(), f64::INFINITY);
        }
        let g = grad(&huber(&y, &row(&[0.0]), 1.5), &y).unwrap().item();
        assert_eq!(g, 1.5 * far.signum());
    }
}

#[test]
fn another_number_of_channels_is_refused_and_not_broadcast() {
    let train = || Mode::train(&mut rng());
    for x in [T::ones(&[4, 1]), T::ones(&[4, 2]), T::ones(&[4, 1, 5]), T::ones(&[3])] {
        for mut mode in [Mode::eval(), train()] {
            let why = attempt(|| BatchNorm::<f64>::new(3).forward(&x, &mut mode)).expect_err("channels").to_string();
            assert!(why.contains("batch_norm") && why.contains(&format!("{:?}", x.shape())), "{why}");
        }
        let why = attempt(|| PRelu::<f64>::new(3).forward(&x, &mut Mode::eval())).expect_err("channels").to_string();
        assert!(why.contains("prelu") && why.contains(&format!("{:?}", x.shape())), "{why}");
    }
    // One channel is no licence for many.
    assert!(attempt(|| BatchNorm::<f64>::new(1).forward(&T::ones(&[4, 3]), &mut Mode::eval())).is_err());
    assert_eq!(PRelu::<f64>::new(1).forward(&T::ones(&[4, 3]), &mut Mode::eval()).shape(), [4, 3]);
    assert!(attempt(|| LayerNorm::<f64>::new(&[])).is_err());
}

#[test]
fn a_mixture_is_of_one_shape_and_a_distribution_without_spread_is_its_mean() {
    let part = |n: usize, v: f64| Gaussian { mean: T::ones(&[n]), variance: T::full(&[n], v) };
    assert!(attempt(|| Gaussian::mixture(&[part(3, 1.0), part(1, 1.0)])).is_err());
    assert_eq!(part(2, 0.0).crps(&row(&[1.0, 4.0])), 1.5);
    // As the limit of small spreads says.
    assert!((part(2, 1e-20).crps(&row(&[1.0, 4.0])) - 1.5).abs() < 1e-9);
}

//! Convolution and pooling layers: against PyTorch (`xtask/fixtures/conv.py`), folded, constrained, and as they start.

use crate::torch::{compare, tensors, with};
use gradus_nn::constraints::Stiefel;
use gradus_nn::init::he_normal;
use gradus_nn::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_nn::tensor::{Mode, Tensor, Tree, check_grads};
use gradus_nn::{
    AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, BatchNorm, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Linear,
    MaxPool,
};
use serde_json::Value;

type T = Tensor<f64>;

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(3)
}

fn function(name: &str) -> Box<dyn Fn(&[T]) -> T + Send + Sync> {
    let r = &mut rng();
    macro_rules! layer {
        ($net:expr) => {{
            let net = $net;
            let k = net.leaves().len();
            Box::new(move |a: &[T]| with(&net, &a[..k]).forward(&a[k], &mut Mode::eval()))
        }};
    }
    macro_rules! pool {
        ($net:expr) => {{
            let net = $net;
            Box::new(move |a: &[T]| net.forward(&a[0], &mut Mode::eval()).square())
        }};
    }
    match name {
        "conv1d" => layer!(Conv1d::builder(2, 3, [3]).stride([2]).padding([1]).dilation([2]).build(r)),
        "conv2d" => layer!(Conv2d::builder(2, 3, [3, 2]).stride([2, 1]).padding([1, 0]).build(r)),
        "conv2d_groups" => layer!(Conv2d::builder(4, 2, [2, 2]).groups(2).dilation([2, 1]).bias(false).build(r)),
        "conv2d_depthwise" => layer!(Conv2d::builder(3, 6, [3, 3]).groups(3).padding([1, 1]).build(r)),
        "conv_transpose1d" => layer!(ConvTranspose1d::builder(2, 3, [3]).stride([2]).padding([1]).extra([1]).build(r)),
        "conv_transpose2d" => {
            layer!(ConvTranspose2d::builder(4, 2, [2, 3]).stride([2, 3]).groups(2).extra([1, 0]).build(r))
        }
        "max_pool1d" => pool!(MaxPool::<f64>::new([3]).stride([2]).padding([1])),
        "max_pool2d" => pool!(MaxPool::<f64>::new([2, 3]).stride([2, 1]).padding([1, 1]).dilation([1, 2])),
        "avg_pool1d" => pool!(AvgPool::<f64>::new([3]).stride([2]).padding([1])),
        "avg_pool2d" => pool!(AvgPool::<f64>::new([2, 3]).padding([1, 1]).count_padding(false)),
        "adaptive_avg_pool1d" => pool!(AdaptiveAvgPool::<f64>::new([3])),
        "adaptive_avg_pool2d" => pool!(AdaptiveAvgPool::<f64>::new([2, 3])),
        "adaptive_max_pool1d" => pool!(AdaptiveMaxPool::<f64>::new([3])),
        "adaptive_max_pool2d" => pool!(AdaptiveMaxPool::<f64>::new([2, 3])),
        other => panic!("no function for the case {other}"),
    }
}

fn cases() -> Vec<Value> {
    serde_json::from_str::<Value>(include_str!("../fixtures/conv.json")).unwrap().as_array().unwrap().clone()
}

#[test]
fn outputs_and_two_orders_are_pytorchs() {
    compare(cases(), function);
}

#[test]
fn third_orders_are_differences_of_the_second() {
    for case in cases() {
        let f = function(case["name"].as_str().unwrap());
        check_grads(move |x: &Vec<T>| f(x).exp(), &tensors(&case["leaves"]), 3).unwrap();
    }
}

fn images() -> T {
    let x: Vec<f64> = (0..3 * 2 * 4 * 5).map(|i| (f64::from(i) * 1.3).sin() + 0.2).collect();
    Tensor::from_slice(&[3, 2, 4, 5], &x)
}

#[test]
fn a_folded_norm_is_the_same_function() {
    let (r, x, eval) = (&mut rng(), images(), &mut Mode::eval());
    for bias in [true, false] {
        let conv = Conv2d::builder(2, 3, [2, 3]).bias(bias).padding([1, 0]).build(r);
        let norm = BatchNorm::<f64>::new(3);
        let mut train = Mode::train(&mut rng());
        let _ = norm.forward(&conv.forward(&x, &mut train), &mut train);
        let (apart, folded) = (norm.forward(&conv.forward(&x, eval), eval), norm.fold_after_conv2d(&conv));
        let worst = (apart - folded.forward(&x, eval)).abs().to_vec().into_iter().fold(0.0, f64::max);
        assert!(worst < 1e-12, "{worst:e}");
    }
}

/// A norm with statistics, γ and δ of its own, of this many channels.
fn norm_of(channels: usize) -> BatchNorm<f64> {
    let mut norm = BatchNorm::<f64>::new(channels);
    let x: Vec<f64> = (0..7 * channels).map(|i| (i as f64 * 2.1).sin() * 1.5 + 0.4).collect();
    let x = Tensor::from_slice(&[7, channels], &x);
    norm.start_from(&(&x * 0.3 + 1.0)).unwrap();
    let mut train = Mode::train(&mut rng());
    let _ = norm.forward(&x, &mut train);
    norm
}

#[test]
fn a_norm_before_a_convolution_folds_into_it() {
    let (r, x, eval) = (&mut rng(), images().reshape(&[3, 4, 2, 5]), &mut Mode::eval());
    let close = |a: T, b: T| {
        assert_eq!(a.shape(), b.shape());
        let worst = (a - b).abs().to_vec().into_iter().fold(0.0, f64::max);
        assert!(worst < 1e-12, "{worst:e}");
    };
    let norm = norm_of(4);
    for (bias, groups) in [(true, 1), (false, 2), (true, 4)] {
        let conv = Conv2d::builder(4, 8, [2, 3]).bias(bias).groups(groups).stride([1, 2]).build(r);
        let folded = norm.fold_before_conv2d(&conv);
        close(folded.forward(&x, eval), conv.forward(&norm.forward(&x, eval), eval));
        let (row, conv) = (x.select(2, 0), Conv1d::builder(4, 8, [2]).bias(bias).groups(groups).dilation([2]).build(r));
        close(norm.fold_before_conv1d(&conv).forward(&row, eval), conv.forward(&norm.forward(&row, eval), eval));
        let after = norm_of(8);
        close(after.fold_after_conv1d(&conv).forward(&row, eval), after.forward(&conv.forward(&row, eval), eval));
    }
    // Padding is no obstacle where the norm only scales.
    let scale = BatchNorm::<f64>::builder(4).eps(3.0).build();
    let conv = Conv2d::builder(4, 2, [3, 3]).padding([1, 1]).build(r);
    close(scale.fold_before_conv2d(&conv).forward(&x, eval), conv.forward(&scale.forward(&x, eval), eval));
}

#[test]
#[should_panic(expected = "fold_before cannot fold into a convolution with zero padding")]
fn a_norm_before_a_padded_convolution_is_not_folded() {
    let conv = Conv2d::<f64>::builder(4, 2, [3, 3]).padding([1, 0]).build(&mut rng());
    let _ = norm_of(4).fold_before_conv2d(&conv);
}

#[test]
fn a_kernel_is_held_to_a_set_as_a_matrix() {
    let conv = Conv2d::<f64>::builder(2, 4, [3, 3]).constrain(Stiefel::expm()).build(&mut rng());
    let w = conv.weight().value();
    assert_eq!(w.shape(), [4, 2, 3, 3]);
    let rows = w.reshape(&[4, 18]);
    let defect = (rows.matmul(&rows.t()) - Tensor::eye(4)).abs().to_vec().into_iter().fold(0.0, f64::max);
    assert!(defect < 1e-12, "rows of the matrix are orthonormal: {defect:e}");
}

#[test]
fn a_kernel_of_one_point_is_a_linear_layer() {
    let (x, conv) = (images(), Conv2d::<f64>::builder(2, 3, [1, 1]).build(&mut rng()));
    let linear = Linear::from_weights(&conv.weight().value().reshape(&[3, 2]), None);
    let by_points = linear.forward(&x.permute(&[0, 2, 3, 1]), &mut Mode::eval()).permute(&[0, 3, 1, 2]);
    let worst = (conv.forward(&x, &mut Mode::eval()) - by_points).abs().to_vec().into_iter().fold(0.0, f64::max);
    assert!(worst < 1e-13, "{worst:e}");
}

#[test]
fn a_start_has_the_variance_of_its_fans() {
    // Depthwise: fan_in is 25, whatever the number of channels.
    let conv = Conv2d::<f64>::builder(200, 200, [5, 5]).groups(200).init(he_normal()).build(&mut rng());
    let w = conv.weight().value().to_vec();
    let (n, variance) = (w.len() as f64, w.iter().map(|w| w * w).sum::<f64>() / w.len() as f64);
    let expected = 2.0 / 25.0;
    assert!((variance - expected).abs() < 5.0 * expected * (2.0 / n).sqrt(), "{variance}");
}

#[test]
#[should_panic(expected = "conv2d: groups must divide both numbers of channels, got 3 groups")]
fn groups_that_do_not_divide_are_refused() {
    let _ = Conv2d::<f64>::builder(4, 6, [1, 1]).groups(3).build(&mut rng());
}

#[test]
fn windows_may_reach_beyond_the_image_or_share_it() {
    let x = Tensor::from_slice(&[5], &[1.0, 2.0, 3.0, 4.0, 7.0]);
    let mode = &mut Mode::eval();
    assert_eq!(MaxPool::<f64>::new([2]).ceil_mode(true).forward(&x, mode).to_vec(), [2.0, 4.0, 7.0]);
    assert_eq!(AvgPool::<f64>::new([2]).ceil_mode(true).forward(&x, mode).to_vec(), [1.5, 3.5, 7.0]);
    assert_eq!(AdaptiveMaxPool::<f64>::new([2]).forward(&x, mode).to_vec(), [3.0, 7.0]);
}

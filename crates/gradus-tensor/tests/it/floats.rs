//! Rounding of tensors: the numbers of the kernels, the stated gradient at every order, and parts that compose.

use gradus_kernels::floats::round_nearest;
use gradus_tensor::floats::{Format, Rounding};
use gradus_tensor::{Tensor, grad, grad_recorded, hvp, jvp};

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 37 % 101) as f32 - 50.0) * 0.137 * 2_f32.powi(i as i32 % 30 - 20)).collect()
}

const FORMATS: [Format; 4] = [Format::BF16, Format::FP16, Format::FP8_E4M3, Format::FP8_E5M2];

#[test]
fn values_are_those_of_the_kernels_and_views_too() {
    let x = Tensor::from_slice(&[30, 7], &numbers(210));
    for format in FORMATS {
        let y = x.round_to(format, Rounding::Nearest);
        assert!(x.to_vec().iter().zip(y.to_vec()).all(|(&x, y)| y == round_nearest(x, format)));
        assert_eq!(x.t().round_to(format, Rounding::Nearest).to_vec(), y.t().to_vec());
        assert_eq!(
            y.round_to(format, Rounding::Stochastic { key: [1, 2] }).to_vec(),
            y.to_vec(),
            "numbers of the format stay"
        );
    }
}

#[test]
fn one_key_is_one_choice_and_the_mean_is_x() {
    let (n, x) = (40_000, 1.0 + 0.3 / 128.0);
    let many = Tensor::<f64>::full(&[n], x);
    let round = |key| many.round_to(Format::BF16, Rounding::Stochastic { key });
    assert_eq!(round([3, 4]).to_vec(), round([3, 4]).to_vec());
    assert_ne!(round([3, 4]).to_vec(), round([4, 4]).to_vec());
    // 30 % of the numbers go up: the mean within 5 sigma.
    let sigma = (0.3_f64 * 0.7 / n as f64).sqrt() / 128.0;
    assert!((round([5, 6]).mean().item() - x).abs() < 5.0 * sigma);
}

/// y = r(x)² with dr := dx has dy = 2 r dx and d²y = 2 dx², reverse and forward, also where x underflows or saturates.
#[test]
fn the_gradient_is_straight_through_at_every_order() {
    let x = Tensor::from_slice(&[4], &[1.07, 1e-9, -1e6, 3.0_f64]).tracked();
    let f = |x: &Tensor<f64>| x.round_to(Format::FP8_E4M3, Rounding::Nearest).square().sum();
    let first = grad_recorded(&f(&x), &x).unwrap();
    assert_eq!(first.to_vec(), [2.25, 0.0, -896.0, 6.0]);
    assert_eq!(grad(&first.sum(), &x).unwrap().to_vec(), [2.0; 4]);
    let v = Tensor::from_slice(&[4], &[1.0, 2.0, 3.0, 4.0]);
    assert_eq!(hvp(f, &x, &v).1.to_vec(), [2.0, 4.0, 6.0, 8.0]);
    assert_eq!(jvp(f, &x, &v).1.item(), 2.25 - 3.0 * 896.0 + 24.0);
}

#[test]
fn what_flows_back_is_rounded() {
    let x = Tensor::from_slice(&[3], &[0.3_f64, 2.0, -1.0]).tracked();
    let w = Tensor::from_slice(&[3], &[1.0 + 1.0 / 300.0, 1e-9, -70_000.0]);
    let through = |format| {
        let y = x.round_gradient(format, Rounding::Nearest);
        assert_eq!(y.to_vec(), x.to_vec());
        grad(&(y * &w).sum(), &x).unwrap().to_vec()
    };
    assert_eq!(through(Format::FP16), [1.0 + 3.0 / 1024.0, 0.0, f64::NEG_INFINITY]);
    assert_eq!(through(Format::FP8_E4M3), [1.0, 0.0, -448.0]);
    // Differentiated again: d/dx of fl(2x) is 2, straight-through.
    let slope = grad_recorded(&x.round_gradient(Format::BF16, Rounding::Nearest).square().sum(), &x).unwrap();
    assert_eq!(grad(&slope.sum(), &x).unwrap().to_vec(), [2.0; 3]);
}

#[test]
fn parts_compose_and_are_counted() {
    let x = Tensor::from_slice(&[14, 5], &numbers(70));
    let parts = x.decompose();
    assert_eq!((parts.sign * parts.significand * parts.exponent.exp2()).to_vec(), x.to_vec());
    let exponents = x.exponents();
    for e in -30..12 {
        let count =
            parts.exponent.to_vec().iter().zip(x.to_vec()).filter(|(p, x)| **p == e as f32 && *x != 0.0).count();
        assert_eq!(exponents.at(e), count as u64);
    }
    let census = x.census(Format::FP8_E4M3);
    assert_eq!(census.zero + census.underflow + census.subnormal + census.normal + census.overflow, 70);
    assert!(census.underflow > 0 && census.overflow > 0);
}

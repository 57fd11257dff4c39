//! Convolution and pooling against sums written out point by point.

use gradus_tensor::{Sliding, Tensor, Windows};

type T = Tensor<f64>;

/// Numbers without structure.
fn numbers(shape: &[usize], seed: f64) -> T {
    let x: Vec<f64> = (0..shape.iter().product()).map(|i| ((i as f64 + seed) * 1.7).sin()).collect();
    Tensor::from_slice(shape, &x)
}

/// y[b, o, p] = Σ w[o, c, t] x[b, c, p·stride + t·dilation − padding], one term after another.
fn naive(x: &T, w: &T, by: Sliding) -> T {
    let (&[n, c, h, wide], &[out, depth, kh, kw]) = (x.shape(), w.shape()) else { panic!("four axes") };
    let size = |k: usize, n: usize, t: usize| (n + 2 * by.padding[k] - by.dilation[k] * (t - 1) - 1) / by.stride[k] + 1;
    let [oh, ow] = [size(0, h, kh), size(1, wide, kw)];
    let (xs, ws) = (x.to_vec(), w.to_vec());
    let mut y = vec![0.0; n * out * oh * ow];
    for i in 0..y.len() {
        let (b, o, p, q) = (i / (ow * oh * out), i / (ow * oh) % out, i / ow % oh, i % ow);
        for j in 0..depth * kh * kw {
            let (d, s, t) = (j / (kh * kw), j / kw % kh, j % kw);
            let r = (p * by.stride[0] + s * by.dilation[0]).wrapping_sub(by.padding[0]);
            let z = (q * by.stride[1] + t * by.dilation[1]).wrapping_sub(by.padding[1]);
            if r < h && z < wide {
                let channel = o / (out / by.groups) * depth + d;
                y[i] += ws[o * depth * kh * kw + j] * xs[((b * c + channel) * h + r) * wide + z];
            }
        }
    }
    Tensor::from_slice(&[n, out, oh, ow], &y)
}

fn close(a: &T, b: &T) {
    assert_eq!(a.shape(), b.shape());
    let worst = a.to_vec().iter().zip(b.to_vec()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-12, "differ by {worst:e}");
}

#[test]
fn convolution_is_the_sum_and_transposition_its_adjoint() {
    for groups in [1, 2] {
        for (stride, padding, dilation) in
            [([1, 1], [0, 0], [1, 1]), ([2, 1], [1, 2], [1, 2]), ([3, 2], [2, 0], [2, 1])]
        {
            let by = Sliding { stride, padding, dilation, groups };
            let (x, w) = (numbers(&[2, 4, 7, 6], 0.3), numbers(&[6, 4 / groups, 3, 2], 1.1));
            let y = x.conv2d(&w, by);
            close(&y, &naive(&x, &w, by));
            // ⟨g, conv(x)⟩ = ⟨transposed(g), x⟩, on the image of x's size.
            let g = numbers(y.shape(), 2.2);
            let reach =
                |k: usize, n: usize| (y.shape()[2 + k] - 1) * stride[k] + dilation[k] * (n - 1) + 1 - 2 * padding[k];
            let extra = [7 - reach(0, 3), 6 - reach(1, 2)];
            let (left, right) = ((&g * &y).sum().item(), (g.conv2d_transposed(&w, by, extra) * &x).sum().item());
            assert!((left - right).abs() < 1e-10, "{left} and {right}");
        }
    }
}

#[test]
fn one_axis_is_a_row() {
    let (x, w) = (numbers(&[2, 2, 5], 0.1), numbers(&[3, 2, 2], 0.7));
    let by = Sliding { padding: [0, 1], stride: [1, 2], ..Sliding::default() };
    let row = naive(&x.reshape(&[2, 2, 1, 5]), &w.reshape(&[3, 2, 1, 2]), by);
    close(&x.conv1d(&w, by), &row.reshape(&[2, 3, 3]));
}

#[test]
fn pooling_reads_every_window() {
    let x = numbers(&[2, 3, 5, 6], 0.4);
    let (v, window) = (x.to_vec(), Windows::Fixed { kernel: 3, stride: 2, padding: 1, dilation: 1, ceil: false });
    let (mut largest, mut means) = (Vec::new(), Vec::new());
    for plane in v.chunks(30) {
        for (i, j) in (0..3_usize).flat_map(|i| (0..3_usize).map(move |j| (i, j))) {
            let rows = (2 * i).saturating_sub(1)..(2 * i + 2).min(5);
            let inside: Vec<f64> = rows
                .flat_map(|r| ((2 * j).saturating_sub(1)..(2 * j + 2).min(6)).map(move |q| plane[r * 6 + q]))
                .collect();
            largest.push(inside.iter().copied().fold(f64::MIN, f64::max));
            means.push(inside.iter().sum::<f64>() / inside.len() as f64);
        }
    }
    close(&x.max_pool2d([window; 2]), &Tensor::from_slice(&[2, 3, 3, 3], &largest));
    close(&x.avg_pool2d([window; 2], false), &Tensor::from_slice(&[2, 3, 3, 3], &means));
    close(&x.adaptive_avg_pool2d([1, 1]).reshape(&[2, 3]), &x.mean_axes(&[-2, -1], false));
}

#[test]
#[should_panic(expected = "conv: the kernel does not fit along the height")]
fn a_kernel_larger_than_the_image_is_refused() {
    let _ = numbers(&[1, 1, 2, 2], 0.0).conv2d(&numbers(&[1, 1, 3, 1], 0.0), Sliding::default());
}

#[test]
#[should_panic(expected = "extra must lie below the stride")]
fn a_transposition_of_no_convolution_is_refused() {
    let by = Sliding::default();
    let _ = numbers(&[1, 1, 2, 2], 0.0).conv2d_transposed(&numbers(&[1, 1, 2, 2], 0.0), by, [1, 0]);
}

#[test]
#[should_panic(expected = "holds padding only")]
fn a_window_of_padding_is_refused() {
    let _ = numbers(&[1, 2, 2], 0.0)
        .max_pool2d([Windows::Fixed { kernel: 1, stride: 1, padding: 1, dilation: 1, ceil: false }; 2]);
}

#[test]
fn derivatives_of_rows_of_the_table() {
    for row in gradus_tensor::ops::table().iter().filter(|r| ["convolution", "pooling"].contains(&r.folder)) {
        for case in (row.cases)() {
            let outcome = case.check(3);
            assert!(outcome.failures.is_empty(), "{}: {}", row.name, outcome.failures.join("\n"));
        }
    }
}

#[test]
fn a_last_window_may_reach_beyond_the_image() {
    let x = Tensor::from_slice(&[5], &[1.0, 2.0, 3.0, 4.0, 7.0]);
    let ceil = |kernel, stride, padding| Windows::Fixed { kernel, stride, padding, dilation: 1, ceil: true };
    assert_eq!(x.max_pool1d(ceil(2, 2, 0)).to_vec(), [2.0, 4.0, 7.0]);
    assert_eq!(x.avg_pool1d(ceil(2, 2, 0), true).to_vec(), [1.5, 3.5, 7.0]);
    // A window that would begin in the padding behind the image is none.
    assert_eq!(x.avg_pool1d(ceil(2, 3, 1), true).to_vec(), [0.5, 3.5]);
    assert_eq!(x.max_pool1d(ceil(1, 4, 0)).to_vec(), [1.0, 7.0]);
    assert_eq!(x.adaptive_max_pool1d(2).to_vec(), [3.0, 7.0]);
}

//! Convolution and its adjoints against loops written from the formula.

use gradus_kernels::conv::{ConvShape, conv, conv_input_adjoint, conv_weight_adjoint};

/// Calls `body(image element, weight element, output element)` for every term of the sum that defines the convolution.
fn each_term(s: &ConvShape, mut body: impl FnMut(usize, usize, usize)) {
    let [oh, ow] = s.output().unwrap();
    let ([h, w], [kh, kw]) = (s.spatial, s.kernel);
    let (depth, rows) = (s.channels_in / s.groups, s.channels_out / s.groups);
    for b in 0..s.batch {
        for o in 0..s.channels_out {
            for (p, q) in (0..oh).flat_map(|p| (0..ow).map(move |q| (p, q))) {
                for c in 0..depth {
                    for (th, tw) in (0..kh).flat_map(|th| (0..kw).map(move |tw| (th, tw))) {
                        let y = (p * s.stride[0] + th * s.dilation[0]).wrapping_sub(s.padding[0]);
                        let x = (q * s.stride[1] + tw * s.dilation[1]).wrapping_sub(s.padding[1]);
                        if y < h && x < w {
                            body(
                                ((b * s.channels_in + o / rows * depth + c) * h + y) * w + x,
                                ((o * depth + c) * kh + th) * kw + tw,
                                ((b * s.channels_out + o) * oh + p) * ow + q,
                            );
                        }
                    }
                }
            }
        }
    }
}

/// Small integers: every sum is exact, so results must be equal whatever the order.
fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut s = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..n)
        .map(|_| {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            (s % 9) as f32 - 4.0
        })
        .collect()
}

fn check(s: &ConvShape) {
    let [nx, nw, ny] = s.lens().unwrap();
    let (x, w, g) = (numbers(nx, 1), numbers(nw, 2), numbers(ny, 3));
    let (mut y, mut dx, mut dw) = (vec![f32::NAN; ny], vec![f32::NAN; nx], vec![f32::NAN; nw]);
    let (mut ny_, mut ndx, mut ndw) = (vec![0.0; ny], vec![0.0; nx], vec![0.0; nw]);
    each_term(s, |i, t, o| {
        ny_[o] += x[i] * w[t];
        ndx[i] += g[o] * w[t];
        ndw[t] += g[o] * x[i];
    });
    conv(s, &x, &w, None, &mut y);
    conv_input_adjoint(s, &g, &w, &mut dx);
    conv_weight_adjoint(s, &x, &g, &mut dw);
    assert_eq!(y, ny_, "conv {s:?}");
    let bias = numbers(s.channels_out, 4);
    conv(s, &x, &w, Some(&bias), &mut y);
    let each = (ny / s.batch.max(1) / s.channels_out.max(1)).max(1);
    let with = ny_.chunks(each).zip(bias.iter().cycle()).flat_map(|(y, b)| y.iter().map(move |y| y + b));
    assert_eq!(y, with.collect::<Vec<_>>(), "conv with a bias {s:?}");
    assert_eq!(dx, ndx, "conv_input_adjoint {s:?}");
    assert_eq!(dw, ndw, "conv_weight_adjoint {s:?}");

    let double = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let (x, w, g) = (double(&x), double(&w), double(&g));
    let (mut y, mut dx, mut dw) = (vec![f64::NAN; ny], vec![f64::NAN; nx], vec![f64::NAN; nw]);
    conv(s, &x, &w, None, &mut y);
    conv_input_adjoint(s, &g, &w, &mut dx);
    conv_weight_adjoint(s, &x, &g, &mut dw);
    assert_eq!(y, double(&ny_), "conv f64 {s:?}");
    assert_eq!(dx, double(&ndx), "conv_input_adjoint f64 {s:?}");
    assert_eq!(dw, double(&ndw), "conv_weight_adjoint f64 {s:?}");
}

#[test]
fn small_shapes_in_all_combinations() {
    for kernel in [[1, 1], [3, 3], [2, 5], [4, 1]] {
        for stride in [[1, 1], [2, 1], [1, 3], [2, 2]] {
            for padding in [[0, 0], [1, 1], [3, 2]] {
                for dilation in [[1, 1], [2, 1], [1, 3]] {
                    for (groups, channels) in [(1, [1, 1]), (1, [3, 5]), (2, [4, 6]), (3, [3, 3])] {
                        let mut s = ConvShape::new(2, channels, [7, 9], kernel);
                        (s.stride, s.padding, s.dilation, s.groups) = (stride, padding, dilation, groups);
                        if s.output().is_ok() {
                            check(&s);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn shapes_of_real_nets() {
    for (batch, channels, spatial, kernel) in [
        (3, [1, 32], [28, 28], [3, 3]),
        (2, [32, 64], [14, 14], [3, 3]),
        (1, [17, 33], [15, 13], [3, 3]),
        (2, [3, 16], [32, 32], [5, 5]),
        (2, [24, 48], [7, 7], [1, 1]),
        (1, [40, 3], [5, 5], [3, 3]),
        (3, [5, 20], [1, 50], [1, 7]),
        (1, [2, 70], [33, 1], [3, 1]),
        (2, [70, 40], [40, 41], [3, 3]),
        (5, [16, 36], [6, 70], [3, 2]),
    ] {
        for stride in [1, 2] {
            let mut s = ConvShape::new(batch, channels, spatial, kernel);
            (s.stride, s.padding) = ([stride; 2], [kernel[0] / 2, kernel[1] / 2]);
            check(&s);
            s.padding = [0, 0];
            if s.output().is_ok() {
                check(&s);
            }
        }
    }
}

#[test]
fn depthwise_and_wide_groups() {
    for (groups, channels, kernel) in [(16, [16, 16], 3), (8, [8, 24], 5), (4, [64, 64], 3)] {
        let mut s = ConvShape::new(2, channels, [10, 11], [kernel; 2]);
        (s.groups, s.padding) = (groups, [kernel / 2; 2]);
        check(&s);
    }
}

#[test]
fn empties() {
    for (batch, channels) in [(0, [2, 3]), (2, [0, 3]), (2, [2, 0]), (0, [0, 0])] {
        check(&ConvShape::new(batch, channels, [5, 5], [3, 3]));
    }
    // An empty image whose padding alone holds the kernel: every output is 0.
    let mut s = ConvShape::new(2, [2, 3], [0, 4], [3, 3]);
    s.padding = [2, 1];
    check(&s);
}

#[test]
fn one_axis_is_height_one() {
    let s = ConvShape::one_dimensional(2, [3, 4], 20, 5);
    assert_eq!(s.output(), Ok([1, 16]));
    check(&s);
}

#[test]
fn messages_name_what_does_not_fit() {
    let s = ConvShape::new(1, [1, 1], [4, 9], [5, 3]);
    assert_eq!(
        s.output().unwrap_err(),
        "conv: the kernel does not fit along the height: it reaches over 5 (kernel 5, dilation 1), the input has 4 with padding 0 on either side (4 in all); use a smaller kernel or more padding"
    );
    let mut s = ConvShape::new(1, [3, 4], [4, 9], [1, 1]);
    s.groups = 2;
    assert_eq!(
        s.output().unwrap_err(),
        "conv: groups must divide the channels, got 2 groups for 3 input and 4 output channels"
    );
    s.groups = 1;
    s.stride = [0, 1];
    assert!(s.output().unwrap_err().contains("must be positive"));
}

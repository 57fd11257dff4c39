//! Pooling against loops written from the definition, and the adjoints against ⟨A x, g⟩ = ⟨x, Aᵀ g⟩.

use gradus_kernels::pooling::{PoolShape, Windows, average_pool, average_pool_adjoint, max_pool, pick, pick_adjoint};

fn numbers(n: usize, seed: u64) -> Vec<f64> {
    (0..n as u64).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 16.0 - 30.0).collect()
}

/// The points of window `o`, those in the padding as `None`.
fn points(w: Windows, n: usize, o: usize) -> Vec<Option<usize>> {
    match w {
        Windows::Fixed { kernel, stride, padding, dilation, .. } => {
            (0..kernel).map(|t| (o * stride + t * dilation).checked_sub(padding).filter(|&i| i < n)).collect()
        }
        Windows::Adaptive { output } => {
            let (a, b) = ((o * n) as f64 / output as f64, ((o + 1) * n) as f64 / output as f64);
            (a.floor() as usize..b.ceil() as usize).map(Some).collect()
        }
    }
}

fn check(s: &PoolShape) {
    let [oh, ow] = s.output().unwrap();
    let [h, w] = s.spatial;
    let (x, g) = (numbers(s.planes * h * w, 1), numbers(s.planes * oh * ow, 2));
    let (mut y, mut index) = (vec![f64::NAN; g.len()], vec![u32::MAX; g.len()]);
    max_pool(s, &x, &mut y, &mut index);
    let mut averages = [vec![f64::NAN; g.len()], vec![f64::NAN; g.len()]];
    average_pool(s, false, &x, &mut averages[0]);
    average_pool(s, true, &x, &mut averages[1]);
    for p in 0..s.planes {
        for (i, j) in (0..oh).flat_map(|i| (0..ow).map(move |j| (i, j))) {
            let window: Vec<Option<usize>> = points(s.windows[0], h, i)
                .iter()
                .flat_map(|r| points(s.windows[1], w, j).into_iter().map(move |q| Some(r.as_ref()? * w + q?)))
                .collect();
            let inside: Vec<usize> = window.iter().copied().flatten().collect();
            let image = &x[p * h * w..];
            let best = inside.iter().fold(inside[0], |b, &q| if image[q] > image[b] { q } else { b });
            let o = (p * oh + i) * ow + j;
            assert_eq!((y[o], index[o] as usize), (image[best], best), "max {s:?} at {o}");
            let sum: f64 = inside.iter().map(|&q| image[q]).sum();
            for (average, n) in averages.iter().zip([inside.len(), window.len()]) {
                assert!((average[o] - sum / n as f64).abs() < 1e-12, "average {s:?} at {o}");
            }
        }
    }
    let mut picked = vec![f64::NAN; g.len()];
    pick(s, &x, &index, &mut picked);
    assert_eq!(picked, y);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let same = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs()), "{a} {b} {s:?}");
    let mut back = vec![f64::NAN; x.len()];
    pick_adjoint(s, &g, &index, &mut back);
    same(dot(&y, &g), dot(&x, &back));
    for (average, padded) in averages.iter().zip([false, true]) {
        average_pool_adjoint(s, padded, &g, &mut back);
        same(dot(average, &g), dot(&x, &back));
    }
}

#[test]
fn fixed_windows_in_all_combinations() {
    for kernel in [1, 2, 3] {
        for stride in [1, 2, 3] {
            for padding in 0..=kernel / 2 {
                for dilation in [1, 2] {
                    let windows = Windows::Fixed { kernel, stride, padding, dilation, ceil: false };
                    for (planes, spatial) in [(1, [6, 8]), (3, [7, 5]), (2, [9, 40])] {
                        check(&PoolShape { planes, spatial, windows: [windows; 2] });
                        check(&PoolShape { planes, spatial, windows: [windows, Windows::tiles(1)] });
                        check(&PoolShape { planes, spatial, windows: [Windows::tiles(2), windows] });
                    }
                }
            }
        }
    }
}

#[test]
fn tiles_of_two_over_many_widths() {
    for w in 2..70 {
        check(&PoolShape { planes: 2, spatial: [5, w], windows: [Windows::tiles(2); 2] });
    }
}

#[test]
fn adaptive_windows() {
    for output in [1, 2, 3, 5, 7, 9] {
        for spatial in [[1, 1], [5, 7], [8, 3]] {
            check(&PoolShape { planes: 2, spatial, windows: [Windows::Adaptive { output }; 2] });
        }
    }
}

#[test]
fn empties() {
    check(&PoolShape { planes: 0, spatial: [4, 4], windows: [Windows::tiles(2); 2] });
    check(&PoolShape { planes: 3, spatial: [4, 4], windows: [Windows::Adaptive { output: 0 }; 2] });
}

#[test]
fn a_nan_is_the_maximum_and_the_first_of_equals_wins() {
    for spatial in [[2, 2], [2, 34]] {
        let s = PoolShape { planes: 1, spatial, windows: [Windows::tiles(2); 2] };
        let (mut y, mut at) = (vec![0.0f32; spatial[1] / 2], vec![0u32; spatial[1] / 2]);
        for place in [0, 1, spatial[1], spatial[1] + 1] {
            let mut x = vec![1.0f32; 2 * spatial[1]];
            x[place] = f32::NAN;
            max_pool(&s, &x, &mut y, &mut at);
            assert!(y[0].is_nan());
            assert_eq!(at[0] as usize, place);
            assert!(y[1..].iter().zip(&at[1..]).enumerate().all(|(i, (&y, &p))| y == 1.0 && p as usize == 2 * i + 2));
        }
    }
    let s = PoolShape { planes: 1, spatial: [2, 2], windows: [Windows::tiles(2); 2] };
    let (mut y, mut at) = ([0.0f64], [7u32]);
    max_pool(&s, &[f64::NEG_INFINITY; 4], &mut y, &mut at);
    assert_eq!((y, at), ([f64::NEG_INFINITY], [0]));
}

#[test]
fn messages_name_what_does_not_fit() {
    let wide = Windows::Fixed { kernel: 2, stride: 1, padding: 2, dilation: 1, ceil: false };
    let s = PoolShape { planes: 1, spatial: [4, 4], windows: [Windows::tiles(1), wide] };
    assert!(s.output().unwrap_err().starts_with("pooling: window 0 along the width holds padding only"));
    let s = PoolShape { planes: 1, spatial: [4, 4], windows: [Windows::tiles(5); 2] };
    assert!(s.output().unwrap_err().starts_with("pooling: the kernel does not fit along the height"));
}

//! Sharpness-aware minimisation: its step in closed form, and its state through a file.

use gradus_optim::gradus_tensor::{Gradients, Tensor, ndarray::array};
use gradus_optim::schedule::cosine;
use gradus_optim::{Adam, Kind, Optimise, Sam, Sgd, State};

/// ∇ of ½ Σ aᵢ wᵢ², a = (1, 4, 9).
fn gradients(w: &Tensor<f64>) -> Gradients<f64> {
    (w.square() * Tensor::from(array![0.5, 2.0, 4.5])).sum().backward()
}

fn start() -> Tensor<f64> {
    Tensor::from(array![1.0, -0.5, 0.25]).tracked()
}

#[test]
fn a_step_takes_the_gradient_uphill() {
    let a = [1.0, 4.0, 9.0];
    for adaptive in [false, true] {
        let mut w = start();
        let before = w.to_vec();
        let sam = Sam::new(0.1, Sgd::new(0.05));
        let mut sam = if adaptive { sam.adaptive() } else { sam };
        sam.step(&mut w, gradients).unwrap();
        // By hand: e = ρ s²∘g / ‖s∘g‖ with s = |w| or 1, then w − α A (w + e).
        let g: Vec<f64> = before.iter().zip(a).map(|(w, a)| a * w).collect();
        let s: Vec<f64> = before.iter().map(|w| if adaptive { w.abs() } else { 1.0 }).collect();
        let norm = g.iter().zip(&s).map(|(g, s)| (g * s).powi(2)).sum::<f64>().sqrt();
        for i in 0..3 {
            let e = 0.1 * s[i] * s[i] * g[i] / norm;
            let wanted = before[i] - 0.05 * a[i] * (before[i] + e);
            assert!((w.to_vec()[i] - wanted).abs() < 1e-15, "{adaptive}: {i}");
        }
    }
}

#[test]
fn nowhere_to_climb_and_no_radius_are_answered() {
    let mut w = Tensor::from(array![0.0, 0.0, 0.0]).tracked();
    Sam::new(0.1, Sgd::new(0.05)).step(&mut w, gradients).unwrap();
    assert_eq!(w.to_vec(), [0.0; 3]);
    // ρ = 0 is the optimiser alone.
    let (mut sam, mut plain) = (start(), start());
    Sam::new(0.0, Sgd::new(0.05)).step(&mut sam, gradients).unwrap();
    let g = gradients(&plain);
    Sgd::new(0.05).step(&mut plain, &g);
    assert_eq!(sam.to_vec(), plain.to_vec());
    for bad in [-0.1, f64::NAN, f64::INFINITY] {
        let error = Sam::new(bad, Sgd::new(0.05)).step(&mut w, gradients).unwrap_err();
        assert_eq!(error.kind(), Kind::HyperParameter);
    }
}

#[test]
fn ten_steps_are_five_a_file_and_five() {
    let make = || Sam::new(0.1, Adam::new(0.05).schedule(cosine(10))).adaptive();
    let (mut straight, mut stopped) = (start(), start());
    let (mut whole, mut first) = (make(), make());
    for _ in 0..10 {
        whole.step(&mut straight, gradients).unwrap();
    }
    for _ in 0..5 {
        first.step(&mut stopped, gradients).unwrap();
    }
    let text = serde_json::to_string(&Optimise::<f64>::state(&first)).unwrap();
    let state: State = serde_json::from_str(&text).unwrap();
    assert_eq!(state.recipe, "sam(adam)");
    let mut second = make();
    let mut w = Tensor::from_slice(&[3], &stopped.to_vec()).tracked();
    second.restore(&w, &state).unwrap();
    assert_eq!(Optimise::<f64>::present_rate(&second), Optimise::<f64>::present_rate(&first));
    for _ in 0..5 {
        second.step(&mut w, gradients).unwrap();
    }
    assert_eq!(w.to_vec(), straight.to_vec());
    // Another optimiser, with or without it, does not take the state.
    let error = Adam::<f64>::new(0.05).restore(&w, &state).unwrap_err();
    assert!(error.to_string().contains("the state is of `sam(adam)`, the optimiser is `adam`"), "{error}");
    let error = make().restore(&w, &Optimise::<f64>::state(&Adam::<f64>::new(0.05))).unwrap_err();
    assert!(error.to_string().contains("the state is of `adam`, the optimiser is `sam(adam)`"), "{error}");
    let error = Sam::new(0.1, Sgd::<f64>::new(0.05)).restore(&w, &state).unwrap_err();
    assert!(error.to_string().contains("the state is of `adam`, the optimiser is `sgd`"), "{error}");
}

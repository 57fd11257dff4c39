//! Checkpointing, per-sample gradients, fallible transforms, the graph on paper, anomaly mode, leaves without a gradient.

use gradus_tensor::ndarray::array;
use gradus_tensor::{
    Error, ErrorKind, Granularity, Graph, Mode, Tensor, anomaly, checkpoint, checkpoint_in, grad, hvp, jvp,
    per_sample_grads, try_hvp, try_laplacian, try_value_and_grad, value_and_grad, vjp,
};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Pair = (Tensor<f64>, Tensor<f64>);

fn stretch((w, x): &Pair) -> Tensor<f64> {
    (x.matmul(w).tanh() * x.exp()).square()
}

fn point() -> Pair {
    (Tensor::from(array![[0.3, -0.7], [1.1, 0.4]]), Tensor::from(array![[0.2, -0.5], [0.9, 0.1], [-1.0, 0.6]]))
}

fn panics(body: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(body)).expect_err("this must panic");
    payload.downcast::<String>().map(|s| *s).unwrap_or_default()
}

#[test]
fn a_checkpoint_has_the_derivatives_of_what_it_holds() {
    let (w, x) = point();
    let v = (w.sin(), x.cos());
    let plain = |p: &Pair| stretch(&(p.0.clone(), stretch(p))).sum();
    let kept = |p: &Pair| {
        let inner = checkpoint(stretch, p);
        checkpoint(stretch, &(p.0.clone(), inner)).sum()
    };
    let same = |a: &Tensor<f64>, b: &Tensor<f64>, what: &str| {
        let far = a.to_vec().iter().zip(b.to_vec()).any(|(a, b)| (a - b).abs() > 1e-12 * (1.0 + b.abs()));
        assert!(!far, "{what}: {a} is not {b}");
    };
    let at = (w, x);
    same(&value_and_grad(kept, &at).1.0, &value_and_grad(plain, &at).1.0, "gradient of w");
    same(&value_and_grad(kept, &at).1.1, &value_and_grad(plain, &at).1.1, "gradient of x");
    same(&jvp(kept, &at, &v).1, &jvp(plain, &at, &v).1, "jvp");
    same(&hvp(kept, &at, &v).1.1, &hvp(plain, &at, &v).1.1, "reverse over reverse");
    let forward_over_reverse = |f: fn(&Pair) -> Tensor<f64>| jvp(|p: &Pair| value_and_grad(f, p).1.0, &at, &v).1;
    let reverse_over_forward = |f: fn(&Pair) -> Tensor<f64>| value_and_grad(|p: &Pair| jvp(f, p, &v).1, &at).1.0;
    let third = |f: fn(&Pair) -> Tensor<f64>| jvp(|p: &Pair| hvp(f, p, &v).1.0, &at, &v).1;
    let once: fn(&Pair) -> Tensor<f64> = |p| checkpoint(stretch, p).sum();
    let bare: fn(&Pair) -> Tensor<f64> = |p| stretch(p).sum();
    same(&forward_over_reverse(once), &forward_over_reverse(bare), "forward over reverse");
    same(&reverse_over_forward(once), &reverse_over_forward(bare), "reverse over forward");
    same(&third(once), &third(bare), "third order");
}

#[test]
fn a_checkpoint_sees_its_masks_again_and_keeps_less() {
    let mut mode = Mode::train(&mut Xoshiro256PlusPlus::seed_from_u64(3));
    let _earlier_layer = mode.next_key();
    let x = Tensor::from_slice(&[64], &(0..64).map(|i| f64::from(i) / 8.0).collect::<Vec<_>>()).tracked();
    let layer = |x: &Tensor<f64>, mode: &mut Mode| {
        x.tanh().dropout(0.5, 2.0, Granularity::Element, mode.next_key()).exp().sin()
    };
    let plain = layer(&x, &mut mode.clone());
    let kept = checkpoint_in(&mut mode, layer, &x);
    assert_eq!(kept.to_vec(), plain.to_vec());
    let gradient = |y: &Tensor<f64>| grad(&y.sum(), &x).expect("y depends on x").to_vec();
    assert_eq!(gradient(&kept), gradient(&plain));
    assert!(Graph::of(&kept).bytes() < Graph::of(&plain).bytes());
    let (_, later) = (mode.next_key(), mode.next_key());
    assert_ne!(later, mode.again().next_key(), "the step's mode went on past the layer");
}

#[test]
fn a_checkpoint_refuses_a_captured_leaf() {
    let (w, x) = (Tensor::from(array![2.0_f64]).tracked(), Tensor::from(array![3.0_f64]).tracked());
    let y = checkpoint(move |x: &Tensor<f64>| (x * &w).sum(), &x);
    let message = panics(|| drop(grad(&y, &x)));
    assert!(message.contains("not in its input"), "{message}");
}

#[test]
fn gradients_of_samples_average_to_the_gradient_of_the_mean() {
    let (w, x) = point();
    let loss = |w: &Tensor<f64>, x: &Tensor<f64>| x.matmul(w).tanh().square().sum();
    let each = per_sample_grads(|w: &Tensor<f64>, i| loss(w, &x.narrow(0, i, 1)), &w, 3);
    assert_eq!(each.shape(), [3, 2, 2]);
    let whole = value_and_grad(|w: &Tensor<f64>| loss(w, &x) / 3.0, &w).1;
    let gap = (each.mean_axes(&[0], false) - whole).to_vec();
    assert!(gap.iter().all(|d| d.abs() < 1e-15), "{gap:?}");
    assert_eq!(per_sample_grads(|w: &Tensor<f64>, _| w.sum(), &w, 0).shape(), [0, 2, 2]);
    // They can be differentiated again.
    let spread =
        |w: &Tensor<f64>| per_sample_grads(|w: &Tensor<f64>, i| loss(w, &x.narrow(0, i, 1)), w, 3).square().sum();
    assert!(value_and_grad(spread, &w).1.to_vec().iter().any(|g| g.abs() > 1e-3));
}

#[test]
fn transforms_pass_errors_of_their_closures_on() {
    let x = Tensor::from(array![1.0_f64, 2.0]);
    let fails = |_: &Tensor<f64>| Err(Error::new(ErrorKind::Data, "singular"));
    assert_eq!(try_value_and_grad(fails, &x).expect_err("fails").to_string(), "singular");
    assert_eq!(try_laplacian(fails, &x).expect_err("fails").kind(), ErrorKind::Data);
    let whole = |x: &Tensor<f64>| Ok::<_, Error>(x.square());
    assert_eq!(try_hvp(whole, &x, &x).expect_err("two numbers").kind(), ErrorKind::NotScalar);
    // The twin that panics says the same.
    let message = panics(|| drop(hvp(|x: &Tensor<f64>| x.square(), &x, &x)));
    assert_eq!(message, try_hvp(whole, &x, &x).expect_err("two numbers").to_string());
    let message = panics(|| drop(vjp(|x: &Tensor<f64>| x.square(), &x, &Tensor::scalar(1.0))));
    assert!(message.starts_with("vjp: expected shape [2], got []"), "{message}");
}

#[test]
fn a_graph_on_paper() {
    let x = Tensor::from(array![0.5_f64, 1.0]).tracked();
    let y = (x.tanh() * x.exp().detach()).sum();
    let graph = Graph::of(&y);
    assert_eq!((graph.ops(), graph.leaves(), graph.depth()), (3, 1, 3));
    assert_eq!(
        graph.to_string(),
        "3 ops, 1 leaf, depth 3, 72 bytes\n     1 mul\n     1 sum\n     1 tanh\n       cut by detach: [2]\n"
    );
    let dot = graph.dot();
    assert!(
        dot.contains("label=\"tanh [2]\"")
            && dot.contains("tools.rs")
            && dot.contains("style=dashed, label=\"cut by detach [2]\""),
        "{dot}"
    );
    assert_eq!(dot.matches("->").count(), 4);
}

#[test]
fn anomaly_mode_names_the_op_and_the_line() {
    let x = Tensor::from(array![0.0_f64, 1.0]).tracked();
    let line = line!() + 1;
    let forward = panics(|| anomaly(|| drop(x.tanh().ln().sum())));
    assert!(forward.contains("ln made -inf") && forward.contains(&format!("tools.rs:{line}:")), "{forward}");
    let line = line!() + 1;
    let y = x.sqrt().sum();
    let backward = panics(|| anomaly(|| drop(y.backward())));
    assert!(
        backward.contains("backward of sqrt made inf") && backward.contains(&format!("tools.rs:{line}:")),
        "{backward}"
    );
    // No false alarm, and nothing stays switched on.
    anomaly(|| drop(x.exp().sum().backward()));
    assert!(x.ln().to_vec()[0].is_infinite());
}

#[test]
fn leaves_without_a_gradient_are_named() {
    let net = (
        Tensor::from(array![1.0_f64]).tracked(),
        vec![Tensor::from(array![2.0_f64]).tracked(), Tensor::from(array![3.0_f64]).tracked()],
    );
    let grads = (&net.0 * &net.1[1] * net.1[0].detach()).sum().backward();
    let names: Vec<String> = grads.unreached(&net).iter().map(ToString::to_string).collect();
    assert_eq!(names, ["1.0"]);
}

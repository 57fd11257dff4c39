//! The engine's promises: long chains, leaves and versions, views, printing, messages.

use gradus_tensor::ndarray::array;
use gradus_tensor::{Grad, Sliding, Tensor, anomaly, grad, hessian, hvp, jacobian, jvp, no_grad, vjp};

#[test]
fn a_chain_of_a_million_ops_neither_overflows_backward_nor_on_drop() {
    let x = Tensor::<f64>::scalar(1.0).tracked();
    let mut y = x.clone();
    for _ in 0..1_000_000 {
        y = y + 1;
    }
    assert_eq!(grad(&y, &x).unwrap().item(), 1.0);
    let g = Grad::of(&y).wrt(&x).create_graph().run().unwrap();
    assert_eq!(g.item(), 1.0);
    drop(y);
    let mut y = x.clone();
    for _ in 0..1_000_000 {
        y = y * &x;
    }
    let g = Grad::of(&y).wrt(&x).create_graph().run().unwrap();
    assert_eq!(g.item(), 1_000_001.0);
    drop((y, g));
}

#[test]
fn backward_takes_the_loss_and_gradients_refuse_an_older_version() {
    let mut w = Tensor::from(array![1.0_f64, 2.0]).tracked();
    let grads = w.square().sum().backward();
    assert_eq!(grads.loss(), 5.0);
    assert_eq!(grads.get(&w).unwrap().to_vec(), [2.0, 4.0]);
    w.rewrite_leaf(|x| x[0] = 7.0);
    assert_eq!(w.to_vec(), [7.0, 2.0]);
    let stale = std::panic::catch_unwind(|| grads.get(&w).map(Tensor::to_vec));
    assert!(stale.is_err());
}

#[test]
fn rewriting_a_leaf_leaves_an_old_graph_right() {
    let mut w = Tensor::from(array![3.0_f64]).tracked();
    let old = w.clone();
    let y = w.square().sum();
    w.rewrite_leaf(|x| x[0] = 10.0);
    assert_eq!(grad(&y, &old).unwrap().item(), 6.0);
    assert_eq!(w.leaf().unwrap().0, old.leaf().unwrap().0);
}

#[test]
fn grads_of_tuples_slices_and_shared_inputs() {
    let a = Tensor::from(array![1.0_f64, 2.0]).tracked();
    let b = Tensor::scalar(3.0).tracked();
    let y = (&a * &b + &a).sum();
    let (ga, gb) = grad(&y, &(&a, &b)).unwrap();
    assert_eq!((ga.to_vec(), gb.item()), (vec![4.0, 4.0], 3.0));
    let both = grad(&y, [a.clone(), a].as_slice()).unwrap();
    assert_eq!(both[1].to_vec(), [4.0, 4.0]);
}

/// ⟨u, Jv⟩ = ⟨Jᵀu, v⟩ for a net with a product, a convolution, a norm and a softmax; ⟨u, Hv⟩ = ⟨v, Hu⟩.
#[test]
fn forward_and_reverse_mode_are_adjoint_and_the_hessian_is_symmetric() {
    let wave = |shape: &[usize], phase: f64| {
        Tensor::<f64>::build(shape, |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = (phase + 1.7 * i as f64).sin()))
    };
    let (kernel, weight) = (wave(&[3, 1, 3], 0.2), wave(&[5, 18], 0.9));
    let f = |x: &Tensor<f64>| {
        let y = x.reshape(&[2, 1, 8]).conv1d(&kernel, Sliding::default()).tanh().reshape(&[2, 18]);
        y.matmul(&weight.t()).softmax() * x.square().mean().sqrt()
    };
    let (x, v, u) = (wave(&[2, 8], 0.4), wave(&[2, 8], 2.0), wave(&[2, 5], 3.1));
    let dot = |a: &Tensor<f64>, b: &Tensor<f64>| (a * b).sum().item();
    let (forward, reverse) = (dot(&u, &jvp(f, &x, &v).1), dot(&vjp(f, &x, &u).1, &v));
    assert!((forward - reverse).abs() < 1e-14 && forward.abs() > 1e-2, "{forward} and {reverse}");
    let h = 1e-5;
    let difference = dot(&u, &((f(&(&x + &v * h)) - f(&(&x - &v * h))) / (2.0 * h)));
    assert!((forward - difference).abs() < 1e-9, "{forward} and {difference}");
    let (a, b) = (wave(&[2, 8], 5.0), v);
    let one = |x: &Tensor<f64>| (f(x) * &u).sum();
    let (ab, ba) = (dot(&a, &hvp(one, &x, &b).1), dot(&b, &hvp(one, &x, &a).1));
    assert!((ab - ba).abs() < 1e-13 && ab.abs() > 1e-3, "{ab} and {ba}");
}

#[test]
fn jacobian_and_hessian_have_the_shapes_of_output_and_input() {
    let x = Tensor::from(array![1.0_f64, 2.0]);
    let j = jacobian(|x: &Tensor<f64>| Tensor::stack(&[x.square(), x.exp()], 0), &x);
    assert_eq!(j.shape(), [2, 2, 2]);
    assert_eq!(j.to_vec()[..4], [2.0, 0.0, 0.0, 4.0]);
    let h = hessian(|x: &Tensor<f64>| x.select(0, 0) * x.select(0, 1).square(), &x);
    assert_eq!(h.to_vec(), [0.0, 4.0, 4.0, 2.0]);
    // The Hessian of a linear function is zero, not an error.
    assert_eq!(hessian(|x: &Tensor<f64>| x.sum(), &x).to_vec(), [0.0; 4]);
}

#[test]
fn views_reach_ndarray_without_a_copy() {
    let x = Tensor::from(array![[1.0_f64, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    assert_eq!(x.t().as_array()[[2, 1]], 6.0);
    assert_eq!(x.t().narrow(0, 1, 2).as_array().sum(), 16.0);
    let wide = Tensor::from(array![1.0_f64, 2.0]).broadcast_to(&[3, 2]);
    assert_eq!(wide.as_array().sum(), 9.0);
    assert_eq!(Tensor::<f64>::from(&x.to_array()).to_vec(), x.to_vec());
}

#[test]
fn printing_shows_values_shape_and_origin() {
    let x = Tensor::from(array![1.5_f64]).tracked();
    assert_eq!(format!("{}", x.exp().ln()), "[1.5]\n(shape [1], f64, from ln)");
    assert_eq!(format!("{x:?}"), "Tensor([1.5], shape [1], f64, tracked)");
    let long = format!("{:?}", Tensor::<f32>::zeros(&[50]));
    assert!(long.contains("and 30 more"), "{long}");
}

#[test]
fn no_grad_records_nothing() {
    let x = Tensor::from(array![1.0_f64]).tracked();
    assert!(!no_grad(|| x.exp()).is_tracked());
}

#[test]
fn messages_say_who_what_and_the_way_out() {
    let message = |f: fn() -> Tensor<f32>| {
        let caught = std::panic::catch_unwind(|| f().to_vec()).unwrap_err();
        caught.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let m = message(|| Tensor::zeros(&[8, 3]).matmul(&Tensor::zeros(&[4, 3])));
    assert_eq!(m, "matmul: inner sizes differ: left [8, 3], right [4, 3] (3 and 4); did you mean right.t()?");
    let m = message(|| Tensor::zeros(&[2, 3]) + Tensor::zeros(&[2]));
    assert!(m.starts_with("add: shapes do not broadcast: [2, 3] [2];"), "{m}");
    let m = message(|| Tensor::zeros(&[2, 3]).reshape(&[5]));
    assert_eq!(m, "reshape: [2, 3] has 6 elements, [5] has 5; the numbers must be equal");
    let m = message(|| Tensor::zeros(&[2]).sum_axes(&[1], false));
    assert!(m.starts_with("sum: axis 1 does not exist"), "{m}");
}

#[test]
fn anomaly_mode_names_the_op_that_made_a_nan() {
    let caught = std::panic::catch_unwind(|| anomaly(|| Tensor::<f64>::scalar(-1.0).sqrt().item())).unwrap_err();
    let m = caught.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(m.contains("sqrt made NaN") && m.contains("engine.rs"), "{m}");
}

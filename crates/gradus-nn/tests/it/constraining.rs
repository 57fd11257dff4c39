//! Constraints on the parameters of nets by name: any layer, any parameter; kept, moved, nested, replaced, baked, set.

use gradus_init::rotations;
use gradus_nn::constraints::{AsMatrix, Interval, Monotone, Positive, Sphere, Stiefel, Symmetric, nest};
use gradus_nn::{Activation, BatchNorm, Conv2d, Linear, Module, Named, OrthogonalRnn, Sequential};
use gradus_tensor::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_tensor::{Attached, Mode, Parametrization, Tensor};

fn rng() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(3)
}

#[derive(Debug, Module)]
struct Net {
    kernel: Conv2d<f64>,
    trunk: Sequential<f64>,
    norm: BatchNorm<f64>,
}

fn net() -> Net {
    let rng = &mut rng();
    let trunk = Sequential::new().then(Linear::new(4, 4, rng)).then(Activation::tanh()).then(Linear::new(4, 3, rng));
    Net { kernel: Conv2d::builder(2, 4, [3, 3]).build(rng), trunk, norm: BatchNorm::new(3) }
}

fn value(net: &Net, name: &str) -> Tensor<f64> {
    let found = net.named_parameters().into_iter().find(|(n, _)| n == name);
    found.unwrap_or_else(|| panic!("no `{name}`")).1.value()
}

/// Numbers that push every leaf far.
fn push(net: &mut Net, name: &str) {
    let push = |y: &mut [f64]| y.iter_mut().enumerate().for_each(|(i, y)| *y += 3.0 * ((i * 7) as f64).sin());
    net.with_parameter(name, |p| {
        p.leaves_mut().iter_mut().for_each(|y| y.rewrite_leaf(push));
        Ok(())
    })
    .expect("is there");
}

#[test]
fn any_parameter_of_any_module_is_held_by_name() {
    let mut net = net();
    let positive = net.constrain("norm.weight", Positive::softplus()).expect("ones are members");
    assert_eq!(positive, Attached::Kept);
    net.constrain("trunk.2.bias", Monotone::increasing()).expect("a row");
    net.constrain("trunk.0.bias", Sphere::new(1.0)).expect("a row");
    net.constrain("trunk.0.weight", Stiefel::cayley()).expect("square");
    net.constrain("trunk.2.weight", Interval::new(-0.1, 0.1)).expect("any shape");
    net.constrain("kernel.weight", AsMatrix::new(Stiefel::expm())).expect("[4, 18]");
    for name in ["norm.weight", "trunk.2.bias", "trunk.0.bias", "trunk.0.weight", "trunk.2.weight", "kernel.weight"] {
        push(&mut net, name);
    }
    assert!(value(&net, "norm.weight").to_vec().iter().all(|x| *x > 0.0));
    assert!(value(&net, "trunk.2.bias").to_vec().is_sorted());
    assert!((value(&net, "trunk.0.bias").square().sum().item() - 1.0).abs() < 1e-12);
    assert!(Stiefel::expm().defect(&value(&net, "trunk.0.weight")) < 1e-12);
    assert!(value(&net, "trunk.2.weight").to_vec().iter().all(|x| x.abs() <= 0.1));
    assert!(Stiefel::expm().defect(&value(&net, "kernel.weight").reshape(&[4, 18])) < 1e-12);
    let wrong = net.constrain("trunk.1.weight", Symmetric).expect_err("no such name").to_string();
    assert!(wrong.contains("trunk.0.weight") || wrong.contains("trunk.2.weight"), "{wrong}");
    let wrong = net.constrain("trunk.2.weight", Symmetric).expect_err("not square").to_string();
    assert!(wrong.contains("[3, 4]"), "{wrong}");
}

#[test]
fn baking_leaves_the_function_as_it_is() {
    let mut net = net();
    net.constrain("trunk.0.weight", Stiefel::expm()).expect("square");
    push(&mut net, "trunk.0.weight");
    let x = Tensor::from_slice(&[2, 4], &[0.3, -0.2, 1.0, 0.5, -0.7, 0.1, 0.9, -1.1]);
    let before = net.trunk.forward(&x, &mut Mode::eval());
    net.bake("trunk.0.weight").expect("is there");
    assert_eq!(net.trunk.forward(&x, &mut Mode::eval()).to_vec(), before.to_vec());
    assert!(net.named_parameters().iter().all(|(_, p)| p.constraint().is_none()));
}

#[test]
fn setting_nesting_and_replacing_by_name() {
    let mut net = net();
    net.constrain("trunk.0.weight", Symmetric).expect("square");
    net.with_parameter("trunk.0.weight", |p| nest(p, Interval::new(-1.0, 1.0))).expect("one leaf");
    push(&mut net, "trunk.0.weight");
    let w = value(&net, "trunk.0.weight");
    assert_eq!(w.to_vec(), w.t().to_vec());
    assert!(w.to_vec().iter().all(|x| x.abs() <= 1.0));
    // Sets go through both inverses.
    let moved = net.with_parameter("trunk.0.weight", |p| p.set(&(Tensor::eye(4) * 3.0))).expect("shape fits");
    let Attached::Projected { distance } = moved else { panic!("3 is outside") };
    assert!((distance - 4.0).abs() < 1e-6, "2 in each of four places: {distance}");
    net.constrain("trunk.0.weight", Stiefel::expm()).expect("replaces");
    assert!(Stiefel::expm().defect(&value(&net, "trunk.0.weight")) < 1e-12);
}

#[test]
fn a_recurrent_net_starts_at_rotations() {
    let cell = OrthogonalRnn::<f64>::starting_at(&rotations(0.5), 3, 6, &mut rng());
    let w = cell.recurrent().value();
    assert!(Stiefel::expm().defect(&w) < 1e-14);
    // Rotations of planes by at most half a radian: W + Wᵀ is 2 cos θ on the diagonal, and nothing else.
    let twice = &w + w.t();
    for (k, x) in twice.to_vec().into_iter().enumerate() {
        if k / 6 == k % 6 {
            assert!((2.0 * 0.5_f64.cos()..=2.0).contains(&x), "{twice:?}");
        } else {
            assert!(x.abs() < 1e-14, "{twice:?}");
        }
    }
    // What is not orthogonal starts at the nearest orthogonal matrix, and never leaves the set.
    let cell = OrthogonalRnn::<f64>::starting_at(&gradus_init::normal(0.0, 1.0), 3, 6, &mut rng());
    assert!(Stiefel::expm().defect(&cell.recurrent().value()) < 1e-13);
}

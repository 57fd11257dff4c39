//! The orthogonal sets at sizes that nets have, in both precisions: members, right inverses, base points that follow, Procrustes.

use crate::laws::spread;
use gradus_constraints::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus_constraints::tensor::{Param, Parametrization, Real, Role, Tensor};
use gradus_constraints::{Factored, Grassmann, Rebase, SpecialOrthogonal, Stiefel, manifold};
use gradus_kernels::linalg::{determinant, lu_factor, polar};
use std::sync::Arc;

type Set<T> = Arc<dyn Parametrization<T>>;

fn frames<T: Real>() -> Vec<Set<T>> {
    vec![Arc::new(Stiefel::expm()), Arc::new(Stiefel::cayley()), Arc::new(Stiefel::householder())]
}

fn members<T: Real>() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
    let shapes: [&[usize]; 5] = [&[40, 40], &[90, 7], &[7, 90], &[3, 20, 5], &[2, 2, 6, 9]];
    for shape in shapes {
        let (m, n) = (shape[shape.len() - 2], shape[shape.len() - 1]);
        let mut sets = frames::<T>();
        if m == n {
            sets.push(Arc::new(SpecialOrthogonal));
        }
        if m >= n {
            sets.push(Arc::new(Grassmann));
        }
        for g in sets {
            let at = format!("{} {shape:?} in {}", g.name(), T::NAME);
            let most = 50.0 * T::EPSILON.to_f64() * (m.max(n) as f64).sqrt();
            let x: Tensor<T> = g.sample(shape, &mut rng).expect(&at);
            let y = g.right_inverse(&x).expect(&at);
            let back = (g.forward(&y) - &x).abs().to_vec().into_iter().map(|x: T| x.to_f64()).fold(0.0, f64::max);
            assert!(back <= most, "{at}: g(g⁻¹(x)) is {back:e} from x");
            for size in [0.1, 1.0] {
                let noise = Tensor::build(y[0].shape(), |out: &mut [T]| {
                    let from = spread(y[0].shape(), 1).to_vec();
                    out.iter_mut().zip(from).for_each(|(o, x)| *o = T::from_f64(size * x));
                });
                let image = g.forward(&[vec![&y[0] + noise], y[1..].to_vec()].concat());
                assert!(g.defect(&image) <= most, "{at}: {:e} at {size}", g.defect(&image));
            }
        }
    }
}

#[test]
fn images_are_members_at_the_sizes_of_nets() {
    members::<f32>();
    members::<f64>();
}

#[test]
fn singular_values_lie_in_their_set_at_the_sizes_of_nets() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(6);
    for (g, shape) in [
        (Factored::spectral_norm(1.0), &[40, 17][..]),
        (Factored::almost_orthogonal(0.1), &[17, 40]),
        (Factored::fixed_rank(5), &[30, 20]),
        (Factored::unit_determinant(), &[16, 16]),
        (Factored::spectral_norm(2.0), &[2, 12, 9]),
    ] {
        let x: Tensor<f64> = g.sample(shape, &mut rng).expect("members");
        let y = g.right_inverse(&x).expect("inverts");
        let moved: Vec<_> =
            y.iter().enumerate().map(|(i, y)| if i < 3 { y + spread(y.shape(), i) } else { y.clone() }).collect();
        let image = g.forward(&moved);
        let name = Parametrization::<f64>::name(&g);
        assert!(g.defect(&image) <= 1e-12, "{name} {shape:?}: {:e}", g.defect(&image));
        // Those of the image, by the decomposition of another crate's making: AᵀA has them squared.
        let largest = largest_singular_value(&image);
        if name == "spectral norm" {
            assert!(largest < 2.0 + 1e-9 && g.defect(&(&image * 3.0)) > 0.0, "{largest}");
        }
    }
}

/// By power iteration on XᵀX, over the batch.
fn largest_singular_value(x: &Tensor<f64>) -> f64 {
    let mut v = spread(&[&x.shape()[..x.rank() - 2], &[x.shape()[x.rank() - 1], 1]].concat(), 2);
    for _ in 0..200 {
        v = x.t().matmul(&x.matmul(&v));
        v = &v / v.square().sum().sqrt();
    }
    (x.matmul(&v).square().sum() / v.square().sum()).sqrt().item()
}

fn sign_of_determinant(n: usize, w: &Tensor<f64>) -> f64 {
    let (mut lu, mut pivots) = (w.to_vec(), vec![0; n]);
    lu_factor(n, &mut lu, &mut pivots).expect("regular");
    determinant(n, &lu, &pivots).signum()
}

#[test]
fn both_components_of_the_orthogonal_group_are_kept_and_so_is_the_rotations_sign() {
    let start = spread(&[4, 4], 1) + Tensor::eye(4) * 2.0;
    for reflect in [1.0, -1.0] {
        let x = Tensor::concat(&[start.narrow(0, 0, 1) * reflect, start.narrow(0, 1, 3)], 0);
        let sign = sign_of_determinant(4, &x);
        let sets: [Set<f64>; 4] = [
            Arc::new(Stiefel::expm()),
            Arc::new(Stiefel::cayley()),
            Arc::new(Stiefel::householder()),
            Arc::new(SpecialOrthogonal),
        ];
        for (g, wanted) in sets.into_iter().zip([sign, sign, sign, 1.0]) {
            let y = g.right_inverse(&x).expect("square");
            for size in [0.0, 0.5, 3.0] {
                let image = g.forward(&[&y[0] + spread(&[4, 4], 3) * size, y[1].clone()]);
                assert_eq!(sign_of_determinant(4, &image), wanted, "{} at {size}", g.name());
            }
        }
    }
}

#[test]
fn procrustes_reaches_the_singular_value_solution_through_every_map() {
    // ‖A W − B‖² over orthogonal W: the polar factor of AᵀB, whose neighbourhood the start is in.
    let n = 4;
    let a = spread(&[7, n], 1) + Tensor::eye(7).narrow(1, 0, n) * 2.0;
    let b = &a + spread(&[7, n], 2) * 0.6;
    let mut wanted = vec![0.0; n * n];
    polar(n, n, &a.t().matmul(&b).to_vec(), &mut wanted).expect("regular");
    let wanted = Tensor::from_slice(&[n, n], &wanted);
    let runs = frames::<f64>().into_iter().map(|g| (g, None)).chain(frames().into_iter().map(|g| (g, Some(10))));
    for (g, every) in runs {
        let mut w = Param::new(&Tensor::eye(n), Role::Weight);
        w.constrain(g.clone()).expect("attaches");
        let mut rebase = every.map(Rebase::every);
        for _ in 0..4_000 {
            let grads = (a.matmul(&w.value()) - &b).square().sum().backward();
            let slope = grads.get(&w.leaves()[0]).expect("used").to_vec();
            w.leaves_mut()[0].rewrite_leaf(|y| y.iter_mut().zip(&slope).for_each(|(y, s)| *y -= 0.01 * s));
            if let Some(rebase) = &mut rebase {
                rebase.after_step(&mut w).expect("finite");
            }
        }
        let distance = (w.value() - &wanted).square().sum().sqrt().item();
        assert!(distance < 1e-6, "{}, re-based {every:?}: {distance:e}", g.name());
    }
}

#[test]
fn rebasing_keeps_the_weight_and_does_not_drift() {
    for n in [1, 4] {
        for map in [Stiefel::expm(), Stiefel::cayley()] {
            let mut w = Param::new(&Tensor::<f32>::eye(n), Role::Weight);
            w.constrain(Arc::new(map)).expect("attaches");
            let mut rebase = Rebase::every(5);
            for step in 0..2_000 {
                let push = |y: &mut [f32]| {
                    y.iter_mut().enumerate().for_each(|(i, y)| *y += 0.02 * ((i * 7 + step) as f32).sin());
                };
                w.leaves_mut()[0].rewrite_leaf(push);
                let before = w.value();
                if rebase.after_step(&mut w).expect("finite") {
                    let d = (w.value() - before).square().sum().item();
                    assert!(d < 1e-10, "re-basing moved the weight by {d}");
                    assert!(w.leaves()[0].to_vec().iter().all(|y| *y == 0.0), "the leaf starts again at 0");
                }
            }
            let defect = map.defect(&w.value());
            assert!(defect <= 50.0 * f64::from(f32::EPSILON) * (n as f64).sqrt(), "{n}: {defect:e}");
        }
    }
}

#[test]
fn with_the_base_at_the_weight_descent_is_riemannian_descent() {
    // At k = 1 a step of descent in V is a retraction of the projected gradient in the canonical metric.
    let x = Stiefel::expm().forward(&Stiefel::expm().right_inverse(&spread(&[5, 2], 1)).expect("tall"));
    let g = spread(&[5, 2], 3);
    let mut w = Param::new(&x, Role::Weight);
    w.constrain(Arc::new(Stiefel::expm())).expect("attaches");
    let slope = (w.value() * &g).sum().backward();
    let slope = slope.get(&w.leaves()[0]).expect("used").clone();
    // ∇_V ⟨G, e^(VBᵀ − BVᵀ)B⟩ at V = 0 is G − X GᵀX + the normal part's half: 2·(A X)/2 with A = GXᵀ − XGᵀ … times X.
    let a = g.matmul(&x.t()) - x.matmul(&g.t());
    let wanted = a.matmul(&x);
    assert!((&slope - &wanted).abs().to_vec().into_iter().all(|d| d < 1e-12), "{slope:?}, expected {wanted:?}");
    let step = wanted * -1e-4;
    let moved = Stiefel::expm().forward(&[step.clone(), x.clone()]);
    let geodesic = manifold::Stiefel(manifold::Retraction::Exponential);
    // AX for V is V − X VᵀX: the tangent that the leaf's step goes along.
    let tangent = &step - x.matmul(&step.t().matmul(&x));
    let along = gradus_constraints::tensor::Manifold::retract(&geodesic, &x, &tangent);
    assert!((moved - along).abs().to_vec().into_iter().all(|d| d < 1e-12));
}

#[test]
#[ignore = "30,000 x 50 takes a minute without optimisation"]
fn a_thin_step_is_fast() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    for g in [Stiefel::expm(), Stiefel::cayley()] {
        let x: Tensor<f32> = g.sample(&[30_000, 50], &mut rng).expect("tall");
        let mut w = Param::new(&x, Role::Weight);
        w.constrain(Arc::new(g)).expect("attaches");
        let mut times = Vec::new();
        for _ in 0..5 {
            let _ = w.leaves_mut();
            let start = std::time::Instant::now();
            let grads = (w.value() * &x).sum().backward();
            times.push(start.elapsed().as_secs_f64());
            assert!(grads.get(&w.leaves()[0]).is_some());
        }
        times.sort_by(f64::total_cmp);
        println!("{}, 30,000 x 50: {:.3} s a step", Parametrization::<f32>::name(&g), times[2]);
        assert!(times[2] < 1.0, "{} s", times[2]);
    }
}

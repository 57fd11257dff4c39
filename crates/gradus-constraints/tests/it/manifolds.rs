//! Laws of the manifolds over shapes and batches: tangents, retractions and their orders, transport, members after many steps.

use crate::laws::spread;
use gradus_constraints::manifold::{Grassmann, Retraction, Sphere, Stiefel};
use gradus_constraints::tensor::{Manifold, Parametrization, Tensor};

fn manifolds() -> Vec<(Box<dyn Manifold<f64>>, Tensor<f64>)> {
    let mut all: Vec<(Box<dyn Manifold<f64>>, Tensor<f64>)> =
        vec![(Box::new(Sphere { radius: 2.0 }), spread(&[2, 3], 1))];
    for how in [Retraction::Qr, Retraction::Polar, Retraction::Cayley, Retraction::Exponential] {
        let shapes: [&[usize]; 8] = [&[4, 2], &[3, 3], &[1, 1], &[2, 4], &[2, 3, 2], &[2, 2, 2], &[3, 0], &[9, 5]];
        for shape in shapes {
            all.push((Box::new(Stiefel(how)), spread(shape, 1)));
        }
        let shapes: [&[usize]; 4] = [&[4, 2], &[3, 1], &[2, 3, 2], &[9, 5]];
        for shape in shapes {
            all.push((Box::new(Grassmann(how)), spread(shape, 1)));
        }
    }
    all
}

fn member(m: &dyn Manifold<f64>, x: &Tensor<f64>) -> Tensor<f64> {
    match m.name() {
        "sphere" => {
            let g = gradus_constraints::Sphere::new(2.0);
            g.forward(&Parametrization::<f64>::right_inverse(&g, x).expect("rows"))
        }
        _ => {
            let g = gradus_constraints::Stiefel::expm();
            g.forward(&Parametrization::<f64>::right_inverse(&g, x).expect("tall"))
        }
    }
}

fn size(x: &Tensor<f64>) -> f64 {
    x.square().sum().item().sqrt()
}

#[test]
fn projections_are_projections_and_retractions_start_along_the_tangent() {
    for (m, x) in manifolds() {
        let x = member(&*m, &x);
        let at = format!("{m:?} {:?}", x.shape());
        assert!(m.defect(&x) < 1e-14, "{at}");
        let (a, b) = (spread(x.shape(), 4), spread(x.shape(), 7));
        let u = m.project(&x, &a);
        assert!(size(&(m.project(&x, &u) - &u)) < 1e-13, "{at}: not idempotent");
        let symmetric = ((&u * &b).sum() - (&a * m.project(&x, &b)).sum()).item();
        assert!(symmetric.abs() < 1e-13, "{at}: not orthogonal: {symmetric:e}");
        // R(tu) = x + tu + O(t²).
        let error = |t: f64| size(&(m.retract(&x, &(&u * t)) - &x - &u * t));
        assert!(error(1e-4) <= 1e-8 * (1.0 + size(&u)).powi(2), "{at}: {:e}", error(1e-4));
        let to = m.retract(&x, &(&u * 3.0));
        assert!(m.defect(&to) < 1e-13, "{at}: {:e}", m.defect(&to));
        let carried = m.transport(&x, &to, &u);
        assert!(size(&(m.project(&to, &carried) - &carried)) < 1e-13, "{at}: transport leaves the tangent space");
    }
}

/// How often f(t) falls when t is halved, at t = 2h: 4 for an error of second order, 8 for one of third.
fn falls(error: impl Fn(f64) -> f64) -> f64 {
    error(2e-2) / error(1e-2)
}

fn inner(a: &Tensor<f64>, b: &Tensor<f64>) -> f64 {
    (a * b).sum().item()
}

/// e^A for small A, by its series.
fn series(a: &Tensor<f64>) -> Tensor<f64> {
    let mut term = Tensor::eye(a.shape()[0]);
    let mut sum = term.clone();
    for k in 1..40 {
        term = term.matmul(a) / f64::from(k);
        sum = sum + &term;
    }
    sum
}

#[test]
fn polar_retractions_agree_with_the_geodesic_to_second_order() {
    // γ(t) = x + t u − t²/2 x uᵀu + O(t³) in the Euclidean metric, on Stiefel and on horizontal u.
    for shape in [[4, 2], [3, 3], [9, 5]] {
        let sets: [Box<dyn Manifold<f64>>; 2] =
            [Box::new(Stiefel(Retraction::Polar)), Box::new(Grassmann(Retraction::Polar))];
        for m in sets.into_iter().filter(|m| shape[0] > shape[1] || m.name() == "Stiefel") {
            let x = member(&*m, &spread(&shape, 1));
            let u = m.project(&x, &spread(&shape, 4));
            let bend = x.matmul(&u.t().matmul(&u)) * 0.5;
            let rate = falls(|t| size(&(m.retract(&x, &(&u * t)) - &x - &u * t + &bend * (t * t))));
            assert!((7.0..17.0).contains(&rate), "{m:?} {shape:?}: the error falls by {rate}, expected 8 or 16");
        }
    }
    // The great circle.
    let m = Sphere { radius: 2.0 };
    let x = member(&m, &spread(&[1, 3], 1));
    let u = m.project(&x, &spread(&[1, 3], 4));
    let angle = size(&u) / 2.0;
    let circle = |t: f64| &x * (t * angle).cos() + &u * ((t * angle).sin() / angle);
    let rate = falls(|t| size(&(m.retract(&x, &(&u * t)) - circle(t))));
    assert!((7.0..17.0).contains(&rate), "the error falls by {rate}");
}

#[test]
fn exponential_and_cayley_retractions_follow_the_canonical_geodesic() {
    for shape in [[4, 2], [3, 3], [9, 5], [3, 1]] {
        let m = Stiefel(Retraction::Exponential);
        let x = member(&m, &spread(&shape, 1));
        let u = m.project(&x, &spread(&shape, 4));
        let v = &u - x.matmul(&x.t().matmul(&u)) * 0.5;
        let a = v.matmul(&x.t()) - x.matmul(&v.t());
        assert!(size(&(a.matmul(&x) - &u)) < 1e-13, "A x = u");
        let geodesic = |t: f64| series(&(&a * t)).matmul(&x);
        assert!(size(&(m.retract(&x, &(&u * 0.7)) - geodesic(0.7))) < 1e-13, "{shape:?}: exact");
        // A geodesic goes on from where it has come, in the direction that it has there.
        let (half, there) = (geodesic(0.3), series(&(&a * 0.3)).matmul(&u));
        assert!(size(&(m.retract(&half, &(there * 0.4)) - geodesic(0.7))) < 1e-13, "{shape:?}: goes on");
        let cayley = Stiefel(Retraction::Cayley);
        let rate = falls(|t| size(&(cayley.retract(&x, &(&u * t)) - geodesic(t))));
        assert!((7.0..17.0).contains(&rate), "{shape:?}: Cayley's error falls by {rate}, expected 8");
    }
}

#[test]
fn the_qr_retraction_is_the_q_with_positive_diagonal() {
    for shape in [[4, 2], [3, 3], [9, 5]] {
        let m = Stiefel(Retraction::Qr);
        let x = member(&m, &spread(&shape, 1));
        let u = m.project(&x, &spread(&shape, 4));
        let r = m.retract(&x, &u).t().matmul(&(&x + &u)).to_vec();
        for (k, r) in r.iter().enumerate() {
            let (i, j) = (k / shape[1], k % shape[1]);
            assert!(if i > j { r.abs() < 1e-13 } else { i < j || *r > 0.0 }, "{shape:?}: R[{i}, {j}] = {r}");
        }
        let rate = falls(|t| size(&(m.retract(&x, &(&u * t)) - &x - &u * t)));
        assert!((3.5..5.0).contains(&rate), "{shape:?}: the error falls by {rate}, expected 4");
    }
}

#[test]
fn transport_is_linear_tangent_and_keeps_lengths() {
    for (m, x) in manifolds() {
        let x = member(&*m, &x);
        let at = format!("{m:?} {:?}", x.shape());
        let (u, v) = (m.project(&x, &spread(x.shape(), 4)), m.project(&x, &spread(x.shape(), 7)));
        let carried = |to: &Tensor<f64>, u: &Tensor<f64>| m.transport(&x, to, u);
        assert!(size(&(carried(&x, &u) - &u)) < 1e-13, "{at}: to where it is");
        let far = m.retract(&x, &(&v * 0.8));
        let both = carried(&far, &(&u * 2.0 - &v));
        assert!(size(&(both - carried(&far, &u) * 2.0 + carried(&far, &v))) < 1e-13, "{at}: linear");
        let (tu, tv) = (carried(&far, &u), carried(&far, &v));
        assert!(size(&(m.project(&far, &tu) - &tu)) < 1e-13, "{at}: tangent");
        let square = x.shape()[x.rank() - 1] == x.shape()[x.rank() - 2];
        if m.name() == "sphere" || (m.name() == "Stiefel" && square) {
            assert!((inner(&tu, &tv) - inner(&u, &v)).abs() < 1e-13, "{at}: an isometry");
        } else {
            assert!(size(&tu) <= size(&u) + 1e-13, "{at}: never longer");
            let near = m.retract(&x, &(&v * 1e-4));
            let change = inner(&carried(&near, &u), &carried(&near, &v)) - inner(&u, &v);
            assert!(change.abs() < 1e-7 * (1.0 + size(&u)).powi(4), "{at}: to first order, {change:e}");
        }
    }
}

#[test]
fn members_stay_members_over_many_steps() {
    for (m, x) in manifolds() {
        let mut x = member(&*m, &x);
        let rows = x.shape()[0] as f64;
        for k in 0..500 {
            let u = m.project(&x, &(spread(x.shape(), k) * 0.1));
            x = m.retract(&x, &u);
        }
        assert!(m.defect(&x) <= 50.0 * f64::EPSILON * rows.sqrt(), "{m:?}: {:e}", m.defect(&x));
    }
}

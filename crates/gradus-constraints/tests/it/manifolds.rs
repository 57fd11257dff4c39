//! Laws of the manifolds: tangents, retractions of first and second order, members after many steps.

use gradus_constraints::manifold::{Grassmann, Retraction, Sphere, Stiefel};
use gradus_constraints::tensor::{Manifold, Parametrization, Tensor};

fn spread(shape: &[usize], seed: usize) -> Tensor<f64> {
    let n = shape.iter().product();
    let x: Vec<f64> =
        (0..n).map(|i| ((i * 3 + seed * 5 + 1) as f64 * 0.618_033_988_749_894_9).fract() * 2.0 - 1.0).collect();
    Tensor::from_slice(shape, &x)
}

fn manifolds() -> Vec<(Box<dyn Manifold<f64>>, Tensor<f64>)> {
    let mut all: Vec<(Box<dyn Manifold<f64>>, Tensor<f64>)> =
        vec![(Box::new(Sphere { radius: 2.0 }), spread(&[2, 3], 1))];
    for how in [Retraction::Qr, Retraction::Polar, Retraction::Cayley, Retraction::Exponential] {
        for shape in [[4, 2], [3, 3], [1, 1]] {
            all.push((Box::new(Stiefel(how)), spread(&shape, 1)));
        }
        all.push((Box::new(Grassmann(how)), spread(&[4, 2], 1)));
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

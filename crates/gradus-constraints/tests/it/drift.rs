//! Orthogonality after 10⁵ steps, through free leaves and along the manifold, in both precisions.

use gradus_constraints::manifold::{self, Retraction};
use gradus_constraints::tensor::{Manifold, Param, Parametrization, Real, Role, Tensor, no_grad};
use gradus_constraints::{Rebase, Stiefel};
use std::sync::Arc;

const STEPS: usize = 100_000;

fn push<T: Real>(k: usize, i: usize) -> T {
    T::from_f64(0.05 * ((i * 7 + k * 3) as f64).sin())
}

fn columns<T: Real>([n, d]: [usize; 2]) -> Tensor<T> {
    Tensor::eye(n).narrow(1, 0, d)
}

fn held<T: Real>(map: Stiefel, every: Option<u64>, [n, d]: [usize; 2]) {
    let mut w = Param::new(&columns::<T>([n, d]), Role::Weight);
    w.constrain(Arc::new(map)).expect("attaches");
    let mut rebase = every.map(Rebase::every);
    for k in 0..STEPS {
        w.leaves_mut()[0].rewrite_leaf(|y| {
            y.iter_mut().enumerate().for_each(|(i, y)| *y = T::from_f64(y.to_f64() + push::<T>(k, i).to_f64()));
        });
        if let Some(rebase) = &mut rebase {
            rebase.after_step(&mut w).expect("finite");
        }
    }
    let defect = map.defect(&w.value());
    let most = 50.0 * T::EPSILON.to_f64() * (n as f64).sqrt();
    let at = format!("{} {n} x {d}, {map:?}, re-based {every:?}", T::NAME);
    println!("{at}: {defect:.1e}, {:.2} of what is allowed", defect / most);
    assert!(defect <= most, "{at}: {defect:e} after {STEPS} steps, at most {most:e}");
}

fn moved<T: Real>(how: Retraction, [n, d]: [usize; 2]) {
    let m = manifold::Stiefel(how);
    let mut x = columns::<T>([n, d]);
    for k in 0..STEPS {
        x = no_grad(|| {
            let g = Tensor::build(&[n, d], |g| g.iter_mut().enumerate().for_each(|(i, g)| *g = push::<T>(k, i)));
            m.retract(&x, &m.project(&x, &g))
        });
    }
    let (defect, most) = (m.defect(&x), 50.0 * T::EPSILON.to_f64() * (n as f64).sqrt());
    println!("{} {n} x {d}, {how:?}: {defect:.1e}, {:.2} of what is allowed", T::NAME, defect / most);
    assert!(defect <= most, "{} {n} x {d}, {how:?}: {defect:e} after {STEPS} steps, at most {most:e}", T::NAME);
}

fn through_leaves(shape: [usize; 2]) {
    for map in [Stiefel::expm(), Stiefel::cayley(), Stiefel::householder()] {
        held::<f32>(map, None, shape);
        held::<f64>(map, None, shape);
    }
    for map in [Stiefel::expm(), Stiefel::cayley()] {
        held::<f32>(map, Some(1), shape);
        held::<f64>(map, Some(100), shape);
    }
}

fn along_the_manifold(shape: [usize; 2]) {
    for how in [Retraction::Qr, Retraction::Polar, Retraction::Cayley, Retraction::Exponential] {
        moved::<f32>(how, shape);
        moved::<f64>(how, shape);
    }
}

#[test]
fn a_hundred_thousand_steps_through_leaves() {
    through_leaves([1, 1]);
    through_leaves([3, 3]);
}

#[test]
fn a_hundred_thousand_steps_along_the_manifold() {
    along_the_manifold([3, 3]);
}

#[test]
#[ignore = "minutes without optimisation"]
fn a_hundred_thousand_steps_of_larger_matrices() {
    for shape in [[32, 32], [40, 8]] {
        through_leaves(shape);
        along_the_manifold(shape);
    }
}

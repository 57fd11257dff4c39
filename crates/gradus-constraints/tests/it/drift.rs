//! Orthogonality after 10⁵ steps, through free leaves and along the manifold, in both precisions.

use gradus_constraints::manifold::{self, Retraction};
use gradus_constraints::tensor::{Manifold, Param, Parametrization, Real, Role, Tensor, no_grad};
use gradus_constraints::{Rebase, Stiefel};
use std::sync::Arc;

const STEPS: usize = 100_000;

fn push<T: Real>(k: usize, i: usize) -> T {
    T::from_f64(0.05 * ((i * 7 + k * 3) as f64).sin())
}

fn held<T: Real>(map: Stiefel, every: Option<u64>, n: usize) {
    let mut w = Param::new(&Tensor::<T>::eye(n), Role::Weight);
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
    assert!(defect <= most, "{map:?}, re-based {every:?}, n = {n}: {defect:e} after {STEPS} steps, at most {most:e}");
}

fn moved<T: Real>(how: Retraction, n: usize) {
    let m = manifold::Stiefel(how);
    let mut x = Tensor::<T>::eye(n);
    for k in 0..STEPS {
        x = no_grad(|| {
            let g = Tensor::build(&[n, n], |g| g.iter_mut().enumerate().for_each(|(i, g)| *g = push::<T>(k, i)));
            m.retract(&x, &m.project(&x, &g))
        });
    }
    let (defect, most) = (m.defect(&x), 50.0 * T::EPSILON.to_f64() * (n as f64).sqrt());
    assert!(defect <= most, "{how:?}, n = {n}: {defect:e} after {STEPS} steps, at most {most:e}");
}

#[test]
fn a_hundred_thousand_steps_through_leaves() {
    for n in [1, 3] {
        for map in [Stiefel::expm(), Stiefel::cayley(), Stiefel::householder()] {
            held::<f32>(map, None, n);
            held::<f64>(map, None, n);
        }
        for map in [Stiefel::expm(), Stiefel::cayley()] {
            held::<f32>(map, Some(1), n);
            held::<f64>(map, Some(100), n);
        }
    }
}

#[test]
fn a_hundred_thousand_steps_along_the_manifold() {
    for how in [Retraction::Qr, Retraction::Polar, Retraction::Cayley, Retraction::Exponential] {
        moved::<f32>(how, 3);
        moved::<f64>(how, 3);
    }
}

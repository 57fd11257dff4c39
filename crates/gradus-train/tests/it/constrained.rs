//! Constraints in the training loop: multipliers against a solver's, their history, the best feasible net; steps along manifolds.

use crate::seeded;
use gradus_nn::constraints::manifold::{Retraction, Stiefel};
use gradus_nn::{Linear, Named, cross_entropy, to_bytes};
use gradus_optim::constrained::{Ascent, AugmentedLagrangian, ConstrainedProblem, Convex, NuPi, Projected};
use gradus_optim::riemannian::Riemannian;
use gradus_optim::{Adam, Objective, Optimise, Sgd};
use gradus_train::data::{Classification, Supervised};
use gradus_train::ndarray::{Array1, Array2};
use gradus_train::tensor::{Index, Manifold, Mode, Tensor, Tree};
use gradus_train::{BestFeasible, Bound, Callback, Progress, Report, Trainer, multiplier};
use std::sync::Arc;

type Batch = (Tensor, Index);

/// Two classes, apart by the sign of x₀ + x₁.
fn data(n: usize) -> Classification {
    let x = Array2::from_shape_fn((n, 2), |(i, j)| ((i * (7 + 4 * j)) % 23) as f32 / 11.5 - 1.0);
    let y: Array1<usize> = x.rows().into_iter().map(|r| usize::from(r[0] + r[1] > 0.0)).collect();
    Supervised::new(x, y)
}

fn net() -> Linear {
    Linear::new(2, 2, &mut seeded(1))
}

fn loss(net: &Linear, (x, y): &Batch, mode: &mut Mode) -> Tensor {
    cross_entropy(&net.forward(x, mode), y)
}

fn norm(net: &Linear) -> Tensor {
    net.leaves()[0].square().sum()
}

fn trainer<'a, O>(objective: Objective<Linear, Batch>, optimiser: O, epochs: u64) -> Trainer<'a, Linear, Batch, O> {
    Trainer::new(objective, optimiser).epochs(epochs).batch_size(46).progress(Progress::Quiet)
}

/// ‖W‖² ≤ ½ (or = ½) by a dual of its own, on full batches.
fn held<D: gradus_optim::constrained::Dual + 'static>(
    bound: impl Into<Bound>,
    dual: D,
) -> (Linear, Report, BestFeasible<Linear>)
where
    D::Memory: 'static,
{
    let (term, climb) = multiplier("norm", |net: &Linear, _: &Batch, _: &mut Mode| norm(net), bound, dual);
    let best = BestFeasible::new(1e-4);
    let climb = climb.full_set(|net| f64::from(norm(net).item()));
    let mut net = net();
    let report = trainer(Objective::new(loss).with(term), Sgd::new(0.2), 1_500)
        .callback(climb)
        .callback(best.clone())
        .fit(&mut net, &data(46), &mut seeded(2))
        .unwrap();
    (net, report, best)
}

#[test]
fn multipliers_of_the_loop_are_those_of_a_solver() {
    let x = Tensor::from(&data(46).x);
    let labels: Vec<u32> = data(46).y.iter().map(|y| *y as u32).collect();
    let batch = (x, Index::new(&[46], labels));
    let risk = |net: &Linear| loss(net, &batch, &mut Mode::eval());
    let mut solved_net = net();
    let problem = ConstrainedProblem::new(&risk).at_most("norm", norm, 0.5);
    let method = AugmentedLagrangian { tolerance: 1e-5, rho: 1.0, ..Default::default() };
    let wanted = problem.solve(method, &mut solved_net).unwrap().multiplier("norm");
    assert!(wanted > 0.05, "the bound is active: {wanted}");
    let pi = NuPi { integral: 0.05, proportional: 0.5, nu: 0.0 };
    for (name, (net, report, best)) in [
        ("nuPI", held(0.5, pi)),
        ("ascent", held(0.5, Ascent(Sgd::new(0.05)))),
        ("equality", held(Bound::Equal(0.5), pi)),
    ] {
        let last = report.history().last().unwrap();
        let lambda = last.callback("norm.multiplier").unwrap();
        assert!((lambda - wanted).abs() < 1e-3, "{name}: λ = {lambda}, the solver's {wanted}");
        assert!(last.callback("norm.violation").unwrap() < 1e-3, "{name}: {last:?}");
        assert_eq!(last.callback("norm.value"), Some(f64::from(norm(&net).item())), "{name}: on the full set");
        assert!(report.history().csv().lines().next().unwrap().contains("norm.multiplier,norm.value,norm.violation"));
        // The best feasible net is feasible, and no feasible epoch was better.
        let (record, kept) = best.kept().unwrap_or_else(|| panic!("{name}: a feasible epoch"));
        assert!((f64::from(norm(&kept).item()) - 0.5) <= 1e-4, "{name}");
        let feasible = |r: &&gradus_train::Record| r.callback("norm.violation").unwrap() <= 1e-4;
        let least = report.history().records().iter().filter(feasible).map(|r| r.loss).fold(f64::INFINITY, f64::min);
        assert_eq!(record.loss, least, "{name}");
    }
    // A bound that is slack has no price.
    let (_, report, _) = held(1e4, pi);
    assert_eq!(report.history().last().unwrap().callback("norm.multiplier"), Some(0.0));
}

#[test]
fn a_rate_is_held_by_a_proxy_in_the_loop() {
    // At most three tenths of the points may be called class 1, where half of them are.
    let margin = |net: &Linear, x: &Tensor| {
        let z = net.forward(x, &mut Mode::eval());
        z.select(1, 1) - z.select(1, 0)
    };
    let rate = move |net: &Linear, (x, _): &Batch, _: &mut Mode| margin(net, x).step().mean();
    let smooth = move |net: &Linear, (x, _): &Batch, _: &mut Mode| margin(net, x).sigmoid().mean();
    let (term, climb) = multiplier("rate", rate, 0.3, Ascent(Sgd::new(0.05)));
    let best = BestFeasible::new(0.0);
    let report = trainer(Objective::new(loss).with(term.proxy(smooth)), Adam::new(0.02), 600)
        .callback(climb)
        .callback(best.clone())
        .fit(&mut net(), &data(46), &mut seeded(2))
        .unwrap();
    let mut free = net();
    trainer(Objective::new(loss), Adam::new(0.02), 600).fit(&mut free, &data(46), &mut seeded(2)).unwrap();
    let x = Tensor::from(&data(46).x);
    let called = |net: &Linear| margin(net, &x).step().mean().item();
    assert!(called(&free) > 0.4, "without it {}", called(&free));
    let (record, kept) = best.kept().expect("a feasible epoch");
    assert!(record.callback("rate.violation") == Some(0.0), "{record:?}");
    // The record's value is that of the epoch's only step, before it.
    assert!(called(&kept) <= 0.35, "{}", called(&kept));
    assert!(report.history().last().unwrap().callback("rate.multiplier").unwrap() > 0.0);
}

#[test]
fn a_saved_multiplier_that_does_not_fit_is_refused() {
    let make = || multiplier("norm", |net: &Linear, _: &Batch, _: &mut Mode| norm(net), 0.5, Ascent(Adam::new(0.1))).1;
    let mut climb = make();
    assert!(climb.restore(&[]).unwrap_err().contains("λ"));
    assert!(climb.restore(&[1.0, 0.0, 0.0, 3.0]).unwrap_err().contains("state"));
    climb.restore(&[1.5, 0.0, 0.0]).unwrap();
    assert_eq!(climb.lambda(), 1.5);
}

#[test]
fn a_saved_best_net_that_does_not_fit_is_refused() {
    let (net, report, best) = held(0.5, NuPi { integral: 0.05, proportional: 0.5, nu: 0.0 });
    let (history, (record, kept)) = (report.history(), best.kept().unwrap());
    let state = best.state();
    let mut fresh = BestFeasible::new(1e-4);
    fresh.restore_with(&state, &net, history).unwrap();
    let (same_record, same) = fresh.kept().unwrap();
    assert_eq!((same_record, to_bytes(&same).unwrap()), (record, to_bytes(&kept).unwrap()));
    for (state, says) in [
        (Vec::new(), "got nothing"),
        (state[..state.len() - 1].to_vec(), "expected the 6 numbers of the net, got 5"),
        ([&[1e9], &state[1..]].concat(), "it kept the net of epoch 1000000000, which the history has not"),
        ([&[f64::NAN], &state[1..]].concat(), "which the history has not"),
    ] {
        let error = fresh.restore_with(&state, &net, history).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    fresh.restore_with(&[0.0], &net, history).unwrap();
    assert!(fresh.kept().is_none());
}

#[test]
fn riemannian_optimisers_train_in_the_loop() {
    for how in [Retraction::Qr, Retraction::Polar, Retraction::Cayley, Retraction::Exponential] {
        for rule in [Riemannian::sgd(0.2).momentum(0.5), Riemannian::adam(0.02)] {
            let (mut net, at) = (net(), format!("{how:?}, {rule:?}"));
            net.with_parameter("weight", |p| {
                p.set(&Tensor::eye(2))?;
                p.set_manifold(Some(Arc::new(Stiefel(how))));
                Ok(())
            })
            .unwrap();
            let report = trainer(Objective::new(loss), rule, 40).fit(&mut net, &data(46), &mut seeded(2)).unwrap();
            let (first, last) = (report.history().records()[0].loss, report.history().last().unwrap().loss);
            assert!(last < 0.9 * first, "{at}: {first} to {last}");
            let defect = Manifold::<f32>::defect(&Stiefel(how), &net.leaves()[0].detach());
            assert!(defect <= 50.0 * f64::from(f32::EPSILON) * 2.0_f64.sqrt(), "{at}: {defect:e}");
            assert!(net.leaves()[1].to_vec().iter().any(|b| *b != 0.0), "{at}: what has no manifold moves as usual");
        }
    }
}

#[test]
fn projected_descent_trains_in_the_loop() {
    let mut net = net();
    let rule = Projected::new(Sgd::new(0.5).momentum(0.9)).with("weight", Convex::Ball(0.5_f64.sqrt()));
    let mut trainer = trainer(Objective::new(loss), rule, 300);
    trainer.fit(&mut net, &data(46), &mut seeded(2)).unwrap();
    let size = f64::from(norm(&net).item());
    assert!(size <= 0.5 + 1e-6 && size > 0.499, "{size}: at the bound, since it is active");
    assert!(trainer.optimiser().present_rate() == 0.5);
}

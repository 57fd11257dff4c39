//! Schedules against PyTorch, and their laws.

use gradus_optim::schedule::{
    Clock, Schedule, constant, cosine, cosine_restarts, exponential, inverse_root, inverse_sqrt, inverse_time,
    multi_step, one_cycle, piecewise, plateau, polynomial, step_decay,
};

fn at(s: &dyn Schedule, k: u64) -> f64 {
    s.at(Clock::at_step(k))
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * b.abs().max(1e-3)
}

#[test]
fn factors_agree_with_pytorch() {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/schedules.json")).expect("the fixture parses");
    let metrics: Vec<f64> = serde_json::from_value(fixture["metrics"].clone()).expect("metrics");
    let table: Vec<(&str, Box<dyn Schedule>)> = vec![
        ("step", Box::new(step_decay(7, 0.5))),
        ("multi_step", Box::new(multi_step([5, 9, 30], 0.3))),
        ("exponential", Box::new(exponential(0.93))),
        ("cosine", Box::new(cosine(60).floor(0.1))),
        ("cosine_restarts", Box::new(cosine_restarts(8, 2).floor(0.05))),
        ("one_cycle", Box::new(one_cycle(60))),
        ("polynomial", Box::new(polynomial(40, 2.0))),
        ("plateau", Box::new(plateau(3).factor(0.5).cooldown(2).threshold(0.01, false))),
        ("plateau_absolute", Box::new(plateau(2).factor(0.3).threshold(0.02, true).floor(0.05))),
    ];
    let wanted = fixture["factors"].as_object().expect("factors");
    assert_eq!(table.len(), wanted.len(), "every fixture has its row");
    for (name, mut schedule) in table {
        let wanted: Vec<f64> = serde_json::from_value(wanted[name].clone()).expect("numbers");
        for (k, (&w, &metric)) in wanted.iter().zip(&metrics).enumerate() {
            let got = at(&*schedule, k as u64);
            assert!(close(got, w), "{name} at {k}: {got} against {w}");
            schedule.observe(metric);
        }
    }
}

#[test]
fn formulas_at_chosen_steps() {
    assert_eq!(at(&constant(), 9), 1.0);
    assert!(close(at(&inverse_time(1.0), 4), 1.0 / 5.0));
    assert!(close(at(&inverse_sqrt(1.0), 3), 0.5));
    assert!(close(at(&inverse_root(10), 9), 1.0) && close(at(&inverse_root(10), 39), 0.5));
    assert!(close(at(&inverse_root(10), 0), 0.1));
    let p = piecewise([(0, 1.0), (10, 0.5), (20, 0.0)]);
    assert_eq!([at(&p, 9), at(&p, 10), at(&p, 99)], [1.0, 0.5, 0.0]);
    let p = p.linear();
    assert!(close(at(&p, 5), 0.75) && close(at(&p, 12), 0.4) && at(&p, 20) == 0.0);
    assert_eq!(at(&cosine(60), 61), 0.0);
}

#[test]
fn warm_up_rises_to_the_first_value_and_hands_over() {
    let s = cosine(10).warm_up(4);
    let rise: Vec<f64> = (0..4).map(|k| at(&s, k)).collect();
    assert_eq!(rise, [0.2, 0.4, 0.6, 0.8]);
    assert_eq!(at(&s, 4), 1.0);
    assert!(close(at(&s, 9), 0.5));
    let s = constant().warm_up(9).cosine();
    assert!((0..9).all(|k| at(&s, k) < at(&s, k + 1)) && close(at(&s, 4), 0.5));
    assert!(close(at(&constant().warm_up(1).from(0.5), 0), 0.75));
}

#[test]
fn schedules_follow_one_another_and_count_epochs() {
    let s = exponential(0.5).then(3, step_decay(2, 0.1));
    let got: Vec<f64> = (0..7).map(|k| at(&s, k)).collect();
    assert!(got.iter().zip([1.0, 0.5, 0.25, 1.0, 1.0, 0.1, 0.1]).all(|(&a, b)| close(a, b)), "{got:?}");
    let s = exponential(0.5).by_epoch();
    assert_eq!(s.at(Clock { step: 700, epoch: 2 }), 0.25);
}

#[test]
fn a_plateau_recalls_its_memory() {
    let metrics: Vec<f64> = (0..40).map(|k| 1.0 + 0.1 * f64::from((k * 5) % 7)).collect();
    let mut whole = constant().then(5, plateau(2).factor(0.5));
    metrics.iter().for_each(|&m| whole.observe(m));
    let mut first = constant().then(5, plateau(2).factor(0.5));
    metrics[..17].iter().for_each(|&m| first.observe(m));
    let mut second = constant().then(5, plateau(2).factor(0.5));
    second.recall(&first.memory()).expect("its own memory");
    metrics[17..].iter().for_each(|&m| second.observe(m));
    assert_eq!(whole.memory(), second.memory());
    assert!(at(&whole, 50) < 1.0);
    assert!(second.recall(&[1.0, 2.0]).is_err());
    assert!(constant().recall(&[1.0]).is_err());
}

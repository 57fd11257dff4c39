//! The copying task of Arjovsky, Shah & Bengio (2016): ten symbols of eight kinds, L blanks with a sign at their end, then the ten again.
//!
//! h' = modReLU(W h + V x; b) with W orthogonal, W = B e^(A − Aᵀ), keeps what it has seen: ‖W h‖ = ‖h‖ over all L + 20 steps. Without a
//! memory the best mean cross-entropy is 10 ln 8/(L + 20). `--lstm` trains a long short-term memory of as many units for as many steps.
//!
//! ```text
//! $ cargo run --release --example copying_memory
//! memoryless baseline 10 ln 8/220 = 0.09452
//! step   50  cross-entropy 0.11355
//! …
//! step  250  cross-entropy 0.00106
//! orthogonal  fresh sequences: cross-entropy 0.00069, symbols right 99.65%; 252 steps, 14 s
//! largest entry of |WᵀW − I|: 2.4e-7
//! ```
use clap::Parser;
use gradus::constraints::Stiefel;
use gradus::init::rotations;
use gradus::nn::{Cell, Linear, Module, OrthogonalRnn, cross_entropy};
use gradus::optim::{Group, RmsProp};
use gradus::rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use gradus::tensor::{Index, Mode, Parametrization, Tensor, no_grad};
use gradus_examples::digits_data::accuracy;
use gradus_examples::{finish, flags, prepare_file, refuse, write_json};
use serde_json::json;
use std::{f64::consts::PI, path::PathBuf, process::ExitCode, time::Instant};

/// Train a recurrent net with an orthogonal matrix to remember ten symbols.
#[derive(Parser, Debug)]
struct Flags {
    #[arg(long, default_value_t = 200, help = "Blanks L between the symbols and their copy")]
    length: usize,
    #[arg(long, default_value_t = 128, help = "Hidden units")]
    hidden: usize,
    #[arg(long, default_value_t = 128, help = "Sequences a batch")]
    batch: usize,
    #[arg(long, default_value_t = 2000, help = "Steps at most")]
    iterations: usize,
    #[arg(long, default_value_t = 1e-3, help = "Stops once the loss, averaged over ten steps, is below this")]
    target: f64,
    #[arg(long, default_value_t = 1e-3, help = "Rate of RMSprop; the leaf of W takes a tenth of it")]
    rate: f64,
    #[arg(long, default_value_t = 0, help = "Seed")]
    seed: u64,
    #[arg(long, help = "Trains a long short-term memory too")]
    lstm: bool,
    #[arg(long, help = "File for the final numbers")]
    json: Option<PathBuf>,
}

/// 0 is the blank, 1 to 8 are the symbols, 9 is the sign that asks for them.
const KINDS: usize = 10;

/// One-hot inputs `[batch, L + 20, 10]`, and what is to be said at each step `[batch·(L + 20)]`.
fn draw(f: &Flags, rng: &mut Xoshiro256PlusPlus) -> (Tensor, Index) {
    let time = f.length + 20;
    let (mut x, mut y) = (vec![0.0; f.batch * time * KINDS], vec![0; f.batch * time]);
    for at in 0..f.batch * time {
        let t = at % time;
        let kind = match t {
            0..10 => rng.random_range(1..9_u32),
            t if t == f.length + 9 => 9,
            _ => 0,
        };
        x[at * KINDS + kind as usize] = 1.0;
        if t < 10 {
            y[at + f.length + 10] = kind;
        }
    }
    (Tensor::from_slice(&[f.batch, time, KINDS], &x), Index::new(&[f.batch * time], y))
}

#[derive(Debug, Module)]
struct Net<C: Module<Elem = f32>> {
    cell: C,
    head: Linear,
}

/// Trains, and answers cross-entropy and the share of symbols remembered on 1,000 fresh sequences or more, and the steps.
fn train<C: Module<Elem = f32>>(
    name: &str,
    mut net: Net<C>,
    run: fn(&C, &Tensor, &mut Mode) -> Tensor,
    rule: RmsProp,
    f: &Flags,
    most: usize,
) -> (Net<C>, [f64; 3], usize) {
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(f.seed + 1);
    let logits = |net: &Net<C>, x: &Tensor| {
        let h = run(&net.cell, x, &mut Mode::eval());
        net.head.forward(&h.reshape(&[h.len() / f.hidden, f.hidden]), &mut Mode::eval())
    };
    let (clock, mut rule) = (Instant::now(), rule.clip_global_norm(1.0));
    let (mut mean, mut step) = (10.0 * 8.0_f64.ln() / (f.length + 20) as f64, 0);
    while step < most && mean >= f.target {
        let (x, y) = draw(f, rng);
        let grads = cross_entropy(&logits(&net, &x), &y).backward();
        mean = 0.9 * mean + 0.1 * f64::from(grads.loss());
        rule.step(&mut net, &grads);
        step += 1;
        if step % 50 == 0 {
            println!("step {step:>4}  cross-entropy {mean:.5}");
        }
    }
    let seconds = clock.elapsed().as_secs_f64();
    let (rounds, mut loss, mut right) = (1000_usize.div_ceil(f.batch), 0.0, 0.0);
    for _ in 0..rounds {
        let (x, y) = draw(f, rng);
        let said = no_grad(|| logits(&net, &x));
        loss += f64::from(cross_entropy(&said, &y).item()) / rounds as f64;
        let asked = |z: &Tensor| z.reshape(&[f.batch, f.length + 20, KINDS]).narrow(1, f.length + 10, 10);
        let copies = y.as_slice().chunks(f.length + 20).flat_map(|y| y[f.length + 10..].to_vec()).collect();
        right += accuracy(&asked(&said).reshape(&[f.batch * 10, KINDS]), &Index::new(&[f.batch * 10], copies));
    }
    let right = right / rounds as f64;
    let share = 100.0 * right;
    println!(
        "{name}  fresh sequences: cross-entropy {loss:.5}, symbols right {share:.2}%; {step} steps, {seconds:.0} s"
    );
    (net, [loss, right, seconds], step)
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let f: Flags = flags();
    refuse(f.length == 0 || f.hidden == 0 || f.batch == 0, "--length, --hidden and --batch must be at least 1")?;
    f.json.as_deref().map_or(Ok(()), prepare_file)?;
    let rng = &mut Xoshiro256PlusPlus::seed_from_u64(f.seed);
    let baseline = 10.0 * 8.0_f64.ln() / (f.length + 20) as f64;
    println!("memoryless baseline 10 ln 8/{} = {baseline:.5}", f.length + 20);
    let cell = OrthogonalRnn::starting_at(&rotations(PI), KINDS, f.hidden, rng);
    let net = Net { cell, head: Linear::new(f.hidden, KINDS, rng) };
    let rule = RmsProp::new(f.rate).smoothing(0.9).group(Group::named("cell.recurrent*").rate_factor(0.1));
    let run = |cell: &OrthogonalRnn, x: &Tensor, m: &mut Mode| cell.run(x, cell.start(x.shape()[0]), m);
    let (net, [loss, right, seconds], steps) = train("orthogonal", net, run, rule, &f, f.iterations);
    let defect = Stiefel::expm().defect(&net.cell.recurrent().value());
    println!("largest entry of |WᵀW − I|: {defect:.1e}");
    let mut numbers = json!({ "cross_entropy": loss, "baseline": baseline, "defect": defect, "symbols_right": right, "seconds": seconds });
    if f.lstm {
        let net = Net { cell: Cell::lstm(KINDS, f.hidden, rng), head: Linear::new(f.hidden, KINDS, rng) };
        let rule = RmsProp::new(f.rate).smoothing(0.9);
        let run = |cell: &Cell, x: &Tensor, m: &mut Mode| cell.run(x, cell.start(x.shape()[0]), m).0;
        let (_, [loss, ..], _) = train("lstm", net, run, rule, &f, steps);
        numbers["cross_entropy_lstm"] = json!(loss);
    }
    f.json.as_deref().map_or(Ok(()), |path| write_json(path, &numbers))?;
    Ok(())
}

fn main() -> ExitCode {
    finish(run())
}

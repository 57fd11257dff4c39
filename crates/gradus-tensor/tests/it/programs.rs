//! Random programs against the independent evaluator: 5 to 40 ops with broadcasting, views and shared inputs, orders 1 to 3, every nesting.
//! Long because generator, interpreter and shrinking share one list of steps.
//!
//! ```text
//! GRADUS_PROGRAMS=100000 cargo test --release -p gradus-tensor --test it programs    # how many (1,000 else)
//! GRADUS_SEED=17 cargo test -p gradus-tensor --test it programs                      # one again
//! ```
//! Over 400 lines, because the three meanings of a step (ours, the evaluator's, how it is drawn) are read side by side.
//! A program that fails is shrunk: cut short, then its steps one by one replaced by earlier values of the same shape.

use super::taylor::{Array, Jet};
use gradus_tensor::{Grad, Tensor, jvp};
use std::fmt::Write;

/// One step: an op and the registers that it reads.
#[derive(Clone, Debug)]
enum Step {
    Unary(&'static str, usize),
    Binary(&'static str, usize, usize),
    Scale(f64, usize),
    Shift(f64, usize),
    Power(f64, usize),
    Sum(usize, usize, bool),
    Flatten(usize),
    Unsqueeze(usize, usize),
    Transpose(usize, usize, usize),
    Narrow(usize, usize, usize, usize),
    Broadcast(usize, Vec<usize>),
    Concat(usize, usize, usize),
    MatMul(usize, usize),
    Softmax(usize),
    LogSumExp(usize),
    /// What shrinking leaves of a step.
    Same(usize),
}

const UNARY: [&str; 17] = [
    "neg", "square", "exp", "ln", "sin", "cos", "tanh", "sigmoid", "softplus", "sqrt", "recip", "abs", "relu", "atan",
    "erf", "sinh", "ln_1p",
];
const BINARY: [&str; 7] = ["add", "sub", "mul", "div", "max", "min", "mul"];

struct Random(u64);

impl Random {
    /// SplitMix64 (Steele, Lea & Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64 * 2.0 - 1.0
    }
}

/// A program: inputs, one direction an order, and steps; its value is a fixed combination of the last three registers.
#[derive(Clone, Debug)]
struct Program {
    shapes: Vec<Vec<usize>>,
    values: Vec<Vec<f64>>,
    directions: Vec<[Vec<f64>; 3]>,
    steps: Vec<Step>,
    order: usize,
}

fn unary_jet(name: &str, a: Jet) -> Jet {
    let x = a.0[0];
    match name {
        "neg" => a.scaled(-1.0),
        "square" => a.times(a),
        "exp" => a.exp(),
        "ln" => a.ln(),
        "ln_1p" => a.plus(Jet::constant(1.0)).ln(),
        "sin" => a.compose([x.sin(), x.cos(), -x.sin() / 2.0, -x.cos() / 6.0]),
        "cos" => a.compose([x.cos(), -x.sin(), -x.cos() / 2.0, x.sin() / 6.0]),
        "sinh" => a.compose([x.sinh(), x.cosh(), x.sinh() / 2.0, x.cosh() / 6.0]),
        "tanh" => a.riccati(x.tanh(), 1.0, -1.0),
        "sigmoid" => a.scaled(0.5).riccati((x / 2.0).tanh(), 1.0, -1.0).scaled(0.5).plus(Jet::constant(0.5)),
        "softplus" => a.exp().plus(Jet::constant(1.0)).ln(),
        "sqrt" => a.power(0.5),
        "recip" => a.recip(),
        "abs" => a.scaled(x.signum()),
        "relu" => a.scaled(f64::from(x > 0.0)),
        "broken" => a.compose([x.sin(), x.cos(), -x.sin() / 2.0, -x.cos() / 6.0]),
        "atan" => {
            let r = 1.0 / (1.0 + x * x);
            a.integral(x.atan(), [r, -2.0 * x * r * r, (3.0 * x * x - 1.0) * r * r * r])
        }
        "erf" => {
            let d = std::f64::consts::FRAC_2_SQRT_PI * (-x * x).exp();
            a.integral(erf(x), [d, -2.0 * x * d, (2.0 * x * x - 1.0) * d])
        }
        other => unreachable!("no function {other}"),
    }
}

/// erf x = 2/√π Σ (−1)ᵏ x^{2k+1} / (k! (2k + 1)), for |x| ≤ 3.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for k in 1..100 {
        term *= -x * x / f64::from(k);
        sum += term / f64::from(2 * k + 1);
    }
    std::f64::consts::FRAC_2_SQRT_PI * sum
}

fn unary_tensor(name: &str, x: &Tensor<f64>) -> Tensor<f64> {
    match name {
        "neg" => -x,
        "square" => x.square(),
        "exp" => x.exp(),
        "ln" => x.ln(),
        "ln_1p" => x.ln_1p(),
        "sin" => x.sin(),
        "cos" => x.cos(),
        "sinh" => x.sinh(),
        "tanh" => x.tanh(),
        "sigmoid" => x.sigmoid(),
        "softplus" => x.softplus(),
        "sqrt" => x.sqrt(),
        "recip" => x.recip(),
        "abs" => x.abs(),
        "relu" => x.relu(),
        "atan" => x.atan(),
        "erf" => x.erf(),
        "broken" => x.sin() * 0.5 + x.detach().sin() * 0.5,
        other => unreachable!("no function {other}"),
    }
}

/// Whether x is inside the domain and away from its border and from kinks.
fn inside(name: &str, x: f64) -> bool {
    match name {
        "ln" | "sqrt" => x > 0.2,
        "ln_1p" => x > -0.8,
        "recip" => x.abs() > 0.2,
        "abs" | "relu" => x.abs() > 1e-3,
        "exp" | "sinh" | "erf" => x.abs() < 3.0,
        _ => x.abs() < 50.0,
    }
}

impl Step {
    fn tensor(&self, r: &[Tensor<f64>]) -> Tensor<f64> {
        match self {
            Step::Unary(name, a) => unary_tensor(name, &r[*a]),
            Step::Binary(name, a, b) => {
                let (a, b) = (&r[*a], &r[*b]);
                match *name {
                    "add" => a + b,
                    "sub" => a - b,
                    "mul" => a * b,
                    "div" => a / b,
                    "max" => a.maximum(b),
                    _ => a.minimum(b),
                }
            }
            Step::Scale(c, a) => &r[*a] * *c,
            Step::Shift(c, a) => &r[*a] + *c,
            Step::Power(c, a) => r[*a].powf(*c),
            Step::Sum(a, axis, keep) => r[*a].sum_axes(&[*axis as isize], *keep),
            Step::Flatten(a) => r[*a].flatten(),
            Step::Unsqueeze(a, axis) => r[*a].unsqueeze(*axis as isize),
            Step::Transpose(a, i, j) => r[*a].transpose(*i as isize, *j as isize),
            Step::Narrow(a, axis, start, len) => r[*a].narrow(*axis as isize, *start, *len),
            Step::Broadcast(a, shape) => r[*a].broadcast_to(shape),
            Step::Concat(a, b, axis) => Tensor::concat(&[r[*a].clone(), r[*b].clone()], *axis as isize),
            Step::MatMul(a, b) => r[*a].matmul(&r[*b]),
            Step::Softmax(a) => r[*a].softmax(),
            Step::LogSumExp(a) => r[*a].logsumexp(),
            Step::Same(a) => r[*a].clone(),
        }
    }

    /// The same step reading other registers.
    fn renumber(&mut self, to: impl Fn(usize) -> usize) {
        match self {
            Step::Binary(_, a, b) | Step::Concat(a, b, _) | Step::MatMul(a, b) => (*a, *b) = (to(*a), to(*b)),
            Step::Unary(_, a)
            | Step::Scale(_, a)
            | Step::Shift(_, a)
            | Step::Power(_, a)
            | Step::Sum(a, ..)
            | Step::Flatten(a)
            | Step::Unsqueeze(a, _)
            | Step::Transpose(a, ..)
            | Step::Narrow(a, ..)
            | Step::Broadcast(a, _)
            | Step::Softmax(a)
            | Step::LogSumExp(a)
            | Step::Same(a) => *a = to(*a),
        }
    }

    /// The same by plain loops; `None` where shapes do not fit or a value lies outside the domain.
    fn array(&self, r: &[Array]) -> Option<Array> {
        let without = |s: &[usize], k: usize, new: &[usize]| [&s[..k], new, &s[k + 1..]].concat();
        Some(match self {
            Step::Unary(name, a) => {
                r[*a].data.iter().all(|x| inside(name, x.0[0])).then(|| r[*a].map(|x| unary_jet(name, x)))?
            }
            Step::Binary(name, a, b) => {
                let apart = |a: f64, b: f64| (a - b).abs() > 1e-3;
                let larger = |a: Jet, b: Jet| if a.0[0] > b.0[0] { a } else { b };
                let y = r[*a].zip(&r[*b], |a, b| match *name {
                    "add" => a.plus(b),
                    "sub" => a.plus(b.scaled(-1.0)),
                    "mul" => a.times(b),
                    "div" if inside("recip", b.0[0]) => a.times(b.recip()),
                    "max" if apart(a.0[0], b.0[0]) => larger(a, b),
                    "min" if apart(a.0[0], b.0[0]) => larger(a.scaled(-1.0), b.scaled(-1.0)).scaled(-1.0),
                    _ => Jet::constant(f64::NAN),
                });
                y?
            }
            Step::Scale(c, a) => r[*a].map(|x| x.scaled(*c)),
            Step::Shift(c, a) => r[*a].map(|x| x.plus(Jet::constant(*c))),
            Step::Power(c, a) => r[*a].data.iter().all(|x| inside("ln", x.0[0])).then(|| r[*a].map(|x| x.power(*c)))?,
            Step::Sum(a, axis, keep) => {
                let x = &r[*a];
                let n = *x.shape.get(*axis)?;
                let kept = without(&x.shape, *axis, &[1]);
                let one = |i: &[usize], k: usize| [&i[..*axis], &[k], &i[*axis + 1..]].concat();
                let y = Array::build(&kept, |i| (0..n).fold(Jet::constant(0.0), |s, k| s.plus(x.at(&one(i, k)))));
                let shape = if *keep { kept } else { without(&x.shape, *axis, &[]) };
                Array { shape, data: y.data }
            }
            Step::Flatten(a) => Array { shape: vec![r[*a].data.len()], data: r[*a].data.clone() },
            Step::Unsqueeze(a, axis) => {
                let s = &r[*a].shape;
                (*axis <= s.len() && s.len() < 3)
                    .then(|| Array { shape: [&s[..*axis], &[1], &s[*axis..]].concat(), data: r[*a].data.clone() })?
            }
            Step::Transpose(a, i, j) => {
                let x = &r[*a];
                if *i.max(j) >= x.shape.len() {
                    return None;
                }
                let swap = |s: &[usize]| {
                    let mut s = s.to_vec();
                    s.swap(*i, *j);
                    s
                };
                Array::build(&swap(&x.shape), |at| x.at(&swap(at)))
            }
            Step::Narrow(a, axis, start, len) => {
                let x = &r[*a];
                if start + len > *x.shape.get(*axis)? {
                    return None;
                }
                Array::build(&without(&x.shape, *axis, &[*len]), |i| {
                    x.at(&[&i[..*axis], &[i[*axis] + start], &i[*axis + 1..]].concat())
                })
            }
            Step::Broadcast(a, shape) => {
                let y = r[*a].zip(&Array::build(shape, |_| Jet::constant(0.0)), Jet::plus)?;
                (y.shape == *shape).then_some(y)?
            }
            Step::Concat(a, b, axis) => {
                let (x, y) = (&r[*a], &r[*b]);
                let (m, n) = (*x.shape.get(*axis)?, *y.shape.get(*axis)?);
                if without(&x.shape, *axis, &[n]) != y.shape {
                    return None;
                }
                let from = |i: &[usize]| {
                    let shifted = [&i[..*axis], &[i[*axis].wrapping_sub(m)], &i[*axis + 1..]].concat();
                    if i[*axis] < m { x.at(i) } else { y.at(&shifted) }
                };
                Array::build(&without(&x.shape, *axis, &[m + n]), from)
            }
            Step::MatMul(a, b) => {
                let (x, y) = (&r[*a], &r[*b]);
                let (&[m, k], &[l, n]) = (&x.shape[..], &y.shape[..]) else { return None };
                (k == l).then(|| {
                    Array::build(&[m, n], |i| {
                        (0..k).fold(Jet::constant(0.0), |s, j| s.plus(x.at(&[i[0], j]).times(y.at(&[j, i[1]]))))
                    })
                })?
            }
            Step::Softmax(a) | Step::LogSumExp(a) => {
                let x = &r[*a];
                let axis = x.shape.len().checked_sub(1)?;
                if !x.data.iter().all(|x| x.0[0].abs() < 20.0) {
                    return None;
                }
                let e = x.map(Jet::exp);
                let total = Step::Sum(0, axis, true).array(std::slice::from_ref(&e))?;
                if matches!(self, Step::Softmax(_)) {
                    e.zip(&total, |e, s| e.times(s.recip()))?
                } else {
                    Array { shape: without(&x.shape, axis, &[]), data: total.map(Jet::ln).data }
                }
            }
            Step::Same(a) => r[*a].clone(),
        })
    }

    fn random(rng: &mut Random, r: &[Array]) -> Step {
        // Half of the reads are of the latest values, so that programs are deep as well as wide.
        let pick = |rng: &mut Random| {
            if rng.below(2) == 0 { r.len() - 1 - rng.below(r.len().min(3)) } else { rng.below(r.len()) }
        };
        let (a, b) = (pick(rng), pick(rng));
        let axis = rng.below(r[a].shape.len().max(1));
        match rng.below(16) {
            0..=3 => Step::Unary(UNARY[rng.below(UNARY.len())], a),
            4..=6 => Step::Binary(BINARY[rng.below(BINARY.len())], a, b),
            7 => Step::Scale(1.5 * rng.unit(), a),
            8 => Step::Shift(2.0 * rng.unit(), a),
            9 => Step::Power([2.0, 3.0, -1.0, 0.5, 1.7][rng.below(5)], a),
            10 => Step::Sum(a, axis, rng.below(2) == 0),
            11 if rng.below(2) == 0 => Step::Flatten(a),
            11 => Step::Unsqueeze(a, axis),
            12 => Step::Transpose(a, axis, rng.below(r[a].shape.len().max(1))),
            13 if rng.below(2) == 0 => {
                let n = r[a].shape.get(axis).copied().unwrap_or(1);
                let start = rng.below(n);
                Step::Narrow(a, axis, start, 1 + rng.below(n - start))
            }
            13 => Step::Broadcast(a, r[b].shape.clone()),
            14 if rng.below(2) == 0 => Step::Concat(a, b, axis),
            14 => Step::MatMul(a, b),
            _ if rng.below(2) == 0 => Step::Softmax(a),
            _ => Step::LogSumExp(a),
        }
    }
}

/// The weight of element i of a register.
fn weight(i: usize) -> f64 {
    1.0 + 0.5 * ((i * 7 + 3) % 5) as f64
}

/// Values and derivatives that grow past this leave no digits to compare.
const LARGEST: f64 = 1e3;

impl Program {
    fn random(seed: u64) -> Self {
        let mut rng = Random(seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1));
        let all: [&[usize]; 7] = [&[2, 3], &[3], &[2, 1], &[1, 3], &[], &[3, 2], &[2, 2]];
        let shapes: Vec<Vec<usize>> = (0..1 + rng.below(3)).map(|_| all[rng.below(all.len())].to_vec()).collect();
        let mut numbers = |s: &Vec<usize>| -> Vec<f64> { (0..s.iter().product()).map(|_| 1.2 * rng.unit()).collect() };
        let values = shapes.iter().map(&mut numbers).collect();
        let directions = shapes.iter().map(|s| std::array::from_fn(|_| numbers(s))).collect();
        let order = 1 + (seed % 3) as usize;
        let mut program = Program { shapes, values, directions, steps: Vec::new(), order };
        let mut registers = program.inputs();
        let length = 5 + rng.below(36);
        for _ in 0..40 * length {
            if program.steps.len() == length {
                break;
            }
            let step = Step::random(&mut rng, &registers);
            if let Some(y) = step.array(&registers)
                && fits(&y)
            {
                registers.push(y);
                program.steps.push(step);
            }
        }
        program
    }

    fn inputs(&self) -> Vec<Array> {
        let jet = |x: f64, v: [f64; 3]| Jet([x, v[0], v[1], 0.0, v[2], 0.0, 0.0, 0.0]);
        let one = |((s, x), v): ((&Vec<usize>, &Vec<f64>), &[Vec<f64>; 3])| Array {
            shape: s.clone(),
            data: (0..x.len()).map(|i| jet(x[i], std::array::from_fn(|k| v[k][i]))).collect(),
        };
        self.shapes.iter().zip(&self.values).zip(&self.directions).map(one).collect()
    }

    /// The value's jet, and the largest coefficient on the way; `None` where a step is not defined.
    fn expected(&self) -> Option<(Jet, f64)> {
        let mut r = self.inputs();
        for step in &self.steps {
            let y = step.array(&r)?;
            if !fits(&y) {
                return None;
            }
            r.push(y);
        }
        let largest = r.iter().flat_map(|y| &y.data).flat_map(|x| x.0).fold(1.0, |m: f64, x| m.max(x.abs()));
        let last = r[r.len().saturating_sub(3)..].iter().flat_map(|y| y.data.iter().enumerate());
        let sum = last.fold(Jet::constant(0.0), |s, (i, x)| s.plus(x.scaled(weight(i))));
        Some((sum, largest))
    }

    fn run(&self, inputs: &[Tensor<f64>]) -> Tensor<f64> {
        let mut r = inputs.to_vec();
        for step in &self.steps {
            r.push(step.tensor(&r));
        }
        let weighted = |y: &Tensor<f64>| {
            let w: Vec<f64> = (0..y.len()).map(weight).collect();
            (y * Tensor::from_slice(y.shape(), &w)).sum()
        };
        r[r.len().saturating_sub(3)..].iter().map(weighted).sum()
    }

    /// The worst error against the evaluator over all nestings of the order, and the words for the first that is too large.
    fn check(&self) -> Option<(f64, Option<String>)> {
        let (jet, largest) = self.expected()?;
        let tensors = |of: &dyn Fn(usize) -> Vec<f64>| -> Vec<Tensor<f64>> {
            self.shapes.iter().enumerate().map(|(i, s)| Tensor::from_slice(s, &of(i))).collect()
        };
        let x = tensors(&|i| self.values[i].clone());
        let v: [Vec<Tensor<f64>>; 3] = std::array::from_fn(|k| tensors(&|i| self.directions[i][k].clone()));
        let want = jet.0[(1 << self.order) - 1];
        let mut worst: f64 = 0.0;
        for ways in 0..1_usize << self.order {
            let got = derivative(self, &x, &v[..self.order], ways).item();
            let error = (got - want).abs() / want.abs().max(10.0 * largest);
            worst = worst.max(error);
            if error.is_nan() || error > 1e-9 {
                let text =
                    format!("order {}, nesting {ways:b} (1 is forward): got {got:e}, expected {want:e}", self.order);
                return Some((worst, Some(text)));
            }
        }
        Some((worst, None))
    }

    fn fails(&self) -> bool {
        std::panic::catch_unwind(|| self.check()).map_or(true, |c| c.is_some_and(|(_, text)| text.is_some()))
    }

    /// A shorter program that fails as well.
    fn shrunk(mut self) -> Self {
        while self.steps.len() > 1 {
            let shorter = Program { steps: self.steps[..self.steps.len() - 1].to_vec(), ..self.clone() };
            if !shorter.fails() {
                break;
            }
            self = shorter;
        }
        for k in (0..self.steps.len()).rev() {
            let Some(r) = self.registers() else { break };
            let own = self.shapes.len() + k;
            let twin = (0..own).find(|&a| r[a].shape == r[own].shape);
            if let Some(a) = twin {
                let mut simpler = self.clone();
                simpler.steps[k] = Step::Same(a);
                if simpler.fails() {
                    self = simpler;
                }
            }
        }
        self
    }

    fn registers(&self) -> Option<Vec<Array>> {
        let mut r = self.inputs();
        for step in &self.steps {
            r.push(step.array(&r)?);
        }
        Some(r)
    }

    fn report(&self, seed: u64, text: &str) -> String {
        let mut s = format!("program {seed} (GRADUS_SEED={seed} runs it again): {text}\n");
        for (i, x) in self.values.iter().enumerate() {
            let _ = writeln!(s, "  r{i} = {:?} {x:?}", self.shapes[i]);
        }
        for (k, step) in self.steps.iter().enumerate() {
            let _ = writeln!(s, "  r{} = {step:?}", self.shapes.len() + k);
        }
        s
    }
}

fn fits(y: &Array) -> bool {
    y.data.len() <= 12
        && !y.data.is_empty()
        && y.shape.len() <= 3
        && y.data.iter().all(|x| x.0.iter().all(|x| x.abs() < LARGEST))
}

/// The derivative along `v`, the innermost first; bit k of `ways` says forward for the k-th.
fn derivative(p: &Program, x: &[Tensor<f64>], v: &[Vec<Tensor<f64>>], ways: usize) -> Tensor<f64> {
    let Some((last, inner)) = v.split_last() else { return p.run(x) };
    let f = |x: &Vec<Tensor<f64>>| derivative(p, x, inner, ways);
    if ways >> inner.len() & 1 == 1 {
        return jvp(f, &x.to_vec(), last).1;
    }
    // Leaves of its own, or a recorded step, so that each is one input alone.
    let leaves: Vec<Tensor<f64>> = x.iter().map(|x| if x.is_tracked() { x + 0.0 } else { x.tracked() }).collect();
    let y = f(&leaves);
    if !y.is_tracked() {
        return Tensor::scalar(0.0);
    }
    let g = Grad::of(&y).wrt(&leaves).create_graph().allow_unused().run().expect("a number, unused inputs allowed");
    g.iter().zip(last).map(|(g, v)| (g * v).sum()).sum()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn programs_have_the_derivatives_of_the_evaluator() {
    let seeds = match number("GRADUS_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("GRADUS_PROGRAMS").unwrap_or(1000),
    };
    let (mut worst, mut steps, mut ran) = (0.0_f64, 0, 0);
    for seed in seeds.clone() {
        let program = Program::random(seed);
        assert!(program.steps.len() >= 5, "program {seed} has only {} steps", program.steps.len());
        match std::panic::catch_unwind(|| program.check()) {
            Ok(Some((error, None))) => worst = worst.max(error),
            _ => {
                let small = program.shrunk();
                let text = small.check().and_then(|(_, text)| text).unwrap_or_else(|| "a step panicked".into());
                panic!("{}", small.report(seed, &text));
            }
        }
        steps += program.steps.len();
        ran += 1;
    }
    println!("{ran} programs, {steps} steps, worst relative error {worst:e}");
    assert_eq!(ran, seeds.end - seeds.start);
}

#[test]
fn a_wrong_step_is_found_and_shrunk() {
    // The engine is handed a function whose derivative is cut: sin by way of a detached half.
    let mut program = Program::random(4);
    program.order = 1;
    program.steps.insert(0, Step::Unary("broken", 0));
    let moved = |a: usize, n: usize| if a >= n { a + 1 } else { a };
    let n = program.shapes.len();
    for step in program.steps.iter_mut().skip(1) {
        step.renumber(|a| moved(a, n));
    }
    program.steps.push(Step::Binary("add", n, program.shapes.len()));
    assert!(program.fails());
    let small = program.shrunk();
    assert!(small.steps.iter().filter(|s| !matches!(s, Step::Same(_))).count() <= 8, "{}", small.report(4, "shrunk"));
}
#[test]
fn a_column_of_a_matrix_broadcasts_over_its_rows() {
    // Found by program 128: the column has the stride of a whole row, as if its broadcast were contiguous.
    let x = Tensor::from_slice(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0_f64]);
    assert_eq!((x.narrow(1, 1, 1) * &x).to_vec(), [2.0, 4.0, 12.0, 16.0, 30.0, 36.0]);
}

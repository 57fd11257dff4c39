//! Random programs against the independent evaluator: 5 to 40 ops with broadcasting, views and shared inputs, orders 1 to 3, every nesting.
//!
//! ```text
//! GRADUS_PROGRAMS=100000 cargo test --release -p gradus-tensor --test it programs    # how many (1,000 else)
//! GRADUS_SEED=17 cargo test -p gradus-tensor --test it programs                      # one again
//! ```
//! A program that fails is shrunk (`shrink.rs`) and printed with its seed.

use super::steps::{Random, Step};
use super::taylor::{Array, Jet};
use gradus_tensor::{Grad, Tensor, jvp};
use std::fmt::Write;

/// A program: inputs, one direction an order, and steps; its value is a fixed combination of the last three registers.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) shapes: Vec<Vec<usize>>,
    pub(crate) values: Vec<Vec<f64>>,
    pub(crate) directions: Vec<[Vec<f64>; 3]>,
    pub(crate) steps: Vec<Step>,
    pub(crate) order: usize,
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

    pub(crate) fn fails(&self) -> bool {
        std::panic::catch_unwind(|| self.check()).map_or(true, |c| c.is_some_and(|(_, text)| text.is_some()))
    }

    pub(crate) fn registers(&self) -> Option<Vec<Array>> {
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
    assert!(small.steps.len() <= 2 && small.shapes.len() == 1, "{}", small.report(4, "shrunk"));
}

#[test]
fn a_column_of_a_matrix_broadcasts_over_its_rows() {
    // Found by program 128: the column has the stride of a whole row, as if its broadcast were contiguous.
    let x = Tensor::from_slice(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0_f64]);
    assert_eq!((x.narrow(1, 1, 1) * &x).to_vec(), [2.0, 4.0, 12.0, 16.0, 30.0, 36.0]);
}

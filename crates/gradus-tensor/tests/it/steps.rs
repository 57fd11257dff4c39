//! The steps of random programs, with their three meanings side by side: ours, the evaluator's by plain loops, and how one is drawn.

use super::along::Along;
use super::matrices::Matrix;
use super::taylor::{Array, Jet};
use gradus_tensor::Tensor;

/// One step: an op and the registers that it reads.
#[derive(Clone, Debug)]
pub(crate) enum Step {
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
    Along(Along, usize, usize, bool),
    Matrix(Matrix, usize, usize),
}

const UNARY: [&str; 24] = [
    "neg",
    "square",
    "exp",
    "ln",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "softplus",
    "sqrt",
    "recip",
    "abs",
    "relu",
    "atan",
    "erf",
    "sinh",
    "ln_1p",
    "silu",
    "gelu",
    "elu",
    "exp_m1",
    "log_sigmoid",
    "rsqrt",
    "tan",
];
const BINARY: [&str; 10] = ["add", "sub", "mul", "div", "max", "min", "mul", "pow", "hypot", "where"];

pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// SplitMix64 (Steele, Lea & Flood 2014).
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64 * 2.0 - 1.0
    }
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
        "silu" => a.times(unary_jet("sigmoid", a)),
        "gelu" => {
            let phi = unary_jet("erf", a.scaled(std::f64::consts::FRAC_1_SQRT_2));
            a.times(phi.plus(Jet::constant(1.0)).scaled(0.5))
        }
        "elu" if x > 0.0 => a,
        "elu" | "exp_m1" => a.exp().plus(Jet::constant(-1.0)),
        "log_sigmoid" => unary_jet("softplus", a.scaled(-1.0)).scaled(-1.0),
        "rsqrt" => a.power(-0.5),
        "tan" => a.riccati(x.tan(), 1.0, 1.0),
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
        "silu" => x.silu(),
        "gelu" => x.gelu(),
        "elu" => x.elu(1.0),
        "exp_m1" => x.exp_m1(),
        "log_sigmoid" => x.log_sigmoid(),
        "rsqrt" => x.rsqrt(),
        "tan" => x.tan(),
        "broken" => x.sin() * 0.5 + x.detach().sin() * 0.5,
        other => unreachable!("no function {other}"),
    }
}

/// Whether x is inside the domain and away from its border and from kinks.
fn inside(name: &str, x: f64) -> bool {
    match name {
        "ln" | "sqrt" | "rsqrt" => x > 0.2,
        "ln_1p" => x > -0.8,
        "recip" => x.abs() > 0.2,
        "abs" | "relu" => x.abs() > 1e-3,
        "elu" => x.abs() > 1e-3 && x < 50.0,
        "tan" => x.cos().abs() > 0.2 && x.abs() < 50.0,
        "exp" | "sinh" | "erf" | "exp_m1" | "gelu" => x.abs() < 3.0,
        _ => x.abs() < 50.0,
    }
}

impl Step {
    pub(crate) fn tensor(&self, r: &[Tensor<f64>]) -> Tensor<f64> {
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
                    "min" => a.minimum(b),
                    "pow" => a.pow(b),
                    "hypot" => a.hypot(b),
                    _ => Tensor::where_(&a.gt(0.0), b, a),
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
            Step::Along(op, a, axis, keep) => op.tensor(&r[*a], *axis, *keep),
            Step::Matrix(op, a, b) => op.tensor(&r[*a], &r[*b]),
        }
    }

    /// The same step reading other registers.
    pub(crate) fn renumber(&mut self, to: impl Fn(usize) -> usize) {
        match self {
            Step::Binary(_, a, b) | Step::Concat(a, b, _) | Step::MatMul(a, b) | Step::Matrix(_, a, b) => {
                (*a, *b) = (to(*a), to(*b));
            }
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
            | Step::Along(_, a, ..) => *a = to(*a),
        }
    }

    /// The same by plain loops; `None` where shapes do not fit or a value lies outside the domain.
    pub(crate) fn array(&self, r: &[Array]) -> Option<Array> {
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
                    "pow" if a.0[0] > 0.2 && (b.0[0] * a.0[0].ln()).abs() < 3.0 => b.times(a.ln()).exp(),
                    "hypot" if a.0[0].hypot(b.0[0]) > 0.2 => a.times(a).plus(b.times(b)).power(0.5),
                    "where" if apart(a.0[0], 0.0) => {
                        if a.0[0] > 0.0 {
                            b
                        } else {
                            a
                        }
                    }
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
            Step::Along(op, a, axis, keep) => op.array(&r[*a], *axis, *keep)?,
            Step::Matrix(op, a, b) => op.array(&r[*a], &r[*b])?,
        })
    }

    pub(crate) fn random(rng: &mut Random, r: &[Array]) -> Step {
        // Half of the reads are of the latest values, so that programs are deep as well as wide.
        let pick = |rng: &mut Random| {
            if rng.below(2) == 0 { r.len() - 1 - rng.below(r.len().min(3)) } else { rng.below(r.len()) }
        };
        let (a, b) = (pick(rng), pick(rng));
        let axis = rng.below(r[a].shape.len().max(1));
        match rng.below(22) {
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
            15 if rng.below(2) == 0 => Step::Softmax(a),
            15 => Step::LogSumExp(a),
            16..=18 => {
                Step::Along(Along::random(rng, r[a].shape.get(axis).copied().unwrap_or(0)), a, axis, rng.below(2) == 0)
            }
            _ => Step::Matrix(Matrix::random(rng), a, b),
        }
    }
}

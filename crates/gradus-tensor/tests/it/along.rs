//! Steps along one axis of random programs: reductions, running sums and products, orders, picks, borders; by the engine and by plain loops.

use super::steps::Random;
use super::taylor::{Array, Jet};
use gradus_tensor::{Index, Tensor};

/// What is done along an axis.
#[derive(Clone, Debug)]
pub(crate) enum Along {
    Mean,
    Var,
    Std,
    Prod,
    Max,
    Min,
    Norm,
    CumSum,
    CumProd,
    Sort(bool),
    Top(usize, bool),
    Flip,
    Roll(isize),
    Pad(usize, usize),
    Reflect(usize, usize),
    Repeat(usize),
    Step(usize),
    Pick(Vec<usize>),
    AddInto(Vec<usize>, usize),
    Softmax,
}

/// Numbers closer than this are ties, where derivatives are conventions.
const TIE: f64 = 1e-3;

/// The places of a fibre's numbers in order; `None` where two are nearly equal.
fn order(x: &[Jet], descending: bool) -> Option<Vec<usize>> {
    let mut places: Vec<usize> = (0..x.len()).collect();
    places.sort_by(|&a, &b| x[a].0[0].total_cmp(&x[b].0[0]));
    if places.windows(2).any(|w| (x[w[1]].0[0] - x[w[0]].0[0]).abs() < TIE) {
        return None;
    }
    if descending {
        places.reverse();
    }
    Some(places)
}

fn sum(x: &[Jet]) -> Jet {
    x.iter().fold(Jet::constant(0.0), |s, &x| s.plus(x))
}

fn root(x: Jet) -> Option<Jet> {
    (x.0[0] > 0.05).then(|| x.power(0.5))
}

impl Along {
    fn reduces(&self) -> bool {
        matches!(self, Along::Mean | Along::Var | Along::Std | Along::Prod | Along::Max | Along::Min | Along::Norm)
    }

    /// One fibre by plain loops.
    fn fibre(&self, x: &[Jet]) -> Option<Vec<Jet>> {
        let n = x.len();
        let centred = || {
            let mean = sum(x).scaled(-1.0 / n as f64);
            let squares: Vec<Jet> = x.iter().map(|x| x.plus(mean)).map(|d| d.times(d)).collect();
            sum(&squares).scaled(1.0 / n as f64)
        };
        let running = |f: fn(Jet, Jet) -> Jet| {
            let mut so_far = x[0];
            std::iter::once(x[0])
                .chain(x[1..].iter().map(|&x| {
                    so_far = f(so_far, x);
                    so_far
                }))
                .collect::<Vec<_>>()
        };
        let at = |places: &[usize]| places.iter().map(|&j| x.get(j).copied()).collect::<Option<Vec<_>>>();
        Some(match self {
            Along::Mean => vec![sum(x).scaled(1.0 / n as f64)],
            Along::Var => vec![centred()],
            Along::Std => vec![root(centred())?],
            Along::Prod => vec![x.iter().fold(Jet::constant(1.0), |p, &x| p.times(x))],
            Along::Max => vec![x[order(x, true)?[0]]],
            Along::Min => vec![x[order(x, false)?[0]]],
            Along::Norm => vec![root(sum(&x.iter().map(|x| x.times(*x)).collect::<Vec<_>>()))?],
            Along::CumSum => running(Jet::plus),
            Along::CumProd => running(Jet::times),
            Along::Sort(descending) => at(&order(x, *descending)?)?,
            Along::Top(k, largest) => at(order(x, *largest)?.get(..*k)?)?,
            Along::Flip => x.iter().rev().copied().collect(),
            Along::Roll(by) => (0..n as isize).map(|i| x[(i - by).rem_euclid(n as isize) as usize]).collect(),
            Along::Pad(before, after) => {
                let zeros = |k: usize| vec![Jet::constant(0.0); k];
                [zeros(*before), x.to_vec(), zeros(*after)].concat()
            }
            Along::Reflect(before, after) => {
                let left = (1..=*before).rev().map(|i| x.get(i).copied()).collect::<Option<Vec<_>>>()?;
                let right =
                    (1..=*after).map(|i| x.get((n - 1).checked_sub(i)?).copied()).collect::<Option<Vec<_>>>()?;
                [left, x.to_vec(), right].concat()
            }
            Along::Repeat(times) => x.iter().flat_map(|&x| vec![x; *times]).collect(),
            Along::Step(by) => x.iter().step_by(*by).copied().collect(),
            Along::Pick(places) => at(places)?,
            Along::AddInto(places, len) => {
                if places.len() != n || places.iter().any(|p| p >= len) {
                    return None;
                }
                let of = |p: usize| x.iter().zip(places).filter(move |(_, q)| **q == p).map(|(x, _)| *x);
                (0..*len).map(|p| of(p).fold(Jet::constant(0.0), Jet::plus)).collect()
            }
            Along::Softmax => {
                if x.iter().any(|x| x.0[0].abs() > 20.0) {
                    return None;
                }
                let e: Vec<Jet> = x.iter().map(|x| x.exp()).collect();
                let over = sum(&e).recip();
                e.iter().map(|e| e.times(over)).collect()
            }
        })
    }

    pub(crate) fn array(&self, x: &Array, axis: usize, keep: bool) -> Option<Array> {
        let n = *x.shape.get(axis)?;
        if n == 0 {
            return None;
        }
        let (outer, inner) = (&x.shape[..axis], &x.shape[axis + 1..]);
        let (rows, columns) = (outer.iter().product::<usize>(), inner.iter().product::<usize>());
        let fibres: Option<Vec<Vec<Jet>>> = (0..rows * columns)
            .map(|f| {
                let start = f / columns * n * columns + f % columns;
                self.fibre(&(0..n).map(|j| x.data[start + j * columns]).collect::<Vec<_>>())
            })
            .collect();
        let fibres = fibres?;
        let m = fibres.first()?.len();
        let data = (0..rows * m * columns).map(|i| fibres[i / (m * columns) * columns + i % columns][i / columns % m]);
        let along: &[usize] = if self.reduces() && !keep { &[] } else { &[m] };
        Some(Array { shape: [outer, along, inner].concat(), data: data.collect() })
    }

    pub(crate) fn tensor(&self, x: &Tensor<f64>, axis: usize, keep: bool) -> Tensor<f64> {
        let (at, n) = (axis as isize, x.shape()[axis]);
        let index = |places: &[usize]| Index::new(&[places.len()], places.iter().map(|&p| p as u32).collect());
        let around = |before: usize, after: usize| {
            let mut widths = vec![(0, 0); x.rank()];
            widths[axis] = (before, after);
            widths
        };
        match self {
            Along::Mean => x.mean_axes(&[at], keep),
            Along::Var => x.var_axes(&[at], 0, keep),
            Along::Std => x.std_axes(&[at], 0, keep),
            Along::Prod => x.prod_axes(&[at], keep),
            Along::Max => x.max_axes(&[at], keep),
            Along::Min => x.min_axes(&[at], keep),
            Along::Norm => x.norm_axes(2.0, &[at], keep),
            Along::CumSum => x.cumsum(at),
            Along::CumProd => x.cumprod(at),
            Along::Sort(descending) => x.sort(at, *descending).0,
            Along::Top(k, largest) => x.topk(*k, at, *largest).0,
            Along::Flip => x.flip(&[at]),
            Along::Roll(by) => x.roll(*by, at),
            Along::Pad(before, after) => x.pad(&around(*before, *after), 0.0),
            Along::Reflect(before, after) => x.pad_reflect(&around(*before, *after)),
            Along::Repeat(times) => x.repeat_interleave(*times, at),
            Along::Step(by) => x.slice(at, 0..n, *by),
            Along::Pick(places) => x.index_select(at, &index(places)),
            Along::AddInto(places, len) => {
                let mut shape = x.shape().to_vec();
                shape[axis] = *len;
                Tensor::zeros(&shape).index_add(at, &index(places), x)
            }
            Along::Softmax => x.softmax_axis(at),
        }
    }

    /// One that fits an axis of length `n`.
    pub(crate) fn random(rng: &mut Random, n: usize) -> Along {
        let n = n.max(1);
        let mut places = |k: usize, below: usize| (0..k).map(|_| rng.below(below)).collect::<Vec<_>>();
        let (picked, into) = (places(3, n), places(n, 3));
        match rng.below(20) {
            0 => Along::Mean,
            1 => Along::Var,
            2 => Along::Std,
            3 => Along::Prod,
            4 => Along::Max,
            5 => Along::Min,
            6 => Along::Norm,
            7 => Along::CumSum,
            8 => Along::CumProd,
            9 => Along::Sort(rng.below(2) == 0),
            10 => Along::Top(1 + rng.below(n), rng.below(2) == 0),
            11 => Along::Flip,
            12 => Along::Roll(rng.below(5) as isize - 2),
            13 => Along::Pad(rng.below(2), rng.below(2)),
            14 => Along::Reflect(rng.below(n.min(2)), rng.below(n.min(2))),
            15 => Along::Repeat(1 + rng.below(2)),
            16 => Along::Step(1 + rng.below(2)),
            17 => Along::Pick(picked),
            18 => Along::AddInto(into, 3),
            _ => Along::Softmax,
        }
    }
}

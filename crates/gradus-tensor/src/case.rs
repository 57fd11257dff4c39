//! Cases: the points at which the tests hold every op, brought by the op's own room.

use crate::node::Tensor;
use std::sync::Arc;

/// What every room brings besides its rule.
pub trait Room {
    /// The name in messages and tables.
    const NAME: &'static str;
    /// The formula, as in the doc.
    const FORMULA: &'static str;
    /// Points, ordinary and awkward. `#[inline]` in rooms of ours, so that only programs that walk the table compile them.
    fn cases() -> Vec<Case>;
}

/// One op of the table.
pub struct Row {
    /// The op's name.
    pub name: &'static str,
    /// The op's formula.
    pub formula: &'static str,
    /// The folder of its room.
    pub folder: &'static str,
    /// The file of its room.
    pub room: &'static str,
    /// Makes its cases.
    pub cases: fn() -> Vec<Case>,
}

impl Row {
    pub(crate) fn of<R: Room>(folder: &'static str, room: &'static str) -> Self {
        Row { name: R::NAME, formula: R::FORMULA, folder, room, cases: R::cases }
    }
}

/// A function of tensors at one point.
#[derive(Clone)]
pub struct Case {
    /// What the point is.
    pub label: String,
    /// The inputs, as constants.
    pub inputs: Vec<Tensor<f64>>,
    /// The function; its value may have any shape.
    pub f: Arc<dyn Fn(&[Tensor<f64>]) -> Tensor<f64> + Send + Sync>,
    /// Known derivatives: (order, directional derivative of the sum of all outputs along all-ones).
    pub known: Vec<(usize, f64)>,
    /// Orders at which finite differences say nothing, with the reason. The nestings must agree all the same.
    pub skips: Vec<(usize, &'static str)>,
    /// How large the steps of finite differences are against the usual ones.
    pub step: f64,
}

impl Case {
    /// A case at `inputs`.
    pub fn new(
        label: impl Into<String>,
        inputs: Vec<Tensor<f64>>,
        f: impl Fn(&[Tensor<f64>]) -> Tensor<f64> + Send + Sync + 'static,
    ) -> Self {
        Case { label: label.into(), inputs, f: Arc::new(f), known: Vec::new(), skips: Vec::new(), step: 1.0 }
    }

    /// States the derivative of `order` (0 is the value): of the sum of all outputs, along all-ones in every input.
    /// It replaces finite differences at that order.
    #[must_use]
    pub fn expect(mut self, order: usize, value: f64) -> Self {
        self.known.push((order, value));
        self
    }

    /// States the value and the derivatives of orders 1, 2, 3.
    #[must_use]
    pub fn expect_all(self, d: [f64; 4]) -> Self {
        (0..4).fold(self, |c, k| c.expect(k, d[k]))
    }

    /// Leaves out finite differences at `order` and above; the reason is printed.
    #[must_use]
    pub fn skip(mut self, order: usize, reason: &'static str) -> Self {
        self.skips.extend((order..=3).map(|k| (k, reason)));
        self
    }

    /// Makes finite-difference steps `factor` times as large (for points where the function varies slowly or fast).
    #[must_use]
    pub fn step(mut self, factor: f64) -> Self {
        self.step = factor;
        self
    }
}

/// A row of numbers as a tensor of rank 1.
pub(crate) fn row(x: &[f64]) -> Tensor<f64> {
    Tensor::from_slice(&[x.len()], x)
}

/// Numbers in (−1, 1) without structure, the same every time: φ-spaced.
pub(crate) fn spread(shape: &[usize], seed: u64) -> Tensor<f64> {
    let n: usize = shape.iter().product();
    let x: Vec<f64> = (0..n)
        .map(|i| ((i as f64 + 1.0 + seed as f64 * 0.371) * 0.618_033_988_749_894_9).fract() * 2.0 - 1.0)
        .collect();
    Tensor::from_slice(shape, &x)
}

/// Cases of a function of one tensor, elementwise: the points one by one, all together, empty, as a transposed view, and broadcast.
pub(crate) fn unary(
    f: impl Fn(&Tensor<f64>) -> Tensor<f64> + Send + Sync + Clone + 'static,
    points: &[f64],
) -> Vec<Case> {
    let g = f.clone();
    let on = move |x: &[Tensor<f64>]| g(&x[0]);
    let mut cases: Vec<Case> =
        points.iter().map(|&p| Case::new(format!("at {p}"), vec![row(&[p])], on.clone())).collect();
    cases.push(Case::new("all points", vec![row(points)], on.clone()));
    cases.push(Case::new("empty", vec![row(&[])], on.clone()));
    cases.push(Case::new("rank 0", vec![Tensor::scalar(points[0])], on.clone()));
    let twice: Vec<f64> = points.iter().chain(points).copied().collect();
    let wide = Tensor::from_slice(&[2, points.len()], &twice);
    let g = f.clone();
    cases.push(Case::new("transposed view", vec![wide], move |x| g(&x[0].t())));
    cases.push(Case::new("broadcast", vec![row(&points[..1])], move |x| f(&x[0].broadcast_to(&[3, 1]))));
    cases
}

/// The points of an op in the stored table (`xtask/fixtures/points.py`): awkward ones, each with its value and three derivatives.
pub(crate) fn known(name: &str, f: impl Fn(&Tensor<f64>) -> Tensor<f64> + Send + Sync + Clone + 'static) -> Vec<Case> {
    let one = |line: &str| {
        let (op, numbers) = line.split_once(' ')?;
        if op != name {
            return None;
        }
        let numbers: Vec<f64> = numbers.split(' ').map(str::parse).collect::<Result<_, _>>().ok()?;
        let [x, derivatives @ ..] = &numbers[..] else { return None };
        let f = f.clone();
        let case = Case::new(format!("at {x:e}"), vec![row(&[*x])], move |t| f(&t[0]));
        Some(case.expect_all(derivatives.try_into().ok()?))
    };
    include_str!("case/points.txt").lines().filter_map(one).collect()
}

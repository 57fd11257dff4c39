//! Softmax cross-entropy of logits against class labels, in one pass.

use crate::case::{Case, Room, row, spread};
use crate::index::Index;
use crate::kind::Fused;
use crate::message;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::{View, reduce};

/// yᵢ = ln Σⱼ e^{xᵢⱼ} − xᵢ,ₗᵢ for logits `[n, classes]` and labels l `[n]`.
#[derive(Clone, Debug)]
pub struct CrossEntropy {
    labels: Index,
}

impl<T: Real> Fused<T> for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    fn shape(&self, x: &[&[usize]]) -> Result<Dims, Refusal> {
        let &[n, classes] = x[0] else {
            return Err(format!("cross_entropy: logits must be [n, classes], got {:?}", x[0]));
        };
        if self.labels.shape() != [n] {
            return Err(format!(
                "cross_entropy: logits {:?} need labels of shape [{n}], got {:?}",
                x[0],
                self.labels.shape()
            ));
        }
        match self.labels.max() {
            Some(l) if l as usize >= classes => {
                Err(format!("cross_entropy: label {l} is out of range for {classes} classes, which are counted from 0"))
            }
            _ => Ok([n].into_iter().collect()),
        }
    }
    /// m = max x and ln Σ e^{x − m} of each row.
    fn aux_len(&self, s: &[&[usize]]) -> usize {
        2 * s[0][0]
    }
    fn eval(&self, x: &[View<'_, T>], out: &mut [T], sums: &mut [T]) {
        let (n, flat) = (x[0].shape[1], x[0].flat());
        if out.is_empty() {
            return;
        }
        let (m, l) = sums.split_at_mut(out.len());
        reduce::log_sum_exp_rows(&flat, n, m, l);
        for (i, (row, &label)) in flat.chunks_exact(n).zip(self.labels.as_slice()).enumerate() {
            out[i] = m[i] - row[label as usize] + l[i];
        }
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let (x, n) = (at.inputs[0].view().flat(), at.inputs[0].shape()[1]);
        let g = g.view().flat();
        let out = Tensor::build(at.inputs[0].shape(), |out| {
            if out.is_empty() {
                return;
            }
            let (m, l) = at.aux.split_at(g.len());
            reduce::softmax_rows_with(&x, n, m, l, out);
            for ((row, &label), &g) in out.chunks_exact_mut(n).zip(self.labels.as_slice()).zip(&*g) {
                row[label as usize] -= T::ONE;
                row.iter_mut().for_each(|y| *y *= g);
            }
        });
        std::iter::once(Slot::Of(out)).collect()
    }
    fn twin(&self, x: &[Tensor<T>]) -> Tensor<T> {
        x[0].logsumexp() - x[0].gather(1, &self.labels.reshape(&[self.labels.len(), 1])).squeeze(1)
    }
    fn closed(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Option<Slots<T>> {
        let x = &at.inputs[0];
        let rule = (x.softmax() - self.labels.one_hot::<T>(x.shape()[1])) * g.unsqueeze(-1);
        Some(std::iter::once(Slot::Of(rule)).collect())
    }
}

impl<T: Real> Tensor<T> {
    /// The cross-entropy −ln softmax(x)ᵢ,ₗᵢ of each row of logits `[n, classes]` against labels `[n]`: `[n]` numbers.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is out of range.
    #[track_caller]
    #[must_use]
    pub fn cross_entropy(&self, labels: &Index) -> Self {
        if labels.is_empty() && self.rank() != 2 {
            message::panic_with(&format!("cross_entropy: logits must be [n, classes], got {:?}", self.shape()));
        }
        T::apply(T::boxed(CrossEntropy { labels: labels.clone() }), &[self])
    }
}

impl Room for CrossEntropy {
    const NAME: &'static str = "cross_entropy";
    const FORMULA: &'static str = "y = ln Σ eˣ − x[label]";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |label: &str, x: Tensor<f64>, labels: Vec<u32>| {
            let labels = Index::new(&[labels.len()], labels);
            Case::new(label, vec![x], move |x| x[0].cross_entropy(&labels))
        };
        let labels = Index::new(&[2], vec![2, 0]);
        vec![
            on("two samples", spread(&[2, 3], 1), vec![2, 0]),
            on("ties", row(&[1.0, 1.0, 1.0]).reshape(&[1, 3]), vec![1]),
            on("one class", spread(&[2, 1], 1), vec![0, 0]).expect_all([0.0; 4]),
            on("right and sure", row(&[60.0, 0.0]).reshape(&[1, 2]), vec![0]),
            on("wrong and sure", row(&[60.0, 0.0]).reshape(&[1, 2]), vec![1]),
            on("huge", row(&[1e4, -1e4]).reshape(&[1, 2]), vec![1]),
            on("no samples", spread(&[0, 3], 1), vec![]),
            Case::new("mean of the squares", vec![spread(&[2, 3], 1)], {
                let labels = labels.clone();
                move |x| x[0].cross_entropy(&labels).square().mean()
            }),
            Case::new("transposed logits", vec![spread(&[3, 2], 1)], {
                let labels = labels.clone();
                move |x| x[0].t().cross_entropy(&labels)
            }),
            Case::new("against the twin", vec![spread(&[2, 3], 1)], move |x| {
                let op = CrossEntropy { labels: labels.clone() };
                (x[0].cross_entropy(&labels) - Fused::twin(&op, x)).square()
            })
            .expect_all([0.0; 4]),
        ]
    }
}

//! Softmax cross-entropy, plain and with options, and the negative log-likelihood of log-probabilities.

use super::{one_shape, where_it_counts};
use gradus_tensor::{Index, Real, Tensor};

/// Softmax cross-entropy `−1/n Σ ln softmax(x)ᵢ,ₗᵢ`, the mean over the batch.
///
/// Shapes: logits x `[n, classes]`, labels l `[n]`.
///
/// # Panics
/// If the shapes do not fit, a label is out of range, or the batch is empty.
#[track_caller]
pub fn cross_entropy<T: Real>(logits: &Tensor<T>, labels: &Index) -> Tensor<T> {
    logits.cross_entropy(labels).mean()
}

/// How the losses of single rows become an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    /// Their weighted mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// They stay apart.
    None,
}

/// Softmax cross-entropy with options: class weights w, label smoothing s, an ignored label.
///
/// A row costs `−Σ_c t_c w_c ln softmax(x)_c` with `t = (1 − s) e_label + s/K` (Szegedy et al. 2016). The mean divides by the sum of the
/// weights of the labels that count, as PyTorch does; for soft targets by the number of rows.
#[derive(Clone, Debug, Default)]
pub struct CrossEntropy {
    weights: Option<Vec<f64>>,
    smoothing: f64,
    ignored: Option<u32>,
    reduction: Reduction,
}

impl CrossEntropy {
    /// No options set.
    #[must_use]
    pub fn new() -> Self {
        CrossEntropy::default()
    }

    /// One weight a class.
    ///
    /// # Panics
    /// If a weight is negative or not finite.
    #[track_caller]
    #[must_use]
    pub fn weights(mut self, weights: &[f64]) -> Self {
        if let Some((class, w)) = weights.iter().enumerate().find(|(_, w)| !(w.is_finite() && **w >= 0.0)) {
            panic!("cross_entropy: the weight of class {class} must be at least 0 and finite, got {w}");
        }
        self.weights = Some(weights.to_vec());
        self
    }

    /// The part s of the target that is spread evenly over all classes.
    ///
    /// # Panics
    /// If s is not in [0, 1].
    #[track_caller]
    #[must_use]
    pub fn smoothing(mut self, smoothing: f64) -> Self {
        assert!((0.0..=1.0).contains(&smoothing), "cross_entropy: smoothing must lie in [0, 1], got {smoothing}");
        self.smoothing = smoothing;
        self
    }

    /// Rows with this label cost nothing and do not count.
    #[must_use]
    pub fn ignore(mut self, label: u32) -> Self {
        self.ignored = Some(label);
        self
    }

    /// How rows become an answer.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// The weight of a class.
    fn weight(&self, class: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[class])
    }

    #[track_caller]
    fn classes<T: Real>(&self, logits: &Tensor<T>) -> (usize, usize) {
        let &[n, k] = logits.shape() else {
            panic!("cross_entropy: logits must be [n, classes], got {:?}", logits.shape());
        };
        if let Some(w) = &self.weights {
            assert!(w.len() == k, "cross_entropy: {} class weights for {k} classes", w.len());
        }
        (n, k)
    }

    /// The loss of logits `[n, classes]` against labels `[n]`.
    ///
    /// # Panics
    /// If the shapes do not fit or a label is out of range; for the mean, if no row counts.
    #[track_caller]
    pub fn of<T: Real>(&self, logits: &Tensor<T>, labels: &Index) -> Tensor<T> {
        let (n, k) = self.classes(logits);
        assert!(
            labels.shape() == [n],
            "cross_entropy: logits {:?} need labels [{n}], got {:?}",
            logits.shape(),
            labels.shape()
        );
        let mut total = 0.0;
        let mut targets = vec![T::ZERO; n * k];
        for (row, &label) in targets.chunks_mut(k.max(1)).zip(labels.as_slice()) {
            if Some(label) == self.ignored {
                continue;
            }
            let label = label as usize;
            assert!(
                label < k,
                "cross_entropy: label {label} is out of range for {k} classes, which are counted from 0"
            );
            total += self.weight(label);
            for (c, t) in row.iter_mut().enumerate() {
                let own = if c == label { 1.0 - self.smoothing } else { 0.0 };
                *t = T::from_f64(self.weight(c) * (own + self.smoothing / k as f64));
            }
        }
        let each = rows(logits, &Tensor::from_slice(&[n, k], &targets));
        if self.reduction == Reduction::Mean {
            assert!(
                total > 0.0,
                "cross_entropy: no row counts (all are ignored or weigh 0), so there is no mean; ask for the sum"
            );
        }
        self.reduce(&each, total)
    }

    /// The loss of logits `[n, classes]` against probabilities `[n, classes]`, which may be tracked.
    ///
    /// # Panics
    /// If the shapes differ; for the mean, if there are no rows.
    #[track_caller]
    pub fn soft<T: Real>(&self, logits: &Tensor<T>, targets: &Tensor<T>) -> Tensor<T> {
        let (n, k) = self.classes(logits);
        one_shape("cross_entropy", logits, targets);
        let weights: Vec<T> = (0..k).map(|c| T::from_f64(self.weight(c))).collect();
        let smooth = targets * (1.0 - self.smoothing) + self.smoothing / k as f64;
        let each = rows(logits, &(smooth * Tensor::from_slice(&[k], &weights)));
        assert!(
            n > 0 || self.reduction != Reduction::Mean,
            "cross_entropy: there is no mean over no rows; leave the empty batch out or take `Reduction::Sum`"
        );
        self.reduce(&each, n as f64)
    }

    fn reduce<T: Real>(&self, each: &Tensor<T>, total: f64) -> Tensor<T> {
        match self.reduction {
            Reduction::Mean => each.sum() / total,
            Reduction::Sum => each.sum(),
            Reduction::None => each.clone(),
        }
    }
}

/// −Σ_c t_c ln softmax(x)_c for every row; a class with t = 0 costs nothing, also where its logit is −∞.
fn rows<T: Real>(logits: &Tensor<T>, targets: &Tensor<T>) -> Tensor<T> {
    -(targets * where_it_counts(&logits.log_softmax(), targets)).sum_axes(&[-1], false)
}

/// −ln pᵢ,ₗᵢ of each row, from log-probabilities `[n, classes]` and labels `[n]`.
///
/// # Panics
/// If the shapes do not fit or a label is out of range.
#[track_caller]
pub fn nll_each<T: Real>(log_p: &Tensor<T>, labels: &Index) -> Tensor<T> {
    let &[n, k] = log_p.shape() else { panic!("nll: log-probabilities must be [n, classes], got {:?}", log_p.shape()) };
    assert!(
        labels.shape() == [n],
        "nll: log-probabilities {:?} need labels [{n}], got {:?}",
        log_p.shape(),
        labels.shape()
    );
    if let Some(label) = labels.max().filter(|&label| label as usize >= k) {
        panic!("nll: label {label} is out of range for {k} classes, which are counted from 0");
    }
    -log_p.gather(1, &labels.reshape(&[n, 1])).squeeze(1)
}

/// The mean of [`nll_each`].
///
/// # Panics
/// If the shapes do not fit, a label is out of range, or the batch is empty.
#[doc(alias = "nll_loss")]
#[track_caller]
pub fn nll<T: Real>(log_p: &Tensor<T>, labels: &Index) -> Tensor<T> {
    nll_each(log_p, labels).mean()
}

//! The confusion matrix, and the scores that follow from it.

use super::Metric;
use gradus_tensor::{Index, Real, Tensor};

/// How often class i was taken for class j; precision, recall and F1 follow.
///
/// Shapes: logits `[n, classes]`, labels `[n]`; the largest logit is the answer, ties go to the lower class. As a
/// [`Metric`] its value is the macro average of F1, the plain mean over the classes that occur (as scikit-learn takes it).
///
/// # Panics
/// On a batch whose shapes do not fit, or that has another number of classes than the batches before.
#[derive(Clone, Debug, Default)]
pub struct Confusion {
    classes: usize,
    /// Row by row: class, then answer.
    counts: Vec<u64>,
}

impl Confusion {
    /// Nothing seen; the first batch says how many classes there are.
    pub fn new() -> Self {
        Confusion::default()
    }

    /// The number of classes; 0 before the first batch.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How often class `class` was taken for `answer`.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn count(&self, class: usize, answer: usize) -> u64 {
        assert!(class < self.classes && answer < self.classes, "confusion: no class {class} or {answer}");
        self.counts[class * self.classes + answer]
    }

    /// (right, taken for it, being it) of a class.
    fn of(&self, k: usize) -> (f64, f64, f64) {
        let sum = |f: &dyn Fn(usize) -> u64| (0..self.classes).map(f).sum::<u64>() as f64;
        (self.count(k, k) as f64, sum(&|i| self.count(i, k)), sum(&|j| self.count(k, j)))
    }

    /// Of the samples taken for this class, the share that is it; 0 where none was taken for it.
    pub fn precision(&self, class: usize) -> f64 {
        let (right, taken, _) = self.of(class);
        if taken == 0.0 { 0.0 } else { right / taken }
    }

    /// Of the samples of this class, the share that was found; 0 where there are none.
    pub fn recall(&self, class: usize) -> f64 {
        let (right, _, being) = self.of(class);
        if being == 0.0 { 0.0 } else { right / being }
    }

    /// The harmonic mean of precision and recall, 2·right/(taken + being).
    pub fn f1(&self, class: usize) -> f64 {
        let (right, taken, being) = self.of(class);
        if taken + being == 0.0 { 0.0 } else { 2.0 * right / (taken + being) }
    }

    /// The plain mean of F1 over the classes that occur, as label or as answer; not a number where nothing was seen.
    pub fn macro_f1(&self) -> f64 {
        let occur: Vec<usize> = (0..self.classes).filter(|&k| self.of(k).1 + self.of(k).2 > 0.0).collect();
        occur.iter().map(|&k| self.f1(k)).sum::<f64>() / occur.len() as f64
    }

    /// What both saw.
    ///
    /// # Panics
    /// If the numbers of classes differ.
    #[track_caller]
    pub fn merge(&mut self, other: &Self) {
        if other.classes == 0 {
            return;
        }
        self.grow(other.classes);
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a += b);
    }

    #[track_caller]
    fn grow(&mut self, classes: usize) {
        if self.classes == 0 {
            self.classes = classes;
            self.counts = vec![0; classes * classes];
        }
        let own = self.classes;
        assert!(own == classes, "confusion: so far there were {own} classes, now {classes}");
    }
}

impl<T: Real> Metric<Tensor<T>, Index> for Confusion {
    fn name(&self) -> &str {
        "macro_f1"
    }

    fn update(&mut self, logits: &Tensor<T>, labels: &Index) {
        let (rows, classes) = super::rows_and_classes("confusion", logits, labels);
        self.grow(classes);
        for (row, &label) in rows.chunks(classes).zip(labels.as_slice()) {
            let answer = super::argmax(row);
            self.counts[label as usize * classes + answer] += 1;
        }
    }

    fn value(&self) -> f64 {
        self.macro_f1()
    }

    fn reset(&mut self) {
        *self = Confusion::new();
    }
}

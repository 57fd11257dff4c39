//! Splits as lists of samples: at random, class by class, and into folds. Any set takes them by
//! [`Dataset::subset`](crate::Dataset::subset), arrays by [`Rows::pick`].

use std::collections::BTreeMap;

use rand::Rng;

use crate::order::{permutation, shuffle};
use crate::rows::Rows;
use crate::supervised::{Labels, Supervised, first_part};

/// Cuts `0..n` at random into two lists, the first with `round(fraction · n)` samples.
///
/// # Panics
/// If `fraction` does not lie between 0 and 1.
#[track_caller]
pub fn random<R: Rng + ?Sized>(n: usize, fraction: f64, rng: &mut R) -> (Vec<usize>, Vec<usize>) {
    check_fraction("split::random", fraction);
    let mut order = permutation(n, rng);
    let second = order.split_off(first_part(n, fraction));
    (order, second)
}

/// Cuts at random so that each class is shared out in proportion, to within one sample; the first list has
/// `round(fraction · n)` samples in all.
///
/// Each class gives `floor(fraction · n_c)` samples, and the classes with the largest remainders one more.
///
/// # Panics
/// If `fraction` does not lie between 0 and 1.
#[track_caller]
pub fn stratified<R: Rng + ?Sized>(labels: &[usize], fraction: f64, rng: &mut R) -> (Vec<usize>, Vec<usize>) {
    check_fraction("split::stratified", fraction);
    let classes = by_class(labels, rng);
    let mut shares: Vec<usize> = classes.iter().map(|class| (fraction * class.len() as f64).floor() as usize).collect();
    let missing = first_part(labels.len(), fraction).saturating_sub(shares.iter().sum());
    let mut by_remainder: Vec<usize> = (0..classes.len()).filter(|&c| shares[c] < classes[c].len()).collect();
    let remainder = |c: usize| fraction * classes[c].len() as f64 - shares[c] as f64;
    by_remainder.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)));
    for &class in by_remainder.iter().take(missing) {
        shares[class] += 1;
    }
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (class, share) in classes.iter().zip(shares) {
        first.extend(&class[..share]);
        second.extend(&class[share..]);
    }
    shuffle(&mut first, rng);
    shuffle(&mut second, rng);
    (first, second)
}

/// Training and test list of each of `k` folds: every sample is in one test list, whose sizes differ by at most one.
///
/// # Panics
/// If `k` is not in 2..=n.
#[track_caller]
pub fn k_fold<R: Rng + ?Sized>(n: usize, k: usize, rng: &mut R) -> Vec<(Vec<usize>, Vec<usize>)> {
    check_folds("split::k_fold", n, k);
    folds(&permutation(n, rng), k)
}

/// As [`k_fold`], with each class spread over the test lists in equal numbers, to within one.
///
/// # Panics
/// If `k` is not in 2..=n.
#[track_caller]
pub fn stratified_k_fold<R: Rng + ?Sized>(labels: &[usize], k: usize, rng: &mut R) -> Vec<(Vec<usize>, Vec<usize>)> {
    check_folds("split::stratified_k_fold", labels.len(), k);
    // Dealt out like cards, class after class without a break: sizes of lists and of classes in them both stay even.
    folds(&by_class(labels, rng).concat(), k)
}

/// Deals `order` out to `k` test lists, one sample each in turn.
fn folds(order: &[usize], k: usize) -> Vec<(Vec<usize>, Vec<usize>)> {
    let part = |fold: usize, inside: bool| -> Vec<usize> {
        let chosen = order.iter().enumerate().filter(|(place, _)| (place % k == fold) == inside);
        chosen.map(|(_, &row)| row).collect()
    };
    (0..k).map(|fold| (part(fold, false), part(fold, true))).collect()
}

/// The samples of every class, shuffled.
fn by_class<R: Rng + ?Sized>(labels: &[usize], rng: &mut R) -> Vec<Vec<usize>> {
    let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, &label) in labels.iter().enumerate() {
        classes.entry(label).or_default().push(row);
    }
    let mut classes: Vec<Vec<usize>> = classes.into_values().collect();
    for class in &mut classes {
        shuffle(class, rng);
    }
    classes
}

#[track_caller]
fn check_fraction(who: &str, fraction: f64) {
    assert!(
        fraction > 0.0 && fraction < 1.0,
        "{who}: the fraction of the first part must lie between 0 and 1, got {fraction}"
    );
}

#[track_caller]
fn check_folds(who: &str, n: usize, k: usize) {
    assert!((2..=n).contains(&k), "{who}: the number of folds must lie in 2..={n} for {n} samples, got {k}");
}

impl<X: Rows> Supervised<X, Labels> {
    /// As [`Supervised::split`], with each class shared out in proportion ([`stratified`]).
    ///
    /// # Panics
    /// If `fraction` does not lie between 0 and 1.
    #[track_caller]
    pub fn split_stratified<R: Rng + ?Sized>(&self, fraction: f64, rng: &mut R) -> (Self, Self) {
        let (first, second) = stratified(&self.y.to_vec(), fraction, rng);
        (self.pick(&first), self.pick(&second))
    }
}

impl<X: Rows, Y: Rows> Supervised<X, Y> {
    /// Training and test part of each of `k` folds ([`k_fold`]).
    ///
    /// # Panics
    /// If `k` is not in 2..=n.
    #[track_caller]
    pub fn k_fold<R: Rng + ?Sized>(&self, k: usize, rng: &mut R) -> impl ExactSizeIterator<Item = (Self, Self)> {
        k_fold(self.len(), k, rng).into_iter().map(|(train, test)| (self.pick(&train), self.pick(&test)))
    }
}

//! In which order, and how often, the samples of an epoch come.

use rand::Rng;

use crate::error::{Error, Kind};
use crate::order::{below, permutation, shuffle};

/// In which order, and how often, the samples of an epoch come.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Sampler {
    /// Each once, in the order of the set.
    InOrder,
    /// Each once, in a random order.
    Shuffle,
    /// `draws` independent draws, each sample with probability proportional to its weight.
    Weighted {
        /// One weight a sample: finite, not negative, not all 0.
        weights: Vec<f64>,
        /// The number of samples of an epoch.
        draws: usize,
    },
    /// As many samples as the set has, in equal numbers of each class, to within one; rare classes come round again.
    Balanced {
        /// The class of every sample.
        labels: Vec<usize>,
    },
}

impl Sampler {
    /// The samples of one epoch over a set of `n`.
    ///
    /// # Errors
    /// [`Kind::Argument`] for weights or labels that do not fit the set.
    pub fn epoch<R: Rng + ?Sized>(&self, n: usize, rng: &mut R) -> Result<Vec<usize>, Error> {
        self.check(n)?;
        Ok(match self {
            Sampler::InOrder => (0..n).collect(),
            Sampler::Shuffle => permutation(n, rng),
            Sampler::Weighted { weights, draws } => weighted(weights, *draws, rng),
            Sampler::Balanced { labels } => balanced(labels, rng),
        })
    }

    /// The number of samples of an epoch over a set of `n`.
    pub fn len(&self, n: usize) -> usize {
        match self {
            Sampler::Weighted { draws, .. } => *draws,
            _ => n,
        }
    }

    pub(crate) fn check(&self, n: usize) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::new(Kind::Argument, format!("Sampler: {what}")));
        match self {
            Sampler::Weighted { weights, .. } if weights.len() != n => {
                refuse(format!("{} weights for a set of {n}; give one a sample", weights.len()))
            }
            Sampler::Weighted { weights, draws } => {
                if let Some(bad) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
                    return refuse(format!("weight {bad} is {}; weights are finite and not negative", weights[bad]));
                }
                let sum: f64 = weights.iter().sum();
                if *draws > 0 && !(sum.is_finite() && sum > 0.0) {
                    return refuse(format!("the weights sum to {sum}; the sum must be finite and above 0"));
                }
                Ok(())
            }
            Sampler::Balanced { labels } if labels.len() != n => {
                refuse(format!("{} labels for a set of {n}; give one a sample", labels.len()))
            }
            _ => Ok(()),
        }
    }
}

/// Draws with replacement by the alias method (Vose 1991): O(n) to prepare, O(1) a draw.
fn weighted<R: Rng + ?Sized>(weights: &[f64], draws: usize, rng: &mut R) -> Vec<usize> {
    let n = weights.len();
    let sum: f64 = weights.iter().sum();
    let mut share: Vec<f64> = weights.iter().map(|w| w / sum * n as f64).collect();
    let mut alias: Vec<usize> = (0..n).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| share[i] < 1.0);
    while let (Some(&poor), Some(&rich)) = (small.last(), large.last()) {
        small.pop();
        alias[poor] = rich;
        share[rich] -= 1.0 - share[poor];
        if share[rich] < 1.0 {
            large.pop();
            small.push(rich);
        }
    }
    // What is left over on either side has a share of 1 but for rounding; but nothing of weight 0 may be drawn.
    for left in small.into_iter().chain(large) {
        if weights[left] > 0.0 {
            share[left] = 1.0;
        }
    }
    (0..draws)
        .map(|_| {
            let place = below(n, rng);
            let coin = (rng.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0);
            if coin < share[place] { place } else { alias[place] }
        })
        .collect()
}

fn balanced<R: Rng + ?Sized>(labels: &[usize], rng: &mut R) -> Vec<usize> {
    let mut classes: std::collections::BTreeMap<usize, Vec<usize>> = std::collections::BTreeMap::new();
    for (row, &label) in labels.iter().enumerate() {
        classes.entry(label).or_default().push(row);
    }
    let mut classes: Vec<Vec<usize>> = classes.into_values().collect();
    // Which classes get the one sample more changes from epoch to epoch.
    shuffle(&mut classes, rng);
    let count = classes.len();
    let mut epoch = Vec::with_capacity(labels.len());
    for (class, rows) in classes.iter_mut().enumerate() {
        let share = labels.len() / count + usize::from(class < labels.len() % count);
        shuffle(rows, rng);
        epoch.extend(rows.iter().cycle().take(share));
    }
    shuffle(&mut epoch, rng);
    epoch
}

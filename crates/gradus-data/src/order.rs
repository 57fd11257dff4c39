//! Random orders that never change under one seed: the shuffle is written out here, so that a saved position stays valid
//! whatever a later version of `rand` does inside its own.

use rand::Rng;

/// A uniformly random integer in `0..n`, by multiplication with rejection (Lemire 2019, "Fast random integer generation
/// in an interval", algorithm 5).
///
/// # Panics
/// If `n` is 0.
pub(crate) fn below<R: Rng + ?Sized>(n: usize, rng: &mut R) -> usize {
    assert!(n > 0, "below: an empty range has no element");
    let n = n as u64;
    let mut product = u128::from(rng.next_u64()) * u128::from(n);
    if (product as u64) < n {
        let threshold = n.wrapping_neg() % n;
        while (product as u64) < threshold {
            product = u128::from(rng.next_u64()) * u128::from(n);
        }
    }
    (product >> 64) as usize
}

/// Shuffles in place: every order is equally likely (Fisher and Yates; Durstenfeld 1964).
pub(crate) fn shuffle<T, R: Rng + ?Sized>(items: &mut [T], rng: &mut R) {
    for i in (1..items.len()).rev() {
        items.swap(i, below(i + 1, rng));
    }
}

/// The numbers `0..n` in a random order, every order equally likely; the same for the same generator, on every machine
/// and in every version.
///
/// ```
/// use gradus_data::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
/// let order = gradus_data::permutation(5, &mut Xoshiro256PlusPlus::seed_from_u64(7));
/// let mut sorted = order.clone();
/// sorted.sort();
/// assert_eq!(sorted, [0, 1, 2, 3, 4]);
/// ```
pub fn permutation<R: Rng + ?Sized>(n: usize, rng: &mut R) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    shuffle(&mut order, rng);
    order
}

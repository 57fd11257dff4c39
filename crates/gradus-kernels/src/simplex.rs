//! The nearest probability vector: what both a weight on the simplex and projected descent start from.

/// The nearest point of the simplex {x ≥ 0, Σx = 1}: max(x − θ, 0) with θ such that the sum is 1 (Duchi et al. 2008).
///
/// ```
/// let mut x = [0.5, 2.0, -1.0];
/// gradus_kernels::simplex::project(&mut x);
/// assert_eq!(x, [0.0, 1.0, 0.0]);
/// ```
pub fn project(x: &mut [f64]) {
    // The projection does not see what all entries have in common, so the largest may be 0: no digit of 1 is lost beside it.
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    x.iter_mut().for_each(|x| *x -= top);
    let mut sorted = x.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut theta) = (0.0, 0.0);
    for (k, s) in sorted.iter().enumerate() {
        sum += s;
        let t = (sum - 1.0) / (k + 1) as f64;
        if s - t > 0.0 {
            theta = t;
        }
    }
    x.iter_mut().for_each(|x| *x = (*x - theta).max(0.0));
}

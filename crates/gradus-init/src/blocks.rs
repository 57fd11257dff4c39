//! Weights made of blocks: stacked gates of recurrent layers, and stacks of matrices.

use crate::scheme::{Scheme, Target};
use gradus_kernels::SliceMut;
use gradus_kernels::random::Key;
use std::sync::Arc;

/// Gates one above the other: see [`gates`].
#[derive(Clone, Debug)]
pub struct Gates {
    schemes: Vec<Arc<dyn Scheme>>,
}

/// A weight `(gates·n_hidden, ..)` whose blocks of n_hidden rows are filled one by one, each with its own scheme and as a layer of
/// its own: an orthogonal block is orthogonal, a Glorot block has fan_out n_hidden.
///
/// ```
/// use gradus_init::{gates, ndarray::{Array1, Array2}, ones, orthogonal, zeros, Scheme};
/// # use gradus_init::rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
/// # let rng = &mut Xoshiro256PlusPlus::seed_from_u64(1);
/// // An LSTM of 8 units with gates in the order input, forget, cell, output.
/// let u: Array2<f32> = gates([orthogonal(1.0); 4]).sample((32, 8), rng);
/// let b: Array1<f32> = gates([zeros(), ones(), zeros(), zeros()]).sample(32, rng);   // remember at first
/// assert_eq!((b[0], b[8], b[16]), (0.0, 1.0, 0.0));
/// ```
///
/// # Panics
/// If there is no gate; when filled, if their number does not divide the first axis.
#[track_caller]
pub fn gates<S: Scheme + 'static>(schemes: impl IntoIterator<Item = S>) -> Gates {
    let schemes: Vec<Arc<dyn Scheme>> = schemes.into_iter().map(|s| Arc::new(s) as Arc<dyn Scheme>).collect();
    assert!(!schemes.is_empty(), "gates: needs one gate or more");
    Gates { schemes }
}

impl Scheme for Gates {
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
        let n = self.schemes.len();
        let mut shape = target.shape().to_vec();
        assert!(
            shape.first().is_some_and(|rows| rows.is_multiple_of(n)),
            "gates: {n} gates do not divide the first axis of {shape:?}"
        );
        shape[0] /= n;
        each(n, out, |i, block| self.schemes[i].write(&Target::new(&shape), key.child(i as u64), block));
    }
}

/// One scheme for every matrix of a stack: see [`Scheme::batched`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Batched<S> {
    pub(crate) scheme: S,
}

impl<S: Scheme> Scheme for Batched<S> {
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
        let shape = target.shape();
        assert!(shape.len() >= 2, "batched: needs a stack (.., n_out, n_in), got shape {shape:?}");
        let (stack, matrix) = shape.split_at(shape.len() - 2);
        let n = stack.iter().product();
        each(n, out, |i, block| self.scheme.write(&Target::new(matrix), key.child(i as u64), block));
    }
}

/// Cuts `out` into n equal blocks.
fn each(n: usize, out: SliceMut<'_>, mut write: impl FnMut(usize, SliceMut<'_>)) {
    let size = out.len().checked_div(n).unwrap_or(0).max(1);
    match out {
        SliceMut::F32(out) => out.chunks_exact_mut(size).enumerate().for_each(|(i, b)| write(i, SliceMut::F32(b))),
        SliceMut::F64(out) => out.chunks_exact_mut(size).enumerate().for_each(|(i, b)| write(i, SliceMut::F64(b))),
    }
}

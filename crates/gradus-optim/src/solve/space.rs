//! A net as one long vector: what solvers compute with.

use super::report::Counts;
use crate::error::{Error, Kind};
use crate::optimiser::leaves::{Out, each_leaf};
use gradus_kernels::Real as _;
use gradus_tensor::{LeafId, Module, Real, Tensor, Tree};
use rustc_hash::FxHashMap;

/// The free leaves of a net that are not frozen, one after another, in f64; and the risk over them.
pub(super) struct Space<'n, N: Module, F> {
    who: &'static str,
    net: &'n mut N,
    risk: F,
    /// The leaves and their lengths.
    leaves: Vec<(LeafId, usize)>,
    pub(super) counts: Counts,
}

impl<'n, N: Module, F: FnMut(&N) -> Tensor<N::Elem>> Space<'n, N, F> {
    pub(super) fn new(who: &'static str, net: &'n mut N, risk: F) -> Result<Self, Error> {
        let mut leaves = Vec::new();
        each_leaf(net, |at| {
            if !at.frozen {
                leaves.push((at.id, at.leaf.len()));
            }
        });
        if leaves.is_empty() {
            return Err(Error::new(
                Kind::Name,
                format!("{who}: the net has no leaf to move; track it, or unfreeze it"),
            ));
        }
        Ok(Space { who, net, risk, leaves, counts: Counts::default() })
    }

    /// The weights.
    pub(super) fn get(&self) -> Vec<f64> {
        let mut w = Vec::with_capacity(self.leaves.iter().map(|l| l.1).sum());
        each_leaf(self.net, |at| {
            if !at.frozen {
                w.extend(at.leaf.to_vec().iter().map(|x| x.to_f64()));
            }
        });
        w
    }

    /// Sets the weights; `w` takes the values that they have in the net's number type.
    pub(super) fn set(&mut self, w: &mut [f64]) {
        let mut out = Out::take(self.net, self.leaves.iter().map(|l| l.0));
        let mut rest = w;
        for leaf in &mut out.leaves {
            let numbers = leaf.leaf_mut();
            let (own, others) = rest.split_at_mut(numbers.len());
            for (x, w) in numbers.iter_mut().zip(own) {
                *x = N::Elem::from_f64(*w);
                *w = x.to_f64();
            }
            rest = others;
        }
        out.put_back(self.net);
    }

    /// F at w.
    pub(super) fn value(&mut self, w: &mut [f64]) -> Result<f64, Error> {
        self.set(w);
        self.counts.values += 1;
        // Recorded all the same: a risk may contain a gradient.
        Ok(self.risk()?.item().to_f64())
    }

    /// F and ∇F at w.
    pub(super) fn gradient(&mut self, w: &mut [f64]) -> Result<(f64, Vec<f64>), Error> {
        self.set(w);
        self.counts.gradients += 1;
        let value = self.risk()?;
        if !value.is_tracked() {
            let why = format!("{}: the risk does not depend on the net; was it detached?", self.who);
            return Err(Error::new(Kind::Gradient, why));
        }
        let gradients = value.backward();
        let mut g = Vec::with_capacity(w.len());
        each_leaf(self.net, |at| {
            if !at.frozen {
                match gradients.get(at.leaf) {
                    Some(x) => g.extend(x.to_vec().iter().map(|x| x.to_f64())),
                    None => g.extend(std::iter::repeat_n(0.0, at.leaf.len())),
                }
            }
        });
        Ok((gradients.loss().to_f64(), g))
    }

    fn risk(&mut self) -> Result<Tensor<N::Elem>, Error> {
        let value = (self.risk)(self.net);
        if value.len() == 1 {
            return Ok(value);
        }
        let why =
            format!("{}: the risk must answer one number, got shape {:?}; take its mean", self.who, value.shape());
        Err(Error::new(Kind::Solver, why))
    }

    /// The net, and the risk as a function.
    pub(super) fn parts(&mut self) -> (&N, &mut F) {
        (self.net, &mut self.risk)
    }

    /// Where each leaf of the net (as [`Tree::leaves`] lists them) begins in the vector; `None` for what does not move.
    pub(super) fn places(&self) -> Vec<Option<usize>> {
        let mut begin = 0;
        let mut at = FxHashMap::default();
        for &(id, n) in &self.leaves {
            at.insert(id, begin);
            begin += n;
        }
        self.net.leaves().iter().map(|x| x.leaf().and_then(|(id, _)| at.get(&id).copied())).collect()
    }
}

/// The part of `v` that belongs to each leaf, as tensors like `leaves`; zeros where nothing moves.
pub(super) fn scatter<T: Real>(v: &[f64], leaves: &[Tensor<T>], places: &[Option<usize>]) -> Vec<Tensor<T>> {
    let of = |(x, place): (&Tensor<T>, &Option<usize>)| match place {
        Some(at) => Tensor::build(x.shape(), |out| {
            out.iter_mut().zip(&v[*at..]).for_each(|(o, v)| *o = T::from_f64(*v));
        }),
        None => x.zeros_like(),
    };
    leaves.iter().zip(places).map(of).collect()
}

/// The vector of length `n` whose parts these tensors are; the places of a tied leaf add up.
pub(super) fn gather<X: Tree>(tree: &X, places: &[Option<usize>], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; n];
    for (x, place) in tree.leaves().iter().zip(places) {
        if let Some(at) = place {
            out[*at..].iter_mut().zip(x.to_vec()).for_each(|(o, x)| *o += x.to_f64());
        }
    }
    out
}

/// ⟨a, b⟩.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// ‖a‖₂.
pub(super) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// w + α d.
pub(super) fn along(w: &[f64], rate: f64, d: &[f64]) -> Vec<f64> {
    w.iter().zip(d).map(|(w, d)| w + rate * d).collect()
}

/// a − b.
pub(super) fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    along(a, -1.0, b)
}

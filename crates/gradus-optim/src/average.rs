//! Averages of the weights over the steps: exponential (EMA), equal (SWA).

use crate::error::{Error, Kind};
use crate::optimiser::leaves::{Out, each_leaf};
use crate::optimiser::{Numbers, SavedLeaf};
use gradus_tensor::{LeafId, Module, Real, Tree};
use rustc_hash::FxHashMap;

/// How much the present weights count in their average.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Weighting {
    Exponential { decay: f64, ramp: bool },
    Equal,
}

/// An average of the free leaves of a net over its steps: w̄ ← β w̄ + (1 − β) w, or the mean of all.
///
/// Of a constrained weight the free leaves are averaged, so the image stays in its set. A net with batch norm wants its
/// running statistics taken anew after [`write`](Average::write): they belong to other weights.
///
/// ```
/// use gradus_optim::{Average, Sgd};
/// use gradus_tensor::{Tensor, ndarray::array};
/// let mut w = Tensor::from(array![1.0_f64]).tracked();
/// let mut average = Average::equal();
/// for _ in 0..2 {
///     let grads = w.square().sum().backward();
///     Sgd::new(0.25).step(&mut w, &grads);   // 0.5, 0.25
///     average.update(&w);
/// }
/// assert_eq!(average.averaged(&w)?.to_vec(), [0.375]);
/// # Ok::<(), gradus_optim::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Average<T: Real = f32> {
    weighting: Weighting,
    count: u64,
    leaves: FxHashMap<LeafId, (String, Vec<T>)>,
}

#[track_caller]
fn checked(decay: f64) -> f64 {
    assert!((0.0..1.0).contains(&decay), "average: the decay must lie in [0, 1), got {decay}");
    decay
}

impl<T: Real> Average<T> {
    /// w̄ ← β w̄ + (1 − β) w, starting at the first w. Source: Polyak & Juditsky 1992 (averaging); β is often 0.999.
    ///
    /// # Panics
    /// If β is not in [0, 1): at 1 the average would stay at the first weights.
    #[doc(alias = "ema")]
    #[track_caller]
    pub fn exponential(decay: f64) -> Self {
        Self::with(Weighting::Exponential { decay: checked(decay), ramp: false })
    }

    /// The same with β_k = min(β, (1 + k)/(10 + k)) after k updates, so that a short run is not dominated by its start.
    ///
    /// # Panics
    /// If β is not in [0, 1).
    #[track_caller]
    pub fn exponential_with_ramp(decay: f64) -> Self {
        Self::with(Weighting::Exponential { decay: checked(decay), ramp: true })
    }

    /// The mean of all weights that it was shown. Source: Izmailov et al. 2018.
    #[doc(alias = "swa")]
    pub fn equal() -> Self {
        Self::with(Weighting::Equal)
    }

    fn with(weighting: Weighting) -> Self {
        Average { weighting, count: 0, leaves: FxHashMap::default() }
    }

    /// Takes the present weights in: after every step, or once an epoch.
    pub fn update<N: Tree<Elem = T>>(&mut self, net: &N) {
        let k = self.count as f64;
        let keep = match self.weighting {
            Weighting::Exponential { decay, ramp: false } => decay,
            Weighting::Exponential { decay, ramp: true } => decay.min((1.0 + k) / (10.0 + k)),
            Weighting::Equal => k / (k + 1.0),
        };
        self.count += 1;
        each_leaf(net, |at| {
            let now = at.leaf.to_vec();
            let Some((_, average)) = self.leaves.get_mut(&at.id) else {
                self.leaves.insert(at.id, (at.name(), now));
                return;
            };
            let fresh = T::from_f64(1.0 - keep);
            average.iter_mut().zip(&now).for_each(|(a, &w)| *a += fresh * (w - *a));
        });
    }

    /// Writes the averages into the leaves of `net`, which must be those that [`update`](Self::update) has seen.
    ///
    /// # Errors
    /// If a leaf was never seen; the net is unchanged then.
    pub fn write<N: Module<Elem = T>>(&self, net: &mut N) -> Result<(), Error> {
        let mut ids = Vec::new();
        let mut missing = None;
        each_leaf(net, |at| {
            if !self.leaves.contains_key(&at.id) {
                missing.get_or_insert_with(|| at.name());
            }
            ids.push(at.id);
        });
        if let Some(name) = missing {
            return Err(Error::new(
                Kind::State,
                format!("average: has never seen the leaf `{name}`; call update first"),
            ));
        }
        let mut out = Out::take(net, ids.iter().copied());
        for (leaf, id) in out.leaves.iter_mut().zip(&ids) {
            leaf.leaf_mut().copy_from_slice(&self.leaves[id].1);
        }
        out.put_back(net);
        Ok(())
    }

    /// A copy of `net` with the averages as its weights, for evaluation.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn averaged<N: Module<Elem = T>>(&self, net: &N) -> Result<N, Error> {
        let mut missing = None;
        let copy = net.map(&mut |x| {
            let Some((id, _)) = x.leaf() else { return x.clone() };
            match self.leaves.get(&id) {
                Some((_, average)) => gradus_tensor::Tensor::from_slice(x.shape(), average).tracked(),
                None => {
                    missing = Some(());
                    x.clone()
                }
            }
        });
        match missing {
            Some(()) => Err(Error::new(Kind::State, "average: has never seen a leaf of this net; call update first")),
            None => Ok(copy),
        }
    }

    /// How many updates there were, and the averages by name, for a file.
    pub fn state(&self) -> Vec<SavedLeaf> {
        let of = |(name, x): &(String, Vec<T>)| SavedLeaf {
            name: name.clone(),
            count: self.count,
            slots: vec![("average".into(), Numbers::of(x))],
        };
        let mut out: Vec<_> = self.leaves.values().map(of).collect();
        out.sort_by(|a, b| a.name.cmp(&b.name));
        out
    }

    /// Takes a saved state back, for the leaves of `net` by name.
    ///
    /// # Errors
    /// If a leaf of the net is missing or has another length.
    pub fn restore<N: Tree<Elem = T>>(&mut self, net: &N, state: &[SavedLeaf]) -> Result<(), Error> {
        let mut leaves = FxHashMap::default();
        let mut problem = None;
        each_leaf(net, |at| {
            let name = at.name();
            let saved = state.iter().find(|s| s.name == name);
            let numbers = saved.and_then(|s| s.slots.first()).map(|(_, x)| x.to::<T>(&name));
            match numbers {
                Some(Ok(x)) if x.len() == at.leaf.len() => {
                    leaves.insert(at.id, (name, x));
                }
                Some(Err(error)) => problem = Some(error),
                _ => problem = Some(Error::new(Kind::State, format!("restore: no average for the leaf `{name}`"))),
            }
        });
        if let Some(error) = problem {
            return Err(error);
        }
        (self.leaves, self.count) = (leaves, state.first().map_or(0, |s| s.count));
        Ok(())
    }
}

//! Which parameters a penalty acts on.

use crate::error::{Error, Kind};
use crate::optimiser::group_matches;
use gradus_tensor::{LeafId, Name, Param, Path, Real, Role, Tensor, Tree, Visitor};
use rustc_hash::FxHashSet;

/// Which parameters a penalty acts on.
#[derive(Clone, Debug, Default)]
pub enum Select {
    /// Weights: not biases, not the scales of normalisations.
    #[default]
    Weights,
    /// Every parameter.
    All,
    /// The parameters whose name matches one of these patterns, in which `*` stands for any characters.
    Named(Vec<String>),
}

impl Select {
    /// The values of the selected parameters as layers see them (of a constrained weight: the image), tracked.
    pub(super) fn values<X: Tree + ?Sized>(&self, who: &str, tree: &X) -> Result<Vec<Tensor<X::Elem>>, Error> {
        self.collect(who, tree, |p, out| out.push(p.value()))
    }

    /// The free leaves of the selected parameters that are not frozen.
    pub(super) fn leaves<X: Tree + ?Sized>(&self, who: &str, tree: &X) -> Result<Vec<Tensor<X::Elem>>, Error> {
        self.collect(who, tree, |p, out| out.extend(p.leaves().iter().filter(|_| !p.is_frozen()).cloned()))
    }

    fn collect<X: Tree + ?Sized>(
        &self,
        who: &str,
        tree: &X,
        of: impl Fn(&Param<X::Elem>, &mut Vec<Tensor<X::Elem>>),
    ) -> Result<Vec<Tensor<X::Elem>>, Error> {
        struct Walk<'s, T: Real, F> {
            select: &'s Select,
            path: Path,
            names: Vec<String>,
            /// Which patterns have met a parameter.
            matched: Vec<bool>,
            seen: FxHashSet<LeafId>,
            of: F,
            out: Vec<Tensor<T>>,
        }
        impl<T: Real, F> Walk<'_, T, F> {
            fn wants(&mut self, role: Role, leaf: Option<&Tensor<T>>) -> bool {
                let wanted = match self.select {
                    Select::Weights => role == Role::Weight,
                    Select::All => true,
                    Select::Named(patterns) => {
                        let name = self.path.to_string();
                        let mut found = false;
                        for (pattern, matched) in patterns.iter().zip(&mut self.matched) {
                            if group_matches(pattern, &name) {
                                (found, *matched) = (true, true);
                            }
                        }
                        self.names.push(name);
                        found
                    }
                };
                // Tied parameters count once, at the first place that is wanted: another may have another name or role.
                wanted && leaf.and_then(Tensor::leaf).is_none_or(|(id, _)| self.seen.insert(id))
            }
        }
        impl<T: Real, F: Fn(&Param<T>, &mut Vec<Tensor<T>>)> Visitor<T> for Walk<'_, T, F> {
            fn enter(&mut self, name: Name) {
                self.path.push(name);
            }
            fn leave(&mut self) {
                self.path.pop();
            }
            fn tensor(&mut self, x: &Tensor<T>) {
                if x.is_tracked() && self.wants(Role::Weight, Some(x)) {
                    self.out.push(x.clone());
                }
            }
            fn param(&mut self, p: &Param<T>) {
                if self.wants(p.role(), p.leaves().first()) {
                    (self.of)(p, &mut self.out);
                }
            }
        }
        let patterns: &[String] = if let Select::Named(patterns) = self { patterns } else { &[] };
        let (path, seen, matched) = (Path::default(), FxHashSet::default(), vec![false; patterns.len()]);
        let mut walk = Walk { select: self, path, names: Vec::new(), matched, seen, of, out: Vec::new() };
        tree.visit(&mut walk);
        if let Some((pattern, _)) = patterns.iter().zip(&walk.matched).find(|(_, matched)| !**matched) {
            let names = walk.names.join("`, `");
            return Err(Error::new(
                Kind::Name,
                format!("{who}: no parameter matches `{pattern}`; there are `{names}`"),
            ));
        }
        Ok(walk.out)
    }
}

/// The options of a penalty on parameters.
macro_rules! selectable {
    ($Type:ty) => {
        impl $Type {
            /// Acts on the parameters whose name matches this pattern (once more: on further ones too).
            #[must_use]
            pub fn named(mut self, pattern: impl Into<String>) -> Self {
                match &mut self.select {
                    $crate::penalty::Select::Named(all) => all.push(pattern.into()),
                    other => *other = $crate::penalty::Select::Named(vec![pattern.into()]),
                }
                self
            }

            /// Acts on every parameter, biases and scales too.
            #[must_use]
            pub fn everything(mut self) -> Self {
                self.select = $crate::penalty::Select::All;
                self
            }
        }
    };
}
pub(super) use selectable;

/// The sum of tensors of one element; 0 of none.
pub(super) fn sum<T: Real>(terms: impl IntoIterator<Item = Tensor<T>>) -> Tensor<T> {
    terms.into_iter().reduce(|a, b| a + b).unwrap_or_else(|| Tensor::scalar(0.0))
}

/// √s for s ≥ 0, with derivative 0 (of every order) at s = 0, where √ has none: the norm of a vector that is 0.
pub(super) fn root<T: Real>(s: &Tensor<T>) -> Tensor<T> {
    let zeros: Vec<T> = s.to_vec().iter().map(|&x| if x == T::ZERO { T::ONE } else { T::ZERO }).collect();
    let ones_where_zero = Tensor::from_slice(s.shape(), &zeros);
    // Where s = 0: √(s·0 + 1) − 1, elsewhere √s.
    ((s * (1.0 - &ones_where_zero)) + &ones_where_zero).sqrt() - ones_where_zero
}

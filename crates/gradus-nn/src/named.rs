//! Parameters, buffers and layers by name: listing, changing, constraining, baking, freezing; the same net over another kind of number.

use crate::error::{Error, ErrorKind, Result};
use crate::load::copy_state;
use crate::look::Names;
use gradus_tensor::{Attached, Buffer, Module, Name, Param, Parametrization, Path, Real, Tensor, Visitor, VisitorMut};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// What can be done to any module by the names of its parameters (`trunk.0.weight`).
pub trait Named: Module {
    /// Every parameter with its name, in order.
    fn named_parameters(&self) -> Vec<(String, Param<Self::Elem>)> {
        let mut list = List { path: Path::default(), params: Vec::new(), buffers: Vec::new() };
        self.visit(&mut list);
        list.params
    }

    /// Every buffer with its name and value, in order.
    fn named_buffers(&self) -> Vec<(String, Tensor<Self::Elem>)> {
        let mut list = List { path: Path::default(), params: Vec::new(), buffers: Vec::new() };
        self.visit(&mut list);
        list.buffers
    }

    /// Every layer in the net with its name and kind (`trunk.0`, `Linear`), in order.
    #[doc(alias = "named_modules")]
    fn named_layers(&self) -> Vec<(String, String)> {
        Names::of(self).below(usize::MAX)
    }

    /// The layers that lie in no other layer of the net, with name and kind.
    fn named_children(&self) -> Vec<(String, String)> {
        Names::of(self).below(1)
    }

    /// The same net over `f64`: `twin`, a net of the same architecture (and the same sets that weights are held to), with this one's weights,
    /// buffers and frozen names. A net may hold functions of one kind of number, so the twin is made by whoever made the net.
    ///
    /// ```
    /// use gradus_nn::{Linear, Named, rand::{Rng, SeedableRng, rngs::Xoshiro256PlusPlus}, tensor::Real};
    /// fn net<T: Real>(rng: &mut impl Rng) -> Linear<T> {
    ///     Linear::new(3, 2, rng)
    /// }
    /// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
    /// let single = net::<f32>(&mut rng);
    /// let double = single.to_f64(net(&mut rng))?;
    /// assert_eq!(double.weight().value().to_vec()[0], f64::from(single.weight().value().to_vec()[0]));
    /// # Ok::<(), gradus_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// If names or shapes differ.
    fn to_f64<B: Module<Elem = f64>>(&self, twin: B) -> Result<B> {
        converted(self, twin)
    }

    /// As [`to_f64`](Named::to_f64), over `f32`: every number is rounded to the nearest.
    ///
    /// # Errors
    /// If names or shapes differ.
    fn to_f32<B: Module<Elem = f32>>(&self, twin: B) -> Result<B> {
        converted(self, twin)
    }

    /// How many numbers the optimiser moves: those of the free leaves, tied ones once.
    fn count_parameters(&self) -> usize {
        let mut seen = HashSet::new();
        let new = |y: &&Tensor<Self::Elem>| y.leaf().is_none_or(|(id, _)| seen.insert(id));
        self.leaves().iter().filter(new).map(Tensor::len).sum()
    }

    /// Holds the parameter of this name to a set: kept where it is a member, else projected, and the answer says how far.
    ///
    /// # Errors
    /// If there is no such parameter, or the set has no members of its shape.
    fn constrain(&mut self, name: &str, g: impl Parametrization<Self::Elem> + 'static) -> Result<Attached> {
        let g: Arc<dyn Parametrization<Self::Elem>> = Arc::new(g);
        with_param(self, name, |p| Ok(p.constrain(g.clone())?))
    }

    /// Does this to the parameter of this name: sets its value, nests a constraint, lets it move on a manifold.
    ///
    /// # Errors
    /// If there is no such parameter, or `f` fails.
    fn with_parameter<R>(
        &mut self,
        name: &str,
        mut f: impl FnMut(&mut Param<Self::Elem>) -> gradus_tensor::Result<R>,
    ) -> Result<R> {
        with_param(self, name, |p| Ok(f(p)?))
    }

    /// Lets the constraint of a parameter go, leaving the present image as a plain weight.
    ///
    /// # Errors
    /// If there is no such parameter.
    fn bake(&mut self, name: &str) -> Result<()> {
        with_param(self, name, |p| {
            p.bake();
            Ok(())
        })
    }

    /// Freezes (or thaws) every parameter whose name matches `pattern`, where `*` stands for any characters. Answers how many.
    ///
    /// # Errors
    /// If none matches.
    fn freeze(&mut self, pattern: &str, frozen: bool) -> Result<usize> {
        let mut hit = 0;
        let mut names = Vec::new();
        each_param(self, &mut |name, p| {
            if matches(pattern, &name) {
                p.set_frozen(frozen);
                hit += 1;
            }
            names.push(name);
        });
        if hit == 0 { Err(unknown(pattern, &names)) } else { Ok(hit) }
    }
}

impl<M: Module> Named for M {}

fn converted<A: Module, B: Module>(net: &A, mut twin: B) -> Result<B> {
    copy_state(net, &mut twin, true)?;
    let frozen: HashMap<String, bool> =
        net.named_parameters().into_iter().map(|(name, p)| (name, p.is_frozen())).collect();
    each_param(&mut twin, &mut |name, p| p.set_frozen(frozen.get(&name).is_some_and(|&frozen| frozen)));
    Ok(twin)
}

pub(crate) fn with_param<M: Module, R>(
    net: &mut M,
    name: &str,
    mut f: impl FnMut(&mut Param<M::Elem>) -> Result<R>,
) -> Result<R> {
    let (mut answer, mut names) = (None, Vec::new());
    each_param(net, &mut |found, p| {
        if found == name && answer.is_none() {
            answer = Some(f(p));
        }
        names.push(found);
    });
    answer.unwrap_or_else(|| Err(unknown(name, &names)))
}

fn each_param<M: Module>(net: &mut M, f: &mut dyn FnMut(String, &mut Param<M::Elem>)) {
    struct Each<'a, T: Real> {
        path: Path,
        f: &'a mut dyn FnMut(String, &mut Param<T>),
    }
    impl<T: Real> VisitorMut<T> for Each<'_, T> {
        fn enter(&mut self, name: Name) {
            self.path.push(name);
        }
        fn leave(&mut self) {
            self.path.pop();
        }
        fn tensor(&mut self, _: &mut Tensor<T>) {}
        fn param(&mut self, p: &mut Param<T>) {
            (self.f)(self.path.to_string(), p);
        }
    }
    net.visit_mut(&mut Each { path: Path::default(), f });
}

struct List<T: Real> {
    path: Path,
    params: Vec<(String, Param<T>)>,
    buffers: Vec<(String, Tensor<T>)>,
}

impl<T: Real> Visitor<T> for List<T> {
    fn enter(&mut self, name: Name) {
        self.path.push(name);
    }
    fn leave(&mut self) {
        self.path.pop();
    }
    fn tensor(&mut self, _: &Tensor<T>) {}
    fn param(&mut self, p: &Param<T>) {
        self.params.push((self.path.to_string(), p.tie()));
    }
    fn buffer(&mut self, b: &Buffer<T>) {
        self.buffers.push((self.path.to_string(), b.get()));
    }
}

/// Whether `name` matches `pattern`, where `*` stands for any characters.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => {
            let Some(tail) = name.strip_prefix(head) else { return false };
            (0..=tail.len()).filter(|&i| tail.is_char_boundary(i)).any(|i| matches(rest, &tail[i..]))
        }
    }
}

/// The error for a parameter that does not exist.
fn unknown(name: &str, names: &[String]) -> Error {
    Error::new(ErrorKind::Name, format!("there is no parameter named `{name}`; {}", nearest(name, names)))
}

/// The names nearest to one that does not exist, as a question.
pub(crate) fn nearest(name: &str, names: &[String]) -> String {
    let mut near: Vec<&String> = names.iter().collect();
    near.sort_by_key(|n| distance(name, n));
    let near: Vec<String> = near.into_iter().take(3).map(|n| format!("`{n}`")).collect();
    if near.is_empty() { "the module has none".to_owned() } else { format!("did you mean {}?", near.join(", ")) }
}

/// The edit distance of two names (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    row[b.len()]
}

//! Looking into a net while it runs: layers report what they were given and what they answer, and whoever watches the step sees it, and may
//! put another tensor in its place.

use crate::mode::Mode;
use crate::node::Tensor;
use crate::real::Real;
use std::any::{Any, type_name};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// Which layer: where it lies in memory and of which type it is, so that a struct is not taken for its first field. Valid while the net stays
/// where it is. Types without size may share a place.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    address: usize,
    kind: &'static str,
    label: &'static str,
}

impl Place {
    /// The place of a layer.
    pub fn of<L: ?Sized>(layer: &L) -> Self {
        Place { address: std::ptr::from_ref(layer).cast::<()>().addr(), kind: type_name::<L>(), label: "" }
    }

    /// With a name to print in place of the type's: a layer that holds a function has the function's.
    #[must_use]
    pub fn labelled(self, label: &'static str) -> Self {
        Place { label, ..self }
    }

    /// The label, or the type without the paths of its modules and the kind of number: `Linear`, `Residual<Linear>`.
    pub fn kind(&self) -> String {
        if !self.label.is_empty() {
            return self.label.to_owned();
        }
        let mut short = String::new();
        for part in self.kind.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
            short.push_str(part.rsplit_once("::").map_or(part, |(_, last)| last));
        }
        short.replace("<f32>", "").replace("<f64>", "")
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        (self.address, self.kind) == (other.address, other.kind)
    }
}

impl Eq for Place {}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.address, self.kind).hash(state);
    }
}

/// One call of one layer, as it is reported.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Seen<'a, T: Real> {
    /// Which layer.
    pub place: Place,
    /// What it was given, still tracked; empty for layers that take indices.
    pub inputs: &'a [&'a Tensor<T>],
    /// What it answers, still tracked.
    pub output: &'a Tensor<T>,
}

type Hook<T> = Box<dyn Fn(&Seen<'_, T>) -> Option<Tensor<T>> + Send + Sync>;

/// Who watches a step: hooks over `f32` and over `f64`.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    hooks: Vec<Arc<dyn Any + Send + Sync>>,
    last: Option<Place>,
}

// A hook that panicked is the business of whoever wrote it; the list of hooks stays whole.
impl UnwindSafe for Watch {}
impl RefUnwindSafe for Watch {}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watch({})", self.hooks.len())
    }
}

impl Mode {
    /// From now on `hook` sees every call of every layer over numbers of type T, and what it answers takes the output's place. Hooks are called
    /// in the order in which they came; each sees what the one before it made. [`again`](Mode::again) keeps them.
    ///
    /// ```
    /// use gradus_tensor::{Mode, Tensor};
    /// let mut mode = Mode::eval();
    /// mode.watch::<f32>(|seen| Some(seen.output * 2.0));
    /// let (layer, x) = ("a layer", Tensor::<f32>::ones(&[2]));
    /// assert_eq!(mode.report(layer, &[&x], x.square()).to_vec(), [2.0, 2.0]);
    /// ```
    #[doc(alias = "register_forward_hook")]
    pub fn watch<T: Real>(&mut self, hook: impl Fn(&Seen<'_, T>) -> Option<Tensor<T>> + Send + Sync + 'static) {
        let hook: Hook<T> = Box::new(hook);
        self.watch.hooks.push(Arc::new(hook));
    }

    /// As [`watch`](Mode::watch), while `f` runs.
    pub fn watched<T: Real, R>(
        &mut self,
        hook: impl Fn(&Seen<'_, T>) -> Option<Tensor<T>> + Send + Sync + 'static,
        f: impl FnOnce(&mut Mode) -> R,
    ) -> R {
        struct Restore<'a>(&'a mut Mode, usize);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.watch.hooks.truncate(self.1);
            }
        }
        let before = self.watch.hooks.len();
        self.watch(hook);
        f(&mut *Restore(self, before).0)
    }

    /// The end of a layer's `forward`: shows its output to whoever watches, and answers with what the step goes on with. Free where nobody
    /// watches.
    #[inline]
    pub fn report<L: ?Sized, T: Real>(&mut self, layer: &L, inputs: &[&Tensor<T>], output: Tensor<T>) -> Tensor<T> {
        if self.watch.hooks.is_empty() { output } else { self.watch.show(Place::of(layer), inputs, output) }
    }

    /// Runs a layer that another one holds without knowing whether it reports: if it does not, its output is reported here.
    pub fn call<T: Real>(
        &mut self,
        place: Place,
        x: &Tensor<T>,
        forward: impl FnOnce(&mut Mode) -> Tensor<T>,
    ) -> Tensor<T> {
        self.watch.last = None;
        let y = forward(self);
        if self.watch.hooks.is_empty() || self.watch.last == Some(place) {
            return y;
        }
        self.watch.show(place, &[x], y)
    }
}

impl Watch {
    #[cold]
    fn show<T: Real>(&mut self, place: Place, inputs: &[&Tensor<T>], mut output: Tensor<T>) -> Tensor<T> {
        self.last = Some(place);
        for hook in self.hooks.iter().filter_map(|h| h.downcast_ref::<Hook<T>>()) {
            if let Some(new) = hook(&Seen { place, inputs, output: &output }) {
                output = new;
            }
        }
        output
    }
}

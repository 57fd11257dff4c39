//! Weights and buffers in from `safetensors` files, PyTorch's included, with a report of what did not fit.

use crate::error::{Error, ErrorKind, Result};
use crate::named::Named;
use crate::state::{failed, leaf_names, parametrizations, state, walk};
use gradus_tensor::{Buffer, LeafId, Module, Name, Param, Path, Real, Tensor, VisitorMut, no_grad};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, HashMap};
use std::path::Path as File;

/// What loading found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Names that the net has and the file has not.
    pub missing: Vec<String>,
    /// Names that the file has and the net has not.
    pub unexpected: Vec<String>,
    /// Names whose shapes differ: (name, in the net, in the file).
    pub misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Parametrised weights that the net cannot take as they are: (name, why).
    pub refused: Vec<(String, String)>,
}

impl Report {
    /// Whether everything fitted.
    pub fn is_clean(&self) -> bool {
        *self == Report::default()
    }
}

/// Numbers of a file by name: shape and values.
type Entries = BTreeMap<String, (Vec<usize>, Vec<f64>)>;

/// Reads a `safetensors` file into `net`. What fits is loaded, and the report says what did not; with `strict`, anything that does not fit is an
/// error and the net is unchanged.
///
/// A file under PyTorch's names is read as it is. Weights by `weight_norm` (`parametrizations.W.original0` and `original1`, or `W_g` and `W_v`)
/// go into a weight norm leaf by leaf, and into a plain weight as their image g·v/‖v‖. A plain weight goes into a constrained one through
/// the right inverse, if it is a member of the set. Any other parametrised weight is refused for a net in which that weight is plain.
///
/// # Errors
/// If the file cannot be read or understood; with `strict`, if names or shapes differ.
pub fn load<M: Module>(net: &mut M, file: impl AsRef<File>, strict: bool) -> Result<Report> {
    let file = file.as_ref();
    let whole = std::fs::read(file).map_err(|e| failed("read", file, &e))?;
    read(net, &whole, strict, file)
}

/// As [`load`], from the bytes of a `safetensors` file.
///
/// # Errors
/// As [`load`].
pub fn from_bytes<M: Module>(net: &mut M, bytes: &[u8], strict: bool) -> Result<Report> {
    read(net, bytes, strict, File::new("the bytes given"))
}

fn read<M: Module>(net: &mut M, whole: &[u8], strict: bool, file: &File) -> Result<Report> {
    let tensors = SafeTensors::deserialize(whole).map_err(|e| failed("read", file, &e))?;
    let mut entries = Entries::new();
    for (name, view) in tensors.tensors() {
        let numbers = numbers(&view).map_err(|e| failed("read", file, &format!("`{name}`: {e}")))?;
        entries.insert(name, (view.shape().to_vec(), numbers));
    }
    fit(net, entries, strict, &file.display().to_string())
}

/// Copies weights and buffers by name from a net of the same architecture, whatever the number types: the way from `f32` to `f64`.
///
/// # Errors
/// With `strict`, if names or shapes differ; the net is unchanged then.
///
/// ```
/// use gradus_nn::{Linear, copy_state, rand::{SeedableRng, rngs::Xoshiro256PlusPlus}};
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(0);
/// let (single, mut double) = (Linear::<f32>::new(3, 2, &mut rng), Linear::<f64>::new(3, 2, &mut rng));
/// copy_state(&single, &mut double, true)?;
/// assert_eq!(f64::from(single.weight().value().to_vec()[0]), double.weight().value().to_vec()[0]);
/// # Ok::<(), gradus_nn::Error>(())
/// ```
#[doc(alias = "to_f64")]
pub fn copy_state<A: Module, B: Module>(from: &A, to: &mut B, strict: bool) -> Result<Report> {
    let found = walk(from);
    let mut entries: Entries = found.state.iter().map(|(n, t)| (n.clone(), wide(t))).collect();
    entries.extend(found.counts.iter().map(|(n, &k)| (n.clone(), (Vec::new(), vec![k as f64]))));
    fit(to, entries, strict, "the other net")
}

fn wide<T: Real>(t: &Tensor<T>) -> (Vec<usize>, Vec<f64>) {
    (t.shape().to_vec(), t.to_vec().iter().map(|x| x.to_f64()).collect())
}

fn fit<M: Module>(net: &mut M, mut entries: Entries, strict: bool, source: &str) -> Result<Report> {
    let mut report = Report::default();
    let mut counts = BTreeMap::new();
    let found = walk(net);
    for name in found.counts.keys() {
        if let Some((_, k)) = entries.remove(name) {
            counts.insert(name.clone(), k.first().map_or(0, |&k| k as u64));
        }
    }
    for name in &found.aliases {
        entries.remove(name);
    }
    for (name, p) in net.named_parameters() {
        translate(&name, &p, &mut entries, &mut report)?;
    }
    for (name, now) in &found.state {
        match entries.get(name) {
            None if report.refused.iter().any(|(refused, _)| refused == name) => {}
            None => report.missing.push(name.clone()),
            Some((shape, _)) if shape != now.shape() => {
                report.misshapen.push((name.clone(), now.shape().to_vec(), shape.clone()));
            }
            Some(_) => {}
        }
    }
    report.unexpected = entries.keys().filter(|n| !found.state.contains_key(*n)).cloned().collect();
    if strict && !report.is_clean() {
        let Report { missing, unexpected, misshapen, refused } = &report;
        let why = format!(
            "load: {source} does not fit the net: missing {missing:?}, unexpected {unexpected:?}, misshapen {misshapen:?}, refused {refused:?}"
        );
        return Err(Error::new(ErrorKind::Name, why));
    }
    entries.retain(|n, (shape, _)| found.state.get(n).is_some_and(|now| now.shape() == &shape[..]));
    let names = state(net).into_iter().filter_map(|(n, t)| t.leaf().map(|(id, _)| (id, n))).collect();
    drop(found);
    net.visit_mut(&mut Put { path: Path::default(), entries, counts, names });
    Ok(report)
}

/// Brings what a file says of one parameter under the names that the net has for it.
fn translate<T: Real>(name: &str, p: &Param<T>, entries: &mut Entries, report: &mut Report) -> Result<()> {
    let base = parametrizations(name);
    let [length, direction] = [format!("{base}original0"), format!("{base}original1")];
    for (old, new) in [(format!("{name}_g"), &length), (format!("{name}_v"), &direction)] {
        if let Some(entry) = entries.remove(&old) {
            entries.insert(new.clone(), entry);
        }
    }
    let Some(g) = p.constraint() else {
        if entries.contains_key(name) || !entries.keys().any(|n| n.starts_with(&base)) {
            return Ok(());
        }
        let image = match (entries.get(&length), entries.get(&direction)) {
            (Some(g), Some(v)) => weight_norm(g, v),
            _ => None,
        };
        entries.retain(|n, _| !n.starts_with(&base));
        match image {
            Some(image) => {
                entries.insert(name.to_owned(), image);
            }
            None => report.refused.push((
                name.to_owned(),
                "it is parametrised by a map that the file does not name; constrain the weight of the net likewise, or save the image".into(),
            )),
        }
        return Ok(());
    };
    let names = leaf_names(name, p);
    if names.iter().any(|n| entries.contains_key(n)) {
        return Ok(());
    }
    let Some((shape, x)) = entries.remove(name) else { return Ok(()) };
    let now = no_grad(|| p.value());
    if shape != now.shape() {
        report.misshapen.push((name.to_owned(), now.shape().to_vec(), shape));
        return Ok(());
    }
    let x = Tensor::from_slice(&shape, &x.iter().map(|&x| T::from_f64(x)).collect::<Vec<T>>());
    let defect = g.defect(&x);
    if defect.is_nan() || defect > 1e3 * T::EPSILON.to_f64() {
        let why = format!("the plain weight lies {defect:.1e} outside the set of {}", g.name());
        report.refused.extend(names.into_iter().map(|n| (n, why.clone())));
        return Ok(());
    }
    let leaves = no_grad(|| g.right_inverse(&x))?;
    for (n, y) in names.into_iter().zip(leaves) {
        entries.insert(n, wide(&y));
    }
    Ok(())
}

/// W = g·v/‖v‖ by the first axis, where the shapes are those of a weight norm.
fn weight_norm(g: &(Vec<usize>, Vec<f64>), v: &(Vec<usize>, Vec<f64>)) -> Option<(Vec<usize>, Vec<f64>)> {
    let rows = *v.0.first()?;
    let fits = g.0.len() == v.0.len() && g.0[0] == rows && g.0[1..].iter().all(|&k| k == 1);
    let size = v.1.len().checked_div(rows).filter(|&s| fits && s > 0)?;
    let scaled = |(row, g): (&[f64], &f64)| {
        let length = row.iter().map(|x| x * x).sum::<f64>().sqrt();
        row.iter().map(|x| g * x / length).collect::<Vec<f64>>()
    };
    Some((v.0.clone(), v.1.chunks_exact(size).zip(&g.1).flat_map(scaled).collect()))
}

/// Writes what fits.
struct Put {
    path: Path,
    entries: Entries,
    counts: BTreeMap<String, u64>,
    /// The first name of every leaf: a tied one is written under each.
    names: HashMap<LeafId, String>,
}

impl Put {
    fn new_value<T: Real>(&self, name: &str) -> Option<Vec<T>> {
        self.entries.get(name).map(|(_, x)| x.iter().map(|&x| T::from_f64(x)).collect())
    }

    fn rewrite<T: Real>(&self, name: &str, y: &mut Tensor<T>) {
        let first = y.leaf().and_then(|(id, _)| self.names.get(&id)).map_or(name, String::as_str);
        if let Some(new) = self.new_value::<T>(first) {
            y.rewrite_leaf(|x| x.copy_from_slice(&new));
        }
    }
}

impl<T: Real> VisitorMut<T> for Put {
    fn enter(&mut self, name: Name) {
        self.path.push(name);
    }
    fn leave(&mut self) {
        self.path.pop();
    }
    fn tensor(&mut self, x: &mut Tensor<T>) {
        self.rewrite(&self.path.to_string(), x);
    }
    fn param(&mut self, p: &mut Param<T>) {
        let names = leaf_names(&self.path.to_string(), p);
        let (free, fixed) = names.split_at(p.leaves().len());
        for (name, y) in free.iter().zip(p.leaves_mut()) {
            self.rewrite(name, y);
        }
        for (name, y) in fixed.iter().zip(p.fixed_mut()) {
            if let Some(new) = self.new_value::<T>(name) {
                *y = Tensor::from_slice(y.shape(), &new);
            }
        }
    }
    fn buffer(&mut self, b: &Buffer<T>) {
        let name = self.path.to_string();
        let parent = name.rsplit_once('.').map_or("", |(parent, _)| parent);
        let count = format!("{parent}{}num_batches_tracked", if parent.is_empty() { "" } else { "." });
        let (now, updates) = (b.get(), b.updates());
        // Loading is no update: without a count in the file the count stays.
        let value = self.new_value::<T>(&name).map_or_else(|| now.clone(), |new| Tensor::from_slice(now.shape(), &new));
        b.set(&value, self.counts.get(&count).copied().unwrap_or(updates)).expect("a buffer has its own shape");
    }
}

fn numbers(v: &TensorView<'_>) -> std::result::Result<Vec<f64>, String> {
    let data = v.data();
    match v.dtype() {
        Dtype::F32 => Ok(data.as_chunks::<4>().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect()),
        Dtype::F64 => Ok(data.as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b)).collect()),
        Dtype::I64 => Ok(data.as_chunks::<8>().0.iter().map(|&b| i64::from_le_bytes(b) as f64).collect()),
        other => Err(format!("numbers are stored as {other:?}; expected F32, F64 or I64")),
    }
}

//! Weights and buffers out into `safetensors` files, under PyTorch's names.

use crate::error::{Error, ErrorKind, Result};
use gradus_tensor::{Buffer, LeafId, Module, Name, Param, Path, Real, Tensor, Visitor};
use safetensors::tensor::{Dtype, TensorView};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Write;
use std::path::Path as File;

/// Every free leaf and every buffer by name. A constrained parameter `trunk.weight` is stored through its leaves, under
/// `trunk.parametrizations.weight.original` (or `original0`, `original1`, …); what is tied is there once, under its first name.
pub fn state<M: Module>(net: &M) -> BTreeMap<String, Tensor<M::Elem>> {
    walk(net).state
}

/// What a net holds by name: the state, the names that are other names of tied leaves, and how often statistics were updated.
pub(crate) struct Walk<T: Real> {
    path: Path,
    seen: HashSet<LeafId>,
    pub(crate) state: BTreeMap<String, Tensor<T>>,
    pub(crate) aliases: BTreeSet<String>,
    pub(crate) counts: BTreeMap<String, u64>,
}

pub(crate) fn walk<M: Module>(net: &M) -> Walk<M::Elem> {
    let mut walk = Walk {
        path: Path::default(),
        seen: HashSet::new(),
        state: BTreeMap::new(),
        aliases: BTreeSet::new(),
        counts: BTreeMap::new(),
    };
    net.visit(&mut walk);
    walk
}

impl<T: Real> Visitor<T> for Walk<T> {
    fn enter(&mut self, name: Name) {
        self.path.push(name);
    }
    fn leave(&mut self) {
        self.path.pop();
    }
    fn tensor(&mut self, x: &Tensor<T>) {
        self.state.insert(self.path.to_string(), x.clone());
    }
    fn param(&mut self, p: &Param<T>) {
        let names = leaf_names(&self.path.to_string(), p);
        let ids: Vec<LeafId> = p.leaves().iter().filter_map(|y| y.leaf().map(|(id, _)| id)).collect();
        if !ids.is_empty() && ids.iter().all(|id| self.seen.contains(id)) {
            self.aliases.extend(names);
            return;
        }
        self.seen.extend(ids);
        for (name, y) in names.into_iter().zip(p.leaves().iter().chain(p.fixed())) {
            self.state.insert(name, y.clone());
        }
    }
    fn buffer(&mut self, b: &Buffer<T>) {
        let name = self.path.to_string();
        if let Some(parent) = name.strip_suffix("running_mean") {
            self.counts.insert(format!("{parent}num_batches_tracked"), b.updates());
        }
        self.state.insert(name, b.get());
    }
}

/// `trunk.parametrizations.weight.` of `trunk.weight`.
pub(crate) fn parametrizations(whole: &str) -> String {
    let (parent, last) = whole.rsplit_once('.').map_or((String::new(), whole), |(a, b)| (format!("{a}."), b));
    format!("{parent}parametrizations.{last}.")
}

/// The names of a parameter's leaves and fixed tensors, in order.
pub(crate) fn leaf_names<T: Real>(whole: &str, p: &Param<T>) -> Vec<String> {
    let Some(g) = p.constraint() else { return vec![whole.to_owned()] };
    let base = parametrizations(whole);
    let mut names: Vec<String> = match p.leaves().len() {
        1 => vec![format!("{base}original")],
        n => (0..n).map(|i| format!("{base}original{i}")).collect(),
    };
    if g.name() == "weight norm" {
        // PyTorch stores the lengths first and the directions second.
        names.reverse();
    }
    names.extend((0..p.fixed().len()).map(|i| format!("{base}{i}.base")));
    names
}

/// Writes the state of `net` to a `safetensors` file: to a temporary file beside it, synced, then renamed, so that the file is whole or the
/// one before. Beside running statistics stands `num_batches_tracked`, as PyTorch expects.
///
/// # Errors
/// If the file cannot be written.
pub fn save<M: Module>(net: &M, file: impl AsRef<File>) -> Result<()> {
    let file = file.as_ref();
    replace(file, &to_bytes(net)?).map_err(|e| failed("write", file, &e))
}

/// The state of `net` as the bytes of a `safetensors` file.
///
/// # Errors
/// If the format cannot hold it.
pub fn to_bytes<M: Module>(net: &M) -> Result<Vec<u8>> {
    let coded = |e: safetensors::SafeTensorError| Error::new(ErrorKind::File, format!("to_bytes: {e}"));
    let Walk { state, counts, .. } = walk(net);
    let number = if size_of::<M::Elem>() == 4 { Dtype::F32 } else { Dtype::F64 };
    let mut all: Vec<(&String, Dtype, Vec<usize>, Vec<u8>)> =
        state.iter().map(|(n, t)| (n, number, t.shape().to_vec(), bytes(t))).collect();
    all.extend(counts.iter().map(|(n, k)| (n, Dtype::I64, Vec::new(), k.to_le_bytes().to_vec())));
    let views: Vec<(&String, TensorView<'_>)> = all
        .iter()
        .map(|(n, dtype, shape, b)| TensorView::new(*dtype, shape.clone(), b).map(|v| (*n, v)))
        .collect::<Result<_, _>>()
        .map_err(coded)?;
    safetensors::serialize(views, None).map_err(coded)
}

pub(crate) fn failed(verb: &str, file: &File, why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::File, format!("cannot {verb} {}: {why}", file.display()))
}

fn bytes<T: Real>(t: &Tensor<T>) -> Vec<u8> {
    let x = t.to_vec();
    if size_of::<T>() == 4 {
        x.iter().flat_map(|x| (x.to_f64() as f32).to_le_bytes()).collect()
    } else {
        x.iter().flat_map(|x| x.to_f64().to_le_bytes()).collect()
    }
}

/// Replaces a file by new bytes, whole or not at all.
fn replace(file: &File, whole: &[u8]) -> std::io::Result<()> {
    let dir = file.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(File::new("."));
    std::fs::create_dir_all(dir)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let temporary = dir.join(format!(".{name}.{}.tmp", std::process::id()));
    let write = || {
        let mut f = std::fs::File::create(&temporary)?;
        f.write_all(whole)?;
        f.sync_all()?;
        std::fs::rename(&temporary, file)?;
        #[cfg(unix)]
        std::fs::File::open(dir)?.sync_all()?;
        Ok(())
    };
    let done = write();
    if done.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    done
}

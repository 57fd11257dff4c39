//! Weights and buffers in and out of `safetensors` files, under PyTorch's names.

use crate::error::{Error, ErrorKind, Result};
use gradus_tensor::{Buffer, Module, Name, Param, Path, Real, Tensor, Visitor, VisitorMut};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path as File;

/// Every free leaf and every buffer by name. A constrained parameter `trunk.weight` is stored through its leaves, under
/// `trunk.parametrizations.weight.original` (or `original0`, `original1`, …).
pub fn state<M: Module>(net: &M) -> BTreeMap<String, Tensor<M::Elem>> {
    struct Take<T: Real>(Path, BTreeMap<String, Tensor<T>>);
    impl<T: Real> Visitor<T> for Take<T> {
        fn enter(&mut self, name: Name) {
            self.0.push(name);
        }
        fn leave(&mut self) {
            self.0.pop();
        }
        fn tensor(&mut self, x: &Tensor<T>) {
            self.1.insert(self.0.to_string(), x.clone());
        }
        fn param(&mut self, p: &Param<T>) {
            for (name, y) in leaf_names(&self.0, p).into_iter().zip(p.leaves().iter().chain(p.fixed())) {
                self.1.insert(name, y.clone());
            }
        }
        fn buffer(&mut self, b: &Buffer<T>) {
            self.1.insert(self.0.to_string(), b.get());
        }
    }
    let mut take = Take(Path::default(), BTreeMap::new());
    net.visit(&mut take);
    take.1
}

/// The names of a parameter's leaves and fixed tensors, in order.
fn leaf_names<T: Real>(path: &Path, p: &Param<T>) -> Vec<String> {
    let whole = path.to_string();
    if p.constraint().is_none() {
        return vec![whole];
    }
    let (parent, last) = whole.rsplit_once('.').map_or((String::new(), whole.as_str()), |(a, b)| (format!("{a}."), b));
    let base = format!("{parent}parametrizations.{last}.original");
    let mut names = match p.leaves().len() {
        1 => vec![base],
        n => (0..n).map(|i| format!("{base}{i}")).collect(),
    };
    names.extend((0..p.fixed().len()).map(|i| format!("{parent}parametrizations.{last}.{i}.base")));
    names
}

/// Writes the state of `net` to a `safetensors` file: to a temporary file beside it, synced, then renamed, so that the file is whole or the
/// one before.
///
/// # Errors
/// If the file cannot be written.
pub fn save<M: Module>(net: &M, file: impl AsRef<File>) -> Result<()> {
    let file = file.as_ref();
    let state = state(net);
    let bytes: Vec<(&String, Vec<usize>, Vec<u8>)> =
        state.iter().map(|(n, t)| (n, t.shape().to_vec(), bytes(t))).collect();
    let views: Vec<(&String, TensorView<'_>)> = bytes
        .iter()
        .map(|(n, shape, b)| TensorView::new(dtype::<M::Elem>(), shape.clone(), b).map(|v| (*n, v)))
        .collect::<Result<_, _>>()
        .map_err(|e| failed("write", file, &e))?;
    let whole = safetensors::serialize(views, None).map_err(|e| failed("write", file, &e))?;
    replace(file, &whole).map_err(|e| failed("write", file, &e))
}

/// What loading found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Names that the net has and the file has not.
    pub missing: Vec<String>,
    /// Names that the file has and the net has not.
    pub unexpected: Vec<String>,
    /// Names whose shapes differ: (name, in the net, in the file).
    pub misshapen: Vec<(String, Vec<usize>, Vec<usize>)>,
}

impl Report {
    /// Whether everything fitted.
    pub fn is_clean(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.misshapen.is_empty()
    }
}

/// Reads a `safetensors` file into `net`. What fits is loaded, and the report says what did not; with `strict`, anything that does not fit is an
/// error and the net is unchanged.
///
/// # Errors
/// If the file cannot be read or understood; with `strict`, if names or shapes differ.
pub fn load<M: Module>(net: &mut M, file: impl AsRef<File>, strict: bool) -> Result<Report> {
    let file = file.as_ref();
    let whole = std::fs::read(file).map_err(|e| failed("read", file, &e))?;
    let tensors = SafeTensors::deserialize(&whole).map_err(|e| failed("read", file, &e))?;
    let have = state(net);
    let mut report = Report::default();
    let mut fitting = BTreeMap::new();
    let names: BTreeSet<&str> = tensors.names().into_iter().collect();
    for (name, now) in &have {
        match tensors.tensor(name) {
            Err(_) => report.missing.push(name.clone()),
            Ok(v) if v.shape() != now.shape() => {
                report.misshapen.push((name.clone(), now.shape().to_vec(), v.shape().to_vec()));
            }
            Ok(v) => {
                fitting.insert(name.clone(), numbers::<M::Elem>(&v).map_err(|e| failed("read", file, &e))?);
            }
        }
    }
    report.unexpected = names.iter().filter(|n| !have.contains_key(**n)).map(|n| (*n).to_owned()).collect();
    if strict && !report.is_clean() {
        let Report { missing, unexpected, misshapen } = &report;
        let why = format!(
            "load: {} does not fit the net: missing {missing:?}, unexpected {unexpected:?}, misshapen {misshapen:?}",
            file.display()
        );
        return Err(Error::new(ErrorKind::Name, why));
    }
    struct Put<T: Real>(Path, BTreeMap<String, Vec<T>>);
    impl<T: Real> VisitorMut<T> for Put<T> {
        fn enter(&mut self, name: Name) {
            self.0.push(name);
        }
        fn leave(&mut self) {
            self.0.pop();
        }
        fn tensor(&mut self, x: &mut Tensor<T>) {
            if let Some(new) = self.1.get(&self.0.to_string()) {
                x.rewrite_leaf(|x| x.copy_from_slice(new));
            }
        }
        fn param(&mut self, p: &mut Param<T>) {
            let names = leaf_names(&self.0, p);
            let (free, fixed) = names.split_at(p.leaves().len());
            for (name, y) in free.iter().zip(p.leaves_mut()) {
                if let Some(new) = self.1.get(name) {
                    y.rewrite_leaf(|x| x.copy_from_slice(new));
                }
            }
            for (name, y) in fixed.iter().zip(p.fixed_mut()) {
                if let Some(new) = self.1.get(name) {
                    *y = Tensor::from_slice(y.shape(), new);
                }
            }
        }
        fn buffer(&mut self, b: &Buffer<T>) {
            if let Some(new) = self.1.get(&self.0.to_string()) {
                b.update(|old| Tensor::from_slice(old.shape(), new));
            }
        }
    }
    net.visit_mut(&mut Put(Path::default(), fitting));
    Ok(report)
}

fn failed(verb: &str, file: &File, why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::File, format!("cannot {verb} {}: {why}", file.display()))
}

fn dtype<T: Real>() -> Dtype {
    if size_of::<T>() == 4 { Dtype::F32 } else { Dtype::F64 }
}

fn bytes<T: Real>(t: &Tensor<T>) -> Vec<u8> {
    let x = t.to_vec();
    if size_of::<T>() == 4 {
        x.iter().flat_map(|x| (x.to_f64() as f32).to_le_bytes()).collect()
    } else {
        x.iter().flat_map(|x| x.to_f64().to_le_bytes()).collect()
    }
}

fn numbers<T: Real>(v: &TensorView<'_>) -> std::result::Result<Vec<T>, String> {
    let data = v.data();
    match v.dtype() {
        Dtype::F32 => {
            Ok(data.as_chunks::<4>().0.iter().map(|&b| T::from_f64(f64::from(f32::from_le_bytes(b)))).collect())
        }
        Dtype::F64 => Ok(data.as_chunks::<8>().0.iter().map(|&b| T::from_f64(f64::from_le_bytes(b))).collect()),
        other => Err(format!("numbers are stored as {other:?}; expected F32 or F64")),
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

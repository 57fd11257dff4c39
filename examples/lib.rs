//! Shared by the example programs: flags, tables and the JSON file of final numbers.

pub mod deep;
pub mod digits_data;
pub mod digits_report;
mod pictures;
pub use pictures::{noise, write_grid, write_picture};

use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
use clap::{Parser, ValueEnum};
use gradus::init::{Scheme, glorot_normal, glorot_uniform, he_normal, he_uniform, orthogonal};
use gradus::tensor::{Grad, Param, Role, Tensor, Tree, Visitor};
use std::path::Path;
use std::process::ExitCode;

/// The flags of this program; a bad flag is one line on standard error and exit code 2.
pub fn flags<A: Parser>() -> A {
    A::try_parse().unwrap_or_else(|e| {
        if matches!(e.kind(), DisplayHelp | DisplayVersion) {
            e.exit();
        }
        let text = e.to_string();
        let shown = text.lines().map(str::trim).take_while(|l| ["Usage", "For more"].iter().all(|t| !l.starts_with(t)));
        eprintln!("{} (--help shows all flags)", shown.collect::<Vec<_>>().join(" ").trim_end());
        std::process::exit(2)
    })
}

/// The end of `main`: an error is one line on standard error and exit code 1.
pub fn finish(done: Result<(), impl std::fmt::Display>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}

/// Refuses a value of a flag with this message.
///
/// # Errors
/// If it is bad.
pub fn refuse(bad: bool, message: &str) -> Result<(), String> {
    if bad { Err(message.into()) } else { Ok(()) }
}

/// Makes sure, before any work, that this folder exists and can be written to.
pub fn prepare_folder(dir: &Path) -> Result<(), String> {
    let probe = dir.join(".probe");
    let made = std::fs::create_dir_all(dir)
        .and_then(|()| std::fs::write(&probe, ""))
        .and_then(|()| std::fs::remove_file(&probe));
    made.map_err(|e| format!("cannot write to the folder {}: {e}", dir.display()))
}

/// Writes the final numbers to a JSON file.
pub fn write_json(path: &Path, numbers: &serde_json::Value) -> Result<(), String> {
    std::fs::write(path, format!("{numbers:#}\n")).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// Makes sure, before any work, that a file can be written there.
pub fn prepare_file(path: &Path) -> Result<(), String> {
    let opened = std::fs::OpenOptions::new().create(true).append(true).open(path);
    opened.map(drop).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// How weights start, as a flag.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Init {
    /// U(±√(6/(n_in + n_out))).
    GlorotUniform,
    /// N(0, 2/(n_in + n_out)).
    GlorotNormal,
    /// U(±√(6/n_in)).
    HeUniform,
    /// N(0, 2/n_in).
    HeNormal,
    /// WᵀW = I or WWᵀ = I.
    Orthogonal,
}

impl Init {
    /// The scheme.
    pub fn scheme(self) -> Box<dyn Scheme> {
        match self {
            Init::GlorotUniform => Box::new(glorot_uniform()),
            Init::GlorotNormal => Box::new(glorot_normal()),
            Init::HeUniform => Box::new(he_uniform()),
            Init::HeNormal => Box::new(he_normal()),
            Init::Orthogonal => Box::new(orthogonal(1.0)),
        }
    }
}

/// ‖∇_w L‖² over the free leaves w, and Σ ‖W‖·‖∇_W L‖ over the weights W as layers see them: the second does not change when
/// a weight in front of a batch norm grows.
///
/// # Errors
/// If the loss does not depend on a part of the net.
pub fn gradient_norms(loss: &Tensor, net: &impl Tree<Elem = f32>) -> Result<(f64, f64), gradus::tensor::Error> {
    struct Weights(Vec<Tensor>, Vec<Tensor>);
    impl Visitor<f32> for Weights {
        fn tensor(&mut self, x: &Tensor) {
            self.1.push(x.clone());
        }
        fn param(&mut self, p: &Param) {
            if p.role() == Role::Weight {
                self.0.push(p.value());
            }
            self.1.extend(p.leaves().iter().cloned());
        }
    }
    let mut weights = Weights(Vec::new(), Vec::new());
    net.visit(&mut weights);
    let square = |x: &Tensor| x.to_vec().iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
    let all = Grad::of(loss).wrt(&weights.1).allow_unused().run()?.iter().map(square).sum();
    let by_weight = Grad::of(loss).wrt(&weights.0).allow_unused().run()?;
    let scale_free = weights.0.iter().zip(&by_weight).map(|(w, g)| (square(w) * square(g)).sqrt()).sum();
    Ok((all, scale_free))
}

/// The sum of the squares of all elements.
pub fn square(x: &Tensor) -> f64 {
    f64::from(x.square().sum().item())
}

/// Σ over weight matrices of ‖W‖² and of ‖W‖·‖∇_W L‖.
pub fn weight_norms<N: Tree<Elem = f32>>(net: &N, gradient: &N) -> (f64, f64) {
    struct Weights(Vec<f64>);
    impl Visitor<f32> for Weights {
        fn tensor(&mut self, _: &Tensor) {}
        fn param(&mut self, p: &Param) {
            if p.role() == Role::Weight {
                self.0.push(square(&p.leaves()[0]).sqrt());
            }
        }
    }
    let (mut w, mut g) = (Weights(Vec::new()), Weights(Vec::new()));
    net.visit(&mut w);
    gradient.visit(&mut g);
    (w.0.iter().map(|w| w * w).sum(), w.0.iter().zip(&g.0).map(|(w, g)| w * g).sum())
}

/// The mean and its standard error.
pub fn mean_se(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (mean, (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0) / n).sqrt())
}

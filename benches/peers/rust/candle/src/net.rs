//! Parts that the workloads share: leaves with the common numbers, layers, and the updates that candle lacks.

use candle_core::{Device, Result, Tensor, Var, backprop::GradStore};
use candle_nn::{BatchNorm, ModuleT};
use talk::{stream, weight};

pub const CPU: &Device = &Device::Cpu;

/// Standard normal inputs of a stream.
pub fn normals(s: u64, shape: &[usize]) -> Result<Tensor> {
    Tensor::from_vec(stream::normals(s, shape.iter().product(), 1.0), shape, CPU)
}

/// Labels of stream 2.
pub fn labels(n: usize, classes: u32) -> Result<Tensor> {
    Tensor::from_vec(stream::classes(2, n, classes), n, CPU)
}

/// Affine layer; the weight is `[n_out, n_in]`.
pub struct Linear {
    w: Var,
    b: Var,
}

impl Linear {
    pub fn new(s: u64, n_in: usize, n_out: usize, leaves: &mut Vec<Var>) -> Result<Self> {
        let w = Var::from_vec(weight(s, n_out, n_in), (n_out, n_in), CPU)?;
        let b = Var::zeros(n_out, candle_core::DType::F32, CPU)?;
        leaves.extend([w.clone(), b.clone()]);
        Ok(Linear { w, b })
    }

    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.w.t()?)?.broadcast_add(&self.b)
    }
}

/// Convolution 3x3 with padding 1.
pub struct Conv {
    w: Var,
    b: Var,
}

impl Conv {
    pub fn new(s: u64, n_in: usize, n_out: usize, leaves: &mut Vec<Var>) -> Result<Self> {
        let w = Var::from_vec(weight(s, n_out, n_in * 9), (n_out, n_in, 3, 3), CPU)?;
        let b = Var::zeros((1, n_out, 1, 1), candle_core::DType::F32, CPU)?;
        leaves.extend([w.clone(), b.clone()]);
        Ok(Conv { w, b })
    }

    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.conv2d(&self.w, 1, 1, 1, 1)?.broadcast_add(&self.b)
    }
}

/// Batch norm of candle-nn over leaves of ours.
pub fn batch_norm(n: usize, leaves: &mut Vec<Var>) -> Result<BatchNorm> {
    let one = Var::ones(n, candle_core::DType::F32, CPU)?;
    let zero = Var::zeros(n, candle_core::DType::F32, CPU)?;
    let (mean, var) = (zero.as_detached_tensor().copy()?, one.as_detached_tensor().copy()?);
    leaves.extend([one.clone(), zero.clone()]);
    BatchNorm::new(n, mean, var, one.as_tensor().clone(), zero.as_tensor().clone(), 1e-5)
}

/// Batch norm in training.
pub fn normalised(norm: &BatchNorm, x: &Tensor) -> Result<Tensor> {
    norm.forward_t(x, true)
}

/// SGD: m ← μ m + g + λ p, p ← p − α m. candle-nn has it without momentum.
pub struct Sgd {
    pub momentum: f64,
    pub decay: f64,
    pub kept: Vec<Option<Tensor>>,
}

impl Sgd {
    pub fn step(&mut self, leaves: &[Var], grads: &GradStore) -> Result<()> {
        self.kept.resize(leaves.len(), None);
        for (p, kept) in leaves.iter().zip(&mut self.kept) {
            let Some(g) = grads.get(p) else { continue };
            let mut g = g.detach();
            if self.decay > 0.0 {
                g = (g + (p.as_detached_tensor() * self.decay)?)?;
            }
            if self.momentum > 0.0 {
                g = match kept.take() {
                    Some(m) => ((m * self.momentum)? + g)?,
                    None => g,
                };
                *kept = Some(g.clone());
            }
            p.set(&(p.as_detached_tensor() - (g * 1e-3)?)?)?;
        }
        Ok(())
    }
}

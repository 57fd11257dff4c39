//! The workloads of benches/README.md in candle, as far as it can do them.

mod net;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc;

use candle_core::{D, Result, Tensor, Var};
use candle_nn::loss::{cross_entropy, mse};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, ops};
use net::{CPU, Conv, Linear, Sgd, batch_norm, labels, normalised, normals};
use talk::{Work, serve, stream};

/// Turns off that gradients are cut from the graph; candle reads it once a thread.
const KEEP_GRAPH: &str = "CANDLE_GRAD_DO_NOT_DETACH";

type Loss = Box<dyn Fn() -> Result<Tensor>>;

fn number(loss: &Loss) -> Option<f64> {
    Some(f64::from(loss().expect("a loss").to_scalar::<f32>().expect("a scalar")))
}

/// A step of SGD on a loss.
fn descended(leaves: Vec<Var>, loss: Loss, momentum: f64, decay: f64) -> Work {
    let loss = Rc::new(loss);
    let again = Rc::clone(&loss);
    let mut sgd = Sgd { momentum, decay, kept: Vec::new() };
    let mut step = move || sgd.step(&leaves, &loss()?.backward()?);
    Work { step: Box::new(move || step().expect("a step")), loss: Box::new(move || number(&again)) }
}

fn mlp(sizes: &[usize], p: f32, batch: usize) -> Result<Work> {
    let (mut leaves, mut layers, mut norms) = (Vec::new(), Vec::new(), Vec::new());
    for (i, n) in sizes.windows(2).enumerate() {
        layers.push(Linear::new(10 + i as u64, n[0], n[1], &mut leaves)?);
    }
    for n in &sizes[1..sizes.len() - 1] {
        norms.push(batch_norm(*n, &mut leaves)?);
    }
    let (x, labels) = (normals(1, &[batch, sizes[0]])?, labels(batch, 10)?);
    let loss = move || {
        let mut h = x.clone();
        for (layer, norm) in layers.iter().zip(&norms) {
            h = normalised(norm, &layer.forward(&h)?)?.relu()?;
            if p > 0.0 {
                h = ops::dropout(&h, p)?;
            }
        }
        cross_entropy(&layers[norms.len()].forward(&h)?, &labels)
    };
    Ok(descended(leaves, Box::new(loss), 0.9, 1e-4))
}

fn tiny_gaussian() -> Result<Work> {
    let mut leaves = Vec::new();
    let mut net = |s: u64| -> Result<(Linear, Linear)> {
        Ok((Linear::new(s, 8, 50, &mut leaves)?, Linear::new(s + 1, 50, 1, &mut leaves)?))
    };
    let (mean, spread) = (net(10)?, net(20)?);
    let (x, y) = (normals(1, &[32, 8])?, normals(3, &[32, 1])?);
    let run = |net: &(Linear, Linear), x: &Tensor| net.1.forward(&net.0.forward(x)?.relu()?);
    let loss = move || {
        let v = ((run(&spread, &x)?.exp()? + 1.0)?.log()? + 1e-6)?;
        let square = (&y - run(&mean, &x)?)?.sqr()?;
        ((v.log()? + (square / v)?)?.mean_all()? * 0.5)?.squeeze_all()
    };
    let params = ParamsAdamW { lr: 1e-3, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut adam = AdamW::new(leaves, params)?;
    let loss: Rc<Loss> = Rc::new(Box::new(loss));
    let again = Rc::clone(&loss);
    let mut step = move || adam.backward_step(&loss()?);
    Ok(Work { step: Box::new(move || step().expect("a step")), loss: Box::new(move || number(&again)) })
}

trait Squeezed {
    fn squeeze_all(&self) -> Result<Tensor>;
}

impl Squeezed for Tensor {
    /// A tensor of one number as a scalar.
    fn squeeze_all(&self) -> Result<Tensor> {
        self.reshape(())
    }
}

fn penalised(sizes: &'static [usize], batch: usize) -> Result<Work> {
    let (mut leaves, mut layers) = (Vec::new(), Vec::new());
    for (i, n) in sizes.windows(2).enumerate() {
        layers.push(Linear::new(10 + i as u64, n[0], n[1], &mut leaves)?);
    }
    let x = normals(1, &[batch, sizes[0]])?;
    let (labels, y) = (labels(batch, 10)?, normals(3, &[batch, 1])?);
    let all = leaves.clone();
    let loss = move || {
        let mut h = x.clone();
        for layer in &layers[..layers.len() - 1] {
            h = layer.forward(&h)?.tanh()?;
        }
        let z = layers[layers.len() - 1].forward(&h)?;
        let data = if z.dim(D::Minus1)? == 1 { mse(&z, &y)? } else { cross_entropy(&z, &labels)? };
        let grads = data.backward()?;
        let mut sum = data;
        for g in all.iter().filter_map(|leaf| grads.get(leaf)) {
            sum = (sum + (g.sqr()?.sum_all()? * 0.01)?)?;
        }
        Ok(sum)
    };
    Ok(descended(leaves, Box::new(loss), 0.0, 0.0))
}

/// The same on a thread of its own, where gradients keep their graph.
fn elsewhere(make: impl FnOnce() -> Result<Work> + Send + 'static) -> Work {
    let ((ask, asked), (tell, told)) = (mpsc::channel::<bool>(), mpsc::channel::<Option<f64>>());
    std::env::set_var(KEEP_GRAPH, "1");
    std::thread::spawn(move || {
        let mut work = make().expect("a workload");
        for step in asked {
            let answer = if step {
                (work.step)();
                None
            } else {
                (work.loss)()
            };
            tell.send(answer).expect("the other end listens");
        }
    });
    let ends = Rc::new((ask, told));
    let talk = move |ends: &(mpsc::Sender<bool>, mpsc::Receiver<Option<f64>>), step| {
        ends.0.send(step).expect("the thread lives");
        ends.1.recv().expect("the thread answers")
    };
    let again = Rc::clone(&ends);
    Work {
        step: Box::new(move || {
            talk(&ends, true);
        }),
        loss: Box::new(move || talk(&again, false)),
    }
}

fn cnn() -> Result<Work> {
    let mut leaves = Vec::new();
    let convs = [Conv::new(10, 1, 32, &mut leaves)?, Conv::new(11, 32, 64, &mut leaves)?];
    let norms = [batch_norm(32, &mut leaves)?, batch_norm(64, &mut leaves)?];
    let head = [Linear::new(12, 3136, 128, &mut leaves)?, Linear::new(13, 128, 10, &mut leaves)?];
    let (x, labels) = (normals(1, &[64, 1, 28, 28])?, labels(64, 10)?);
    let loss = move || {
        let mut h = x.clone();
        for (conv, norm) in convs.iter().zip(&norms) {
            h = normalised(norm, &conv.forward(&h)?)?.relu()?.max_pool2d(2)?;
        }
        let h = head[0].forward(&h.flatten_from(1)?)?.relu()?;
        cross_entropy(&head[1].forward(&h)?, &labels)
    };
    Ok(descended(leaves, Box::new(loss), 0.9, 0.0))
}

/// The gradient of a loss in one leaf; with dropout off (the check) a step of descent follows.
fn gradient(leaf: Var, loss: Loss, timed: bool) -> Work {
    let loss = Rc::new(loss);
    let again = Rc::clone(&loss);
    let step = move || -> Result<()> {
        let grads = loss()?.backward()?;
        if !timed {
            let g = grads.get(&leaf).expect("a gradient").detach();
            leaf.set(&(leaf.as_detached_tensor() - (g * 1e-3)?)?)?;
        }
        Ok(())
    };
    Work { step: Box::new(move || step().expect("a step")), loss: Box::new(move || number(&again)) }
}

fn elementwise(timed: bool) -> Result<Work> {
    let x = Var::from_vec(stream::normals(1, 1 << 20, 1.0), 1 << 20, CPU)?;
    let at = x.clone();
    let loss = move || {
        let softplus = (at.exp()? + 1.0)?.log()?;
        ((ops::sigmoid(&at)? * softplus)? + at.sqr()?.neg()?.exp()?)?.sum_all()
    };
    Ok(gradient(x, Box::new(loss), timed))
}

fn adam_10m() -> Result<Work> {
    let p = Var::from_vec(stream::normals(1, 10_000_000, 1.0), 10_000_000, CPU)?;
    // The gradient of ⟨p, g⟩ in p is g; candle builds its store of gradients by a backward pass alone.
    let g = normals(2, &[10_000_000])?;
    let grads = (p.as_tensor() * &g)?.sum_all()?.backward()?;
    let params = ParamsAdamW { lr: 1e-3, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut adam = AdamW::new(vec![p.clone()], params)?;
    let loss = move || {
        let square = p.as_detached_tensor().sqr().and_then(|s| s.mean_all()).and_then(|m| m.to_scalar::<f32>());
        Some(f64::from(square.expect("a mean")))
    };
    Ok(Work { step: Box::new(move || adam.step(&grads).expect("a step")), loss: Box::new(loss) })
}

/// 100 tanh on 4x4: forward, or forward and backward of the sum.
fn chain(backward: bool, timed: bool) -> Result<Work> {
    let x = Var::from_vec(stream::normals(1, 16, 1.0), (4, 4), CPU)?;
    let at = x.clone();
    let forward = move || (0..100).try_fold(at.as_tensor().clone(), |y, _| y.tanh());
    if timed && !backward {
        let keep = RefCell::new(None);
        let step = move || drop(keep.replace(Some(forward().expect("a chain"))));
        return Ok(Work { step: Box::new(step), loss: Box::new(|| None) });
    }
    Ok(gradient(x, Box::new(move || forward()?.sum_all()), timed))
}

fn main() {
    // Before the variable is ever set: this thread shall cut gradients from the graph, as candle does by default.
    let one = Var::ones((), candle_core::DType::F32, CPU).expect("a number");
    one.sqr().and_then(|y| y.backward()).expect("a gradient");
    serve(&[
        ("mlp_digits", 1, |on| mlp(&[64, 128, 128, 10], if on { 0.2 } else { 0.0 }, 64).expect("a net")),
        ("mlp_bn_dropout", 1, |on| mlp(&[784, 512, 512, 10], if on { 0.5 } else { 0.0 }, 128).expect("a net")),
        ("tiny_gaussian", 1, |_| tiny_gaussian().expect("two nets")),
        ("grad_penalty", 1, |_| elsewhere(|| penalised(&[784, 256, 256, 10], 128))),
        ("grad_penalty_tiny", 1, |_| elsewhere(|| penalised(&[8, 32, 32, 1], 64))),
        ("cnn", 1, |_| cnn().expect("a net")),
        ("elementwise", 1, |on| elementwise(on).expect("a tensor")),
        ("adam_10m", 1, |_| adam_10m().expect("a tensor")),
        ("chain_tanh_forward", 100, |on| chain(false, on).expect("a chain")),
        ("chain_tanh", 100, |on| chain(true, on).expect("a chain")),
    ]);
}

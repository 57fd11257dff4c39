//! Functions of many numbers, nothing recorded: what the kernels of elementwise mathematics take.

use super::{Purpose, Row, Work, normals};
use gradus::tensor::{Tensor, no_grad};

#[derive(Debug)]
struct Of {
    f: fn(&Tensor) -> Tensor,
    x: Tensor,
}

fn of(f: fn(&Tensor) -> Tensor, n: usize, positive: bool) -> Box<dyn Work> {
    let x = normals(1, &[n], 1.0);
    Box::new(Of { f, x: if positive { x.abs() + 0.01 } else { x } })
}

impl Work for Of {
    fn step(&mut self) {
        no_grad(|| (self.f)(&self.x));
    }

    /// The mean of the results.
    fn loss(&mut self) -> Option<f64> {
        let y = (self.f)(&self.x);
        Some(y.to_vec().iter().copied().map(f64::from).sum::<f64>() / y.len() as f64)
    }
}

macro_rules! functions {
    ($($name:literal $function:ident $positive:literal;)+) => {
        /// Each function of 10⁵ and of 10⁷ standard normals (of |x| + 0.01 for logarithms).
        pub(super) const ALL: &[Row] = &[$(
            (concat!($name, "_100k"), 1, |_: Purpose| of(Tensor::$function, 100_000, $positive)),
            (concat!($name, "_10m"), 1, |_: Purpose| of(Tensor::$function, 10_000_000, $positive)),
        )+];
    };
}

functions! {
    "exp" exp false;
    "log" ln true;
    "log1p" ln_1p true;
    "tanh" tanh false;
    "sigmoid" sigmoid false;
    "softplus" softplus false;
    "erf" erf false;
    "gelu" gelu false;
    "sin" sin false;
    "cos" cos false;
}

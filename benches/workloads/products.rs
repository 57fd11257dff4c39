//! Products of two matrices, nothing recorded: what the micro-kernel takes.

use super::{Purpose, Row, Work, normals};
use gradus::tensor::{Tensor, no_grad};

#[derive(Debug)]
struct Product {
    a: Tensor,
    b: Tensor,
}

/// `[m, k]` times `[k, n]`; `turned` says which of the two lie transposed in memory and are read through a view.
fn product([m, k, n]: [usize; 3], turned: [bool; 2]) -> Box<dyn Work> {
    let matrix = |s, [rows, columns]: [usize; 2], turned: bool| {
        if turned { normals(s, &[columns, rows], 1.0).t() } else { normals(s, &[rows, columns], 1.0) }
    };
    Box::new(Product { a: matrix(10, [m, k], turned[0]), b: matrix(11, [k, n], turned[1]) })
}

impl Work for Product {
    fn step(&mut self) {
        no_grad(|| self.a.matmul(&self.b));
    }

    /// The mean of the squares of the results, by the mean that is expected of it.
    fn loss(&mut self) -> Option<f64> {
        let y = self.a.matmul(&self.b);
        let sum: f64 = y.to_vec().iter().map(|&y| f64::from(y).powi(2)).sum();
        Some(sum / (y.len() * self.a.shape()[1]) as f64)
    }
}

macro_rules! products {
    ($($name:literal [$m:literal $k:literal $n:literal];)+) => {
        /// Each product plain (`_nn`), its right operand transposed (`_nt`), its left one transposed (`_tn`).
        pub(super) const ALL: &[Row] = &[$(
            (concat!("matmul_", $name, "_nn"), 1, |_: Purpose| product([$m, $k, $n], [false, false])),
            (concat!("matmul_", $name, "_nt"), 1, |_: Purpose| product([$m, $k, $n], [false, true])),
            (concat!("matmul_", $name, "_tn"), 1, |_: Purpose| product([$m, $k, $n], [true, false])),
        )+];
    };
}

products! {
    "128" [128 128 128];
    "256" [256 256 256];
    "512" [512 512 512];
    "1024" [1024 1024 1024];
    "2048" [2048 2048 2048];
    "128x784x512" [128 784 512];
    "128x190x190" [128 190 190];
    "128x512x10" [128 512 10];
    "32x8x50" [32 8 50];
}

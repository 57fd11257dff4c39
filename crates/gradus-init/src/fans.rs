//! Fans: how many inputs a unit sums over, and how many units an input feeds.

/// `fan_in` numbers are summed into an output; an input goes into `fan_out` outputs.
///
/// With independent weights of mean 0, Var z = fan_in · Var W · E\[x²\] and Var ∂L/∂x = fan_out · Var W · Var ∂L/∂z
/// (Glorot & Bengio 2010, eqs. 5 and 6; He et al. 2015, eqs. 7 and 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fans {
    /// Terms of the sum that is one output.
    pub fan_in: usize,
    /// Outputs that one input goes into.
    pub fan_out: usize,
}

impl Fans {
    /// A dense layer z = Wx, W `(n_out, n_in)`: fans n_in and n_out.
    pub fn dense(n_in: usize, n_out: usize) -> Fans {
        Fans { fan_in: n_in, fan_out: n_out }
    }

    /// A convolution with weight `(n_out, n_in / groups, k₁, k₂, …)`: fans (n_in / groups)·∏k and (n_out / groups)·∏k.
    ///
    /// At the border, and with a stride s, an input feeds fewer outputs: about fan_out / ∏s. (PyTorch's fan_out leaves out the
    /// groups: it is n_out·∏k.)
    ///
    /// # Panics
    /// If `groups` does not divide both channel numbers.
    #[track_caller]
    #[doc(alias = "_calculate_fan_in_and_fan_out")]
    pub fn conv(n_in: usize, n_out: usize, kernel: &[usize], groups: usize) -> Fans {
        assert!(
            groups > 0 && n_in.is_multiple_of(groups) && n_out.is_multiple_of(groups),
            "Fans::conv: {groups} groups do not divide {n_in} inputs and {n_out} outputs"
        );
        let field: usize = kernel.iter().product();
        Fans { fan_in: n_in / groups * field, fan_out: n_out / groups * field }
    }

    /// A transposed convolution with weight `(n_in, n_out / groups, k₁, k₂, …)`: again (n_in / groups)·∏k and (n_out / groups)·∏k.
    ///
    /// The weight's first axis is the *input*, so fans read off its shape as if it were a convolution's are the wrong way
    /// round, as PyTorch's are. With a stride s an output sums about fan_in / ∏s terms.
    ///
    /// # Panics
    /// If `groups` does not divide both channel numbers.
    #[track_caller]
    pub fn conv_transposed(n_in: usize, n_out: usize, kernel: &[usize], groups: usize) -> Fans {
        Fans::conv(n_in, n_out, kernel, groups)
    }

    /// A table of `dim` numbers for each of `entries`: `(entries, dim)`. A look-up copies one row, so fan_in is 1; a row feeds its
    /// `dim` outputs.
    pub fn embedding(entries: usize, dim: usize) -> Fans {
        let _ = entries;
        Fans { fan_in: 1, fan_out: dim }
    }

    /// A recurrent layer's weight with stacked gates, `(gates·n_hidden, n_in)`: each gate is a dense layer of its own, with fans
    /// n_in and n_hidden. (For the state's weight n_in is n_hidden. Where a gate sums W x + U h, each carries half the variance:
    /// use a gain of √½ on both to keep it.)
    pub fn recurrent(n_in: usize, n_hidden: usize) -> Fans {
        Fans { fan_in: n_in, fan_out: n_hidden }
    }

    /// From the shape of a dense `(n_out, n_in)` or, with more axes, an ungrouped convolution's weight `(n_out, n_in, k₁, …)`; none for
    /// fewer than two axes.
    pub fn of(shape: &[usize]) -> Option<Fans> {
        match *shape {
            [n_out, n_in, ref kernel @ ..] => Some(Fans::conv(n_in, n_out, kernel, 1)),
            _ => None,
        }
    }

    /// The number that `fan` names.
    pub fn by(self, fan: Fan) -> f64 {
        let (a, b) = (self.fan_in as f64, self.fan_out as f64);
        match fan {
            Fan::In => a,
            Fan::Out => b,
            Fan::Average => (a + b) / 2.0,
            Fan::Geometric => (a * b).sqrt(),
        }
    }
}

/// Which fan a variance is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fan {
    /// fan_in: forward variance is kept.
    In,
    /// fan_out: backward variance is kept.
    Out,
    /// (fan_in + fan_out) / 2: Glorot's compromise.
    Average,
    /// √(fan_in · fan_out): forward and backward variance are off by inverse factors, so their product is kept.
    Geometric,
}

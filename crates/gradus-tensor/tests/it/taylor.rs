//! An independent evaluator: numbers truncated in three directions, ε₁² = ε₂² = ε₃² = 0, in arrays of plain loops. It shares nothing with
//! the engine: derivatives come from the Taylor coefficients of each function, not from rules.

/// a = Σ over subsets S of {1, 2, 3} of a[S] Π εᵢ: a[0b111] is the third derivative along three directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Jet(pub(crate) [f64; 8]);

impl Jet {
    pub(crate) fn constant(x: f64) -> Self {
        let mut a = [0.0; 8];
        a[0] = x;
        Jet(a)
    }

    pub(crate) fn plus(self, b: Self) -> Self {
        Jet(std::array::from_fn(|s| self.0[s] + b.0[s]))
    }

    pub(crate) fn times(self, b: Self) -> Self {
        let part = |s: usize| (0..8).filter(|t| t & s == *t).map(|t| self.0[t] * b.0[s ^ t]).sum();
        Jet(std::array::from_fn(part))
    }

    pub(crate) fn scaled(self, c: f64) -> Self {
        Jet(self.0.map(|x| c * x))
    }

    /// f(a) = Σ cₖ (a − a₀)ᵏ, where cₖ are the Taylor coefficients of f at a₀: the fourth power of the rest is zero.
    pub(crate) fn compose(self, c: [f64; 4]) -> Self {
        let mut rest = self;
        rest.0[0] = 0.0;
        let mut y = Jet::constant(c[3]);
        for k in (0..3).rev() {
            y = y.times(rest).plus(Jet::constant(c[k]));
        }
        y
    }

    pub(crate) fn recip(self) -> Self {
        let r = 1.0 / self.0[0];
        self.compose([r, -r * r, r * r * r, -r * r * r * r])
    }

    pub(crate) fn exp(self) -> Self {
        let e = self.0[0].exp();
        self.compose([e, e, e / 2.0, e / 6.0])
    }

    pub(crate) fn ln(self) -> Self {
        let r = 1.0 / self.0[0];
        self.compose([self.0[0].ln(), r, -r * r / 2.0, r * r * r / 3.0])
    }

    /// The series of tan, tanh and their kin: y' = p + q y², so that c₁ = y', c₂ = q y y', c₃ = q (y'² + 2 q y² y')/3.
    pub(crate) fn riccati(self, y: f64, p: f64, q: f64) -> Self {
        let d = p + q * y * y;
        self.compose([y, d, q * y * d, q * (d * d + 2.0 * q * y * y * d) / 3.0])
    }

    pub(crate) fn power(self, c: f64) -> Self {
        let x = self.0[0];
        let term = |k: i32, b: f64| b * x.powf(c - f64::from(k));
        self.compose([term(0, 1.0), term(1, c), term(2, c * (c - 1.0) / 2.0), term(3, c * (c - 1.0) * (c - 2.0) / 6.0)])
    }

    /// The function whose derivative has the coefficients d₀, d₁, d₂ at a₀, and whose value there is y.
    pub(crate) fn integral(self, y: f64, d: [f64; 3]) -> Self {
        self.compose([y, d[0], d[1] / 2.0, d[2] / 3.0])
    }
}

/// Jets in row-major order.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) shape: Vec<usize>,
    pub(crate) data: Vec<Jet>,
}

impl Array {
    /// Builds an array from the function of an index.
    pub(crate) fn build(shape: &[usize], f: impl Fn(&[usize]) -> Jet) -> Self {
        let n: usize = shape.iter().product();
        let at = |mut i: usize| {
            let mut index = vec![0; shape.len()];
            for k in (0..shape.len()).rev() {
                index[k] = i % shape[k];
                i /= shape[k];
            }
            f(&index)
        };
        Array { shape: shape.to_vec(), data: (0..n).map(at).collect() }
    }

    /// The element at an index, which may have more axes, or longer ones where ours are 1: broadcasting.
    pub(crate) fn at(&self, index: &[usize]) -> Jet {
        let skip = index.len() - self.shape.len();
        let place = self.shape.iter().zip(&index[skip..]).fold(0, |p, (&n, &i)| p * n + if n == 1 { 0 } else { i });
        self.data[place]
    }

    pub(crate) fn map(&self, f: impl Fn(Jet) -> Jet) -> Self {
        Array { shape: self.shape.clone(), data: self.data.iter().map(|&x| f(x)).collect() }
    }

    pub(crate) fn zip(&self, b: &Self, f: impl Fn(Jet, Jet) -> Jet) -> Option<Self> {
        let rank = self.shape.len().max(b.shape.len());
        let length = |s: &[usize], k: usize| if k + s.len() < rank { 1 } else { s[k + s.len() - rank] };
        let shape: Option<Vec<usize>> = (0..rank)
            .map(|k| match (length(&self.shape, k), length(&b.shape, k)) {
                (m, n) if m == n || n == 1 => Some(m),
                (1, n) => Some(n),
                _ => None,
            })
            .collect();
        Some(Self::build(&shape?, |i| f(self.at(i), b.at(i))))
    }
}

//! Sets made of sets: one map after another, several along an axis, a kernel seen as a matrix.

use gradus_tensor::rand::Rng;
use gradus_tensor::{Error, ErrorKind, Parametrization, Real, Result, Tensor};
use std::sync::Arc;

type Part<T> = Arc<dyn Parametrization<T>>;

/// x = h(g(y)): the first map, then the second, which must have one leaf.
///
/// The set is h(image of g); `defect` looks at h's set, and at g's through h's right inverse.
#[derive(Clone, Debug)]
pub struct Then<T: Real> {
    first: Part<T>,
    second: Part<T>,
}

impl<T: Real> Then<T> {
    /// `second` after `first`.
    ///
    /// # Panics
    /// If `second` takes several leaves.
    #[must_use]
    #[track_caller]
    pub fn new(first: impl Parametrization<T> + 'static, second: impl Parametrization<T> + 'static) -> Self {
        match Then::of(Arc::new(first), Arc::new(second)) {
            Ok(then) => then,
            Err(e) => panic!("{e}"),
        }
    }

    /// [`new`](Then::new) of sets that are shared.
    ///
    /// # Errors
    /// If `second` takes several leaves.
    pub fn of(first: Part<T>, second: Part<T>) -> Result<Self> {
        let n = second.leaves();
        if n != 1 {
            let why = format!("Then: the second map must take one leaf, {} takes {n}; put it first", second.name());
            return Err(Error::new(ErrorKind::Data, why));
        }
        Ok(Then { first, second })
    }
}

impl<T: Real> Parametrization<T> for Then<T> {
    fn name(&self) -> &str {
        self.second.name()
    }
    fn leaves(&self) -> usize {
        self.first.leaves()
    }
    fn fixed(&self) -> usize {
        self.first.fixed() + self.second.fixed()
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        let (own, others) = y.split_at(y.len() - self.second.fixed());
        let z = std::iter::once(self.first.forward(own)).chain(others.iter().cloned()).collect::<Vec<_>>();
        self.second.forward(&z)
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let mut z = self.second.right_inverse(x)?.into_iter();
        let Some(inner) = z.next() else { return Ok(Vec::new()) };
        Ok(self.first.right_inverse(&inner)?.into_iter().chain(z).collect())
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        let inner = self.second.right_inverse(x).map_or(f64::INFINITY, |z| self.first.defect(&z[0]));
        self.second.defect(x).max(inner)
    }
    /// The second map of a sample of the first.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        let z = self.second.right_inverse(&self.second.sample(shape, rng)?)?;
        let inner = self.first.sample(z[0].shape(), rng)?;
        Ok(self.second.forward(&std::iter::once(inner).chain(z[1..].iter().cloned()).collect::<Vec<_>>()))
    }
}

/// Several sets side by side along an axis: the first `len₁` places in the first set, and so on.
#[derive(Clone, Debug)]
pub struct Product<T: Real> {
    axis: isize,
    parts: Vec<(usize, Part<T>)>,
}

impl<T: Real> Product<T> {
    /// A product along `axis`, with no parts yet.
    #[must_use]
    pub fn along(axis: isize) -> Self {
        Product { axis, parts: Vec::new() }
    }

    /// The next `len` places in this set.
    #[must_use]
    pub fn with(mut self, len: usize, set: impl Parametrization<T> + 'static) -> Self {
        self.parts.push((len, Arc::new(set)));
        self
    }

    fn pieces(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        self.check(x.shape())?;
        let mut start = 0;
        let piece = |(len, _): &(usize, Part<T>)| {
            start += len;
            x.narrow(self.axis, start - len, *len)
        };
        Ok(self.parts.iter().map(piece).collect())
    }

    fn check(&self, shape: &[usize]) -> Result<usize> {
        let (rank, total) = (shape.len() as isize, self.parts.iter().map(|p| p.0).sum::<usize>());
        let axis = if self.axis < 0 { self.axis + rank } else { self.axis };
        if axis < 0 || axis >= rank || shape[axis as usize] != total {
            let why = format!("product: the parts fill {total} places of axis {}, got shape {shape:?}", self.axis);
            return Err(Error::new(ErrorKind::Shape, why));
        }
        Ok(axis as usize)
    }
}

impl<T: Real> Parametrization<T> for Product<T> {
    fn name(&self) -> &str {
        "product"
    }
    fn leaves(&self) -> usize {
        self.parts.iter().map(|p| p.1.leaves()).sum()
    }
    fn fixed(&self) -> usize {
        self.parts.iter().map(|p| p.1.fixed()).sum()
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        let (mut leaf, mut fixed) = (0, self.leaves());
        let image = |(_, g): &(usize, Part<T>)| {
            let own = [&y[leaf..leaf + g.leaves()], &y[fixed..fixed + g.fixed()]].concat();
            leaf += g.leaves();
            fixed += g.fixed();
            g.forward(&own)
        };
        Tensor::concat(&self.parts.iter().map(image).collect::<Vec<_>>(), self.axis)
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let (mut leaves, mut fixed) = (Vec::new(), Vec::new());
        for ((_, g), piece) in self.parts.iter().zip(self.pieces(x)?) {
            let mut y = g.right_inverse(&piece)?;
            fixed.extend(y.split_off(g.leaves()));
            leaves.extend(y);
        }
        leaves.extend(fixed);
        Ok(leaves)
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        let Ok(pieces) = self.pieces(x) else { return f64::INFINITY };
        crate::numbers::worst(self.parts.iter().zip(&pieces).map(|((_, g), x)| g.defect(x)))
    }
    /// Samples of the parts, independent.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        let axis = self.check(shape)?;
        let mut pieces = Vec::new();
        for (len, g) in &self.parts {
            let mut shape = shape.to_vec();
            shape[axis] = *len;
            pieces.push(g.sample(&shape, rng)?);
        }
        Ok(Tensor::concat(&pieces, self.axis))
    }
}

/// A convolution's kernel `[out, in, k, k]` held to a set of matrices `[out, in·k·k]`.
///
/// One fixed tensor without numbers remembers the kernel's shape.
#[derive(Clone, Debug)]
pub struct AsMatrix<T: Real>(Part<T>);

impl<T: Real> AsMatrix<T> {
    /// The set `g` of matrices, for kernels.
    #[must_use]
    pub fn new(g: impl Parametrization<T> + 'static) -> Self {
        Self::of(Arc::new(g))
    }

    /// [`new`](Self::new) from a set that others hold too.
    #[must_use]
    pub fn of(g: Arc<dyn Parametrization<T>>) -> Self {
        AsMatrix(g)
    }
}

fn flat(shape: &[usize]) -> Result<[usize; 2]> {
    match shape {
        [out, rest @ ..] if !rest.is_empty() => Ok([*out, rest.iter().product()]),
        _ => Err(Error::new(ErrorKind::Shape, format!("a kernel has at least two axes, got shape {shape:?}"))),
    }
}

impl<T: Real> Parametrization<T> for AsMatrix<T> {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn leaves(&self) -> usize {
        self.0.leaves()
    }
    fn fixed(&self) -> usize {
        self.0.fixed() + 1
    }
    fn forward(&self, y: &[Tensor<T>]) -> Tensor<T> {
        let (shape, own) = (y[y.len() - 1].shape(), &y[..y.len() - 1]);
        self.0.forward(own).reshape(&shape[1..])
    }
    fn right_inverse(&self, x: &Tensor<T>) -> Result<Vec<Tensor<T>>> {
        let mut y = self.0.right_inverse(&x.reshape(&flat(x.shape())?))?;
        y.push(Tensor::zeros(&[&[0], x.shape()].concat()));
        Ok(y)
    }
    fn defect(&self, x: &Tensor<T>) -> f64 {
        flat(x.shape()).map_or(f64::INFINITY, |shape| self.0.defect(&x.reshape(&shape)))
    }
    /// A sample of the set of matrices.
    fn sample(&self, shape: &[usize], rng: &mut dyn Rng) -> Result<Tensor<T>> {
        Ok(self.0.sample(&flat(shape)?, rng)?.reshape(shape))
    }
}

//! Sums of products by Einstein's notation, made of permute, diagonal, reshape, matmul and sum.

use super::subscripts::{Label, Subscripts};
use crate::case::{Case, Room, spread};
use crate::message;
use crate::node::Tensor;
use crate::real::Real;
use crate::shape::Dims;

/// y = Σ Πₖ xₖ over the letters that the output does not name.
#[derive(Clone, Debug)]
pub struct Einsum;

/// An operand with a name for each axis.
struct Term<T: Real> {
    x: Tensor<T>,
    labels: Vec<Label>,
}

impl<T: Real> Term<T> {
    /// An operand with each label once: repeated ones become a diagonal, axes of length 1 that others stretch go.
    fn new(x: &Tensor<T>, labels: &[Label], spec: &Subscripts) -> Self {
        let mut term = Term { x: x.clone(), labels: labels.to_vec() };
        for k in (0..labels.len()).rev() {
            if term.x.shape()[k] != spec.length(labels[k]) {
                term.x = term.x.squeeze(k as isize);
                term.labels.remove(k);
            }
        }
        while let Some((p, q)) = repeated(&term.labels) {
            term.x = diagonal(&term.x, p, q);
            let label = term.labels[p];
            term.labels.retain(|&l| l != label);
            term.labels.push(label);
        }
        term
    }

    fn has(&self, label: Label) -> bool {
        self.labels.contains(&label)
    }

    /// Sums over the labels that are not kept.
    fn keep(self, kept: impl Fn(Label) -> bool) -> Self {
        let axes: Vec<isize> = (0..self.labels.len()).filter(|&k| !kept(self.labels[k])).map(|k| k as isize).collect();
        if axes.is_empty() {
            return self;
        }
        let labels = self.labels.iter().copied().filter(|&l| kept(l)).collect();
        Term { x: self.x.sum_axes(&axes, false), labels }
    }

    /// The axes in the order of `labels`, which are all of them.
    fn order(&self, labels: &[Label]) -> Tensor<T> {
        let at = |l: &Label| self.labels.iter().position(|m| m == l);
        let order: Dims = labels.iter().filter_map(at).collect();
        if order.iter().copied().eq(0..order.len()) { self.x.clone() } else { self.x.permute(&order) }
    }

    /// The product of two, summed over what both have and nobody needs later: one product of matrices.
    fn times(self, other: Self, needed: impl Fn(Label) -> bool, length: impl Fn(Label) -> usize) -> Self {
        let a = self.keep(|l| needed(l) || other.has(l));
        let b = other.keep(|l| needed(l) || a.has(l));
        let of = |t: &Self, f: &dyn Fn(Label) -> bool| t.labels.iter().copied().filter(|&l| f(l)).collect::<Vec<_>>();
        let batch = of(&a, &|l| b.has(l) && needed(l));
        let summed = of(&a, &|l| b.has(l) && !needed(l));
        let (left, right) = (of(&a, &|l| !b.has(l)), of(&b, &|l| !a.has(l)));
        let count = |labels: &[Label]| labels.iter().map(|&l| length(l)).product::<usize>();
        let matrix = |t: &Self, rows: &[Label], columns: &[Label]| {
            let x = t.order(&[&batch[..], rows, columns].concat());
            let lead = (!batch.is_empty()).then(|| count(&batch));
            x.reshape(&lead.into_iter().chain([count(rows), count(columns)]).collect::<Dims>())
        };
        let y = matrix(&a, &left, &summed).matmul(&matrix(&b, &summed, &right));
        let labels = [batch, left, right].concat();
        let shape: Dims = labels.iter().map(|&l| length(l)).collect();
        Term { x: y.reshape(&shape), labels }
    }
}

/// Two places with the same label.
fn repeated(labels: &[Label]) -> Option<(usize, usize)> {
    (0..labels.len()).find_map(|q| labels[..q].iter().position(|&l| l == labels[q]).map(|p| (p, q)))
}

/// The elements whose indices along axes p and q are equal; that axis comes last.
fn diagonal<T: Real>(x: &Tensor<T>, p: usize, q: usize) -> Tensor<T> {
    let order: Dims = (0..x.rank()).filter(|&k| k != p && k != q).chain([p, q]).collect();
    x.permute(&order).diagonal(0)
}

impl<T: Real> Tensor<T> {
    /// A sum of products in Einstein's notation: each letter names an axis; letters that the output does not name are summed over.
    ///
    /// `"ij,jk->ik"` is the matrix product, `"bij,bjk->bik"` a batch of them, `"ii->i"` the diagonal, `"i,j->ij"` the outer product,
    /// `"...ij->...ji"` the transpose (`...` stands for any axes, which broadcast). Without `->` the output is what `...` stands for and the
    /// letters that come once, in the order of the alphabet. Operands are multiplied from left to right, each time by one product of
    /// matrices, so put those first whose product is small.
    ///
    /// ```
    /// use gradus_tensor::Tensor;
    /// let a = Tensor::<f64>::from_slice(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    /// let x = Tensor::from_slice(&[2], &[1.0, -1.0]);
    /// assert_eq!(Tensor::einsum("i,ij,j->", &[&x, &a, &x]).item(), 0.0);
    /// assert_eq!(Tensor::einsum("ii->i", &[&a]).to_vec(), [1.0, 4.0]);
    /// ```
    ///
    /// # Panics
    /// If the notation is malformed, or does not fit the operands: the message says where.
    #[track_caller]
    #[must_use]
    pub fn einsum(spec: &str, operands: &[&Self]) -> Self {
        let shapes: Vec<&[usize]> = operands.iter().map(|x| x.shape()).collect();
        let spec = match Subscripts::parse(spec, &shapes) {
            Ok(spec) => spec,
            Err(why) => message::panic_with(&why),
        };
        let mut terms = operands.iter().zip(&spec.inputs).map(|(x, labels)| Term::new(x, labels, &spec));
        let Some(mut product) = terms.next() else {
            message::panic_with("einsum: no operands were given; at least one is needed")
        };
        for (k, next) in terms.enumerate() {
            let later = &spec.inputs[k + 2..];
            let needed = |l: Label| spec.output.contains(&l) || later.iter().any(|labels| labels.contains(&l));
            product = product.times(next, needed, |l| spec.length(l));
        }
        let y = product.keep(|l| spec.output.contains(&l)).order(&spec.output);
        // A node of its own, also where nothing was left to do.
        if y.is_same(operands[0]) { y.reshape(y.shape()) } else { y }
    }
}

impl Room for Einsum {
    const NAME: &'static str = "einsum";
    const FORMULA: &'static str = "y = Σ Πₖ xₖ over letters not in the output";
    #[inline]
    fn cases() -> Vec<Case> {
        let on = |spec: &'static str, shapes: &[&[usize]]| {
            let inputs = shapes.iter().enumerate().map(|(i, s)| spread(s, i as u64 + 1)).collect();
            Case::new(spec, inputs, move |x| Tensor::einsum(spec, &x.iter().collect::<Vec<_>>()).square())
        };
        let a = || spread(&[2, 3], 1);
        let against = |label: &str, inputs, f: fn(&[Tensor<f64>]) -> Tensor<f64>| Case::new(label, inputs, f);
        vec![
            on("ij,jk->ik", &[&[2, 3], &[3, 2]]),
            on("ij,kj->ki", &[&[2, 3], &[2, 3]]),
            on("bij,bjk->bik", &[&[2, 2, 3], &[2, 3, 1]]),
            on("i,i", &[&[3], &[3]]),
            on("i,j->ij", &[&[2], &[3]]),
            on("ii", &[&[3, 3]]),
            on("ii->i", &[&[3, 3]]),
            on("iji->j", &[&[2, 3, 2]]),
            on("iii->i", &[&[2, 2, 2]]),
            on("ij->ji", &[&[2, 3]]),
            on("ij->", &[&[2, 3]]),
            on("ba", &[&[2, 3]]),
            on("i,ij,j->", &[&[2], &[2, 3], &[3]]),
            on("ij,ij,ij->i", &[&[2, 2], &[2, 2], &[2, 2]]),
            on("...ij,...jk->...ik", &[&[2, 2, 3], &[3, 2]]),
            on("...i,...i->...", &[&[2, 1, 3], &[2, 3]]),
            on("i...->...", &[&[2, 3]]),
            on("...,...", &[&[2, 3], &[1]]),
            on(",", &[&[], &[]]),
            on("ij->ij", &[&[2, 2]]),
            on("ij,jk", &[&[0, 3], &[3, 2]]),
            on("ij,jk->ik", &[&[2, 0], &[0, 2]]),
            on("ab,cd->", &[&[2, 2], &[2, 1]]),
            against("against matmul", vec![a(), spread(&[3, 2], 2)], |x| {
                Tensor::einsum("ij,jk->ik", &[&x[0], &x[1]]) - x[0].matmul(&x[1])
            }),
            against("against the trace", vec![spread(&[3, 3], 1)], |x| Tensor::einsum("ii", &[&x[0]]) - x[0].trace()),
            against("of transposed views", vec![a(), a()], |x| {
                Tensor::einsum("ij,jk->ik", &[&x[0].t(), &x[1]]).square()
            }),
            against("one operand twice", vec![a()], |x| Tensor::einsum("ij,kj->ik", &[&x[0], &x[0]])),
        ]
    }
}

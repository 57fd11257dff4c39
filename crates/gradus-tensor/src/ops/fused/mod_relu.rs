//! modReLU, the activation of orthogonal recurrent nets, in one pass; the twin is its formula.

use crate::case::{Case, Room, row, spread};
use crate::kind::Fused;
use crate::node::Tensor;
use crate::op::{Point, Refusal, Slot, Slots};
use crate::real::Real;
use crate::shape::Dims;
use gradus_kernels::View;
use gradus_kernels::norm;

/// y = sign z · max(|z| + b, 0): z `[.., n]`, b `[n]`.
///
/// At z = 0 the value is 0 and so are all derivatives, by convention (for b > 0 the function jumps there from −b to b); at |z| + b = 0,
/// the corner, the derivatives are those of the closed side, 0.
#[derive(Clone, Debug)]
pub struct ModRelu;

impl<T: Real> Fused<T> for ModRelu {
    const NAME: &'static str = "mod_relu";
    fn shape(&self, s: &[&[usize]]) -> Result<Dims, Refusal> {
        match s[0].last() {
            Some(&n) if s[1] == [n] => Ok(s[0].into()),
            _ => Err(format!(
                "mod_relu: z {:?} and b {:?} do not fit: b must be as long as the last axis of z",
                s[0], s[1]
            )),
        }
    }
    fn eval(&self, v: &[View<'_, T>], out: &mut [T], _: &mut [T]) {
        norm::mod_relu(&v[0].flat(), &v[1].flat(), out);
    }
    fn backward(&self, at: &Point<'_, T>, g: &Tensor<T>, _: &[bool]) -> Slots<T> {
        let [z, b, g] = [at.inputs[0].view().flat(), at.inputs[1].view().flat(), g.view().flat()];
        let mut db = vec![T::ZERO; b.len()];
        let dz = Tensor::build(at.inputs[0].shape(), |dz| norm::mod_relu_pull(&z, &b, &g, dz, &mut db));
        [Slot::Of(dz), Slot::Of(Tensor::from_slice(&[b.len()], &db))].into_iter().collect()
    }
    fn twin(&self, v: &[Tensor<T>]) -> Tensor<T> {
        let (z, b) = (&v[0], &v[1]);
        let sign = z.step() - (-z).step();
        &sign * (&sign * z + b).relu()
    }
}

impl<T: Real> Tensor<T> {
    /// sign z · max(|z| + b, 0) for this z (Arjovsky, Shah & Bengio 2016): the argument keeps its sign, and its size is moved by b.
    ///
    /// Value and derivatives at z = 0 are 0. Shapes: z `[.., n]`, b `[n]` or any that broadcasts to z's.
    ///
    /// # Panics
    /// If b does not broadcast to the shape of z.
    #[track_caller]
    #[must_use]
    pub fn mod_relu(&self, b: &Self) -> Self {
        if self.rank() > 0 && b.shape() == &self.shape()[self.rank() - 1..] {
            return T::apply(T::boxed(ModRelu), &[self, b]);
        }
        let wide = b.broadcast_to(self.shape()).reshape(&[self.len()]);
        self.reshape(&[self.len()]).mod_relu(&wide).reshape(self.shape())
    }
}

impl Room for ModRelu {
    const NAME: &'static str = "mod_relu";
    const FORMULA: &'static str = "y = sign z · max(|z| + b, 0)";
    #[inline]
    fn cases() -> Vec<Case> {
        let squared = |x: &[Tensor<f64>]| x[0].mod_relu(&x[1]).square();
        let at =
            |label: &str, z: &[f64], b: &[f64]| Case::new(label, vec![row(z), row(b)], |x| x[0].mod_relu(&x[1]).exp());
        vec![
            Case::new("rows", vec![spread(&[3, 4], 1), spread(&[4], 2) * 0.3], squared),
            Case::new("three axes", vec![spread(&[2, 2, 3], 1), spread(&[3], 2) * 0.3], squared),
            at("open, shut, both signs", &[0.7, -0.7, 0.2, -0.2], &[-0.4, -0.4, -0.4, -0.4]),
            at("positive b", &[0.7, -0.7], &[0.4, 0.4]),
            at("b = 0: z itself", &[0.3, -0.3], &[0.0, 0.0]),
            at("at 0, shut", &[0.0, -0.0], &[-0.5, -0.5]).expect_all([2.0, 0.0, 0.0, 0.0]),
            at("at 0 and −0, open: a jump, 0 by convention", &[0.0, -0.0], &[0.5, 0.5])
                .expect_all([2.0, 0.0, 0.0, 0.0]),
            at("tie |z| = −b: the closed side", &[0.5, -0.5], &[-0.5, -0.5]).expect_all([2.0, 0.0, 0.0, 0.0]),
            at("huge and tiny", &[1e-200, -1e-200], &[-1.0, -1.0]),
            Case::new("linear where huge", vec![row(&[1e8, -1e8]), row(&[1.0, 1.0])], |x| x[0].mod_relu(&x[1]))
                .expect_all([0.0, 2.0, 0.0, 0.0]),
            Case::new("no rows", vec![spread(&[0, 3], 1), spread(&[3], 2)], squared),
            Case::new("no units", vec![spread(&[2, 0], 1), spread(&[0], 2)], squared),
            Case::new("one element", vec![row(&[0.7]), row(&[-0.2])], squared),
            Case::new("of a transpose", vec![spread(&[3, 2], 1), spread(&[3], 2) * 0.3], |x| {
                x[0].t().mod_relu(&x[1]).square()
            }),
            Case::new("one b for all", vec![spread(&[2, 3], 1), Tensor::scalar(-0.2)], squared),
            Case::new("a b a row", vec![spread(&[2, 3], 1), spread(&[2, 1], 2) * 0.3], squared),
            Case::new("against the twin", vec![spread(&[3, 4], 1), spread(&[4], 2) * 0.3], |x| {
                (x[0].mod_relu(&x[1]) - Fused::twin(&ModRelu, x)).square()
            })
            .expect_all([0.0; 4]),
        ]
    }
}

//! Rows of the identity for an index.

use crate::case::{Case, Room, row, spread};
use crate::index::Index;
use crate::message;
use crate::node::Tensor;
use crate::real::Real;

/// y[.., c] = 1 where index[..] = c, else 0.
pub struct OneHot;

impl Index {
    /// Rows of the identity: 1 at the index, 0 elsewhere, as a constant.
    ///
    /// Shapes: index of any shape `s`, answers `[s.., classes]`. To pick rows of a table do not multiply by it but say
    /// [`Tensor::index_select`].
    ///
    /// # Panics
    /// If an index is not below `classes`.
    #[track_caller]
    #[must_use]
    pub fn one_hot<T: Real>(&self, classes: usize) -> Tensor<T> {
        if let Some(i) = self.max().filter(|&i| i as usize >= classes) {
            message::panic_with(&format!(
                "one_hot: index {i} is out of range for {classes} classes, which are counted from 0"
            ));
        }
        let shape = [self.shape(), &[classes]].concat();
        Tensor::build(&shape, |x| {
            x.fill(T::ZERO);
            self.as_slice().iter().enumerate().for_each(|(i, &c)| x[i * classes + c as usize] = T::ONE);
        })
    }
}

impl Room for OneHot {
    const NAME: &'static str = "one_hot";
    const FORMULA: &'static str = "y[.., c] = 1 where index[..] = c, else 0";
    #[inline]
    fn cases() -> Vec<Case> {
        let one = |label: &str, shape: &[usize], index: &[u32], classes| {
            let index = Index::new(shape, index.to_vec());
            Case::new(label, vec![spread(&[classes], 1)], move |x| (index.one_hot(classes) * &x[0]).exp())
        };
        let known = |label: &str, shape: &[usize], index: &[u32], sum: f64| {
            let index = Index::new(shape, index.to_vec());
            Case::new(label, vec![row(&[1.0, 10.0, 100.0])], move |x| index.one_hot(3) * &x[0]).expect_all([
                sum,
                index_count(shape),
                0.0,
                0.0,
            ])
        };
        vec![
            one("labels", &[3], &[2, 0, 1], 3),
            one("one label often", &[3], &[1, 1, 1], 3),
            one("a table of labels", &[2, 2], &[0, 1, 1, 0], 2),
            one("rank 0", &[], &[1], 3),
            one("one class", &[2], &[0, 0], 1),
            one("no labels", &[0], &[], 3),
            known("a known sum", &[4], &[0, 0, 1, 2], 112.0),
            known("of a table", &[2, 1], &[2, 2], 200.0),
            known("of nothing", &[0], &[], 0.0),
            Case::new("picks rows", vec![spread(&[3, 2], 1)], |x| {
                let index = Index::new(&[4], vec![2, 0, 0, 1]);
                (index.one_hot(3).matmul(&x[0]) - x[0].index_select(0, &index)).square()
            })
            .expect_all([0.0; 4]),
        ]
    }
}

fn index_count(shape: &[usize]) -> f64 {
    shape.iter().product::<usize>() as f64
}

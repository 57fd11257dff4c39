//! The doors to `ndarray`: in by `From`, out by `as_array` (no copy) and `to_array`.

use crate::node::Tensor;
use crate::real::Real;
use gradus_kernels::Shared;
use ndarray::{Array, ArrayD, ArrayRef, ArrayViewD, Dimension, IxDyn, ShapeBuilder};

impl<T: Real, D: Dimension> From<Array<T, D>> for Tensor<T> {
    fn from(x: Array<T, D>) -> Self {
        Tensor::from(&*x)
    }
}

impl<T: Real, D: Dimension> From<&Array<T, D>> for Tensor<T> {
    fn from(x: &Array<T, D>) -> Self {
        Tensor::from(&**x)
    }
}

impl<T: Real, D: Dimension> From<&ArrayRef<T, D>> for Tensor<T> {
    /// A copy in row-major order, of any layout.
    fn from(x: &ArrayRef<T, D>) -> Self {
        match x.as_slice() {
            Some(flat) => Tensor::from_shared(x.shape().into(), Shared::from_slice(flat)),
            None => Tensor::build(x.shape(), |out| out.iter_mut().zip(x).for_each(|(o, &x)| *o = x)),
        }
    }
}

impl<T: Real> Tensor<T> {
    /// The numbers as an `ndarray` view, without a copy; broadcast axes have stride 0.
    pub fn as_array(&self) -> ArrayViewD<'_, T> {
        let v = self.view();
        let layout = IxDyn(v.shape).strides(IxDyn(v.strides));
        ArrayViewD::from_shape(layout, v.data)
            .expect("a read-only view may have any strides that stay inside its buffer")
    }

    /// A copy as an owned `ndarray` array.
    pub fn to_array(&self) -> ArrayD<T> {
        ArrayD::from_shape_vec(IxDyn(self.shape()), self.to_vec()).expect("the copy has the tensor's shape")
    }
}

//! An op of one's own by the public trait: y = x³ + a x, with dy = (3 x² + a) dx; every further derivative, reverse and forward, follows.
//!
//! ```text
//! $ cargo run --release --example custom_op
//! f = 2.5, f' = 5, f'' = 6, f''' = 6; orders 1 to 3 in every nesting agree
//! ```

use gradus::tensor::extend::{Elementwise, Real, Slot, pointwise};
use gradus::tensor::ndarray::array;
use gradus::tensor::{Result, Tensor, check_grads, grad, grad_recorded};

/// y = x³ + a x.
#[derive(Clone, Debug)]
struct Cubic(f64);

impl<T: Real> Elementwise<1, T> for Cubic {
    const NAME: &'static str = "cubic";
    fn eval(&self, [x]: [&[T]; 1], y: &mut [T]) {
        y.iter_mut().zip(x).for_each(|(y, &x)| *y = x * x * x + T::from_f64(self.0) * x);
    }
    fn partial(&self, _: usize, [x]: [&Tensor<T>; 1], _: &Tensor<T>) -> Slot<T> {
        (x.square() * 3 + self.0).into()
    }
}

fn main() -> Result<()> {
    let cubic = |x: &Tensor<f64>| pointwise(Cubic(2.0), [x]);
    let x = Tensor::from(array![1.0_f64]).tracked();
    let y = cubic(&x) * 1.0 - 0.5;
    let first = grad_recorded(&y, &x)?;
    let second = grad_recorded(&first, &x)?;
    let third = grad(&second, &x)?;
    check_grads(cubic, &Tensor::from(array![0.0, -0.0, 1.5, -20.0]), 3)?;
    let [f, d1, d2, d3] = [&y, &first, &second, &third].map(Tensor::item);
    println!("f = {f}, f' = {d1}, f'' = {d2}, f''' = {d3}; orders 1 to 3 in every nesting agree");
    Ok(())
}

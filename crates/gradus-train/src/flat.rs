//! All numbers of a net in one row, and back: how a callback saves a net that it keeps.

use gradus_tensor::{Buffer, Module, Param, Real, Tensor, Visitor, VisitorMut};

/// Free leaves, fixed tensors and buffers in the order of the visit, each buffer after its count of updates. f64 holds f32 exactly, and
/// counts up to 2⁵³.
pub(crate) fn numbers<N: Module>(net: &N) -> Vec<f64> {
    let mut row = Row(Vec::new());
    net.visit(&mut row);
    row.0
}

/// A copy of `net`, a net of the same make, with these numbers.
///
/// # Errors
/// If there are more or fewer of them than the net has; the message says how many.
pub(crate) fn with_numbers<N: Module>(net: &N, saved: &[f64]) -> Result<N, String> {
    let own = numbers(net).len();
    if saved.len() != own {
        return Err(format!("expected the {own} numbers of the net, got {}", saved.len()));
    }
    let mut copy = net.clone();
    copy.visit_mut(&mut Put(saved.iter()));
    Ok(copy)
}

struct Row(Vec<f64>);

impl<T: Real> Visitor<T> for Row {
    fn tensor(&mut self, x: &Tensor<T>) {
        self.0.extend(x.to_vec().iter().map(|x| x.to_f64()));
    }
    fn param(&mut self, p: &Param<T>) {
        p.leaves().iter().chain(p.fixed()).for_each(|y| self.tensor(y));
    }
    fn buffer(&mut self, b: &Buffer<T>) {
        self.0.push(b.updates() as f64);
        self.tensor(&b.get());
    }
}

/// Takes its numbers from the front; their count was compared before.
struct Put<'a>(std::slice::Iter<'a, f64>);

impl Put<'_> {
    fn next<T: Real>(&mut self, n: usize) -> Vec<T> {
        self.0.by_ref().take(n).map(|&x| T::from_f64(x)).collect()
    }
}

impl<T: Real> VisitorMut<T> for Put<'_> {
    fn tensor(&mut self, x: &mut Tensor<T>) {
        let new = self.next::<T>(x.len());
        // What is no leaf, frozen or constant, stays none.
        if x.leaf().is_some() {
            x.rewrite_leaf(|x| x.copy_from_slice(&new));
        } else {
            *x = Tensor::from_slice(x.shape(), &new);
        }
    }
    fn param(&mut self, p: &mut Param<T>) {
        p.leaves_mut().iter_mut().for_each(|y| self.tensor(y));
        for y in p.fixed_mut() {
            *y = Tensor::from_slice(y.shape(), &self.next::<T>(y.len()));
        }
    }
    fn buffer(&mut self, b: &Buffer<T>) {
        let updates = self.0.next().map_or(0, |&k| k as u64);
        let shape = b.get();
        let new = Tensor::from_slice(shape.shape(), &self.next::<T>(shape.len()));
        b.set(&new, updates).expect("a buffer has its own shape");
    }
}

#[cfg(test)]
mod tests {
    use super::{numbers, with_numbers};
    use gradus_nn::constraints::Stiefel;
    use gradus_nn::{BatchNorm, Linear, Named, Sequential, to_bytes};
    use gradus_tensor::{Mode, Tensor};
    use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

    /// A constrained weight with its base point, running statistics, and a frozen weight, after one batch.
    fn net(seed: u64) -> Sequential<f64> {
        let rng = &mut Xoshiro256PlusPlus::seed_from_u64(seed);
        let held = Linear::builder(3, 3).constrain(Stiefel::expm()).build(rng);
        let mut net = Sequential::new().then(held).then(BatchNorm::new(3)).then(Linear::new(3, 2, rng));
        net.with_parameter("2.weight", |p| {
            p.set_frozen(true);
            Ok(())
        })
        .unwrap();
        net.forward(&Tensor::from_slice(&[2, 3], &[0.1, 0.2, 0.3, -0.4, seed as f64, 0.6]), &mut Mode::train(rng));
        net
    }

    #[test]
    fn a_net_comes_back_bit_for_bit_and_the_other_stays() {
        let (kept, other) = (net(1), net(2));
        let (wanted, before) = (to_bytes(&kept).unwrap(), to_bytes(&other).unwrap());
        assert_ne!(wanted, before);
        let back = with_numbers(&other, &numbers(&kept)).unwrap();
        assert_eq!((to_bytes(&back).unwrap(), to_bytes(&other).unwrap()), (wanted, before));
        let x = Tensor::from_slice(&[1, 3], &[0.5, -0.5, 0.25]);
        let at = |net: &Sequential<f64>| net.forward(&x, &mut Mode::eval()).to_vec();
        assert_eq!(at(&back), at(&kept));
        let mut long = numbers(&kept);
        long.push(0.0);
        assert!(with_numbers(&other, &long).unwrap_err().contains("numbers of the net, got"));
    }
}

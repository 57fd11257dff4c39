//! A scheme is a value that fills a weight: the trait, what it is told, and the two doors `sample` and `fill`.

use crate::blocks::Batched;
use crate::fans::Fans;
use gradus_kernels::random::Key;
use gradus_kernels::{Real, SliceMut};
use ndarray::{Array, ArrayViewMut, Dimension, IntoDimension};
use rand::Rng;
use std::fmt::Debug;
use std::sync::Arc;

/// The array to be filled: its shape, and its fans where they are known.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    shape: &'a [usize],
    fans: Option<Fans>,
}

impl<'a> Target<'a> {
    /// A weight of this shape, with the fans of [`Fans::of`].
    pub fn new(shape: &'a [usize]) -> Self {
        Target { shape, fans: Fans::of(shape) }
    }

    /// The same weight with fans that its shape does not tell (groups, transposed convolutions, embeddings, gates).
    pub fn with_fans(self, fans: Fans) -> Self {
        Target { fans: Some(fans), ..self }
    }

    /// The lengths of the axes, output first: `(n_out, n_in)`, `(n_out, n_in / groups, k₁, …)`.
    pub fn shape(&self) -> &'a [usize] {
        self.shape
    }

    /// The fans.
    ///
    /// # Panics
    /// If the shape has fewer than two axes and no fans were given; `who` asks.
    #[track_caller]
    pub fn fans(&self, who: &str) -> Fans {
        self.fans.unwrap_or_else(|| {
            panic!(
                "{who}: shape {:?} has no fans (they need two axes or more); give them by .with_fans(Fans::dense(n_in, n_out))",
                self.shape
            )
        })
    }

    /// Rows and columns of the weight as a matrix: (first axis, product of the others).
    ///
    /// # Panics
    /// If the shape has fewer than two axes; `who` asks.
    #[track_caller]
    pub fn matrix(&self, who: &str) -> (usize, usize) {
        match *self.shape {
            [rows, ref rest @ ..] if !rest.is_empty() => (rows, rest.iter().product()),
            _ => panic!("{who}: needs a weight of two axes or more, got shape {:?}", self.shape),
        }
    }
}

/// A way to fill a weight. Object-safe: layers keep an `Arc<dyn Scheme>`.
///
/// The numbers are a function of (target, key): the same for any number of threads.
///
/// A scheme of one's own:
/// ```
/// use gradus_init::{Key, Scheme, SliceMut, Target, normal};
/// /// All rows equal.
/// #[derive(Debug)]
/// struct EqualRows;
/// impl Scheme for EqualRows {
///     fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
///         let (_, n_in) = target.matrix("EqualRows");
///         match out {
///             SliceMut::F32(out) => out.chunks_mut(n_in).for_each(|row| normal(0.0, 1.0).write(target, key, SliceMut::F32(row))),
///             SliceMut::F64(out) => out.chunks_mut(n_in).for_each(|row| normal(0.0, 1.0).write(target, key, SliceMut::F64(row))),
///         }
///     }
/// }
/// # use gradus_init::{ndarray, rand::{self, SeedableRng}};
/// let w: ndarray::Array2<f32> = EqualRows.sample((3, 5), &mut rand::rngs::Xoshiro256PlusPlus::seed_from_u64(1));
/// assert_eq!(w.row(0), w.row(2));
/// ```
pub trait Scheme: Debug + Send + Sync {
    /// Writes the weight in row-major order. `out` has as many numbers as the shape says.
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>);

    /// A new weight of this shape. One key of 128 bits is drawn from `rng`; all numbers come from it.
    fn sample<T: Real, Sh: IntoDimension>(&self, shape: Sh, rng: &mut (impl Rng + ?Sized)) -> Array<T, Sh::Dim>
    where
        Self: Sized,
    {
        let dim = shape.into_dimension();
        let mut numbers = vec![T::ZERO; dim.size()];
        self.write(&Target::new(dim.slice()), draw_key(rng), T::slice_mut(&mut numbers));
        match Array::from_shape_vec(dim, numbers) {
            Ok(array) => array,
            Err(_) => unreachable!("the vector was made for the shape"),
        }
    }

    /// Overwrites a weight; the same numbers as [`sample`](Scheme::sample), whatever its strides.
    fn fill<T: Real, D: Dimension>(&self, mut weight: ArrayViewMut<'_, T, D>, rng: &mut (impl Rng + ?Sized))
    where
        Self: Sized,
    {
        let dim = weight.raw_dim();
        match weight.as_slice_mut() {
            Some(numbers) => self.write(&Target::new(dim.slice()), draw_key(rng), T::slice_mut(numbers)),
            None => weight.assign(&self.sample(dim, rng)),
        }
    }

    /// The same scheme with fans that the shape does not tell.
    fn with_fans(self, fans: Fans) -> WithFans<Self>
    where
        Self: Sized,
    {
        WithFans { scheme: self, fans }
    }

    /// The same scheme for each matrix of a stack `(.., n_out, n_in)`, independently.
    fn batched(self) -> Batched<Self>
    where
        Self: Sized,
    {
        Batched { scheme: self }
    }
}

/// One key of 128 bits from a generator: two words of 64 bits, the first the lower half.
pub fn draw_key(rng: &mut (impl Rng + ?Sized)) -> Key {
    let low = u128::from(rng.next_u64());
    Key::from(low | u128::from(rng.next_u64()) << 64)
}

/// A scheme with given fans: see [`Scheme::with_fans`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WithFans<S> {
    scheme: S,
    fans: Fans,
}

impl<S: Scheme> Scheme for WithFans<S> {
    fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
        self.scheme.write(&target.with_fans(self.fans), key, out);
    }
}

macro_rules! through_pointers {
    ($($P:ty),+) => {$(
        impl<S: Scheme + ?Sized> Scheme for $P {
            fn write(&self, target: &Target<'_>, key: Key, out: SliceMut<'_>) {
                (**self).write(target, key, out);
            }
        }
    )+};
}
through_pointers!(&S, Box<S>, Arc<S>);

/// Runs generic code on a slice whose type has been named.
macro_rules! on_numbers {
    ($out:expr, $o:ident => $body:expr) => {
        match $out {
            gradus_kernels::SliceMut::F32($o) => $body,
            gradus_kernels::SliceMut::F64($o) => $body,
        }
    };
}
pub(crate) use on_numbers;

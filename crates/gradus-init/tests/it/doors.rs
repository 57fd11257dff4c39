//! One key a call, any strides, any pointer, and the messages.

use crate::rng;
use gradus_init::ndarray::{Array1, Array2, ShapeBuilder};
use gradus_init::rand::Rng;
use gradus_init::{
    Fans, Key, Scheme, SliceMut, Target, draw_key, glorot_uniform, he_truncated, normal, orthogonal, sparse,
};
use std::sync::Arc;

#[test]
fn a_call_draws_one_key() {
    let (mut a, mut b) = (rng(1), rng(1));
    let w: Array2<f32> = he_truncated().sample((300, 200), &mut a);
    let key = draw_key(&mut b);
    assert_eq!(a.next_u64(), b.next_u64());
    let mut numbers = vec![0.0_f32; 60_000];
    he_truncated().write(&Target::new(&[300, 200]), key, SliceMut::F32(&mut numbers));
    assert_eq!(w.as_slice().unwrap(), numbers);
}

#[test]
fn fill_is_sample_whatever_the_strides() {
    for scheme in [Box::new(glorot_uniform()) as Box<dyn Scheme>, Box::new(orthogonal(1.0)), Box::new(sparse(3, 1.0))] {
        let want: Array2<f64> = scheme.sample((20, 10), &mut rng(2));
        let mut rows = Array2::<f64>::zeros((20, 10));
        scheme.fill(rows.view_mut(), &mut rng(2));
        let mut columns = Array2::<f64>::zeros((20, 10).f());
        scheme.fill(columns.view_mut(), &mut rng(2));
        assert!(rows == want && columns == want, "{scheme:?}");
    }
}

#[test]
fn a_layer_can_keep_any_scheme() {
    let kept: Arc<dyn Scheme> = Arc::new(glorot_uniform().with_fans(Fans::dense(6, 6)));
    let b: Array1<f32> = kept.sample(1000, &mut rng(3));
    assert!(b.iter().all(|b| b.abs() <= 0.5_f32.sqrt()) && b.iter().any(|b| b.abs() > 0.69));
    assert_eq!(b, kept.clone().sample(1000, &mut rng(3)));
}

/// The same bits for 1, 2, 3 and 5 threads, whatever the scheme draws.
#[test]
fn numbers_do_not_depend_on_threads() {
    let schemes: [Box<dyn Scheme>; 5] = [
        Box::new(normal(0.0, 1.0)),
        Box::new(glorot_uniform()),
        Box::new(he_truncated()),
        Box::new(orthogonal(1.0)),
        Box::new(sparse(20, 1.0)),
    ];
    for scheme in schemes {
        let draw = |threads| {
            gradus_kernels::threads::set_threads(threads);
            scheme.sample::<f32, _>((700, 600), &mut rng(6)).mapv(f32::to_bits)
        };
        let one = draw(1);
        assert!([2, 3, 5].into_iter().all(|n| draw(n) == one), "{scheme:?}");
    }
}

#[test]
fn empty_weights_are_filled() {
    for shape in [(0, 3), (3, 0), (0, 0)] {
        for scheme in
            [Box::new(glorot_uniform()) as Box<dyn Scheme>, Box::new(orthogonal(1.0)), Box::new(sparse(3, 1.0))]
        {
            assert!(scheme.sample::<f32, _>(shape, &mut rng(4)).is_empty());
        }
    }
    normal(0.0, 1.0).write(&Target::new(&[0]), Key::from(1), SliceMut::F64(&mut []));
}

#[test]
#[should_panic(
    expected = "variance scaling: shape [5] has no fans (they need two axes or more); give them by .with_fans("
)]
fn a_vector_has_no_fans() {
    let _: Array1<f32> = glorot_uniform().sample(5, &mut rng(5));
}

#[test]
#[should_panic(expected = "orthogonal: needs a weight of two axes or more, got shape [5]")]
fn a_vector_is_not_orthogonal() {
    let _: Array1<f32> = orthogonal(1.0).sample(5, &mut rng(5));
}

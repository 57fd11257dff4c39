//! The transforms over closures that may fail: each answers the closure's error, or its own for a shape that does not fit. The others are
//! these with a closure that never fails.

use super::inside::{Inside, check_scalar, cotangents_where, directions, filled, unit};
use crate::error::{Error, ErrorKind};
use crate::grad::cotangents;
use crate::message;
use crate::node::Tensor;
use crate::op::Slot;
use crate::real::Real;
use crate::trace::{is_recording, transforming};
use crate::tree::Tree;

/// [`jvp`](crate::jvp) of a function that may fail.
///
/// ```
/// use gradus_tensor::{Error, ErrorKind, Tensor, ndarray::array, try_jvp};
/// let log = |x: &Tensor<f64>| {
///     let positive = x.to_vec().iter().all(|&x| x > 0.0);
///     if positive { Ok(x.ln()) } else { Err(Error::new(ErrorKind::Data, "log: x must be positive")) }
/// };
/// let v = Tensor::from(array![1.0_f64]);
/// assert_eq!(try_jvp(log, &Tensor::from(array![2.0_f64]), &v)?.1.to_vec(), [0.5]);
/// assert!(try_jvp(log, &Tensor::from(array![-2.0_f64]), &v).is_err());
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// That of `f`; or if `v` has other shapes than `x`.
pub fn try_jvp<X, V, R, E>(f: impl FnOnce(&X) -> Result<R, E>, x: &X, v: &V) -> Result<(R, R), E>
where
    X: Tree<Owned = X>,
    V: Tree<Elem = X::Elem> + ?Sized,
    R: Tree<Elem = X::Elem, Owned = R>,
    E: From<Error>,
{
    let (y, inside) = Inside::run(f, x)?;
    let v = directions("jvp", &inside.aliases, v)?;
    let open_because_of_v = v.iter().any(Tensor::is_tracked);
    let seeds: Vec<_> = inside.aliases.iter().cloned().zip(v).collect();
    let outputs = y.leaves();
    let push = || <X::Elem as Real>::push(&outputs, &seeds).into_iter();
    let mut tangents = if open_because_of_v { push() } else { inside.walk(&outputs, |_| push()) };
    let dy = y.map(&mut |t| tangents.next().unwrap_or(Slot::Zero).or_zeros(t.shape()));
    Ok((inside.release(&y), inside.release(&dy)))
}

/// [`vjp`](crate::vjp) of a function that may fail.
///
/// # Errors
/// That of `f`; or if `u` has another shape than f(x).
pub fn try_vjp<X, E>(
    f: impl FnOnce(&X) -> Result<Tensor<X::Elem>, E>,
    x: &X,
    u: &Tensor<X::Elem>,
) -> Result<(Tensor<X::Elem>, X), E>
where
    X: Tree<Owned = X>,
    E: From<Error>,
{
    let (y, inside) = Inside::run(f, x)?;
    if u.shape() != y.shape() {
        return Err(Error::new(ErrorKind::Shape, message::other_shape("vjp", y.shape(), u.shape())).into());
    }
    let record = is_recording() && (u.is_tracked() || inside.is_open(std::slice::from_ref(&y)));
    let slots = cotangents_where(record, vec![(y.clone(), u.clone())], &inside.aliases);
    Ok((inside.release(&y), inside.release(&filled(x, slots))))
}

/// [`value_and_grad`](crate::value_and_grad) of a function that may fail.
///
/// # Errors
/// That of `f`; or if f answers more than one number.
pub fn try_value_and_grad<X, E>(
    f: impl FnOnce(&X) -> Result<Tensor<X::Elem>, E>,
    x: &X,
) -> Result<(Tensor<X::Elem>, X), E>
where
    X: Tree<Owned = X>,
    E: From<Error>,
{
    let (y, inside) = Inside::run(f, x)?;
    check_scalar("value_and_grad", &y)?;
    let record = inside.is_open(std::slice::from_ref(&y));
    let slots = cotangents_where(record, vec![(y.clone(), y.ones_like())], &inside.aliases);
    Ok((inside.release(&y), inside.release(&filled(x, slots))))
}

/// [`hvp`](crate::hvp) of a function that may fail.
///
/// # Errors
/// That of `f`; or if f answers more than one number, or `v` has other shapes than `x`.
pub fn try_hvp<X, V, E>(
    f: impl FnOnce(&X) -> Result<Tensor<X::Elem>, E>,
    x: &X,
    v: &V,
) -> Result<(Tensor<X::Elem>, X), E>
where
    X: Tree<Owned = X>,
    V: Tree<Elem = X::Elem> + ?Sized,
    E: From<Error>,
{
    let (y, inside) = Inside::run(f, x)?;
    check_scalar("hvp", &y)?;
    let v = directions("hvp", &inside.aliases, v)?;
    let first = transforming(|| cotangents(vec![(y.clone(), y.ones_like())], &inside.aliases, true));
    let seeds: Vec<_> =
        first.into_iter().zip(&v).filter_map(|(g, v)| Some((g?.tensor()?.clone(), v.clone()))).collect();
    let gradients: Vec<_> = seeds.iter().map(|(g, _)| g.clone()).collect();
    let record = is_recording() && (v.iter().any(Tensor::is_tracked) || inside.is_open(&gradients));
    let slots = cotangents_where(record, seeds, &inside.aliases);
    Ok((inside.release(&y), inside.release(&filled(x, slots))))
}

/// [`gvp`](crate::gvp) of functions that may fail.
///
/// # Errors
/// That of `f` or `loss`; or if the loss answers more than one number, or `v` has other shapes than `x`.
pub fn try_gvp<X, V, E>(
    f: impl Fn(&X) -> Result<Tensor<X::Elem>, E>,
    loss: impl FnOnce(&Tensor<X::Elem>) -> Result<Tensor<X::Elem>, E>,
    x: &X,
    v: &V,
) -> Result<(Tensor<X::Elem>, X), E>
where
    X: Tree<Owned = X>,
    V: Tree<Elem = X::Elem> + ?Sized,
    E: From<Error>,
{
    let (outputs, jv) = try_jvp(&f, x, v)?;
    let (value, hjv) = try_hvp(loss, &outputs, &jv)?;
    Ok((value, try_vjp(f, x, &hjv)?.1))
}

/// [`jacobian`](crate::jacobian) of a function that may fail.
///
/// # Errors
/// That of `f`.
pub fn try_jacobian<X: Tree<Owned = X>, E>(f: impl FnOnce(&X) -> Result<Tensor<X::Elem>, E>, x: &X) -> Result<X, E> {
    let (y, inside) = Inside::run(f, x)?;
    let record = inside.is_open(std::slice::from_ref(&y));
    let mut rows: Vec<Vec<Tensor<X::Elem>>> = vec![Vec::new(); inside.aliases.len()];
    for i in 0..y.len() {
        let unit = unit(y.shape(), i);
        let slots = cotangents_where(record, vec![(y.clone(), unit)], &inside.aliases);
        for ((rows, slot), x) in rows.iter_mut().zip(slots).zip(&inside.aliases) {
            rows.push(slot.unwrap_or(Slot::Zero).or_zeros(x.shape()));
        }
    }
    let mut blocks = rows.into_iter();
    let whole = x.map(&mut |x| {
        let rows = blocks.next().unwrap_or_default();
        let shape: Vec<usize> = y.shape().iter().chain(x.shape()).copied().collect();
        if rows.is_empty() { Tensor::zeros(&shape) } else { Tensor::stack(&rows, 0).reshape(&shape) }
    });
    Ok(inside.release(&whole))
}

/// [`hessian`](crate::hessian) of a function that may fail.
///
/// # Errors
/// That of `f`; or if f answers more than one number.
pub fn try_hessian<T: Real, E: From<Error>>(
    mut f: impl FnMut(&Tensor<T>) -> Result<Tensor<T>, E>,
    x: &Tensor<T>,
) -> Result<Tensor<T>, E> {
    try_jacobian(|x: &Tensor<T>| Ok(try_value_and_grad(&mut f, x)?.1), x)
}

/// [`hessian_matrix`](crate::hessian_matrix) of a function that may fail.
///
/// # Errors
/// That of `f`; or if f answers more than one number.
pub fn try_hessian_matrix<X: Tree<Owned = X>, E: From<Error>>(
    mut f: impl FnMut(&X) -> Result<Tensor<X::Elem>, E>,
    x: &X,
) -> Result<Tensor<X::Elem>, E> {
    let blocks = try_jacobian(
        |x: &X| {
            let g = try_value_and_grad(&mut f, x)?.1;
            Ok::<_, E>(Tensor::concat(&g.leaves().iter().map(Tensor::flatten).collect::<Vec<_>>(), 0))
        },
        x,
    )?;
    let blocks: Vec<_> =
        blocks.leaves().iter().map(|b| b.reshape(&[b.shape()[0], b.shape()[1..].iter().product()])).collect();
    Ok(Tensor::concat(&blocks, 1))
}

/// [`laplacian`](crate::laplacian) of a function that may fail.
///
/// # Errors
/// That of `f`; or if f answers more than one number.
pub fn try_laplacian<T: Real, E: From<Error>>(
    mut f: impl FnMut(&Tensor<T>) -> Result<Tensor<T>, E>,
    x: &Tensor<T>,
) -> Result<Tensor<T>, E> {
    let mut second = |i: usize| {
        let e = unit(x.shape(), i);
        let along = |x: &Tensor<T>| {
            let (y, dy) = try_jvp(&mut f, x, &e)?;
            check_scalar("laplacian", &y)?;
            Ok::<_, E>(dy)
        };
        Ok(try_jvp(along, x, &e)?.1)
    };
    let terms: Vec<Tensor<T>> = (0..x.len()).map(&mut second).collect::<Result<_, E>>()?;
    Ok(terms.into_iter().sum())
}

/// [`per_sample_grads`](crate::per_sample_grads) of a function that may fail.
///
/// # Errors
/// That of `f`; or if f answers more than one number.
pub fn try_per_sample_grads<X: Tree<Owned = X>, E: From<Error>>(
    mut f: impl FnMut(&X, usize) -> Result<Tensor<X::Elem>, E>,
    x: &X,
    samples: usize,
) -> Result<X, E> {
    let mut rows: Vec<Vec<Tensor<X::Elem>>> = vec![Vec::with_capacity(samples); x.leaves().len()];
    for i in 0..samples {
        let g = try_value_and_grad(|x: &X| f(x, i), x)?.1;
        rows.iter_mut().zip(g.leaves()).for_each(|(rows, g)| rows.push(g));
    }
    let mut blocks = rows.into_iter();
    Ok(x.map(&mut |x| match blocks.next() {
        Some(rows) if !rows.is_empty() => Tensor::stack(&rows, 0),
        _ => Tensor::zeros(&[&[0], x.shape()].concat()),
    }))
}

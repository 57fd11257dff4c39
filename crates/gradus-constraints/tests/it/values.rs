//! Values, first and second derivatives against PyTorch and geotorch (`xtask/fixtures/constraints.py`).

use crate::laws::spread;
use gradus_constraints::tensor::{Parametrization, Tensor, hvp, value_and_grad};
use gradus_constraints::{
    AsMatrix, Ball, CholeskyFactor, Correlation, Factored, Grassmann, HalfLine, Interval, LowRank, Monotone, Ordered,
    Positive, PositiveDefinite, PositiveSemidefinite, Product, Simplex, Skew, SpecialOrthogonal, Sphere, Stiefel,
    Symmetric, Then, WeightNorm,
};
use std::collections::BTreeSet;

/// The set of a row; `rank` is the number of singular values that the row has.
fn set(name: &str, rank: usize) -> Box<dyn Parametrization<f64>> {
    match name {
        "interval" => Box::new(Interval::new(-1.0, 2.5)),
        "half_line" => Box::new(HalfLine::at_least(1.5)),
        "half_line_below" => Box::new(HalfLine::at_most(-0.5)),
        "softplus" => Box::new(Positive::softplus()),
        "exp" => Box::new(Positive::exp()),
        "square" => Box::new(Positive::square()),
        "simplex" => Box::new(Simplex),
        "ordered" => Box::new(Ordered),
        "monotone" => Box::new(Monotone::increasing()),
        "monotone_falling" => Box::new(Monotone::decreasing()),
        "sphere" => Box::new(Sphere::new(2.0)),
        "ball" => Box::new(Ball::new(2.0)),
        "symmetric" => Box::new(Symmetric),
        "skew" => Box::new(Skew),
        "semidefinite" => Box::new(PositiveSemidefinite),
        "definite" => Box::new(PositiveDefinite),
        "cholesky" => Box::new(CholeskyFactor),
        "correlation" => Box::new(Correlation),
        "low_rank" => Box::new(LowRank::new(rank)),
        "fixed_rank" => Box::new(Factored::fixed_rank(rank)),
        "invertible" => Box::new(Factored::invertible()),
        "unit_determinant" => Box::new(Factored::unit_determinant()),
        "almost_orthogonal" => Box::new(Factored::almost_orthogonal(0.5)),
        "spectral_norm" => Box::new(Factored::spectral_norm(1.5)),
        "stiefel_expm" => Box::new(Stiefel::expm()),
        "stiefel_cayley" => Box::new(Stiefel::cayley()),
        "stiefel_householder" => Box::new(Stiefel::householder()),
        "special_orthogonal" => Box::new(SpecialOrthogonal),
        "grassmann" => Box::new(Grassmann),
        "weight_norm" => Box::new(WeightNorm),
        "kernel" => Box::new(AsMatrix::new(Stiefel::expm())),
        "then" => Box::new(Then::new(Symmetric, Interval::new(0.0, 1.0))),
        "product" => {
            Box::new(Product::along(-1).with(2, LowRank::new(1)).with(1, Positive::exp()).with(2, Stiefel::expm()))
        }
        other => panic!("no set `{other}`"),
    }
}

/// `shape:numbers`, between bars.
fn tensors(text: &str) -> Vec<Tensor<f64>> {
    let one = |text: &str| {
        let (shape, numbers) = text.split_once(':').expect("a shape before the colon");
        let shape: Vec<usize> = shape.split_whitespace().map(|n| n.parse().expect("a length")).collect();
        let numbers: Vec<f64> = numbers.split_whitespace().map(|x| x.parse().expect("a number")).collect();
        Tensor::from_slice(&shape, &numbers)
    };
    if text.is_empty() { Vec::new() } else { text.split('|').map(one).collect() }
}

fn close(what: &str, got: &[Tensor<f64>], wanted: &[Tensor<f64>]) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (got, wanted) in got.iter().zip(wanted) {
        assert_eq!(got.shape(), wanted.shape(), "{what}");
        for (got, wanted) in got.to_vec().iter().zip(wanted.to_vec()) {
            assert!((got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{what}: {got:e}, wanted {wanted:e}");
        }
    }
}

#[test]
fn maps_agree_with_pytorch_and_geotorch() {
    let (mut names, mut rows) = (BTreeSet::new(), 0);
    for line in include_str!("../fixtures/maps.txt").lines() {
        let [row, y, fixed, x, first, second] = line.split(';').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let name = row.split('@').next().expect("a name");
        let (y, fixed) = (tensors(y), tensors(fixed));
        let at = format!("{row} {:?}", y.iter().map(Tensor::shape).collect::<Vec<_>>());
        let g = set(name, y[0].shape().last().copied().unwrap_or(0));
        let image = |y: &Vec<Tensor<f64>>| g.forward(&[y.as_slice(), &fixed].concat());
        let c = spread(image(&y).shape(), 4);
        let f = |y: &Vec<Tensor<f64>>| (image(y) * &c).sum();
        let v: Vec<_> = y.iter().enumerate().map(|(i, y)| spread(y.shape(), 3 + 10 * i)).collect();
        close(&at, &[image(&y)], &tensors(x));
        close(&format!("{at}, gradient"), &value_and_grad(f, &y).1, &tensors(first));
        close(&format!("{at}, Hessian"), &hvp(f, &y, &v).1, &tensors(second));
        names.insert(name.to_owned());
        rows += 1;
    }
    assert!(names.len() == 33 && rows == 134, "{} sets, {rows} rows", names.len());
}

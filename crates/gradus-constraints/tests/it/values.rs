//! Values, first and second derivatives against PyTorch (`xtask/fixtures/constraints.py`).

use gradus_constraints::tensor::{Parametrization, Tensor, hvp, value_and_grad};
use gradus_constraints::{
    Ball, CholeskyFactor, Correlation, HalfLine, Interval, Monotone, Ordered, Positive, PositiveDefinite,
    PositiveSemidefinite, Simplex, Skew, Sphere, Stiefel, Symmetric,
};

fn set(name: &str) -> Box<dyn Parametrization<f64>> {
    match name {
        "interval" => Box::new(Interval::new(-1.0, 2.5)),
        "half_line" => Box::new(HalfLine::at_least(1.5)),
        "softplus" => Box::new(Positive::softplus()),
        "exp" => Box::new(Positive::exp()),
        "square" => Box::new(Positive::square()),
        "simplex" => Box::new(Simplex),
        "ordered" => Box::new(Ordered),
        "monotone" => Box::new(Monotone::increasing()),
        "sphere" => Box::new(Sphere::new(2.0)),
        "ball" => Box::new(Ball::new(2.0)),
        "symmetric" => Box::new(Symmetric),
        "skew" => Box::new(Skew),
        "semidefinite" => Box::new(PositiveSemidefinite),
        "definite" => Box::new(PositiveDefinite),
        "cholesky" => Box::new(CholeskyFactor),
        "correlation" => Box::new(Correlation),
        "stiefel_expm" => Box::new(Stiefel::expm()),
        "stiefel_cayley" => Box::new(Stiefel::cayley()),
        other => panic!("no set `{other}`"),
    }
}

fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace().map(|x| x.parse().expect("a number")).collect()
}

fn spread(shape: &[usize], seed: usize) -> Tensor<f64> {
    let n = shape.iter().product();
    let x: Vec<f64> =
        (0..n).map(|i| ((i * 3 + seed * 5 + 1) as f64 * 0.618_033_988_749_894_9).fract() * 2.0 - 1.0).collect();
    Tensor::from_slice(shape, &x)
}

#[test]
fn maps_agree_with_pytorch() {
    let close = |what: &str, got: &Tensor<f64>, wanted: &[f64]| {
        for (got, wanted) in got.to_vec().iter().zip(wanted) {
            assert!((got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{what}: {got:e}, PyTorch {wanted:e}");
        }
    };
    let mut seen = 0;
    for line in include_str!("../fixtures/maps.txt").lines() {
        let parts: Vec<&str> = line.split(';').collect();
        let (name, shape) =
            (parts[0], parts[1].split(' ').map(|n| n.parse().expect("a length")).collect::<Vec<usize>>());
        let g = set(name);
        let y = Tensor::from_slice(&shape, &numbers(parts[2]));
        let fixed: Vec<Tensor<f64>> =
            if parts[3].is_empty() { vec![] } else { vec![Tensor::from_slice(&shape, &numbers(parts[3]))] };
        let image = |y: &Tensor<f64>| g.forward(&[std::slice::from_ref(y), &fixed].concat());
        let c = spread(image(&y).shape(), 4);
        let f = |y: &Tensor<f64>| (image(y) * &c).sum();
        close(name, &image(&y), &numbers(parts[4]));
        close(&format!("{name}, gradient"), &value_and_grad(f, &y).1, &numbers(parts[5]));
        close(&format!("{name}, Hessian"), &hvp(f, &y, &spread(&shape, 3)).1, &numbers(parts[6]));
        seen += 1;
    }
    assert!(seen >= 20);
}

//! Matrices: laws of the factorisations, batches against single matrices, degenerate cases by name, in both number types.

use gradus_tensor::{Error, ErrorKind, Real, Tensor, Triangular, grad, grad_recorded, jvp};

/// Numbers in (−1, 1) by a linear congruence.
fn numbers<T: Real>(shape: &[usize], seed: u64) -> Tensor<T> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    Tensor::build(shape, |x| {
        for x in x {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *x = T::from_f64((state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0);
        }
    })
}

fn largest<T: Real>(x: &Tensor<T>) -> f64 {
    x.to_vec().iter().fold(0.0, |m, x| if x.is_nan() { f64::NAN } else { f64::max(m, x.abs().to_f64()) })
}

/// Every factorisation multiplies back, at order `n`, within `c` n ε.
fn multiply_back<T: Real>(n: usize) {
    let near = |what: &str, x: Tensor<T>| {
        let (error, allowed) = (largest(&x), 30.0 * n as f64 * T::EPSILON.to_f64());
        assert!(error <= allowed, "{what}, {}, n = {n}: {error:e} > {allowed:e}", T::NAME);
    };
    let eye = Tensor::<T>::eye(n);
    let a = numbers::<T>(&[2, n, n], n as u64) + &eye * 2 * (n as f64).sqrt();
    let b = numbers::<T>(&[2, n, 3], 7);
    near("solve", a.matmul(&a.solve(&b).unwrap()) - &b);
    near("inverse", a.matmul(&a.inverse().unwrap()) - &eye);
    let s = a.matmul(&a.t()) / (n as f64);
    let l = s.cholesky().unwrap();
    near("cholesky", l.matmul(&l.t()) - &s);
    near("triangular_solve", l.matmul(&l.triangular_solve(&b, Triangular::LOWER).unwrap()) - &b);
    let log = l
        .detach()
        .to_vec()
        .chunks(n * n)
        .map(|l| l.iter().step_by(n + 1).map(|d| d.to_f64().ln()).sum::<f64>() * 2.0)
        .collect::<Vec<_>>();
    for ((sign, got), expected) in
        std::iter::zip(s.slogdet().unwrap().0.to_vec(), s.slogdet().unwrap().1.to_vec()).zip(log)
    {
        assert_eq!(sign.to_f64(), 1.0);
        let error = (got.to_f64() - expected).abs();
        assert!(error <= 100.0 * n as f64 * T::EPSILON.to_f64() * expected.abs().max(1.0), "slogdet: {error:e}");
    }
    for m in [n, n + 3, n.saturating_sub(2).max(1)] {
        let a = numbers::<T>(&[2, m, n], m as u64);
        let (q, r) = a.qr().unwrap();
        near("qr", q.matmul(&r) - &a);
        near("Q of qr", q.t().matmul(&q) - Tensor::eye(m.min(n)));
        let (u, s, vt) = a.svd().unwrap();
        near("svd", (&u * s.unsqueeze(-2)).matmul(&vt) - &a);
        near("U of svd", u.t().matmul(&u) - Tensor::eye(m.min(n)));
        near("singular_values", s - a.singular_values().unwrap());
    }
    let s = (&a + a.t()) / 2;
    let (values, v) = s.eigh().unwrap();
    near("eigh", (&v * values.unsqueeze(-2)).matmul(&v.t()) / largest(&s) - &s / largest(&s));
    near("eigvalsh", (&values - s.eigvalsh().unwrap()) / largest(&s));
}

#[test]
fn factorisations_multiply_back() {
    for n in [1, 2, 5, 40] {
        multiply_back::<f64>(n);
        multiply_back::<f32>(n);
    }
}

#[test]
fn a_batch_is_its_matrices_one_by_one() {
    let a = numbers::<f64>(&[2, 3, 4, 4], 1) + Tensor::eye(4) * 3;
    let one = |f: &dyn Fn(&Tensor<f64>) -> Tensor<f64>, what: &str| {
        let x = a.tracked();
        let y = f(&x);
        let g = grad(&y.sin().sum(), &x).unwrap();
        let forward = jvp(|x: &Tensor<f64>| f(x), &a, &a.sin()).1;
        for i in 0..2 {
            for j in 0..3 {
                let pick = |t: &Tensor<f64>| t.select(0, i).select(0, j).detach();
                let x = pick(&a).tracked();
                let single = f(&x);
                assert_eq!(pick(&y).to_vec(), single.to_vec(), "{what}");
                assert_eq!(pick(&g).to_vec(), grad(&single.sin().sum(), &x).unwrap().to_vec(), "gradient of {what}");
                let single = jvp(|x: &Tensor<f64>| f(x), &pick(&a), &pick(&a).sin()).1;
                let error = largest(&(pick(&forward) - single));
                assert!(error < 1e-10 * largest(&forward).max(1.0), "jvp of {what}: {error:e}");
            }
        }
    };
    one(&|x| x.skew_expm(), "skew_expm");
    one(&|x| (x * 0.2).expm(), "expm");
    one(&|x| x.det(), "det");
    one(&|x| x.inverse().unwrap(), "inverse");
    one(&|x| x.trace(), "trace");
    one(&|x| x.matmul(&x.t()).cholesky().unwrap(), "cholesky");
    one(&|x| x.qr().unwrap().0, "qr");
    one(&|x| x.eigh().unwrap().1, "eigh");
    one(&|x| x.svd().unwrap().2, "svd");
    one(&|x| x.singular_values().unwrap(), "singular_values");
    one(&|x| x.matrix_power(3).unwrap(), "matrix_power");
}

/// The determinant by expansion along the first row: an independent value, differentiable anywhere.
fn expansion(a: &Tensor<f64>) -> Tensor<f64> {
    let n = a.shape()[0];
    if n == 0 {
        return Tensor::scalar(1.0);
    }
    let rest = a.narrow(0, 1, n - 1);
    (0..n)
        .map(|j| {
            let minor = Tensor::concat(&[rest.narrow(1, 0, j), rest.narrow(1, j + 1, n - 1 - j)], 1);
            a.select(0, 0).select(0, j) * expansion(&minor) * (1.0 - 2.0 * (j % 2) as f64)
        })
        .sum()
}

#[test]
fn derivatives_of_det_at_every_rank_are_those_of_its_expansion() {
    for n in 1..=5 {
        for rank in 0..=n {
            let a = numbers::<f64>(&[n, rank], 3).matmul(&numbers(&[rank, n], 4));
            let directions: Vec<Tensor<f64>> = (5..8).map(|k| numbers(&[n, n], k)).collect();
            let third = |f: &dyn Fn(&Tensor<f64>) -> Tensor<f64>| {
                let x = a.tracked();
                let mut y = f(&x);
                let mut all = vec![y.item()];
                for v in &directions {
                    y = (grad_recorded(&y, &x).unwrap() * v).sum();
                    all.push(y.item());
                    if !y.is_tracked() {
                        break;
                    }
                }
                all
            };
            let (got, expected) = (third(&|x| x.det()), third(&|x| expansion(x)));
            for (order, (got, expected)) in got.iter().zip(&expected).enumerate() {
                let error = (got - expected).abs();
                assert!(error < 1e-11, "n = {n}, rank {rank}, order {order}: {got:e}, expected {expected:e}");
            }
        }
    }
}

fn refused(what: &str, said: &str, answer: Result<impl std::fmt::Debug, Error>) {
    let error = answer.expect_err(what);
    assert_eq!(error.kind(), ErrorKind::Data, "{what}");
    assert!(error.to_string().contains(said), "{what}: {error}");
}

#[test]
fn what_has_no_answer_is_named() {
    let singular = Tensor::<f64>::from_slice(&[2, 2], &[1.0, 2.0, 2.0, 4.0]);
    let batch = Tensor::stack(&[Tensor::eye(2), singular.clone()], 0);
    refused("solve", "the matrix is singular (pivot 1)", singular.solve(&Tensor::eye(2)));
    refused("solve", "matrix 1 of the batch is singular", batch.solve(&Tensor::eye(2)));
    refused("inverse", "singular", singular.inverse());
    refused("slogdet", "det is defined", singular.slogdet());
    refused("matrix_power", "singular", singular.matrix_power(-1));
    refused(
        "triangular_solve",
        "singular",
        Tensor::<f64>::zeros(&[2, 2]).triangular_solve(&Tensor::eye(2), Triangular::UPPER),
    );
    refused("cholesky", "not positive definite (pivot 0)", (-Tensor::<f64>::eye(2)).cholesky());
    let nan = Tensor::<f64>::full(&[2, 2], f64::NAN);
    let not_a_number = "infinite or not a number";
    refused("solve", not_a_number, nan.solve(&Tensor::eye(2)));
    refused("qr", not_a_number, nan.qr());
    refused("eigh", not_a_number, nan.eigh());
    refused("svd", not_a_number, nan.svd());
    refused("singular_values", not_a_number, nan.singular_values());
    assert!(nan.det().item().is_nan());
    assert_eq!(singular.det().item(), 0.0);
}

#[test]
fn vectors_of_equal_values_have_no_derivative_and_their_values_have_one() {
    let eye = Tensor::<f64>::eye(3);
    // Without derivatives: an answer.
    assert_eq!(eye.eigh().unwrap().0.to_vec(), [1.0; 3]);
    assert_eq!(eye.svd().unwrap().1.to_vec(), [1.0; 3]);
    let x = eye.tracked();
    refused("eigh", "eigenvalues 0 and 1 of the matrix are equal (1)", x.eigh());
    refused("svd", "singular values 0 and 1 of the matrix are equal (1)", x.svd());
    let low = Tensor::from_slice(&[2, 2], &[3.0, 0.0, 0.0, 0.0]).tracked();
    refused("svd", "singular values 1 of the matrix is 0", low.svd());
    refused("qr", "column 1 of matrix 0", low.qr());
    // Σ λ² = ‖A‖²: the gradient is 2A.
    let g = grad(&x.eigvalsh().unwrap().square().sum(), &x).unwrap();
    assert!(largest(&(g - &eye * 2)) < 1e-14);
    // The nuclear norm: U Vᵀ, and nothing where s is 0.
    let g = grad(&x.singular_values().unwrap().sum(), &x).unwrap();
    assert!(largest(&(g - &eye)) < 1e-14);
    let g = grad(&low.singular_values().unwrap().sum(), &low).unwrap();
    assert!(largest(&(g - Tensor::from_slice(&[2, 2], &[1.0, 0.0, 0.0, 0.0]))) < 1e-14);
}

#[test]
#[should_panic(expected = "eigenvalues 0 and 1 of the matrix are equal")]
fn a_second_derivative_through_vectors_of_equal_values_is_refused() {
    let x = Tensor::<f64>::eye(2).tracked();
    let g = grad_recorded(&x.eigvalsh().unwrap().square().sum(), &x).unwrap();
    let _ = grad(&g.square().sum(), &x);
}

#[test]
#[should_panic(expected = "einsum: \"ij,jk->ik\": axis 'j' has length 3, but 2 in operand 1 (shape [2, 2])")]
fn einsum_says_which_axis_does_not_fit() {
    let _ = Tensor::<f64>::einsum("ij,jk->ik", &[&Tensor::zeros(&[2, 3]), &Tensor::zeros(&[2, 2])]);
}

/// Σ Πₖ xₖ by running through all indices.
fn by_loops(spec: &str, x: &[&Tensor<f64>]) -> Vec<f64> {
    let (inputs, output) = spec.split_once("->").unwrap();
    let inputs: Vec<Vec<char>> = inputs.split(',').map(|s| s.chars().collect()).collect();
    let mut letters: Vec<(char, usize)> = Vec::new();
    let named = inputs.iter().zip(x).flat_map(|(s, x)| s.iter().copied().zip(x.shape().iter().copied()));
    // The output's letters first, so that its elements come in order.
    for c in output.chars().chain(named.clone().map(|(c, _)| c)) {
        if !letters.iter().any(|(l, _)| *l == c) {
            letters.push((c, named.clone().find(|(l, _)| *l == c).unwrap().1));
        }
    }
    let inner: usize = letters[output.len()..].iter().map(|(_, n)| n).product();
    let outer: usize = letters[..output.len()].iter().map(|(_, n)| n).product();
    let numbers: Vec<Vec<f64>> = x.iter().map(|x| x.to_vec()).collect();
    let at = |mut flat: usize| {
        let mut index = vec![0; letters.len()];
        for (i, (_, n)) in index.iter_mut().zip(&letters).rev() {
            (*i, flat) = (flat % n, flat / n);
        }
        let of = |c: &char| index[letters.iter().position(|(l, _)| l == c).unwrap()];
        let one = |(k, s): (usize, &Vec<char>)| {
            numbers[k][s.iter().zip(x[k].shape()).fold(0, |flat, (c, n)| flat * n + of(c))]
        };
        inputs.iter().enumerate().map(one).product::<f64>()
    };
    (0..outer).map(|o| (0..inner).map(|i| at(o * inner + i)).sum()).collect()
}

#[test]
fn einsum_is_the_sum_over_all_indices() {
    let cases: [(&str, &[&[usize]]); 10] = [
        ("ab,bc->ac", &[&[2, 3], &[3, 4]]),
        ("ab,bc->ca", &[&[2, 3], &[3, 4]]),
        ("abc,cd,db->a", &[&[2, 3, 4], &[4, 2], &[2, 3]]),
        ("abca,bd->dc", &[&[2, 3, 4, 2], &[3, 2]]),
        ("a,b,c->bca", &[&[2], &[3], &[4]]),
        ("abc,abc,abc->b", &[&[2, 3, 2], &[2, 3, 2], &[2, 3, 2]]),
        ("aab,bcc->abc", &[&[2, 2, 3], &[3, 4, 4]]),
        ("ab,cd->ac", &[&[2, 3], &[4, 2]]),
        ("abcd->dbca", &[&[2, 3, 4, 2]]),
        ("ab,ab->", &[&[2, 3], &[2, 3]]),
    ];
    for (spec, shapes) in cases {
        let x: Vec<Tensor<f64>> = shapes.iter().enumerate().map(|(i, s)| numbers(s, i as u64 + 1)).collect();
        let x: Vec<&Tensor<f64>> = x.iter().collect();
        let (got, expected) = (Tensor::einsum(spec, &x).to_vec(), by_loops(spec, &x));
        assert_eq!(got.len(), expected.len(), "{spec}");
        assert!(got.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-14), "{spec}: {got:?}, {expected:?}");
    }
}

#[test]
fn the_nuclear_norm_has_a_second_derivative_at_equal_values_and_says_where_it_has_none() {
    let eye = Tensor::<f64>::eye(3).tracked();
    let g = grad_recorded(&eye.nuclear_norm().unwrap(), &eye).unwrap();
    assert!(largest(&(&g - Tensor::eye(3))) < 1e-14);
    // ‖I + tK‖_* = Σ √(1 + t²κ²) for a skew K with singular values κ, and constant at first order: the Hessian along K is Σ κ² = ‖K‖².
    let k = Tensor::from_slice(&[3, 3], &[0.0, 1.0, -2.0, -1.0, 0.0, 0.5, 2.0, -0.5, 0.0]);
    let along = (grad(&(&g * &k).sum(), &eye).unwrap() * &k).sum().item();
    assert!((along - k.square().sum().item()).abs() < 1e-13, "{along}");
    // Where one is 0: a first derivative, and a named refusal of the second.
    let low = Tensor::from_slice(&[2, 2], &[3.0, 0.0, 0.0, 0.0]).tracked();
    let g = grad_recorded(&low.nuclear_norm().unwrap(), &low).unwrap();
    assert_eq!(g.to_vec(), [1.0, 0.0, 0.0, 0.0]);
    let refusal = std::panic::catch_unwind(|| grad(&g.square().sum(), &low)).unwrap_err();
    let said = refusal.downcast::<String>().unwrap();
    assert!(said.contains("nuclear_norm: a singular value of matrix 0 is 0"), "{said}");
    refused("nuclear_norm", "nuclear_norm", Tensor::<f64>::full(&[2, 2], f64::NAN).nuclear_norm());
}

#[test]
fn a_matrix_without_an_answer_is_an_error_in_anomaly_mode_too() {
    let singular = Tensor::<f64>::from_slice(&[2, 2], &[1.0, 2.0, 2.0, 4.0]).tracked();
    gradus_tensor::anomaly(|| {
        refused("solve", "singular", singular.solve(&Tensor::eye(2)));
        refused("inverse", "singular", singular.inverse());
        refused("slogdet", "singular", singular.slogdet());
        refused("cholesky", "not positive definite", (-&singular).cholesky());
    });
    // What overflows is an anomaly still.
    let tiny = Tensor::<f64>::from_slice(&[1, 1], &[1e-300]);
    let caught =
        std::panic::catch_unwind(|| gradus_tensor::anomaly(|| tiny.solve(&Tensor::from_slice(&[1], &[1e300]))));
    assert!(caught.unwrap_err().downcast::<String>().unwrap().contains("anomaly: solve made inf"));
}

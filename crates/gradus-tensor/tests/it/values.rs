//! Values of movement and reduction ops, written out by hand or by plain loops: the table of derivatives does not see a misplaced number.

use gradus_tensor::ndarray::array;
use gradus_tensor::{Index, Tensor};

fn t(x: &[f64]) -> Tensor<f64> {
    Tensor::from_slice(&[x.len()], x)
}

/// 1, 2, …, rows·columns.
fn counted(rows: usize, columns: usize) -> Tensor<f64> {
    (Tensor::arange(rows * columns) + 1).reshape(&[rows, columns])
}

#[track_caller]
fn same(x: &Tensor<f64>, shape: &[usize], values: &[f64]) {
    assert_eq!((x.shape(), &*x.to_vec()), (shape, values));
}

#[test]
fn pieces_and_orders() {
    let (x, m) = (t(&[1.0, 2.0, 3.0]), counted(2, 3));
    same(&counted(1, 7).slice(1, 1..7, 3), &[1, 2], &[2.0, 5.0]);
    same(&m.flip(&[1]), &[2, 3], &[3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
    same(&m.flip(&[0]), &[2, 3], &[4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
    same(&x.roll(1, 0), &[3], &[3.0, 1.0, 2.0]);
    same(&m.roll(-1, 1), &[2, 3], &[2.0, 3.0, 1.0, 5.0, 6.0, 4.0]);
    same(&x.repeat(&[2, 2]), &[2, 6], &[1.0, 2.0, 3.0].repeat(4));
    same(&x.repeat_interleave(2, 0), &[6], &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
    same(&Tensor::stack(&[x.clone(), &x * 10], 1), &[3, 2], &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]);
    let lengths = |pieces: &[Tensor<f64>]| pieces.iter().map(Tensor::len).collect::<Vec<_>>();
    assert_eq!(lengths(&counted(1, 7).split(3, 1)), [3, 3, 1]);
    assert_eq!(lengths(&counted(1, 7).chunk(3, 1)), [3, 2, 2]);
    same(&m.unbind(1)[2], &[2], &[3.0, 6.0]);
}

#[test]
fn borders() {
    let x = t(&[1.0, 2.0, 3.0]);
    same(&x.pad(&[(1, 2)], 9.0), &[6], &[9.0, 1.0, 2.0, 3.0, 9.0, 9.0]);
    same(&x.pad_reflect(&[(2, 2)]), &[7], &[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]);
    same(&x.pad_replicate(&[(1, 2)]), &[6], &[1.0, 1.0, 2.0, 3.0, 3.0, 3.0]);
    same(&x.pad_circular(&[(1, 1)]), &[5], &[3.0, 1.0, 2.0, 3.0, 1.0]);
    let y = counted(1, 2).pad(&[(1, 0), (0, 1)], 0.0);
    same(&y, &[2, 3], &[0.0, 0.0, 0.0, 1.0, 2.0, 0.0]);
}

#[test]
fn matrices() {
    let m = counted(2, 3);
    same(&m.tril(0), &[2, 3], &[1.0, 0.0, 0.0, 4.0, 5.0, 0.0]);
    same(&m.triu(1), &[2, 3], &[0.0, 2.0, 3.0, 0.0, 0.0, 6.0]);
    same(&m.diagonal(1), &[2], &[2.0, 6.0]);
    same(&m.diagonal(-1), &[1], &[4.0]);
    same(&t(&[1.0, 2.0]).diag(-1), &[3, 3], &[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
    let rows: Tensor<f64> = Index::from(array![2usize, 0]).one_hot(3);
    same(&rows, &[2, 3], &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn picks_and_their_sums() {
    let m = counted(3, 2);
    same(&m.index_select(0, &Index::from(array![2usize, 0])), &[2, 2], &[5.0, 6.0, 1.0, 2.0]);
    let index = Index::from(array![[0usize, 1], [1, 1], [0, 0]]);
    same(&m.gather(1, &index), &[3, 2], &[1.0, 2.0, 4.0, 4.0, 5.0, 5.0]);
    same(&Tensor::zeros(&[3, 2]).scatter_add(1, &index, &m), &[3, 2], &[1.0, 2.0, 0.0, 7.0, 11.0, 0.0]);
    same(&Tensor::zeros(&[2, 2]).scatter_add(0, &index, &m), &[2, 2], &[6.0, 6.0, 3.0, 6.0]);
    let rows = Index::from(array![1usize, 1, 0]);
    same(&Tensor::zeros(&[2, 2]).index_add(0, &rows, &m), &[2, 2], &[5.0, 6.0, 4.0, 6.0]);
}

/// Sums that collide have the same bits on any number of threads, and those of a plain loop in the order of the index.
#[test]
fn colliding_sums_do_not_depend_on_threads() {
    let (n, rows, width) = (4000, 37, 16);
    let places: Vec<u32> = (0..n as u32).map(|i| i.wrapping_mul(2_654_435_761) % rows as u32).collect();
    let x: Vec<f32> = (0..n * width).map(|i| (i as f32 * 0.7).sin()).collect();
    let mut expected = vec![0.0_f32; rows * width];
    for (k, &j) in places.iter().enumerate() {
        for c in 0..width {
            expected[j as usize * width + c] += x[k * width + c];
        }
    }
    let wide: Vec<u32> = places.iter().flat_map(|&j| vec![j; width]).collect();
    let (x, zeros) = (Tensor::from_slice(&[n, width], &x), Tensor::<f32>::zeros(&[rows, width]));
    let before = gradus_kernels::threads::threads();
    for threads in [1, 2, 5] {
        gradus_kernels::threads::set_threads(threads);
        assert_eq!(zeros.index_add(0, &Index::new(&[n], places.clone()), &x).to_vec(), expected);
        assert_eq!(zeros.scatter_add(0, &Index::new(&[n, width], wide.clone()), &x).to_vec(), expected);
        let across = zeros.t().scatter_add(1, &Index::new(&[n, width], wide.clone()).transposed(n, width), &x.t());
        assert_eq!(across.t().to_vec(), expected);
    }
    gradus_kernels::threads::set_threads(before);
}

trait Transposed {
    fn transposed(&self, rows: usize, columns: usize) -> Index;
}

impl Transposed for Index {
    fn transposed(&self, rows: usize, columns: usize) -> Index {
        let at = |i: usize| self.as_slice()[i % rows * columns + i / rows];
        Index::new(&[columns, rows], (0..rows * columns).map(at).collect())
    }
}

#[test]
fn reductions() {
    let m = counted(2, 3);
    same(&m.mean_axes(&[0], true), &[1, 3], &[2.5, 3.5, 4.5]);
    same(&m.var_axes(&[1], 1, false), &[2], &[1.0, 1.0]);
    same(&m.std(1), &[], &[3.5_f64.sqrt()]);
    same(&m.prod_axes(&[0], false), &[3], &[4.0, 10.0, 18.0]);
    same(&m.max_axes(&[0, 1], true), &[1, 1], &[6.0]);
    same(&m.min_axes(&[1], false), &[2], &[1.0, 4.0]);
    assert_eq!(m.argmax(1, false).as_slice(), [2, 2]);
    assert_eq!(m.argmin(0, true).shape(), [1, 3]);
    same(&m.cumsum(1), &[2, 3], &[1.0, 3.0, 6.0, 4.0, 9.0, 15.0]);
    same(&m.cumprod(1), &[2, 3], &[1.0, 2.0, 6.0, 4.0, 20.0, 120.0]);
    let x = t(&[3.0, 1.0, f64::NAN, 1.0, 2.0]);
    assert_eq!(x.argsort(0, false).as_slice(), [1, 3, 4, 0, 2]);
    let (values, places) = t(&[3.0, 1.0, 5.0, 4.0]).topk(2, 0, true);
    same(&values, &[2], &[5.0, 4.0]);
    assert_eq!(places.as_slice(), [2, 3]);
    same(&t(&[3.0, 1.0, 2.0]).sort(0, true).0, &[3], &[3.0, 2.0, 1.0]);
    let all = m.logsumexp_axes(&[0, 1], false).item();
    assert!((all - (1..7).map(|i| f64::from(i).exp()).sum::<f64>().ln()).abs() < 1e-14);
    let columns = m.softmax_axis(0).sum_axes(&[0], false).to_vec();
    assert!(columns.iter().all(|s| (s - 1.0).abs() < 1e-15));
}

#[test]
fn norms() {
    let x = t(&[3.0, -4.0]);
    same(&x.norm(1.0), &[], &[7.0]);
    same(&x.norm(2.0), &[], &[5.0]);
    same(&x.norm(f64::INFINITY), &[], &[4.0]);
    assert!((x.norm(3.0).item() - 91_f64.cbrt()).abs() < 1e-14);
    assert!((t(&[3e200, -4e200]).norm(2.0).item() / 5e200 - 1.0).abs() < 1e-15);
    assert!((t(&[3e-200, -4e-200]).norm(2.0).item() / 5e-200 - 1.0).abs() < 1e-15);
    same(&t(&[1.0, f64::INFINITY]).norm(2.0), &[], &[f64::INFINITY]);
    assert!(t(&[1.0, f64::NAN]).norm(2.0).item().is_nan());
    same(&t(&[]).norm(2.0), &[], &[0.0]);
}

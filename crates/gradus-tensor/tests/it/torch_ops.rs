//! Our ops in the words of the table of PyTorch: one line an op, in the order of the script (`xtask/fixtures/ops.py`).

use gradus_tensor::{Index, Mask, Real, Sliding, Tensor, Triangular, Windows};
use std::marker::PhantomData;

pub(crate) type Function<T> = fn(&[Tensor<T>]) -> Tensor<T>;

/// The table for a number type.
pub(crate) struct Ops<T>(PhantomData<T>);

fn row<T: Real>(x: &[f64]) -> Tensor<T> {
    Tensor::from_slice(&[x.len()], &x.iter().map(|&x| T::from_f64(x)).collect::<Vec<_>>())
}

fn places() -> Index {
    Index::new(&[2, 4], vec![0, 2, 2, 1, 1, 1, 0, 1])
}

fn rows() -> Index {
    Index::new(&[3], vec![1, 0, 1])
}

fn sums<T: Real>(pieces: &[Tensor<T>]) -> Tensor<T> {
    Tensor::stack(&pieces.iter().map(|x| x.sum_axes(&[1], false).exp()).collect::<Vec<_>>(), 0)
}

/// Far from singular.
fn regular<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    x + Tensor::eye(3) * 3
}

const fn window(kernel: usize, stride: usize, padding: usize, dilation: usize) -> Windows {
    Windows::Fixed { kernel, stride, padding, dilation, ceil: false }
}

const fn ceil(kernel: usize, stride: usize, padding: usize) -> Windows {
    Windows::Fixed { kernel, stride, padding, dilation: 1, ceil: true }
}

impl<T: Real> Ops<T> {
    pub(crate) const TABLE: &[(&str, Function<T>)] = &[
        ("abs", |x| x[0].abs()),
        ("acos", |x| x[0].acos()),
        ("acosh", |x| x[0].acosh()),
        ("asin", |x| x[0].asin()),
        ("asinh", |x| x[0].asinh()),
        ("atan", |x| x[0].atan()),
        ("atanh", |x| x[0].atanh()),
        ("ceil", |x| x[0].ceil() * &x[0]),
        ("clamp", |x| x[0].clamp(-1.0, 1.0).square()),
        ("cos", |x| x[0].cos()),
        ("cosh", |x| x[0].cosh()),
        ("elu", |x| x[0].elu(1.0)),
        ("celu", |x| x[0].celu(1.5)),
        ("selu", |x| x[0].selu()),
        ("erf", |x| x[0].erf()),
        ("erfc", |x| x[0].erfc()),
        ("erfinv", |x| x[0].erfinv()),
        ("exp", |x| x[0].exp()),
        ("exp2", |x| x[0].exp2()),
        ("exp_m1", |x| x[0].exp_m1()),
        ("floor", |x| x[0].floor() * &x[0]),
        ("gelu", |x| x[0].gelu()),
        ("gelu_tanh", |x| x[0].gelu_tanh()),
        ("leaky_relu", |x| x[0].leaky_relu(0.1)),
        ("lgamma", |x| x[0].lgamma()),
        ("digamma", |x| x[0].digamma()),
        ("polygamma", |x| x[0].polygamma(1)),
        ("ln", |x| x[0].ln()),
        ("ln_1p", |x| x[0].ln_1p()),
        ("log2", |x| x[0].log2()),
        ("log10", |x| x[0].log10()),
        ("log_sigmoid", |x| x[0].log_sigmoid()),
        ("logit", |x| x[0].logit()),
        ("mish", |x| x[0].mish()),
        ("normal_cdf", |x| x[0].normal_cdf()),
        ("powf", |x| x[0].powf(2.5)),
        ("powi", |x| x[0].powi(3)),
        ("recip", |x| x[0].recip()),
        ("relu", |x| x[0].relu()),
        ("round", |x| x[0].round() * &x[0]),
        ("rsqrt", |x| x[0].rsqrt()),
        ("sigmoid", |x| x[0].sigmoid()),
        ("sign", |x| x[0].sign() * &x[0]),
        ("silu", |x| x[0].silu()),
        ("sin", |x| x[0].sin()),
        ("sinh", |x| x[0].sinh()),
        ("softplus", |x| x[0].softplus()),
        ("softsign", |x| x[0].softsign()),
        ("sqrt", |x| x[0].sqrt()),
        ("square", |x| x[0].square()),
        ("tan", |x| x[0].tan()),
        ("tanh", |x| x[0].tanh()),
        ("trunc", |x| x[0].trunc() * &x[0]),
        ("hard_sigmoid", |x| x[0].hard_sigmoid()),
        ("hard_swish", |x| x[0].hard_swish()),
        ("hard_tanh", |x| x[0].hard_tanh()),
        ("neg", |x| -&x[0]),
        ("scale", |x| &x[0] * 3.5),
        ("shift", |x| &x[0] + 1.5),
        ("add", |x| &x[0] + &x[1]),
        ("sub", |x| &x[0] - &x[1]),
        ("mul", |x| &x[0] * &x[1]),
        ("div", |x| &x[0] / &x[1]),
        ("maximum", |x| x[0].maximum(&x[1])),
        ("minimum", |x| x[0].minimum(&x[1])),
        ("atan2", |x| x[0].atan2(&x[1])),
        ("hypot", |x| x[0].hypot(&x[1])),
        ("pow", |x| x[0].pow(&x[1])),
        ("lerp", |x| x[0].lerp(&x[1], &x[2])),
        ("where", |x| Tensor::where_(&x[0].gt(0.0), &(&x[0] * &x[1]), &x[1])),
        ("masked_fill", |x| x[0].masked_fill(&x[0].gt(0.0), 0.5).exp()),
        ("sum", |x| x[0].sum_axes(&[1], false).square()),
        ("mean", |x| x[0].mean_axes(&[0], false).exp()),
        ("broadcast_to", |x| x[0].broadcast_to(&[2, 3]).exp()),
        ("reshape", |x| x[0].reshape(&[3, 2]).exp()),
        ("permute", |x| x[0].permute(&[2, 0, 1]).exp()),
        ("narrow", |x| x[0].narrow(1, 1, 2).exp()),
        ("concat", |x| Tensor::concat(x, 0).exp()),
        ("stack", |x| Tensor::stack(x, 1).exp()),
        ("matmul", |x| x[0].matmul(&x[1])),
        ("expm", |x| x[0].expm()),
        ("softmax", |x| x[0].softmax()),
        ("log_softmax", |x| x[0].log_softmax()),
        ("logsumexp", |x| x[0].logsumexp()),
        ("cross_entropy", |x| x[0].cross_entropy(&Index::new(&[2], vec![2, 0])).mean()),
        ("linear", |x| x[0].linear(&x[1], &x[2])),
        ("batch_norm", |x| x[0].batch_norm(&x[1], &x[2], 1e-5).0),
        ("sum_all", |x| x[0].sum().exp()),
        ("mean_keep", |x| x[0].mean_axes(&[0, 2], true).exp()),
        ("var", |x| x[0].var_axes(&[1], 1, false).exp()),
        ("var_biased", |x| x[0].var_axes(&[0, 2], 0, true).exp()),
        ("std", |x| x[0].std_axes(&[0], 1, false)),
        ("std_biased", |x| x[0].std(0)),
        ("prod", |x| x[0].prod_axes(&[1], false)),
        ("prod_zero", |x| (&x[0] * row(&[1.0, 0.0, 1.0])).prod_axes(&[1], false)),
        ("prod_zeros", |x| (&x[0] * row(&[0.0, 1.0, 0.0, 1.0])).prod()),
        ("max", |x| x[0].max_axes(&[1], false).exp()),
        ("min", |x| x[0].min_axes(&[0, 2], true).exp()),
        ("max_ties", |x| Tensor::concat(&[x[0].clone(), x[0].clone()], 0).max().exp()),
        ("argmax", |x| x[0].gather(1, &x[0].argmax(1, true)).exp()),
        ("argmin", |x| x[0].gather(0, &x[0].argmin(0, true)).exp()),
        ("norm1", |x| x[0].norm_axes(1.0, &[1], false).square()),
        ("norm2", |x| x[0].norm_axes(2.0, &[1], false)),
        ("norm", |x| x[0].norm_axes(3.0, &[0], true)),
        ("norm_inf", |x| x[0].norm_axes(f64::INFINITY, &[1], false).square()),
        ("norm_frobenius", |x| x[0].norm(2.0)),
        ("cumsum", |x| x[0].cumsum(1).exp()),
        ("cumprod", |x| x[0].cumprod(0)),
        ("cumprod_zero", |x| (&x[0] * row(&[1.0, 0.0, 1.0, 1.0])).cumprod(0)),
        ("sort", |x| x[0].sort(1, false).0.exp()),
        ("sort_descending", |x| x[0].sort(0, true).0.exp()),
        ("topk", |x| x[0].topk(2, 1, true).0.exp()),
        ("topk_smallest", |x| x[0].topk(3, 0, false).0.exp()),
        ("logsumexp_axes", |x| x[0].logsumexp_axes(&[0, 2], true)),
        ("softmax_axis", |x| x[0].softmax_axis(0)),
        ("log_softmax_axis", |x| x[0].log_softmax_axis(1)),
        ("softmax_masked", |x| x[0].masked_fill(&Mask::new(&[3], vec![1, 0, 0]), f64::NEG_INFINITY).softmax()),
        ("slice", |x| x[0].slice(1, 1..7, 2).exp()),
        ("gather", |x| x[0].gather(1, &places()).exp()),
        ("scatter_add", |x| x[0].scatter_add(1, &places(), &x[1]).exp()),
        ("index_add", |x| x[0].index_add(0, &rows(), &x[1]).exp()),
        ("index_select", |x| x[0].index_select(0, &rows()).exp()),
        ("one_hot", |x| (rows().one_hot(2) * &x[0]).exp()),
        ("pad", |x| x[0].pad(&[(0, 1), (1, 2)], 0.5).exp()),
        ("pad_reflect", |x| x[0].pad_reflect(&[(0, 0), (0, 0), (2, 1)]).exp()),
        ("pad_replicate", |x| x[0].pad_replicate(&[(0, 0), (0, 0), (2, 1)]).exp()),
        ("pad_circular", |x| x[0].pad_circular(&[(0, 0), (0, 0), (2, 1)]).exp()),
        ("flip", |x| x[0].flip(&[0, 1]).exp() * &x[0]),
        ("roll", |x| x[0].roll(2, 1).exp() * &x[0]),
        ("repeat", |x| x[0].repeat(&[2, 1, 2]).exp()),
        ("repeat_interleave", |x| x[0].repeat_interleave(2, 1).exp()),
        ("tril", |x| x[0].tril(-1).exp()),
        ("triu", |x| x[0].triu(1).exp()),
        ("diagonal", |x| x[0].diagonal(1).exp()),
        ("diag_embed", |x| x[0].diag_embed(-1).exp()),
        ("split", |x| sums(&x[0].split(2, 1))),
        ("chunk", |x| sums(&x[0].chunk(3, 1))),
        ("unbind", |x| &x[0].unbind(1)[0] * x[0].unbind(1)[1].exp()),
        ("matmul_vectors", |x| x[0].matmul(&x[1])),
        ("matmul_vector_matrix", |x| x[0].matmul(&x[1])),
        ("matmul_matrix_vector", |x| x[0].matmul(&x[1])),
        ("matmul_broadcast", |x| x[0].matmul(&x[1])),
        ("matmul_transposed", |x| x[0].t().matmul(&x[1].t())),
        ("outer", |x| x[0].outer(&x[1])),
        ("einsum", |x| Tensor::einsum("bij,bkj->ik", &[&x[0], &x[1]])),
        ("einsum_three", |x| Tensor::einsum("i,ij,j->", &[&x[0], &x[1], &x[2]])),
        ("einsum_diagonal", |x| Tensor::einsum("...ii->...i", &[&x[0]]).exp()),
        ("trace", |x| x[0].trace().exp()),
        ("solve", |x| regular(&x[0]).solve(&x[1]).expect("regular")),
        ("solve_vector", |x| regular(&x[0]).solve(&x[1]).expect("regular")),
        ("triangular_solve", |x| regular(&x[0]).triangular_solve(&x[1], Triangular::LOWER).expect("regular")),
        ("triangular_solve_unit", |x| x[0].triangular_solve(&x[1], Triangular::UPPER.unit().right()).expect("regular")),
        ("inverse", |x| regular(&x[0]).inverse().expect("regular")),
        ("det", |x| x[0].det()),
        ("slogdet", |x| regular(&x[0]).slogdet().expect("regular").1),
        ("cholesky", |x| (x[0].matmul(&x[0].t()) + Tensor::eye(3)).cholesky().expect("positive definite")),
        ("qr", |x| {
            let (q, r) = x[0].qr().expect("independent columns");
            q.sin().sum() + r.sin().sum()
        }),
        ("eigvalsh", |x| x[0].eigvalsh().expect("finite").exp()),
        ("eigh", |x| {
            let (values, v) = (&x[0] + x[0].t()).eigh().expect("gaps");
            Tensor::concat(&[values.sin(), v.square().flatten()], 0)
        }),
        ("singular_values", |x| x[0].singular_values().expect("finite").exp()),
        ("svd", |x| {
            let (u, s, vt) = x[0].svd().expect("gaps");
            Tensor::concat(&[s.sin(), u.square().matmul(&vt.square()).flatten(), u.matmul(&vt).flatten()], 0)
        }),
        ("matrix_power", |x| x[0].matrix_power(3).expect("a positive power")),
        ("matrix_power_negative", |x| regular(&x[0]).matrix_power(-2).expect("regular")),
        ("expm_batch", |x| x[0].expm()),
        ("skew_expm", |x| x[0].skew_expm()),
        ("nuclear_norm", |x| x[0].nuclear_norm().expect("finite")),
        ("conv2d", |x| x[0].conv2d(&x[1], Sliding::default())),
        ("conv2d_all", |x| {
            x[0].conv2d(&x[1], Sliding { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 })
        }),
        ("conv1d", |x| x[0].conv1d(&x[1], Sliding { stride: [1, 2], padding: [0, 1], dilation: [1, 2], groups: 1 })),
        ("conv2d_transposed", |x| x[0].conv2d_transposed(&x[1], Sliding::default(), [0, 0])),
        ("conv2d_transposed_all", |x| {
            x[0].conv2d_transposed(
                &x[1],
                Sliding { stride: [2, 3], padding: [1, 0], dilation: [2, 1], groups: 2 },
                [1, 2],
            )
        }),
        ("conv1d_transposed", |x| {
            x[0].conv1d_transposed(&x[1], Sliding { stride: [1, 2], padding: [0, 1], ..Sliding::default() }, 1)
        }),
        ("max_pool", |x| x[0].max_pool2d([Windows::tiles(2); 2]).exp()),
        ("max_pool_all", |x| x[0].max_pool2d([window(3, 2, 1, 1), window(2, 1, 0, 2)]).exp()),
        ("max_pool_ceil", |x| x[0].max_pool2d([ceil(2, 2, 0); 2]).exp()),
        ("max_pool1d", |x| x[0].max_pool1d(window(3, 2, 1, 1)).exp()),
        ("avg_pool", |x| x[0].avg_pool2d([window(3, 2, 1, 1), window(2, 1, 0, 1)], true).exp()),
        ("avg_pool_inside", |x| x[0].avg_pool2d([window(3, 2, 1, 1); 2], false).exp()),
        ("avg_pool_ceil", |x| x[0].avg_pool2d([ceil(3, 2, 1); 2], true).exp()),
        ("avg_pool1d", |x| x[0].avg_pool1d(window(3, 2, 0, 1), true).exp()),
        ("adaptive_avg_pool", |x| x[0].adaptive_avg_pool2d([2, 3]).exp()),
        ("adaptive_max_pool", |x| x[0].adaptive_max_pool2d([2, 3]).exp()),
        ("adaptive_max_pool1d", |x| x[0].adaptive_max_pool1d(3).exp()),
        ("step", |x| x[0].step() * &x[0]),
        ("softplus_beta", |x| x[0].softplus_with(2.5)),
        ("cross_entropy_each", |x| x[0].cross_entropy(&Index::new(&[2], vec![2, 0]))),
        ("layer_norm", |x| x[0].layer_norm(&x[1], &x[2], 1e-5)),
        ("rms_norm", |x| x[0].rms_norm(&x[1], 1e-5)),
        ("gaussian_nll", |x| x[0].gaussian_nll(&x[1], &x[2], 1e-6)),
    ];
}

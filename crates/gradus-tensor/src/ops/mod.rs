//! The rooms of the ops: one file an op, one line an op in the list below. The tests walk this list.

/// An op in the wrapper of its kind; `Itself` is the general kind, which implements [`Op`](crate::op::Op) directly.
macro_rules! boxed {
    (Itself; $op:expr) => { $op };
    ($Kind:ident $(<$n:literal>)?; $op:expr) => { $crate::kind::$Kind $(::<$n, _>)? ($op) };
}

/// How an op is boxed for both number types. What is `Composed` of other ops has a room and a row, but no node of its own.
macro_rules! entry {
    (Composed; $Op:path) => {};
    ($Kind:ident $(<$n:literal>)?; $Op:path) => {
        impl $crate::op::Boxed for $Op {
            fn f32(self) -> Box<dyn $crate::op::Op<f32>> {
                Box::new(boxed!($Kind $(<$n>)?; self))
            }
            fn f64(self) -> Box<dyn $crate::op::Op<f64>> {
                Box::new(boxed!($Kind $(<$n>)?; self))
            }
        }
    };
}

/// Declares a room's op: how its kind is boxed for both number types, and its row in the table.
macro_rules! rooms {
    ($($folder:ident { $($room:ident :: $Op:ident as $Kind:ident $(<$n:literal>)?),+ $(,)? })+) => {
        $(pub mod $folder;)+
        $($(entry! { $Kind $(<$n>)?; $folder::$room::$Op })+)+
        /// Every op with its cases.
        #[must_use]
        pub fn table() -> Vec<$crate::case::Row> {
            vec![$($($crate::case::Row::of::<$folder::$room::$Op>(stringify!($folder), stringify!($room))),+),+]
        }
    };
}

rooms! {
    arithmetic {
        add::Add as Straight,
        sub::Sub as Straight,
        mul::Mul as Product,
        div::Div as Pointwise<2>,
        scale::Scale as Straight,
        shift::Shift as Itself,
    }
    elementwise {
        abs::Abs as Pointwise<1>,
        acos::Acos as Pointwise<1>,
        acosh::Acosh as Pointwise<1>,
        asin::Asin as Pointwise<1>,
        asinh::Asinh as Pointwise<1>,
        atan2::Atan2 as Pointwise<2>,
        atan::Atan as Pointwise<1>,
        atanh::Atanh as Pointwise<1>,
        ceil::Ceil as Pointwise<1>,
        clamp::Clamp as Pointwise<1>,
        clamp::HardSigmoid as Composed,
        clamp::HardSwish as Composed,
        clamp::HardTanh as Composed,
        cos::Cos as Pointwise<1>,
        cosh::Cosh as Pointwise<1>,
        elu::Celu as Composed,
        elu::Elu as Pointwise<1>,
        elu::Selu as Composed,
        erf::Erf as Pointwise<1>,
        erfc::Erfc as Pointwise<1>,
        erfinv::Erfinv as Pointwise<1>,
        exp2::Exp2 as Pointwise<1>,
        exp::Exp as Pointwise<1>,
        exp_m1::ExpM1 as Pointwise<1>,
        floor::Floor as Pointwise<1>,
        gelu::Gelu as Pointwise<1>,
        gelu_tanh::GeluTanh as Pointwise<1>,
        hypot::Hypot as Pointwise<2>,
        inside::Inside as Pointwise<1>,
        leaky_relu::LeakyRelu as Pointwise<1>,
        lerp::Lerp as Composed,
        lgamma::Lgamma as Pointwise<1>,
        ln::Ln as Pointwise<1>,
        ln_1p::Ln1p as Pointwise<1>,
        log10::Log10 as Pointwise<1>,
        log2::Log2 as Pointwise<1>,
        log_sigmoid::LogSigmoid as Pointwise<1>,
        logit::Logit as Pointwise<1>,
        lorentz::Lorentz as Pointwise<1>,
        maximum::Maximum as Pointwise<2>,
        minimum::Minimum as Pointwise<2>,
        mish::Mish as Pointwise<1>,
        normal_cdf::NormalCdf as Pointwise<1>,
        polygamma::Polygamma as Pointwise<1>,
        pow::Pow as Pointwise<2>,
        powf::Powf as Pointwise<1>,
        recip::Recip as Pointwise<1>,
        relu::Relu as Pointwise<1>,
        round::Round as Pointwise<1>,
        rsqrt::Rsqrt as Pointwise<1>,
        sigmoid::Sigmoid as Pointwise<1>,
        sign::Sign as Pointwise<1>,
        silu::Silu as Pointwise<1>,
        sin::Sin as Pointwise<1>,
        sinh::Sinh as Pointwise<1>,
        softplus::Softplus as Pointwise<1>,
        softsign::Softsign as Pointwise<1>,
        sqrt::Sqrt as Pointwise<1>,
        square::Square as Pointwise<1>,
        step::Step as Pointwise<1>,
        tan::Tan as Pointwise<1>,
        tanh::Tanh as Pointwise<1>,
        trunc::Trunc as Pointwise<1>,
        wins::Wins as Pointwise<2>,
    }
    reduction {
        cumulate::CumProd as Composed,
        cumulate::CumSum as Straight,
        max::ArgMax as Composed,
        max::ArgMin as Composed,
        max::Max as Itself,
        max::Min as Composed,
        max::Share as Itself,
        mean::Mean as Composed,
        norm::Norm2 as Composed,
        norm::Norm as Composed,
        norm::NormInf as Composed,
        prod::Prod as Whole,
        sort::Sort as Composed,
        sort::TopK as Composed,
        sum::Sum as Straight,
        var::Std as Composed,
        var::Var as Composed,
    }
    movement {
        alias::Alias as Straight,
        broadcast_to::BroadcastTo as Straight,
        concat::Concat as Straight,
        diagonal::DiagEmbed as Straight,
        diagonal::Diagonal as Straight,
        flip::Flip as Composed,
        gather::Gather as Straight,
        index_add::IndexAdd as Straight,
        index_select::IndexSelect as Straight,
        narrow::Narrow as Composed,
        one_hot::OneHot as Composed,
        pad::Pad as Straight,
        pad::PadCircular as Composed,
        pad::PadReflect as Composed,
        pad::PadReplicate as Composed,
        permute::Permute as Straight,
        repeat::Repeat as Composed,
        repeat::RepeatInterleave as Composed,
        reshape::Reshape as Straight,
        roll::Roll as Composed,
        scatter_add::ScatterAdd as Straight,
        slice::Slice as Straight,
        slice::Unslice as Straight,
        split::Chunk as Composed,
        split::Split as Composed,
        split::Unbind as Composed,
        stack::Stack as Composed,
        triangle::Tril as Composed,
        triangle::Triu as Composed,
    }
    linalg {
        cholesky::Cholesky as Itself,
        det::Det as Itself,
        eigh::Eigh as Itself,
        eigvalsh::Eigvalsh as Itself,
        einsum::Einsum as Composed,
        expm::Expm as Whole,
        inverse::Inverse as Itself,
        lyapunov::Lyapunov as Itself,
        matmul::MatMul as Product,
        matrix_power::MatrixPower as Composed,
        nuclear_norm::NuclearNorm as Composed,
        outer::Outer as Composed,
        polar::Polar as Itself,
        qr::Qr as Itself,
        singular_values::SingularValues as Itself,
        skew_expm::SkewExpm as Whole,
        slogdet::SlogDet as Itself,
        solve::Solve as Itself,
        svd::Svd as Itself,
        trace::Trace as Straight,
        triangular_solve::TriangularSolve as Itself,
    }
    fused {
        batch_norm::BatchNorm as Whole,
        batch_norm_pull::BatchNormPull as Whole,
        cross_entropy::CrossEntropy as Whole,
        dropout::Dropout as Straight,
        gaussian_nll::GaussianNll as Whole,
        layer_norm::LayerNorm as Whole,
        linear::Linear as Whole,
        log_softmax::LogSoftmax as Itself,
        logsumexp::LogSumExp as Itself,
        mod_relu::ModRelu as Whole,
        rms_norm::RmsNorm as Whole,
        softmax::Softmax as Itself,
    }
    pooling {
        average::AveragePool as Straight,
        average::Spread as Straight,
        max::Pick as Straight,
        max::PutBack as Straight,
    }
    choice {
        compare::Compare as Composed,
        logic::Logic as Composed,
        where_::Keep as Straight,
        where_::MaskedFill as Composed,
        where_::Where as Straight,
    }
    convolution {
        conv::Conv as Product,
        conv::ConvInput as Product,
        conv::ConvWeight as Product,
    }
}

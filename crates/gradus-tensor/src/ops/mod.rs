//! The rooms of the ops: one file an op, one line an op in the list below. The tests walk this list.

/// An op in the wrapper of its kind; `Itself` is the general kind, which implements [`Op`](crate::op::Op) directly.
macro_rules! boxed {
    (Itself; $op:expr) => { $op };
    ($Kind:ident $(<$n:literal>)?; $op:expr) => { $crate::kind::$Kind $(::<$n, _>)? ($op) };
}

/// Declares a room's op: how its kind is boxed for both number types, and its row in the table.
macro_rules! rooms {
    ($($folder:ident { $($room:ident :: $Op:ident as $Kind:ident $(<$n:literal>)?),+ $(,)? })+) => {
        $(pub mod $folder;)+
        $($(
            impl $crate::op::Boxed for $folder::$room::$Op {
                fn f32(self) -> Box<dyn $crate::op::Op<f32>> {
                    Box::new(boxed!($Kind $(<$n>)?; self))
                }
                fn f64(self) -> Box<dyn $crate::op::Op<f64>> {
                    Box::new(boxed!($Kind $(<$n>)?; self))
                }
            }
        )+)+
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
        exp::Exp as Pointwise<1>,
        ln::Ln as Pointwise<1>,
        recip::Recip as Pointwise<1>,
        relu::Relu as Pointwise<1>,
        sigmoid::Sigmoid as Pointwise<1>,
        softplus::Softplus as Pointwise<1>,
        sqrt::Sqrt as Pointwise<1>,
        square::Square as Pointwise<1>,
        step::Step as Pointwise<1>,
        tanh::Tanh as Pointwise<1>,
    }
    reduction {
        sum::Sum as Straight,
    }
    movement {
        alias::Alias as Straight,
        broadcast_to::BroadcastTo as Straight,
        concat::Concat as Straight,
        narrow::Narrow as Straight,
        narrow::Widen as Straight,
        permute::Permute as Straight,
        reshape::Reshape as Straight,
    }
    linalg {
        expm::Expm as Whole,
        matmul::MatMul as Product,
        skew_expm::SkewExpm as Whole,
    }
    fused {
        batch_norm::BatchNorm as Whole,
        cross_entropy::CrossEntropy as Whole,
        dropout::Dropout as Straight,
        linear::Linear as Whole,
        logsumexp::LogSumExp as Itself,
        softmax::Softmax as Itself,
    }
}

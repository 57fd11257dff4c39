//! Ops that make one number of many, or put many in order.

mod rows;

rooms! {
    cumulate: CumProd as Composed, CumSum as Straight;
    max: ArgMax as Composed, ArgMin as Composed, Max as Itself, Min as Composed, Share as Itself;
    mean: Mean as Composed;
    norm: Norm2 as Composed, Norm as Composed, NormInf as Composed;
    prod: Prod as Whole;
    sort: Sort as Composed, TopK as Composed;
    sum: Sum as Straight;
    sum_of_squares: SumOfSquares as Whole;
    var: Std as Composed, Var as Composed;
}

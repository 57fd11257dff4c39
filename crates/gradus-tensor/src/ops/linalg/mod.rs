//! Ops on matrices: products, systems, factorisations, exponentials and powers.

mod batch;
mod subscripts;
mod verdict;

rooms! {
    cholesky: Cholesky as Itself;
    det: Det as Itself;
    eigh: Eigh as Itself;
    eigvalsh: Eigvalsh as Itself;
    einsum: Einsum as Composed;
    expm: Expm as Whole;
    inverse: Inverse as Itself;
    lyapunov: Lyapunov as Itself;
    matmul: MatMul as Product;
    matrix_power: MatrixPower as Composed;
    nuclear_norm: NuclearNorm as Composed;
    outer: Outer as Composed;
    polar: Polar as Itself;
    qr: Qr as Itself;
    singular_values: SingularValues as Itself;
    skew_expm: SkewExpm as Whole;
    slogdet: SlogDet as Itself;
    solve: Solve as Itself;
    svd: Svd as Itself;
    trace: Trace as Straight;
    triangular_solve: TriangularSolve as Itself;
}

//! Sums, products and quotients, with tensors and with plain numbers; the operators are in `operators.rs`.

rooms! {
    add: Add as Straight;
    sub: Sub as Straight;
    mul: Mul as Product;
    div: Div as Pointwise<2>;
    scale: Scale as Straight;
    shift: Shift as Itself;
}

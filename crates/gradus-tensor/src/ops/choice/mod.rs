//! Masks: comparisons that make them, logic on them, and what is chosen by them.

rooms! {
    compare: Compare as Composed;
    logic: Logic as Composed;
    where_: Keep as Straight, MaskedFill as Composed, Where as Straight;
}

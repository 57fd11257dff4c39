//! What the derive says when it is used wrongly: one small program for every message.

#[test]
fn every_refusal_says_what_to_do() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

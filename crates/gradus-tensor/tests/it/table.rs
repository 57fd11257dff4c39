//! Every op, at every case its room brings: orders 1 to 3, all nestings, finite differences, recorded against unrecorded.

use gradus_tensor::Outcome;
use gradus_tensor::ops::table;

#[test]
fn every_op_at_every_case() {
    let mut total = Outcome::default();
    for row in table() {
        let cases = (row.cases)();
        assert!(!cases.is_empty(), "{} brings no cases", row.name);
        for case in cases {
            let mut outcome = case.check(3);
            outcome.failures.iter_mut().for_each(|f| f.insert_str(0, &format!("{}: ", row.name)));
            total.add(outcome);
        }
    }
    assert!(total.failures.is_empty(), "{} failures:\n{}", total.failures.len(), total.failures.join("\n"));
}

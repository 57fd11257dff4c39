//! The embedded digits are the published ones.

use gradus_data::digits;

use crate::seeded;

#[test]
fn counts_are_those_of_the_publisher() {
    // digits.DESCR of scikit-learn and the class counts of UCI's optdigits.tes.
    let set = digits();
    let mut counts = [0; 10];
    for &label in &set.y {
        counts[label] += 1;
    }
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    assert_eq!(set.x.iter().fold(0.0_f32, |a, &b| a.max(b)), 16.0);
    assert_eq!(set.x.iter().map(|&v| f64::from(v)).sum::<f64>(), 561_718.0);
}

#[test]
fn a_split_is_seeded_disjoint_and_whole() {
    let set = digits();
    let (train, test) = set.split(0.8, &mut seeded(0));
    assert_eq!((train.len(), test.len()), (1438, 359));
    assert_eq!(set.split(0.8, &mut seeded(0)), (train.clone(), test.clone()));
    assert_ne!(set.split(0.8, &mut seeded(1)).0.y, train.y);
    let total: f64 = train.x.iter().chain(&test.x).map(|&v| f64::from(v)).sum();
    assert_eq!(total, 561_718.0);
}

//! "Did you mean": the names nearest to one that does not exist.

/// The end of a message about a name that is not there: the nearest names, or all of them if they are few.
pub(crate) fn suggestion<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let mut near: Vec<(usize, &str)> = names.into_iter().map(|name| (distance(wrong, name), name)).collect();
    near.sort();
    let close = wrong.chars().count().div_ceil(3).max(1);
    if near.is_empty() {
        return "; there are none".into();
    }
    if let Some((_, name)) = near.first().filter(|(far, _)| *far <= close) {
        return format!("; did you mean {name:?}?");
    }
    let shown: Vec<&str> = near.iter().take(8).map(|(_, name)| *name).collect();
    let more = if near.len() > shown.len() { format!(" and {} more", near.len() - shown.len()) } else { String::new() };
    format!("; there are {shown:?}{more}")
}

/// The number of letters to insert, delete or replace (Levenshtein); long names are compared by their first 64 letters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

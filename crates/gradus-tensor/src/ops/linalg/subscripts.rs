//! Einstein's notation, parsed and held against shapes.

use crate::message;
use std::collections::BTreeMap;

/// The name of an axis: a letter, or a place within what `...` stands for, counted from the left of the longest.
pub(super) type Label = u32;

/// Above every letter.
const ELLIPSIS: Label = 0x0011_0000;

/// Labels of the operands' axes and of the output's.
#[derive(Debug)]
pub(super) struct Subscripts {
    pub(super) inputs: Vec<Vec<Label>>,
    pub(super) output: Vec<Label>,
    lengths: BTreeMap<Label, usize>,
}

/// One comma-separated part: letters before and after an ellipsis, if there is one.
struct Part {
    before: Vec<Label>,
    after: Option<Vec<Label>>,
}

impl Part {
    fn parse(spec: &str, part: &str) -> Result<Self, String> {
        let letters = |s: &str| -> Result<Vec<Label>, String> {
            match s.chars().find(|c| !c.is_ascii_alphabetic()) {
                Some(c) => Err(message::einsum(
                    spec,
                    &format!("{part:?} holds {c:?}; axes are named by letters a to z and A to Z, or ..."),
                )),
                None => Ok(s.chars().map(u32::from).collect()),
            }
        };
        match part.split_once("...") {
            None => Ok(Part { before: letters(part)?, after: None }),
            Some((_, after)) if after.contains("...") => {
                Err(message::einsum(spec, &format!("{part:?} holds ... twice")))
            }
            Some((before, after)) => Ok(Part { before: letters(before)?, after: Some(letters(after)?) }),
        }
    }

    /// How many axes the letters name.
    fn letters(&self) -> usize {
        self.before.len() + self.after.as_ref().map_or(0, Vec::len)
    }

    /// All labels, `...` standing for the last `count` of `most` places.
    fn labels(&self, count: usize, most: usize) -> Vec<Label> {
        let places = (most - count..most).map(|k| ELLIPSIS + k as Label);
        match &self.after {
            None => self.before.clone(),
            Some(after) => self.before.iter().copied().chain(places).chain(after.iter().copied()).collect(),
        }
    }
}

impl Subscripts {
    /// Reads `spec` for operands of these shapes; else the whole message of what is wrong.
    pub(super) fn parse(spec: &str, shapes: &[&[usize]]) -> Result<Self, String> {
        let refuse = |why: String| Err(message::einsum(spec, &why));
        let bare: String = spec.chars().filter(|c| !c.is_whitespace()).collect();
        let (left, right) = match bare.split_once("->") {
            Some((_, right)) if right.contains("->") => return refuse("-> comes twice".into()),
            Some((left, right)) => (left, Some(right)),
            None => (&bare[..], None),
        };
        let parts = left.split(',').map(|p| Part::parse(spec, p)).collect::<Result<Vec<_>, _>>()?;
        if parts.len() != shapes.len() {
            return refuse(format!("{} operands are named, {} came", parts.len(), shapes.len()));
        }
        let mut counts = Vec::new();
        for (i, (part, shape)) in parts.iter().zip(shapes).enumerate() {
            let named = part.letters();
            match shape.len().checked_sub(named) {
                Some(count) if count == 0 || part.after.is_some() => counts.push(count),
                _ => {
                    return refuse(format!(
                        "operand {i} has {} axes (shape {shape:?}), {named} are named",
                        shape.len()
                    ));
                }
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0);
        let inputs: Vec<Vec<Label>> = parts.iter().zip(&counts).map(|(p, &c)| p.labels(c, most)).collect();
        let mut lengths = BTreeMap::new();
        for (i, (labels, shape)) in inputs.iter().zip(shapes).enumerate() {
            for (&label, &n) in labels.iter().zip(*shape) {
                let known = lengths.entry(label).or_insert(n);
                if label >= ELLIPSIS && *known == 1 {
                    *known = n;
                } else if *known != n && !(label >= ELLIPSIS && n == 1) {
                    return refuse(format!(
                        "{} has length {known}, but {n} in operand {i} (shape {shape:?})",
                        name(label)
                    ));
                }
            }
        }
        let output = match right {
            Some(right) => Part::parse(spec, right)?.labels(most, most),
            None => {
                let all: Vec<Label> = inputs.iter().flatten().copied().collect();
                let once = |l: &Label| *l < ELLIPSIS && all.iter().filter(|m| *m == l).count() == 1;
                let places = (0..most).map(|k| ELLIPSIS + k as Label);
                places.chain(lengths.keys().copied().filter(once)).collect()
            }
        };
        for (k, &label) in output.iter().enumerate() {
            if output[..k].contains(&label) {
                return refuse(format!("the output names {} twice", name(label)));
            }
            if !lengths.contains_key(&label) {
                return refuse(format!("the output names {}, no operand does", name(label)));
            }
        }
        Ok(Subscripts { inputs, output, lengths })
    }

    /// The length of the axis.
    pub(super) fn length(&self, label: Label) -> usize {
        self.lengths.get(&label).copied().unwrap_or(1)
    }
}

fn name(label: Label) -> String {
    match char::from_u32(label) {
        Some(letter) => format!("axis {letter:?}"),
        None => format!("axis {} of ...", label - ELLIPSIS),
    }
}

#[cfg(test)]
mod tests {
    use super::Subscripts;

    fn refusal(spec: &str, shapes: &[&[usize]]) -> String {
        Subscripts::parse(spec, shapes).expect_err("refused")
    }

    #[test]
    fn what_is_wrong_is_said() {
        let m: &[usize] = &[2, 3];
        let said = [
            (refusal("ij->ij->i", &[m]), "-> comes twice"),
            (refusal("ij,jk", &[m]), "2 operands are named, 1 came"),
            (refusal("ijk", &[m]), "operand 0 has 2 axes (shape [2, 3]), 3 are named"),
            (refusal("i", &[m]), "operand 0 has 2 axes (shape [2, 3]), 1 are named"),
            (refusal("i1", &[m]), "\"i1\" holds '1'; axes are named by letters a to z and A to Z, or ..."),
            (refusal("......", &[m]), "\"......\" holds ... twice"),
            (refusal("ij,jk", &[m, &[2, 2]]), "axis 'j' has length 3, but 2 in operand 1 (shape [2, 2])"),
            (refusal("ii", &[m]), "axis 'i' has length 2, but 3 in operand 0 (shape [2, 3])"),
            (refusal("ij->ii", &[m]), "the output names axis 'i' twice"),
            (refusal("ij->k", &[m]), "the output names axis 'k', no operand does"),
            (refusal("...,...", &[m, &[2]]), "axis 1 of ... has length 3, but 2 in operand 1 (shape [2])"),
        ];
        for (got, why) in said {
            assert!(got.ends_with(why), "{got}");
            assert!(got.starts_with("einsum: "), "{got}");
        }
    }

    #[test]
    fn without_an_arrow_letters_that_come_once_are_sorted() {
        let s = Subscripts::parse("ba", &[&[2, 3]]).expect("fits");
        assert_eq!(s.output, [u32::from('a'), u32::from('b')]);
        let s = Subscripts::parse("i...j, j", &[&[2, 5, 3], &[3]]).expect("fits");
        assert_eq!(s.output.iter().map(|&l| s.length(l)).collect::<Vec<_>>(), [5, 2]);
    }
}

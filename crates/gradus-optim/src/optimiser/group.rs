//! Parameter groups by name: rates, decay, frozen.

use gradus_tensor::Role;

/// Settings for the leaves whose name matches a pattern. A later group goes over an earlier one, setting by setting.
///
/// In a pattern `*` stands for any characters: `"*.bias"`, `"trunk.*"`, `"head.weight"`.
#[derive(Clone, Debug)]
pub struct Group {
    pub(super) pattern: String,
    pub(super) rate: Option<f64>,
    pub(super) decay: Option<f64>,
    pub(super) frozen: Option<bool>,
}

impl Group {
    /// The leaves with these names.
    #[must_use]
    pub fn named(pattern: impl Into<String>) -> Self {
        Group { pattern: pattern.into(), rate: None, decay: None, frozen: None }
    }

    /// Multiplies the rate by this factor.
    #[must_use]
    pub fn rate_factor(self, factor: f64) -> Self {
        Group { rate: Some(factor), ..self }
    }

    /// The weight decay λ of these leaves, whatever their role, and also where they are free leaves of a constrained weight.
    #[must_use]
    pub fn weight_decay(self, decay: f64) -> Self {
        Group { decay: Some(decay), ..self }
    }

    /// Leaves them as they are.
    #[must_use]
    pub fn frozen(self) -> Self {
        Group { frozen: Some(true), ..self }
    }
}

/// Whether `name` fits `pattern`, in which `*` stands for any characters.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let middle: Vec<&str> = parts.collect();
    let Some((last, middle)) = middle.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// What an optimiser does with one leaf.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    /// A factor on the rate.
    pub(super) rate: f64,
    /// See [`Context::decay`](crate::transform::Context::decay).
    pub(super) decay: Option<f64>,
    pub(super) frozen: bool,
}

/// The settings of a leaf; `matched` says of each group whether it has met a leaf.
pub(super) fn settle(
    name: &str,
    role: Role,
    constrained: bool,
    everything_decays: bool,
    groups: &[Group],
    matched: &mut [bool],
) -> Settings {
    let decays = !constrained && (everything_decays || role == Role::Weight);
    let mut own = Settings { rate: 1.0, decay: if decays { None } else { Some(0.0) }, frozen: false };
    for (group, matched) in groups.iter().zip(matched) {
        if matches(&group.pattern, name) {
            *matched = true;
            own.rate = group.rate.unwrap_or(own.rate);
            own.decay = group.decay.or(own.decay);
            own.frozen = group.frozen.unwrap_or(own.frozen);
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, name, wanted) in [
            ("a.b", "a.b", true),
            ("a.b", "a.bc", false),
            ("*.bias", "trunk.0.bias", true),
            ("*.bias", "trunk.bias.0", false),
            ("trunk.*", "trunk.", true),
            ("*", "", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyyd", false),
            ("a*a", "a", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), wanted, "{pattern} on {name}");
        }
    }
}

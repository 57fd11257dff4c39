//! What is asked of the value of a constraint.

/// What is asked of g.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// g ≤ γ: λ ≥ 0.
    AtMost(f64),
    /// g = γ.
    Equal(f64),
}

impl Bound {
    /// γ.
    pub fn level(self) -> f64 {
        match self {
            Bound::AtMost(level) | Bound::Equal(level) => level,
        }
    }

    /// Whether g must equal γ.
    pub fn is_equality(self) -> bool {
        matches!(self, Bound::Equal(_))
    }

    /// How far g − γ = `excess` is from what is allowed; what is not a number stays that.
    pub fn violation(self, excess: f64) -> f64 {
        if self.is_equality() { excess.abs() } else { at_least_zero(excess) }
    }

    /// The multiplier nearest to λ that the constraint can have; what is not a number stays that.
    pub fn admit(self, lambda: f64) -> f64 {
        if self.is_equality() { lambda } else { at_least_zero(lambda) }
    }
}

/// max(x, 0), and not 0 for what is not a number, as `f64::max` says.
fn at_least_zero(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { x }
}

impl From<f64> for Bound {
    fn from(level: f64) -> Self {
        Bound::AtMost(level)
    }
}

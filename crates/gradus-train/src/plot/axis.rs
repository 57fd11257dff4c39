//! An axis: a range of numbers, linear or logarithmic, and its round ticks.

/// A range of numbers laid along a stretch of the picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    from: f64,
    to: f64,
    log: bool,
}

impl Axis {
    /// The range of `values`, widened to ticks; of positive values alone where `log`.
    pub(super) fn around(values: impl Iterator<Item = f64>, log: bool) -> Self {
        let values = values.filter(|x| x.is_finite() && (!log || *x > 0.0));
        let (mut from, mut to) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
        if from > to {
            (from, to) = if log { (0.1, 1.0) } else { (0.0, 1.0) };
        }
        if log {
            // A little beyond the values: whole decades would waste half the picture.
            let (a, b) = (from.log10(), to.log10());
            let margin = ((b - a) * 0.04).max(0.02);
            return Axis { from: a - margin, to: b + margin, log };
        }
        if from == to {
            let margin = if from == 0.0 { 1.0 } else { from.abs() * 0.1 };
            (from, to) = (from - margin, to + margin);
        }
        let step = step(to - from);
        Axis { from: (from / step + 1e-9).floor() * step, to: (to / step - 1e-9).ceil() * step, log }
    }

    /// Exactly this range.
    pub(super) fn exactly(from: f64, to: f64) -> Self {
        Axis { from, to, log: false }
    }

    /// Where `x` lies: 0 at the beginning, 1 at the end.
    pub(super) fn at(&self, x: f64) -> f64 {
        let x = if self.log { x.log10() } else { x };
        (x - self.from) / (self.to - self.from)
    }

    /// Ticks: where they are, and what they say.
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        if !self.log {
            let step = step(self.to - self.from);
            let decimals = (-step.log10().floor()).max(0.0) as usize;
            let first = (self.from / step - 1e-9).ceil() as i64;
            let last = (self.to / step + 1e-9).floor() as i64;
            return (first..=last).map(|k| (k as f64 * step, number(k as f64 * step, decimals))).collect();
        }
        let decades = self.to - self.from;
        // One tick a decade; three where there are few; every k-th where there are many.
        let every = (decades / 8.0).ceil().max(1.0) as i32;
        let within: &[f64] = if decades < 3.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let mut out = Vec::new();
        for e in (self.from.floor() as i32..=self.to.ceil() as i32).filter(|e| e % every == 0) {
            for m in within {
                let x = m * 10f64.powi(e);
                if (0.0..=1.0).contains(&self.at(x)) {
                    // From the exponent: powers of ten far out are not exact.
                    let says = if (-4..5).contains(&e) { number(x, (-e).max(0) as usize) } else { format!("{m}e{e}") };
                    out.push((x, says));
                }
            }
        }
        out
    }
}

/// A step of 1, 2 or 5 times a power of ten that cuts `range` into 4 to 9 parts.
fn step(range: f64) -> f64 {
    let rough = range / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let m = rough / power;
    power
        * if m < 1.5 {
            1.0
        } else if m < 3.5 {
            2.0
        } else if m < 7.5 {
            5.0
        } else {
            10.0
        }
}

/// A number as short as it can be.
fn number(x: f64, decimals: usize) -> String {
    if x != 0.0 && (x.abs() >= 1e5 || decimals > 4) { format!("{x:e}") } else { format!("{x:.decimals$}") }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn ticks_are_round_and_inside() {
        let says = |axis: Axis| axis.ticks().into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(says(Axis::around([1.0, 60.0].into_iter(), false)), ["0", "10", "20", "30", "40", "50", "60"]);
        assert_eq!(says(Axis::around([0.9, 0.98].into_iter(), false)), ["0.90", "0.92", "0.94", "0.96", "0.98"]);
        assert_eq!(says(Axis::around([0.002, 2.0].into_iter(), true)), ["0.01", "0.1", "1"]);
        for bad in [vec![], vec![f64::NAN], vec![3.0]] {
            let axis = Axis::around(bad.into_iter(), false);
            assert!(axis.ticks().len() > 2);
        }
    }
}

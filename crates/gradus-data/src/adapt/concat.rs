//! Two sets one after the other.

use crate::dataset::{Dataset, check_rows};
use crate::error::Error;
use crate::rows::Rows;

/// Two sets one after the other; made by [`Dataset::concat`].
#[derive(Clone, Copy, Debug)]
pub struct Concat<A, B> {
    first: A,
    second: B,
}

impl<A, B> Concat<A, B> {
    pub(crate) fn new(first: A, second: B) -> Self {
        Concat { first, second }
    }
}

impl<A, B> Dataset for Concat<A, B>
where
    A: Dataset<Batch: Rows>,
    B: Dataset<Batch = A::Batch>,
{
    type Batch = A::Batch;

    fn len(&self) -> usize {
        self.first.len() + self.second.len()
    }

    fn gather(&self, rows: &[usize]) -> Result<A::Batch, Error> {
        check_rows("Concat", rows, self.len())?;
        let border = self.first.len();
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for &row in rows {
            if row < border { left.push(row) } else { right.push(row - border) }
        }
        if right.is_empty() {
            return self.first.gather(&left);
        }
        if left.is_empty() {
            return self.second.gather(&right);
        }
        // One request to each part, then the rows back into the order that was asked for.
        let both = Rows::stack(&[&self.first.gather(&left)?, &self.second.gather(&right)?])?;
        let (mut next_left, mut next_right) = (0, left.len());
        let place = |&row: &usize| {
            let next = if row < border { &mut next_left } else { &mut next_right };
            *next += 1;
            *next - 1
        };
        Ok(both.pick(&rows.iter().map(place).collect::<Vec<_>>()))
    }
}

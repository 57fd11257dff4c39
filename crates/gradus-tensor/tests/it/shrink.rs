//! Making a program that fails small: fewer steps, fewer and rounder numbers, a lower order, as long as it still fails.

use super::programs::Program;
use super::steps::Step;
use std::cell::RefCell;

/// The registers that a step reads.
fn reads(step: &Step) -> Vec<usize> {
    let seen = RefCell::new(Vec::new());
    step.clone().renumber(|a| {
        seen.borrow_mut().push(a);
        a
    });
    seen.into_inner()
}

impl Program {
    /// Without register `own`, whose readers read `instead`; `None` if there is none and somebody reads it.
    fn without(&self, own: usize, instead: Option<usize>) -> Option<Program> {
        let (mut p, inputs) = (self.clone(), self.shapes.len());
        if instead.is_none() && p.steps.iter().any(|s| reads(s).contains(&own)) {
            return None;
        }
        let to = |a: usize| if a == own { instead.unwrap_or(0) } else { a };
        p.steps.iter_mut().for_each(|s| s.renumber(|a| to(a) - usize::from(to(a) > own)));
        if own < inputs {
            p.shapes.remove(own);
            p.values.remove(own);
            p.directions.remove(own);
        } else {
            p.steps.remove(own - inputs);
        }
        Some(p)
    }

    /// Everything that is one move smaller, the larger moves first.
    fn smaller(&self) -> Vec<Program> {
        let (inputs, all) = (self.shapes.len(), self.shapes.len() + self.steps.len());
        let mut found = Vec::new();
        for n in [self.steps.len() / 2, self.steps.len().saturating_sub(1)] {
            found.push(Program { steps: self.steps[..n].to_vec(), ..self.clone() });
        }
        let registers = self.registers().unwrap_or_default();
        for own in (0..all).rev().filter(|&own| own >= inputs || inputs > 1) {
            found.extend(self.without(own, None));
            let same = (0..own.min(registers.len()))
                .filter(|&a| registers.get(own).is_some_and(|r| r.shape == registers[a].shape));
            found.extend(same.filter_map(|a| self.without(own, Some(a))));
        }
        if self.order > 1 {
            found.push(Program { order: self.order - 1, ..self.clone() });
        }
        let mut round = |change: &dyn Fn(f64) -> f64, directions: bool| {
            for k in 0..inputs {
                let mut p = self.clone();
                p.values[k].iter_mut().for_each(|x| *x = change(*x));
                if directions {
                    p.directions[k].iter_mut().flatten().for_each(|x| *x = 1.0);
                }
                if p.values != self.values || p.directions != self.directions {
                    found.push(p);
                }
            }
        };
        round(&|x| x, true);
        round(&|x| (x * 2.0).round() / 2.0, false);
        round(&|x| (x * 10.0).round() / 10.0, false);
        found
    }

    /// A smaller program that fails as well, of which no move makes a smaller one.
    pub(crate) fn shrunk(mut self) -> Self {
        while let Some(next) = self.smaller().into_iter().find(Program::fails) {
            self = next;
        }
        self
    }
}

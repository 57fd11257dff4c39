//! Data that the net does not learn from, as the loop sees it.

use crate::batch::ToTensors;
use crate::error::Result;
use crate::scores::Judge;
use gradus_data::{Dataset, Last, Pieces};
use gradus_nn::init::Real as _;
use gradus_optim::Objective;
use gradus_tensor::{Mode, Module};

/// Samples a batch in evaluation: nothing is kept for a backward pass, so batches may be larger than in training.
const BATCH: usize = 512;

/// A borrowed set whose batches become `B`.
pub(super) trait Held<B> {
    /// Calls `f` with every batch in order and its number of samples.
    fn each(&self, f: &mut dyn FnMut(usize, &B)) -> Result<()>;
}

impl<B, D> Held<B> for &D
where
    D: Dataset + ?Sized,
    D::Batch: ToTensors<Tensors = B>,
{
    fn each(&self, f: &mut dyn FnMut(usize, &B)) -> Result<()> {
        let pieces = Pieces::new(self.len(), BATCH, Last::Keep);
        for i in 0..pieces.len() {
            let rows: Vec<usize> = pieces.range(i).collect();
            f(rows.len(), &self.gather(&rows)?.to_tensors());
        }
        Ok(())
    }
}

/// The mean loss and the metrics of `net` on `data`.
pub(super) fn judge<N: Module, B>(
    net: &N,
    data: &(dyn Held<B> + '_),
    judge: &mut Option<Box<dyn Judge<N, B>>>,
    objective: &Objective<N, B>,
) -> Result<Vec<(String, f64)>> {
    let (mut sum, mut n) = (0.0, 0);
    let Some(judge) = judge else {
        data.each(&mut |rows, batch| {
            // Recorded: an objective may differentiate inside, and no_grad would make its gradients vanish.
            sum += objective.data_term(net, batch, &mut Mode::eval()).item().to_f64() * rows as f64;
            n += rows;
        })?;
        return Ok(vec![("loss".into(), sum / n as f64)]);
    };
    judge.reset();
    data.each(&mut |rows, batch| {
        sum += judge.see(net, batch) * rows as f64;
        n += rows;
    })?;
    let mut all = vec![("loss".into(), sum / n as f64)];
    all.extend(judge.values());
    Ok(all)
}

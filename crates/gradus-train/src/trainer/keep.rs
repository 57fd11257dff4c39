//! The run in and out of its checkpoints.

use super::Trainer;
use super::run::Run;
use crate::checkpoint::Meta;
use crate::error::{Error, ErrorKind, Result};
use gradus_nn::init::Real as _;
use gradus_optim::Optimise;
use gradus_tensor::Module;
use std::path::PathBuf;

impl<N, B, O> Trainer<'_, N, B, O>
where
    N: Module + 'static,
    B: 'static,
    O: Optimise<N::Elem>,
{
    /// Writes the run, where it has checkpoints.
    pub(super) fn save(&self, net: &N, run: &Run) -> Result<Option<PathBuf>> {
        let Some(checkpoints) = &self.checkpoints else { return Ok(None) };
        let mut meta = Meta::new(<N::Elem>::NAME, run.clone(), self.optimiser.state());
        meta.average = self.average.as_ref().map(gradus_optim::Average::state);
        meta.callbacks = self.callbacks.iter().map(|c| (c.name().to_owned(), c.state())).collect();
        let _span = tracing::debug_span!("save", step = run.step).entered();
        checkpoints.save(net, meta).map(Some)
    }

    /// The run as it was saved, or `None` where there is nothing to go on from; and what should be said about it.
    pub(super) fn restore(&mut self, net: &mut N) -> Result<Option<(Run, Vec<String>)>> {
        let argument = |message: String| Err(Error::new(ErrorKind::Argument, message));
        let Some(checkpoints) = &self.checkpoints else {
            return if self.resume {
                argument("Trainer: resume needs a folder: call checkpoint first".into())
            } else {
                Ok(None)
            };
        };
        if !self.resume {
            return match checkpoints.states()?.first() {
                Some(state) => argument(format!(
                    "Trainer: there is a run in {} already ({}); go on with resume(true), or take another folder",
                    checkpoints.dir().display(),
                    state.file_name().unwrap_or_default().to_string_lossy()
                )),
                None => Ok(None),
            };
        }
        let Some((meta, mut says)) = checkpoints.load(net)? else { return Ok(None) };
        let misfit = |e: gradus_optim::Error| Error::caused(ErrorKind::Mismatch, e.to_string(), e);
        self.optimiser.restore(net, &meta.optimiser).map_err(misfit)?;
        match (&mut self.average, &meta.average) {
            (Some(average), Some(saved)) => average.restore(net, saved).map_err(misfit)?,
            (None, None) => {}
            (own, _) => {
                let (was, is) = if own.is_some() { ("without", "with") } else { ("with", "without") };
                let message =
                    format!("resume: the run was saved {was} an average of its weights, this trainer is {is} one");
                return Err(Error::new(ErrorKind::Mismatch, message));
            }
        }
        let names = |all: &mut dyn Iterator<Item = &str>| all.collect::<Vec<_>>().join(", ");
        let (was, is) = (
            names(&mut meta.callbacks.iter().map(|c| c.0.as_str())),
            names(&mut self.callbacks.iter().map(|c| c.name())),
        );
        // Callbacks that remember nothing may come and go.
        let mut saved = meta.callbacks.iter().filter(|c| !c.1.is_empty()).peekable();
        for callback in &mut self.callbacks {
            if let Some((name, state)) = saved.next_if(|(name, _)| name == callback.name()) {
                let misfit = |why| Error::new(ErrorKind::Mismatch, format!("resume: callback `{name}`: {why}"));
                callback.restore_with(state, net, &meta.run.history).map_err(misfit)?;
            }
        }
        if saved.peek().is_some() {
            let message = format!("resume: the run was saved with the callbacks [{was}], this trainer has [{is}]");
            return Err(Error::new(ErrorKind::Mismatch, message));
        }
        says.iter_mut().for_each(|why| *why = format!("resume: passed over {why}"));
        Ok(Some((meta.run, says)))
    }
}

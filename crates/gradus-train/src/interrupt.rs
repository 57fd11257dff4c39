//! Ctrl-C while a run trains: the first asks it to finish its step and save, the second ends the process as usual.

#[cfg(unix)]
mod unix {
    use signal_hook::consts::SIGINT;
    use signal_hook::flag;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::sync::{Arc, OnceLock};

    /// Flags of the whole process: its handler is installed once and stays.
    struct Flags {
        /// No run listens: Ctrl-C does what it always does.
        idle: Arc<AtomicBool>,
        asked: Arc<AtomicBool>,
        runs: AtomicUsize,
    }

    static FLAGS: OnceLock<Option<Flags>> = OnceLock::new();

    fn install() -> Option<Flags> {
        let (idle, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        // In this order: the last one sets what the second looks at.
        flag::register_conditional_default(SIGINT, idle.clone()).ok()?;
        flag::register_conditional_default(SIGINT, asked.clone()).ok()?;
        flag::register(SIGINT, asked.clone()).ok()?;
        Some(Flags { idle, asked, runs: AtomicUsize::new(0) })
    }

    /// A run that listens.
    #[derive(Debug)]
    pub(crate) struct Interrupt(());

    impl Interrupt {
        pub(crate) fn listen() -> Self {
            if let Some(flags) = FLAGS.get_or_init(install) {
                if flags.runs.fetch_add(1, SeqCst) == 0 {
                    flags.asked.store(false, SeqCst);
                }
                flags.idle.store(false, SeqCst);
            }
            Interrupt(())
        }

        /// Whether Ctrl-C was pressed.
        pub(crate) fn asked(&self) -> bool {
            FLAGS.get().and_then(Option::as_ref).is_some_and(|flags| flags.asked.load(SeqCst))
        }
    }

    impl Drop for Interrupt {
        fn drop(&mut self) {
            if let Some(flags) = FLAGS.get().and_then(Option::as_ref)
                && flags.runs.fetch_sub(1, SeqCst) == 1
            {
                flags.idle.store(true, SeqCst);
            }
        }
    }
}

#[cfg(unix)]
pub(crate) use unix::Interrupt;

/// Elsewhere Ctrl-C ends the process; the last checkpoint is whole all the same.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) struct Interrupt(());

#[cfg(not(unix))]
impl Interrupt {
    pub(crate) fn listen() -> Self {
        Interrupt(())
    }
    pub(crate) fn asked(&self) -> bool {
        false
    }
}

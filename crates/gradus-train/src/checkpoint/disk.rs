//! What saving asks of a file system, so that a failing one can stand in its place; and the replacement of a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// A file system, as far as saving needs it.
pub trait Disk: Send + Sync {
    /// Makes a file, or empties it.
    ///
    /// # Errors
    /// If it cannot.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>>;

    /// Gives a file another name; a file of that name is replaced in the same moment.
    ///
    /// # Errors
    /// If it cannot.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Brings the names in a folder to the disk.
    ///
    /// # Errors
    /// If it cannot.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// If it cannot.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// A file that is being written.
pub trait Sink: Write {
    /// Brings what was written to the disk.
    ///
    /// # Errors
    /// If it cannot.
    fn sync(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug)]
pub struct Native;

impl Disk for Native {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Sink>> {
        Ok(Box::new(File::create(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    /// Elsewhere a folder cannot be opened; the rename is in the journal of the file system.
    #[cfg(not(unix))]
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}

/// Replaces a file, whole or not at all: written beside it, synced, renamed, and the folder synced.
pub(super) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.tmp"));
    let write = || {
        let mut file = disk.create(&beside)?;
        file.write_all(bytes)?;
        file.flush()?;
        file.sync()?;
        drop(file);
        disk.rename(&beside, path)?;
        disk.sync_folder(path.parent().unwrap_or(Path::new(".")))
    };
    let done = write();
    if done.is_err() {
        let _ = disk.remove(&beside);
    }
    done
}

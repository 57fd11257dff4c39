//! Fetching one file: into a part file first, never more than announced, checked, then renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::download::catalog::remote_files;
use crate::error::{Error, Kind};

/// A file somewhere else, and how to know it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The name under which it is kept.
    pub name: String,
    /// Where it is; tried one after the other.
    pub urls: Vec<String>,
    /// Its exact size.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// How far a file has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The name of the file.
    pub file: String,
    /// Bytes that are here.
    pub done: u64,
    /// Bytes that it has.
    pub total: u64,
}

/// Fetches files into a folder, where they stay: what is there and has the right checksum is not fetched again.
///
/// A file grows as `NAME.part`; after a broken connection the next attempt asks for the rest only. No more is ever
/// written than the announced size, and the name appears only when the checksum is right.
pub struct Downloader {
    folder: PathBuf,
    patience: Duration,
    min_rate: u64,
    attempts: u32,
    limit: u64,
    progress: Option<Box<dyn FnMut(Progress)>>,
}

impl std::fmt::Debug for Downloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Downloader").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Default for Downloader {
    fn default() -> Self {
        Downloader::new()
    }
}

impl Downloader {
    /// Keeps files in `$GRADUS_CACHE`, or else in `gradus` in the user's cache folder (`$XDG_CACHE_HOME`, `~/.cache`,
    /// `%LOCALAPPDATA%`), or else in `gradus-cache` in the present folder.
    pub fn new() -> Self {
        let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = from("GRADUS_CACHE")
            .or_else(|| from("XDG_CACHE_HOME").map(|path| path.join("gradus")))
            .or_else(|| from("LOCALAPPDATA").map(|path| path.join("gradus")))
            .or_else(|| from("HOME").map(|path| path.join(".cache").join("gradus")))
            .unwrap_or_else(|| PathBuf::from("gradus-cache"));
        Downloader {
            folder,
            patience: Duration::from_secs(20),
            min_rate: 10_000,
            attempts: 3,
            limit: 1 << 30,
            progress: None,
        }
    }

    /// Keeps files in this folder.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Calls this as a file grows.
    pub fn progress(mut self, progress: impl FnMut(Progress) + 'static) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    /// How long to wait for an answer (20 s unless told otherwise), and the least rate at which the body must come after
    /// that, in bytes a second (10,000).
    pub fn patience(mut self, wait: Duration, min_rate: u64) -> Self {
        self.patience = wait;
        self.min_rate = min_rate.max(1);
        self
    }

    /// How often each address is tried; 3 unless told otherwise.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Refuses files larger than this; 1 GiB unless told otherwise.
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// Fetches a known set ([`names`](crate::download::names)) and gives its folder.
    ///
    /// # Errors
    /// [`Kind::Name`] for a set that is not known, else as [`Downloader::file`].
    pub fn set(&mut self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.folder.join(name);
        for remote in remote_files(name)? {
            self.keep_in(&remote, &folder)?;
        }
        Ok(folder)
    }

    /// Fetches one file and gives its path.
    ///
    /// # Errors
    /// [`Kind::Limit`] if it is announced or comes larger than it should be, [`Kind::Truncated`] if the connection broke
    /// (what has come is kept), [`Kind::Checksum`] if it is another file, [`Kind::Network`] if no address answers well or
    /// the body comes too slowly, [`Kind::Io`] if it cannot be written; each after all addresses and attempts.
    pub fn file(&mut self, remote: &Remote) -> Result<PathBuf, Error> {
        let folder = self.folder.clone();
        self.keep_in(remote, &folder)
    }

    fn keep_in(&mut self, remote: &Remote, folder: &Path) -> Result<PathBuf, Error> {
        let name = &remote.name;
        if Path::new(name).components().count() != 1 || Path::new(name).file_name().is_none() {
            return Err(Error::new(Kind::Argument, format!("download: {name:?} is not a plain file name")));
        }
        if remote.bytes > self.limit {
            let message = format!("download: {name} has {} bytes, the limit is {}", remote.bytes, self.limit);
            return Err(Error::new(Kind::Limit, message));
        }
        let io = |path: &Path, cause: std::io::Error| {
            Error::caused(Kind::Io, format!("download: cannot write {}: {cause}", path.display()), cause)
        };
        fs::create_dir_all(folder).map_err(|cause| io(folder, cause))?;
        let path = folder.join(name);
        if path.is_file() && File::open(&path).and_then(sha256).is_ok_and(|sum| sum == remote.sha256) {
            return Ok(path);
        }
        let part = folder.join(format!("{name}.part"));
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&part);
        let mut file = options.map_err(|cause| io(&part, cause))?;
        // Another process may be fetching the same file: wait for it, then look again.
        file.lock().map_err(|cause| io(&part, cause))?;
        if path.is_file() && File::open(&path).and_then(sha256).is_ok_and(|sum| sum == remote.sha256) {
            let _ = fs::remove_file(&part);
            return Ok(path);
        }
        let mut last = Error::new(Kind::Argument, format!("download: no address is given for {name}"));
        for url in &remote.urls {
            for _ in 0..self.attempts {
                match self.attempt(url, remote, &mut file) {
                    Ok(()) => {
                        file.sync_all().map_err(|cause| io(&part, cause))?;
                        fs::rename(&part, &path).map_err(|cause| io(&path, cause))?;
                        return Ok(path);
                    }
                    Err(error) => {
                        // Only a broken connection leaves something worth keeping, and only it may do better next time.
                        let broken = matches!(error.kind(), Kind::Truncated | Kind::Network);
                        if error.kind() != Kind::Truncated {
                            file.set_len(0).map_err(|cause| io(&part, cause))?;
                        }
                        last = error;
                        if !broken {
                            break;
                        }
                    }
                }
            }
        }
        if file.metadata().is_ok_and(|meta| meta.len() == 0) {
            let _ = fs::remove_file(&part);
        }
        Err(last)
    }

    /// One request: for the rest, if a part is there.
    fn attempt(&mut self, url: &str, remote: &Remote, file: &mut File) -> Result<(), Error> {
        let about = |cause: std::io::Error| {
            Error::caused(Kind::Io, format!("download: cannot write {}: {cause}", remote.name), cause)
        };
        let mut done = file.metadata().map_err(about)?.len();
        if done > remote.bytes {
            done = 0;
        }
        if done < remote.bytes {
            let whole_time = self.patience + Duration::from_secs(remote.bytes / self.min_rate);
            let mut config = ureq::Agent::config_builder()
                .max_redirects(5)
                .timeout_connect(Some(self.patience))
                .timeout_recv_response(Some(self.patience))
                .timeout_recv_body(Some(whole_time));
            if url.starts_with("http://127.0.0.1") {
                config = config.proxy(None);
            }
            let mut request =
                ureq::Agent::new_with_config(config.build()).get(url).header("accept-encoding", "identity");
            if done > 0 {
                request = request.header("range", format!("bytes={done}-"));
            }
            let failed = |cause: ureq::Error| Error::caused(Kind::Network, format!("download: {url}: {cause}"), cause);
            let response = request.call().map_err(failed)?;
            let wanted = format!("bytes {done}-");
            let goes_on = response.status() == 206
                && response
                    .headers()
                    .get("content-range")
                    .and_then(|v| v.to_str().ok())
                    .is_some_and(|v| v.starts_with(&wanted));
            if response.status() == 206 && !goes_on {
                return Err(Error::new(
                    Kind::Network,
                    format!("download: {url}: the server sent another part than asked for"),
                ));
            }
            if !goes_on {
                done = 0;
            }
            if let Some(length) = response.body().content_length()
                && length > remote.bytes - done
            {
                return Err(oversized(url, remote, done + length));
            }
            file.set_len(done).map_err(about)?;
            file.seek(SeekFrom::Start(done)).map_err(about)?;
            let mut body = response.into_body().into_reader();
            let mut buffer = vec![0; 1 << 16];
            loop {
                let n = match body.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(n) => n,
                    Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => continue,
                    Err(cause) => {
                        let slow = cause.to_string().contains("timeout");
                        let message = if slow {
                            format!(
                                "download: {url}: too slow, {done} of {} bytes came in {whole_time:?}",
                                remote.bytes
                            )
                        } else {
                            format!(
                                "download: {url}: the connection broke after {done} of {} bytes: {cause}",
                                remote.bytes
                            )
                        };
                        return Err(Error::caused(if slow { Kind::Network } else { Kind::Truncated }, message, cause));
                    }
                };
                if done + n as u64 > remote.bytes {
                    return Err(oversized(url, remote, done + n as u64));
                }
                file.write_all(&buffer[..n]).map_err(about)?;
                done += n as u64;
                if let Some(progress) = &mut self.progress {
                    progress(Progress { file: remote.name.clone(), done, total: remote.bytes });
                }
            }
            if done < remote.bytes {
                let message = format!("download: {url}: ended after {done} of {} bytes", remote.bytes);
                return Err(Error::new(Kind::Truncated, message));
            }
        }
        file.seek(SeekFrom::Start(0)).map_err(about)?;
        let sum = sha256(&mut *file).map_err(about)?;
        if sum != remote.sha256.to_ascii_lowercase() {
            let message = format!("download: {url}: the SHA-256 is {sum}, expected {}", remote.sha256);
            return Err(Error::new(Kind::Checksum, message));
        }
        Ok(())
    }
}

fn oversized(url: &str, remote: &Remote, came: u64) -> Error {
    Error::new(Kind::Limit, format!("download: {url}: at least {came} bytes, {} has {}", remote.name, remote.bytes))
}

fn sha256(mut reader: impl Read) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = reader.read(&mut buffer)?;
        if n == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(&buffer[..n]);
    }
}

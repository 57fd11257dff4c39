//! Where bytes come from: a file, a slice, an entry of an archive; packed with gzip or not; and how many there can be.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::error::{Error, Kind};

/// Deflate makes at most 1032 bytes out of one (a block of 258-byte matches at 2 bits each).
const DEFLATE_RATIO: u64 = 1032;
/// Gzipped arrays larger than this are refused: unpack them first.
const GZIP_LIMIT: u64 = 1 << 30;

/// Bytes to be read once, front to back, with an upper bound on their number.
pub(crate) struct Input<'a> {
    reader: Box<dyn Read + 'a>,
    /// No more than this many bytes can still come.
    at_most: u64,
}

/// Opens a file, with its path in the error.
pub(crate) fn open(who: &str, path: &Path) -> Result<File, Error> {
    File::open(path)
        .map_err(|cause| Error::caused(Kind::Io, format!("{who}: cannot open {}: {cause}", path.display()), cause))
}

/// The two bytes every gzip member begins with.
pub(crate) fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

/// The upper bound on what `packed` bytes of deflate can unpack to.
pub(crate) fn unpacked_bound(packed: u64) -> u64 {
    packed.saturating_mul(DEFLATE_RATIO).saturating_add(1024)
}

impl<'a> Input<'a> {
    /// The bytes of a file, unpacked if it is gzipped.
    pub(crate) fn file(who: &str, path: &Path) -> Result<Input<'static>, Error> {
        let file = open(who, path)?;
        let about = |cause| Error::caused(Kind::Io, format!("{who}: cannot read {}: {cause}", path.display()), cause);
        let meta = file.metadata().map_err(about)?;
        if meta.is_dir() {
            return Err(Error::new(Kind::Io, format!("{who}: {} is a folder, expected a file", path.display())));
        }
        let mut reader = BufReader::with_capacity(1 << 16, file);
        let gzip = is_gzip(reader.fill_buf().map_err(about)?);
        Ok(Input::plain_or_gzip(reader, meta.len(), gzip))
    }

    /// The bytes of a slice, unpacked if they are gzipped.
    pub(crate) fn slice(bytes: &'a [u8]) -> Input<'a> {
        Input::plain_or_gzip(bytes, bytes.len() as u64, is_gzip(bytes))
    }

    fn plain_or_gzip<'b>(reader: impl BufRead + 'b, length: u64, gzip: bool) -> Input<'b> {
        if gzip {
            let at_most = unpacked_bound(length).min(GZIP_LIMIT);
            Input { reader: Box::new(flate2::bufread::MultiGzDecoder::new(reader)), at_most }
        } else {
            Input { reader: Box::new(reader), at_most: length }
        }
    }

    /// A reader from which no more than `at_most` bytes will come.
    pub(crate) fn bounded(reader: impl Read + 'a, at_most: u64) -> Input<'a> {
        Input { reader: Box::new(reader), at_most }
    }

    /// No more than this many bytes can still come.
    pub(crate) fn at_most(&self) -> u64 {
        self.at_most
    }

    /// Fills the buffer, or says how much was missing.
    pub(crate) fn fill(&mut self, who: &str, what: &str, buffer: &mut [u8]) -> Result<(), Error> {
        let mut done = 0;
        while done < buffer.len() {
            match self.reader.read(&mut buffer[done..]) {
                Ok(0) => {
                    let message =
                        format!("{who}: the file ends inside {what}: {} bytes announced, {done} there", buffer.len());
                    return Err(Error::new(Kind::Truncated, message));
                }
                Ok(n) => done += n,
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(broken(who, what, cause)),
            }
        }
        self.at_most = self.at_most.saturating_sub(done as u64);
        Ok(())
    }

    /// Refuses bytes after the end.
    pub(crate) fn end(&mut self, who: &str) -> Result<(), Error> {
        let mut one = [0];
        loop {
            return match self.reader.read(&mut one) {
                Ok(0) => Ok(()),
                Ok(_) => Err(Error::new(Kind::Format, format!("{who}: bytes follow after the end of the array"))),
                Err(cause) if cause.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(cause) => Err(broken(who, "the end of the file", cause)),
            };
        }
    }

    /// All that comes, as UTF-8, up to `limit` bytes.
    pub(crate) fn text(self, who: &str, limit: u64) -> Result<String, Error> {
        let mut text = String::new();
        let read = self.reader.take(limit.saturating_add(1)).read_to_string(&mut text);
        read.map_err(|cause| broken(who, "the text", cause))?;
        if text.len() as u64 > limit {
            return Err(Error::new(Kind::Limit, format!("{who}: more than {limit} bytes of text")));
        }
        Ok(text)
    }
}

/// An error of the reader below: bad gzip or deflate data is the file's fault, the rest the system's.
fn broken(who: &str, what: &str, cause: std::io::Error) -> Error {
    let kind = match cause.kind() {
        std::io::ErrorKind::InvalidData | std::io::ErrorKind::InvalidInput => Kind::Format,
        std::io::ErrorKind::UnexpectedEof => Kind::Truncated,
        _ => Kind::Io,
    };
    Error::caused(kind, format!("{who}: cannot read {what}: {cause}"), cause)
}

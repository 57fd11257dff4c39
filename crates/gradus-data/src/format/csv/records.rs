//! One record after another, each with its place in the file, none longer than allowed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};

use ::csv::{ByteRecord, ReaderBuilder, Terminator};

use crate::error::{Error, Kind};
use crate::format::csv::Csv;
use crate::format::csv::stream::StreamPosition;
use crate::format::input::{is_gzip, open};
use crate::number::Number;

const BUFFER: usize = 1 << 16;

/// Where the text is.
#[derive(Clone, Copy)]
pub(crate) enum Origin<'a> {
    File(&'a Path),
    Bytes(&'a [u8]),
}

/// The records of one file.
pub(crate) struct Records<'a> {
    who: String,
    reader: ::csv::Reader<Capped<'a>>,
    taken: Arc<Taken>,
    max_record: usize,
    record: ByteRecord,
    names: Vec<String>,
    missing: Vec<String>,
    /// The record in hand was read to count columns and has not been given out.
    pending: bool,
    /// Where the reader began, in the file, and how many rows have been given out.
    base: StreamPosition,
    row: u64,
    seekable: bool,
}

/// A record and its place: rows count from 1, the header not counted.
pub(crate) struct Record<'r> {
    pub(crate) who: &'r str,
    fields: &'r ByteRecord,
    pub(crate) names: &'r [String],
    missing: &'r [String],
    row: u64,
    /// The line in which the record ends.
    last_line: u64,
}

/// What has been taken from the source: shared, because the reader owns the source.
#[derive(Default)]
struct Taken {
    /// Bytes since the last whole record.
    since_record: AtomicUsize,
    total: AtomicU64,
    last_byte: AtomicU8,
    /// Whether an odd number of quotes has passed.
    quote_open: AtomicBool,
    /// Whether the source has come to its end.
    ended: AtomicBool,
}

impl<'a> Records<'a> {
    pub(crate) fn open(options: &Csv, origin: Origin<'a>) -> Result<Self, Error> {
        let this = match origin {
            Origin::File(path) => return Records::open_file(options, path),
            Origin::Bytes(bytes) if is_gzip(bytes) => Records::new(
                options,
                "csv".into(),
                Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
                false,
                BUFFER,
            ),
            Origin::Bytes(bytes) => {
                Records::new(options, "csv".into(), Box::new(bytes), false, bytes.len().clamp(64, BUFFER))
            }
        };
        this.with_names(options)
    }

    fn open_file(options: &Csv, path: &Path) -> Result<Self, Error> {
        let who = format!("csv {}", path.display());
        let mut file = BufReader::with_capacity(BUFFER, open("csv", path)?);
        let start = file.fill_buf();
        let start = start.map_err(|cause| Error::caused(Kind::Io, format!("{who}: cannot read: {cause}"), cause))?;
        let this = if is_gzip(start) {
            Records::new(options, who, Box::new(flate2::bufread::MultiGzDecoder::new(file)), false, BUFFER)
        } else {
            Records::new(options, who, Box::new(file), true, BUFFER)
        };
        this.with_names(options)
    }

    /// Reads the header, or counts the columns of the first record.
    fn with_names(mut self, options: &Csv) -> Result<Self, Error> {
        if self.advance()? {
            if options.header {
                self.names = self.header()?;
            } else {
                self.names = (0..self.record.len()).map(|column| column.to_string()).collect();
                self.pending = true;
            }
        }
        Ok(self)
    }

    fn new(options: &Csv, who: String, source: Box<dyn Read + Send + 'a>, seekable: bool, buffer: usize) -> Self {
        let taken = Arc::new(Taken::default());
        let capped = Capped { inner: source, taken: taken.clone(), cap: options.max_record.saturating_add(BUFFER) };
        let reader = ReaderBuilder::new()
            .delimiter(options.delimiter)
            .has_headers(false)
            .flexible(true)
            // A line ends with \n; the \r before it goes with the blanks around the last field. Only so can the line of a
            // record be told exactly.
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(buffer)
            .from_reader(capped);
        Records {
            who,
            reader,
            taken,
            max_record: options.max_record,
            record: ByteRecord::new(),
            names: Vec::new(),
            missing: options.missing.clone(),
            pending: false,
            base: StreamPosition { byte: 0, line: 1, row: 0 },
            row: 0,
            seekable,
        }
    }

    /// Goes on from a position in a file: at once, or by reading up to it where the file is packed.
    pub(crate) fn resume(options: &Csv, path: &Path, at: StreamPosition) -> Result<Self, Error> {
        let mut fresh = Records::open_file(options, path)?;
        if at.row == 0 {
            return Ok(fresh);
        }
        if !fresh.seekable {
            while fresh.row < at.row {
                if fresh.next()?.is_none() {
                    let message =
                        format!("{}: cannot go on after row {}, there are {} rows", fresh.who, at.row, fresh.row);
                    return Err(Error::new(Kind::Argument, message));
                }
            }
            return Ok(fresh);
        }
        let mut file: File = open("csv", path)?;
        let failed = |cause| Error::caused(Kind::Io, format!("csv {}: cannot seek: {cause}", path.display()), cause);
        let length = file.seek(SeekFrom::End(0)).map_err(failed)?;
        if at.byte > length {
            let message = format!("{}: cannot go on at byte {}, the file has {length}", fresh.who, at.byte);
            return Err(Error::new(Kind::Argument, message));
        }
        file.seek(SeekFrom::Start(at.byte)).map_err(failed)?;
        let mut this = Records::new(options, fresh.who, Box::new(file), true, BUFFER);
        this.names = fresh.names;
        this.base = at;
        this.row = at.row;
        Ok(this)
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Where the next record begins.
    pub(crate) fn position(&self) -> StreamPosition {
        if self.row == 0 {
            return StreamPosition { byte: 0, line: 1, row: 0 };
        }
        let here = self.reader.position();
        StreamPosition { byte: self.base.byte + here.byte(), line: self.base.line + here.line() - 1, row: self.row }
    }

    /// The next record, with as many fields as there are columns.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, Error> {
        if !std::mem::take(&mut self.pending) && !self.advance()? {
            return Ok(None);
        }
        self.row += 1;
        let last_line = self.last_line();
        if self.record.len() != self.names.len() {
            let message = format!(
                "{}: row {} (line {}) has {} fields, expected {}",
                self.who,
                self.row,
                first_line(&self.record, last_line),
                self.record.len(),
                self.names.len()
            );
            return Err(Error::new(Kind::Shape, message));
        }
        Ok(Some(Record {
            who: &self.who,
            fields: &self.record,
            names: &self.names,
            missing: &self.missing,
            row: self.row,
            last_line,
        }))
    }

    /// The line in which the record in hand ends: lines are counted as their ends are passed, and the last may have none.
    fn last_line(&self) -> u64 {
        let here = self.reader.position();
        let at_end = here.byte() == self.taken.total.load(Ordering::Relaxed);
        let ended = !(at_end && self.taken.last_byte.load(Ordering::Relaxed) != b'\n');
        self.base.line + here.line() - 1 - u64::from(ended)
    }

    fn advance(&mut self) -> Result<bool, Error> {
        while self.read()? {
            // A blank line that ends with \r\n; the reader below passes over the others itself.
            if !(self.record.len() == 1 && self.record.as_slice() == b"\r") {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read(&mut self) -> Result<bool, Error> {
        let there = self.reader.read_byte_record(&mut self.record).map_err(|cause| {
            let next = self.row + 1;
            if self.taken.since_record.load(Ordering::Relaxed) > self.max_record {
                let message = format!(
                    "{}: row {next} is longer than {} bytes: a quote left open, or not a CSV file? See Csv::max_record",
                    self.who, self.max_record
                );
                return Error::new(Kind::Limit, message);
            }
            let kind = match cause.kind() {
                ::csv::ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => Kind::Truncated,
                ::csv::ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::InvalidInput => Kind::Format,
                ::csv::ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::InvalidData => Kind::Format,
                _ => Kind::Io,
            };
            Error::caused(kind, format!("{}: cannot read row {next}: {cause}", self.who), cause)
        })?;
        self.taken.since_record.store(0, Ordering::Relaxed);
        // A quote that is never closed takes all the rest of the file into one field.
        if there && self.taken.ended.load(Ordering::Relaxed) && self.taken.quote_open.load(Ordering::Relaxed) {
            let last = self.record.len().checked_sub(1).and_then(|last| self.record.get(last));
            if last.is_some_and(|field| field.contains(&b'\n')) {
                // The end of the last line lies within the field, and is counted there.
                let within = u64::from(self.taken.last_byte.load(Ordering::Relaxed) == b'\n');
                let (row, line) = (self.row + 1, first_line(&self.record, self.last_line() + within));
                let message =
                    format!("{}: row {row} (line {line}): a quote is left open to the end of the file", self.who);
                return Err(Error::new(Kind::Format, message));
            }
        }
        Ok(there)
    }

    fn header(&self) -> Result<Vec<String>, Error> {
        let mut names: Vec<String> = Vec::with_capacity(self.record.len());
        let mut seen = std::collections::HashSet::new();
        for (column, field) in self.record.iter().enumerate() {
            let name = std::str::from_utf8(field).map_err(|cause| {
                Error::caused(Kind::Format, format!("{}: the name of column {column} is not UTF-8", self.who), cause)
            })?;
            let name = name.trim().to_owned();
            if !seen.insert(name.clone()) {
                let message =
                    format!("{}: two columns are called {name:?}; without a header line say header(false)", self.who);
                return Err(Error::new(Kind::Name, message));
            }
            names.push(name);
        }
        Ok(names)
    }
}

impl Record<'_> {
    /// The text of a field, without blanks around it.
    pub(crate) fn text(&self, column: usize) -> Result<&str, Error> {
        std::str::from_utf8(self.fields.get(column).unwrap_or_default())
            .map(str::trim)
            .map_err(|cause| Error::caused(Kind::Value, format!("{}: not UTF-8", self.place(column)), cause))
    }

    /// Whether the field is one of the signs for a missing value.
    pub(crate) fn is_missing(&self, column: usize) -> bool {
        let field = self.fields.get(column).unwrap_or_default().trim_ascii();
        self.missing.iter().any(|text| text.as_bytes() == field)
    }

    /// A finite number, or NaN where it is missing.
    pub(crate) fn number<T: Number>(&self, column: usize) -> Result<T, Error> {
        // Nearly every field is a number: the signs for a missing one are compared only after that has failed.
        if let Ok(value) = self.text(column)?.parse::<T>()
            && value.to_f64().is_finite()
        {
            return Ok(value);
        }
        if self.is_missing(column) {
            return Ok(T::NAN);
        }
        Err(Error::new(
            Kind::Value,
            format!("{}: expected a finite number, got {}", self.place(column), self.shown(column)),
        ))
    }

    /// The field, quoted and shortened, for a message.
    pub(crate) fn shown(&self, column: usize) -> String {
        let text = String::from_utf8_lossy(self.fields.get(column).unwrap_or_default().trim_ascii()).into_owned();
        if text.chars().count() > 40 {
            format!("{:?}…", text.chars().take(40).collect::<String>())
        } else {
            format!("{text:?}")
        }
    }

    /// File, row, line and column, for a message.
    pub(crate) fn place(&self, column: usize) -> String {
        let line = first_line(self.fields, self.last_line);
        format!("{}: row {} (line {line}), column {:?}", self.who, self.row, self.names[column])
    }
}

/// The line in which a record begins.
fn first_line(fields: &ByteRecord, last_line: u64) -> u64 {
    let within = fields.as_slice().iter().filter(|&&byte| byte == b'\n').count();
    last_line.saturating_sub(within as u64)
}

/// Stops a record that grows without end.
struct Capped<'a> {
    inner: Box<dyn Read + Send + 'a>,
    taken: Arc<Taken>,
    cap: usize,
}

impl Read for Capped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.taken.since_record.load(Ordering::Relaxed) > self.cap {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "record too long"));
        }
        let n = self.inner.read(buffer)?;
        self.taken.since_record.fetch_add(n, Ordering::Relaxed);
        self.taken.total.fetch_add(n as u64, Ordering::Relaxed);
        match buffer[..n].last() {
            Some(&last) => self.taken.last_byte.store(last, Ordering::Relaxed),
            None => self.taken.ended.store(!buffer.is_empty(), Ordering::Relaxed),
        }
        if buffer[..n].iter().filter(|&&byte| byte == b'"').count() % 2 == 1 {
            self.taken.quote_open.fetch_xor(true, Ordering::Relaxed);
        }
        Ok(n)
    }
}

//! The little of ZIP that npz needs: the directory at the end, stored and deflated entries, checksums, zip64 sizes.
//!
//! Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16 and 4.5.3.

use std::io::{Read, Seek, SeekFrom};

use crate::error::{Error, Kind};
use crate::format::input::{Input, unpacked_bound};

const WHO: &str = "npz";
const END: &[u8] = b"PK\x05\x06";
const END64_LOCATOR: &[u8] = b"PK\x06\x07";
const END64: &[u8] = b"PK\x06\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// A directory of more bytes than this is refused (some 100,000 entries).
const MAX_DIRECTORY: u64 = 16 << 20;

/// An archive whose directory has been read.
#[derive(Debug)]
pub(crate) struct Zip<R> {
    file: R,
    length: u64,
    entries: Vec<Entry>,
}

/// One line of the directory.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    method: u16,
    crc: u32,
    packed: u64,
    unpacked: u64,
    offset: u64,
}

fn io(cause: std::io::Error) -> Error {
    Error::caused(Kind::Io, format!("{WHO}: cannot read: {cause}"), cause)
}

fn bad(what: &str) -> Error {
    Error::new(Kind::Format, format!("{WHO}: {what}"))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

impl<R: Read + Seek> Zip<R> {
    pub(crate) fn open(mut file: R) -> Result<Self, Error> {
        let length = file.seek(SeekFrom::End(0)).map_err(io)?;
        // The end record is 22 bytes and a comment of at most 65,535.
        let tail_start = length.saturating_sub(22 + 0xffff + 20);
        let tail = read_at(&mut file, tail_start, length - tail_start)?;
        let Some(end) = (0..=tail.len().saturating_sub(22)).rev().find(|&i| tail[i..].starts_with(END)) else {
            return Err(bad("no end of a ZIP directory: not an npz file, or cut short"));
        };
        if tail.len() - end < 22 {
            return Err(bad("no end of a ZIP directory: not an npz file, or cut short"));
        }
        let mut count = u64::from(u16_at(&tail, end + 10));
        let mut size = u64::from(u32_at(&tail, end + 12));
        let mut start = u64::from(u32_at(&tail, end + 16));
        if end >= 20 && tail[end - 20..].starts_with(END64_LOCATOR) {
            let at = u64_at(&tail, end - 20 + 8);
            let record = checked(&mut file, length, at, 56, "the zip64 end record")?;
            if !record.starts_with(END64) {
                return Err(bad("the zip64 end record is not where its locator says"));
            }
            count = u64_at(&record, 32);
            size = u64_at(&record, 40);
            start = u64_at(&record, 48);
        }
        if size > MAX_DIRECTORY {
            return Err(Error::new(
                Kind::Limit,
                format!("{WHO}: a directory of {size} bytes; at most {MAX_DIRECTORY} are read"),
            ));
        }
        let directory = checked(&mut file, length, start, size, "the directory")?;
        let entries = parse_directory(&directory, count)?;
        Ok(Zip { file, length, entries })
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Reads an entry through `parse`, then holds length and checksum against the directory.
    pub(crate) fn read<T>(
        &mut self,
        entry: &Entry,
        parse: impl FnOnce(Input<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let local = checked(&mut self.file, self.length, entry.offset, 30, "an entry")?;
        if !local.starts_with(LOCAL) {
            return Err(bad(&format!("no entry where the directory places {:?}", entry.name)));
        }
        let skip = 30 + u64::from(u16_at(&local, 26)) + u64::from(u16_at(&local, 28));
        let start = entry.offset + skip;
        if start.checked_add(entry.packed).is_none_or(|end| end > self.length) {
            let message = format!("{WHO}: {:?} should have {} bytes, the file ends before", entry.name, entry.packed);
            return Err(Error::new(Kind::Truncated, message));
        }
        self.file.seek(SeekFrom::Start(start)).map_err(io)?;
        let packed = std::io::BufReader::with_capacity(1 << 16, (&mut self.file).take(entry.packed));
        let (mut crc, mut count) = (flate2::Crc::new(), 0);
        let result = match entry.method {
            0 if entry.packed == entry.unpacked => {
                parse(Input::bounded(Counted { inner: packed, crc: &mut crc, count: &mut count }, entry.packed))?
            }
            8 => {
                let at_most = entry.unpacked.min(unpacked_bound(entry.packed));
                let unpacked = flate2::bufread::DeflateDecoder::new(packed);
                parse(Input::bounded(Counted { inner: unpacked, crc: &mut crc, count: &mut count }, at_most))?
            }
            0 => return Err(bad(&format!("{:?} is stored, but its two sizes differ", entry.name))),
            other => return Err(bad(&format!("{:?} is packed by method {other}; 0 and 8 are read", entry.name))),
        };
        if count != entry.unpacked {
            let message = format!("{:?} unpacks to {count} bytes, the directory says {}", entry.name, entry.unpacked);
            return Err(bad(&message));
        }
        if crc.sum() != entry.crc {
            let message =
                format!("{WHO}: the checksum of {:?} is {:08x}, expected {:08x}", entry.name, crc.sum(), entry.crc);
            return Err(Error::new(Kind::Checksum, message));
        }
        Ok(result)
    }
}

fn parse_directory(bytes: &[u8], count: u64) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    for _ in 0..count {
        if rest.len() < 46 || !rest.starts_with(ENTRY) {
            return Err(bad(&format!("the directory announces {count} entries and holds {}", entries.len())));
        }
        let (name, extra, comment) = (u16_at(rest, 28), u16_at(rest, 30), u16_at(rest, 32));
        let (name, extra, comment) = (usize::from(name), usize::from(extra), usize::from(comment));
        if rest.len() < 46 + name + extra + comment {
            return Err(bad("an entry of the directory is cut short"));
        }
        if u16_at(rest, 8) & 1 != 0 {
            return Err(bad("an entry is encrypted"));
        }
        let mut entry = Entry {
            name: String::from_utf8_lossy(&rest[46..46 + name]).into_owned(),
            method: u16_at(rest, 10),
            crc: u32_at(rest, 16),
            packed: u64::from(u32_at(rest, 20)),
            unpacked: u64::from(u32_at(rest, 24)),
            offset: u64::from(u32_at(rest, 42)),
        };
        wide_sizes(&rest[46 + name..46 + name + extra], &mut entry);
        entries.push(entry);
        rest = &rest[46 + name + extra + comment..];
    }
    Ok(entries)
}

/// The zip64 extra field (0x0001) holds, in this order, those of the three numbers that are all ones in the entry.
fn wide_sizes(mut extra: &[u8], entry: &mut Entry) {
    const FULL: u64 = 0xffff_ffff;
    while extra.len() >= 4 {
        let (tag, size) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let Some(mut body) = extra.get(4..4 + size) else { return };
        if tag == 1 {
            for number in [&mut entry.unpacked, &mut entry.packed, &mut entry.offset] {
                if *number == FULL && body.len() >= 8 {
                    *number = u64_at(body, 0);
                    body = &body[8..];
                }
            }
            return;
        }
        extra = &extra[4 + size..];
    }
}

fn checked<R: Read + Seek>(file: &mut R, length: u64, at: u64, size: u64, what: &str) -> Result<Vec<u8>, Error> {
    if at.checked_add(size).is_none_or(|end| end > length) {
        let message = format!("{WHO}: {what} should lie at {at} with {size} bytes, the file has {length}");
        return Err(Error::new(Kind::Truncated, message));
    }
    read_at(file, at, size)
}

fn read_at<R: Read + Seek>(file: &mut R, at: u64, size: u64) -> Result<Vec<u8>, Error> {
    file.seek(SeekFrom::Start(at)).map_err(io)?;
    let mut bytes = vec![0; size as usize];
    file.read_exact(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Takes number and checksum of the bytes that pass.
struct Counted<'a, R> {
    inner: R,
    crc: &'a mut flate2::Crc,
    count: &'a mut u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.crc.update(&buffer[..n]);
        *self.count += n as u64;
        Ok(n)
    }
}

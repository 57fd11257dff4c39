//! The frame of a state file: magic, version, lengths, checksum; checked before anything is decoded or allocated.
//!
//! | bytes  | what |
//! |--------|------|
//! | 0..8   | `gradusTR` |
//! | 8..12  | version, 1 |
//! | 12..16 | CRC-32 of everything behind it |
//! | 16..24 | length of the metadata |
//! | 24..32 | length of the numbers |
//! | 32..   | metadata (`bincode` 2, standard configuration), numbers (little-endian) |

use crate::error::{Error, ErrorKind, Result};

const MAGIC: &[u8; 8] = b"gradusTR";
/// The version that this build writes; it reads no newer one.
const VERSION: u32 = 1;
/// magic 8, version 4, checksum 4, length of the metadata 8, length of the numbers 8.
const HEADER: usize = 32;

/// Metadata and numbers in one frame.
pub(super) fn seal(meta: &[u8], numbers: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + meta.len() + numbers.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&(meta.len() as u64).to_le_bytes());
    out.extend_from_slice(&(numbers.len() as u64).to_le_bytes());
    out.extend_from_slice(meta);
    out.extend_from_slice(numbers);
    let sum = crc32fast::hash(&out[16..]).to_le_bytes();
    out[12..16].copy_from_slice(&sum);
    out
}

/// The metadata and the numbers of a frame.
pub(super) fn open(bytes: &[u8]) -> Result<(&[u8], &[u8])> {
    let bad = |why: String| Err(Error::new(ErrorKind::Format, format!("not a whole training state: {why}")));
    if bytes.len() < HEADER {
        return bad(format!("{} bytes, the header alone has {HEADER}", bytes.len()));
    }
    if &bytes[..8] != MAGIC {
        return bad("it does not begin as one".into());
    }
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let length = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    if word(8) > VERSION {
        let message =
            format!("the training state has version {}, this build reads up to {VERSION}: update it", word(8));
        return Err(Error::new(ErrorKind::Version, message));
    }
    if word(8) == 0 {
        return bad("its version is 0".into());
    }
    let (meta, numbers, there) = (length(16), length(24), (bytes.len() - HEADER) as u64);
    if meta.checked_add(numbers) != Some(there) {
        return bad(format!("its header announces {meta} + {numbers} bytes, there are {there}"));
    }
    if crc32fast::hash(&bytes[16..]) != word(12) {
        return bad("the checksum differs".into());
    }
    Ok(bytes[HEADER..].split_at(meta as usize))
}

//! The little of tar that split files need: plain files with short names.
//!
//! Source: POSIX.1-1988 ustar header; entries of other types are skipped.

use crate::error::{Error, Kind};

/// Name and content of the plain files of an archive.
pub(crate) fn files<'a>(who: &str, bytes: &'a [u8]) -> Result<Vec<(String, &'a [u8])>, Error> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while rest.len() >= 512 && rest[..512].iter().any(|&b| b != 0) {
        let (header, body) = rest.split_at(512);
        let bad = |what: &str| Error::new(Kind::Format, format!("{who}: {what} in a tar header"));
        // The checksum counts its own eight bytes as blanks.
        let sum: u64 =
            header.iter().enumerate().map(|(i, &b)| u64::from(if (148..156).contains(&i) { b' ' } else { b })).sum();
        if octal(&header[148..156]) != Some(sum) {
            return Err(bad("a wrong checksum"));
        }
        let size = octal(&header[124..136]).and_then(|n| usize::try_from(n).ok()).ok_or_else(|| bad("a bad size"))?;
        let Some(content) = body.get(..size) else {
            let message = format!("{who}: an entry of {size} bytes is announced, {} are there", body.len());
            return Err(Error::new(Kind::Truncated, message));
        };
        if matches!(header[156], b'0' | 0) {
            let name = header[..100].split(|&b| b == 0).next().unwrap_or_default();
            out.push((String::from_utf8_lossy(name).into_owned(), content));
        }
        rest = &body[size.next_multiple_of(512).min(body.len())..];
    }
    Ok(out)
}

fn octal(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?.trim_matches(['\0', ' ']);
    u64::from_str_radix(text, 8).ok()
}

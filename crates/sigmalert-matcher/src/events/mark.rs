//! How far a file was read. Files are identified by content rather than by name: a file that was renamed, was compressed or has grown
//! is the same file, and a new file under an old name is not.
//!
//! A [`ReadMark`] is a digest of everything up to an offset, or of the EVTX record there. A file begins with the content of a mark if
//! its own digest up to the offset is the same.

use sha2::{Digest as _, Sha256};
use std::io::{self, BufRead, Read};

/// The number of bytes that are compared first, so that few files are read in full for a mark of another file.
const HEAD: usize = 1024;

/// A truncated SHA-256.
pub type Digest = [u8; 16];

/// Returns the digest of bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    truncate(Sha256::digest(bytes).into())
}

fn truncate(whole: [u8; 32]) -> Digest {
    let mut out = [0; 16];
    out.copy_from_slice(&whole[..16]);
    out
}

/// The unit of a [`ReadMark`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkUnit {
    /// Bytes of text after decompression.
    Bytes,
    /// EVTX records by id.
    Records,
}

/// How far a file was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReadMark {
    /// The unit of `end`.
    pub unit: MarkUnit,
    /// The end of what was read.
    pub end: u64,
    /// The digest of everything up to `end`, or of the record.
    pub digest: Digest,
    /// The digest of the first bytes, if the unit is bytes.
    pub head: Digest,
}

impl ReadMark {
    /// Returns the mark as a key for a state file.
    pub fn to_text(&self) -> String {
        let unit = if self.unit == MarkUnit::Bytes { 'b' } else { 'r' };
        format!("{unit}:{:016x}:{}:{}", self.end, sigmalert_support::hex::hex(&self.digest), sigmalert_support::hex::hex(&self.head))
    }

    /// Parses the key of a state file.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let [unit, end, digest, head] = parts[..] else { return None };
        let bytes = |hex: &str| u128::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 32).map(u128::to_be_bytes);
        Some(Self {
            unit: match unit {
                "b" => MarkUnit::Bytes,
                "r" => MarkUnit::Records,
                _ => return None,
            },
            end: u64::from_str_radix(end, 16).ok()?,
            digest: bytes(digest)?,
            head: bytes(head)?,
        })
    }
}

/// Digests a file while it is read.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    hasher: Sha256,
    offset: u64,
    head: Vec<u8>,
    /// The end and the digest of the last complete document.
    whole: Option<(u64, Digest)>,
}

impl Tracker {
    pub fn update(&mut self, bytes: &[u8]) {
        if self.head.len() < HEAD {
            self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - self.head.len())]);
        }
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
    }

    /// Returns the number of bytes so far, and their digest.
    pub fn here(&self) -> (u64, Digest) {
        (self.offset, truncate(self.hasher.clone().finalize().into()))
    }

    /// Records that everything so far is complete and need not be read again.
    pub fn keep(&mut self) {
        self.whole = Some(self.here());
    }

    pub fn mark(&self) -> Option<ReadMark> {
        let (end, whole) = self.whole.filter(|(end, _)| *end > 0)?;
        let head = usize::try_from(end).unwrap_or(HEAD).min(self.head.len());
        Some(ReadMark { unit: MarkUnit::Bytes, end, digest: whole, head: digest(&self.head[..head]) })
    }
}

/// Returns the indices of the marks that a text begins with. Reads no further than they reach.
pub(super) fn beginning(input: &mut dyn BufRead, marks: &[ReadMark]) -> io::Result<Vec<usize>> {
    let mut head = Vec::with_capacity(HEAD);
    input.take(HEAD as u64).read_to_end(&mut head)?;
    let mut wanted: Vec<(u64, usize)> = Vec::new();
    let mut heads: Vec<Option<Digest>> = vec![None; HEAD + 1];
    for (at, mark) in marks.iter().enumerate().filter(|(_, m)| m.unit == MarkUnit::Bytes) {
        let length = usize::try_from(mark.end).unwrap_or(HEAD).min(HEAD);
        if length <= head.len() && *heads[length].get_or_insert_with(|| digest(&head[..length])) == mark.head {
            wanted.push((mark.end, at));
        }
    }
    wanted.sort_unstable();
    let mut out = Vec::new();
    let (mut hasher, mut offset) = (Sha256::new(), 0u64);
    let mut rest = io::Cursor::new(head).chain(input);
    let mut buffer = vec![0; 1 << 16];
    for (end, at) in wanted {
        while offset < end {
            let want = usize::try_from(end - offset).unwrap_or(usize::MAX).min(buffer.len());
            let got = match rest.read(&mut buffer[..want]) {
                Ok(0) => return Ok(out),
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                // The error is reported when documents are read.
                Err(_) => return Ok(out),
            };
            hasher.update(&buffer[..got]);
            offset += got as u64;
        }
        if truncate(hasher.clone().finalize().into()) == marks[at].digest {
            out.push(at);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(text: &[u8]) -> ReadMark {
        let mut t = Tracker::default();
        t.update(text);
        t.keep();
        t.mark().unwrap()
    }

    #[test]
    fn a_mark_is_known_by_content() {
        let long = "x".repeat(5000);
        let marks = [mark(b"a\n"), mark(b"a\nb\n"), mark(b"b\n"), mark(long.as_bytes())];
        let of = |text: &str| beginning(&mut text.as_bytes(), &marks).unwrap();
        assert_eq!(of("a\nb\nc\n"), [0, 1]);
        assert_eq!(of("a\nc\n"), [0]);
        assert_eq!(of("a"), [0; 0], "shorter than what was read: not the same file");
        assert_eq!(of(&format!("{long}y")), [3]);
        assert_eq!(of(&format!("{}y{long}", &long[..3000])), [0; 0], "the same beginning is not enough");
        for m in &marks {
            assert_eq!(ReadMark::parse(&m.to_text()).as_ref(), Some(m));
        }
        assert_eq!(ReadMark::parse("b:1:2:3"), None);
    }
}

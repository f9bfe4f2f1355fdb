//! How far a file was read, known by what it holds and not by what it is called: a file that was renamed, compressed or has grown is
//! the same file, a new one under an old name is not.
//!
//! A [`Mark`] is a digest of everything up to a place (of EVTX: of the record at that place). A file begins with what a mark stands for
//! when its own digest up to there is the same.

use sha2::{Digest as _, Sha256};
use std::io::{self, BufRead, Read};

/// Of the beginning of a file, so that few files are read through for a mark that is not theirs.
const HEAD: usize = 1024;

/// A digest, cut to what keeps it unique.
pub type Digest = [u8; 16];

/// The digest of some bytes.
pub fn digest(bytes: &[u8]) -> Digest {
    cut(Sha256::digest(bytes).into())
}

fn cut(whole: [u8; 32]) -> Digest {
    let mut out = [0; 16];
    out.copy_from_slice(&whole[..16]);
    out
}

/// What a [`Mark`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Bytes of text, uncompressed.
    Bytes,
    /// Records of EVTX, by their ids.
    Records,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mark {
    /// What `end` counts.
    pub unit: Unit,
    /// Everything up to here was read.
    pub end: u64,
    /// Of what was read last.
    pub digest: Digest,
    /// Of the first bytes, where the unit is bytes.
    pub head: Digest,
}

impl Mark {
    /// As a key in a state file.
    pub fn to_text(&self) -> String {
        let unit = if self.unit == Unit::Bytes { 'b' } else { 'r' };
        format!("{unit}:{:016x}:{}:{}", self.end, sigmalert_support::hex::hex(&self.digest), sigmalert_support::hex::hex(&self.head))
    }

    /// Of such a key; nothing where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let [unit, end, digest, head] = parts[..] else { return None };
        let bytes = |hex: &str| u128::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 32).map(u128::to_be_bytes);
        Some(Self {
            unit: match unit {
                "b" => Unit::Bytes,
                "r" => Unit::Records,
                _ => return None,
            },
            end: u64::from_str_radix(end, 16).ok()?,
            digest: bytes(digest)?,
            head: bytes(head)?,
        })
    }
}

/// Follows the bytes of a file while it is read.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    hasher: Sha256,
    offset: u64,
    head: Vec<u8>,
    /// Up to where whole documents were read.
    whole: Option<(u64, Digest)>,
}

impl Tracker {
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.head.len() < HEAD {
            self.head.extend_from_slice(&bytes[..bytes.len().min(HEAD - self.head.len())]);
        }
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
    }

    /// Where it is: how many bytes came, and their digest.
    pub fn here(&self) -> (u64, Digest) {
        (self.offset, cut(self.hasher.clone().finalize().into()))
    }

    /// What came so far is whole: it need not be read again.
    pub fn keep(&mut self) {
        self.whole = Some(self.here());
    }

    pub fn mark(&self) -> Option<Mark> {
        let (end, whole) = self.whole.filter(|(end, _)| *end > 0)?;
        let head = usize::try_from(end).unwrap_or(HEAD).min(self.head.len());
        Some(Mark { unit: Unit::Bytes, end, digest: whole, head: digest(&self.head[..head]) })
    }
}

/// Which of marks a text begins with. It is read no further than they reach.
pub(super) fn beginning(input: &mut dyn BufRead, marks: &[Mark]) -> io::Result<Vec<usize>> {
    let mut head = Vec::with_capacity(HEAD);
    input.take(HEAD as u64).read_to_end(&mut head)?;
    let mut wanted: Vec<(u64, usize)> = Vec::new();
    let mut heads: Vec<Option<Digest>> = vec![None; HEAD + 1];
    for (at, mark) in marks.iter().enumerate().filter(|(_, m)| m.unit == Unit::Bytes) {
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
                // What cannot be read is told when it is read for its documents.
                Err(_) => return Ok(out),
            };
            hasher.update(&buffer[..got]);
            offset += got as u64;
        }
        if cut(hasher.clone().finalize().into()) == marks[at].digest {
            out.push(at);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(text: &[u8]) -> Mark {
        let mut t = Tracker::default();
        t.feed(text);
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
            assert_eq!(Mark::parse(&m.to_text()).as_ref(), Some(m));
        }
        assert_eq!(Mark::parse("b:1:2:3"), None);
    }
}

//! Searches a value for many literals in one pass.
//!
//! For each literal the window of four bytes is chosen that is rarest in logs. All windows of a value are looked up in a small
//! bitmap. Nearly all lookups miss, and unlike the steps of an automaton they do not depend on each other. On a hit the few
//! literals that the window was chosen for are compared. Literals shorter than four bytes have a window of their own length.

use rustc_hash::FxHashMap;

/// Text that most logs contain. Windows of it are chosen only if a literal has no other.
const COMMON: &[u8] = b"c:\\windows\\system32\\cmd.exe /c c:\\windows\\syswow64\\windowspowershell\\v1.0\\powershell.exe -command \
c:\\program files (x86)\\microsoft office\\root\\ c:\\programdata\\ c:\\users\\public\\appdata\\local\\temp\\ \
\\appdata\\roaming\\microsoft\\windows\\start menu\\programs\\ http://www. https:// .com/ .dll .exe .ps1 .bat .vbs \
microsoft corporation microsoft windows operating system rundll32.exe svchost.exe explorer.exe services.exe \
hklm\\software\\microsoft\\windows\\currentversion\\run hkcu\\software\\classes\\ hklm\\system\\currentcontrolset\\services\\ \
new-object system.net get-item set-item start-process write-host nt authority\\system     ---- 0000 ";

/// Returns whether a literal occurs in most logs.
pub(super) fn is_common(literal: &[u8]) -> bool {
    literal.len() < 4 || memchr::memmem::find(COMMON, literal).is_some()
}

/// A set of literals, each identified by its index in the list that the set was built from.
#[derive(Debug)]
pub(super) struct LiteralSet {
    /// The bytes of all literals.
    bytes: Box<[u8]>,
    windows: Vec<Windows>,
}

/// The windows of one width.
#[derive(Debug)]
struct Windows {
    width: usize,
    shift: u32,
    bits: Box<[u64]>,
    /// For each window the start of its needles in the list, and their number.
    table: FxHashMap<u32, (u32, u32)>,
    needles: Box<[Needle]>,
}

/// A literal that a window was chosen for, and the offset of the window in it.
#[derive(Debug, Clone, Copy)]
struct Needle {
    literal: u32,
    offset: u32,
    /// The range of the literal's bytes.
    start: u32,
    end: u32,
}

/// Up to this many windows of less than four bytes are searched for one at a time.
const FEW: usize = 4;

/// Returns the bytes of a window as a number.
fn number(window: &[u8]) -> u32 {
    window.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b))
}

impl LiteralSet {
    /// Builds a set of literals, none of which may be empty.
    pub fn new(literals: &[Vec<u8>]) -> Self {
        let mut uses: FxHashMap<(usize, u32), u32> = FxHashMap::default();
        let width = |p: &[u8]| p.len().min(4);
        for literal in literals {
            for w in literal.windows(width(literal)) {
                *uses.entry((w.len(), number(w))).or_default() += 1;
            }
        }
        for n in 1..=4 {
            for w in COMMON.windows(n) {
                *uses.entry((n, number(w))).or_default() += 100;
            }
        }
        let mut chosen: [FxHashMap<u32, Vec<Needle>>; 4] = Default::default();
        let index = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut bytes = Vec::new();
        for (at, literal) in literals.iter().enumerate() {
            let Some((offset, w)) = literal.windows(width(literal)).enumerate().min_by_key(|(_, w)| uses[&(w.len(), number(w))]) else {
                continue;
            };
            let start = index(bytes.len());
            bytes.extend_from_slice(literal);
            let needle = Needle { literal: index(at), offset: index(offset), start, end: index(bytes.len()) };
            chosen[w.len() - 1].entry(number(w)).or_default().push(needle);
        }
        let windows = chosen.into_iter().zip(1..).filter(|(c, _)| !c.is_empty()).map(|(c, width)| Windows::new(width, c)).collect();
        Self { bytes: bytes.into(), windows }
    }

    /// Reports every occurrence of a literal: its index, its start and its end. For a literal of one byte only the first and the
    /// last occurrence are reported; some occurrences are reported twice.
    pub fn find(&self, text: &[u8], mut report: impl FnMut(u32, usize, usize)) {
        for w in &self.windows {
            if w.width == 1 {
                for needle in &w.needles {
                    let byte = self.bytes[needle.start as usize];
                    let Some(first) = memchr::memchr(byte, text) else { continue };
                    report(needle.literal, first, first + 1);
                    if text.len() > 1 && text.last() == Some(&byte) {
                        report(needle.literal, text.len() - 1, text.len());
                    }
                }
            } else if w.width < 4 && w.needles.len() <= FEW {
                for needle in &w.needles {
                    let literal = &self.bytes[needle.start as usize..needle.end as usize];
                    for start in memchr::memmem::find_iter(text, literal) {
                        report(needle.literal, start, start + literal.len());
                    }
                    // An occurrence at the end that overlaps the previous one.
                    if text.ends_with(literal) {
                        report(needle.literal, text.len() - literal.len(), text.len());
                    }
                }
            } else {
                w.find(text, &mut |needle, at| {
                    let Some(start) = at.checked_sub(needle.offset as usize) else { return };
                    let literal = &self.bytes[needle.start as usize..needle.end as usize];
                    if text[start..].starts_with(literal) {
                        report(needle.literal, start, start + literal.len());
                    }
                });
            }
        }
    }
}

/// Returns the bit of a window.
fn bit_of(window: u32, shift: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> shift) as usize
}

impl Windows {
    fn new(width: usize, chosen: FxHashMap<u32, Vec<Needle>>) -> Self {
        // A sparse bitmap has few false hits, and this size fits in the L1 or L2 cache.
        let size = (chosen.len() * 128).next_power_of_two().clamp(1 << 12, 1 << 19);
        let mut new = Self {
            width,
            shift: 32 - size.trailing_zeros(),
            bits: vec![0; size / 64].into(),
            table: FxHashMap::default(),
            needles: Box::default(),
        };
        let mut needles = Vec::new();
        let index = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        for (window, some) in chosen {
            let at = bit_of(window, new.shift);
            new.bits[at / 64] |= 1 << (at % 64);
            new.table.insert(window, (index(needles.len()), index(some.len())));
            needles.extend(some);
        }
        new.needles = needles.into();
        new
    }

    fn find(&self, text: &[u8], report: &mut impl FnMut(Needle, usize)) {
        let mask = u32::MAX >> (32 - 8 * self.width);
        let (bits, shift) = (&*self.bits, self.shift);
        // The hot loop runs for each byte of every event. Everything else is rare and kept out of it.
        for (at, four) in text.windows(4).enumerate() {
            let window = u32::from_le_bytes([four[0], four[1], four[2], four[3]]) & mask;
            let bit = bit_of(window, shift);
            if bits[bit / 64] >> (bit % 64) & 1 == 1 {
                self.hit(window, at, report);
            }
        }
        // The last windows are shorter than four bytes.
        for at in text.len().saturating_sub(3)..text.len() {
            if let Some(window) = text.get(at..at + self.width).filter(|w| w.len() < 4) {
                self.hit(number(window), at, report);
            }
        }
    }

    #[inline(never)]
    fn hit(&self, window: u32, at: usize, report: &mut impl FnMut(Needle, usize)) {
        if let Some((first, count)) = self.table.get(&window) {
            self.needles[*first as usize..(*first + *count) as usize].iter().for_each(|n| report(*n, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LiteralSet;

    fn found(literals: &[&str], text: &str) -> Vec<(u32, usize, usize)> {
        let mut out = Vec::new();
        LiteralSet::new(&literals.iter().map(|p| p.as_bytes().to_vec()).collect::<Vec<_>>())
            .find(text.as_bytes(), |p, s, e| out.push((p, s, e)));
        out.sort_unstable();
        // One at the end may be reported twice.
        out.dedup();
        out
    }

    #[test]
    fn every_occurrence_of_every_literal_is_found() {
        let literals = ["é", "ab", "abc", "abcd", "bcdabc", "zzzz", "cd", "dabc"];
        assert_eq!(found(&["a"], "banana"), [(0, 1, 2), (0, 5, 6)]);
        for text in ["", "a", "abc", "abcd", "abcdabcd", "zzzzzz", "xabcdabcx", "é abcd é"] {
            let mut expected: Vec<_> = (0u32..)
                .zip(literals)
                .flat_map(|(i, p)| {
                    (0..text.len()).filter(move |at| text.as_bytes()[*at..].starts_with(p.as_bytes())).map(move |at| (i, at, at + p.len()))
                })
                .collect();
            expected.sort_unstable();
            assert_eq!(found(&literals, text), expected, "{text}");
        }
    }
}

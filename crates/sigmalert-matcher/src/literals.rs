//! Many pieces of text looked for in a value at once.
//!
//! Of each piece one window of four bytes is chosen that hardly any text has. All windows of a value are looked up in a
//! small table of bits; nearly none is there, and no step waits for the one before, which an automaton's does. Anchor one
//! is there, the few pieces that it was chosen for are compared. LiteralSet shorter than four bytes have windows of their size.

use rustc_hash::FxHashMap;

/// What nearly every log is full of: windows of it are chosen only where there is nothing better.
const COMMON: &[u8] = b"c:\\windows\\system32\\cmd.exe /c c:\\windows\\syswow64\\windowspowershell\\v1.0\\powershell.exe -command \
c:\\program files (x86)\\microsoft office\\root\\ c:\\programdata\\ c:\\users\\public\\appdata\\local\\temp\\ \
\\appdata\\roaming\\microsoft\\windows\\start menu\\programs\\ http://www. https:// .com/ .dll .exe .ps1 .bat .vbs \
microsoft corporation microsoft windows operating system rundll32.exe svchost.exe explorer.exe services.exe \
hklm\\software\\microsoft\\windows\\currentversion\\run hkcu\\software\\classes\\ hklm\\system\\currentcontrolset\\services\\ \
new-object system.net get-item set-item start-process write-host nt authority\\system     ---- 0000 ";

/// Whether a piece stands in what nearly every log is full of.
pub(super) fn is_common(piece: &[u8]) -> bool {
    piece.len() < 4 || memchr::memmem::find(COMMON, piece).is_some()
}

/// The pieces, each known by its place in the list they were made of.
#[derive(Debug)]
pub(super) struct LiteralSet {
    /// The bytes of all pieces.
    bytes: Box<[u8]>,
    windows: Vec<Windows>,
}

/// The windows of one width.
#[derive(Debug)]
struct Windows {
    width: usize,
    shift: u32,
    bits: Box<[u64]>,
    /// The needles of each window: where they begin in the list, and how many they are.
    table: FxHashMap<u32, (u32, u32)>,
    needles: Box<[Needle]>,
}

/// A piece that a window was chosen for, and where the window stands in it.
#[derive(Debug, Clone, Copy)]
struct Needle {
    piece: u32,
    offset: u32,
    /// Where the piece's bytes are.
    start: u32,
    end: u32,
}

/// So few windows of less than four bytes are looked for one by one.
const FEW: usize = 4;

/// The bytes of a window as a number.
fn number(window: &[u8]) -> u32 {
    window.iter().rev().fold(0, |n, b| n << 8 | u32::from(*b))
}

impl LiteralSet {
    /// Of pieces none of which is empty.
    pub fn new(pieces: &[Vec<u8>]) -> Self {
        let mut uses: FxHashMap<(usize, u32), u32> = FxHashMap::default();
        let width = |p: &[u8]| p.len().min(4);
        for piece in pieces {
            for w in piece.windows(width(piece)) {
                *uses.entry((w.len(), number(w))).or_default() += 1;
            }
        }
        for n in 1..=4 {
            for w in COMMON.windows(n) {
                *uses.entry((n, number(w))).or_default() += 100;
            }
        }
        let mut chosen: [FxHashMap<u32, Vec<Needle>>; 4] = Default::default();
        let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let mut bytes = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            let Some((offset, w)) = piece.windows(width(piece)).enumerate().min_by_key(|(_, w)| uses[&(w.len(), number(w))]) else {
                continue;
            };
            let start = place(bytes.len());
            bytes.extend_from_slice(piece);
            let needle = Needle { piece: place(at), offset: place(offset), start, end: place(bytes.len()) };
            chosen[w.len() - 1].entry(number(w)).or_default().push(needle);
        }
        let windows = chosen.into_iter().zip(1..).filter(|(c, _)| !c.is_empty()).map(|(c, width)| Windows::new(width, c)).collect();
        Self { bytes: bytes.into(), windows }
    }

    /// Tells of every place where a piece stands: the piece, its beginning, its end. Of pieces of one byte it tells of the
    /// first place and of the last; of some it tells twice.
    pub fn find(&self, text: &[u8], mut tell: impl FnMut(u32, usize, usize)) {
        for w in &self.windows {
            if w.width == 1 {
                for needle in &w.needles {
                    let byte = self.bytes[needle.start as usize];
                    let Some(first) = memchr::memchr(byte, text) else { continue };
                    tell(needle.piece, first, first + 1);
                    if text.len() > 1 && text.last() == Some(&byte) {
                        tell(needle.piece, text.len() - 1, text.len());
                    }
                }
            } else if w.width < 4 && w.needles.len() <= FEW {
                for needle in &w.needles {
                    let piece = &self.bytes[needle.start as usize..needle.end as usize];
                    for start in memchr::memmem::find_iter(text, piece) {
                        tell(needle.piece, start, start + piece.len());
                    }
                    // One at the end that the one before lies over.
                    if text.ends_with(piece) {
                        tell(needle.piece, text.len() - piece.len(), text.len());
                    }
                }
            } else {
                w.find(text, &mut |needle, at| {
                    let Some(start) = at.checked_sub(needle.offset as usize) else { return };
                    let piece = &self.bytes[needle.start as usize..needle.end as usize];
                    if text[start..].starts_with(piece) {
                        tell(needle.piece, start, start + piece.len());
                    }
                });
            }
        }
    }
}

/// The bit of a window.
fn place_of(window: u32, shift: u32) -> usize {
    (window.wrapping_mul(0x9e37_79b1) >> shift) as usize
}

impl Windows {
    fn new(width: usize, chosen: FxHashMap<u32, Vec<Needle>>) -> Self {
        // Few bits are set, so that few windows look like one that is there; and all stay in the processor's nearest caches.
        let size = (chosen.len() * 128).next_power_of_two().clamp(1 << 12, 1 << 19);
        let mut new = Self {
            width,
            shift: 32 - size.trailing_zeros(),
            bits: vec![0; size / 64].into(),
            table: FxHashMap::default(),
            needles: Box::default(),
        };
        let mut needles = Vec::new();
        let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        for (window, some) in chosen {
            let at = place_of(window, new.shift);
            new.bits[at / 64] |= 1 << (at % 64);
            new.table.insert(window, (place(needles.len()), place(some.len())));
            needles.extend(some);
        }
        new.needles = needles.into();
        new
    }

    fn find(&self, text: &[u8], tell: &mut impl FnMut(Needle, usize)) {
        let mask = u32::MAX >> (32 - 8 * self.width);
        let (bits, shift) = (&*self.bits, self.shift);
        // What is done for each byte of every event; everything else is rare, and kept out of the loop.
        for (at, four) in text.windows(4).enumerate() {
            let window = u32::from_le_bytes([four[0], four[1], four[2], four[3]]) & mask;
            let place = place_of(window, shift);
            if bits[place / 64] >> (place % 64) & 1 == 1 {
                self.hit(window, at, tell);
            }
        }
        // The last ones are not four bytes long.
        for at in text.len().saturating_sub(3)..text.len() {
            if let Some(window) = text.get(at..at + self.width).filter(|w| w.len() < 4) {
                self.hit(number(window), at, tell);
            }
        }
    }

    #[inline(never)]
    fn hit(&self, window: u32, at: usize, tell: &mut impl FnMut(Needle, usize)) {
        if let Some((first, count)) = self.table.get(&window) {
            self.needles[*first as usize..(*first + *count) as usize].iter().for_each(|n| tell(*n, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LiteralSet;

    fn found(pieces: &[&str], text: &str) -> Vec<(u32, usize, usize)> {
        let mut out = Vec::new();
        LiteralSet::new(&pieces.iter().map(|p| p.as_bytes().to_vec()).collect::<Vec<_>>())
            .find(text.as_bytes(), |p, s, e| out.push((p, s, e)));
        out.sort_unstable();
        // One at the end may be told of twice.
        out.dedup();
        out
    }

    #[test]
    fn every_place_of_every_piece_is_found() {
        let pieces = ["é", "ab", "abc", "abcd", "bcdabc", "zzzz", "cd", "dabc"];
        assert_eq!(found(&["a"], "banana"), [(0, 1, 2), (0, 5, 6)]);
        for text in ["", "a", "abc", "abcd", "abcdabcd", "zzzzzz", "xabcdabcx", "é abcd é"] {
            let mut expected: Vec<_> = (0u32..)
                .zip(pieces)
                .flat_map(|(i, p)| {
                    (0..text.len()).filter(move |at| text.as_bytes()[*at..].starts_with(p.as_bytes())).map(move |at| (i, at, at + p.len()))
                })
                .collect();
            expected.sort_unstable();
            assert_eq!(found(&pieces, text), expected, "{text}");
        }
    }
}

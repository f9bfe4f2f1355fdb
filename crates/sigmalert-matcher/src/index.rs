//! From a field's value to the predicates it satisfies, without trying one after the other.

use super::literals::{LiteralSet, is_common};
use super::predicate::folded;
use rustc_hash::FxHashMap;
use sigmalert_query::{Case, Part, Pattern, Re, Test};

/// Where a piece of text must stand in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Anchor {
    Anywhere,
    Start,
    End,
}

/// What a hit says of a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hit {
    /// It holds.
    Definite,
    /// It may hold, and cannot without the hit.
    Candidate,
}

/// One thing to be told of when a piece of text is found.
#[derive(Debug, Clone, Copy)]
struct Entry {
    place: Anchor,
    predicate: u32,
    says: Hit,
}

/// What the values of one field are looked through for.
#[derive(Default)]
pub(super) struct FieldIndex {
    /// The lengths that whole values have, one bit each; the last for all longer ones.
    lengths: u64,
    /// Whole values, folded.
    exact: FxHashMap<Box<[u8]>, Vec<(u32, Hit)>>,
    /// What stands behind the last backslash: `*\name.exe` and its like.
    names: FxHashMap<Box<[u8]>, Vec<(u32, Hit)>>,
    /// Whole numbers and fractions, as text in one form.
    numbers: FxHashMap<Box<str>, Vec<u32>>,
    /// The field has any value.
    exists: Vec<u32>,
    pieces: Option<LiteralSet>,
    /// What each piece is for.
    entries: Vec<Vec<Entry>>,
}

impl std::fmt::Debug for FieldIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldIndex").field("exact", &self.exact.len()).field("pieces", &self.entries.len()).finish_non_exhaustive()
    }
}

/// A [`FieldIndex`] while it is filled.
#[derive(Debug, Default)]
pub(super) struct Builder {
    index: FieldIndex,
    pieces: FxHashMap<Vec<u8>, usize>,
}

/// How a predicate is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// The index says that it holds; otherwise it does not.
    Exact,
    /// The index says that it may hold; otherwise it does not.
    Prefilter,
    /// The index says nothing.
    None,
}

impl Builder {
    /// Adds a predicate. `cost` is a guess how rarely its hits come: small is rare.
    pub fn add(&mut self, predicate: u32, test: &Test) -> (Coverage, f64) {
        match test {
            Test::Exists => {
                self.index.exists.push(predicate);
                (Coverage::Exact, 100.0)
            }
            Test::Pattern(p) => self.pattern(predicate, p),
            Test::Number(i) => match i.as_point() {
                Some(n) => {
                    self.index.numbers.entry(n.to_string().into()).or_default().push(predicate);
                    (Coverage::Exact, 20.0)
                }
                None => (Coverage::None, f64::INFINITY),
            },
            Test::Regex(re) => {
                let mut needles = Vec::new();
                if !required(re, &mut needles) {
                    return (Coverage::None, f64::INFINITY);
                }
                let mut cost = 0.0;
                for n in needles {
                    cost += rarity(&n);
                    self.piece(n, Entry { place: Anchor::Anywhere, predicate, says: Hit::Candidate });
                }
                (Coverage::Prefilter, cost)
            }
            // Tokens are lower-cased character by character, which is not how letters are folded: only ASCII is sure.
            Test::Phrase(words) => self.tokens(predicate, words.iter().map(String::as_str)),
            Test::Token(p) => self.tokens(predicate, p.literals()),
            _ => (Coverage::None, f64::INFINITY),
        }
    }

    fn tokens<'t>(&mut self, predicate: u32, texts: impl Iterator<Item = &'t str>) -> (Coverage, f64) {
        match texts.filter(|t| t.is_ascii() && !t.is_empty()).max_by_key(|t| t.len()) {
            Some(t) => {
                let piece = folded(t);
                let cost = rarity(&piece);
                self.piece(piece, Entry { place: Anchor::Anywhere, predicate, says: Hit::Candidate });
                (Coverage::Prefilter, cost)
            }
            None => (Coverage::None, f64::INFINITY),
        }
    }

    fn pattern(&mut self, predicate: u32, p: &Pattern) -> (Coverage, f64) {
        // Anchor letter case counts, a hit in folded text is not yet a match.
        let sure = p.case == Case::Insensitive || !p.has_cased_letter();
        let says = if sure { Hit::Definite } else { Hit::Candidate };
        let found = if sure { Coverage::Exact } else { Coverage::Prefilter };
        if let Some(text) = p.as_literal() {
            let key = folded(text);
            let cost = 10.0 * rarity(&key);
            self.index.lengths |= length_bit(key.len());
            self.index.exact.entry(key.into()).or_default().push((predicate, says));
            return (found, cost);
        }
        if p.is_any() {
            self.index.exists.push(predicate);
            return (Coverage::Exact, 100.0);
        }
        let parts = p.parts();
        let place = match parts {
            [Part::Any, Part::Lit(_), Part::Any] => Some(Anchor::Anywhere),
            [Part::Lit(_), Part::Any] => Some(Anchor::Start),
            [Part::Any, Part::Lit(_)] => Some(Anchor::End),
            _ => None,
        };
        let Some(longest) = p.literals().max_by_key(|t| t.len()) else { return (Coverage::None, f64::INFINITY) };
        let piece = folded(longest);
        let cost = rarity(&piece);
        match place {
            Some(Anchor::End) if piece.len() > 1 && piece[0] == b'\\' && !piece[1..].contains(&b'\\') => {
                self.index.names.entry(piece[1..].into()).or_default().push((predicate, says));
                (found, cost)
            }
            Some(place) => {
                self.piece(piece, Entry { place, predicate, says });
                (found, cost)
            }
            None => {
                self.piece(piece, Entry { place: Anchor::Anywhere, predicate, says: Hit::Candidate });
                (Coverage::Prefilter, cost)
            }
        }
    }

    fn piece(&mut self, piece: Vec<u8>, entry: Entry) {
        let next = self.pieces.len();
        let at = *self.pieces.entry(piece).or_insert(next);
        if at == self.index.entries.len() {
            self.index.entries.push(Vec::new());
        }
        self.index.entries[at].push(entry);
    }

    /// The index, without common pieces that nothing is led by: they stand in most texts, and are sooner tried where a rule
    /// that something else leads to comes to them. With it the predicates that are not found any more.
    pub fn finish(mut self, leads: impl Fn(u32) -> bool) -> (FieldIndex, Vec<u32>) {
        let mut dropped = Vec::new();
        let mut pieces: Vec<(Vec<u8>, usize)> = self.pieces.into_iter().collect();
        pieces.sort_unstable_by_key(|(_, at)| *at);
        let (mut kept, mut kept_entries) = (Vec::new(), Vec::new());
        for ((piece, _), entries) in pieces.into_iter().zip(self.index.entries) {
            if is_common(&piece) && !entries.iter().any(|e| leads(e.predicate)) {
                dropped.extend(entries.iter().map(|e| e.predicate));
            } else {
                kept.push(piece);
                kept_entries.push(entries);
            }
        }
        self.index.pieces = (!kept.is_empty()).then(|| LiteralSet::new(&kept));
        self.index.entries = kept_entries;
        (self.index, dropped)
    }
}

impl FieldIndex {
    /// Whether values need to be looked at as text.
    pub fn wants_text(&self) -> bool {
        self.pieces.is_some() || !self.exact.is_empty() || !self.names.is_empty()
    }

    pub fn wants_numbers(&self) -> bool {
        !self.numbers.is_empty()
    }

    /// Tells of every predicate that the field's having a value satisfies.
    pub fn exists(&self, tell: &mut impl FnMut(u32, Hit)) {
        self.exists.iter().for_each(|p| tell(*p, Hit::Definite));
    }

    /// Tells of every predicate that a number satisfies.
    pub fn number(&self, text: &str, tell: &mut impl FnMut(u32, Hit)) {
        self.numbers.get(text).into_iter().flatten().for_each(|p| tell(*p, Hit::Definite));
    }

    /// Tells of every predicate that a value satisfies, or may; some more than once.
    pub fn text(&self, folded: &[u8], tell: &mut impl FnMut(u32, Hit)) {
        if self.lengths & length_bit(folded.len()) != 0
            && let Some(found) = self.exact.get(folded)
        {
            found.iter().for_each(|(p, says)| tell(*p, *says));
        }
        if !self.names.is_empty()
            && let Some(at) = memchr::memrchr(b'\\', folded)
            && let Some(found) = self.names.get(&folded[at + 1..])
        {
            found.iter().for_each(|(p, says)| tell(*p, *says));
        }
        if let Some(pieces) = &self.pieces {
            pieces.find(folded, |piece, start, end| {
                for e in &self.entries[piece as usize] {
                    let there = match e.place {
                        Anchor::Anywhere => true,
                        Anchor::Start => start == 0,
                        Anchor::End => end == folded.len(),
                    };
                    if there {
                        tell(e.predicate, e.says);
                    }
                }
            });
        }
    }
}

fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// A guess how often a piece of text occurs: less for long ones, more for what is in every path.
#[expect(clippy::cast_precision_loss, reason = "lengths are small")]
fn rarity(piece: &[u8]) -> f64 {
    const COMMON: [&[u8]; 8] = [b".exe", b".dll", b"\\windows\\", b"c:\\", b"\\system32\\", b"http", b"microsoft", b"\\users\\"];
    let common = COMMON.iter().any(|c| piece == *c || (piece.len() < 14 && c.starts_with(piece)));
    let length = piece.len().min(24) as f64;
    (if common { 40.0 } else { 1.0 }) * 24.0 / (length * length).max(1.0)
}

/// LiteralSet of text of which every word of the language has one at least; false where there are none.
fn required(re: &Re, out: &mut Vec<Vec<u8>>) -> bool {
    let text = |re: &Re| match re {
        Re::Lit(t) => Some(t.clone()),
        Re::Set(s) => s.as_caseless_letter().map(String::from),
        _ => None,
    };
    match re {
        Re::Concat(items) => {
            let (mut best, mut run) = (String::new(), String::new());
            let mut inner: Option<Vec<Vec<u8>>> = None;
            for item in items {
                if let Some(t) = text(item) {
                    run.push_str(&t);
                    continue;
                }
                if run.len() > best.len() {
                    best.clone_from(&run);
                }
                run.clear();
                let mut pieces = Vec::new();
                if inner.is_none() && required(item, &mut pieces) {
                    inner = Some(pieces);
                }
            }
            if run.len() > best.len() {
                best = run;
            }
            // A long piece says more than a choice of several.
            match inner {
                Some(pieces) if best.len() < 3 => out.extend(pieces),
                _ if best.is_empty() => return false,
                _ => out.push(folded(&best)),
            }
            true
        }
        Re::Alt(items) => items.len() <= 64 && items.iter().all(|i| required(i, out)),
        Re::Repeat(item, min, _) => *min > 0 && required(item, out),
        item => match text(item).filter(|t| !t.is_empty()) {
            Some(t) => {
                out.push(folded(&t));
                true
            }
            None => false,
        },
    }
}

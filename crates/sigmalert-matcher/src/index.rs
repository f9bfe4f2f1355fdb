//! Finds the predicates that a value of a field satisfies without testing each of them.

use super::literals::{LiteralSet, is_common};
use super::predicate::folded;
use rustc_hash::FxHashMap;
use sigmalert_query::{Case, Part, Pattern, Re, Test};

/// The position that a literal must have in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Anchor {
    Anywhere,
    Start,
    End,
}

/// The result of a lookup for a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hit {
    /// The predicate holds.
    Definite,
    /// The predicate may hold and has to be tested.
    Candidate,
}

/// A predicate that uses a literal.
#[derive(Debug, Clone, Copy)]
struct Entry {
    anchor: Anchor,
    predicate: u32,
    hit: Hit,
}

/// The lookup tables of one field.
#[derive(Default)]
pub(super) struct FieldIndex {
    /// The lengths of whole values as bits; the last bit is for all longer ones.
    lengths: u64,
    /// Whole values, folded.
    exact: FxHashMap<Box<[u8]>, Vec<(u32, Hit)>>,
    /// File names, folded: the text after the last backslash, for `*\name.exe`.
    names: FxHashMap<Box<[u8]>, Vec<(u32, Hit)>>,
    /// Numbers in canonical form.
    numbers: FxHashMap<Box<str>, Vec<u32>>,
    /// Predicates that any value satisfies.
    exists: Vec<u32>,
    literals: Option<LiteralSet>,
    /// The predicates of each literal.
    entries: Vec<Vec<Entry>>,
}

impl std::fmt::Debug for FieldIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldIndex").field("exact", &self.exact.len()).field("literals", &self.entries.len()).finish_non_exhaustive()
    }
}

/// Builds a [`FieldIndex`].
#[derive(Debug, Default)]
pub(super) struct IndexBuilder {
    index: FieldIndex,
    literals: FxHashMap<Vec<u8>, usize>,
}

/// How completely an index finds a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// The predicate holds exactly if the index reports it.
    Exact,
    /// The predicate holds only if the index reports it, and has to be tested then.
    Prefilter,
    /// The index does not report the predicate.
    None,
}

impl IndexBuilder {
    /// Adds a predicate. Returns its coverage, and a cost that estimates how often it is reported.
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
                    self.literal(n, Entry { anchor: Anchor::Anywhere, predicate, hit: Hit::Candidate });
                }
                (Coverage::Prefilter, cost)
            }
            // An analyzer lower-cases tokens differently from case folding, so only ASCII tokens can be looked up.
            Test::Phrase(words) => self.tokens(predicate, words.iter().map(String::as_str)),
            Test::Token(p) => self.tokens(predicate, p.literals()),
            _ => (Coverage::None, f64::INFINITY),
        }
    }

    fn tokens<'t>(&mut self, predicate: u32, texts: impl Iterator<Item = &'t str>) -> (Coverage, f64) {
        match texts.filter(|t| t.is_ascii() && !t.is_empty()).max_by_key(|t| t.len()) {
            Some(t) => {
                let literal = folded(t);
                let cost = rarity(&literal);
                self.literal(literal, Entry { anchor: Anchor::Anywhere, predicate, hit: Hit::Candidate });
                (Coverage::Prefilter, cost)
            }
            None => (Coverage::None, f64::INFINITY),
        }
    }

    fn pattern(&mut self, predicate: u32, p: &Pattern) -> (Coverage, f64) {
        // For a case-sensitive pattern a hit in the folded text is only a candidate.
        let exact = p.case == Case::Insensitive || !p.has_cased_letter();
        let hit = if exact { Hit::Definite } else { Hit::Candidate };
        let coverage = if exact { Coverage::Exact } else { Coverage::Prefilter };
        if let Some(text) = p.as_literal() {
            let key = folded(text);
            let cost = 10.0 * rarity(&key);
            self.index.lengths |= length_bit(key.len());
            self.index.exact.entry(key.into()).or_default().push((predicate, hit));
            return (coverage, cost);
        }
        if p.is_any() {
            self.index.exists.push(predicate);
            return (Coverage::Exact, 100.0);
        }
        let parts = p.parts();
        let anchor = match parts {
            [Part::Any, Part::Lit(_), Part::Any] => Some(Anchor::Anywhere),
            [Part::Lit(_), Part::Any] => Some(Anchor::Start),
            [Part::Any, Part::Lit(_)] => Some(Anchor::End),
            _ => None,
        };
        let Some(longest) = p.literals().max_by_key(|t| t.len()) else { return (Coverage::None, f64::INFINITY) };
        let literal = folded(longest);
        let cost = rarity(&literal);
        match anchor {
            Some(Anchor::End) if literal.len() > 1 && literal[0] == b'\\' && !literal[1..].contains(&b'\\') => {
                self.index.names.entry(literal[1..].into()).or_default().push((predicate, hit));
                (coverage, cost)
            }
            Some(anchor) => {
                self.literal(literal, Entry { anchor, predicate, hit });
                (coverage, cost)
            }
            None => {
                self.literal(literal, Entry { anchor: Anchor::Anywhere, predicate, hit: Hit::Candidate });
                (Coverage::Prefilter, cost)
            }
        }
    }

    fn literal(&mut self, literal: Vec<u8>, entry: Entry) {
        let next = self.literals.len();
        let at = *self.literals.entry(literal).or_insert(next);
        if at == self.index.entries.len() {
            self.index.entries.push(Vec::new());
        }
        self.index.entries[at].push(entry);
    }

    /// Builds the index. Leaves out common literals that no rule is selected by: they occur in most texts, so testing them in
    /// the few candidate rules is cheaper. Returns the predicates that are no longer covered, too.
    pub fn finish(mut self, selects: impl Fn(u32) -> bool) -> (FieldIndex, Vec<u32>) {
        let mut dropped = Vec::new();
        let mut literals: Vec<(Vec<u8>, usize)> = self.literals.into_iter().collect();
        literals.sort_unstable_by_key(|(_, at)| *at);
        let (mut kept, mut kept_entries) = (Vec::new(), Vec::new());
        for ((literal, _), entries) in literals.into_iter().zip(self.index.entries) {
            if is_common(&literal) && !entries.iter().any(|e| selects(e.predicate)) {
                dropped.extend(entries.iter().map(|e| e.predicate));
            } else {
                kept.push(literal);
                kept_entries.push(entries);
            }
        }
        self.index.literals = (!kept.is_empty()).then(|| LiteralSet::new(&kept));
        self.index.entries = kept_entries;
        (self.index, dropped)
    }
}

impl FieldIndex {
    /// Returns whether values have to be looked up as text.
    pub fn wants_text(&self) -> bool {
        self.literals.is_some() || !self.exact.is_empty() || !self.names.is_empty()
    }

    pub fn wants_numbers(&self) -> bool {
        !self.numbers.is_empty()
    }

    /// Reports the predicates that any value satisfies.
    pub fn exists(&self, report: &mut impl FnMut(u32, Hit)) {
        self.exists.iter().for_each(|p| report(*p, Hit::Definite));
    }

    /// Reports the predicates that a number satisfies.
    pub fn number(&self, text: &str, report: &mut impl FnMut(u32, Hit)) {
        self.numbers.get(text).into_iter().flatten().for_each(|p| report(*p, Hit::Definite));
    }

    /// Reports the predicates that a value satisfies or may satisfy, some of them repeatedly.
    pub fn text(&self, folded: &[u8], report: &mut impl FnMut(u32, Hit)) {
        if self.lengths & length_bit(folded.len()) != 0
            && let Some(found) = self.exact.get(folded)
        {
            found.iter().for_each(|(p, hit)| report(*p, *hit));
        }
        if !self.names.is_empty()
            && let Some(at) = memchr::memrchr(b'\\', folded)
            && let Some(found) = self.names.get(&folded[at + 1..])
        {
            found.iter().for_each(|(p, hit)| report(*p, *hit));
        }
        if let Some(literals) = &self.literals {
            literals.find(folded, |literal, start, end| {
                for e in &self.entries[literal as usize] {
                    let anchored = match e.anchor {
                        Anchor::Anywhere => true,
                        Anchor::Start => start == 0,
                        Anchor::End => end == folded.len(),
                    };
                    if anchored {
                        report(e.predicate, e.hit);
                    }
                }
            });
        }
    }
}

fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

/// Estimates how often a literal occurs: less for long ones, more for parts of most paths.
#[expect(clippy::cast_precision_loss, reason = "lengths are small")]
fn rarity(literal: &[u8]) -> f64 {
    const COMMON: [&[u8]; 8] = [b".exe", b".dll", b"\\windows\\", b"c:\\", b"\\system32\\", b"http", b"microsoft", b"\\users\\"];
    let common = COMMON.iter().any(|c| literal == *c || (literal.len() < 14 && c.starts_with(literal)));
    let length = literal.len().min(24) as f64;
    (if common { 40.0 } else { 1.0 }) * 24.0 / (length * length).max(1.0)
}

/// Collects literals of which every match of the expression contains at least one. Returns false if there are none.
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
                let mut literals = Vec::new();
                if inner.is_none() && required(item, &mut literals) {
                    inner = Some(literals);
                }
            }
            if run.len() > best.len() {
                best = run;
            }
            // One long literal is more selective than a choice of several.
            match inner {
                Some(literals) if best.len() < 3 => out.extend(literals),
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

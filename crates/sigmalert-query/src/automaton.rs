//! How hard a pattern is for an index.
//!
//! Lucene runs wildcard and regular expression queries as deterministic automata and refuses those that cost
//! too much to build (`TooComplexToDeterminizeException`): the sizes of all state sets met by the subset
//! construction may add up to ten times `max_determinized_states` (10,000 unless the query says otherwise).
//! [`determinization_cost`] runs the same construction and counts the same way, so that we can refuse first.

mod sets;
mod words;

use super::regex::{CharSet, Re};
use rustc_hash::{FxHashMap, FxHashSet};
use sets::{Bits, Lists, Sets};

/// What Lucene allows by default.
pub const DEFAULT_EFFORT: usize = 100_000;

/// The cost of making the expression's automaton deterministic, or nothing when it passes `limit`. For lists of
/// words a bound that is not less.
pub fn determinization_cost(re: &Re, limit: usize) -> Option<usize> {
    if let Some(bound) = words::bound(re).filter(|b| *b < limit) {
        return Some(bound);
    }
    let mut nfa = Nfa { limit, ..Nfa::default() };
    let start = nfa.state()?;
    nfa.build(re, start)?;
    nfa.determinize(start)
}

#[derive(Default)]
struct Nfa {
    /// Per state: steps over a set of characters.
    steps: Vec<Vec<(usize, usize)>>,
    /// Per state: steps over nothing.
    free: Vec<Vec<usize>>,
    sets: Vec<CharSet>,
    known: FxHashMap<CharSet, usize>,
    limit: usize,
}

impl Nfa {
    fn state(&mut self) -> Option<usize> {
        if self.steps.len() >= self.limit {
            return None;
        }
        self.steps.push(Vec::new());
        self.free.push(Vec::new());
        Some(self.steps.len() - 1)
    }

    fn step(&mut self, from: usize, set: &CharSet) -> Option<usize> {
        let id = match self.known.get(set) {
            Some(id) => *id,
            None => {
                self.sets.push(set.clone());
                self.known.insert(set.clone(), self.sets.len() - 1);
                self.sets.len() - 1
            }
        };
        let to = self.state()?;
        self.steps[from].push((id, to));
        Some(to)
    }

    fn build(&mut self, re: &Re, from: usize) -> Option<usize> {
        match re {
            Re::Lit(t) => t.chars().try_fold(from, |at, c| self.step(at, &CharSet::single(c))),
            Re::Set(s) => self.step(from, s),
            Re::Concat(items) => items.iter().try_fold(from, |at, i| self.build(i, at)),
            Re::Alt(items) => {
                let end = self.state()?;
                for item in items {
                    let begin = self.state()?;
                    self.free[from].push(begin);
                    let done = self.build(item, begin)?;
                    self.free[done].push(end);
                }
                Some(end)
            }
            Re::Repeat(item, min, max) => {
                let mut at = from;
                for _ in 0..*min {
                    at = self.build(item, at)?;
                }
                if let Some(max) = max {
                    let end = self.state()?;
                    for _ in *min..*max {
                        self.free[at].push(end);
                        at = self.build(item, at)?;
                    }
                    self.free[at].push(end);
                    Some(end)
                } else {
                    let begin = self.state()?;
                    let end = self.state()?;
                    self.free[at].push(begin);
                    let done = self.build(item, begin)?;
                    self.free[done].push(begin);
                    self.free[begin].push(end);
                    Some(end)
                }
            }
        }
    }

    /// Representatives of all characters: which sets each is in, as bits and one by one.
    fn letters(&self) -> (Vec<u128>, Vec<Vec<bool>>) {
        // One character for every region that no set divides.
        let mut borders: Vec<u32> = vec![0];
        for set in &self.sets {
            for (a, b) in set.ranges() {
                borders.push(a as u32);
                borders.push(b as u32 + 1);
            }
        }
        borders.sort_unstable();
        borders.dedup();
        // Which sets each letter is in, a bit for each. Where there are too many sets, each letter represents itself.
        let few = self.sets.len() <= 128;
        let mut letters: Vec<u128> = Vec::new();
        let mut contains: Vec<Vec<bool>> = Vec::new();
        for c in borders.iter().filter_map(|b| char::from_u32(*b)) {
            let row: Vec<bool> = self.sets.iter().map(|s| s.contains(c)).collect();
            letters.push(if few { row.iter().rev().fold(0, |bits, b| bits << 1 | u128::from(*b)) } else { 0 });
            contains.push(row);
        }

        (letters, contains)
    }

    fn determinize(&self, start: usize) -> Option<usize> {
        let (letters, contains) = self.letters();
        if self.free.len() <= sets::FEW {
            self.subsets(start, &letters, &contains, Bits::new(self))
        } else {
            self.subsets(start, &letters, &contains, Lists::new(self.free.len()))
        }
    }

    /// The subset construction: how large all sets are together.
    fn subsets<S: Sets>(&self, start: usize, letters: &[u128], contains: &[Vec<bool>], mut sets: S) -> Option<usize> {
        let few = self.sets.len() <= 128;
        let start = sets.part(&[start]);
        let first = sets.close(self, std::iter::once(&start))?;
        let mut seen: FxHashSet<S::Set> = FxHashSet::default();
        seen.insert(first.clone());
        let mut work = vec![first];
        let (mut spent, mut time) = (0, 0);
        // Where steps over each set of characters lead.
        let mut targets: Vec<Vec<usize>> = vec![Vec::new(); self.sets.len()];
        let mut used: Vec<usize> = Vec::new();
        let mut alike: FxHashSet<u128> = FxHashSet::default();
        while let Some(set) = work.pop() {
            used.drain(..).for_each(|id: usize| targets[id].clear());
            S::each(&set, |s| {
                spent += 1;
                for (id, to) in &self.steps[s] {
                    if targets[*id].is_empty() {
                        used.push(*id);
                    }
                    targets[*id].push(*to);
                    time += 1;
                }
            });
            if spent >= self.limit {
                return None;
            }
            let parts: Vec<(usize, S::Part)> = used.iter().map(|id| (*id, sets.part(&targets[*id]))).collect();
            let present: u128 = if few { used.iter().fold(0, |bits, id| bits | 1 << id) } else { 0 };
            alike.clear();
            for (letter, row) in letters.iter().zip(contains) {
                // Of letters that the steps at hand do not tell apart one is enough.
                let these = letter & present;
                if few && (these == 0 || !alike.insert(these)) {
                    continue;
                }
                time += used.len();
                let mut leading = parts.iter().filter(|(id, _)| row[*id]).map(|(_, part)| part).peekable();
                if leading.peek().is_some()
                    && let Some(closed) = sets.close(self, leading)
                    && seen.insert(closed.clone())
                {
                    work.push(closed);
                }
            }
            // The work here is a bound of its own: large classes times large sets.
            if time > self.limit * 2000 {
                return None;
            }
        }
        Some(spent)
    }

    /// Whether a state distinguishes sets: it has steps, or is a dead end (acceptance).
    fn matters(&self, state: usize) -> bool {
        !self.steps[state].is_empty() || self.free[state].is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regex::{Flags, parse};

    fn cost(re: &str) -> Option<usize> {
        determinization_cost(&parse(re, Flags::default()).unwrap(), DEFAULT_EFFORT)
    }

    #[test]
    fn words_cost_no_more_than_their_bound() {
        for re in ["(?s)abc", "(?s)(abc|abd|bcd|c)", "(?i)(?s)(he|she|his|hers|a{1}aa|aaaa|aa)", r"(?s)\A(ab|cd)", r"(?s)(ab|cd|dcd)\z"] {
            let re = parse(re, Flags::default()).unwrap();
            let mut nfa = Nfa { limit: DEFAULT_EFFORT, ..Nfa::default() };
            let start = nfa.state().unwrap();
            nfa.build(&re, start).unwrap();
            let exact = nfa.determinize(start).unwrap();
            let bound = words::bound(&re).unwrap();
            assert!(exact <= bound, "{re:?}: {exact} > {bound}");
        }
    }

    #[test]
    fn bits_and_lists_agree() {
        for re in ["(?s)a.{5}b", "a[bc]*d|e{2,9}", "(?i)x(yz?)+[^q]{0,7}", "(a|b|ab)*c", "^$"] {
            let mut nfa = Nfa { limit: DEFAULT_EFFORT, ..Nfa::default() };
            let start = nfa.state().unwrap();
            nfa.build(&parse(re, Flags::default()).unwrap(), start).unwrap();
            let (letters, contains) = nfa.letters();
            let lists = nfa.subsets(start, &letters, &contains, Lists::new(nfa.free.len()));
            assert_eq!(nfa.subsets(start, &letters, &contains, Bits::new(&nfa)), lists, "{re}");
        }
    }

    /// The border was measured on `OpenSearch` 3.8 (Lucene 10.5): `.*a.{11}b.*` runs, `.*a.{12}b.*` does not.
    #[test]
    fn border() {
        assert!(cost("(?s)a.{11}b").is_some());
        assert!(cost("(?s)a.{12}b").is_none());
        assert!(cost("(?s)a.{100}b").is_none());
        assert!(cost(&"[aA][bB]c".repeat(50)).is_some());
        assert!(cost("(a{1000}){1000}").is_none());
        assert!(cost("https?://[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}").is_some());
    }
}

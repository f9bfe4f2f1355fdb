//! How hard a pattern is for an index.
//!
//! Lucene runs wildcard and regular expression queries as deterministic automata and refuses those that cost
//! too much to build (`TooComplexToDeterminizeException`): the sizes of all state sets met by the subset
//! construction may add up to ten times `max_determinized_states` (10,000 unless the query says otherwise).
//! [`effort`] runs the same construction and counts the same way, so that we can refuse first.

mod words;

use super::regex::{CharSet, Re};
use rustc_hash::{FxHashMap, FxHashSet};

/// What Lucene allows by default.
pub const DEFAULT_EFFORT: usize = 100_000;

/// The cost of making the expression's automaton deterministic, or nothing when it passes `limit`. For lists of
/// words a bound that is not less.
pub fn effort(re: &Re, limit: usize) -> Option<usize> {
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

    fn determinize(&self, start: usize) -> Option<usize> {
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
        // Which sets each letter is in, a bit for each. Where there are too many sets, each letter stands for itself.
        let few = self.sets.len() <= 128;
        let mut letters: Vec<u128> = Vec::new();
        let mut contains: Vec<Vec<bool>> = Vec::new();
        for c in borders.iter().filter_map(|b| char::from_u32(*b)) {
            let row: Vec<bool> = self.sets.iter().map(|s| s.contains(c)).collect();
            letters.push(if few { row.iter().rev().fold(0, |bits, b| bits << 1 | u128::from(*b)) } else { 0 });
            contains.push(row);
        }

        let mut marks = Marks { seen: vec![0; self.free.len()], round: 0, stack: Vec::new() };
        let first = self.close(&[start], &mut marks);
        let mut seen: FxHashSet<Vec<u32>> = FxHashSet::default();
        seen.insert(first.clone());
        let mut work = vec![first];
        let mut followed: FxHashSet<Vec<usize>> = FxHashSet::default();
        let (mut spent, mut time) = (0, 0);
        let mut steps: Vec<(usize, usize)> = Vec::new();
        let mut alike: Vec<u128> = Vec::new();
        let mut target: Vec<usize> = Vec::new();
        while let Some(set) = work.pop() {
            spent += set.len();
            if spent >= self.limit {
                return None;
            }
            steps.clear();
            steps.extend(set.iter().flat_map(|s| self.steps[*s as usize].iter().copied()));
            let present: u128 = if few { steps.iter().fold(0, |bits, (id, _)| bits | 1 << id) } else { 0 };
            alike.clear();
            for (letter, row) in letters.iter().zip(&contains) {
                // Of letters that the steps at hand do not tell apart one is enough.
                let these = letter & present;
                if few && (these == 0 || alike.contains(&these)) {
                    continue;
                }
                alike.push(these);
                time += steps.len();
                target.clear();
                target.extend(steps.iter().filter(|(id, _)| row[*id]).map(|(_, to)| *to));
                // Small ones come back often; to remember the large costs more than to follow them again.
                let small = target.len() <= 32;
                if target.is_empty() || (small && followed.contains(&target)) {
                    continue;
                }
                let closed = self.close(&target, &mut marks);
                if !seen.contains(&closed) {
                    seen.insert(closed.clone());
                    work.push(closed);
                }
                if small {
                    followed.insert(target.clone());
                }
            }
            // The work here is a bound of its own: large classes times large sets.
            if time > self.limit * 2000 {
                return None;
            }
        }
        Some(spent)
    }

    /// The states reachable over nothing that matter: those with steps, and the dead ends (acceptance).
    fn close(&self, from: &[usize], marks: &mut Marks) -> Vec<u32> {
        marks.round += 1;
        marks.stack.extend(from.iter().rev());
        let mut out = Vec::new();
        while let Some(s) = marks.stack.pop() {
            if marks.seen[s] == marks.round {
                continue;
            }
            marks.seen[s] = marks.round;
            marks.stack.extend(&self.free[s]);
            if !self.steps[s].is_empty() || self.free[s].is_empty() {
                out.push(u32::try_from(s).unwrap_or(u32::MAX));
            }
        }
        // Nearly sorted already, which the stable sort makes use of.
        out.sort_unstable();
        out
    }
}

/// Which states a closure holds already, without a set to clear for each.
struct Marks {
    seen: Vec<u32>,
    round: u32,
    stack: Vec<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::regex::{Flags, parse};

    fn cost(re: &str) -> Option<usize> {
        effort(&parse(re, Flags::default()).unwrap(), DEFAULT_EFFORT)
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

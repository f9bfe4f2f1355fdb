//! How hard a pattern is for an index.
//!
//! Lucene runs wildcard and regular expression queries as deterministic automata and refuses those that cost
//! too much to build (`TooComplexToDeterminizeException`): the sizes of all state sets met by the subset
//! construction may add up to ten times `max_determinized_states` (10,000 unless the query says otherwise).
//! [`effort`] runs the same construction and counts the same way, so that we can refuse first.

use super::regex::{CharSet, Re};
use std::collections::HashMap;

/// What Lucene allows by default.
pub const DEFAULT_EFFORT: usize = 100_000;

/// The cost of making the expression's automaton deterministic, or nothing when it passes `limit`.
pub fn effort(re: &Re, limit: usize) -> Option<usize> {
    let mut nfa = Nfa { limit, ..Nfa::default() };
    let start = nfa.state()?;
    let end = nfa.build(re, start)?;
    let _ = end;
    nfa.determinize(start)
}

#[derive(Default)]
struct Nfa {
    /// Per state: steps over a set of characters.
    steps: Vec<Vec<(usize, usize)>>,
    /// Per state: steps over nothing.
    free: Vec<Vec<usize>>,
    sets: Vec<CharSet>,
    known: HashMap<CharSet, usize>,
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
        let letters: Vec<char> = borders.iter().filter_map(|b| char::from_u32(*b)).collect();
        // Which sets each letter is in.
        let member: Vec<Vec<bool>> = letters.iter().map(|c| self.sets.iter().map(|s| s.contains(*c)).collect()).collect();

        let mut seen: HashMap<Vec<u32>, ()> = HashMap::new();
        let mut work = vec![self.close(vec![start])];
        seen.insert(work[0].clone(), ());
        let (mut spent, mut time) = (0, 0);
        while let Some(set) = work.pop() {
            spent += set.len();
            if spent >= self.limit {
                return None;
            }
            let steps: Vec<(usize, usize)> = set.iter().flat_map(|s| self.steps[*s as usize].iter().copied()).collect();
            // The work here is a bound of its own: large classes times large sets.
            time += steps.len() * letters.len();
            if time > self.limit * 2000 {
                return None;
            }
            let mut targets: Vec<Vec<usize>> = Vec::new();
            for sets in &member {
                let next: Vec<usize> = steps.iter().filter(|(id, _)| sets[*id]).map(|(_, to)| *to).collect();
                if !next.is_empty() && !targets.contains(&next) {
                    targets.push(next);
                }
            }
            for target in targets {
                let closed = self.close(target);
                if seen.insert(closed.clone(), ()).is_none() {
                    work.push(closed);
                }
            }
        }
        Some(spent)
    }

    /// The states reachable over nothing that matter: those with steps, and the dead ends (acceptance).
    fn close(&self, from: Vec<usize>) -> Vec<u32> {
        let mut seen: std::collections::HashSet<usize> = std::collections::HashSet::new();
        let mut work = from;
        let mut out = Vec::new();
        while let Some(s) = work.pop() {
            if !seen.insert(s) {
                continue;
            }
            work.extend(&self.free[s]);
            if !self.steps[s].is_empty() || self.free[s].is_empty() {
                out.push(u32::try_from(s).unwrap_or(u32::MAX));
            }
        }
        out.sort_unstable();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::regex::{Flags, parse};

    fn cost(re: &str) -> Option<usize> {
        effort(&parse(re, Flags::default()).unwrap(), DEFAULT_EFFORT)
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

//! Sets of states of a nondeterministic automaton, as the subset construction makes and compares them by the
//! thousand: bits where there are few states, lists where there are many.

use super::Nfa;
use rustc_hash::FxHashSet;
use std::hash::Hash;

/// A way to keep sets of states.
pub(super) trait Sets {
    type Set: Clone + Eq + Hash;
    /// States that one kind of step leads to.
    type Part;

    /// Makes a part.
    fn part(&self, states: &[usize]) -> Self::Part;

    /// What is reachable from parts over nothing, and matters: states with steps, and the dead ends (acceptance).
    /// `None` when just this was asked before.
    fn close<'p>(&mut self, nfa: &Nfa, parts: impl Iterator<Item = &'p Self::Part>) -> Option<Self::Set>
    where
        Self::Part: 'p;

    /// The states of a set.
    fn each(set: &Self::Set, f: impl FnMut(usize));
}

/// Sorted lists.
pub(super) struct Lists {
    /// In which round each state was last seen, so that nothing has to be cleared between.
    seen: Vec<u32>,
    round: u32,
    stack: Vec<usize>,
    asked: FxHashSet<Vec<usize>>,
}

impl Lists {
    pub fn new(states: usize) -> Self {
        Self { seen: vec![0; states], round: 0, stack: Vec::new(), asked: FxHashSet::default() }
    }
}

impl Sets for Lists {
    type Set = Vec<u32>;
    type Part = Vec<usize>;

    fn part(&self, states: &[usize]) -> Vec<usize> {
        states.to_vec()
    }

    fn close<'p>(&mut self, nfa: &Nfa, parts: impl Iterator<Item = &'p Vec<usize>>) -> Option<Vec<u32>> {
        self.stack.extend(parts.flatten());
        // Small ones come back often; to remember the large costs more than to follow them again.
        if self.stack.len() <= 32 && !self.asked.insert(self.stack.clone()) {
            self.stack.clear();
            return None;
        }
        self.round += 1;
        let mut out = Vec::new();
        while let Some(s) = self.stack.pop() {
            if self.seen[s] == self.round {
                continue;
            }
            self.seen[s] = self.round;
            self.stack.extend(&nfa.free[s]);
            if nfa.matters(s) {
                out.push(u32::try_from(s).unwrap_or(u32::MAX));
            }
        }
        out.sort_unstable();
        Some(out)
    }

    fn each(set: &Vec<u32>, mut f: impl FnMut(usize)) {
        set.iter().for_each(|s| f(*s as usize));
    }
}

/// The most states that [`Bits`] has room for.
pub(super) const FEW: usize = 64 * WORDS;
const WORDS: usize = 4;

/// A bit for each state. What a single state leads to over nothing is worked out once.
pub(super) struct Bits {
    closures: Vec<[u64; WORDS]>,
}

impl Bits {
    pub fn new(nfa: &Nfa) -> Self {
        let mut lists = Lists::new(nfa.free.len());
        let closures = (0..nfa.free.len())
            .map(|s| {
                let mut bits = [0; WORDS];
                if let Some(list) = lists.close(nfa, [vec![s]].iter()) {
                    Lists::each(&list, |s| bits[s / 64] |= 1 << (s % 64));
                }
                bits
            })
            .collect();
        Self { closures }
    }
}

impl Sets for Bits {
    type Set = [u64; WORDS];
    type Part = [u64; WORDS];

    fn part(&self, states: &[usize]) -> [u64; WORDS] {
        union(states.iter().map(|s| &self.closures[*s]))
    }

    fn close<'p>(&mut self, _: &Nfa, parts: impl Iterator<Item = &'p [u64; WORDS]>) -> Option<[u64; WORDS]> {
        Some(union(parts))
    }

    fn each(set: &[u64; WORDS], mut f: impl FnMut(usize)) {
        for (i, word) in set.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                f(i * 64 + word.trailing_zeros() as usize);
                word &= word - 1;
            }
        }
    }
}

fn union<'a>(sets: impl Iterator<Item = &'a [u64; WORDS]>) -> [u64; WORDS] {
    let mut out = [0; WORDS];
    for set in sets {
        out.iter_mut().zip(set).for_each(|(o, s)| *o |= s);
    }
    out
}

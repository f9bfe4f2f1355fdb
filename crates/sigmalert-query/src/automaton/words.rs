//! A bound for lists of words, without building their automaton.
//!
//! `.*(word|word|…).*`, as long lists of values become, has the automaton of Aho and Corasick: a state for each
//! node of the tree of words, whose set holds the places in words that the text read so far may have come to.

use crate::regex::{CharSet, Re};
use rustc_hash::FxHashMap;

/// At least the cost of the expression, when it is a list of words between open or closed ends.
pub(super) fn bound(re: &Re) -> Option<usize> {
    let items = match re {
        Re::Concat(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    let items = items.strip_prefix(&[Re::anything()]).unwrap_or(items);
    let (items, open_end) = items.strip_suffix(&[Re::anything()]).map_or((items, false), |i| (i, true));
    let mut tree = Tree::default();
    tree.grow();
    match items {
        [Re::Alt(words)] => words.iter().try_for_each(|w| tree.add(std::slice::from_ref(w)))?,
        word => tree.add(word)?,
    }
    Some(tree.cost() * if open_end { 2 } else { 1 })
}

#[derive(Default)]
struct Tree {
    /// Where a symbol leads.
    next: Vec<FxHashMap<u32, usize>>,
    /// Words that go through a node.
    words: Vec<usize>,
    symbols: FxHashMap<CharSet, u32>,
    /// The symbol of each character: sets that overlap without being equal are none.
    of: FxHashMap<char, u32>,
}

impl Tree {
    fn grow(&mut self) -> usize {
        self.next.push(FxHashMap::default());
        self.words.push(0);
        self.next.len() - 1
    }

    /// Adds a word: text and letters in any case.
    fn add(&mut self, word: &[Re]) -> Option<()> {
        let mut at = 0;
        self.words[0] += 1;
        let pieces = match word {
            [Re::Concat(items)] => items.as_slice(),
            items => items,
        };
        for piece in pieces {
            match piece {
                Re::Lit(t) => {
                    for c in t.chars() {
                        at = self.follow(at, &CharSet::single(c))?;
                    }
                }
                Re::Set(s) if s.len() <= 4 => at = self.follow(at, s)?,
                _ => return None,
            }
        }
        Some(())
    }

    fn follow(&mut self, at: usize, set: &CharSet) -> Option<usize> {
        let symbol = self.symbol(set)?;
        let to = match self.next[at].get(&symbol) {
            Some(to) => *to,
            None => {
                let to = self.grow();
                self.next[at].insert(symbol, to);
                to
            }
        };
        self.words[to] += 1;
        Some(to)
    }

    fn symbol(&mut self, set: &CharSet) -> Option<u32> {
        if let Some(s) = self.symbols.get(set) {
            return Some(*s);
        }
        let new = u32::try_from(self.symbols.len()).ok()?;
        for c in set.ranges().flat_map(|(a, b)| a..=b) {
            if self.of.insert(c, new).is_some() {
                return None;
            }
        }
        self.symbols.insert(set.clone(), new);
        Some(new)
    }

    /// The sum over all nodes of the places that their states hold.
    fn cost(&self) -> usize {
        // Breadth first: the longest proper suffix of a node that is a node, too.
        let mut suffix = vec![0; self.next.len()];
        let mut held = vec![0; self.next.len()];
        // The loops at the ends, and what joins the alternatives.
        held[0] = self.words[0] + 4;
        let mut total = held[0];
        let mut queue: std::collections::VecDeque<usize> = [0].into();
        while let Some(at) = queue.pop_front() {
            for (symbol, to) in &self.next[at] {
                let mut s = suffix[at];
                if at != 0 {
                    while s != 0 && !self.next[s].contains_key(symbol) {
                        s = suffix[s];
                    }
                    s = self.next[s].get(symbol).copied().unwrap_or(0);
                }
                suffix[*to] = s;
                held[*to] = held[s] + self.words[*to];
                total += held[*to];
                queue.push_back(*to);
            }
        }
        total
    }
}

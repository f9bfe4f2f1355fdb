//! From a search with anchors and word boundaries to a plain language of whole values.
//!
//! An index has no assertions, so each is decided here from its neighbors: the expression is
//! spread into alternatives in which assertions lie between plain pieces; an assertion at an end limits what
//! may come before or after, one in the middle holds or fails by the characters on both sides.

use super::{CharSet, Re, RegexError, RegexErrorKind};

/// A condition on a place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    Start,
    End,
    LineStart,
    LineEnd,
    WordBoundary,
    NotWordBoundary,
}

/// An expression that still has assertions.
#[derive(Debug, Clone)]
pub(super) enum Tree {
    Re(Re),
    Assert(Assertion),
    Concat(Vec<Tree>),
    Alt(Vec<Tree>),
    Repeat(Box<Tree>, u32, Option<u32>),
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Re(Re),
    Assert(Assertion),
}

/// How many alternatives the assertions of one expression may spread to.
const MAX_ALTERNATIVES: usize = 256;

/// The language of all values in which `tree` is found.
pub(super) fn resolve(tree: Tree) -> Result<Re, RegexError> {
    if !has_assertion(&tree) {
        return Ok(search(plain(tree)));
    }
    let mut done = Vec::new();
    let mut work = spread(&tree)?;
    work.reverse();
    let mut steps = 0;
    while let Some(sequence) = work.pop() {
        steps += 1;
        if steps > 4 * MAX_ALTERNATIVES {
            return Err(too_many());
        }
        match settle(sequence)? {
            Settled::Done(re) => done.push(re),
            Settled::Never => {}
            Settled::Split(parts) => work.extend(parts.into_iter().rev()),
        }
    }
    Ok(Re::alt(done))
}

fn has_assertion(tree: &Tree) -> bool {
    match tree {
        Tree::Re(_) => false,
        Tree::Assert(_) => true,
        Tree::Concat(items) | Tree::Alt(items) => items.iter().any(has_assertion),
        Tree::Repeat(item, ..) => has_assertion(item),
    }
}

fn plain(tree: Tree) -> Re {
    match tree {
        Tree::Re(re) => re,
        Tree::Assert(_) => Re::empty(),
        Tree::Concat(items) => Re::concat(items.into_iter().map(plain).collect::<Vec<_>>()),
        Tree::Alt(items) => Re::alt(items.into_iter().map(plain).collect::<Vec<_>>()),
        Tree::Repeat(item, min, max) => Re::repeat(plain(*item), min, max),
    }
}

/// `re` anywhere in a value.
fn search(re: Re) -> Re {
    Re::concat([Re::anything(), trim(re, true, true), Re::anything()])
}

/// Takes off what a neighbouring `.*` makes idle: `\s*x+` behind it finds the same as `x`.
fn trim(re: Re, start: bool, end: bool) -> Re {
    let mut items = match re {
        Re::Concat(items) => items,
        one => vec![one],
    };
    let idle = |item: &Re| item.is_nullable();
    let least = |item: Re| match item {
        Re::Repeat(inner, min, _) if min > 0 => Re::repeat(*inner, min, Some(min)),
        other => other,
    };
    if start {
        let keep = items.iter().position(|i| !idle(i)).unwrap_or(items.len());
        items.drain(..keep);
        if let Some(first) = items.first_mut() {
            *first = least(std::mem::replace(first, Re::empty()));
        }
    }
    if end {
        let keep = items.iter().rposition(|i| !idle(i)).map_or(0, |i| i + 1);
        items.truncate(keep);
        if let Some(last) = items.last_mut() {
            *last = least(std::mem::replace(last, Re::empty()));
        }
    }
    Re::concat(items)
}

fn too_many() -> RegexError {
    RegexError { kind: RegexErrorKind::Syntax, message: "anchors or word boundaries occur in too many combinations".into(), at: 1 }
}

/// The alternatives of a tree, each a sequence in which assertions stand alone.
fn spread(tree: &Tree) -> Result<Vec<Vec<Step>>, RegexError> {
    if !has_assertion(tree) {
        return Ok(vec![vec![Step::Re(plain(tree.clone()))]]);
    }
    let all = match tree {
        Tree::Re(re) => vec![vec![Step::Re(re.clone())]],
        Tree::Assert(a) => vec![vec![Step::Assert(*a)]],
        Tree::Alt(items) => {
            let mut all = Vec::new();
            for item in items {
                all.extend(spread(item)?);
            }
            all
        }
        Tree::Concat(items) => {
            let mut all: Vec<Vec<Step>> = vec![vec![]];
            for item in items {
                all = product(&all, &spread(item)?)?;
            }
            all
        }
        Tree::Repeat(item, min, max) => {
            let Some(max) = max.filter(|m| *m <= 16) else {
                return Err(RegexError {
                    kind: RegexErrorKind::Syntax,
                    message: "an anchor or word boundary inside an unbounded repetition is not supported".into(),
                    at: 1,
                });
            };
            let once = spread(item)?;
            let mut times: Vec<Vec<Step>> = vec![vec![]];
            let mut all = Vec::new();
            for n in 0..=max {
                if n > 0 {
                    times = product(&times, &once)?;
                }
                if n >= *min {
                    all.extend(times.iter().cloned());
                }
                if all.len() > MAX_ALTERNATIVES {
                    return Err(too_many());
                }
            }
            all
        }
    };
    if all.len() > MAX_ALTERNATIVES { Err(too_many()) } else { Ok(all) }
}

fn product(left: &[Vec<Step>], right: &[Vec<Step>]) -> Result<Vec<Vec<Step>>, RegexError> {
    if left.len() * right.len() > MAX_ALTERNATIVES {
        return Err(too_many());
    }
    Ok(left.iter().flat_map(|l| right.iter().map(move |r| l.iter().chain(r).cloned().collect())).collect())
}

enum Settled {
    Done(Re),
    Never,
    /// The sequence is equivalent to these, which are simpler.
    Split(Vec<Vec<Step>>),
}

/// What may lie outside one end of the expression.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outside {
    /// Anything.
    Anything,
    /// Nothing: the text ends here.
    Nothing,
    /// Nothing, or text whose nearest character is in the set.
    NothingOr(Near),
    /// Text whose nearest character is in the set.
    Only(Near),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Near {
    Newline,
    Word,
    NonWord,
}

impl Near {
    fn set(self) -> CharSet {
        match self {
            Self::Newline => CharSet::single('\n'),
            Self::Word => CharSet::word(),
            Self::NonWord => CharSet::word().negated(),
        }
    }
}

/// Decides the first assertion that can be decided, or finishes the sequence.
fn settle(mut items: Vec<Step>) -> Result<Settled, RegexError> {
    items.retain(|i| !matches!(i, Step::Re(re) if *re == Re::empty()));
    if items.iter().any(|i| matches!(i, Step::Re(re) if *re == Re::nothing())) {
        return Ok(Settled::Never);
    }
    // The assertions at the two ends, seen from outside in.
    let lead = items.iter().take_while(|i| matches!(i, Step::Assert(_))).count();
    let trail = if lead == items.len() { 0 } else { items.iter().rev().take_while(|i| matches!(i, Step::Assert(_))).count() };
    let middle = lead..items.len() - trail;

    // One in the middle: look at its neighbours.
    if let Some(at) = middle.clone().find(|i| matches!(items[*i], Step::Assert(_))) {
        let Step::Assert(assertion) = items[at] else { return Ok(Settled::Never) };
        // The left neighbour is no assertion (the first one in the middle was taken); the right may be one.
        let right_at = (at + 1..items.len()).find(|i| matches!(items[*i], Step::Re(_)));
        let Some(right_at) = right_at else { return Ok(Settled::Never) };
        for side in [at - 1, right_at] {
            if let Some(parts) = without_empty(&items, side)? {
                return Ok(Settled::Split(parts));
            }
        }
        let (Step::Re(left), Step::Re(right)) = (&items[at - 1], &items[right_at]) else { return Ok(Settled::Never) };
        let (left_set, right_set) = (last_set(left), first_set(right));
        let holds = match assertion {
            Assertion::Start | Assertion::End => Some(false),
            Assertion::LineStart => decide(&left_set, &Near::Newline.set()),
            Assertion::LineEnd => decide(&right_set, &Near::Newline.set()),
            Assertion::WordBoundary | Assertion::NotWordBoundary => {
                let word = CharSet::word();
                match (decide(&left_set, &word), decide(&right_set, &word)) {
                    (Some(l), Some(r)) => Some((l != r) == (assertion == Assertion::WordBoundary)),
                    _ => None,
                }
            }
        };
        return match holds {
            Some(true) => {
                items.remove(at);
                Ok(Settled::Split(vec![items]))
            }
            Some(false) => Ok(Settled::Never),
            None => {
                let by = if matches!(assertion, Assertion::LineStart | Assertion::LineEnd) { Near::Newline.set() } else { CharSet::word() };
                let side = if decide(&left_set, &by).is_none() && assertion != Assertion::LineEnd { at - 1 } else { right_at };
                split_by(&items, side, &by).map(Settled::Split)
            }
        };
    }

    // Only the ends are left. What they say about the text outside may hang on the nearest inner character.
    let asserts = |range: std::ops::Range<usize>| -> Vec<Assertion> {
        items[range].iter().filter_map(|i| if let Step::Assert(a) = i { Some(*a) } else { None }).collect()
    };
    let (leading, trailing) = (asserts(0..middle.start), asserts(middle.end..items.len()));
    let inner = middle.clone();
    if inner.is_empty() {
        // Assertions about one place in the text and nothing else.
        return Ok(nothing_but(&leading));
    }
    let by_word = |list: &[Assertion]| list.iter().any(|a| matches!(a, Assertion::WordBoundary | Assertion::NotWordBoundary));
    for (list, side, first) in [(&leading, inner.start, true), (&trailing, inner.end - 1, false)] {
        // `$` before the first character, or `^` behind the last, can hold only when all between is empty.
        let crossing = if first { [Assertion::End, Assertion::LineEnd] } else { [Assertion::Start, Assertion::LineStart] };
        if (by_word(list) || list.iter().any(|a| crossing.contains(a)))
            && let Some(parts) = without_empty(&items, side)?
        {
            return Ok(Settled::Split(parts));
        }
        // `^` behind a character holds where that is a line feed, and `$` before one.
        let by_newline = list.contains(&crossing[1]);
        for (asked, by) in [(by_word(list), CharSet::word()), (by_newline, Near::Newline.set())] {
            let Step::Re(re) = &items[side] else { return Ok(Settled::Never) };
            let near = if first { first_set(re) } else { last_set(re) };
            if asked && decide(&near, &by).is_none() {
                return split_by(&items, side, &by).map(Settled::Split);
            }
        }
    }
    let edge = |index: usize, first: bool| match &items[index] {
        Step::Re(re) if first => first_set(re),
        Step::Re(re) => last_set(re),
        Step::Assert(_) => CharSet::none(),
    };
    let before = outside(&leading, &edge(inner.start, true), true);
    let after = outside(&trailing, &edge(inner.end - 1, false), false);
    let (Some(before), Some(after)) = (before, after) else { return Ok(Settled::Never) };
    let body =
        Re::concat(items[inner].iter().filter_map(|i| if let Step::Re(re) = i { Some(re.clone()) } else { None }).collect::<Vec<_>>());
    let body = trim(body, before == Outside::Anything, after == Outside::Anything);
    Ok(Settled::Done(Re::concat([before.text(true), body, after.text(false)])))
}

impl Outside {
    fn text(self, before: bool) -> Re {
        let near = |n: Near| {
            let one = Re::set(n.set());
            if before { Re::concat([Re::anything(), one]) } else { Re::concat([one, Re::anything()]) }
        };
        match self {
            Self::Anything => Re::anything(),
            Self::Nothing => Re::empty(),
            Self::NothingOr(n) => Re::repeat(near(n), 0, Some(1)),
            Self::Only(n) => near(n),
        }
    }

    fn and(self, other: Self) -> Option<Self> {
        use Outside::{Anything, Nothing, NothingOr, Only};
        Some(match (self, other) {
            (Anything, x) | (x, Anything) => x,
            (x, y) if x == y => x,
            (Nothing, NothingOr(_)) | (NothingOr(_), Nothing) => Nothing,
            (Only(a), NothingOr(b)) | (NothingOr(b), Only(a)) => Only(Self::near_and(a, b)?),
            (Only(a), Only(b)) => Only(Self::near_and(a, b)?),
            (NothingOr(a), NothingOr(b)) => Self::near_and(a, b).map_or(Nothing, NothingOr),
            (Nothing, _) | (_, Nothing) => return None,
        })
    }

    /// A line feed is no word character; the other pairs exclude each other.
    fn near_and(a: Near, b: Near) -> Option<Near> {
        match (a, b) {
            (a, b) if a == b => Some(a),
            (Near::Newline, Near::NonWord) | (Near::NonWord, Near::Newline) => Some(Near::Newline),
            _ => None,
        }
    }
}

/// What the assertions at one end ask of the text outside, given the nearest characters inside; nothing when
/// they cannot hold.
fn outside(list: &[Assertion], inside: &CharSet, first: bool) -> Option<Outside> {
    let mut all = Outside::Anything;
    for assertion in list {
        let word_inside = inside.within(&CharSet::word());
        let this = match (assertion, first) {
            (Assertion::Start, true) | (Assertion::End, false) => Outside::Nothing,
            (Assertion::LineStart, true) | (Assertion::LineEnd, false) => Outside::NothingOr(Near::Newline),
            // Outside the text counts as no word character.
            (Assertion::WordBoundary, _) if word_inside => Outside::NothingOr(Near::NonWord),
            (Assertion::WordBoundary, _) => Outside::Only(Near::Word),
            (Assertion::NotWordBoundary, _) if word_inside => Outside::Only(Near::Word),
            (Assertion::NotWordBoundary, _) => Outside::NothingOr(Near::NonWord),
            // The other end of the text or line, with characters between.
            (Assertion::Start | Assertion::End, _) => return None,
            (Assertion::LineEnd, true) | (Assertion::LineStart, false) => {
                if inside.contains('\n') && decide(inside, &Near::Newline.set()) == Some(true) {
                    Outside::Anything
                } else {
                    return None;
                }
            }
        };
        all = all.and(this)?;
    }
    Some(all)
}

/// A sequence of assertions about one place and nothing else: `^$`, or `\b` alone. What stands on the two sides of
/// the place is one of four each, and every assertion holds or fails by that.
fn nothing_but(list: &[Assertion]) -> Settled {
    #[derive(Clone, Copy, PartialEq)]
    enum Side {
        Edge,
        Newline,
        Word,
        Other,
    }
    const SIDES: [Side; 4] = [Side::Edge, Side::Newline, Side::Word, Side::Other];
    let holds = |left: Side, right: Side| {
        list.iter().all(|a| match a {
            Assertion::Start => left == Side::Edge,
            Assertion::End => right == Side::Edge,
            Assertion::LineStart => matches!(left, Side::Edge | Side::Newline),
            Assertion::LineEnd => matches!(right, Side::Edge | Side::Newline),
            Assertion::WordBoundary => (left == Side::Word) != (right == Side::Word),
            Assertion::NotWordBoundary => (left == Side::Word) == (right == Side::Word),
        })
    };
    let text = |sides: &[Side], before: bool| {
        if sides.len() == SIDES.len() {
            return Re::anything();
        }
        let chars = sides.iter().fold(CharSet::none(), |all, side| {
            all.union(&match side {
                Side::Edge => CharSet::none(),
                Side::Newline => CharSet::single('\n'),
                Side::Word => CharSet::word(),
                Side::Other => CharSet::word().union(&CharSet::single('\n')).negated(),
            })
        });
        let one = Re::set(chars);
        let near = if before { Re::concat([Re::anything(), one]) } else { Re::concat([one, Re::anything()]) };
        if sides.contains(&Side::Edge) { Re::repeat(near, 0, Some(1)) } else { near }
    };
    // Left sides that allow the same on the right belong together.
    let mut groups: Vec<(Vec<Side>, Vec<Side>)> = Vec::new();
    for left in SIDES {
        let rights: Vec<Side> = SIDES.into_iter().filter(|right| holds(left, *right)).collect();
        match groups.iter_mut().find(|(_, r)| *r == rights) {
            Some((lefts, _)) => lefts.push(left),
            None => groups.push((vec![left], rights)),
        }
    }
    groups.retain(|(_, rights)| !rights.is_empty());
    if groups.is_empty() {
        return Settled::Never;
    }
    Settled::Done(Re::alt(groups.iter().map(|(lefts, rights)| Re::concat([text(lefts, true), text(rights, false)]))))
}

/// Whether all of `set` lies in `by` (true), none of it (false), or it is mixed.
fn decide(set: &CharSet, by: &CharSet) -> Option<bool> {
    if set.within(by) {
        Some(true)
    } else if set.intersection(by).is_none() {
        Some(false)
    } else {
        None
    }
}

/// Where the item may be empty: the sequence without it, and with it not empty.
fn without_empty(items: &[Step], at: usize) -> Result<Option<Vec<Vec<Step>>>, RegexError> {
    let Step::Re(re) = &items[at] else { return Ok(None) };
    if !re.is_nullable() {
        return Ok(None);
    }
    let mut without = items.to_vec();
    without.remove(at);
    let mut with = items.to_vec();
    with.splice(at..=at, not_empty(re)?.into_iter().map(Step::Re));
    Ok(Some(vec![with, without]))
}

/// The words of `re` other than the empty one, as a sequence whose pieces are not all nullable.
fn not_empty(re: &Re) -> Result<Vec<Re>, RegexError> {
    match re {
        Re::Repeat(inner, 0, max) if !inner.is_nullable() => Ok(vec![Re::repeat((**inner).clone(), 1, *max)]),
        Re::Alt(items) => {
            let mut full = Vec::new();
            for item in items.iter().filter(|i| **i != Re::empty()) {
                full.push(if item.is_nullable() { Re::concat(not_empty(item)?) } else { item.clone() });
            }
            Ok(vec![Re::alt(full)])
        }
        re if !re.is_nullable() => Ok(vec![re.clone()]),
        _ => Err(RegexError {
            kind: RegexErrorKind::Syntax,
            message: "an anchor or word boundary stands beside something that may be empty in too many ways".into(),
            at: 1,
        }),
    }
}

/// Splits the character of item `at` that an assertion looks at into those in `by` and the others.
fn split_by(items: &[Step], at: usize, by: &CharSet) -> Result<Vec<Vec<Step>>, RegexError> {
    let Step::Re(re) = &items[at] else { return Ok(vec![]) };
    let first = items.get(at.wrapping_sub(1)).is_some_and(|i| matches!(i, Step::Assert(_)));
    let parts: Vec<Vec<Re>> = match re {
        Re::Set(set) => vec![vec![Re::set(set.intersection(by))], vec![Re::set(set.minus(by))]],
        Re::Alt(alternatives) => alternatives.iter().map(|a| vec![a.clone()]).collect(),
        Re::Concat(pieces) => vec![pieces.clone()],
        // x{1,} seen from its start is x·x{0,}; from its end x{0,}·x.
        Re::Repeat(inner, min, max) if *min > 0 => {
            let rest = Re::repeat((**inner).clone(), min - 1, max.map(|m| m - 1));
            vec![if first { vec![(**inner).clone(), rest] } else { vec![rest, (**inner).clone()] }]
        }
        _ => {
            return Err(RegexError {
                kind: RegexErrorKind::Syntax,
                message: "a word boundary or line anchor stands beside text that may or may not fit it; write the cases out".into(),
                at: 1,
            });
        }
    };
    Ok(parts
        .into_iter()
        .map(|part| {
            let mut sequence = items.to_vec();
            sequence.splice(at..=at, part.into_iter().map(Step::Re));
            sequence
        })
        .collect())
}

/// The characters a non-empty expression may begin with.
fn first_set(re: &Re) -> CharSet {
    edge_set(re, true)
}

/// The characters a non-empty expression may end with.
fn last_set(re: &Re) -> CharSet {
    edge_set(re, false)
}

fn edge_set(re: &Re, first: bool) -> CharSet {
    match re {
        Re::Lit(t) => if first { t.chars().next() } else { t.chars().last() }.map_or_else(CharSet::none, CharSet::single),
        Re::Set(s) => s.clone(),
        Re::Alt(items) => items.iter().fold(CharSet::none(), |all, i| all.union(&edge_set(i, first))),
        Re::Repeat(item, ..) => edge_set(item, first),
        Re::Concat(items) => {
            let mut all = CharSet::none();
            let mut next = |i: &Re| {
                all = all.union(&edge_set(i, first));
                !i.is_nullable()
            };
            if first {
                items.iter().any(&mut next);
            } else {
                items.iter().rev().any(&mut next);
            }
            all
        }
    }
}

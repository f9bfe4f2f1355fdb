//! Expressions carried out on documents in process: thousands of rules at once on one document after the other.
//!
//! [`Matcher::new`] compiles expressions; [`Matcher::matches`] reads a JSON document and says which of them hold, with
//! just the meaning that [`sigmalert_query`] gives them: in Sigma's meaning for what the front end made, in index meaning for
//! what [`sigmalert_query::lower`] made for a schema.
//!
//! Every test that occurs in any rule is a predicate, carried out once a document at most. What a value satisfies is found
//! by looking it up, not by trying: whole values in a table, pieces of text by windows of them that few texts have. A rule is
//! looked at only when a predicate held that it cannot hold without; so the cost follows what documents contain, not how
//! many rules there are.
//!
//! ```
//! use sigmalert_matcher::{Matcher, Scratch};
//! use sigmalert_query::{Case, Expr, Pattern, Test};
//!
//! let whoami = Expr::test("Image", Test::Pattern(Pattern::literal("\\whoami.exe", Case::Insensitive).open_start()));
//! let matcher = Matcher::new([&whoami], None);
//! let mut scratch = Scratch::default();
//! assert_eq!(matcher.matches(br#"{"Image": "C:\\Windows\\WHOAMI.EXE"}"#, &mut scratch)?, [0]);
//! # Ok::<(), sigmalert_matcher::DocumentError>(())
//! ```

mod anywhere;
#[cfg(feature = "events")]
pub mod events;
mod fields;
mod index;
mod json;
mod literals;
mod pick;
mod predicate;
mod why;

pub use json::DocumentError;
pub use pick::Picker;
pub use why::{Reason, Verdict};

use anywhere::AnywhereCheck;
use fields::Fields;
use index::{Builder, Coverage, FieldIndex, Hit};
use json::{Reader, Sink, ValueType};
use predicate::{Check, Representation, Value};
use rustc_hash::{FxHashMap, FxHashSet};
use sigmalert_query::{Expr, FieldName, Schema, Test};

/// Expressions, compiled. It can be shared by threads; each has a [`Scratch`] of its own.
#[derive(Debug)]
pub struct Matcher {
    fields: Fields,
    predicates: Vec<Predicate>,
    /// By field; the last is for tests on all values.
    indices: Vec<FieldIndex>,
    rules: Vec<Node>,
    /// Rules that no predicate leads to.
    always: Vec<u32>,
    /// The predicates by what they ask.
    known: PredicateIds,
}

type PredicateIds = FxHashMap<(Option<FieldName>, Test), Vec<u32>>;

/// One test on one field.
#[derive(Debug)]
struct Predicate {
    /// The field, or the number of fields for tests on all values.
    field: u32,
    held: Representation,
    check: Check,
    found: Coverage,
    /// The rules that cannot hold without it, and hold perhaps with it.
    leads_to: Vec<u32>,
}

/// An expression over predicates.
#[derive(Debug, Clone)]
enum Node {
    Const(bool),
    Predicate(u32),
    Not(Box<Node>),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    AtLeast(u32, Box<[Node]>),
}

/// What is known of a predicate in the document at hand.
const HOLDS: u32 = 1;
const FAILS: u32 = 2;
/// It may hold: it has to be tried.
const OPEN: u32 = 3;

/// What one thread needs to match documents, used again for each.
#[derive(Debug, Default)]
pub struct Scratch {
    /// The document's number, so that nothing needs to be cleared.
    now: u32,
    /// For each predicate the document it was seen in, and what is known: `now << 2 | state`.
    states: Vec<u32>,
    /// For each rule the document it was last a candidate in.
    candidates: Vec<u32>,
    queue: Vec<u32>,
    found: Vec<usize>,
    values: Values,
    buffer: Vec<u8>,
}

/// The values of a document.
#[derive(Debug, Default)]
struct Values {
    now: u32,
    /// The first value of each field: the document and the place.
    heads: Vec<(u32, u32)>,
    list: Vec<Stored>,
    text: Vec<u8>,
    folded: Vec<u8>,
    /// The fields of values that were stored for tests on all.
    names: Vec<u8>,
    /// A field whose key stood twice.
    repeated: Option<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Stored {
    shape: ValueType,
    next: u32,
    text: (u32, u32),
    folded: (u32, u32),
    name: (u32, u32),
}

const NONE: u32 = u32::MAX;

impl Values {
    fn of(&self, field: u32) -> ValuesOf<'_> {
        let next = match self.heads.get(field as usize) {
            Some((now, at)) if *now == self.now => *at,
            _ => NONE,
        };
        ValuesOf { values: self, next }
    }

    fn get(&self, s: Stored) -> Value<'_> {
        Value {
            shape: s.shape,
            text: &self.text[s.text.0 as usize..s.text.1 as usize],
            folded: &self.folded[s.folded.0 as usize..s.folded.1 as usize],
            name: &self.names[s.name.0 as usize..s.name.1 as usize],
        }
    }
}

struct ValuesOf<'v> {
    values: &'v Values,
    next: u32,
}

impl<'v> Iterator for ValuesOf<'v> {
    type Item = Value<'v>;

    fn next(&mut self) -> Option<Value<'v>> {
        let stored = *self.values.list.get(self.next as usize)?;
        self.next = stored.next;
        Some(self.values.get(stored))
    }
}

/// Looks a document's values up while it is read.
struct Lookup<'m, 's> {
    matcher: &'m Matcher,
    values: &'s mut Values,
    states: &'s mut [u32],
    candidates: &'s mut [u32],
    queue: &'s mut Vec<u32>,
    now: u32,
}

impl Lookup<'_, '_> {
    fn store(&mut self, field: u32, shape: ValueType, text: &[u8], name: &[u8]) -> (u32, u32) {
        let v = &mut *self.values;
        let place = |len: usize| u32::try_from(len).unwrap_or(NONE);
        let (start, folded) = (place(v.text.len()), place(v.folded.len()));
        v.text.extend_from_slice(text);
        predicate::fold(text, &mut v.folded);
        let span = (folded, place(v.folded.len()));
        let head = &mut v.heads[field as usize];
        let next = if head.0 == self.now { head.1 } else { NONE };
        *head = (self.now, place(v.list.len()));
        let named = place(v.names.len());
        v.names.extend_from_slice(name);
        v.list.push(Stored { shape, next, text: (start, place(v.text.len())), folded: span, name: (named, place(v.names.len())) });
        span
    }

    /// Takes what an index says.
    fn look_up(&mut self, field: u32, shape: ValueType, span: (u32, u32)) {
        let index = &self.matcher.indices[field as usize];
        let now = self.now;
        let (predicates, states, candidates, queue) =
            (&self.matcher.predicates, &mut *self.states, &mut *self.candidates, &mut *self.queue);
        let mut tell = |predicate: u32, says: Hit| {
            let state = &mut states[predicate as usize];
            let known = *state >> 2 == now;
            if known && (*state & 3 == HOLDS || says == Hit::Candidate) {
                return;
            }
            *state = now << 2 | if says == Hit::Definite { HOLDS } else { OPEN };
            if !known {
                for rule in &predicates[predicate as usize].leads_to {
                    let seen = &mut candidates[*rule as usize];
                    if *seen != now {
                        *seen = now;
                        queue.push(*rule);
                    }
                }
            }
        };
        index.exists(&mut tell);
        if shape == ValueType::Object {
            return;
        }
        let folded = &self.values.folded[span.0 as usize..span.1 as usize];
        if index.wants_text() {
            index.text(folded, &mut tell);
        }
        if index.wants_numbers()
            && folded.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-')
            && let Ok(text) = std::str::from_utf8(folded)
        {
            // Whole numbers without leading zeros are in the one form already.
            if text.len() < 19 && text.as_bytes()[0] != b'0' && text.bytes().all(|b| b.is_ascii_digit()) {
                index.number(text, &mut tell);
            } else if let Some(n) = sigmalert_query::Number::parse(text) {
                index.number(&n.to_string(), &mut tell);
            }
        }
    }
}

impl Sink for Lookup<'_, '_> {
    fn value(&mut self, field: u32, shape: ValueType, text: &[u8], listed: bool) {
        if !listed && self.values.heads[field as usize].0 == self.now {
            self.values.repeated.get_or_insert(field);
        }
        let span = self.store(field, shape, text, b"");
        self.look_up(field, shape, span);
    }

    fn any(&mut self, shape: ValueType, text: &[u8], path: &[u8]) {
        let all = u32::try_from(self.matcher.fields.len()).unwrap_or(NONE);
        let span = self.store(all, shape, text, path);
        self.look_up(all, shape, span);
    }
}

impl Matcher {
    /// Compiles expressions. With a schema they are in index meaning for it, without one in Sigma's.
    pub fn new<'e>(rules: impl IntoIterator<Item = &'e Expr>, schema: Option<&Schema>) -> Self {
        Self::with_schemas(rules.into_iter().map(|r| (r, schema)))
    }

    /// The same for expressions that are each in the meaning of a schema of its own.
    pub fn with_schemas<'e>(rules: impl IntoIterator<Item = (&'e Expr, Option<&'e Schema>)>) -> Self {
        Compiler::new().finish(rules.into_iter().collect())
    }

    /// How many expressions there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The places of the expressions that hold for a JSON document, in order.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn matches<'s>(&self, document: &[u8], scratch: &'s mut Scratch) -> Result<&'s [usize], DocumentError> {
        self.read(document, scratch)?;
        let Scratch { states, queue, found, values, .. } = scratch;
        let mut run = Run { matcher: self, states, values };
        found.clear();
        for rule in self.always.iter().chain(queue.iter()) {
            if run.holds(&self.rules[*rule as usize]) {
                found.push(*rule as usize);
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// A field of the document read last whose key stood twice: its values count together.
    pub fn repeated_key(&self, scratch: &Scratch) -> Option<&str> {
        scratch.values.repeated.map(|f| self.fields.name(f))
    }

    /// The predicate of a test.
    fn known(&self, field: Option<&str>, test: &Test) -> Option<u32> {
        self.known.get(&(field.map(Into::into), test.clone()))?.first().copied()
    }

    /// Reads a document: values, and what the indices say of them.
    fn read(&self, document: &[u8], scratch: &mut Scratch) -> Result<(), DocumentError> {
        if scratch.states.len() != self.predicates.len() || scratch.candidates.len() != self.rules.len() || scratch.now >= u32::MAX >> 3 {
            scratch.states = vec![0; self.predicates.len()];
            scratch.candidates = vec![0; self.rules.len()];
            scratch.values.heads = vec![(0, NONE); self.fields.len() + 1];
            scratch.now = 0;
        }
        if document.len() >= NONE as usize / 4 {
            return Err(DocumentError { message: "the document has more than a gigabyte", at: 0 });
        }
        if !document.is_ascii()
            && let Err(e) = std::str::from_utf8(document)
        {
            return Err(DocumentError { message: "the document is not UTF-8", at: e.valid_up_to() });
        }
        scratch.now += 1;
        scratch.queue.clear();
        let values = &mut scratch.values;
        values.now = scratch.now;
        values.list.clear();
        values.text.clear();
        values.folded.clear();
        values.names.clear();
        values.repeated = None;
        let mut lookup = Lookup {
            matcher: self,
            values,
            states: &mut scratch.states,
            candidates: &mut scratch.candidates,
            queue: &mut scratch.queue,
            now: scratch.now,
        };
        Reader::read(document, &self.fields, &mut scratch.buffer, &mut lookup)
    }
}

/// The rules on a document that was read.
struct Run<'m, 's> {
    matcher: &'m Matcher,
    states: &'s mut [u32],
    values: &'s Values,
}

impl Run<'_, '_> {
    fn holds(&mut self, node: &Node) -> bool {
        match node {
            Node::Const(b) => *b,
            Node::Predicate(p) => self.predicate(*p),
            Node::Not(inner) => !self.holds(inner),
            Node::And(items) => items.iter().all(|i| self.holds(i)),
            Node::Or(items) => items.iter().any(|i| self.holds(i)),
            Node::AtLeast(n, items) => {
                let mut left = *n;
                left == 0
                    || items.iter().any(|i| {
                        left -= u32::from(self.holds(i));
                        left == 0
                    })
            }
        }
    }

    fn predicate(&mut self, at: u32) -> bool {
        let state = self.states[at as usize];
        let predicate = &self.matcher.predicates[at as usize];
        let known = state >> 2 == self.values.now;
        match (known, state & 3) {
            (true, HOLDS) => return true,
            (true, FAILS) => return false,
            (true, _) => {}
            (false, _) if predicate.found != Coverage::None => return false,
            (false, _) => {}
        }
        let holds = match &predicate.check {
            Check::Anywhere(a) => a.holds(self.values.of(predicate.field)),
            _ => self.values.of(predicate.field).any(|v| self.passes(predicate, v)),
        };
        self.states[at as usize] = self.values.now << 2 | if holds { HOLDS } else { FAILS };
        holds
    }

    fn passes(&self, predicate: &Predicate, v: Value<'_>) -> bool {
        let other = match predicate.check {
            Check::Field { other, .. } => other,
            _ => NONE,
        };
        predicate.check.holds(v, &predicate.held, self.values.of(other))
    }
}

/// Makes a [`Matcher`].
#[derive(Default)]
struct Compiler {
    fields: Fields,
    predicates: Vec<Predicate>,
    known: PredicateIds,
    /// How rarely a predicate is thought to hold, and by how many rules it is asked for.
    costs: Vec<f64>,
    uses: Vec<u32>,
    builders: Vec<Builder>,
    all: Builder,
}

impl Compiler {
    fn new() -> Self {
        Self { fields: Fields::new(), ..Self::default() }
    }

    fn finish(mut self, rules: Vec<(&Expr, Option<&Schema>)>) -> Matcher {
        let nodes: Vec<Node> = rules.into_iter().map(|(r, schema)| self.node(r, schema)).collect();
        for node in &nodes {
            let mut seen = FxHashSet::default();
            each(node, &mut |p| {
                if seen.insert(p) {
                    self.uses[p as usize] += 1;
                }
            });
        }
        let mut always = Vec::new();
        for (i, node) in nodes.iter().enumerate() {
            let rule = u32::try_from(i).unwrap_or(NONE);
            match self.needs(node) {
                _ if node.is_never() => {}
                Some((_, predicates)) => predicates.into_iter().for_each(|p| self.predicates[p as usize].leads_to.push(rule)),
                None => always.push(rule),
            }
        }
        let mut builders = std::mem::take(&mut self.builders);
        builders.resize_with(self.fields.len(), Builder::default);
        builders.push(std::mem::take(&mut self.all));
        let all = u32::try_from(self.fields.len()).unwrap_or(NONE);
        for p in &mut self.predicates {
            // The number of all values was not known before.
            if p.field == NONE {
                p.field = all;
            }
        }
        let mut indices = Vec::with_capacity(builders.len());
        for builder in builders {
            let (index, dropped) = builder.finish(|p| !self.predicates[p as usize].leads_to.is_empty());
            for p in dropped {
                self.predicates[p as usize].found = Coverage::None;
            }
            indices.push(index);
        }
        let rules = nodes.into_iter().map(|n| self.ordered(n)).collect();
        Matcher { fields: self.fields, predicates: self.predicates, indices, rules, always, known: self.known }
    }

    fn node(&mut self, e: &Expr, schema: Option<&Schema>) -> Node {
        let mut all = |items: &[Expr]| items.iter().map(|i| self.node(i, schema)).collect::<Box<[Node]>>();
        match e {
            Expr::Const(b) => Node::Const(*b),
            Expr::And(items) => Node::And(all(items)),
            Expr::Or(items) => Node::Or(all(items)),
            Expr::AtLeast(n, items) => Node::AtLeast(*n, all(items)),
            Expr::Not(item) => Node::Not(Box::new(self.node(item, schema))),
            Expr::Test(field, test) => Node::Predicate(self.predicate(field.as_ref(), test, schema)),
        }
    }

    fn predicate(&mut self, field: Option<&FieldName>, test: &Test, schema: Option<&Schema>) -> u32 {
        let held = schema.map_or(Representation::Whole, |s| (&s.field_or_keyword(field.map(|f| &**f)).kind).into());
        // What is searched in all fields means something else for each schema.
        let mut known = self.known.get(&(field.cloned(), test.clone())).into_iter().flatten();
        if !matches!(test, Test::Anywhere(_))
            && let Some(p) = known.find(|p| self.predicates[**p as usize].held == held)
        {
            return *p;
        }
        let id = u32::try_from(self.predicates.len()).unwrap_or(NONE);
        let fields = &mut self.fields;
        let number = match field {
            Some(f) => fields.intern(f),
            None => {
                fields.want_all();
                if matches!(test, Test::Anywhere(_)) {
                    fields.want_names();
                }
                NONE
            }
        };
        let check = match test {
            Test::Anywhere(a) => Check::Anywhere(Box::new(AnywhereCheck::new(a, schema))),
            test => Check::new(test, &held, &mut |other| fields.intern(other)),
        };
        if self.builders.len() < self.fields.len() {
            self.builders.resize_with(self.fields.len(), Builder::default);
        }
        let builder = match number {
            NONE => &mut self.all,
            n => &mut self.builders[n as usize],
        };
        // Times are compared by what they mean, not as text.
        let (found, cost) =
            if held == Representation::Time && *test != Test::Exists { (Coverage::None, f64::INFINITY) } else { builder.add(id, test) };
        self.known.entry((field.cloned(), test.clone())).or_default().push(id);
        self.predicates.push(Predicate { field: number, held, check, found, leads_to: Vec::new() });
        self.costs.push(cost);
        self.uses.push(0);
        id
    }

    /// The cheapest predicates of which one at least must hold for the whole to hold; nothing where there are none.
    fn needs(&self, node: &Node) -> Option<(f64, Vec<u32>)> {
        match node {
            Node::Const(_) | Node::Not(_) => None,
            Node::Predicate(p) => {
                let at = *p as usize;
                // What many rules ask for holds often, and leads to many.
                let cost = self.costs[at] * f64::from(self.uses[at]).max(1.0);
                (self.predicates[at].found != Coverage::None).then(|| (cost, vec![*p]))
            }
            Node::And(items) => items.iter().filter_map(|i| self.needs(i)).min_by(|a, b| a.0.total_cmp(&b.0)),
            Node::Or(items) => self.any_of(items),
            Node::AtLeast(n, items) if *n > 0 => self.any_of(items),
            Node::AtLeast(..) => None,
        }
    }

    fn any_of(&self, items: &[Node]) -> Option<(f64, Vec<u32>)> {
        let mut sum = 0.0;
        let mut out = Vec::new();
        for item in items {
            if item.is_never() {
                continue;
            }
            let (cost, predicates) = self.needs(item)?;
            sum += cost;
            out.extend(predicates);
        }
        out.sort_unstable();
        out.dedup();
        Some((sum, out))
    }

    /// The same with what costs nothing first: what the indices have answered already.
    fn ordered(&self, node: Node) -> Node {
        let sorted = |items: Box<[Node]>| {
            let mut items: Vec<Node> = items.into_vec().into_iter().map(|i| self.ordered(i)).collect();
            items.sort_by_key(|i| self.weight(i));
            items.into_boxed_slice()
        };
        match node {
            Node::And(items) => Node::And(sorted(items)),
            Node::Or(items) => Node::Or(sorted(items)),
            Node::AtLeast(n, items) => Node::AtLeast(n, sorted(items)),
            Node::Not(inner) => Node::Not(Box::new(self.ordered(*inner))),
            other => other,
        }
    }

    fn weight(&self, node: &Node) -> usize {
        match node {
            Node::Const(_) => 0,
            Node::Predicate(p) => match self.predicates[*p as usize].found {
                Coverage::Exact => 1,
                Coverage::Prefilter => 3,
                Coverage::None => 20,
            },
            Node::Not(inner) => self.weight(inner),
            Node::And(items) | Node::Or(items) | Node::AtLeast(_, items) => 1 + items.iter().map(|i| self.weight(i)).sum::<usize>(),
        }
    }
}

/// Calls `f` with every predicate.
fn each(node: &Node, f: &mut impl FnMut(u32)) {
    match node {
        Node::Const(_) => {}
        Node::Predicate(p) => f(*p),
        Node::Not(inner) => each(inner, f),
        Node::And(items) | Node::Or(items) | Node::AtLeast(_, items) => items.iter().for_each(|i| each(i, f)),
    }
}

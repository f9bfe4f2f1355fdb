//! A rule's expression on its way into the index.

use super::target::Target;
use super::{Entry, Layer, Mapping, Source, transform};
use rustc_hash::{FxHashMap, FxHashSet};
use sigmalert_query::{Expr, FieldName, FieldTest, Test, simplify};
use sigmalert_sigma::Logsource;
use std::collections::BTreeSet;

/// What a rule becomes in an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Which events of which logsource, and what the rule asks of them.
    pub expr: Expr,
    /// The index pattern; several are divided by commas.
    pub index: String,
    /// The field that holds the time of an event.
    pub timestamp: String,
    /// What the user should know.
    pub notes: BTreeSet<Note>,
}

/// Something that could not be carried over as it was.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// The Sigma field; empty when it is about the logsource.
    pub field: String,
    /// With a message that says what is wrong.
    pub message: String,
}

/// Kinds of [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteKind {
    /// The mapping has no place for the logsource.
    Logsource,
    /// The schema has no place for the field.
    NoPlace,
    /// The stored values cannot be compared as the rule asks.
    Unlike,
}

/// Where the schema has a Sigma field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldLocation {
    /// The mapping names it: these fields.
    Named(Vec<String>),
    /// The mapping says where fields of the logsource go that it does not name: here.
    Default(String),
    /// No event has it; why.
    Nowhere(Option<String>),
    /// The schema has no events of the logsource; why.
    NoEvents(String),
    /// The mapping says nothing of it.
    Unknown,
}

/// The statements that hold for one rule, the most specific first.
struct Layers<'m> {
    mapping: &'m Mapping,
    stack: Vec<&'m Layer>,
    absent: Option<&'m FxHashSet<String>>,
    names: FxHashMap<FieldName, Lookup<'m>>,
    notes: BTreeSet<Note>,
}

/// Where a Sigma field was found.
#[derive(Clone)]
enum Lookup<'m> {
    Target(&'m Target),
    /// The default template gave this name.
    Default(FieldName),
    Absent,
}

impl Mapping {
    /// Maps a rule's expression.
    pub fn apply(&self, logsource: &Logsource, expr: &Expr) -> Applied {
        let entries = self.entries(logsource);
        let mut notes = BTreeSet::new();
        let (selecting, most) = selecting(&entries);
        match (unsupported(&entries, most), most) {
            (Some(reason), _) => {
                notes.insert(Note {
                    kind: NoteKind::Logsource,
                    field: String::new(),
                    message: format!("{} does not support {logsource}: {reason}", self.name),
                });
            }
            (None, None) => {
                notes.insert(Note {
                    kind: NoteKind::Logsource,
                    field: String::new(),
                    message: format!(
                        "{} does not say which events are {logsource}: the query matches events of any kind in the index",
                        self.name
                    ),
                });
            }
            _ => {}
        }
        let base: Vec<&Layer> = entries.iter().map(|e| &e.layer).chain([&self.top]).collect();
        let conditions: Vec<Expr> = selecting.iter().filter_map(|e| e.condition.clone()).collect();
        let sources: Vec<&Source> = selecting.iter().flat_map(|e| &e.sources).collect();
        let body = if sources.is_empty() {
            let mut layers = Layers::new(self, base);
            let mapped = layers.expr(expr);
            notes.extend(layers.notes);
            mapped
        } else {
            self.over_sources(&sources, &base, expr, &mut notes)
        };
        let expr = simplify(Expr::And(conditions.into_iter().chain([body]).collect()));
        let first = |f: fn(&Entry) -> Option<&String>| entries.iter().find_map(|e| f(e)).cloned();
        Applied {
            expr,
            index: first(|e| e.index.as_ref()).unwrap_or_else(|| self.index.clone()),
            timestamp: first(|e| e.timestamp.as_ref()).unwrap_or_else(|| self.timestamp.clone()),
            notes,
        }
    }

    /// The index fields that stand for a Sigma field, for each kind of events that serves the logsource. Where the
    /// schema has no place for it, the name that a query would use, and a note.
    pub fn fields(&self, logsource: &Logsource, field: &str) -> (Vec<Vec<String>>, Option<Note>) {
        let entries = self.entries(logsource);
        let base: Vec<&Layer> = entries.iter().map(|e| &e.layer).chain([&self.top]).collect();
        let sources: Vec<&Source> = selecting(&entries).0.into_iter().flat_map(|e| &e.sources).collect();
        let stacks: Vec<(Vec<&Layer>, bool)> = if sources.is_empty() {
            vec![(base, false)]
        } else {
            sources.iter().map(|s| (std::iter::once(&s.layer).chain(base.iter().copied()).collect(), s.absent.contains(field))).collect()
        };
        let (mut out, mut lacking): (Vec<Vec<String>>, Option<Note>) = (Vec::new(), None);
        for (stack, absent) in stacks {
            let mut layers = Layers::new(self, stack);
            let names = match layers.find(&field.into()) {
                _ if absent => continue,
                Lookup::Target(Target::None(_)) | Lookup::Absent => {
                    let name = layers.default_name(field).to_string();
                    let message = format!("no event has it; the rule says {name}");
                    lacking = Some(Note { kind: NoteKind::NoPlace, field: field.to_owned(), message });
                    continue;
                }
                Lookup::Target(t) => t.fields().iter().map(ToString::to_string).collect(),
                Lookup::Default(name) => vec![name.to_string()],
            };
            if !out.contains(&names) {
                out.push(names);
            }
        }
        match (out.is_empty(), lacking) {
            (false, _) => (out, None),
            (true, Some(note)) => {
                let name = Layers::new(self, entries.iter().map(|e| &e.layer).chain([&self.top]).collect()).default_name(field).to_string();
                (vec![vec![name]], Some(note))
            }
            (true, None) => (vec![vec![field.to_owned()]], None),
        }
    }

    /// What the mapping says of a Sigma field. Of several kinds of events that serve the logsource, the one that has it
    /// counts.
    pub fn place(&self, logsource: &Logsource, field: &str) -> FieldLocation {
        let entries = self.entries(logsource);
        let (selecting, most) = selecting(&entries);
        if let Some(reason) = unsupported(&entries, most) {
            return FieldLocation::NoEvents(reason.clone());
        }
        let base: Vec<&Layer> = entries.iter().map(|e| &e.layer).collect();
        let sources: Vec<&Source> = selecting.into_iter().flat_map(|e| &e.sources).filter(|s| !s.absent.contains(field)).collect();
        let mut stacks: Vec<Vec<&Layer>> =
            sources.iter().map(|s| std::iter::once(&s.layer).chain(base.iter().copied()).collect()).collect();
        if stacks.is_empty() {
            stacks.push(base);
        }
        let mut place = FieldLocation::Unknown;
        for stack in stacks {
            let named = stack.iter().copied().chain([&self.top]).find_map(|l| l.fields.get(field));
            match named {
                Some(Target::None(reason)) if place == FieldLocation::Unknown => place = FieldLocation::Nowhere(reason.clone()),
                Some(Target::None(_)) => {}
                Some(t) => return FieldLocation::Named(t.fields().iter().map(ToString::to_string).collect()),
                None if stack.iter().any(|l| l.default.is_some()) => {
                    place = FieldLocation::Default(Layers::new(self, stack).default_name(field).to_string());
                }
                None => {}
            }
        }
        place
    }

    /// The entries that are about a logsource, the most specific first.
    fn entries(&self, logsource: &Logsource) -> Vec<&Entry> {
        let named = |mine: &Option<String>, theirs: &Option<String>| mine.is_none() || mine == theirs;
        let mut entries: Vec<&Entry> = self
            .logsources
            .iter()
            .filter(|e| {
                named(&e.when.service, &logsource.service)
                    && named(&e.when.category, &logsource.category)
                    && named(&e.when.product, &logsource.product)
            })
            .collect();
        // Of two that name as much, the service says more than the category, the category more than the product.
        entries.sort_by_key(|e| std::cmp::Reverse((e.specificity(), e.when.service.is_some(), e.when.category.is_some())));
        entries
    }

    /// Alternatives: for each kind of events its condition and the rule in its fields. Kinds for which the rule
    /// comes out the same share it; kinds that can never match are left out.
    fn over_sources(&self, sources: &[&Source], base: &[&Layer], expr: &Expr, notes: &mut BTreeSet<Note>) -> Expr {
        let mut groups: Vec<Group> = Vec::new();
        for source in sources {
            let layers = |reduced: bool| {
                let mut l = Layers::new(self, std::iter::once(&source.layer).chain(base.iter().copied()).collect());
                l.absent = Some(&source.absent).filter(|_| reduced);
                l
            };
            let mut reduced = layers(true);
            let small = simplify(reduced.expr(expr));
            if small == Expr::FALSE {
                continue;
            }
            let whole = if reduced.names.values().any(|f| matches!(f, Lookup::Absent)) {
                let mut full = layers(false);
                let whole = simplify(full.expr(expr));
                notes.extend(full.notes);
                Some(whole)
            } else {
                notes.extend(reduced.notes);
                None
            };
            match groups.iter_mut().find(|g| g.whole() == whole.as_ref().unwrap_or(&small)) {
                Some(g) => g.conditions.push(source.condition.clone()),
                None => groups.push(Group { small, whole, conditions: vec![source.condition.clone()] }),
            }
        }
        Expr::any(
            groups
                .into_iter()
                .map(|g| {
                    // Alone, a kind of events needs only what its events can have.
                    let body = match g.whole {
                        Some(whole) if g.conditions.len() > 1 => whole,
                        _ => g.small,
                    };
                    Expr::And(vec![Expr::any(g.conditions), body])
                })
                .collect(),
        )
    }
}

/// Kinds of events for which a rule comes out the same.
struct Group {
    /// The rule without what the first kind never has.
    small: Expr,
    /// The rule as it is, where that differs.
    whole: Option<Expr>,
    conditions: Vec<Expr>,
}

impl Group {
    fn whole(&self) -> &Expr {
        self.whole.as_ref().unwrap_or(&self.small)
    }
}

/// The most specific entries that say how to select the events, and how specific they are. Selector equally specific ones
/// all must hold.
fn selecting<'m>(entries: &[&'m Entry]) -> (Vec<&'m Entry>, Option<usize>) {
    let most = entries.iter().filter(|e| e.selects()).map(|e| e.specificity()).max();
    (entries.iter().copied().filter(|e| e.selects() && Some(e.specificity()) == most).collect(), most)
}

/// Why the schema has no events of a logsource, unless an entry that is more specific says how to select them.
fn unsupported<'m>(entries: &[&'m Entry], selecting: Option<usize>) -> Option<&'m String> {
    let entry = entries.iter().find(|e| e.unsupported.is_some())?;
    entry.unsupported.as_ref().filter(|_| selecting.is_none_or(|m| m <= entry.specificity()))
}

impl Entry {
    fn specificity(&self) -> usize {
        [&self.when.product, &self.when.category, &self.when.service].into_iter().flatten().count()
    }

    fn selects(&self) -> bool {
        self.condition.is_some() || !self.sources.is_empty()
    }
}

impl<'m> Layers<'m> {
    fn new(mapping: &'m Mapping, stack: Vec<&'m Layer>) -> Self {
        Self { mapping, stack, absent: None, names: FxHashMap::default(), notes: BTreeSet::new() }
    }

    fn find(&mut self, field: &FieldName) -> Lookup<'m> {
        if let Some(found) = self.names.get(field) {
            return found.clone();
        }
        let found = if self.absent.is_some_and(|a| a.contains(&**field)) {
            Lookup::Absent
        } else {
            match self.stack.iter().find_map(|l| l.fields.get(&**field)) {
                Some(t) => Lookup::Target(t),
                None => Lookup::Default(self.default_name(field)),
            }
        };
        self.names.insert(field.clone(), found.clone());
        found
    }

    fn default_name(&self, field: &str) -> FieldName {
        let template = self.stack.iter().find_map(|l| l.default.as_deref()).unwrap_or("{field}");
        let mut chars = field.chars();
        let lower_first: String = chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect();
        template.replace("{field:lower_first}", &lower_first).replace("{field}", field).into()
    }

    fn expr(&mut self, expr: &Expr) -> Expr {
        let mapped: Result<Expr, std::convert::Infallible> = expr.try_map_tests(&mut |field, test| Ok(self.test(field, test)));
        match mapped {
            Ok(e) => e,
            Err(never) => match never {},
        }
    }

    fn test(&mut self, field: Option<&FieldName>, test: &Test) -> Expr {
        let Some(field) = field else {
            let names = self.stack.iter().find_map(|l| l.keyword.as_deref());
            return match names {
                Some(names) => Expr::any(names.iter().map(|n| self.stored(n, test)).collect()),
                None => Expr::keyword(test.clone()),
            };
        };
        if let Test::Field(f) = test {
            return self.field_test(field, f);
        }
        let mapped = match self.find(field) {
            Lookup::Absent => return Expr::FALSE,
            Lookup::Default(name) => return self.stored(&name, test),
            Lookup::Target(Target::None(reason)) => {
                let name = self.default_name(field);
                self.note(
                    NoteKind::NoPlace,
                    field,
                    reason
                        .as_deref()
                        .map_or_else(|| format!("no event has it; the query says {name}"), |r| format!("{r}; the query says {name}")),
                );
                return self.stored(&name, test);
            }
            Lookup::Target(target) => match target.apply(test) {
                Ok(e) => e,
                Err(reason) => {
                    self.note(NoteKind::Unlike, field, reason);
                    Expr::any(target.fields().into_iter().take(1).map(|f| Expr::Test(Some(f), test.clone())).collect())
                }
            },
        };
        self.stored_all(mapped)
    }

    fn note(&mut self, kind: NoteKind, field: &str, message: String) {
        self.notes.insert(Note { kind, field: field.to_owned(), message });
    }

    /// Both fields of a comparison, each by its first name that holds whole values.
    fn field_test(&mut self, field: &FieldName, test: &FieldTest) -> Expr {
        let mut names = |f: &FieldName| -> Option<Vec<FieldName>> {
            match self.find(f) {
                Lookup::Absent => None,
                Lookup::Default(n) => Some(vec![n]),
                Lookup::Target(Target::Fields(n)) => Some(n.clone()),
                Lookup::Target(Target::None(_)) => {
                    let name = self.default_name(f);
                    self.note(NoteKind::NoPlace, f, format!("no event has it; the query says {name}"));
                    Some(vec![name])
                }
                Lookup::Target(t) => {
                    self.note(NoteKind::Unlike, f, "the index stores it in parts, so it cannot be compared with another field".into());
                    Some(t.fields().into_iter().take(1).collect())
                }
            }
        };
        let (Some(left), Some(right)) = (names(field), names(&test.other)) else { return Expr::FALSE };
        let mut out = Vec::new();
        for l in &left {
            for r in &right {
                out.push(Expr::Test(Some(l.clone()), Test::Field(FieldTest { other: r.clone(), ..test.clone() })));
            }
        }
        Expr::any(out)
    }

    /// The test as the field's values are encoded in the index.
    fn stored(&self, field: &FieldName, test: &Test) -> Expr {
        let test = if self.mapping.is_json_escaped(field) { transform::json_escaped(test) } else { test.clone() };
        Expr::Test(Some(field.clone()), test)
    }

    fn stored_all(&self, expr: Expr) -> Expr {
        if self.mapping.encodings.is_empty() {
            return expr;
        }
        match expr {
            Expr::Test(Some(f), t) => self.stored(&f, &t),
            Expr::And(items) => Expr::And(items.into_iter().map(|i| self.stored_all(i)).collect()),
            Expr::Or(items) => Expr::Or(items.into_iter().map(|i| self.stored_all(i)).collect()),
            Expr::Not(item) => Expr::Not(Box::new(self.stored_all(*item))),
            other => other,
        }
    }
}

impl Mapping {
    fn is_json_escaped(&self, field: &str) -> bool {
        self.encodings.iter().find(|(p, _)| sigmalert_query::schema::glob(p, field)).is_some_and(|(_, json)| *json)
    }
}

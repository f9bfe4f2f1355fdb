//! A search in all fields, each compared as its type does it.

use super::predicate::{Check, Representation, Value};
use sigmalert_query::typed::FieldSearch;
use sigmalert_query::{Anywhere, FieldInfo, Schema, Test};
use std::collections::HashMap;

/// See the module.
#[derive(Debug)]
pub(super) struct AnywhereCheck {
    search: Anywhere,
    schema: Schema,
    /// What it means on fields of each type, and on those of which nothing is known.
    by_type: Vec<(Option<FieldInfo>, Vec<Alternative>)>,
}

/// Tests of which one must hold, or all.
#[derive(Debug)]
struct Alternative {
    checks: Vec<(Check, Representation)>,
    all: bool,
}

impl AnywhereCheck {
    /// For a schema; without one every field is text and keyword.
    pub fn new(search: &Anywhere, schema: Option<&Schema>) -> Self {
        let schema = schema.cloned().unwrap_or_default();
        let infos: Vec<Option<FieldInfo>> = schema.infos().into_iter().cloned().map(Some).chain([None]).collect();
        let by_type = infos
            .into_iter()
            .map(|info| {
                // What cannot be said was refused when the query was read.
                let meanings = search.on(&schema, info.as_ref()).unwrap_or_default();
                let alternatives = meanings.into_iter().map(|m| Alternative::new(m, info.as_ref(), &schema, search.all_words)).collect();
                (info, alternatives)
            })
            .collect();
        Self { search: search.clone(), schema, by_type }
    }

    /// Whether it holds for the values of a document.
    pub fn holds<'v>(&self, values: impl Iterator<Item = Value<'v>>) -> bool {
        // Words that must all be there may be in several values of one field.
        let mut seen: HashMap<(&[u8], usize, usize), u64> = HashMap::new();
        for v in values {
            let Ok(name) = std::str::from_utf8(v.name) else { continue };
            let form = format!("{name}.keyword");
            // The index may hold the value once more, whole.
            let form = self.schema.declared(&form).map(|info| (form.as_str(), Some(info)));
            for (name, info) in std::iter::once((name, self.schema.declared(name))).chain(form) {
                if !self.search.is_about(name) {
                    continue;
                }
                let Some(at) = self.by_type.iter().position(|(i, _)| i.as_ref() == info) else { continue };
                for (n, alternative) in self.by_type[at].1.iter().enumerate() {
                    let holds = |(check, held): &(Check, Representation)| check.holds(v, held, std::iter::empty());
                    if !alternative.all {
                        if alternative.checks.iter().any(holds) {
                            return true;
                        }
                        continue;
                    }
                    let mask = seen.entry((v.name, at, n)).or_default();
                    for (i, check) in alternative.checks.iter().enumerate() {
                        *mask |= u64::from(holds(check)) << i.min(63);
                    }
                    if mask.count_ones() as usize == alternative.checks.len() {
                        return true;
                    }
                }
            }
        }
        false
    }
}

impl Alternative {
    fn new(meaning: FieldSearch, info: Option<&FieldInfo>, schema: &Schema, all_words: bool) -> Self {
        let (tests, all) = match meaning {
            FieldSearch::Nothing | FieldSearch::Never => (Vec::new(), false),
            FieldSearch::One(t) => (vec![t], false),
            FieldSearch::Words(words) => (words, all_words),
        };
        let check = |test: &Test| {
            // On a field of which nothing is known, words are those of the text and values those of the keyword.
            let kind = match test {
                Test::Phrase(_) | Test::Token(_) => &info.unwrap_or_else(|| schema.field_or_keyword(None)).kind,
                _ => &info.unwrap_or_else(|| schema.default_info()).kind,
            };
            let held = kind.into();
            (Check::new(test, &held, &mut |_| u32::MAX), held)
        };
        Self { checks: tests.iter().map(check).collect(), all }
    }
}

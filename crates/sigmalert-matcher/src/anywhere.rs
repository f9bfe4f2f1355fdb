//! A search in all fields, each compared according to its type.

use super::predicate::{Check, Storage, Value};
use sigmalert_query::typed::FieldSearch;
use sigmalert_query::{Anywhere, FieldInfo, Schema, Test};
use std::collections::HashMap;

/// A search in all fields, prepared for evaluation.
#[derive(Debug)]
pub(super) struct AnywhereCheck {
    search: Anywhere,
    schema: Schema,
    /// Its tests for each field type, and for undeclared fields.
    by_type: Vec<(Option<FieldInfo>, Vec<Alternative>)>,
}

/// Tests of which one or all must hold.
#[derive(Debug)]
struct Alternative {
    checks: Vec<(Check, Storage)>,
    all: bool,
}

impl AnywhereCheck {
    /// Prepares a search for a schema. Without one every field is text with a keyword.
    pub fn new(search: &Anywhere, schema: Option<&Schema>) -> Self {
        let schema = schema.cloned().unwrap_or_default();
        let infos: Vec<Option<FieldInfo>> = schema.infos().into_iter().cloned().map(Some).chain([None]).collect();
        let by_type = infos
            .into_iter()
            .map(|info| {
                // A search that cannot be evaluated was rejected when the query was parsed.
                let searches = search.on(&schema, info.as_ref()).unwrap_or_default();
                let alternatives = searches.into_iter().map(|m| Alternative::new(m, info.as_ref(), &schema, search.all_words)).collect();
                (info, alternatives)
            })
            .collect();
        Self { search: search.clone(), schema, by_type }
    }

    /// Returns whether the values of a document satisfy the search.
    pub fn holds<'v>(&self, values: impl Iterator<Item = Value<'v>>) -> bool {
        // Words that must all occur may be spread over several values of one field.
        let mut seen: HashMap<(&[u8], usize, usize), u64> = HashMap::new();
        for v in values {
            let Ok(name) = std::str::from_utf8(v.name) else { continue };
            let form = format!("{name}.keyword");
            // The index may store the value a second time, as a keyword.
            let form = self.schema.declared(&form).map(|info| (form.as_str(), Some(info)));
            for (name, info) in std::iter::once((name, self.schema.declared(name))).chain(form) {
                if !self.search.is_about(name) {
                    continue;
                }
                let Some(at) = self.by_type.iter().position(|(i, _)| i.as_ref() == info) else { continue };
                for (n, alternative) in self.by_type[at].1.iter().enumerate() {
                    let holds = |(check, storage): &(Check, Storage)| check.holds(v, storage, std::iter::empty());
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
    fn new(search: FieldSearch, info: Option<&FieldInfo>, schema: &Schema, all_words: bool) -> Self {
        let (tests, all) = match search {
            FieldSearch::Nothing | FieldSearch::Never => (Vec::new(), false),
            FieldSearch::One(t) => (vec![t], false),
            FieldSearch::Words(words) => (words, all_words),
        };
        let check = |test: &Test| {
            // On an undeclared field, words are looked for in the text and whole values in the keyword.
            let kind = match test {
                Test::Phrase(_) | Test::Token(_) => &info.unwrap_or_else(|| schema.field_or_keyword(None)).kind,
                _ => &info.unwrap_or_else(|| schema.default_info()).kind,
            };
            let storage = kind.into();
            (Check::new(test, &storage, &mut |_| u32::MAX), storage)
        };
        Self { checks: tests.iter().map(check).collect(), all }
    }
}

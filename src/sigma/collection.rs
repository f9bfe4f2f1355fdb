//! Documents of many files together: references by id or name, filters, and the rules of correlations.

use super::correlation::Correlation;
use super::document::Document;
use super::filter::Filter;
use super::rule::Rule;
use super::{Error, ErrorKind};
use std::collections::HashMap;

/// Documents that may refer to each other.
#[derive(Debug, Default)]
pub struct Collection {
    documents: Vec<Document>,
    keys: HashMap<String, Vec<usize>>,
    filters: Vec<usize>,
    /// Those that are part of a correlation which does not let its rules alert on their own.
    silent: Vec<bool>,
}

/// A correlation with the documents it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved<'c> {
    /// The correlation.
    pub correlation: &'c Correlation,
    /// What it is over, in its order, with the place in the collection.
    pub rules: Vec<(usize, Member<'c>)>,
}

/// A part of a correlation.
#[derive(Debug, Clone, PartialEq)]
pub enum Member<'c> {
    /// A rule.
    Rule(&'c Rule),
    /// A correlation of its own.
    Correlation(Resolved<'c>),
}

impl Collection {
    /// Puts documents together. Their places are kept.
    pub fn new(documents: Vec<Document>) -> Self {
        let mut keys: HashMap<String, Vec<usize>> = HashMap::new();
        let mut filters = Vec::new();
        for (i, d) in documents.iter().enumerate() {
            if matches!(d, Document::Filter(_)) {
                filters.push(i);
                continue;
            }
            for key in d.attributes().keys() {
                let places = keys.entry(key.to_owned()).or_default();
                if !places.contains(&i) {
                    places.push(i);
                }
            }
        }
        let mut silent = vec![false; documents.len()];
        for d in &documents {
            let Document::Correlation(c) = d else { continue };
            if !c.generate {
                for key in &c.rules {
                    keys.get(key).into_iter().flatten().for_each(|i| silent[*i] = true);
                }
            }
        }
        Self { documents, keys, filters, silent }
    }

    /// The documents, in the order they were given.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// Whether a document alerts on its own: one that is only part of a correlation does not.
    pub fn alerts(&self, index: usize) -> bool {
        !self.silent.get(index).copied().unwrap_or(false)
    }

    /// The filters that speak of a rule, in order.
    pub fn filters_of(&self, rule: &Rule) -> impl Iterator<Item = &Filter> {
        self.filters.iter().filter_map(move |i| match &self.documents[*i] {
            Document::Filter(f) if f.applies_to(rule) => Some(f),
            _ => None,
        })
    }

    /// The rules a filter names that are not in the collection.
    pub fn unknown_rules<'f>(&self, filter: &'f Filter) -> Vec<&'f str> {
        filter.rules.iter().flatten().filter(|r| !self.keys.contains_key(*r)).map(String::as_str).collect()
    }

    /// Finds the rules that a correlation is over.
    ///
    /// # Errors
    /// When one is missing, is named twice, or leads back to the correlation.
    pub fn resolve<'c>(&'c self, correlation: &'c Correlation) -> Result<Resolved<'c>, Error> {
        self.resolve_within(correlation, &mut Vec::new())
    }

    fn resolve_within<'c>(&'c self, correlation: &'c Correlation, above: &mut Vec<usize>) -> Result<Resolved<'c>, Error> {
        let error = |message: String| Error::new(ErrorKind::Reference, "correlation.rules", correlation.rules_pos, message);
        let mut rules = Vec::new();
        for key in &correlation.rules {
            let places = self.keys.get(key).map(Vec::as_slice).unwrap_or_default();
            let &[at] = places else {
                return Err(if places.is_empty() {
                    error(format!("there is no rule `{key}`")).help("give the file of that rule, too; it is found by its id or its name")
                } else {
                    error(format!("{} rules are called `{key}`", places.len())).help("ids and names are unique")
                });
            };
            if above.contains(&at) || above.len() > 32 {
                return Err(error(format!("`{key}` leads in a circle")));
            }
            let member = match &self.documents[at] {
                Document::Rule(r) => Member::Rule(r),
                Document::Correlation(c) => {
                    if std::ptr::eq(c, correlation) {
                        return Err(error(format!("`{key}` is the correlation itself")));
                    }
                    above.push(at);
                    let inner = self.resolve_within(c, above);
                    above.pop();
                    Member::Correlation(inner?)
                }
                Document::Filter(_) => return Err(error(format!("`{key}` is a filter"))),
            };
            rules.push((at, member));
        }
        Ok(Resolved { correlation, rules })
    }
}

//! Documents of many files together: references by id or name, filters, and the rules of correlations.

use super::{Error, ErrorKind};
use crate::ast::correlation::{Correlation, CorrelationCondition};
use crate::ast::document::Document;
use crate::ast::filter::Filter;
use crate::ast::rule::Rule;
use std::collections::HashMap;
use std::sync::Arc;

/// The most rules a correlation may refer to; those of nested correlations count each time they are named.
pub const MAX_MEMBERS: usize = 5_000;
/// How deep correlations may be nested; `sigmalert run` supports no more.
pub const MAX_NESTED: usize = 16;

/// Documents that may refer to each other.
#[derive(Debug, Default)]
pub struct Collection {
    documents: Vec<Document>,
    keys: HashMap<String, Vec<usize>>,
    filters: Vec<usize>,
    /// Those that are part of a correlation which does not let its rules alert on their own.
    silent: Vec<bool>,
}

/// A correlation with the documents it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved<'c> {
    /// The correlation.
    pub correlation: &'c Correlation,
    /// The documents it refers to, in its order, each with its index in the collection.
    pub rules: Vec<(usize, CorrelationMember<'c>)>,
}

/// A part of a correlation.
#[derive(Debug, Clone, PartialEq)]
pub enum CorrelationMember<'c> {
    /// A rule.
    Rule(&'c Rule),
    /// A correlation of its own. One that is named several times is resolved once.
    Correlation(Arc<Resolved<'c>>),
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

    /// The filters that apply to a rule, in order.
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

    /// Finds the rules that a correlation refers to.
    ///
    /// # Errors
    /// When one is missing, is named twice, or leads back to the correlation; when correlations name each other so often that
    /// they would refer to more than [`MAX_MEMBERS`] rules, or are nested more than [`MAX_NESTED`] deep.
    pub fn resolve<'c>(&'c self, correlation: &'c Correlation) -> Result<Resolved<'c>, Error> {
        let mut walk = Walk { collection: self, above: Vec::new(), known: HashMap::new() };
        walk.resolve(correlation).map(|found| found.resolved)
    }
}

/// Resolves a correlation, and each one below it once.
struct Walk<'c> {
    collection: &'c Collection,
    /// The places of the correlations that are being resolved.
    above: Vec<usize>,
    known: HashMap<usize, Resolution<Arc<Resolved<'c>>>>,
}

/// What a correlation was resolved to.
#[derive(Clone)]
struct Resolution<R> {
    resolved: R,
    /// How many members it has when those of its correlations are written out.
    members: usize,
    /// How deep it is nested, itself included.
    nested: usize,
}

impl<'c> Walk<'c> {
    fn resolve(&mut self, correlation: &'c Correlation) -> Result<Resolution<Resolved<'c>>, Error> {
        let error = |kind: ErrorKind, message: String| Error::new(kind, "correlation.rules", correlation.rules_pos, message);
        let reference = |message: String| error(ErrorKind::Reference, message);
        check_fields(correlation)?;
        let documents = &self.collection.documents;
        let mut out = Resolution { resolved: Resolved { correlation, rules: Vec::new() }, members: 0, nested: 1 };
        for key in &correlation.rules {
            let places = self.collection.keys.get(key).map(Vec::as_slice).unwrap_or_default();
            let &[at] = places else {
                return Err(if places.is_empty() {
                    reference(format!("there is no rule `{key}`"))
                        .help("give the file of that rule, too; it is found by its id or its name")
                } else {
                    reference(format!("{} rules are called `{key}`", places.len())).help("ids and names are unique")
                });
            };
            if self.above.contains(&at) {
                return Err(reference(format!("`{key}` is part of a reference cycle")));
            }
            let member = match &documents[at] {
                Document::Rule(r) => CorrelationMember::Rule(r),
                Document::Correlation(c) => {
                    if std::ptr::eq(c, correlation) {
                        return Err(reference(format!("`{key}` is the correlation itself")));
                    }
                    let too_deep = || {
                        error(ErrorKind::Size, format!("`{key}` is one of more than {MAX_NESTED} correlations that stand above each other"))
                            .help("name the rules of the lowest correlations directly, or split the correlation")
                    };
                    if self.above.len() + 1 >= MAX_NESTED {
                        return Err(too_deep());
                    }
                    let inner = match self.known.get(&at) {
                        Some(known) => known.clone(),
                        None => {
                            self.above.push(at);
                            let found = self.resolve(c);
                            self.above.pop();
                            let Resolution { resolved, members, nested } = found?;
                            let found = Resolution { resolved: Arc::new(resolved), members, nested };
                            self.known.insert(at, found.clone());
                            found
                        }
                    };
                    // One that was resolved before may be nested deeper here.
                    if self.above.len() + 1 + inner.nested > MAX_NESTED {
                        return Err(too_deep());
                    }
                    out.members += inner.members;
                    out.nested = out.nested.max(inner.nested + 1);
                    CorrelationMember::Correlation(inner.resolved)
                }
                Document::Filter(_) => return Err(reference(format!("`{key}` is a filter"))),
            };
            out.members += 1;
            if out.members > MAX_MEMBERS && out.nested > 1 {
                return Err(error(
                    ErrorKind::Size,
                    format!("written out, the correlation is over more than {MAX_MEMBERS} rules: it names correlations that name others"),
                )
                .help("name each correlation once, or correlate the rules themselves"));
            }
            out.resolved.rules.push((at, member));
        }
        Ok(out)
    }
}

/// How many steps it may take to find the field of each rule for each group.
const MAX_STEPS: usize = 5_000_000;

/// Each rule's own field is looked for under each alias, for each field that groups.
fn check_fields(correlation: &Correlation) -> Result<(), Error> {
    let counted = match &correlation.condition {
        CorrelationCondition::Bounds { fields, .. } => fields.len(),
        _ => 0,
    };
    let aliases: usize = correlation.aliases.iter().map(|a| a.fields.len() + 1).sum();
    let steps = correlation.rules.len().saturating_mul(correlation.group_by.len() + counted).saturating_mul(aliases + 1);
    if steps <= MAX_STEPS {
        return Ok(());
    }
    let message = format!("{} rules are grouped by {} fields with {aliases} aliases", correlation.rules.len(), correlation.group_by.len());
    Err(Error::new(ErrorKind::Size, "correlation.group-by", correlation.rules_pos, message)
        .help("group by fewer fields, or correlate fewer rules"))
}

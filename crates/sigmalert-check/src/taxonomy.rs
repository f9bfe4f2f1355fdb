//! The specification's taxonomy: logsources, and the fields of their events.

use sigmalert_sigma::Logsource;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A logsource of the taxonomy.
#[derive(Debug)]
pub struct KnownLogsource {
    /// Product, category and service.
    pub parts: [Option<&'static str>; 3],
    /// SigmaHQ's prefix for the names of its rule files.
    pub prefix: Option<&'static str>,
}

/// The logsources and fields of the taxonomy.
#[derive(Debug)]
pub struct Taxonomy {
    logsources: Vec<KnownLogsource>,
    fields: HashMap<(&'static str, &'static str), Vec<&'static str>>,
}

/// Fields that all Windows events have in addition to those of their category.
const WINDOWS: [&str; 21] = [
    "AccountName",
    "Channel",
    "Computer",
    "ComputerName",
    "Data",
    "EventID",
    "EventLog",
    "ExecutionProcessID",
    "EventRecordID",
    "Keywords",
    "Level",
    "LevelName",
    "Message",
    "Opcode",
    "Provider_Guid",
    "Provider_Name",
    "RuleName",
    "SourceName",
    "Task",
    "TaskCategory",
    "Version",
];

fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).map(|l| l.split(' ').collect())
}

impl Taxonomy {
    /// Returns the built-in taxonomy.
    pub fn get() -> &'static Self {
        static BUILTIN: OnceLock<Taxonomy> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let part = |words: &[&'static str], at: usize| words.get(at).copied().filter(|w| *w != "-");
            Self {
                logsources: lines(include_str!("data/logsources.txt"))
                    .map(|w| KnownLogsource { parts: [part(&w, 0), part(&w, 1), part(&w, 2)], prefix: part(&w, 3) })
                    .collect(),
                fields: lines(include_str!("data/fields.txt")).map(|w| ((w[0], w[1]), w[2..].to_vec())).collect(),
            }
        })
    }

    /// Returns the entry of a logsource.
    pub fn logsource(&self, l: &Logsource) -> Option<&KnownLogsource> {
        self.find([l.product.as_deref(), l.category.as_deref(), l.service.as_deref()])
    }

    fn find(&self, parts: [Option<&str>; 3]) -> Option<&KnownLogsource> {
        self.logsources.iter().find(|k| k.parts == parts)
    }

    /// Returns SigmaHQ's prefix for the names of rule files for a logsource.
    pub fn prefix(&self, l: &Logsource) -> Option<&'static str> {
        self.logsource(l).or_else(|| self.find([l.product.as_deref(), None, None])).and_then(|k| k.prefix)
    }

    /// Returns all values of one part: 0 product, 1 category, 2 service.
    pub fn words(&self, part: usize) -> impl Iterator<Item = &'static str> {
        self.logsources.iter().filter_map(move |k| k.parts[part])
    }

    /// Returns the fields of a category, without those of all Windows events; `None` if the taxonomy has no complete list.
    pub fn fields(&self, l: &Logsource) -> Option<&[&'static str]> {
        let (product, category) = (l.product.as_deref()?, l.category.as_deref()?);
        self.fields.iter().find(|((p, c), _)| *p == product && *c == category).map(|(_, f)| f.as_slice())
    }

    /// Whether events of the logsource can have a field; true if the taxonomy has no complete list.
    pub fn has_field(&self, l: &Logsource, field: &str) -> bool {
        self.fields(l).is_none_or(|f| f.contains(&field) || Self::is_common(l, field))
    }

    /// Whether all events of the product have the field.
    pub fn is_common(l: &Logsource, field: &str) -> bool {
        l.product.as_deref() == Some("windows") && WINDOWS.contains(&field)
    }

    /// Returns the fields of a logsource, for completion.
    pub fn completions(&self, l: &Logsource) -> Vec<&'static str> {
        let mut out = self.fields(l).unwrap_or_default().to_vec();
        if l.product.as_deref() == Some("windows") {
            out.extend(WINDOWS);
        }
        out
    }
}

/// Returns the word of a list that differs from a word by one or two letters.
pub fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let limit = if word.chars().count() < 6 { 1 } else { 2 };
    let lower = word.to_lowercase();
    words
        .into_iter()
        .map(|w| (strsim::damerau_levenshtein(&w.to_lowercase(), &lower), w))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, w)| w)
}

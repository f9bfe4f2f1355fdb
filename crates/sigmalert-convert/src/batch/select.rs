//! Which rules of a batch are converted.

use sigmalert_query::schema::glob;
use sigmalert_sigma::{Attributes, Collection, Document, Level, Logsource, Status};
use std::str::FromStr;

/// Conditions on a rule's attributes. Every kind that is given must hold; within a kind, one value must.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Statuses.
    pub statuses: Vec<Status>,
    /// Levels.
    pub levels: Vec<Levels>,
    /// Tags; `*` stands for any run of characters.
    pub tags: Vec<String>,
    /// Logsources.
    pub logsources: Vec<LogsourcePattern>,
    /// Ids.
    pub ids: Vec<String>,
}

/// A level, or all from one upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Levels {
    /// `high`
    Only(Level),
    /// `high+`
    From(Level),
}

impl Levels {
    /// Whether a rule of this level is meant.
    pub fn includes(self, level: Option<Level>) -> bool {
        match self {
            Self::Only(l) => level == Some(l),
            Self::From(l) => level >= Some(l),
        }
    }
}

impl FromStr for Levels {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, up) = text.strip_suffix('+').map_or((text, false), |w| (w, true));
        let level = Level::parse(word).ok_or_else(|| {
            let known: Vec<&str> = Level::ALL.iter().map(|l| l.name()).collect();
            format!("unknown level `{word}`; the levels are {}, and `high+` means high and above", known.join(", "))
        })?;
        Ok(if up { Self::From(level) } else { Self::Only(level) })
    }
}

/// A logsource, with parts that may be left open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsourcePattern(Logsource);

impl FromStr for LogsourcePattern {
    type Err = String;

    /// `product=windows,category=process_creation`, or `windows/process_creation/*`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut l = Logsource::default();
        let part = |t: &str| (!matches!(t, "" | "*" | "-")).then(|| t.to_lowercase());
        if text.contains('=') {
            for pair in text.split(',') {
                let (key, value) = pair.split_once('=').ok_or_else(|| format!("`{pair}` lacks a `=`; write product=windows"))?;
                let place = match key.trim() {
                    "product" => &mut l.product,
                    "category" => &mut l.category,
                    "service" => &mut l.service,
                    other => return Err(format!("a logsource has no `{other}`; it has product, category, service")),
                };
                *place = part(value.trim());
            }
        } else {
            let mut parts = text.split('/').map(|t| part(t.trim()));
            l.product = parts.next().flatten();
            l.category = parts.next().flatten();
            l.service = parts.next().flatten();
            if parts.next().is_some() {
                return Err("write product/category/service, with * for any".into());
            }
        }
        if l == Logsource::default() {
            return Err("is empty; write product=windows,category=process_creation or windows/process_creation".into());
        }
        Ok(Self(l))
    }
}

impl Selection {
    /// Whether a document of a collection is selected. A correlation comes from the logsources of its rules.
    pub fn selects(&self, collection: &Collection, document: &Document) -> bool {
        let a = document.attributes();
        any(&self.statuses, |s| a.status == Some(*s))
            && any(&self.levels, |l| l.includes(a.level))
            && any(&self.tags, |t| has_tag(a, t))
            && any(&self.ids, |id| a.id.as_deref().is_some_and(|i| i.eq_ignore_ascii_case(id)))
            && any(&self.logsources, |l| {
                match document {
                Document::Rule(r) => l.0.covers(&r.logsource),
                Document::Filter(f) => l.0.covers(&f.logsource),
                Document::Correlation(c) => collection
                    .documents()
                    .iter()
                    .any(|d| matches!(d, Document::Rule(r) if l.0.covers(&r.logsource) && r.attributes.keys().any(|k| c.rules.iter().any(|x| x == k)))),
            }
            })
    }
}

/// Nothing asked for is nothing in the way.
fn any<T>(items: &[T], holds: impl Fn(&T) -> bool) -> bool {
    items.is_empty() || items.iter().any(holds)
}

fn has_tag(a: &Attributes, pattern: &str) -> bool {
    let pattern = pattern.to_lowercase();
    a.tags.iter().any(|t| glob(&pattern, &t.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert_eq!("High+".parse(), Ok(Levels::From(Level::High)));
        assert_eq!("low".parse(), Ok(Levels::Only(Level::Low)));
        assert!("lower".parse::<Levels>().is_err());
        let a: LogsourcePattern = "product=windows, category=ps_script".parse().unwrap();
        assert_eq!("windows/ps_script/*".parse(), Ok(a));
        for bad in ["", "*", "a/b/c/d", "vendor=x", "product=a,b"] {
            assert!(bad.parse::<LogsourcePattern>().is_err(), "{bad}");
        }
    }
}

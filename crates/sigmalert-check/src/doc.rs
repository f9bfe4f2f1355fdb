//! A document as lints see it.

use super::attack::Attack;
use super::edit::{Edit, Fix};
use super::file::File;
use super::vocabulary::Vocabulary;
use sigmalert_sigma::yaml::{Key, Kind, Node, Pos};
use sigmalert_sigma::{Detection, DetectionItem, Document};
use std::collections::HashMap;
use std::ops::Range;

/// A document and its file.
#[derive(Debug, Clone, Copy)]
pub struct Doc<'a> {
    /// The file.
    pub file: &'a File<'a>,
    /// Tags, keys and the ATT&CK release that are accepted.
    pub vocabulary: &'a Vocabulary,
    /// Its keys, including those inherited from `action: global`.
    pub node: &'a Node<'a>,
    /// The parsed document, if it is valid.
    pub document: Option<&'a Document>,
    /// Whether it shares keys with other documents of the file, so that changing a key affects them, too.
    pub shared: bool,
}

impl<'a> Doc<'a> {
    /// Returns a key with its value.
    pub fn entry(&self, key: &str) -> Option<(&'a Key<'a>, &'a Node<'a>)> {
        self.node.as_map()?.iter().find(|(k, _)| k.text == key).map(|(k, v)| (k, v))
    }

    /// Returns the string value of a key, with its position.
    pub fn text(&self, key: &str) -> Option<(&'a str, Pos)> {
        let (_, value) = self.entry(key)?;
        value.text().map(|t| (t, value.pos))
    }

    /// Whether a key exists and is not empty.
    pub fn has_value(&self, key: &str) -> bool {
        self.entry(key).is_some_and(|(_, v)| match &v.kind {
            Kind::Scalar(_) => v.text().is_some_and(|t| !t.trim().is_empty()),
            Kind::Seq(s) => !s.is_empty(),
            Kind::Map(m) => !m.is_empty(),
        })
    }

    /// Returns the strings of a list, or a single string, with their positions.
    pub fn list(&self, key: &str) -> Vec<(&'a str, Pos)> {
        match self.entry(key).map(|(_, v)| v) {
            Some(Node { kind: Kind::Seq(items), .. }) => items.iter().filter_map(|i| i.text().map(|t| (t, i.pos))).collect(),
            Some(n) => n.text().map(|t| (t, n.pos)).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Returns the tags of a namespace: the whole tag, the name after the dot, and the position.
    pub fn tags(&self, namespace: &str) -> Vec<(&'a str, &'a str, Pos)> {
        let of = |(tag, pos): (&'a str, Pos)| Some((tag, tag.strip_prefix(namespace)?.strip_prefix('.')?, pos));
        self.list("tags").into_iter().filter_map(of).collect()
    }

    /// Returns the position for findings about the whole document: its title, or its first key.
    pub fn at(&self) -> Pos {
        self.entry("title").map_or(self.node.pos, |(k, _)| k.pos)
    }

    /// Returns the ATT&CK release.
    pub fn attack(&self) -> &'a Attack {
        self.vocabulary.attack()
    }

    /// Whether it is a correlation.
    pub fn is_correlation(&self) -> bool {
        self.entry("correlation").is_some()
    }

    /// Whether it is a filter.
    pub fn is_filter(&self) -> bool {
        self.entry("filter").is_some()
    }

    /// Returns the key of its detection.
    pub fn root(&self) -> &'static str {
        if self.is_filter() { "filter" } else { "detection" }
    }

    /// Returns the detection of a rule or a filter.
    pub fn detection(&self) -> Option<&'a Detection> {
        match self.document? {
            Document::Rule(r) => Some(&r.detection),
            Document::Filter(f) => Some(&f.detection),
            Document::Correlation(_) => None,
        }
    }

    /// Returns a key of the detection with its value.
    pub fn in_detection(&self, key: &str) -> Option<(&'a Key<'a>, &'a Node<'a>)> {
        let (_, body) = self.entry(self.root())?;
        body.as_map()?.iter().find(|(k, _)| k.text == key).map(|(k, v)| (k, v))
    }

    /// Returns the positions of all keys of the detection, for many lookups.
    pub fn detection_keys(&self) -> HashMap<&'a str, Pos> {
        let body = self.entry(self.root()).and_then(|(_, body)| body.as_map());
        let mut keys = HashMap::new();
        for (key, _) in body.into_iter().flatten() {
            keys.entry(key.text.as_ref()).or_insert(key.pos);
        }
        keys
    }

    /// Returns a fix that replaces a scalar and keeps its quotes; `None` if its bytes are not certain.
    pub fn reword(&self, pos: Pos, old: &str, new: &str, title: &str) -> Option<Fix> {
        let range = self.file.scalar(pos, old).filter(|_| !self.shared)?;
        let text = self.file.like(&range, new);
        Some(Fix::new(title, vec![Edit::replace(range, text)]))
    }

    /// Returns a fix that renames a key.
    pub fn rename_key(&self, pos: Pos, old: &str, new: &str) -> Option<Fix> {
        let range = self.file.key(pos, old).filter(|_| !self.shared)?;
        Some(Fix::new(format!("Write `{new}`"), vec![Edit::replace(range, new)]))
    }

    /// Returns a fix that removes an element of a list.
    pub fn drop_item(&self, pos: Pos, title: &str) -> Option<Fix> {
        let range = self.file.item_lines(pos).filter(|_| !self.shared)?;
        Some(Fix::new(title, vec![Edit::delete(range)]))
    }

    /// Returns a fix that removes a key of a mapping.
    pub fn drop_entry(&self, key: Pos, title: &str) -> Option<Fix> {
        let range = self.file.entry_lines(key).filter(|_| !self.shared)?;
        Some(Fix::new(title, vec![Edit::delete(range)]))
    }

    /// Returns the key of an item as written; `None` if it is quoted.
    pub fn raw_key(&self, item: &DetectionItem) -> Option<(Range<usize>, &'a str)> {
        let range = self.file.token(item.pos);
        let raw = &self.file.text[range.clone()];
        // A quoted key has escapes of its own.
        (self.file.text[range.end..].starts_with(':') && raw.starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some((range, raw))
    }

    /// Returns a fix that removes a modifier of an item.
    pub fn without_modifier(&self, item: &DetectionItem, name: &str) -> Option<Fix> {
        let (range, raw) = self.raw_key(item).filter(|_| !self.shared)?;
        let parts: Vec<&str> = raw.split('|').enumerate().filter(|(i, p)| *i == 0 || *p != name).map(|(_, p)| p).collect();
        Some(Fix::new(format!("Remove `{name}`"), vec![Edit::replace(range, parts.join("|"))]))
    }
}

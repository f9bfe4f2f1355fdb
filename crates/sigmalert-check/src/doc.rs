//! One document as lints see it.

use super::attack::Attack;
use super::edit::{Edit, Fix};
use super::file::File;
use super::vocabulary::Vocabulary;
use sigmalert_sigma::yaml::{Key, Kind, Node, Pos};
use sigmalert_sigma::{Detection, DetectionItem, Document};
use std::collections::HashMap;
use std::ops::Range;

/// A document with the text it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Doc<'a> {
    /// The file.
    pub file: &'a File<'a>,
    /// Tags, keys and the ATT&CK release that are accepted.
    pub vocabulary: &'a Vocabulary,
    /// Its keys, with what `action: global` lays under them.
    pub node: &'a Node<'a>,
    /// What it means, where it can be read.
    pub document: Option<&'a Document>,
    /// Whether it shares keys with other documents of the file, so that a change of a key concerns them, too.
    pub shared: bool,
}

impl<'a> Doc<'a> {
    /// The key with its value.
    pub fn entry(&self, key: &str) -> Option<(&'a Key<'a>, &'a Node<'a>)> {
        self.node.as_map()?.iter().find(|(k, _)| k.text == key).map(|(k, v)| (k, v))
    }

    /// The text of a key that has some, and where it begins.
    pub fn text(&self, key: &str) -> Option<(&'a str, Pos)> {
        let (_, value) = self.entry(key)?;
        value.text().map(|t| (t, value.pos))
    }

    /// Whether a key is there and says something.
    pub fn says(&self, key: &str) -> bool {
        self.entry(key).is_some_and(|(_, v)| match &v.kind {
            Kind::Scalar(_) => v.text().is_some_and(|t| !t.trim().is_empty()),
            Kind::Seq(s) => !s.is_empty(),
            Kind::Map(m) => !m.is_empty(),
        })
    }

    /// The texts of a list, or the only one where it is no list.
    pub fn list(&self, key: &str) -> Vec<(&'a str, Pos)> {
        match self.entry(key).map(|(_, v)| v) {
            Some(Node { kind: Kind::Seq(items), .. }) => items.iter().filter_map(|i| i.text().map(|t| (t, i.pos))).collect(),
            Some(n) => n.text().map(|t| (t, n.pos)).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The tags of a namespace: the whole, the name behind the dot, and where it begins.
    pub fn tags(&self, namespace: &str) -> Vec<(&'a str, &'a str, Pos)> {
        let of = |(tag, pos): (&'a str, Pos)| Some((tag, tag.strip_prefix(namespace)?.strip_prefix('.')?, pos));
        self.list("tags").into_iter().filter_map(of).collect()
    }

    /// Where a finding about the whole document stands: at its title, or its first key.
    pub fn at(&self) -> Pos {
        self.entry("title").map_or(self.node.pos, |(k, _)| k.pos)
    }

    /// What is known of ATT&CK.
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

    /// The key of its detection.
    pub fn root(&self) -> &'static str {
        if self.is_filter() { "filter" } else { "detection" }
    }

    /// The detection of a rule or a filter.
    pub fn detection(&self) -> Option<&'a Detection> {
        match self.document? {
            Document::Rule(r) => Some(&r.detection),
            Document::Filter(f) => Some(&f.detection),
            Document::Correlation(_) => None,
        }
    }

    /// The place and node of a key inside the detection.
    pub fn in_detection(&self, key: &str) -> Option<(&'a Key<'a>, &'a Node<'a>)> {
        let (_, body) = self.entry(self.root())?;
        body.as_map()?.iter().find(|(k, _)| k.text == key).map(|(k, v)| (k, v))
    }

    /// Where each key of the detection stands, for those who ask for many of them.
    pub fn detection_keys(&self) -> HashMap<&'a str, Pos> {
        let body = self.entry(self.root()).and_then(|(_, body)| body.as_map());
        let mut keys = HashMap::new();
        for (key, _) in body.into_iter().flatten() {
            keys.entry(key.text.as_ref()).or_insert(key.pos);
        }
        keys
    }

    /// A change of one scalar, in the quotes it has; nothing where its place is not sure.
    pub fn reword(&self, pos: Pos, old: &str, new: &str, title: &str) -> Option<Fix> {
        let range = self.file.scalar(pos, old).filter(|_| !self.shared)?;
        let text = self.file.like(&range, new);
        Some(Fix::new(title, vec![Edit::replace(range, text)]))
    }

    /// Another name for a key.
    pub fn rename_key(&self, pos: Pos, old: &str, new: &str) -> Option<Fix> {
        let range = self.file.key(pos, old).filter(|_| !self.shared)?;
        Some(Fix::new(format!("Write `{new}`"), vec![Edit::replace(range, new)]))
    }

    /// A list without one of its elements.
    pub fn drop_item(&self, pos: Pos, title: &str) -> Option<Fix> {
        let range = self.file.item_lines(pos).filter(|_| !self.shared)?;
        Some(Fix::new(title, vec![Edit::delete(range)]))
    }

    /// A mapping without one of its keys.
    pub fn drop_entry(&self, key: Pos, title: &str) -> Option<Fix> {
        let range = self.file.entry_lines(key).filter(|_| !self.shared)?;
        Some(Fix::new(title, vec![Edit::delete(range)]))
    }

    /// The key of an item as it is written, without quotes.
    pub fn raw_key(&self, item: &DetectionItem) -> Option<(Range<usize>, &'a str)> {
        let range = self.file.token(item.pos);
        let raw = &self.file.text[range.clone()];
        // A quoted key has escapes of its own.
        (self.file.text[range.end..].starts_with(':') && raw.starts_with(|c: char| c.is_alphanumeric() || c == '_')).then_some((range, raw))
    }

    /// An item without one of its modifiers.
    pub fn without_modifier(&self, item: &DetectionItem, name: &str) -> Option<Fix> {
        let (range, raw) = self.raw_key(item).filter(|_| !self.shared)?;
        let parts: Vec<&str> = raw.split('|').enumerate().filter(|(i, p)| *i == 0 || *p != name).map(|(_, p)| p).collect();
        Some(Fix::new(format!("Remove `{name}`"), vec![Edit::replace(range, parts.join("|"))]))
    }
}

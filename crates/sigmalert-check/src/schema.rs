//! The types that the specification's JSON schemas require for the keys of a document.

use sigmalert_sigma::yaml::{Kind, Node, Scalar};

/// The type of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyShape {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A list of mappings.
    Maps,
    /// A mapping.
    Map,
}

impl KeyShape {
    /// Returns the name of the type, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Texts => "a list of texts",
            Self::Maps => "a list of mappings",
            Self::Map => "a mapping",
        }
    }

    /// Whether a node has the type.
    pub fn fits(self, node: &Node<'_>) -> bool {
        let is_text = |n: &Node<'_>| matches!(&n.kind, Kind::Scalar(Scalar::Str(_)));
        match (self, &node.kind) {
            (Self::Text, Kind::Scalar(_)) => is_text(node),
            (Self::Texts, Kind::Seq(items)) => items.iter().all(is_text),
            (Self::Maps, Kind::Seq(items)) => items.iter().all(|i| i.as_map().is_some()),
            (Self::Map, Kind::Map(_)) => true,
            _ => false,
        }
    }
}

/// The keys of the specification in the order of SigmaHQ, with their types.
pub(super) const KEYS: [(&str, KeyShape); 22] = [
    ("title", KeyShape::Text),
    ("id", KeyShape::Text),
    ("name", KeyShape::Text),
    ("related", KeyShape::Maps),
    ("taxonomy", KeyShape::Text),
    ("status", KeyShape::Text),
    ("description", KeyShape::Text),
    ("license", KeyShape::Text),
    ("references", KeyShape::Texts),
    ("author", KeyShape::Text),
    ("date", KeyShape::Text),
    ("modified", KeyShape::Text),
    ("tags", KeyShape::Texts),
    ("logsource", KeyShape::Map),
    ("detection", KeyShape::Map),
    ("correlation", KeyShape::Map),
    ("filter", KeyShape::Map),
    ("fields", KeyShape::Texts),
    ("falsepositives", KeyShape::Texts),
    ("level", KeyShape::Text),
    ("scope", KeyShape::Texts),
    ("generate", KeyShape::Text),
];

/// Common keys that the specification does not define.
pub(super) const EXTRA: [&str; 3] = ["action", "regression_tests_path", "simulation"];

/// Returns the type of a key.
pub(super) fn shape(key: &str) -> Option<KeyShape> {
    KEYS.iter().find(|(k, _)| *k == key && *k != "generate").map(|(_, s)| *s)
}

/// Returns the keys of the specification.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(k, _)| *k)
}

//! The shapes that the specification's JSON schemas give the keys of a document.

use sigmalert_sigma::yaml::{Kind, Node, Scalar};

/// What a key holds.
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
    /// With a message that says what is wrong.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Texts => "a list of texts",
            Self::Maps => "a list of mappings",
            Self::Map => "a mapping",
        }
    }

    /// Whether a node has it.
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

/// The keys of the specification in the order that SigmaHQ writes them, with what each holds.
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

/// Keys that are in use beside the specification's.
pub(super) const EXTRA: [&str; 3] = ["action", "regression_tests_path", "simulation"];

/// What a key holds.
pub(super) fn shape(key: &str) -> Option<KeyShape> {
    KEYS.iter().find(|(k, _)| *k == key && *k != "generate").map(|(_, s)| *s)
}

/// The keys of the specification.
pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(k, _)| *k)
}

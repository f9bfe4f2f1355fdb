//! What a user should know of a conversion that succeeded.

use crate::mapping;
use sigmalert_query::lower;
use std::fmt;

/// A limitation of a converted document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[non_exhaustive]
pub struct Notice {
    /// The kind.
    pub kind: NoticeKind,
    /// The field; empty when it is about the whole.
    pub field: String,
    /// What is not exact, and why.
    pub message: String,
}

/// Kinds of [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeKind {
    /// A field is case-sensitive on the index, and Sigma is not.
    Case,
    /// The mapping does not support the logsource.
    Logsource,
    /// The schema does not have a field.
    NoPlace,
    /// The query matches more than the rule.
    OverMatch,
    /// The query matches less than the rule.
    UnderMatch,
    /// A field is compared with a value that it can never have.
    Never,
    /// The stored values cannot be compared as in the rule.
    Unlike,
    /// The rule uses Query DSL, because `query_string` cannot express it.
    Dsl,
    /// Praeco drops an option on save.
    Praeco,
    /// Only `sigmalert run` runs the rule.
    SigmalertOnly,
    /// Lists of values became regular expressions, to stay within the limits of the index.
    Compacted,
}

impl NoticeKind {
    /// All kinds, with their name in reports and a line for summaries.
    pub const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::Case, "case", "are case-sensitive on the index, unlike Sigma (--case regex or --filter dsl ignores case)"),
        (Self::Logsource, "logsource", "have a logsource that the mapping does not support"),
        (Self::NoPlace, "no-place", "use a field that the schema does not have"),
        (Self::OverMatch, "over-match", "match more than the rule (analyzed text)"),
        (Self::UnderMatch, "under-match", "may match less than the rule (analyzed text)"),
        (Self::Never, "never", "compare a field with a value that it can never have"),
        (Self::Unlike, "unlike", "compare values that the index stores in another form"),
        (Self::Dsl, "dsl", "use Query DSL, because query_string cannot express them"),
        (Self::Praeco, "praeco", "have options that Praeco drops on save"),
        (
            Self::SigmalertOnly,
            "extension",
            "require sigmalert run, because no ElastAlert rule type can express them (--portable rejects them)",
        ),
        (Self::Compacted, "compacted", "join values into regular expressions to stay within the clause limit of the index"),
    ];

    /// The name in reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(k, ..)| *k == self).map_or("", |(_, n, _)| n)
    }

    /// Whether the output does not mean what the rule means, so that `strict` rejects it.
    pub fn is_loss(self) -> bool {
        !matches!(self, Self::Case | Self::Dsl | Self::Praeco | Self::SigmalertOnly | Self::Compacted)
    }
}

/// The name in reports.
impl serde::Serialize for NoticeKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.field, self.message) }
    }
}

impl From<mapping::Note> for Notice {
    fn from(n: mapping::Note) -> Self {
        let kind = match n.kind {
            mapping::NoteKind::Logsource => NoticeKind::Logsource,
            mapping::NoteKind::NoPlace => NoticeKind::NoPlace,
            mapping::NoteKind::Unlike => NoticeKind::Unlike,
        };
        Self { kind, field: n.field, message: n.message }
    }
}

impl From<lower::Note> for Notice {
    fn from(n: lower::Note) -> Self {
        let about = n.about;
        let (kind, message) = match n.kind {
            lower::NoteKind::CaseSensitive => (NoticeKind::Case, "case-sensitive on the index, unlike Sigma".to_owned()),
            lower::NoteKind::Wider => (NoticeKind::OverMatch, format!("analyzed text: the query matches more than `{about}`")),
            lower::NoteKind::Narrower => (NoticeKind::UnderMatch, format!("analyzed text: the query may match less than `{about}`")),
            lower::NoteKind::Never => (NoticeKind::Never, format!("the field can never have the value `{about}`")),
        };
        Self { kind, field: n.field, message }
    }
}

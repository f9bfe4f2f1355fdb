//! What a user should know of a conversion that succeeded.

use crate::mapping;
use sigmalert_query::lower;
use std::fmt;

/// Something to know of a converted document.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The field; empty when it is about the whole.
    pub field: String,
    /// With a message that says what is wrong.
    pub message: String,
}

/// Kinds of [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoticeKind {
    /// The index compares a field with regard to letter case, Sigma does not.
    Case,
    /// The mapping has no place for the logsource.
    Logsource,
    /// The schema has no place for a field.
    NoPlace,
    /// The query finds more than the rule asks for.
    Wider,
    /// The query finds less than the rule asks for.
    Narrower,
    /// Something compares with what the field can never hold.
    Never,
    /// The stored values cannot be compared as the rule asks.
    Unlike,
    /// The rule uses Query DSL where `query_string` was meant.
    Dsl,
    /// Praeco would lose something when it saves the rule.
    Praeco,
    /// Only sigmalert runs the rule.
    SigmalertOnly,
    /// Lists of values became regular expressions, to stay within the index's limits.
    Compacted,
}

impl NoticeKind {
    /// All kinds, with the word of reports and a line for summaries.
    pub const ALL: [(Self, &'static str, &'static str); 11] = [
        (Self::Case, "case", "compare letter case as the index does (--case regex or --filter dsl for Sigma's way)"),
        (Self::Logsource, "logsource", "have a logsource the mapping has no place for"),
        (Self::NoPlace, "no-place", "use a field the schema has no place for"),
        (Self::Wider, "wider", "find more than the rule asks for (analysed text)"),
        (Self::Narrower, "narrower", "may find less than the rule asks for (analysed text)"),
        (Self::Never, "never", "compare with a value the field can never hold"),
        (Self::Unlike, "unlike", "compare values the index stores in another form"),
        (Self::Dsl, "dsl", "use Query DSL for what query_string cannot say"),
        (Self::Praeco, "praeco", "have something that Praeco loses when it saves them"),
        (Self::SigmalertOnly, "extension", "need sigmalert run: no rule type of ElastAlert says them (--portable refuses them)"),
        (Self::Compacted, "compacted", "join values to regular expressions, to stay within the index's clause limit"),
    ];

    /// The word of reports.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(k, ..)| *k == self).map_or("", |(_, n, _)| n)
    }

    /// Whether the output is less than what the rule asks, so that `strict` refuses it.
    pub fn is_loss(self) -> bool {
        !matches!(self, Self::Case | Self::Dsl | Self::Praeco | Self::SigmalertOnly | Self::Compacted)
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
            lower::NoteKind::CaseSensitive => (NoticeKind::Case, "the index minds letter case, Sigma does not".to_owned()),
            lower::NoteKind::Wider => (NoticeKind::Wider, format!("analysed text: the query finds more than `{about}`")),
            lower::NoteKind::Narrower => (NoticeKind::Narrower, format!("analysed text: the query may find less than `{about}`")),
            lower::NoteKind::Never => (NoticeKind::Never, format!("no value of the field can be `{about}`")),
        };
        Self { kind, field: n.field, message }
    }
}

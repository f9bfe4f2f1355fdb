//! Ranges of a text.

use sigmalert_sigma::yaml::Pos;

/// A range of a text. The end is exclusive; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first character.
    pub start: Pos,
    /// The position after the last character.
    pub end: Pos,
}

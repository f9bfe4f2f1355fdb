//! Text as Python makes it: ElastAlert's messages, formats and tables, to the letter.

pub(crate) mod expression;
pub(crate) mod format;
pub(crate) mod python;
pub(crate) mod table;

//! Kibana Query Language, with the meaning that Kibana 8.8 and later gives it.
//!
//! KQL has no regular expressions, no wildcard for one character and no comparison without regard to case
//! (unless the operator turned one on for all queries). On analyzed text and with Kibana before 8.8 or
//! `OpenSearch` Dashboards, a wildcard value with blanks is cut into words.

mod parse;
mod print;

pub use parse::parse;
pub use print::print;

/// What the grammar calls white space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{a0}')
}

/// Characters that a bare value must escape.
fn is_special(c: char) -> bool {
    matches!(c, '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}')
}

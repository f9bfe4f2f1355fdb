//! What Praeco's editor needs in a rule file, and what it loses.
//!
//! Praeco reads the options it knows into a form and writes the whole file again from that form: at every save, and when a
//! rule is renamed or switched on or off. Options it does not know are lost. The tables describe Praeco 1.8.

mod form;
mod losses;
mod query_builder;

pub use form::{
    HIVE, LISTS, belongs_to_alerter, belongs_to_type, destinations, has_form, is_common, is_text, keeps, knows, shows_text, unknown_options,
};
pub use losses::{Loss, LossKind, losses};
pub use query_builder::{TreeError, compile_tree, query_builder};

use crate::BASE_RULE;

/// Returns a text that Praeco keeps as it is.
///
/// Praeco parses text as HTML: it removes what looks like a tag with everything after it, and decodes entities. A space
/// after `<` and `&` prevents both.
pub fn plain_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let next = chars.peek().copied().unwrap_or(' ');
        if (c == '<' && (next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')))
            || (c == '&' && (next.is_ascii_alphabetic() || next == '#'))
        {
            out.push(' ');
        }
    }
    out
}

/// Turns names of rules into file names.
///
/// Praeco saves a rule under its name in its folder, and puts the path into a URL without encoding it. No two names differ
/// only in case, which some file systems ignore.
pub fn file_names(names: &mut [String]) {
    const MAX_BYTES: usize = 200;
    let mut taken = std::collections::HashSet::new();
    for name in names {
        let plain: String = name.chars().map(|c| if "/\\?#%".contains(c) || c.is_control() { '-' } else { c }).collect();
        let mut plain = plain.trim_start_matches('.').trim().to_owned();
        let mut end = plain.len().min(MAX_BYTES);
        while !plain.is_char_boundary(end) {
            end -= 1;
        }
        plain.truncate(end);
        let numbered = (2..).map(|n| format!("{plain} ({n})"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|n| taken.insert(n.to_lowercase()));
        *name = free.unwrap_or(plain);
    }
}

/// Returns the import of the shared options for a rule that is `depth` folders below the rules folder.
pub fn import(depth: usize) -> String {
    format!("{}{BASE_RULE}", "../".repeat(depth))
}

//! Which characters must be escaped where.
//!
//! Lucene's classic grammar, as `query_string` uses it, measured on a real index (tests/convert/characters.rs):
//! a backslash makes any character plain, except that `\<` and `\>` at the start of a value are still read as a
//! comparison; quotes take everything but `"` and `\`; blanks end a term unless escaped; `AND`, `OR` and `NOT`
//! are operators only in capitals and whole, `TO` only inside brackets.

/// True when a bare term is read as itself.
pub(super) fn is_bare(term: &str) -> bool {
    let mut chars = term.chars();
    chars.next().is_some_and(|c| c.is_alphanumeric() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '%' | '#' | ',' | ';' | '\'' | '$'))
        && !matches!(term, "AND" | "OR" | "NOT" | "TO")
}

/// A value in quotes.
pub(super) fn quoted(value: &str, out: &mut String) {
    out.push('"');
    for c in value.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// A piece of a term with wildcards, or of a field name. `first` says that the term begins here.
pub(super) fn term(text: &str, first: bool, out: &mut String) {
    for (i, c) in text.chars().enumerate() {
        let special = match c {
            '+' | '-' => first && i == 0,
            '=' | '&' | '|' | '>' | '<' | '!' | '(' | ')' | '{' | '}' | '[' | ']' | '^' | '"' | '~' | '*' | '?' | ':' | '\\' | '/' => true,
            // What the grammar calls white space.
            ' ' | '\t' | '\n' | '\r' | '\u{3000}' => true,
            _ => false,
        };
        if special {
            out.push('\\');
        }
        out.push(c);
    }
}

/// A field name. An escaped `*` in it matches several fields.
pub(super) fn field(name: &str, out: &mut String) {
    // An escaped letter makes an operator a name.
    if matches!(name, "AND" | "OR" | "NOT") {
        out.push('\\');
    }
    term(name, true, out);
}

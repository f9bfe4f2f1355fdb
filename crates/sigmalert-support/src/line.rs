//! Escapes untrusted text for a log line, so that it cannot start a new line, move a terminal's cursor or change the direction of
//! text.

use std::borrow::Cow;

/// Returns whether a character has to be escaped in a log.
fn is_unsafe(c: char) -> bool {
    // Line and paragraph separators, bidirectional controls and characters without width.
    c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Escapes such characters as Rust does: `\n`, `\u{1b}`.
pub fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// Escapes such characters in JSON. `serde_json` does not escape those above U+001F, which occur only in strings.
pub fn one_line_json(json: &str) -> Cow<'_, str> {
    if !json.contains(is_unsafe) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        // All of them are in the Basic Multilingual Plane.
        if is_unsafe(c) { out.push_str(&format!("\\u{:04x}", u32::from(c))) } else { out.push(c) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_begins_a_new_line() {
        let hostile = "a\r\nb\u{1b}[2Kc\u{2028}d\u{85}e\u{202e}f\u{7f}\u{9b}1mg";
        let line = one_line(hostile);
        assert_eq!(line, "a\\r\\nb\\u{1b}[2Kc\\u{2028}d\\u{85}e\\u{202e}f\\u{7f}\\u{9b}1mg");
        let json = one_line_json(&serde_json::json!({"id": hostile}).to_string()).into_owned();
        assert!(!json.contains(is_unsafe), "{json}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["id"], hostile);
        assert!(matches!(one_line("Müller 調査"), Cow::Borrowed(_)));
    }
}

//! A regular expression means after its translation what it meant before: anchors, word boundaries and flags are
//! worked out, and whole values match exactly where a search with the original finds something.

use crate::support::generate;
use proptest::prelude::*;
use sigmalert::query::regex::{Flags, parse};

/// Expressions with assertions in all the places where they are awkward.
fn with_assertions() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(
        &["a", "b", "A", "_", " ", "-", "é", "\\n", ".", "\\w", "\\W", "\\s", "[^a]", "^", "$", "\\b", "\\B", "\\A", "\\z"][..],
    )
    .prop_map(str::to_owned);
    let quantified = (atom, prop::sample::select(&["", "", "", "", "*", "+", "?", "{0,2}"][..])).prop_map(|(a, q)| {
        // An assertion repeated is the assertion, or nothing; engines differ in how they take it.
        if matches!(a.as_str(), "^" | "$" | "\\b" | "\\B" | "\\A" | "\\z") { a } else { a + q }
    });
    quantified.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(|v| v.concat()),
            2 => prop::collection::vec(inner.clone(), 1..4).prop_map(|v| format!("(?:{})", v.join("|"))),
            1 => (inner, prop::sample::select(&["*", "+", "?"][..])).prop_map(|(i, q)| format!("(?:{i}){q}")),
        ]
    })
}

fn value() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&["a", "b", "A", "B", "_", " ", "-", "é", "É", "\n", "k", "."][..]), 0..7)
        .prop_map(|v| v.concat())
}

proptest! {
    #![proptest_config(crate::support::seed::config(1500))]

    #[test]
    fn translated_and_original_agree(
        text in prop_oneof![with_assertions(), generate::regex_text()],
        values in prop::collection::vec(value(), 1..12),
        ignore_case: bool, multi_line: bool, dot_all: bool,
    ) {
        let flags = Flags { ignore_case, multi_line, dot_all };
        // What is too large after its assertions were worked out is refused, which is no mistake.
        let Ok(re) = parse(&text, flags) else { return Ok(()) };
        // ASCII `\w`, `\b` as PCRE has them without its Unicode option; letters outside ASCII keep their case folding.
        let original = regex::RegexBuilder::new(&ascii_classes(&text))
            .case_insensitive(ignore_case).multi_line(multi_line).dot_matches_new_line(dot_all)
            .build().unwrap();
        let translated = regex::Regex::new(&re.to_rust()).unwrap();
        for v in &values {
            // `\B` of ASCII cannot be said to the other engine: it would match within a character.
            if text.contains("\\B") && !v.is_ascii() {
                continue;
            }
            // Case folding crosses from ASCII to other letters in Rust only (`k` and the Kelvin sign): not in `value`.
            prop_assert_eq!(original.is_match(v), translated.is_match(v), "{:?} on {:?} became {}", text, v, re.to_rust());
        }
    }
}

/// The `regex` crate takes `\w` and the like for Unicode unless told otherwise; `$` for the very end.
fn ascii_classes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('w') => out.push_str("[0-9A-Za-z_]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('s') => out.push_str("[\\t-\\r ]"),
                Some('S') => out.push_str("[^\\t-\\r ]"),
                Some('d') => out.push_str("[0-9]"),
                Some('b') => out.push_str("(?-u:\\b)"),
                Some('B') => out.push_str("\\B"),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    out
}

/// However repetitions are nested, what is printed reads back as the same expression.
#[test]
fn nested_repetitions_round_trip() {
    use sigmalert::lang::{Limits, lucene};
    use sigmalert::query::{Schema, simplify};
    let schema = Schema::default();
    for regex in ["ab*?*c", "ab???*c", "(b+)?*", "((b?)?)+", "(((b*)?)*)?", "(ab)?+*?"] {
        let read = |text: &str| simplify(lucene::parse(text, &schema).unwrap_or_else(|e| panic!("{text}: {e}")));
        let expr = read(&format!("f:/{regex}/"));
        let printed = lucene::print(&expr, &Limits::default()).unwrap();
        assert_eq!(read(&printed), expr, "{regex} is printed as {printed}");
    }
}

//! Text in Lucene, KQL or Query DSL, by its first byte: what is understood prints and reads back to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmalert::lang::{Limits, dsl, kql, lucene};
use sigmalert::matcher::{Matcher, Scratch};
use sigmalert::query::{Expr, Schema, Test, simplify};

/// What has one meaning, see `tests/sigma/panics.rs`.
fn is_plain(e: &Expr) -> bool {
    let mut plain = true;
    e.for_each_test(&mut |field, test| {
        plain &= field.is_none_or(|f| !f.is_empty() && !f.contains('*') && f.trim() == &**f);
        plain &= !matches!(test, Test::Phrase(words) if !words.concat().is_ascii());
    });
    plain
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let (schema, limits) = (Schema::default(), Limits::default());
    let parsed = match first % 3 {
        0 => lucene::parse(text, &schema).ok(),
        1 => kql::parse(text, &schema).ok(),
        _ => serde_json::from_str(text).ok().and_then(|v| dsl::parse(&v, &schema).ok()),
    };
    let Some(e) = parsed.map(simplify) else { return };
    let matcher = Matcher::new([&e], None);
    let _ = matcher.matches(br#"{"a": "b", "f": [1, null, {"g": "x y"}]}"#, &mut Scratch::default());
    if !is_plain(&e) {
        return;
    }
    let again = match first % 3 {
        0 => lucene::print(&e, &limits).ok().map(|t| lucene::parse(&t, &schema)),
        1 => kql::print(&e, &limits).ok().map(|t| kql::parse(&t, &schema)),
        _ => dsl::print(&e, &limits).ok().map(|t| dsl::parse(&t, &schema)),
    };
    if let Some(again) = again {
        assert_eq!(simplify(again.expect("what was printed is read")), e, "{text}");
    }
});

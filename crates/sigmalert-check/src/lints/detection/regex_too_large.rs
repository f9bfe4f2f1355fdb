//! SG417: A regular expression is longer or needs a larger automaton than an index takes as it comes.

use crate::prelude::*;
use sigmalert_query::lang::Limits;
use sigmalert_query::regex;
use sigmalert_query::regex::Flags;

/// A regular expression is longer or needs a larger automaton than an index takes as it comes.
pub(crate) static LINT: Lint = Lint {
    code: "SG417",
    name: "regex-too-large",
    severity: Severity::Warning,
    what: "A regular expression is longer or needs a larger automaton than an index takes as it comes.",
    why: "The search fails: `index.max_regex_length` is 1000, and Lucene bounds the work of making an automaton.",
    bad: "detection:
    selection:
        CommandLine|re: '[^a]{30}.{60}[^b]{60}x.{90}'
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|re: '[^a]{3}x'
    condition: selection
",
    check: Check::Item(check),
    ..BASE
};

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.modifiers.first() != Some(&Modifier::Re) {
        return;
    }
    let has = |m| item.modifiers.contains(&m);
    let flags = Flags { ignore_case: has(Modifier::IgnoreCase), multi_line: has(Modifier::MultiLine), dot_all: has(Modifier::DotAll) };
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Some(re) = v.text().and_then(|t| regex::parse(t, flags).ok()) else { continue };
        if let Err(e) = sigmalert_query::lang::lucene::regex::within(&re, &Limits::default()) {
            out.at(*pos, e.what).help(e.help);
        }
    }
}

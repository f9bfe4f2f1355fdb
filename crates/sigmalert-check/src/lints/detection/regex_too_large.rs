//! SG417: A regular expression is longer, or needs a larger automaton, than an index accepts by default.

use crate::prelude::*;
use sigmalert_query::lang::Limits;
use sigmalert_query::regex;
use sigmalert_query::regex::Flags;

/// A regular expression is longer, or needs a larger automaton, than an index accepts by default.
pub(crate) static LINT: Lint = Lint {
    code: "SG417",
    name: "regex-too-large",
    severity: Severity::Warning,
    what: "A regular expression is longer, or needs a larger automaton, than an index accepts by default.",
    why: "The search fails: `index.max_regex_length` is 1000, and Lucene limits the cost of building an automaton.",
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
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

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

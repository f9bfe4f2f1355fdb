//! SG416: A regular expression can be replaced by a plain value.

use crate::prelude::*;
use sigmalert_query::Part;
use sigmalert_query::regex;
use sigmalert_query::regex::Flags;

/// A regular expression can be replaced by a plain value.
pub(crate) static LINT: Lint = Lint {
    code: "SG416",
    name: "unnecessary-regex",
    aliases: &["regex-plain"],
    severity: Severity::Info,
    what: "A regular expression can be replaced by a plain value.",
    why: "A plain value is easier to read, case-insensitive and cheaper to search.",
    bad: "detection:
    selection:
        CommandLine|re: '(?i)^whoami.*'
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|startswith: 'whoami'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if item.field.is_none() || item.modifiers.first() != Some(&Modifier::Re) {
        return;
    }
    let ends = item.modifiers.iter().any(|m| matches!(m, Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith));
    let ignore = item.modifiers.contains(&Modifier::IgnoreCase);
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let (Value::Text(text), false) = (v, ends) else { continue };
        let inline = text.strip_prefix("(?i)");
        let body = inline.unwrap_or(text);
        let flags = Flags::default();
        let Some(pattern) = regex::parse(body, flags).ok().and_then(|re| re.to_pattern()) else { continue };
        let words: Vec<&str> = pattern.literals().collect();
        let cased = !(ignore || inline.is_some()) && pattern.has_cased_letter();
        let modifier = match (pattern.parts(), words.as_slice()) {
            ([Part::Lit(_)], _) => "no modifier",
            ([Part::Any, Part::Lit(_), Part::Any], _) => "`contains`",
            ([Part::Lit(_), Part::Any], _) => "`startswith`",
            ([Part::Any, Part::Lit(_)], _) => "`endswith`",
            _ => continue,
        };
        let cased = if cased { " and `cased`" } else { "" };
        out.at(*pos, format!("the expression can be written as `{}` with {modifier}{cased}", words[0]));
    }
}

//! SG409: A value of a list is subsumed by another value.

use crate::logic::covers;
use crate::prelude::*;
use sigmalert_query::Case;
use sigmalert_query::Pattern;

/// A value of a list is subsumed by another value.
pub(crate) static LINT: Lint = Lint {
    code: "SG409",
    name: "subsumed-value",
    aliases: &["value-covered"],
    severity: Severity::Warning,
    what: "A value of a list is subsumed by another value.",
    why: "It is redundant; often the broader value is broader than intended.",
    bad: "detection:
    selection:
        CommandLine|contains:
            - 'whoami'
            - 'whoami /all'
    condition: selection
",
    good: "detection:
    selection:
        CommandLine|contains: 'whoami'
    condition: selection
",
    fix: Some("removes it"),
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(d: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    let simple = |m: &Modifier| matches!(m, Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith | Modifier::Cased);
    if !(2..=400).contains(&item.values.len())
        || !item.modifiers.iter().all(simple)
        || item.values.iter().any(|v| !matches!(v, Value::Text(_)))
    {
        return;
    }
    let case = if item.modifiers.contains(&Modifier::Cased) { Case::Sensitive } else { Case::Insensitive };
    let (start, end) = (
        item.modifiers.contains(&Modifier::Contains) || item.modifiers.contains(&Modifier::EndsWith) || item.field.is_none(),
        item.modifiers.contains(&Modifier::Contains) || item.modifiers.contains(&Modifier::StartsWith) || item.field.is_none(),
    );
    let fold = |t: &str| if case == Case::Insensitive { t.to_lowercase() } else { t.to_owned() };
    let texts: Vec<String> = item.values.iter().map(|v| fold(v.text().unwrap_or_default())).collect();
    // Without wildcards, a value subsumes another only if it is a substring of it.
    if !start && !end && !texts.iter().any(|t| t.contains(['*', '?'])) {
        return;
    }
    let plain: Vec<Pattern> = texts.iter().map(|t| sigmalert_query::from_sigma::pattern(t, Case::Sensitive)).collect();
    let open = |p: &Pattern| {
        let p = if start { p.clone().open_start() } else { p.clone() };
        if end { p.open_end() } else { p }
    };
    // Most values have no wildcards: then a value subsumes those that contain it.
    let literals: Option<Vec<&str>> = plain.iter().map(Pattern::as_literal).collect();
    let patterns: Vec<Pattern> = if literals.is_some() { Vec::new() } else { plain.iter().map(open).collect() };
    for i in 0..plain.len() {
        let covered = |j: usize| match &literals {
            Some(l) if l[i] == l[j] || l[j].is_empty() => false,
            Some(l) => match (start, end) {
                (true, true) => l[i].contains(l[j]),
                (true, false) => l[i].ends_with(l[j]),
                _ => l[i].starts_with(l[j]),
            },
            None => patterns[j] != patterns[i] && covers(&patterns[j], &patterns[i]),
        };
        if let Some(j) = (0..plain.len()).find(|j| *j != i && covered(*j)) {
            let fix = d.drop_item(item.value_pos[i], "Remove the value").map(Fix::rewriting);
            out.at(item.value_pos[i], format!("this value is subsumed by `{}`", item.values[j])).fix(fix);
        }
    }
}

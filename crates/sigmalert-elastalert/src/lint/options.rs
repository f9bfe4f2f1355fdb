//! Single options: name, value and release.

use super::Report;
use crate::load::environment::has_variable;
use crate::options::{self, OptionType, Scope};
use crate::upgrade;
use sigmalert_sigma::yaml::Value;

/// Keys that other programs put into rule files.
fn is_foreign(key: &str) -> bool {
    const WORDS: [&str; 6] = ["sigmalert", "references", "falsepositives", "tags", "rule_file", "compound_query_key"];
    WORDS.contains(&key) || key.starts_with('_') || key.starts_with("jira_") || key.starts_with("sigma")
}

pub(super) fn check(r: &mut Report<'_>) {
    required(r);
    let kind = r.rule.entry("type").and_then(|e| e.value.as_str()).unwrap_or_default().to_owned();
    let names: Vec<(String, Value)> = r.entries().map(|(k, v)| (k.to_owned(), v.clone())).collect();
    let release = r.audience.release;
    for (key, value) in &names {
        if let Some(gone) = upgrade::gone(key, &kind) {
            r.warning("EA112", key, gone.message, gone.help).fixable = gone.fixable;
            continue;
        }
        // Of several scopes that of the rule type decides which values are valid.
        let mut specs: Vec<&options::Spec> = options::named(key).collect();
        if specs.iter().any(|s| s.scope == Scope::Type(type_of(&kind))) {
            specs.retain(|s| s.scope == Scope::Type(type_of(&kind)));
        }
        let Some(spec) = specs.first() else {
            if !is_foreign(key)
                && let Some(meant) = options::nearest(key, options::all().iter().map(|s| s.name))
            {
                r.warning("EA113", key, format!("`{key}` is not an option of ElastAlert, which ignores it"), format!("`{meant}` is one"));
            }
            continue;
        };
        if !specs.iter().any(|s| s.is_in(release)) {
            let when = match (spec.since, spec.until) {
                (Some(s), _) => format!("it came with {s}"),
                (_, Some(u)) => format!("its last release was {u}"),
                _ => String::new(),
            };
            // An unavailable alerter is reported where `alert` names it.
            if !matches!(spec.scope, Scope::Alert(a) if options::alerter(a).is_some_and(|a| !a.is_in(release))) {
                r.warning("EA115", key, format!("ElastAlert {release} does not know `{key}` and ignores it: {when}"), "");
            }
            continue;
        }
        if specs.iter().all(|s| matches!(s.scope, Scope::Type(t) if t != kind)) && options::types().contains(&kind.as_str()) {
            let of: Vec<&str> = specs.iter().filter_map(|s| if let Scope::Type(t) = s.scope { Some(t) } else { None }).collect();
            r.warning("EA114", key, format!("`{key}` has no effect in rules of type `{kind}`"), format!("it is for {}", of.join(", ")));
            continue;
        }
        if let Err(found) = spec.kind.check(value) {
            if value.as_str().is_some_and(has_variable) {
                let message = format!("`{key}` takes {}, and its environment variable is not set here", spec.kind.describe());
                r.warning("EA102", key, message, "set the variable where ElastAlert runs");
                continue;
            }
            let fixable = upgrade::mended(spec, value).is_some();
            let help = if spec.kind == OptionType::Nothing { "leave it out" } else { "" };
            r.error("EA102", key, format!("`{key}` takes {}, and has {found}", spec.kind.describe()), help).fixable = fixable;
        }
    }
    overrides(r);
}

/// The static name of a type.
fn type_of(kind: &str) -> &'static str {
    options::types().iter().find(|t| **t == kind).copied().unwrap_or_default()
}

fn required(r: &mut Report<'_>) {
    for key in ["type", "index", "alert"] {
        if r.rule.entry(key).is_none() {
            let help = match key {
                "alert" => "`alert: [debug]` writes to ElastAlert's log",
                "index" => {
                    "name the index pattern, such as `winlogbeat-*`, in the rule or a file that it imports; config.yaml is not read for it"
                }
                _ => "`type: any` alerts on every event",
            };
            r.error("EA101", key, format!("the rule has no `{key}`"), help).fixable = key == "alert";
        }
    }
    match r.rule.entry("alert").map(|e| &e.value) {
        Some(Value::List(items)) if items.is_empty() => {
            r.error(
                "EA109",
                "alert",
                "`alert` is empty: ElastAlert fails when the rule matches",
                "`alert: [debug]` writes to ElastAlert's log",
            )
            .fixable = true;
        }
        Some(Value::List(_) | Value::Map(_)) | None => {}
        Some(v) if v.as_str().is_some() => {}
        Some(_) => _ = r.error("EA102", "alert", "`alert` takes a name or a list of names", ""),
    }
    let queries: Vec<String> =
        r.entries().filter(|(k, _)| *k == "filter").flat_map(|(_, v)| texts(v)).filter(|t| has_variable(t)).collect();
    if let Some(query) = queries.first() {
        let at = query.find('$').unwrap_or_default();
        let piece: String = query[at..].chars().take(20).collect();
        r.warning(
            "EA111",
            "filter",
            format!("ElastAlert replaces `{piece}` where its environment has such a variable"),
            "write the `$` as `\\x24` in double quotes",
        );
    }
}

/// All texts within a value.
fn texts(v: &Value) -> Vec<String> {
    match v {
        Value::Str(s) | Value::Environment(s) => vec![s.clone()],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Map(entries) => entries.iter().flat_map(|(_, v)| texts(v)).collect(),
        _ => Vec::new(),
    }
}

/// Options that one alerter overrides: the schema does not check them.
fn overrides(r: &mut Report<'_>) {
    let found: Vec<(String, String)> = r
        .rule
        .alerters()
        .into_iter()
        .flat_map(|(name, over)| over.iter().map(move |(k, v)| (name.to_owned(), k.clone(), v.clone())))
        .filter_map(|(name, key, value)| {
            let spec = options::named(&key).next()?;
            let found = spec.kind.check(&value).err()?;
            Some((name, format!("`{key}` takes {}, and has {found}", spec.kind.describe())))
        })
        .collect();
    for (name, message) in found {
        r.warning("EA102", "alert", format!("{name}: {message}"), "");
    }
}

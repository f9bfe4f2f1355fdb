//! Filters and alerts in their current forms.

use super::Edit;
use crate::audience::Audience;
use sigmalert_sigma::yaml::Value;

fn map(key: &str, value: Value) -> Value {
    Value::Map(vec![(key.to_owned(), value)])
}

/// Returns a filter of Elasticsearch 1 or 2 in the form that servers accept since 5, or `None` if it has that form already
/// or cannot be converted.
pub fn modern_filter(filter: &Value) -> Option<Value> {
    let Value::Map(clauses) = filter else { return None };
    let [(name, body)] = clauses.as_slice() else { return None };
    let each = |items: &[Value]| Value::List(items.iter().map(|i| modern_filter(i).unwrap_or_else(|| i.clone())).collect());
    let listed = |body: &Value| match body {
        Value::List(items) => Some(each(items)),
        Value::Map(m) => match m.iter().find(|(k, _)| k == "filters").map(|(_, v)| v) {
            Some(Value::List(items)) => Some(each(items)),
            _ => None,
        },
        _ => None,
    };
    let bool_of = |key: &str, value: Value| map("bool", map(key, value));
    match name.as_str() {
        "and" => Some(bool_of("must", listed(body)?)),
        "or" => Some(bool_of("should", listed(body)?)),
        "not" => {
            let inner = body.get("filter").unwrap_or(body);
            Some(bool_of("must_not", Value::List(vec![modern_filter(inner).unwrap_or_else(|| inner.clone())])))
        }
        "missing" => Some(bool_of("must_not", Value::List(vec![map("exists", map("field", body.get("field")?.clone()))]))),
        "filtered" => {
            let parts: Vec<Value> = ["query", "filter"].iter().filter_map(|k| body.get(k).cloned()).collect();
            Some(bool_of("filter", each(&parts)))
        }
        "fquery" => body.get("query").cloned(),
        _ => None,
    }
}

const OLD: [&str; 2] = ["{match[", "{rule["];

/// Returns whether a text has a template of the original ElastAlert: `{match[field]}`, `{rule[name]}`.
pub fn has_old_template(value: &Value) -> bool {
    match value {
        Value::Str(s) | Value::Environment(s) => OLD.iter().any(|o| s.contains(o)),
        Value::List(items) => items.iter().any(has_old_template),
        Value::Map(entries) => entries.iter().any(|(_, v)| has_old_template(v)),
        _ => false,
    }
}

/// Converts a template of the original ElastAlert to a text with placeholders and their fields: `{match[host][name]!s}` is
/// `{0!s}` and `host.name`. Returns `None` for a text with other placeholders.
fn places(text: &str) -> Option<(String, Vec<String>)> {
    let (mut out, mut args) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(more) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
            out.push_str(&rest[..2]);
            rest = more;
            continue;
        }
        let inner = OLD.iter().find_map(|o| rest.strip_prefix(o))?;
        let (field, tail) = path(inner)?;
        // A conversion and a format (`!r`, `:>10`) follow the number.
        let end = tail.find('}')?;
        let form = &tail[..end];
        if !(form.is_empty() || form.starts_with(['!', ':'])) || form.contains('{') {
            return None;
        }
        out.push_str(&format!("{{{}{form}}}", args.len()));
        args.push(field);
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    Some((out, args))
}

/// Parses `host][name]` as the field `host.name`, and returns the rest. Digits are list indices.
fn path(text: &str) -> Option<(String, &str)> {
    let (mut field, mut rest) = (String::new(), text);
    loop {
        let end = rest.find(['[', ']', '{', '}'])?;
        let part = rest[..end].trim_matches(['\'', '"']);
        if part.is_empty() || !rest[end..].starts_with(']') {
            return None;
        }
        if !field.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) {
            field.push_str(&format!("[{part}]"));
        } else {
            if !field.is_empty() {
                field.push('.');
            }
            field.push_str(part);
        }
        rest = &rest[end + 1..];
        match rest.strip_prefix('[') {
            Some(more) => rest = more,
            None => return Some((field, rest)),
        }
    }
}

/// Returns whether a text is what version 0.1 made of a nested template: `host][name`.
pub fn is_cut(value: &Value) -> bool {
    match value {
        Value::Str(s) | Value::Environment(s) => s.contains("]["),
        Value::List(items) => items.iter().any(is_cut),
        Value::Map(entries) => entries.iter().any(|(_, v)| is_cut(v)),
        _ => false,
    }
}

/// The field of a value that is a single template; other values unchanged.
fn bare(value: &Value) -> Value {
    match value {
        Value::Str(s) if s.contains("][") && !s.contains(['{', '}']) => match path(&format!("{s}]")) {
            Some((field, "")) => Value::Str(field),
            _ => value.clone(),
        },
        Value::Str(s) => match places(s) {
            Some((t, args)) if t == "{0}" && args.len() == 1 => Value::Str(args[0].clone()),
            _ => value.clone(),
        },
        Value::List(items) => Value::List(items.iter().map(bare).collect()),
        other => other.clone(),
    }
}

/// Converts templates of the original ElastAlert in subject and text.
fn texts(edit: &mut Edit) {
    for (key, args) in [("alert_subject", "alert_subject_args"), ("alert_text", "alert_text_args")] {
        let filled = [args, "alert_text_kw"].iter().any(|k| edit.get(k).is_some());
        let Some(text) = edit.get(key).filter(|v| has_old_template(v) && !filled).and_then(Value::as_str) else { continue };
        if edit.text("alert_text_type") == Some("alert_text_jinja") {
            continue;
        }
        let Some((text, fields)) = places(text) else { continue };
        edit.set(key, Value::Str(text), format!("`{key}` has its fields in `{args}`"));
        edit.set(args, Value::List(fields.into_iter().map(Value::Str).collect()), format!("`{args}` is there"));
    }
}

pub(super) fn apply(edit: &mut Edit, audience: Audience) {
    texts(edit);
    let new_term = edit.text("type") == Some("new_term");
    if let Some(Value::List(items)) = edit.get("filter").cloned() {
        let changed: Vec<Value> = items
            .iter()
            .map(|f| {
                let f = modern_filter(f).unwrap_or_else(|| f.clone());
                match f.get("query") {
                    // ElastAlert unwraps the filters of all other types.
                    Some(q) if new_term && !audience.praeco => q.clone(),
                    _ => f,
                }
            })
            .collect();
        edit.set("filter", Value::List(changed), "filters were rewritten in the form that servers accept");
    }
    if let Some(Value::Map(config)) = edit.get("hive_alert_config").cloned() {
        edit.set("hive_alert_config", Value::Map(hive(config)), "`hive_alert_config` was rewritten in the form that ElastAlert 2 accepts");
    }
    if let Some(Value::List(items)) = edit.get("hive_observable_data_mapping").cloned() {
        let observables = items
            .iter()
            .map(|i| match i {
                Value::Map(m) => {
                    // The first key is the type of the observable.
                    let rank = |k: &str| usize::from(matches!(k, "tlp" | "message" | "tags"));
                    let mut m: Vec<(String, Value)> = m.iter().map(|(k, v)| (k.clone(), bare(v))).collect();
                    m.sort_by_key(|(k, _)| rank(k));
                    Value::Map(m)
                }
                other => other.clone(),
            })
            .collect();
        edit.set(
            "hive_observable_data_mapping",
            Value::List(observables),
            "observables begin with their type and contain only field names",
        );
    }
}

fn hive(config: Vec<(String, Value)>) -> Vec<(String, Value)> {
    const WITH_ARGS: [&str; 4] = ["title", "description", "type", "source"];
    let mut out: Vec<(String, Value)> = Vec::new();
    for (key, value) in config {
        match (&*key, &value) {
            ("customFields", Value::Map(fields)) => {
                let fields = fields.iter().map(|(name, v)| {
                    // In the old form the key of the value is its type.
                    let (kind, value) = match v {
                        Value::Map(m) => {
                            m.iter().find(|(k, _)| k != "order").map_or(("string", Value::Null), |(k, v)| (k.as_str(), v.clone()))
                        }
                        v => ("string", v.clone()),
                    };
                    Value::Map(vec![("name".into(), name.as_str().into()), ("type".into(), kind.into()), ("value".into(), bare(&value))])
                });
                out.push((key, Value::List(fields.collect())));
            }
            (k, Value::Str(text)) if WITH_ARGS.contains(&k) && has_old_template(&value) => match places(text) {
                Some((text, args)) => {
                    out.push((key.clone(), Value::Str(text)));
                    out.push((format!("{key}_args"), Value::List(args.into_iter().map(Value::Str).collect())));
                }
                None => out.push((key, value)),
            },
            _ => out.push((key, bare(&value))),
        }
    }
    for (key, default) in [("type", "external"), ("source", "elastalert")] {
        if !out.iter().any(|(k, _)| k == key) {
            out.push((key.to_owned(), default.into()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_as_python_formats_them() {
        let of = |t: &str| places(t).map(|(t, a)| (t, a.join(" ")));
        let is = |t: &str, a: &str| Some((t.to_owned(), a.to_owned()));
        assert_eq!(of("{match[rule][description]}"), is("{0}", "rule.description"));
        assert_eq!(of("a {match[user.name]} b {rule[name]!s} {{c}}"), is("a {0} b {1!s} {{c}}", "user.name name"));
        assert_eq!(of("{match[tags][0][x]:>10}"), is("{0:>10}", "tags[0].x"));
        assert_eq!(of("{match['a']}"), is("{0}", "a"));
        for other in ["{match[a}", "{match[]}", "{match[a][}", "{match[a].b}", "{0} {match[a]}", "{match[a]:{width}}", "{match[a]", "x } y"]
        {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(bare(&"rule][description".into()), "rule.description".into());
        assert_eq!(bare(&"host][name]!s} {rule[name".into()), "host][name]!s} {rule[name".into());
    }
}

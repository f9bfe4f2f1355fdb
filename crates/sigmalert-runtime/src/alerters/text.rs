//! What an alert says: title, body and summary, to the letter as ElastAlert writes them.

use super::{Failed, Message};
use crate::lookup::{Document, lookup};
use crate::rule_types::message;
use crate::text::format::{Arguments, format_any};
use crate::text::{python, table};
use indexmap::IndexMap;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::{Map, Value, json};

/// Makes a text of an event harmless where it is sent.
pub(crate) type Escape = fn(&str) -> String;

/// Nothing needs to be done.
pub(crate) fn as_is(text: &str) -> String {
    text.to_owned()
}

/// For HTML.
pub(crate) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#x27;")
}

/// For Slack and Google Chat: nobody is called by `<!channel>`, no link hides behind another.
pub(crate) fn angles(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// For Mattermost, Rocket.Chat and Discord: nobody is called by `@all`.
pub(crate) fn mentions(text: &str) -> String {
    text.replace('@', "@\u{200b}").replace("<!", "<\u{200b}!").replace("<#", "<\u{200b}#").replace("<@", "<\u{200b}@")
}

/// How long a template may work.
const FUEL: u64 = 1_000_000;

/// A value of an event with all its texts made harmless.
pub(crate) fn escaped(value: &Value, escape: Escape) -> Value {
    match value {
        Value::String(s) => escape(s).into(),
        Value::Array(items) => items.iter().map(|i| escaped(i, escape)).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(k, v)| (escape(k), escaped(v, escape))).collect()),
        other => other.clone(),
    }
}

/// Carries out a template of a rule on a match. It reaches nothing but what it is given, and ends.
pub(crate) fn jinja(m: &Message<'_>, doc: &Document, template: &str, escape: Escape) -> Result<String, Failed> {
    let mut values: Map<String, Value> =
        m.options.0.iter().filter(|(k, _)| !m.rule.hides(k)).map(|(k, v)| (k.clone(), v.clone())).collect();
    values.extend(doc.iter().map(|(k, v)| (k.clone(), escaped(v, escape))));
    let root = m.options.text_or("jinja_root_name", "_data");
    let all = values.clone();
    values.insert(root, Value::Object(all));
    render(template, &Value::Object(values))
}

/// Carries out a template.
pub(crate) fn render(template: &str, values: &Value) -> Result<String, Failed> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_formatter(|out, _, value| {
        // Python's words for what has no text of its own.
        if value.is_undefined() {
            return Ok(());
        }
        let json = serde_json::to_value(value).unwrap_or_default();
        out.write_str(&python::str(&json)).map_err(minijinja::Error::from)
    });
    environment
        .render_str(template, minijinja::Value::from(minijinja::value::Serde(values)))
        .map_err(|e| Failed::new(format!("the template cannot be carried out: {e:#}")))
}

/// A field of a match as it stands in a text, or what stands for a missing one.
fn shown(m: &Message<'_>, doc: &Document, name: &str, escape: Escape) -> Value {
    match lookup(doc, name).filter(|v| !v.is_null()) {
        Some(v) => escaped(&v, escape),
        None => m.options.get(name).filter(|v| python::truthy(v) && !m.rule.hides(name)).cloned().unwrap_or_else(|| m.missing().into()),
    }
}

/// `{}` in a text replaced by fields.
pub(crate) fn formatted(m: &Message<'_>, doc: &Document, template: &str, args: &[String], escape: Escape) -> Result<String, Failed> {
    let values: Vec<Value> = args.iter().map(|a| shown(m, doc, a, escape)).collect();
    Ok(format_any(template, &Arguments::Positional(&values), &m.missing())?)
}

/// See [`Message::title`].
pub(crate) fn title(m: &Message<'_>, default: &dyn Fn() -> String, escape: Escape) -> Result<String, Failed> {
    let Some(subject) = m.options.text("alert_subject") else { return Ok(default()) };
    let args = m.options.texts("alert_subject_args");
    let text = if m.options.get("alert_subject_args").is_some() {
        formatted(m, m.first(), &subject, &args, escape)?
    } else if is_jinja(m) {
        jinja(m, m.first(), &subject, escape)?
    } else {
        subject
    };
    let limit = usize::try_from(m.options.count("alert_subject_max_len").unwrap_or(2048)).unwrap_or(2048);
    Ok(text.chars().take(limit).collect())
}

fn is_jinja(m: &Message<'_>) -> bool {
    m.options.text("alert_text_type").as_deref() == Some("alert_text_jinja")
}

/// How an alerter writes the fields of a match.
pub(crate) type Items = fn(&Document, Escape) -> String;

/// The fields of a match, one a line.
pub(crate) fn items(doc: &Document, escape: Escape) -> String {
    let mut keys: Vec<&String> = doc.keys().filter(|k| !k.starts_with("top_events_")).collect();
    keys.sort_unstable();
    let mut out = String::new();
    for key in keys {
        let value = escaped(&doc[key], escape);
        let text = if value.is_array() || value.is_object() { python::pretty_json(&value) } else { python::str(&value) };
        let plain = key == "@timestamp" || key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        let name = if plain { key.clone() } else { escape(key) };
        out.push_str(&format!("{name}: {text}\n"));
    }
    out
}

/// The text of one match.
pub(crate) fn of_match(m: &Message<'_>, doc: &Document, escape: Escape, items: Items) -> Result<String, Failed> {
    let given = m.options.get("alert_text").is_some();
    let kind = m.options.text_or("alert_text_type", "");
    let mut out = if given { String::new() } else { format!("{}\n\n", m.rule.rule.name) };
    let pad = |out: &mut String| {
        while !out.ends_with("\n\n") {
            out.push('\n');
        }
    };
    let text = m.options.text_or("alert_text", "");
    out.push_str(&if kind == "alert_text_jinja" {
        match m.options.some_text("jinja_template_path") {
            Some(path) => {
                let path = m.rule.place_from_here(&path);
                let template = m.rule.read("jinja_template_path", &path, 1 << 20)?;
                jinja(m, doc, &template, escape)?
            }
            None => jinja(m, doc, &text, escape)?,
        }
    } else if m.options.get("alert_text_args").is_some() {
        formatted(m, doc, &text, &m.options.texts("alert_text_args"), escape)?
    } else if let Some(names) = m.options.map("alert_text_kw") {
        let values: Map<String, Value> = names.iter().map(|(field, name)| (python::str(name), shown(m, doc, field, escape))).collect();
        format_any(&text, &Arguments::Named(&values), &m.missing())?
    } else {
        text
    });
    pad(&mut out);
    if kind == "alert_text_only" || kind == "alert_text_jinja" {
        return Ok(out);
    }
    out.push_str(&message(m.rule, doc));
    pad(&mut out);
    if m.options.get("top_count_keys").is_some() {
        for (key, counts) in doc.iter().filter_map(|(k, v)| Some((k.strip_prefix("top_events_")?, v.as_object()?))) {
            out.push_str(&format!("{key}:\n"));
            let mut list: Vec<(&String, u64)> = counts.iter().map(|(k, v)| (k, v.as_u64().unwrap_or(0))).collect();
            list.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
            if list.is_empty() {
                out.push_str("No events found.\n");
            }
            for (term, count) in list {
                out.push_str(&format!("{}: {count}\n", escape(term)));
            }
            out.push('\n');
        }
    }
    if kind != "exclude_fields" {
        out.push_str(&items(doc, escape));
    }
    Ok(out)
}

/// The texts of all matches, divided by lines.
pub(crate) fn matches(m: &Message<'_>, escape: Escape) -> Result<String, Failed> {
    matches_with(m, escape, items)
}

/// The same with the fields written in another way.
pub(crate) fn matches_with(m: &Message<'_>, escape: Escape, items: Items) -> Result<String, Failed> {
    if m.options.text("alert_text_type").as_deref() == Some("aggregation_summary_only") {
        return Ok(String::new());
    }
    let mut out = String::new();
    for doc in m.matches {
        out.push_str(&of_match(m, doc, escape, items)?);
        if m.matches.len() > 1 {
            out.push_str("\n----------------------------------------\n");
        }
    }
    Ok(out)
}

/// See [`Message::body`].
pub(crate) fn body(m: &Message<'_>, escape: Escape, width: usize) -> Result<String, Failed> {
    Ok(summary(m, escape, width) + &matches(m, escape)?)
}

/// The table of `summary_table_fields`, with what stands around it.
pub(crate) fn summary(m: &Message<'_>, escape: Escape, width: usize) -> String {
    let fields = m.options.list("summary_table_fields");
    if fields.is_empty() {
        return String::new();
    }
    let mut out = m.options.text_or("summary_prefix", "");
    if !out.is_empty() {
        out.push('\n');
    }
    let (mut paths, mut header) = (Vec::new(), Vec::new());
    for field in &fields {
        let path = field.get("path").unwrap_or(field);
        paths.push(python::str(path));
        header.push(python::str(field.get("header").unwrap_or(path)));
    }
    let names: Vec<Value> = paths.iter().map(|p| p.as_str().into()).chain(["count".into()]).collect();
    out.push_str(&format!("Aggregation resulted in the following data for summary_table_fields ==> {}:\n\n", python::repr(&names.into())));
    header.push("count".into());
    let mut counts: IndexMap<Vec<String>, u64> = IndexMap::new();
    for doc in m.matches {
        let row = paths.iter().map(|p| escape(&lookup(doc, p).map_or_else(|| "None".into(), |v| python::str(&v)))).collect();
        *counts.entry(row).or_default() += 1;
    }
    let most = m.options.count("summary_table_max_rows");
    let mut rows: Vec<(Vec<String>, u64)> = counts.into_iter().collect();
    if let Some(most) = most {
        rows.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        rows.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(row, n)| row.into_iter().chain([n.to_string()]).collect()).collect();
    match m.options.text_or("summary_table_type", "ascii").as_str() {
        "markdown" => out.push_str(&table::markdown(&header, &rows)),
        "html" => out = table::html(&header, &rows),
        _ => out.push_str(&(table::ascii(&header, &rows, width) + "\n\n")),
    }
    if let Some(n) = most {
        out.push_str(&format!("Showing top {n} rows\n"));
    }
    out.push_str(&m.options.text_or("summary_suffix", ""));
    out
}

/// Python's `json.dumps` of matches.
pub(crate) fn json_of(docs: &[Document]) -> String {
    json!(docs).to_string()
}

//! OpsGenie: alerts of version 2.

use super::http::Http;
use super::text::{as_is, matches};
use super::{Failed, Message};
use crate::lookup::{Document, lookup};
use crate::text::format::{Arguments, format_any};
use crate::text::python;
use serde_json::{Map, Value, json};

/// A text with fields of the match in it. What cannot be filled stays as it is: a brace in a name is no mistake.
fn filled(m: &Message<'_>, text: &str) -> String {
    format_any(text, &Arguments::Named(m.first()), &m.missing()).unwrap_or_else(|_| text.to_owned())
}

/// Whom it concerns, by names with fields of the match in them.
fn responders(m: &Message<'_>, names: &str, default: &str) -> Vec<String> {
    let given = m.options.texts(names);
    let args = m.options.map(&format!("{names}_args"));
    let mut values = Document::new();
    for (key, field) in args.into_iter().flatten() {
        if let Some(v) = lookup(m.first(), &python::str(field)).filter(|v| python::truthy(v)) {
            values.insert(key.clone(), v.into_owned());
        }
    }
    let out: Vec<String> = given.iter().filter_map(|r| format_any(r, &Arguments::Named(&values), &m.missing()).ok()).collect();
    match (out.is_empty(), m.options.texts(default)) {
        (false, _) => out,
        (true, fallback) if !given.is_empty() && !fallback.is_empty() => fallback,
        _ => given,
    }
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let message = match (o.some_text("opsgenie_message"), o.some_text("opsgenie_subject")) {
        (Some(text), _) => filled(m, &text),
        (None, Some(subject)) => {
            let args = o.texts("opsgenie_subject_args");
            if args.is_empty() { subject } else { m.formatted(&subject, &args, as_is)? }
        }
        (None, None) => m.keyed_title(as_is),
    };
    let mut tags = o.texts("opsgenie_tags");
    tags.extend(["ElastAlert".into(), m.rule.rule.name.clone()]);
    let tags: Vec<String> = tags.iter().map(|t| filled(m, t)).collect();
    let mut post = json!({
        "message": message, "tags": tags, "source": filled(m, &o.text_or("opsgenie_source", "ElastAlert")),
        "description": match o.some_text("opsgenie_description") { Some(d) => filled(m, &d), None => matches(m, as_is)? },
        "priority": Value::Null,
        // OpsGenie takes the same alias for the same alert.
        "alias": o.some_text("opsgenie_alias").map_or_else(|| m.id.to_owned(), |a| filled(m, &a)),
    });
    if let Some(user) = o.some_text("opsgenie_account") {
        post["user"] = user.into();
    }
    let default =
        if o.get("opsgenie_default_recipients").is_some() { "opsgenie_default_recipients" } else { "opsgenie_default_receipients" };
    let users = responders(m, "opsgenie_recipients", default);
    if !users.is_empty() {
        post["responders"] = users.iter().map(|r| json!({"username": r, "type": "user"})).collect();
    }
    let teams = responders(m, "opsgenie_teams", "opsgenie_default_teams");
    if !teams.is_empty() {
        post["teams"] = teams.iter().map(|r| json!({"name": r, "type": "team"})).collect();
    }
    if let Some(entity) = o.some_text("opsgenie_entity") {
        post["entity"] = filled(m, &entity).into();
    }
    if let Some(p) = o.some_text("opsgenie_priority").map(|p| filled(m, &p)) {
        if ["P1", "P2", "P3", "P4", "P5"].contains(&p.as_str()) {
            post["priority"] = p.into();
        } else {
            tracing::warn!(rule = m.rule.rule.name, "opsgenie_priority is {p}, which is none of P1 to P5");
        }
    }
    let mut details: Map<String, Value> = Map::new();
    for (key, value) in o.map("opsgenie_details").into_iter().flatten() {
        match value {
            Value::Object(v) => {
                if let Some(found) = v.get("field").and_then(|f| lookup(m.first(), &python::str(f))) {
                    details.insert(key.clone(), python::str(&found).into());
                }
            }
            v => {
                details.insert(key.clone(), python::str(v).into());
            }
        }
    }
    if !details.is_empty() {
        post["details"] = Value::Object(details);
    }
    let url = o.text_or("opsgenie_addr", "https://api.opsgenie.com/v2/alerts");
    let http = Http::of(m, "opsgenie").header("authorization", &format!("GenieKey {}", o.text_or("opsgenie_key", "")));
    http.post(&url, &post).map(|_| ())
}

//! A model of Praeco's form: which options of a stored rule have no field in it, and whether the rule it sent is a stored rule
//! without edits.
//!
//! Praeco renames, moves and duplicates by creating a new rule from its form (and deleting the old one afterwards). What the
//! form does not know has to come from the stored rule, which the request does not name.

use crate::serve::rules::rule_file::{bare_query_of, get, query_of, readable};
use serde_json::{Map, Value as Json};
use sigmalert_elastalert::{options, praeco};
use sigmalert_sigma::yaml::Value;

/// The enhancement that Praeco's form knows.
pub(in crate::serve) const HOUR_RANGE: &str = "elastalert_modules.hour_range_enhancement.HourRangeEnhancement";
/// Options that differ between a rule and its copy, or that Praeco writes by its own lights.
const OWN: [&str; 8] = [
    "name",
    "is_enabled",
    "import",
    "use_strftime_index",
    "slack_title_link",
    "__praeco_full_path",
    "__praeco_query_builder",
    "match_enhancements",
];
/// Values that Praeco fills in where a rule of this type, or with this destination, has none.
const DEFAULT_TEXTS: [&str; 34] = [
    "#ec4b98",
    "/queue/ALERT",
    "0",
    "5",
    "61613",
    ":ghost:",
    ":warning:",
    "Discover in Kibana",
    "ElastAlert",
    "Info",
    "Jira Ticket",
    "Praeco",
    "Production",
    "Waiting",
    "admin",
    "alert",
    "ap-guangzhou",
    "basic",
    "count",
    "danger",
    "default",
    "description",
    "elastalert",
    "elastalert2",
    "error",
    "large",
    "localhost",
    "markdown",
    "no entity display name",
    "none",
    "summary",
    "text",
    "trigger",
    "up",
];
const DEFAULT_NUMBERS: [u64; 7] = [1, 2, 10, 30, 50, 10_051, 84_600];

/// Whether an option is empty in the form, which then does not send it.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) => true,
        Value::Float(f) => *f == 0.0,
        Value::Str(s) | Value::Environment(s) => s.is_empty(),
        Value::List(l) => l.is_empty(),
        Value::Map(m) => m.is_empty(),
        Value::Bool(true) | Value::Int(_) => false,
    }
}

fn is_on(rule: &[(String, Value)], key: &str) -> bool {
    get(rule, key).is_some_and(|v| !is_empty(v))
}

/// The options that must be set for the form to have a field for this one.
fn switches(key: &str) -> Vec<String> {
    const LINK: &str = "generate_kibana_discover_url";
    let mut out = Vec::new();
    if let Some((owner, rest)) = key.split_once("kibana_discover_") {
        if !owner.starts_with("generate_") {
            out.push(LINK.to_owned());
        }
        match (owner, rest) {
            ("ms_power_automate_", "title" | "color") => out.push("ms_power_automate_kibana_discover_attach_url".into()),
            (_, "title" | "color") if !owner.is_empty() => out.push(format!("{owner}attach_kibana_discover_url")),
            _ => {}
        }
    }
    match key {
        "slack_jira_ticket_color" | "slack_jira_ticket_title" => out.push("slack_attach_jira_ticket_url".into()),
        "alert_subject_args" => out.push("alert_subject".into()),
        "alert_text_args" => out.push("alert_text".into()),
        "start_time" | "end_time" | "drop_if" => out.push("match_enhancements".into()),
        _ => {}
    }
    out
}

/// Whether the form had no field for an option of the stored rule, so that its absence from what was sent says nothing.
pub(in crate::serve) fn hidden(key: &str, value: &Value, old: &[(String, Value)], new: &[(String, Value)]) -> bool {
    if !praeco::knows(key) {
        return true;
    }
    let kind = |rule: &[(String, Value)]| get(rule, "type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, was) = (kind(new), kind(old));
    let same_kind = kind == was;
    let sent_to = praeco::destinations(new);
    // A type without a form has options that no form shows.
    if same_kind && !praeco::has_form(&kind) && !praeco::is_common(key) && !praeco::is_text(key) && !praeco::belongs_to_alerter(key) {
        return true;
    }
    // A text is not sent where no destination shows one.
    if praeco::is_text(key) && !praeco::shows_text(&sent_to) {
        return true;
    }
    // The form has a schedule only.
    if key == "aggregation" && value.get("schedule").is_none() {
        return true;
    }
    if !praeco::keeps(key, &kind, &sent_to) {
        // Of a destination or a type that the rule does not have, and did not have before.
        return !praeco::keeps(key, &was, &praeco::destinations(old));
    }
    // `threshold: 0` and `smtp_ssl: false` are empty fields.
    (is_empty(value) && (same_kind || !praeco::belongs_to_type(key))) || switches(key).iter().any(|s| !is_on(old, s) && !is_on(new, s))
}

/// The value of the form when Praeco cuts an option down that nobody edited: of several units of a time the first, of TheHive's
/// alert the keys that have a field. Nothing where something was edited.
pub(in crate::serve) fn whole(key: &str, old: &Value, sent: &Value) -> Option<Value> {
    let (Value::Map(was), Value::Map(now)) = (old, sent) else { return None };
    if key == "hive_alert_config" {
        let mut out = now.clone();
        for (k, v) in was.iter().filter(|(k, _)| !praeco::HIVE.contains(&k.as_str())) {
            if !now.iter().any(|(n, _)| n == k) {
                out.push((k.clone(), v.clone()));
            }
        }
        // An empty box: TheHive's own default is the other way around.
        if !was.iter().any(|(k, _)| k == "follow") {
            out.retain(|(k, v)| k != "follow" || *v != Value::Bool(false));
        }
        return Some(Value::Map(out));
    }
    let is_time = options::named(key).any(|s| s.kind.is_time());
    (is_time && was.len() > 1 && now.len() == 1 && was.first() == now.first()).then(|| old.clone())
}

/// Up to where Praeco's HTML parser leaves a text alone, without white space.
fn before_html(text: &str) -> String {
    let mut chars = text.chars().peekable();
    let mut out = String::new();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let tag = c == '<' && (next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'));
        if tag || (c == '&' && (next.is_ascii_alphabetic() || next == '#')) {
            break;
        }
        if !c.is_whitespace() {
            out.push(c);
        }
    }
    out
}

/// A value as the form would send it, in one shape.
fn normal(key: &str, value: &Value) -> Json {
    if let Some(text) = value.as_str().filter(|_| praeco::is_text(key) || key == "description") {
        return before_html(text).into();
    }
    match value {
        // The form divides what it takes as one text, and joins lists.
        Value::List(items) if items.iter().all(|i| i.as_str().is_some()) => {
            items.iter().filter_map(Value::as_str).flat_map(|t| t.split(',')).map(str::trim).collect::<Vec<_>>().join(",").into()
        }
        Value::Map(entries) if key == "hive_alert_config" => {
            let mut out: Map<String, Json> = entries
                .iter()
                .filter(|(k, v)| praeco::HIVE.contains(&k.as_str()) && !is_empty(v))
                .map(|(k, v)| (k.clone(), normal(k, v)))
                .collect();
            for (k, default) in [("severity", 2.into()), ("tlp", 2.into()), ("status", Json::from("Waiting"))] {
                out.entry(k).or_insert(default);
            }
            out.sort_keys();
            Json::Object(out)
        }
        Value::Map(entries) if options::named(key).any(|s| s.kind.is_time()) => {
            entries.first().map_or(Json::Null, |(unit, n)| serde_json::json!({ unit: Json::from(n.clone()) }))
        }
        other => match other.as_str() {
            Some(text) => text.split(',').map(str::trim).collect::<Vec<_>>().join(",").into(),
            None => other.clone().into(),
        },
    }
}

/// The query that the form has of a rule.
fn queries(rule: &[(String, Value)]) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(Ok(Some(query))) = get(rule, "__praeco_query_builder").and_then(Value::as_str).map(praeco::compile_tree) {
        out.push(query);
    }
    let first = match get(rule, "filter") {
        Some(Value::List(items)) => items.first(),
        _ => None,
    };
    let shown = first.map(|f| readable(f).unwrap_or_else(|| f.clone()));
    match shown.as_ref().and_then(|f| query_of(f).or_else(|| bare_query_of(f))).filter(|q| !q.is_empty()) {
        Some(query) => out.push(query.to_owned()),
        // What Praeco writes for no query.
        None => out.push(format!("{}:*", get(rule, "timestamp_field").and_then(Value::as_str).unwrap_or_default())),
    }
    out
}

/// Whether what was sent is a stored rule as the form holds it, but for its name and place.
pub(in crate::serve) fn is_copy(old: &[(String, Value)], sent: &[(String, Value)]) -> bool {
    let wanted = queries(old);
    if !queries(sent).iter().all(|q| wanted.contains(q)) {
        return false;
    }
    for (key, value) in old {
        if OWN.contains(&key.as_str()) || key == "filter" {
            continue;
        }
        let same = match get(sent, key) {
            Some(s) => normal(key, s) == normal(key, value),
            // `default` is what Praeco leaves out.
            None => {
                hidden(key, value, old, sent) || is_empty(value) || (key == "alert_text_type" && value.as_str() == Some("default")) || {
                    let kind = get(sent, "type").and_then(Value::as_str).unwrap_or_default();
                    !praeco::keeps(key, kind, &praeco::destinations(sent))
                }
            }
        };
        if !same {
            return false;
        }
    }
    sent.iter().filter(|(key, _)| !OWN.contains(&key.as_str()) && key != "filter" && get(old, key).is_none()).all(|(_, value)| {
        is_empty(value)
            || match value {
                Value::Str(s) => s == "iso" || DEFAULT_TEXTS.contains(&s.as_str()),
                Value::Int(n) => u64::try_from(*n).is_ok_and(|n| DEFAULT_NUMBERS.contains(&n)),
                Value::Bool(b) => *b,
                Value::Map(m) => matches!(m.as_slice(), [(_, Value::Int(1 | 10 | 30))]),
                _ => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::rules::rule_file::options as read;

    const STORED: &str = "\
name: A
type: frequency
num_events: 3
timeframe: {hours: 1, minutes: 30}
index: logs-*
timestamp_field: '@timestamp'
query_key: user
filter:
- query: {query_string: {query: 'a:1'}}
alert: [slack, hivealerter]
slack_webhook_url: https://example.com
slack_attach_kibana_discover_url: true
alert_text: 'x <b>y</b>'
hive_alert_config: {title: t, type: a, source: b, pap: 3}
tags: [a]
";
    const SENT: &str = "\
name: B
type: frequency
num_events: 3
terms_size: 50
timeframe: {hours: 1}
index: logs-*
timestamp_field: '@timestamp'
timestamp_type: iso
query_key: [user]
filter:
- query: {query_string: {query: 'a:1'}}
alert: [slack, hivealerter]
alert_text: 'x '
slack_webhook_url: [https://example.com]
slack_username_override: elastalert
hive_alert_config: {title: t, type: a, source: b, severity: 2, tlp: 2, status: Waiting, follow: false}
match_enhancements: []
import: BaseRule.config
is_enabled: true
use_strftime_index: false
";

    #[test]
    fn a_copy_is_known_and_another_rule_is_not() {
        let (old, sent) = (read(STORED).unwrap(), read(SENT).unwrap());
        assert!(is_copy(&old, &sent));
        for (from, to) in [
            ("num_events: 3", "num_events: 4"),
            ("a:1", "a:2"),
            ("logs-*", "other-*"),
            ("hours: 1", "hours: 2"),
            ("[slack, hivealerter]", "[slack]"),
            ("title: t", "title: u"),
            ("https://example.com", "https://example.org"),
            ("terms_size: 50", "terms_size: 7"),
            ("query_key: [user]\n", ""),
        ] {
            assert!(SENT.contains(from), "{from}");
            assert!(!is_copy(&old, &read(&SENT.replace(from, to)).unwrap()), "{to}");
        }
    }

    #[test]
    fn fields_that_the_form_did_not_have() {
        let (old, sent) = (read(STORED).unwrap(), read(SENT).unwrap());
        let is_hidden = |key: &str| hidden(key, get(&old, key).unwrap(), &old, &sent);
        assert!(is_hidden("slack_attach_kibana_discover_url") && is_hidden("tags"));
        assert!(!is_hidden("slack_webhook_url") && !is_hidden("alert_text"));
        // With the link on there is a box, and it was unticked.
        let on = read(&format!("{STORED}generate_kibana_discover_url: true\n")).unwrap();
        assert!(!hidden("slack_attach_kibana_discover_url", &Value::Bool(true), &on, &sent));
        let value = |rule: &[(String, Value)], key: &str| get(rule, key).unwrap().clone();
        let hive = whole("hive_alert_config", &value(&old, "hive_alert_config"), &value(&sent, "hive_alert_config")).unwrap();
        assert_eq!((hive.get("pap"), hive.get("follow")), (Some(&Value::Int(3)), None));
        assert_eq!(whole("timeframe", &value(&old, "timeframe"), &value(&sent, "timeframe")), Some(value(&old, "timeframe")));
    }
}

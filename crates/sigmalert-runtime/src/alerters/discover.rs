//! Links to Kibana's and OpenSearch Dashboards' Discover, as ElastAlert makes them.

use crate::lookup::{Document, lookup};
use crate::rule::RunRule;
use crate::text::python;
use crate::time::{after, before, iso, parse};
use crate::url::quote;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Adds `kibana_discover_url` and `opensearch_discover_url` to a match, where the rule asks for them.
pub(super) fn add(rule: &RunRule, doc: &mut Document) {
    for app in ["kibana", "opensearch"] {
        if rule.options.flag(&format!("generate_{app}_discover_url"), false)
            && let Some(url) = url(rule, doc, app)
        {
            doc.insert(format!("{app}_discover_url"), url.into());
        }
    }
}

fn url(rule: &RunRule, doc: &Document, app: &str) -> Option<String> {
    let o = &rule.options;
    let option = |name: &str| format!("{app}_discover_{name}");
    let (base, index) = (o.some_text(&option("app_url")), o.some_text(&option("index_pattern_id")));
    let (Some(base), Some(index)) = (base, index) else {
        tracing::warn!(rule = rule.rule.name, "no link is made: {app}_discover_app_url or {app}_discover_index_pattern_id is missing");
        return None;
    };
    let at = lookup(doc, &rule.rule.timestamp.field).and_then(|v| parse(&v))?;
    let span = rule.rule.timeframe.unwrap_or(Duration::from_secs(600));
    let from = before(at, o.span(&option("from_timedelta")).unwrap_or(span));
    let to = after(at, o.span(&option("to_timedelta")).unwrap_or(span));
    let global = json!({"filters": [], "refreshInterval": {"pause": true, "value": 0}, "time": {"from": iso(from), "to": iso(to)}});
    let columns = if o.get(&option("columns")).is_some() { o.list(&option("columns")) } else { vec!["_source".into()] };
    let mut filters = Vec::new();
    if !rule.rule.filter.is_empty() {
        let must: Vec<Value> = rule.rule.filter.iter().map(|f| f.get("query").unwrap_or(f).clone()).collect();
        let inner = json!({"must": must});
        filters.push(json!({"$state": {"store": "appState"}, "bool": inner, "meta": {
            "alias": "filter", "disabled": false, "index": index, "key": "bool", "negate": false, "type": "custom", "value": inner.to_string(),
        }}));
    }
    for key in &rule.rule.query_key {
        let value = lookup(doc, key).map(std::borrow::Cow::into_owned).and_then(plain);
        filters.push(match value {
            None => json!({"$state": {"store": "appState"}, "exists": {"field": key}, "meta": {
                "alias": null, "disabled": false, "index": index, "key": key, "negate": true, "type": "exists", "value": "exists",
            }}),
            Some(v) => json!({"$state": {"store": "appState"}, "meta": {
                "alias": null, "disabled": false, "index": index, "key": key, "negate": false,
                "params": {"query": v, "type": "phrase"}, "type": "phrase", "value": python::str(&v),
            }, "query": {"match": {key: {"query": v, "type": "phrase"}}}}),
        });
    }
    let state = json!({"columns": columns, "filters": filters, "index": index, "interval": "auto"});
    let mut url = format!("{base}?_g={}&_a={}", encoded(&global), encoded(&state));
    if app == "kibana"
        && let Some(tenant) = o.some_text("kibana_discover_security_tenant")
    {
        url = url.replacen('?', &format!("?security_tenant={}&", quote(&tenant)), 1);
    }
    let root = o.some_text(&format!("{app}_url"));
    if let Some(root) = root.filter(|_| !url.contains("://")) {
        url = format!("{}/{}", root.trim_end_matches('/'), url.trim_start_matches('/'));
    }
    Some(url)
}

/// A value of the query key: nothing where it is empty, what is in a list of one.
fn plain(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(s) if s.is_empty() => None,
        Value::Array(items) => {
            let mut full: Vec<Value> = items.into_iter().filter(|i| !i.is_null() && i != "").collect();
            match full.len() {
                0 => None,
                1 => full.pop(),
                _ => Some(Value::Array(full)),
            }
        }
        v => Some(v),
    }
}

/// A state as it stands in a link: RISON, with what has a meaning in addresses encoded. `/` has none here.
fn encoded(value: &Value) -> String {
    let mut text = String::new();
    rison(value, &mut text);
    quote(&text).replace("%2F", "/")
}

fn rison(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("!n"),
        Value::Bool(true) => out.push_str("!t"),
        Value::Bool(false) => out.push_str("!f"),
        Value::Number(n) => out.push_str(&n.to_string().replace('+', "")),
        Value::String(s) => word(s, out),
        Value::Array(items) => {
            out.push_str("!(");
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                rison(item, out);
            }
            out.push(')');
        }
        Value::Object(map) => object(map, out),
    }
}

fn object(map: &Map<String, Value>, out: &mut String) {
    out.push('(');
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by_key(|(k, _)| *k);
    for (i, (key, item)) in entries.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        word(key, out);
        out.push(':');
        rison(item, out);
    }
    out.push(')');
}

/// A text: bare where it is a word, else in quotes.
fn word(text: &str, out: &mut String) {
    let special = |c: char| " '!:(),*@$".contains(c);
    let first = text.chars().next();
    let bare = first.is_some_and(|c| !special(c) && c != '-' && !c.is_ascii_digit()) && !text.contains(special);
    if bare {
        out.push_str(text);
        return;
    }
    out.push('\'');
    for c in text.chars() {
        if c == '\'' || c == '!' {
            out.push('!');
        }
        out.push(c);
    }
    out.push('\'');
}

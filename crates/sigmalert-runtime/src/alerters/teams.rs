//! Microsoft Teams: through Power Automate, and by the webhooks of old.

use super::http::Http;
use super::text::as_is;
use super::{Failed, Message};
use crate::lookup::lookup;
use crate::text::python;
use serde_json::{Value, json};

/// Names and values, where a value that is no field stands for itself.
fn facts(m: &Message<'_>, option: &str, key: &str) -> Vec<Value> {
    let fact = |f: &Value| {
        let value = f.get("value").map(python::str).unwrap_or_default();
        json!({key: f.get("name"), "value": lookup(m.first(), &value).map_or_else(|| value.as_str().into(), std::borrow::Cow::into_owned)})
    };
    m.options.list(option).iter().map(fact).collect()
}

/// Where the events are shown, with how the link is called.
fn links(m: &Message<'_>, flag: &dyn Fn(&str) -> String, title: &dyn Fn(&str) -> String) -> Vec<(&'static str, String, Value)> {
    let mut out = Vec::new();
    for (app, default) in [("kibana", "Discover in Kibana"), ("opensearch", "Discover in opensearch")] {
        if m.options.flag(&flag(app), false)
            && let Some(url) = lookup(m.first(), &format!("{app}_discover_url"))
        {
            out.push((app, m.options.text_or(&title(app), default), url.into_owned()));
        }
    }
    out
}

pub(super) fn power_automate(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let key = |name: &str| format!("ms_power_automate_{name}");
    let title = m.plain_title(as_is)?;
    let mut text = json!({"type": "TextBlock", "text": m.body(as_is)?, "spacing": "Large", "wrap": true});
    if let Some(size) = o.some_text(&key("body_text_size")) {
        text["size"] = size.into();
    }
    let summary = json!({
        "type": "TextBlock", "text": o.text(&key("alert_summary")).unwrap_or(title), "weight": "Bolder", "wrap": true,
        "size": o.text_or(&key("summary_text_size"), "large"),
    });
    let mut body = vec![summary, text];
    if o.get(&key("alert_facts")).is_some_and(python::truthy) {
        body.push(json!({"type": "FactSet", "facts": facts(m, &key("alert_facts"), "title")}));
    }
    let actions: Vec<Value> = links(m, &|a| key(&format!("{a}_discover_attach_url")), &|a| key(&format!("{a}_discover_title")))
        .into_iter()
        .map(|(app, title, url)| json!({"type": "Action.OpenUrl", "title": title, "url": url, "style": o.text_or(&key(&format!("{app}_discover_color")), "default")}))
        .collect();
    let mut content = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body,
        "actions": actions,
    });
    if o.flag(&key("teams_card_width_full"), false) {
        content["msteams"] = json!({"width": "Full"});
    }
    let payload =
        json!({"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": content}]});
    let field = o.some_text(&key("webhook_url_from_field"));
    let named = field.and_then(|f| lookup(m.first(), &f).and_then(|v| v.as_str().map(str::to_owned)));
    let urls = match named {
        Some(list) => list.split(',').map(str::to_owned).collect(),
        None => o.texts(&key("webhook_url")),
    };
    let http = Http::of(m, "ms_power_automate");
    urls.iter().try_for_each(|url| http.post(url, &payload).map(|_| ()))
}

pub(super) fn teams(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let title = m.plain_title(as_is)?;
    let mut body = m.body(as_is)?;
    if o.flag("ms_teams_alert_fixed_width", false) {
        body = format!("```\n{}\n```", body.replace('`', "'"));
    }
    let mut section = json!({"text": body});
    if o.get("ms_teams_alert_facts").is_some_and(python::truthy) {
        section["facts"] = facts(m, "ms_teams_alert_facts", "name").into();
    }
    let mut payload = json!({
        "@type": "MessageCard", "@context": "http://schema.org/extensions", "summary": o.text("ms_teams_alert_summary").unwrap_or_else(|| title.clone()),
        "title": title, "sections": [section],
    });
    if let Some(color) = o.some_text("ms_teams_theme_color") {
        payload["themeColor"] = color.into();
    }
    let actions: Vec<Value> = links(m, &|a| format!("ms_teams_attach_{a}_discover_url"), &|a| format!("ms_teams_{a}_discover_title"))
        .into_iter()
        .map(|(_, title, url)| json!({"@type": "OpenUri", "name": title, "targets": [{"os": "default", "uri": url}]}))
        .collect();
    if !actions.is_empty() {
        payload["potentialAction"] = actions.into();
    }
    let http = Http::of(m, "ms_teams");
    o.texts("ms_teams_webhook_url").iter().try_for_each(|url| http.post(url, &payload).map(|_| ()))
}

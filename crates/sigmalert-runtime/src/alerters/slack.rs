//! Slack: incoming webhooks.

use super::http::Http;
use super::text::angles;
use super::{Failed, Message};
use crate::lookup::lookup;
use crate::text::python;
use serde_json::{Value, json};

/// Options that become fields of the attachment under the same name.
const PLAIN: [&str; 9] =
    ["title", "title_link", "footer", "footer_icon", "image_url", "thumb_url", "author_name", "author_link", "author_icon"];

/// The fields of an attachment (`…_alert_fields`), their values looked up.
pub(super) fn fields(m: &Message<'_>, option: &str, escape: super::text::Escape) -> Vec<Value> {
    let of = |mut field: Value| {
        if let Some(name) = field.get("value").map(python::str) {
            field["value"] = lookup(m.first(), &name).map_or(Value::Null, |v| super::text::escaped(&v, escape));
        }
        field
    };
    m.options.list(option).into_iter().filter(Value::is_object).map(of).collect()
}

/// What stands around an attachment: `…_title_link`, `…_footer` and the like.
pub(super) fn decorate(m: &Message<'_>, prefix: &str, attachment: &mut Value) {
    for key in PLAIN {
        if let Some(v) = m.options.some_text(&format!("{prefix}_{key}")) {
            attachment[key] = v.into();
        }
    }
}

/// As whom the message comes.
pub(super) fn icon(m: &Message<'_>, prefix: &str, payload: &mut Value) {
    match m.options.some_text(&format!("{prefix}_icon_url_override")) {
        Some(url) => payload["icon_url"] = url.into(),
        None => payload["icon_emoji"] = m.options.text_or(&format!("{prefix}_emoji_override"), ":ghost:").into(),
    }
}

/// Attachments that link to where the events are shown.
pub(super) fn links(m: &Message<'_>, prefix: &str) -> Vec<Value> {
    let mut out = Vec::new();
    for (app, title) in [("kibana", "Discover in Kibana"), ("opensearch", "Discover in opensearch")] {
        if !m.options.flag(&format!("{prefix}_attach_{app}_discover_url"), false) {
            continue;
        }
        if let Some(url) = lookup(m.first(), &format!("{app}_discover_url")) {
            out.push(json!({
                "color": m.options.text_or(&format!("{prefix}_{app}_discover_color"), "#ec4b98"),
                "title": m.options.text_or(&format!("{prefix}_{app}_discover_title"), title),
                "title_link": url,
            }));
        }
    }
    out
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let mut attachment = json!({
        "color": o.text_or("slack_msg_color", "danger"), "title": m.plain_title(angles)?, "text": m.chat_body(angles)?,
        "mrkdwn_in": ["text", "pretext"], "fields": fields(m, "slack_alert_fields", angles),
    });
    decorate(m, "slack", &mut attachment);
    if let Some(v) = o.some_text("slack_msg_pretext") {
        attachment["pretext"] = v.into();
    }
    let mut attachments = vec![attachment];
    attachments.extend(links(m, "slack"));
    if o.flag("slack_attach_jira_ticket_url", false)
        && let Some(url) = m.pipeline.ticket_url()
    {
        attachments.push(json!({
            "color": o.text_or("slack_jira_ticket_color", "#ec4b98"), "title": o.text_or("slack_jira_ticket_title", "Jira Ticket"),
            "title_link": url,
        }));
    }
    let mut payload = json!({
        "username": o.text_or("slack_username_override", "elastalert"), "parse": o.text_or("slack_parse_override", "none"),
        "text": o.text_or("slack_text_string", ""), "attachments": attachments,
    });
    icon(m, "slack", &mut payload);
    to_channels(m, "slack", payload)
}

/// Posts to each webhook and each channel.
pub(super) fn to_channels(m: &Message<'_>, prefix: &str, mut payload: Value) -> Result<(), Failed> {
    let http = Http::of(m, prefix);
    let channels = m.options.texts(&format!("{prefix}_channel_override"));
    let channels = if channels.is_empty() { vec![String::new()] } else { channels };
    for url in m.options.texts(&format!("{prefix}_webhook_url")) {
        for channel in &channels {
            payload["channel"] = channel.as_str().into();
            http.post(&url, &payload)?;
        }
    }
    Ok(())
}

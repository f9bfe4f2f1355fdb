//! `debug`, which only logs, and Google Chat.

use super::http::Http;
use super::text::{angles, as_is, of_match};
use super::{Failed, Message};
use crate::lookup::lookup;
use crate::text::python;
use serde_json::json;

#[expect(clippy::unnecessary_wraps, reason = "an alerter as the others")]
pub(super) fn debug(m: &Message<'_>) -> Result<(), Failed> {
    for doc in m.matches {
        let at = lookup(doc, &m.rule.rule.timestamp.field).map(|v| python::str(&v)).unwrap_or_default();
        let key = m.key_value().map(|k| format!(", {k}")).unwrap_or_default();
        let text = of_match(m, doc, as_is, super::text::items).unwrap_or_else(|e| e.message);
        tracing::info!(alert_id = m.id, "Alert for {}{key} at {at}:\n{text}", m.rule.rule.name);
    }
    Ok(())
}

pub(super) fn googlechat(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let payload = if o.text_or("googlechat_format", "basic") == "card" {
        let mut card = json!({"sections": [{"widgets": [{"textParagraph": {"text": m.body(angles)?}}]}]});
        if let Some(title) = o.some_text("googlechat_header_title") {
            card["header"] =
                json!({"title": title, "subtitle": o.get("googlechat_header_subtitle"), "imageUrl": o.get("googlechat_header_image")});
        }
        if let Some(link) = o.some_text("googlechat_footer_kibanalink") {
            let button = json!({"buttons": [{"textButton": {"text": "VISIT KIBANA", "onClick": {"openLink": {"url": link}}}}]});
            if let Some(sections) = card["sections"].as_array_mut() {
                sections.push(json!({"widgets": [button]}));
            }
        }
        json!({"cards": [card]})
    } else {
        json!({"text": m.body(angles)?})
    };
    let http = Http::of(m, "googlechat").header("content-type", "application/json; charset=UTF-8");
    o.texts("googlechat_webhook_url").iter().try_for_each(|url| http.post(url, &payload).map(|_| ()))
}

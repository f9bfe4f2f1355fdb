//! Rocket.Chat: incoming webhooks.

use super::slack::{fields, links, to_channels};
use super::text::mentions;
use super::{Failed, Message};
use serde_json::json;

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let mut attachments = vec![json!({
        "color": o.text_or("rocket_chat_msg_color", "danger"), "title": m.plain_title(mentions)?, "text": m.chat_body(mentions)?,
        "fields": fields(m, "rocket_chat_alert_fields", mentions),
    })];
    attachments.extend(links(m, "rocket_chat"));
    let mut payload = json!({
        "username": o.text_or("rocket_chat_username_override", "elastalert2"), "text": o.text_or("rocket_chat_text_string", ""),
        "attachments": attachments,
    });
    let emoji = o.text_or("rocket_chat_emoji_override", ":ghost:");
    if !emoji.is_empty() {
        payload["emoji"] = emoji.into();
    }
    to_channels(m, "rocket_chat", payload)
}

//! Discord: webhooks.

use super::http::Http;
use super::text::{matches, mentions};
use super::{Failed, Message};
use serde_json::{Value, json};

/// How long a description may be, and where a longer one is cut.
const LIMIT: usize = 2047;
const CUT: usize = 1950;

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let emoji = o.text_or("discord_emoji_title", ":warning:");
    let mut body = matches(m, mentions)?;
    if body.chars().count() > LIMIT {
        body = body.chars().take(CUT).collect::<String>() + "\n *message was cropped according to discord embed description limits!*";
    }
    let mut embed = json!({"description": body, "color": o.get("discord_embed_color").cloned().unwrap_or_else(|| 0x00ff_ffff.into())});
    if let Some(footer) = o.some_text("discord_embed_footer") {
        embed["footer"] = json!({"text": footer, "icon_url": o.some_text("discord_embed_icon_url").map_or(Value::Null, Value::from)});
    }
    let payload = json!({"content": format!("{emoji} {} {emoji}", m.plain_title(mentions)?), "embeds": [embed]});
    Http::of(m, "discord").post(&o.text_or("discord_webhook_url", ""), &payload).map(|_| ())
}

//! Telegram: the bot API.

use super::http::Http;
use super::text::{Escape, html, matches};
use super::{Failed, Message};
use serde_json::{Value, json};

/// How long a message may be, and where a longer one is cut.
const LIMIT: usize = 4095;
const CUT: usize = 4000;

/// Inside of a block of code only the mark that ends it means anything.
fn code(text: &str) -> String {
    text.replace('`', "'")
}

/// Inside of bold text only the marks of formatting mean anything.
fn bold(text: &str) -> String {
    text.replace(['*', '`', '['], "'").replace('_', "-")
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let mode = m.options.text_or("telegram_parse_mode", "markdown");
    let is_html = mode.eq_ignore_ascii_case("html");
    let (in_title, in_body): (Escape, Escape) = if is_html { (html, html) } else { (bold, code) };
    let title = m.plain_title(in_title)?;
    let mut text = if is_html { format!("⚠ {title} ⚠ \n") } else { format!("⚠ *{title}* ⚠ ```\n") };
    text.push_str(&matches(m, in_body)?);
    if text.encode_utf16().count() > LIMIT {
        let mut length = 0;
        text = text
            .chars()
            .take_while(|c| {
                length += c.len_utf16();
                length <= CUT
            })
            .collect();
        if is_html {
            // Not in the middle of an entity.
            if let Some(at) = text.rfind('&').filter(|at| !text[*at..].contains(';')) {
                text.truncate(at);
            }
        }
        text.push_str("\n⚠ *message was cropped according to telegram limits!* ⚠");
    }
    if !is_html {
        text.push_str(" ```");
    }
    let host = m.options.text_or("telegram_api_url", "api.telegram.org");
    let base = if host.contains("://") { host } else { format!("https://{host}") };
    let token = m.options.text_or("telegram_bot_token", "");
    let payload = json!({
        "chat_id": m.options.get("telegram_room_id").cloned().unwrap_or(Value::Null), "text": text, "parse_mode": mode,
        "disable_web_page_preview": true, "message_thread_id": m.options.get("telegram_thread_id").cloned().unwrap_or(Value::Null),
    });
    Http::of(m, "telegram").post(&format!("{}/bot{token}/sendMessage", base.trim_end_matches('/')), &payload).map(|_| ())
}

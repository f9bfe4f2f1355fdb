//! Receivers that take one text by one request each.

use super::http::Http;
use super::text::{as_is, matches};
use super::{Failed, Message};
use crate::url::quote;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A text cut where the receiver would refuse it.
fn cut(text: String, limit: usize, keep: usize, told: &str) -> String {
    if text.chars().count() <= limit { text } else { text.chars().take(keep).collect::<String>() + told }
}

/// An address, or the one that an option puts in its place.
fn base(m: &Message<'_>, option: &str, default: &str) -> String {
    m.options.some_text(option).unwrap_or_else(|| default.to_owned()).trim_end_matches('/').to_owned()
}

pub(super) fn chatwork(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    // Names in brackets call people.
    let body = matches(m, |t| t.replace("[To", "[ To").replace("[toall", "[ toall"))?;
    let body = cut(body, 2047, 1950, "\n *message was cropped according to chatwork embed description limits!*");
    let url = format!(
        "{}/v2/rooms/{}/messages",
        base(m, "chatwork_api_url", "https://api.chatwork.com"),
        quote(&o.text_or("chatwork_room_id", ""))
    );
    let http = Http::of(m, "chatwork").header("x-chatworktoken", &o.text_or("chatwork_apikey", ""));
    http.form(&url, &[("self_unread", "0"), ("body", &body)]).map(|_| ())
}

pub(super) fn datadog(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let http = Http::of(m, "datadog").header("dd-api-key", &o.text_or("datadog_api_key", ""));
    let http = http.header("dd-application-key", &o.text_or("datadog_app_key", ""));
    let payload = json!({"title": m.plain_title(as_is)?, "text": m.body(as_is)?});
    http.post(&o.text_or("datadog_api_url", "https://api.datadoghq.com/api/v1/events"), &payload).map(|_| ())
}

/// HMAC with SHA-256 (RFC 2104).
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |x: u8| block.iter().map(|b| b ^ x).collect::<Vec<u8>>();
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

pub(super) fn dingtalk(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let (title, body) = (m.plain_title(as_is)?, m.body(|t| t.replace('@', "@\u{200b}"))?);
    let kind = o.text_or("dingtalk_msgtype", "text");
    let payload = match kind.as_str() {
        "markdown" => json!({"msgtype": kind, "markdown": {"title": title, "text": body}}),
        "single_action_card" => json!({"msgtype": "actionCard", "actionCard": {
            "title": title, "text": body, "singleTitle": o.text_or("dingtalk_single_title", "elastalert"),
            "singleURL": o.text_or("dingtalk_single_url", ""),
        }}),
        "action_card" => {
            let mut card = json!({"title": title, "text": body});
            if let Some(v) = o.some_text("dingtalk_btn_orientation") {
                card["btnOrientation"] = v.into();
            }
            if let Some(v) = o.get("dingtalk_btns") {
                card["btns"] = v.clone();
            }
            json!({"msgtype": "actionCard", "actionCard": card})
        }
        _ => json!({"msgtype": "text", "text": {"content": body}}),
    };
    let host = base(m, "dingtalk_api_url", "https://oapi.dingtalk.com");
    let mut url = format!("{host}/robot/send?access_token={}", quote(&o.text_or("dingtalk_access_token", "")));
    if let Some(secret) = o.some_text("dingtalk_sign") {
        let at = jiff::Timestamp::now().as_millisecond();
        let sign = STANDARD.encode(hmac(secret.as_bytes(), format!("{at}\n{secret}").as_bytes()));
        url.push_str(&format!("&timestamp={at}&sign={}", quote(&sign)));
    }
    let answer = Http::of(m, "dingtalk").post(&url, &payload)?;
    // An error comes with the status 200, too.
    match answer.body.get("errcode").and_then(Value::as_i64) {
        None | Some(0) => Ok(()),
        Some(code) => {
            Err(Failed::new(format!("DingTalk refuses: {code} {}", answer.body.get("errmsg").and_then(Value::as_str).unwrap_or_default())))
        }
    }
}

pub(super) fn flashduty(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let mut labels: Map<String, Value> = Map::new();
    for key in ["check", "service", "cluster", "resource", "metric", "group", "env", "app"] {
        labels.insert(key.into(), o.get(&format!("flashduty_{key}")).cloned().unwrap_or(Value::Null));
    }
    labels.insert("information".into(), m.body(as_is)?.into());
    let payload = json!({
        "title": o.text_or("flashduty_title", "ElastAlert Alert"), "description": o.get("flashduty_description"),
        "event_status": o.text_or("flashduty_event_status", "Info"), "alert_key": o.get("flashduty_alert_key"), "labels": labels,
    });
    let host = base(m, "flashduty_api_url", "https://api.flashcat.cloud");
    let url = format!("{host}/event/push/alert/standard?integration_key={}", quote(&o.text_or("flashduty_integration_key", "")));
    Http::of(m, "flashduty").post(&url, &payload).map(|_| ())
}

pub(super) fn gitter(m: &Message<'_>) -> Result<(), Failed> {
    let payload = json!({"message": m.body(as_is)?, "level": m.options.text_or("gitter_msg_level", "error")});
    Http::of(m, "gitter").post(&m.options.text_or("gitter_webhook_url", ""), &payload).map(|_| ())
}

pub(super) fn lark(m: &Message<'_>) -> Result<(), Failed> {
    let payload = json!({
        "msg_type": m.options.text_or("lark_msgtype", "text"),
        "content": {"title": m.plain_title(as_is)?, "text": m.body(|t| t.replace("<at", "< at"))?},
    });
    let host = base(m, "lark_api_url", "https://open.feishu.cn");
    Http::of(m, "lark")
        .post(&format!("{host}/open-apis/bot/v2/hook/{}", quote(&m.options.text_or("lark_bot_id", ""))), &payload)
        .map(|_| ())
}

pub(super) fn line(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let body = cut(matches(m, as_is)?, 4800, 4700, "\n\n(message cropped due to LINE limit)");
    let http = Http::of(m, "line").header("authorization", &format!("Bearer {}", o.text_or("line_channel_access_token", "")));
    // LINE drops what comes twice by this key, which has the form of a UUID.
    let key = m.id.get(..32).map(|i| format!("{}-{}-{}-{}-{}", &i[..8], &i[8..12], &i[12..16], &i[16..20], &i[20..])).unwrap_or_default();
    let payload = json!({"to": o.get("line_to"), "messages": [{"type": "text", "text": body}]});
    let url = format!("{}/v2/bot/message/push", base(m, "line_api_url", "https://api.line.me"));
    http.header("x-line-retry-key", &key).post(&url, &payload).map(|_| ())
}

pub(super) fn linenotify(m: &Message<'_>) -> Result<(), Failed> {
    let http = Http::of(m, "linenotify").header("authorization", &format!("Bearer {}", m.options.text_or("linenotify_access_token", "")));
    let url = format!("{}/api/notify", base(m, "linenotify_api_url", "https://notify-api.line.me"));
    http.form(&url, &[("message", &m.body(as_is)?)]).map(|_| ())
}

pub(super) fn matrixhookshot(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let mut payload = json!({"text": match o.some_text("matrixhookshot_text") { Some(t) => t, None => m.chat_body(as_is)? }});
    for key in ["username", "html"] {
        if let Some(v) = o.some_text(&format!("matrixhookshot_{key}")) {
            payload[key] = v.into();
        }
    }
    let http = Http::of(m, "matrixhookshot");
    o.texts("matrixhookshot_webhook_url").iter().try_for_each(|url| http.post(url, &payload).map(|_| ()))
}

pub(super) fn pagertree(m: &Message<'_>) -> Result<(), Failed> {
    let payload = json!({"event_type": "create", "Id": m.id, "Title": m.plain_title(as_is)?, "Description": m.body(as_is)?});
    Http::of(m, "pagertree").post(&m.options.text_or("pagertree_integration_url", ""), &payload).map(|_| ())
}

pub(super) fn victorops(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let name = match o.some_text("victorops_entity_display_name") {
        Some(n) => n,
        None => m.plain_title(as_is)?,
    };
    // What is said of the alert goes before fields of the event that have the same names.
    let mut payload: Map<String, Value> = m.first().clone();
    payload.insert("message_type".into(), o.text_or("victorops_message_type", "CRITICAL").into());
    payload.insert("entity_display_name".into(), name.into());
    payload.insert("monitoring_tool".into(), "ElastAlert".into());
    payload.insert("state_message".into(), m.body(as_is)?.into());
    payload.insert("entity_id".into(), o.some_text("victorops_entity_id").unwrap_or_else(|| m.id.to_owned()).into());
    let host = base(m, "victorops_api_url", "https://alert.victorops.com");
    let (key, route) = (quote(&o.text_or("victorops_api_key", "")), quote(&o.text_or("victorops_routing_key", "")));
    Http::of(m, "victorops").post(&format!("{host}/integrations/generic/20131114/alert/{key}/{route}"), &Value::Object(payload)).map(|_| ())
}

pub(super) fn webex(m: &Message<'_>) -> Result<(), Failed> {
    let kind = if m.options.text_or("webex_webhook_msgtype", "text") == "markdown" { "markdown" } else { "text" };
    // In Markdown people are called by `<@…>`.
    let body = m.body(|t| t.replace("<@", "< @"))?;
    let host = base(m, "webex_api_url", "https://webexapis.com");
    let url = format!("{host}/v1/webhooks/incoming/{}", quote(&m.options.text_or("webex_webhook_id", "")));
    Http::of(m, "webex_webhook").post(&url, &json!({kind: body})).map(|_| ())
}

pub(super) fn workwechat(m: &Message<'_>) -> Result<(), Failed> {
    let kind = m.options.text_or("work_wechat_msgtype", "text");
    let kind = if kind == "markdown" { "markdown" } else { "text" };
    let payload = json!({"msgtype": kind, kind: {"content": m.body(|t| t.replace("<@", "< @"))?}});
    let host = base(m, "work_wechat_api_url", "https://qyapi.weixin.qq.com");
    let url = format!("{host}/cgi-bin/webhook/send?key={}", quote(&m.options.text_or("work_wechat_bot_id", "")));
    Http::of(m, "workwechat").post(&url, &payload).map(|_| ())
}

pub(super) fn yzj(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let host = o.some_text("yzj_custom_loc").unwrap_or_else(|| "www.yunzhijia.com".into());
    let host = if host.contains("://") { host } else { format!("https://{host}") };
    let url = format!(
        "{host}/gateway/robot/webhook/send?yzjtype={}&yzjtoken={}",
        quote(&o.text_or("yzj_type", "0")),
        quote(&o.text_or("yzj_token", ""))
    );
    Http::of(m, "yzj").post(&url, &json!({"content": m.body(as_is)?})).map(|_| ())
}

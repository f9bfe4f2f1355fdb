//! Short messages and calls: Exotel, Twilio, SMSEagle.

use super::http::Http;
use super::text::as_is;
use super::{Failed, Message};
use crate::url::quote;
use serde_json::json;

pub(super) fn exotel(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let text = |key: &str| o.text_or(key, "");
    let sid = text("exotel_account_sid");
    let url = format!("{}/v1/Accounts/{}/Sms/send.json", o.text_or("exotel_api_url", "https://api.exotel.com"), quote(&sid));
    let body = m.rule.rule.name.clone() + &text("exotel_message_body");
    let fields = [("From", text("exotel_from_number")), ("To", text("exotel_to_number")), ("Body", body)];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    Http::of(m, "exotel").basic(&sid, &text("exotel_auth_token")).form(&url, &fields).map(|_| ())
}

pub(super) fn twilio(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let text = |key: &str| o.text_or(key, "");
    let sid = text("twilio_account_sid");
    let (key, from) = if o.flag("twilio_use_copilot", false) {
        (
            "MessagingServiceSid",
            o.some_text("twilio_message_service_sid").ok_or_else(|| Failed::new("twilio_message_service_sid is missing"))?,
        )
    } else {
        ("From", o.some_text("twilio_from_number").ok_or_else(|| Failed::new("twilio_from_number is missing"))?)
    };
    let to = text("twilio_to_number");
    let url = format!("{}/2010-04-01/Accounts/{}/Messages.json", o.text_or("twilio_api_url", "https://api.twilio.com"), quote(&sid));
    let fields = [("Body", m.rule.rule.name.as_str()), ("To", to.as_str()), (key, from.as_str())];
    Http::of(m, "twilio").basic(&sid, &text("twilio_auth_token")).form(&url, &fields).map(|_| ())
}

pub(super) fn smseagle(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let kind = o.text_or("smseagle_message_type", "sms");
    let path = match kind.as_str() {
        "ring" => "calls/ring",
        "tts" => "calls/tts",
        "tts_adv" => "calls/tts_advanced",
        _ => "messages/sms",
    };
    let mut payload = json!({"text": match o.some_text("smseagle_text") { Some(t) => t, None => m.body(as_is)? }});
    let mut known = false;
    for (key, option) in [("to", "smseagle_to"), ("contacts", "smseagle_contacts"), ("groups", "smseagle_groups")] {
        if let Some(v) = o.get(option) {
            payload[key] = v.clone();
            known = true;
        }
    }
    if !known {
        return Err(Failed::new("none of smseagle_to, smseagle_contacts and smseagle_groups says to whom"));
    }
    if path != "messages/sms" {
        payload["duration"] = o.count("smseagle_duration").unwrap_or(10).into();
    }
    if kind == "tts_adv" {
        payload["voice_id"] = o.count("smseagle_voice_id").unwrap_or(1).into();
    }
    let url = format!("{}/api/v2/{path}", o.text_or("smseagle_url", "").trim_end_matches('/'));
    Http::of(m, "smseagle").header("access-token", &o.text_or("smseagle_token", "")).post(&url, &payload).map(|_| ())
}

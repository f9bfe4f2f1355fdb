//! Mattermost: incoming webhooks.

use super::slack::{decorate, icon, links, to_channels};
use super::text::{escaped, mentions};
use super::{Failed, Message};
use crate::lookup::lookup;
use crate::text::format::{Arguments, format_any};
use crate::text::python;
use serde_json::{Value, json};

fn fields(m: &Message<'_>) -> Result<Vec<Value>, Failed> {
    let mut out = Vec::new();
    for mut field in m.options.list("mattermost_msg_fields") {
        if let Some(Value::Array(args)) = field.get("args").cloned() {
            let value = |a: &Value| {
                lookup(m.first(), &python::str(a))
                    .filter(|v| python::truthy(v))
                    .map_or_else(|| m.missing().into(), |v| escaped(&v, mentions))
            };
            let values: Vec<Value> = args.iter().map(value).collect();
            field["value"] = match field.get("value").and_then(Value::as_str) {
                Some(template) => format_any(template, &Arguments::Positional(&values), &m.missing())?.into(),
                None => values.iter().map(python::str).collect::<Vec<_>>().join("\n").into(),
            };
            if let Value::Object(map) = &mut field {
                map.remove("args");
            }
        }
        out.push(field);
    }
    Ok(out)
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let (title, body) = (m.plain_title(mentions)?, m.chat_body(mentions)?);
    let pretext = o.text_or("mattermost_msg_pretext", "");
    let mut attachment = json!({
        "fallback": format!("{title}: {pretext}"), "color": o.text_or("mattermost_msg_color", "danger"), "title": title,
        "pretext": pretext, "fields": fields(m)?,
    });
    decorate(m, "mattermost", &mut attachment);
    let mut payload = json!({"username": o.text_or("mattermost_username_override", "elastalert")});
    if o.text("alert_text_type").as_deref() == Some("alert_text_only") {
        attachment["text"] = body.into();
    } else {
        payload["text"] = body.into();
    }
    let mut attachments = vec![attachment];
    attachments.extend(links(m, "mattermost"));
    payload["attachments"] = attachments.into();
    icon(m, "mattermost", &mut payload);
    to_channels(m, "mattermost", payload)
}

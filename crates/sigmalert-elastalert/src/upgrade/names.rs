//! Renamed and removed options and alerters.

use super::Edit;
use sigmalert_sigma::yaml::Value;

/// A renamed or removed option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// What is wrong.
    pub message: &'static str,
    /// How to fix it.
    pub help: &'static str,
    /// Whether `upgrade` can fix it.
    pub fixable: bool,
}

enum Now {
    /// It was renamed.
    Name(&'static str),
    /// It has no replacement.
    Nothing,
}

/// Options that ElastAlert 2 does not have, with their replacements.
const OPTIONS: [(&str, Now); 29] = [
    ("kibana4_start_timedelta", Now::Name("kibana_discover_from_timedelta")),
    ("kibana4_end_timedelta", Now::Name("kibana_discover_to_timedelta")),
    ("use_kibana4_dashboard", Now::Nothing),
    ("use_kibana_dashboard", Now::Nothing),
    ("kibana_dashboard", Now::Nothing),
    ("generate_kibana_link", Now::Nothing),
    ("upload_dashboard", Now::Nothing),
    ("dashboard_schema", Now::Nothing),
    ("doc_type", Now::Nothing),
    ("boto_profile", Now::Nothing),
    ("aws_access_key_id", Now::Name("sns_aws_access_key_id")),
    ("aws_secret_access_key", Now::Name("sns_aws_secret_access_key")),
    ("aws_profile", Now::Name("sns_aws_profile")),
    ("hipchat_auth_token", Now::Nothing),
    ("hipchat_room_id", Now::Nothing),
    ("hipchat_domain", Now::Nothing),
    ("hipchat_ignore_ssl_errors", Now::Nothing),
    ("hipchat_proxy", Now::Nothing),
    ("hipchat_notify", Now::Nothing),
    ("hipchat_from", Now::Nothing),
    ("hipchat_message_format", Now::Nothing),
    ("hipchat_mentions", Now::Nothing),
    ("stride_access_token", Now::Nothing),
    ("stride_cloud_id", Now::Nothing),
    ("stride_conversation_id", Now::Nothing),
    ("stride_ignore_ssl_errors", Now::Nothing),
    ("stride_proxy", Now::Nothing),
    ("opsgenie_default_receipients", Now::Name("opsgenie_default_recipients")),
    ("max_scrolling", Now::Name("max_scrolling_count")),
];

/// Old and mistaken names of alerters, with the current ones.
const ALERTERS: [(&str, &str); 11] = [
    ("http_post", "post"),
    ("http_post2", "post2"),
    ("http", "post"),
    ("thehive", "hivealerter"),
    ("hive", "hivealerter"),
    ("rocket_chat", "rocketchat"),
    ("google_chat", "googlechat"),
    ("mail", "email"),
    ("teams", "ms_power_automate"),
    ("service_now", "servicenow"),
    ("splunk_oncall", "victorops"),
];

/// Removed alerters, with their replacements.
const GONE_ALERTERS: [(&str, &str); 4] = [
    ("simple", "use `post`, which sends a different document"),
    ("hipchat", "HipChat was shut down; choose another alerter"),
    ("stride", "Stride was shut down; choose another alerter"),
    ("aws", "use `sns`, `sqs` or `ses`"),
];

/// Returns the current name of an alerter.
pub fn alerter_now(name: &str) -> Option<&'static str> {
    ALERTERS.iter().find(|(old, _)| *old == name).map(|(_, now)| *now)
}

/// Returns the replacement of a removed alerter.
pub fn gone_alerter(name: &str) -> Option<&'static str> {
    GONE_ALERTERS.iter().find(|(old, _)| *old == name).map(|(_, why)| *why)
}

/// Returns what happened to an option in rules of this type.
pub fn gone(key: &str, kind: &str) -> Option<Gone> {
    if key == "fields" && kind != "new_term" {
        return Some(Gone {
            message: "`fields` is for new_term rules; the fields to fetch are `include_fields`",
            help: "`include_fields` is the name since 2.17",
            fixable: true,
        });
    }
    OPTIONS.iter().find(|(old, _)| *old == key).map(|(_, now)| match now {
        Now::Name(n) => Gone { message: "the option was renamed", help: n, fixable: true },
        Now::Nothing => Gone { message: "the option was removed: ElastAlert 2 ignores it", help: "leave it out", fixable: true },
    })
}

pub(super) fn apply(edit: &mut Edit) {
    let kind = edit.text("type").unwrap_or_default().to_owned();
    for (old, now) in &OPTIONS {
        if edit.get(old).is_none() {
            continue;
        }
        match now {
            Now::Name(n) => edit.rename(old, n),
            Now::Nothing => edit.remove(old, format!("`{old}` is gone")),
        }
    }
    if kind != "new_term" && edit.get("fields").is_some() {
        edit.rename("fields", "include_fields");
    }
    let renamed = |v: &Value| -> Option<Value> {
        match v {
            Value::Map(m) => {
                let (name, over) = m.first()?;
                alerter_now(name).map(|now| Value::Map(vec![(now.to_owned(), over.clone())]))
            }
            v => v.as_str().and_then(alerter_now).map(Value::from),
        }
    };
    let alert = match edit.get("alert").cloned() {
        Some(Value::List(items)) => Value::List(items.iter().map(|i| renamed(i).unwrap_or_else(|| i.clone())).collect()),
        Some(v) => renamed(&v).unwrap_or(v),
        None => return,
    };
    edit.set("alert", alert, "alerters were renamed");
}

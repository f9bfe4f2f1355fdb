//! Roles of option values: a secret, a host, a file or a program.
//!
//! The roles of ElastAlert's options are in the table, those of options that only the runtime reads are here. A new option of
//! the runtime must be added to one of the two: a test compares them with the source of the alerters.

use super::{Scope, Spec, named};
use std::fmt;

/// The roles of an option.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Roles(u8);

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [("secret", Self::SECRET), ("target", Self::TARGET), ("file", Self::FILE), ("program", Self::PROGRAM)];
        f.debug_set().entries(all.iter().filter(|(_, r)| self.has(*r)).map(|(n, _)| n)).finish()
    }
}

impl Roles {
    /// No role.
    pub const NONE: Self = Self(0);
    /// The value is a secret and is never shown.
    pub const SECRET: Self = Self(1);
    /// The value decides which host is connected to, or how.
    pub const TARGET: Self = Self(2);
    /// The value is the path of a file or folder that is read.
    pub const FILE: Self = Self(4);
    /// The value starts a program.
    pub const PROGRAM: Self = Self(8);

    /// Parses a word of the table. Returns `None` for a word that it does not know.
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "secret" => Some(Self::SECRET),
            "target" => Some(Self::TARGET),
            "file" => Some(Self::FILE),
            "program" => Some(Self::PROGRAM),
            _ => None,
        }
    }

    /// Returns the roles of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether it has a role.
    pub const fn has(self, role: Self) -> bool {
        self.0 & role.0 != 0
    }
}

/// An option as the runtime uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its scope.
    pub scope: Scope,
    /// The roles of its value.
    pub roles: Roles,
    /// Its default, if there is one.
    pub default: Option<&'static str>,
    /// Whether it is required.
    pub required: bool,
}

impl From<&Spec> for Named {
    fn from(s: &Spec) -> Self {
        Self { scope: s.scope, roles: s.roles, default: s.default, required: s.required }
    }
}

/// Prefixes of the options for the HTTP requests of an alerter (`<prefix>_proxy`, `<prefix>_ca_certs`, ...).
const REQUESTS: [(&str, &str); 37] = [
    ("alerta", "alerta"),
    ("alertmanager", "alertmanager"),
    // Also those of `ses` and `sqs`.
    ("aws", "sns"),
    ("chatwork", "chatwork"),
    ("datadog", "datadog"),
    ("dingtalk", "dingtalk"),
    ("discord", "discord"),
    ("exotel", "exotel"),
    ("flashduty", "flashduty"),
    ("gelf", "gelf"),
    ("gitter", "gitter"),
    ("googlechat", "googlechat"),
    ("hive", "hivealerter"),
    ("http_post", "post"),
    ("http_post2", "post2"),
    ("iris", "iris"),
    ("jira", "jira"),
    ("lark", "lark"),
    ("line", "line"),
    ("linenotify", "linenotify"),
    ("matrixhookshot", "matrixhookshot"),
    ("mattermost", "mattermost"),
    ("ms_power_automate", "ms_power_automate"),
    ("ms_teams", "ms_teams"),
    ("opsgenie", "opsgenie"),
    ("pagerduty", "pagerduty"),
    ("pagertree", "pagertree"),
    ("rocket_chat", "rocketchat"),
    ("servicenow", "servicenow"),
    ("slack", "slack"),
    ("smseagle", "smseagle"),
    ("telegram", "telegram"),
    ("twilio", "twilio"),
    ("victorops", "victorops"),
    ("webex_webhook", "webex_webhook"),
    ("workwechat", "workwechat"),
    ("yzj", "yzj"),
];

/// Suffixes of the options for HTTP requests, with their roles.
const OF_REQUESTS: [(&str, Roles); 5] = [
    ("_proxy", Roles::TARGET.and(Roles::SECRET)),
    ("_proxy_login", Roles::SECRET),
    ("_proxy_pass", Roles::SECRET),
    ("_proxy_password", Roles::SECRET),
    ("_ca_certs", Roles::FILE),
];

/// Options of alerters that only the runtime reads.
const OWN: [(&str, &str, Roles); 15] = [
    ("chatwork_api_url", "chatwork", Roles::TARGET),
    ("dingtalk_api_url", "dingtalk", Roles::TARGET),
    ("exotel_api_url", "exotel", Roles::TARGET),
    ("flashduty_api_url", "flashduty", Roles::TARGET),
    ("lark_api_url", "lark", Roles::TARGET),
    ("line_api_url", "line", Roles::TARGET),
    ("linenotify_api_url", "linenotify", Roles::TARGET),
    ("pagerduty_api_url", "pagerduty", Roles::TARGET),
    ("smtp_ca_certs", "email", Roles::FILE),
    ("smtp_verify_certs", "email", Roles::NONE),
    ("command_timeout", "command", Roles::NONE),
    ("twilio_api_url", "twilio", Roles::TARGET),
    ("victorops_api_url", "victorops", Roles::TARGET),
    ("webex_api_url", "webex_webhook", Roles::TARGET),
    ("work_wechat_api_url", "workwechat", Roles::TARGET),
];

/// Returns whether options with this prefix configure the requests of an alerter.
pub fn requests(prefix: &str) -> bool {
    REQUESTS.iter().any(|(p, _)| *p == prefix)
}

/// An option that ElastAlert does not have and the runtime reads.
fn own(name: &str) -> Option<Named> {
    let of = |alerter, roles| Named { scope: Scope::Alert(alerter), roles, default: None, required: false };
    if let Some((_, alerter, roles)) = OWN.iter().find(|(n, ..)| *n == name) {
        return Some(of(alerter, *roles));
    }
    REQUESTS.iter().find_map(|(prefix, alerter)| {
        let rest = name.strip_prefix(prefix)?;
        OF_REQUESTS.iter().find(|(ending, _)| *ending == rest).map(|(_, roles)| of(*alerter, *roles))
    })
}

/// Returns the names of all options that ElastAlert does not have and the runtime reads.
pub fn own_names() -> Vec<String> {
    let requests = REQUESTS.iter().flat_map(|(prefix, _)| OF_REQUESTS.iter().map(move |(ending, _)| format!("{prefix}{ending}")));
    OWN.iter().map(|(name, ..)| (*name).to_owned()).chain(requests).filter(|n| named(n).next().is_none()).collect()
}

/// Returns an option of the runtime once for each of its scopes; empty for an unknown name.
pub fn named_by_runtime(name: &str) -> Vec<Named> {
    let mut out: Vec<Named> = named(name).map(Named::from).collect();
    out.extend(own(name));
    out
}

/// Returns the roles of an option over all scopes, or `None` for an unknown name.
pub fn roles(name: &str) -> Option<Roles> {
    named_by_runtime(name).iter().map(|n| n.roles).reduce(Roles::and)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn roles_are_read_from_the_table() {
        let has = |name: &str, role| roles(name).is_some_and(|r| r.has(role));
        for (name, role) in [
            ("es_password", Roles::SECRET),
            ("http_post_headers", Roles::SECRET),
            ("slack_webhook_url", Roles::SECRET),
            ("slack_webhook_url", Roles::TARGET),
            ("es_host", Roles::TARGET),
            ("smtp_host", Roles::TARGET),
            ("match_enhancements", Roles::PROGRAM),
            ("command", Roles::PROGRAM),
            ("email_image_values", Roles::FILE),
            ("opsgenie_ca_certs", Roles::FILE),
            ("datadog_proxy", Roles::TARGET),
            ("twilio_api_url", Roles::TARGET),
        ] {
            assert!(has(name, role), "{name}: {:?}", roles(name));
        }
        assert_eq!(roles("alert_text"), Some(Roles::NONE));
        assert_eq!(roles("my_own_option"), None);
        assert_eq!(named("smtp_host").next().and_then(|s| s.default), Some("localhost"));
    }

    /// Every option whose name says that it holds a secret, a host or a file has the role.
    #[test]
    fn names_that_tell_have_their_role() {
        for spec in super::super::all() {
            let name = spec.name;
            let says = |words: &[&str]| words.iter().any(|w| name.ends_with(w));
            if says(&["_password", "_pass", "_token", "_api_key", "_apikey", "_secret_key", "_webhook_url", "_headers", "_proxy_login"]) {
                assert!(spec.roles.has(Roles::SECRET), "{name} is not marked as secret");
            }
            if says(&["_webhook_url", "_proxy", "_host", "_hosts", "_api_url", "_endpoint"]) && !["zbx_host", "statsd_host"].contains(&name)
            {
                assert!(spec.roles.has(Roles::TARGET), "{name} is not marked as target");
            }
            if says(&["_file", "_ca_certs", "_ca_cert", "_path", "_dir"]) {
                assert!(spec.roles.has(Roles::FILE), "{name} is not marked as file");
            }
        }
    }

    /// What an alerter reads has a name in one of the tables, so that nothing it reads is without its role.
    #[test]
    fn alerters_read_no_option_without_a_role() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../sigmalert-runtime/src/alerters");
        let mut unknown = BTreeSet::new();
        let mut seen = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for at in text.match_indices("Http::of(").map(|(at, _)| at) {
                let Some(prefix) = text[at..].split('"').nth(1).filter(|_| text[at..].starts_with("Http::of(m, \"")) else { continue };
                assert!(requests(prefix), "requests that begin with {prefix}");
            }
            for method in ["text", "some_text", "text_or", "texts", "list", "map", "flag", "get", "count", "number", "span"] {
                for receiver in ["o", "m.options"] {
                    let call = format!("{receiver}.{method}(\"");
                    for (at, _) in text.match_indices(&call) {
                        if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.') {
                            continue;
                        }
                        let name = text[at + call.len()..].split('"').next().unwrap_or_default();
                        seen += 1;
                        if roles(name).is_none() {
                            unknown.insert(name.to_owned());
                        }
                    }
                }
            }
        }
        assert!(seen > 150, "{seen}");
        assert_eq!(unknown, BTreeSet::new());
    }
}

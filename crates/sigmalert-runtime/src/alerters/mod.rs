//! Alerters: a match told to someone. One file each, one function each: [`Message`] in, taken or not.
//!
//! What stands in events is never trusted: each alerter says how their texts are made harmless where it sends them
//! ([`text::Escape`]), and no value of an event becomes a header, a name of a host, a shell's word or a template.

mod alerta;
mod alertmanager;
mod aws;
mod chat;
mod command;
pub(crate) mod delivery;
mod discord;
mod discover;
mod email;
mod gelf;
mod hive;
pub(crate) mod http;
mod indexer;
mod iris;
mod jira;
mod mattermost;
mod opsgenie;
mod pagerduty;
mod post;
mod rocketchat;
mod servicenow;
mod slack;
mod sms;
mod stomp;
mod teams;
mod telegram;
pub(crate) mod text;
mod webhooks;
mod zabbix;

use super::lookup::{Document, lookup};
use super::options::Options;
use super::rule::RunRule;
use super::text::format::Unfilled;
use super::text::python;
use serde_json::{Value, json};
use sigmalert_support::sync::lock;
use std::sync::Mutex;
use std::time::Duration;
use text::Escape;

/// Why an alerter did not take an alert.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failed {
    pub message: String,
    /// When it may be tried again, where the receiver says so.
    pub after: Option<Duration>,
}

impl Failed {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), after: None }
    }
}

impl From<Unfilled> for Failed {
    fn from(unfilled: Unfilled) -> Self {
        Self::new(unfilled.to_string())
    }
}

impl From<String> for Failed {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

/// What alerters of one alert leave to those behind them.
#[derive(Debug, Default)]
pub(crate) struct Pipeline {
    /// Jira's server and the ticket there.
    pub ticket: Mutex<Option<(String, String)>>,
}

impl Pipeline {
    /// Where the ticket is, if there is one.
    pub fn ticket_url(&self) -> Option<String> {
        let ticket = lock(&self.ticket);
        ticket.as_ref().map(|(server, key)| format!("{}/browse/{key}", server.trim_end_matches('/')))
    }
}

/// An alert as an alerter gets it.
pub(crate) struct Message<'a> {
    pub rule: &'a RunRule,
    /// The rule's options with what this alerter overrides.
    pub options: &'a Options,
    /// At least one.
    pub matches: &'a [Document],
    /// The same whenever the same alert is sent.
    pub id: &'a str,
    pub pipeline: &'a Pipeline,
}

impl Message<'_> {
    /// The first match.
    pub fn first(&self) -> &Document {
        &self.matches[0]
    }

    /// A field of the first match, or else an option of the rule.
    pub fn field(&self, name: &str) -> Option<Value> {
        self.field_of(self.first(), name)
    }

    /// The same of a match.
    pub fn field_of(&self, doc: &Document, name: &str) -> Option<Value> {
        let found = lookup(doc, name).filter(|v| !v.is_null()).map(std::borrow::Cow::into_owned);
        // Only what rules say of themselves: not how the cluster is reached, nor anyone's password.
        found.or_else(|| self.options.get(name).filter(|_| !self.rule.hides(name)).cloned())
    }

    /// What is written where a field has no value.
    pub fn missing(&self) -> String {
        self.options.text_or("alert_missing_value", "<MISSING VALUE>")
    }

    /// `{}` in a text replaced by fields, as `…_args` name them.
    pub fn formatted(&self, template: &str, args: &[String], escape: Escape) -> Result<String, Failed> {
        text::formatted(self, self.first(), template, args, escape)
    }

    /// The title: `alert_subject`, or the alerter's own.
    pub fn title(&self, default: &dyn Fn() -> String, escape: Escape) -> Result<String, Failed> {
        text::title(self, default, escape)
    }

    /// The title, or else the rule's name.
    pub fn plain_title(&self, escape: Escape) -> Result<String, Failed> {
        self.title(&|| self.rule.rule.name.clone(), escape)
    }

    /// The text of all matches with the summary before it.
    pub fn body(&self, escape: Escape) -> Result<String, Failed> {
        text::body(self, escape, 80)
    }

    /// The same for chats, which show narrow tables between marks.
    pub fn chat_body(&self, escape: Escape) -> Result<String, Failed> {
        let summary = text::summary(self, escape, 75);
        let summary = if summary.is_empty() { summary } else { format!("```\n{summary}```\n") };
        Ok(summary + &text::matches(self, escape)?)
    }

    /// The value of the query key, where the match has it.
    pub fn key_value(&self) -> Option<String> {
        let key = self.rule.query_key.as_ref()?;
        lookup(self.first(), key).filter(|v| python::truthy(v)).map(|v| python::str(&v))
    }

    /// ElastAlert's title for mails and OpsGenie.
    pub fn keyed_title(&self, escape: Escape) -> String {
        let key = self.key_value().map(|k| format!(" - {}", escape(&k))).unwrap_or_default();
        format!("ElastAlert: {}{key}", self.rule.rule.name)
    }
}

/// What sends an alert.
pub(crate) type Send = fn(&Message<'_>) -> Result<(), Failed>;

/// The alerters by name.
const ALERTERS: &[(&str, Send)] = &[
    ("alerta", alerta::send),
    ("alertmanager", alertmanager::send),
    ("chatwork", webhooks::chatwork),
    ("command", command::send),
    ("datadog", webhooks::datadog),
    ("debug", chat::debug),
    ("dingtalk", webhooks::dingtalk),
    ("discord", discord::send),
    ("email", email::send),
    ("exotel", sms::exotel),
    ("flashduty", webhooks::flashduty),
    ("gelf", gelf::send),
    ("gitter", webhooks::gitter),
    ("googlechat", chat::googlechat),
    ("hivealerter", hive::send),
    ("indexer", indexer::send),
    ("iris", iris::send),
    ("jira", jira::send),
    ("lark", webhooks::lark),
    ("line", webhooks::line),
    ("linenotify", webhooks::linenotify),
    ("matrixhookshot", webhooks::matrixhookshot),
    ("mattermost", mattermost::send),
    ("ms_power_automate", teams::power_automate),
    ("ms_teams", teams::teams),
    ("opsgenie", opsgenie::send),
    ("pagerduty", pagerduty::send),
    ("pagertree", webhooks::pagertree),
    ("post", post::post),
    ("post2", post::post2),
    ("rocketchat", rocketchat::send),
    ("servicenow", servicenow::send),
    ("ses", aws::ses),
    ("slack", slack::send),
    ("smseagle", sms::smseagle),
    ("sns", aws::sns),
    ("sqs", aws::sqs),
    ("stomp", stomp::send),
    ("telegram", telegram::send),
    ("twilio", sms::twilio),
    ("victorops", webhooks::victorops),
    ("webex_webhook", webhooks::webex),
    ("workwechat", webhooks::workwechat),
    ("yzj", webhooks::yzj),
    ("zabbix", zabbix::send),
];

/// Other names of alerters.
const ALIASES: &[(&str, &str)] = &[("http_post", "post"), ("http_post2", "post2"), ("thehive", "hivealerter")];

/// The alerter of a name.
pub(crate) fn alerter(name: &str) -> Option<Send> {
    let name = ALIASES.iter().find(|(a, _)| *a == name).map_or(name, |(_, n)| n);
    ALERTERS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
}

/// What is wrong with the alerters of a rule, before it runs.
pub(crate) fn check(rule: &RunRule) -> Result<(), String> {
    for (name, options) in &rule.alerters {
        if alerter(name).is_none() {
            return Err(match name.as_str() {
                "tencent_sms" => {
                    format!("the alerter `{name}` signs requests for a cloud, which is not done here: use `command`")
                }
                n if n.contains('.') => {
                    format!("the alerter `{name}` is a Python class, which only ElastAlert runs: use `command` or `post`")
                }
                _ => format!("there is no alerter `{name}`"),
            });
        }
        let known = ALIASES.iter().find(|(a, _)| a == name).map_or(name.as_str(), |(_, n)| n);
        let scope = sigmalert_elastalert::options::alerter(known).map_or("", |a| a.name);
        for spec in sigmalert_elastalert::options::of(sigmalert_elastalert::options::Scope::Alert(scope)).filter(|s| s.required) {
            if options.get(spec.name).is_none() {
                return Err(format!("the alerter `{name}` needs `{}`", spec.name));
            }
        }
        if known == "hivealerter" {
            hive::check(options)?;
        }
        if let "ses" | "sns" | "sqs" = known {
            aws::check(options, known)?;
        }
        if known == "command" {
            command::check(options)?;
        }
    }
    Ok(())
}

/// What an alert says, for a screen.
pub(crate) fn preview(rule: &RunRule, matches: &[Document], id: &str) -> String {
    let options = rule.alerters.first().map_or(&rule.options, |(_, o)| o);
    let message = Message { rule, options, matches, id, pipeline: &Pipeline::default() };
    message.body(text::as_is).unwrap_or_else(|e| e.message)
}

/// What an alert's document tells of its first alerter. Addresses that let anyone send are no part of it.
pub(crate) fn info(rule: &RunRule) -> Value {
    let Some((name, options)) = rule.alerters.first() else { return json!({}) };
    let kind = match name.as_str() {
        "post" => "http_post",
        "post2" => "http_post2",
        other => other,
    };
    let mut out = json!({"type": kind});
    // Numbers that are texts would give the field of the index a type that other texts do not have.
    if let "email" | "ses" = name.as_str() {
        out["recipients"] = options.texts(if name == "ses" { "ses_email" } else { "email" }).into();
    }
    out
}

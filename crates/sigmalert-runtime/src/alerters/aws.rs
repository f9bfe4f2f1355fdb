//! Amazon's services: mails by SES, notifications by SNS, messages by SQS.

use super::http::Http;
use super::text::as_is;
use super::{Failed, Message};
use crate::aws::{Signer, Source};
use crate::lookup::lookup;
use crate::options::Options;
use crate::text::python;
use crate::url::quote;
use serde_json::{Value, json};

/// The longest subject that SNS takes.
const MAX_SUBJECT: usize = 99;
/// The longest message that SNS takes, in bytes.
const MAX_NOTIFICATION: usize = 256 << 10;
/// The longest text in a message of SQS, and the longest message, as ElastAlert has it.
const MAX_TEXT: usize = 800_000;
const MAX_MESSAGE: usize = 1 << 20;

/// The credentials that options state: keys, or a profile.
fn source(options: &Options, prefix: &str) -> Result<Source, String> {
    let key = |names: [&str; 2]| names.iter().find_map(|n| options.some_text(&format!("{prefix}_aws_{n}")));
    if let Some(profile) = options.some_text(&format!("{prefix}_aws_profile")) {
        return Ok(Source::Chain { profile: Some(profile) });
    }
    match (key(["access_key_id", "access_key"]), key(["secret_access_key", "secret_key"])) {
        (Some(id), Some(secret)) => Ok(Source::Keys { id, secret }),
        (None, None) => Ok(Source::Chain { profile: None }),
        (Some(_), None) => Err(format!("`{prefix}_aws_access_key_id` is given without `{prefix}_aws_secret_access_key`")),
        (None, Some(_)) => Err(format!("`{prefix}_aws_secret_access_key` is given without `{prefix}_aws_access_key_id`")),
    }
}

fn region(options: &Options, prefix: &str, source: &Source) -> String {
    let given = options.some_text(&format!("{prefix}_aws_region"));
    let profiled = || matches!(source, Source::Chain { profile: Some(_) }).then(|| source.region()).flatten();
    given.or_else(profiled).unwrap_or_else(|| match prefix {
        "sqs" => region_of_queue(&options.text_or("sqs_queue_url", "")),
        _ => "us-east-1".into(),
    })
}

/// `https://sqs.eu-west-1.amazonaws.com/…`
fn region_of_queue(url: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, r)| r).split(['/', ':']).next().unwrap_or_default();
    match host.split('.').collect::<Vec<_>>()[..] {
        ["sqs", region, _, ..] => region.to_owned(),
        _ => "us-east-1".into(),
    }
}

fn signer(options: &Options, prefix: &str, service: &'static str) -> Result<Signer, String> {
    let source = source(options, prefix)?;
    let region = region(options, prefix, &source);
    Signer::new(source, &region, service).map_err(|e| format!("`{prefix}_aws_region`: {e}"))
}

/// What the first alert would find wrong.
pub(super) fn check(options: &Options, alerter: &str) -> Result<(), String> {
    signer(options, alerter, "check").map(|_| ())
}

/// A signer for an alert. What this machine may do in AWS is the operator's to give: a client's rule gets it where the operator
/// configured the alerter.
fn signer_of(m: &Message<'_>, prefix: &str, service: &'static str, target: &str) -> Result<Signer, Failed> {
    let signer = signer(m.options, prefix, service)?;
    if m.rule.guard.is_on() && matches!(signer.source, Source::Chain { .. }) {
        let profile = format!("{prefix}_aws_profile");
        let by_operator = |name: &str| m.options.get(name).is_some() && !m.rule.by_clients.contains(name);
        let allowed = if m.options.get(&profile).is_some() { by_operator(&profile) } else { by_operator(target) };
        if m.rule.guard.is_trial() || !allowed {
            return Err(Failed::new(format!(
                "the AWS credentials of this machine are not for rules of clients: give the rule keys of its own, or set `{profile}` or `{target}` in the configuration"
            )));
        }
    }
    Ok(signer)
}

fn form(m: &Message<'_>, signer: &Signer, url: &str, fields: &[(String, String)]) -> Result<(), Failed> {
    let body: Vec<String> = fields.iter().map(|(k, v)| format!("{}={}", quote(k), quote(v))).collect();
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    Http::of(m, "aws").signed(signer, url, kind, &[], body.join("&").as_bytes())
}

fn field(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

pub(super) fn ses(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let signer = signer_of(m, "ses", "ses", "ses_from_addr")?;
    let mut domain = o.text_or("ses_email_add_domain", "");
    if !domain.is_empty() && !domain.starts_with('@') {
        domain.insert(0, '@');
    }
    let mut to = o.texts("ses_email");
    if let Some(name) = o.some_text("ses_email_from_field") {
        match lookup(m.first(), &name).as_deref() {
            Some(Value::String(one)) if one.contains('@') => to = vec![one.clone()],
            Some(Value::String(one)) if !domain.is_empty() => to = vec![format!("{one}{domain}")],
            Some(Value::Array(many)) => to = many.iter().map(|one| python::str(one) + &domain).collect(),
            _ => {}
        }
    }
    let subject = m.title(&|| m.keyed_title(as_is).replacen("ElastAlert: ", "ElastAlert 2: ", 1), as_is)?;
    let mut fields = vec![field("Action", "SendEmail"), field("Version", "2010-12-01"), field("Source", o.text_or("ses_from_addr", ""))];
    let lists = [
        ("Destination.ToAddresses", to),
        ("Destination.CcAddresses", o.texts("ses_cc")),
        ("Destination.BccAddresses", o.texts("ses_bcc")),
        ("ReplyToAddresses", o.texts("ses_email_reply_to")),
    ];
    for (name, addresses) in lists {
        fields.extend(addresses.into_iter().enumerate().map(|(i, a)| (format!("{name}.member.{}", i + 1), a)));
    }
    fields.extend([
        field("Message.Subject.Data", subject),
        field("Message.Subject.Charset", "UTF-8"),
        field("Message.Body.Text.Data", m.body(as_is)?),
        field("Message.Body.Text.Charset", "UTF-8"),
    ]);
    form(m, &signer, &(signer.endpoint("email", "SES") + "/"), &fields)
}

pub(super) fn sns(m: &Message<'_>) -> Result<(), Failed> {
    let signer = signer_of(m, "sns", "sns", "sns_topic_arn")?;
    let topic = m.options.text_or("sns_topic_arn", "");
    let title = m.title(&|| format!("ElastAlert: {}", m.rule.rule.name), as_is)?;
    // SNS refuses line breaks and long subjects, and with them the alert.
    let subject: String = title.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_SUBJECT).collect();
    let fifo = is_fifo(&topic);
    let mut fields = vec![
        field("Action", "Publish"),
        field("Version", "2010-03-31"),
        field("TopicArn", topic),
        field("Message", cut(m.body(as_is)?, MAX_NOTIFICATION, "\n*message was cropped according to SNS limits!*")),
        field("Subject", subject),
    ];
    if fifo {
        // Such topics refuse messages without them; the alert's id keeps a repeated one from arriving twice.
        fields.extend([field("MessageGroupId", "sigmalert"), field("MessageDeduplicationId", m.id)]);
    }
    form(m, &signer, &(signer.endpoint("sns", "SNS") + "/"), &fields)
}

pub(super) fn sqs(m: &Message<'_>) -> Result<(), Failed> {
    let signer = signer_of(m, "sqs", "sqs", "sqs_queue_url")?;
    let queue = m.options.text_or("sqs_queue_url", "");
    let text = m.body(as_is)?;
    let text = match text.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => format!("{}\n*message was cropped according to SQS limits!*", &text[..at]),
        None => text,
    };
    let mut data = json!({"rule_name": m.rule.rule.name, "matches": m.matches, "text": text});
    if data.to_string().len() > MAX_MESSAGE {
        data["text"] = "Text message omitted due to SQS size limit.".into();
    }
    let mut body = json!({"QueueUrl": queue, "MessageBody": data.to_string()});
    if is_fifo(&queue) {
        body["MessageGroupId"] = "sigmalert".into();
        body["MessageDeduplicationId"] = m.id.into();
    }
    let url = signer.endpoint("sqs", "SQS") + "/";
    let headers = [("x-amz-target", "AmazonSQS.SendMessage")];
    Http::of(m, "aws").signed(&signer, &url, "application/x-amz-json-1.0", &headers, body.to_string().as_bytes())
}

/// Whether a topic or a queue keeps the order of its messages: then each message names its group.
fn is_fifo(name: &str) -> bool {
    name.rsplit('.').next() == Some("fifo")
}

/// A text of so many bytes at most, with a note where it was longer.
fn cut(text: String, most: usize, note: &str) -> String {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most - note.len()).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}{note}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_and_sources() {
        let options = |v: Value| Options(v.as_object().cloned().unwrap());
        let queue = |url: &str| region_of_queue(url);
        assert_eq!(queue("https://sqs.eu-west-1.amazonaws.com/1/q"), "eu-west-1");
        assert_eq!(queue("http://127.0.0.1:9324/1/q"), "us-east-1");
        assert_eq!(check(&options(json!({"sns_aws_access_key_id": "a", "sns_aws_secret_access_key": "b"})), "sns"), Ok(()));
        assert!(check(&options(json!({"sns_aws_access_key_id": "a"})), "sns").unwrap_err().contains("sns_aws_secret_access_key"));
        assert!(check(&options(json!({"ses_aws_region": "evil.example/"})), "ses").unwrap_err().contains("`ses_aws_region`"));
        // The names that ElastAlert's documentation has.
        assert!(matches!(source(&options(json!({"ses_aws_access_key": "a", "ses_aws_secret_key": "b"})), "ses"), Ok(Source::Keys { .. })));
        assert_eq!(cut("ééé".into(), 100, "!"), "ééé");
        assert_eq!(cut("ééé".into(), 4, "!"), "é!");
    }
}

//! Jira: issues of the REST interface's version 2, with bumping of open ones.

use super::email::account;
use super::http::{Answer, Http};
use super::text::{Escape, matches_with, of_match, summary};
use super::{Failed, Message};
use crate::lookup::{Document, lookup};
use crate::text::python;
use crate::time::{before, parse, pretty};
use crate::url::quote;
use serde_json::{Map, Value, json};
use sigmalert_support::sync::lock;
use sigmalert_support::units::DAY;
use std::time::Duration;

/// Options that are not fields of an issue.
const KNOWN: [&str; 21] = [
    "jira_account_file",
    "jira_assignee",
    "jira_bump_after_inactivity",
    "jira_bump_in_statuses",
    "jira_bump_not_in_statuses",
    "jira_bump_only",
    "jira_bump_tickets",
    "jira_component",
    "jira_components",
    "jira_description",
    "jira_ignore_in_title",
    "jira_issuetype",
    "jira_label",
    "jira_labels",
    "jira_max_age",
    "jira_priority",
    "jira_project",
    "jira_server",
    "jira_transition_to",
    "jira_watchers",
    "jira_parent",
];

/// Custom fields whose texts are objects.
const OPTIONS: [&str; 3] = ["multicheckboxes", "multiselect", "radiobuttons"];

/// Inside of Jira's marks: a value does not end the block that it stands in.
fn in_block(text: &str) -> String {
    text.replace("{code", "{ code").replace("{noformat", "{ noformat")
}

/// The fields of a match as a block.
fn block(doc: &Document, escape: Escape) -> String {
    let fields: Document = doc.iter().filter(|(k, _)| !k.starts_with("top_events_")).map(|(k, v)| (k.clone(), v.clone())).collect();
    format!("{{code}}{}{{code}}", python::pretty_json(&super::text::escaped(&Value::Object(fields), escape)))
}

struct Jira<'m, 'a> {
    m: &'m Message<'a>,
    http: Http<'m>,
    base: String,
}

impl Jira<'_, '_> {
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer, Failed> {
        self.http.ask(method, &format!("{}/rest/api/2/{path}", self.base), body)
    }

    fn default_title(&self, search: bool) -> String {
        let m = self.m;
        let mut title = match m.key_value() {
            Some(key) => format!("ElastAlert: {} matched {}", in_block(&key), m.rule.rule.name),
            None => format!("ElastAlert: {}", m.rule.rule.name),
        };
        if search {
            return title;
        }
        if let Some(at) = lookup(m.first(), &m.rule.rule.timestamp.field).and_then(|v| parse(&v)) {
            title.push_str(&format!(" - {}", pretty(at, m.options.flag("use_local_time", true), None)));
        }
        if let Some(count) = m.first().get("spike_count").filter(|c| python::truthy(c)) {
            title.push_str(&format!(" - {}+ events", python::str(count)));
        }
        title
    }

    /// An open issue of the same title.
    fn existing(&self, title: &str) -> Result<Option<(String, Value)>, Failed> {
        let o = self.m.options;
        let mut title = if o.get("alert_subject").is_some() { title.to_owned() } else { self.default_title(true) };
        if let Some(part) = o.some_text("jira_ignore_in_title").and_then(|f| lookup(self.m.first(), &f).map(|v| python::str(&v))) {
            title = title.replace(&part, "");
        }
        // What the query language of Jira means something by is no part of a title.
        let words = title.replace(" - ", " ").replace('\\', "\\\\").replace('"', "\\\"");
        let since = before(jiff::Timestamp::now(), Duration::from_secs(o.count("jira_max_age").unwrap_or(30) * DAY));
        let since = since.strftime("%Y-%m-%d");
        let project = o.text_or("jira_project", "");
        let mut jql = format!("project={project} AND summary~\"{words}\" and created >= \"{since}\"");
        for (option, not) in [("jira_bump_in_statuses", ""), ("jira_bump_not_in_statuses", "not ")] {
            let list = o.texts(option);
            if !list.is_empty() {
                let named: Vec<String> = list.iter().map(|s| if s.contains(' ') { format!("\"{s}\"") } else { s.clone() }).collect();
                jql.push_str(&format!(" and status {not}in ({})", named.join(",")));
            }
        }
        // Cloud has a search of its own; servers have the old one.
        let query = format!("jql={}&maxResults=1&fields=updated,labels,status", quote(&jql));
        let answer = match self.ask("GET", &format!("search/jql?{query}"), None) {
            Ok(a) => a,
            Err(_) => self.ask("GET", &format!("search?{query}"), None)?,
        };
        let issue = answer.body.pointer("/issues/0").cloned();
        Ok(issue.and_then(|i| Some((i.get("key")?.as_str()?.to_owned(), i.clone()))))
    }

    fn bump(&self, key: &str, issue: &Value) -> Result<(), Failed> {
        let o = self.m.options;
        for doc in self.m.matches {
            let text = of_match(self.m, doc, in_block, block)?;
            let at =
                lookup(doc, &self.m.rule.rule.timestamp.field).and_then(|v| parse(&v)).map(|t| pretty(t, true, None)).unwrap_or_default();
            let comment = format!("This alert was triggered again at {at}\n{text}");
            self.ask("POST", &format!("issue/{key}/comment"), Some(&json!({"body": comment})))?;
        }
        let labels = labels(self.m);
        if !labels.is_empty() {
            let add: Vec<Value> = labels.iter().map(|l| json!({"add": l})).collect();
            self.ask("PUT", &format!("issue/{key}"), Some(&json!({"update": {"labels": add}})))?;
        }
        if let Some(wanted) = o.some_text("jira_transition_to") {
            let found = self.ask("GET", &format!("issue/{key}/transitions"), None)?;
            let transition = found.body.get("transitions").and_then(Value::as_array).into_iter().flatten();
            let id = transition.filter(|t| t.get("name").and_then(Value::as_str) == Some(&wanted)).find_map(|t| t.get("id").cloned());
            match id {
                Some(id) => {
                    self.ask("POST", &format!("issue/{key}/transitions"), Some(&json!({"transition": {"id": id}})))?;
                }
                None => tracing::warn!(
                    issue = key,
                    transition = wanted,
                    "Jira has no such transition for the issue: {}",
                    issue.get("key").map(python::str).unwrap_or_default()
                ),
            }
        }
        Ok(())
    }

    /// Fields that options name (`jira_my_field: value`), in the form that Jira has for them.
    fn more_fields(&self, fields: &mut Map<String, Value>) -> Result<(), Failed> {
        let wanted: Vec<(&String, &Value)> =
            self.m.options.0.iter().filter(|(k, _)| k.starts_with("jira_") && !KNOWN.contains(&k.as_str())).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let all = self.ask("GET", "field", None)?.body;
        for (option, value) in wanted {
            let name = option["jira_".len()..].replace('_', " ").to_lowercase();
            let is = |f: &&Value, key: &str| f.get(key).and_then(Value::as_str).is_some_and(|v| v.replace('_', " ").to_lowercase() == name);
            let list = all.as_array().map_or(&[][..], Vec::as_slice);
            let field = list.iter().find(|f| is(f, "name")).or_else(|| list.iter().find(|f| is(f, "id")));
            let Some(field) = field else { return Err(Failed::new(format!("Jira has no field `{name}`, which `{option}` sets"))) };
            let value = match value {
                Value::String(s) if s.starts_with('#') => lookup(self.m.first(), &s[1..]).map_or(Value::Null, std::borrow::Cow::into_owned),
                v => v.clone(),
            };
            let id = field.get("id").map(python::str).unwrap_or_default();
            fields.insert(id, shaped(field, value));
        }
        Ok(())
    }
}

/// A value in the form of a field's schema.
fn shaped(field: &Value, value: Value) -> Value {
    let schema = |key: &str| field.pointer(&format!("/schema/{key}")).and_then(Value::as_str).unwrap_or_default();
    let option = OPTIONS.iter().any(|o| schema("custom").ends_with(o));
    let one = |kind: &str, v: Value| match kind {
        "string" | "date" | "datetime" if option => json!({"value": v}),
        "string" | "date" | "datetime" => v,
        "number" => v.as_str().and_then(|s| s.trim().parse::<i64>().ok()).map_or(v.clone(), Value::from),
        "option" => json!({"value": v}),
        _ => json!({"name": v}),
    };
    if schema("type") == "array" {
        let items = match value {
            Value::Array(a) => a,
            v => vec![v],
        };
        return items.into_iter().map(|v| one(schema("items"), v)).collect();
    }
    one(schema("type"), value)
}

fn labels(m: &Message<'_>) -> Vec<String> {
    let list = m.options.texts("jira_labels");
    if list.is_empty() { m.options.texts("jira_label") } else { list }
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let o = m.options;
    let account = account(m, "jira_account_file", &o.text_or("jira_account_file", ""))?;
    let http = match (account.text("apikey"), account.text("user"), account.text("password")) {
        (Some(key), ..) => Http::of(m, "jira").header("authorization", &format!("Bearer {key}")),
        (None, Some(user), Some(password)) => Http::of(m, "jira").basic(&user, &password),
        _ => return Err(Failed::new("the account file has neither `user` and `password` nor `apikey`")),
    };
    let server = o.text_or("jira_server", "");
    let base = if server.contains("://") { server.clone() } else { format!("https://{server}") };
    let jira = Jira { m, http, base: base.trim_end_matches('/').to_owned() };
    let title = m.title(&|| jira.default_title(false), in_block)?;
    let ticket = |key: &str| *lock(&m.pipeline.ticket) = Some((jira.base.clone(), key.to_owned()));
    if o.flag("jira_bump_tickets", false)
        && let Some((key, issue)) = jira.existing(&title)?
    {
        let inactive = Duration::from_secs(o.count("jira_bump_after_inactivity").unwrap_or(0) * DAY);
        let updated = issue.pointer("/fields/updated").and_then(parse);
        ticket(&key);
        if inactive.is_zero() || updated.is_none_or(|u| u < before(jiff::Timestamp::now(), inactive)) {
            jira.bump(&key, &issue)?;
        }
        return Ok(());
    }
    if o.flag("jira_bump_only", false) {
        return Ok(());
    }
    let table = summary(m, in_block, 80);
    let table = if table.is_empty() { table } else { format!("{{noformat}}{table}{{noformat}}") };
    let description = format!("{}\n{table}{}", o.text_or("jira_description", ""), matches_with(m, in_block, block)?);
    // Jira refuses titles of several lines.
    let title: String = title.split(['\r', '\n']).collect::<Vec<_>>().join(" ").chars().take(255).collect();
    let mut fields = Map::new();
    fields.insert("project".into(), json!({"key": o.get("jira_project")}));
    fields.insert("issuetype".into(), json!({"name": o.get("jira_issuetype")}));
    fields.insert("summary".into(), title.into());
    fields.insert("description".into(), description.into());
    if let Some(parent) = o.some_text("jira_parent") {
        fields.insert("parent".into(), json!({"key": parent}));
    }
    let components = o.texts("jira_components");
    let components = if components.is_empty() { o.texts("jira_component") } else { components };
    if !components.is_empty() {
        fields.insert("components".into(), components.iter().map(|c| json!({"name": c})).collect());
    }
    if !labels(m).is_empty() {
        fields.insert("labels".into(), labels(m).into());
    }
    if let Some(index) = o.count("jira_priority") {
        let all = jira.ask("GET", "priority", None)?.body;
        let id = usize::try_from(index).ok().and_then(|i| all.get(i)).and_then(|p| p.get("id")).cloned();
        match id {
            Some(id) => {
                fields.insert("priority".into(), json!({"id": id}));
            }
            None => tracing::error!(rule = m.rule.rule.name, "Jira has no priority of the index {index}"),
        }
    }
    jira.more_fields(&mut fields)?;
    let answer = jira.ask("POST", "issue", Some(&json!({"fields": fields})))?;
    let key = answer.body.get("key").map(python::str).ok_or_else(|| Failed::new("Jira took the issue and told no key"))?;
    ticket(&key);
    if let Some(assignee) = o.some_text("jira_assignee")
        && let Err(e) = jira.ask("PUT", &format!("issue/{key}/assignee"), Some(&json!({"name": assignee})))
    {
        // The issue is there: another one would be no better.
        tracing::error!(issue = key, "the issue could not be assigned: {e}");
    }
    for watcher in o.texts("jira_watchers") {
        if let Err(e) = jira.ask("POST", &format!("issue/{key}/watchers"), Some(&watcher.as_str().into())) {
            tracing::error!(issue = key, watcher, "the watcher could not be added: {e}");
        }
    }
    Ok(())
}

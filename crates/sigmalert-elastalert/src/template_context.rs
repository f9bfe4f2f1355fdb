//! The values of a rule that profiles can use: attributes, ATT&CK, severity, and relevant fields of the event.

use serde::Serialize;
use sigmalert_query::FieldType;
use sigmalert_sigma::{Attributes, Level, Logsource, Status};
use std::collections::BTreeMap;

/// The values for the placeholders of profiles.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateContext {
    /// The name of the rule file.
    pub name: String,
    title: String,
    id: Option<String>,
    description: Option<String>,
    level: &'static str,
    status: Option<&'static str>,
    author: Option<String>,
    date: Option<String>,
    modified: Option<String>,
    license: Option<String>,
    references: Vec<String>,
    tags: Vec<String>,
    /// Tags as Jira labels, which have no spaces.
    labels: Vec<String>,
    falsepositives: Vec<String>,
    logsource: BTreeMap<&'static str, String>,
    attack: Attack,
    priority: u8,
    severity: Severity,
    fields: Vec<FieldSummary>,
    observables: Vec<serde_json::Value>,
    /// Fields of the event by names without dots.
    payload: BTreeMap<String, String>,
    /// Fields of the index, as columns of a table.
    columns: Vec<String>,
    index: String,
    index_pattern_id: String,
    timestamp_field: String,
    mapping: String,
    /// The alert text in Python's format syntax, with `text_args` as its arguments.
    text: String,
    text_args: Vec<String>,
}

/// The level in the terms of other systems.
#[derive(Debug, Clone, Serialize)]
struct Severity {
    thehive: u8,
    slack: &'static str,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Attack {
    tactics: Vec<Link>,
    techniques: Vec<Link>,
}

#[derive(Debug, Clone, Serialize)]
struct Link {
    name: String,
    url: String,
}

/// A field of the event that is useful to an analyst.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldSummary {
    /// Its name in Sigma.
    pub label: String,
    /// The field of the index.
    pub field: String,
    /// Its observable type in `TheHive`; empty if it is not an observable.
    pub kind: &'static str,
}

/// The target of a rule.
#[derive(Debug, Clone, Copy)]
pub struct Destination<'a> {
    /// The name of the rule file.
    pub name: &'a str,
    /// Index pattern.
    pub index: &'a str,
    /// The id of the index pattern in Kibana and OpenSearch Dashboards.
    pub index_pattern_id: &'a str,
    /// The field that holds the time of an event.
    pub timestamp_field: &'a str,
    /// The mapping's name.
    pub mapping: &'a str,
}

impl TemplateContext {
    /// A rule with all values, with which placeholders are tested when a profile is loaded.
    pub(super) fn sample() -> Self {
        let some = || Some("x".to_owned());
        let list = || vec!["attack.t1059.001".to_owned(), "attack.execution".to_owned()];
        let a = Attributes {
            title: "x".into(),
            id: some(),
            level: Some(Level::High),
            status: Some(Status::Test),
            description: some(),
            author: some(),
            license: some(),
            date: some(),
            modified: some(),
            references: list(),
            tags: list(),
            falsepositives: list(),
            ..Attributes::default()
        };
        let fields = vec![FieldSummary { label: "Image".into(), field: "x".into(), kind: "filename" }];
        Self::new(
            &a,
            Some(&Logsource::default()),
            Destination { name: "x", index: "x", index_pattern_id: "x", timestamp_field: "x", mapping: "x" },
            fields,
        )
    }

    /// Returns the values for the template engine.
    pub fn to_value(&self) -> minijinja::Value {
        minijinja::Value::from(minijinja::value::Serde(self))
    }

    /// Collects the values of a rule.
    pub fn new(a: &Attributes, logsource: Option<&Logsource>, to: Destination<'_>, fields: Vec<FieldSummary>) -> Self {
        let level = a.level.unwrap_or(Level::Medium);
        let attack = Attack::of(&a.tags);
        let mut parts = BTreeMap::new();
        if let Some(l) = logsource {
            for (key, part) in [("product", &l.product), ("category", &l.category), ("service", &l.service)] {
                parts.insert(key, part.clone().unwrap_or_default());
            }
        }
        let (text, text_args) = text(a, level, &attack, to.timestamp_field, &fields);
        Self {
            name: to.name.to_owned(),
            title: a.title.clone(),
            id: a.id.clone(),
            description: a.description.as_deref().map(|d| d.trim().to_owned()),
            level: level.name(),
            status: a.status.map(Status::name),
            author: a.author.clone(),
            date: a.date.clone(),
            modified: a.modified.clone(),
            license: a.license.clone(),
            references: a.references.clone(),
            labels: a.tags.iter().map(|t| t.split_whitespace().collect::<Vec<_>>().join("_")).collect(),
            tags: a.tags.clone(),
            falsepositives: a.falsepositives.clone(),
            logsource: parts,
            attack,
            priority: crate::rule_file::priority(a.level),
            severity: Severity {
                thehive: match level {
                    Level::Informational | Level::Low => 1,
                    Level::Medium => 2,
                    Level::High => 3,
                    Level::Critical => 4,
                },
                slack: match level {
                    Level::Informational | Level::Low => "good",
                    Level::Medium => "warning",
                    Level::High | Level::Critical => "danger",
                },
            },
            observables: fields.iter().filter(|f| !f.kind.is_empty()).map(observable).collect(),
            payload: fields.iter().map(|f| (f.label.replace('.', "_"), f.field.clone())).collect(),
            columns: fields.iter().map(|f| f.field.clone()).collect(),
            fields,
            index_pattern_id: to.index_pattern_id.to_owned(),
            index: to.index.to_owned(),
            timestamp_field: to.timestamp_field.to_owned(),
            mapping: to.mapping.to_owned(),
            text,
            text_args,
        }
    }
}

/// ElastAlert uses the first key as the observable's type and its value as the field.
fn observable(f: &FieldSummary) -> serde_json::Value {
    serde_json::json!({ f.kind: f.field, "tlp": 2, "message": f.label, "tags": [f.label] })
}

impl Attack {
    fn of(tags: &[String]) -> Self {
        let mut out = Self::default();
        for tag in tags.iter().filter_map(|t| t.strip_prefix("attack.")) {
            let technique = tag.strip_prefix(['t', 'T']).filter(|n| n.starts_with(|c: char| c.is_ascii_digit()));
            if let Some(number) = technique {
                let url = format!("https://attack.mitre.org/techniques/T{}/", number.replace('.', "/"));
                out.techniques.push(Link { name: format!("T{number}"), url });
            } else if let Some((_, id)) = TACTICS.iter().find(|(n, _)| *n == tag.replace('_', "-")) {
                let name = tag.replace(['-', '_'], " ");
                out.tactics.push(Link { name, url: format!("https://attack.mitre.org/tactics/{id}/") });
            }
        }
        out
    }
}

/// The tactics of ATT&CK for enterprises.
const TACTICS: [(&str, &str); 14] = [
    ("reconnaissance", "TA0043"),
    ("resource-development", "TA0042"),
    ("initial-access", "TA0001"),
    ("execution", "TA0002"),
    ("persistence", "TA0003"),
    ("privilege-escalation", "TA0004"),
    ("defense-evasion", "TA0005"),
    ("credential-access", "TA0006"),
    ("discovery", "TA0007"),
    ("lateral-movement", "TA0008"),
    ("collection", "TA0009"),
    ("command-and-control", "TA0011"),
    ("exfiltration", "TA0010"),
    ("impact", "TA0040"),
];

/// The text of an alert in Python's format syntax.
fn text(a: &Attributes, level: Level, attack: &Attack, timestamp: &str, fields: &[FieldSummary]) -> (String, Vec<String>) {
    let mut lines: Vec<String> = Vec::new();
    let plain = |t: &str| t.replace('{', "{{").replace('}', "}}");
    if let Some(d) = a.description.as_deref().map(str::trim).filter(|d| !d.is_empty()) {
        lines.push(plain(d));
        lines.push(String::new());
    }
    let mut args = vec![timestamp.to_owned()];
    lines.push("Time: {0}".into());
    for f in fields {
        lines.push(format!("{}: {{{}}}", plain(&f.label), args.len()));
        args.push(f.field.clone());
    }
    lines.push(String::new());
    lines.push(format!("Level: {}", level.name()));
    for (what, links) in [("Tactic", &attack.tactics), ("Technique", &attack.techniques)] {
        for l in links {
            lines.push(format!("{what}: {} {}", l.name, l.url));
        }
    }
    for (what, items) in [("False positives", &a.falsepositives), ("References", &a.references)] {
        if !items.is_empty() {
            lines.push(format!("{what}:"));
            lines.extend(items.iter().map(|i| format!("- {}", plain(i))));
        }
    }
    if let Some(id) = &a.id {
        lines.push(format!("Rule: {}", plain(id)));
    }
    (lines.join("\n") + "\n", args)
}

/// Returns the fields of a logsource that are useful to an analyst, besides those that the rule tests.
pub fn usual_fields(l: &Logsource) -> &'static [&'static str] {
    let part = |p: &Option<String>| p.clone().unwrap_or_default();
    match (part(&l.category).as_str(), part(&l.product).as_str(), part(&l.service).as_str()) {
        ("process_creation", ..) => &["Computer", "User", "Image", "CommandLine", "ParentImage", "ParentCommandLine"],
        ("network_connection", ..) => &["Computer", "User", "Image", "SourceIp", "DestinationIp", "DestinationPort", "DestinationHostname"],
        ("registry_set" | "registry_event" | "registry_add" | "registry_delete", ..) => {
            &["Computer", "User", "Image", "TargetObject", "Details"]
        }
        ("file_event" | "file_delete" | "file_change" | "file_rename" | "file_access", ..) => {
            &["Computer", "User", "Image", "TargetFilename"]
        }
        ("image_load", ..) => &["Computer", "User", "Image", "ImageLoaded", "Hashes"],
        ("driver_load", ..) => &["Computer", "ImageLoaded", "Hashes"],
        ("dns_query", ..) => &["Computer", "Image", "QueryName", "QueryResults"],
        ("process_access", ..) => &["Computer", "SourceImage", "TargetImage", "GrantedAccess"],
        ("ps_script" | "ps_module" | "ps_classic_start", ..) => &["Computer", "User"],
        ("proxy", ..) => &["c-ip", "cs-method", "c-uri", "c-useragent", "sc-status"],
        ("webserver", ..) => &["c-ip", "cs-method", "cs-uri-stem", "cs-uri-query", "sc-status"],
        (_, "windows", "security") => &["Computer", "EventID", "SubjectUserName", "TargetUserName", "IpAddress"],
        (_, "windows", _) => &["Computer", "EventID", "Provider_Name"],
        _ => &[],
    }
}

/// Returns the observable type of a Sigma field in TheHive; empty if it is not an observable.
pub fn observable_type(label: &str, kind: &FieldType) -> &'static str {
    let lower = label.to_lowercase();
    let ends = |words: &[&str]| words.iter().any(|w| lower.ends_with(w));
    if *kind == FieldType::Ip || ends(&["ip", "ipaddress", "dst_ip", "src_ip", "c-ip"]) && !ends(&["script", "zip"]) {
        "ip"
    } else if ends(&["hashes", "imphash", "md5", "sha1", "sha256"]) {
        "hash"
    } else if matches!(lower.as_str(), "computer" | "computername" | "workstationname") {
        "hostname"
    } else if ends(&["hostname", "queryname", "cs-host"]) || lower == "query" {
        "domain"
    } else if ends(&["image", "imageloaded", "filename"]) {
        "filename"
    } else if matches!(lower.as_str(), "c-uri" | "cs-uri") {
        "url"
    } else if lower.contains("useragent") || lower == "cs-user-agent" {
        "user-agent"
    } else if lower == "targetobject" {
        "registry"
    } else if ends(&["user", "username", "commandline"]) {
        "other"
    } else {
        ""
    }
}

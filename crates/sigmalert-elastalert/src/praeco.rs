//! What Praeco's page needs in a rule file, and what it would lose.
//!
//! Praeco reads the options it knows into its form and writes the whole file anew from that: at every save, and also
//! when a rule is switched off or renamed. What it does not know is gone then. Known here is what Praeco 1.8 keeps.

use crate::load::environment::has_variable;
use serde_json::{Value as Json, json};
use sigmalert_query::lang::{Limits, lucene};
use sigmalert_query::{Expr, FieldName, Test};
use sigmalert_sigma::yaml::Value;

/// Options that every kind of rule keeps.
const COMMON: &[&str] = &[
    "name",
    "index",
    "timestamp_field",
    "timestamp_type",
    "is_enabled",
    "use_strftime_index",
    "query_key",
    "type",
    "alert",
    "realert",
    "filter",
    "import",
    "description",
    "priority",
    "owner",
    "buffer_time",
    "scan_entire_timeframe",
    "limit_execution",
    "aggregation",
    "summary_table_fields",
    "aggregation_key",
    "match_enhancements",
    "start_time",
    "end_time",
    "drop_if",
    "__praeco_query_builder",
    "__praeco_full_path",
];

/// Rule types that the page knows, with their options.
const TYPES: &[(&str, &[&str])] = &[
    ("any", &[]),
    ("frequency", &["num_events", "timeframe", "terms_size", "use_count_query", "use_terms_query"]),
    ("flatline", &["threshold", "timeframe", "terms_size", "use_count_query", "use_terms_query"]),
    ("spike", &["spike_height", "spike_type", "threshold_ref", "threshold_cur", "timeframe", "use_count_query"]),
    ("blacklist", &["compare_key", "blacklist"]),
    ("whitelist", &["compare_key", "ignore_null", "whitelist"]),
    ("change", &["compare_key", "ignore_null", "timeframe"]),
    (
        "new_term",
        &["terms_window_size", "window_step_size", "alert_on_missing_field", "use_keyword_postfix", "use_terms_query", "terms_size"],
    ),
    ("cardinality", &["cardinality_field", "max_cardinality", "min_cardinality", "timeframe"]),
    ("metric_aggregation", &["metric_agg_key", "metric_agg_type", "max_threshold", "min_threshold"]),
];

/// Options that the page joins as lists: it throws on a text, though ElastAlert takes one.
pub const LISTS: [&str; 20] = [
    "slack_webhook_url",
    "mattermost_webhook_url",
    "rocket_chat_webhook_url",
    "alert_subject_args",
    "alert_text_args",
    "command",
    "alerta_service",
    "alerta_correlate",
    "alerta_tags",
    "alerta_attributes_keys",
    "alerta_attributes_values",
    "pagerduty_incident_key_args",
    "pagerduty_v2_payload_class_args",
    "pagerduty_v2_payload_component_args",
    "pagerduty_v2_payload_group_args",
    "pagerduty_v2_payload_source_args",
    "smseagle_to",
    "smseagle_contacts",
    "tencent_sms_to_number",
    "tencent_sms_template_parm",
];

/// Whether the page has a form for a rule type.
pub fn has_form(kind: &str) -> bool {
    TYPES.iter().any(|(t, _)| *t == kind)
}

/// Options of destinations: kept while the destination is among `alert`. A `*` stands for any ending.
const DESTINATIONS: &[(&str, &[&str])] = &[
    (
        "slack",
        &[
            "slack_webhook_url",
            "slack_channel_override",
            "slack_username_override",
            "slack_emoji_override",
            "slack_msg_color",
            "slack_parse_override",
            "slack_timeout",
            "slack_title_link",
            "slack_text_string",
            "slack_ignore_ssl_errors",
            "slack_ca_certs",
            "slack_icon_url_override",
            "slack_proxy",
            "slack_footer",
            "slack_footer_icon",
            "slack_image_url",
            "slack_thumb_url",
            "slack_author_name",
            "slack_author_link",
            "slack_author_icon",
            "slack_msg_pretext",
            "slack_attach_kibana_discover_url",
            "slack_kibana_discover_color",
            "slack_kibana_discover_title",
            "slack_attach_jira_ticket_url",
            "slack_jira_ticket_color",
            "slack_jira_ticket_title",
        ],
    ),
    (
        "email",
        &[
            "email",
            "cc",
            "bcc",
            "from_addr",
            "email_reply_to",
            "smtp_ssl",
            "smtp_host",
            "smtp_port",
            "smtp_auth_file",
            "smtp_key_file",
            "smtp_cert_file",
            "email_from_field",
            "email_add_domain",
        ],
    ),
    (
        "telegram",
        &["telegram_room_id", "telegram_parse_mode", "telegram_thread_id", "telegram_proxy", "telegram_proxy_login", "telegram_proxy_pass"],
    ),
    ("post", &["http_post_url", "http_post_timeout", "http_post_ca_certs", "http_post_ignore_ssl_errors", "http_post_proxy"]),
    ("post2", &["http_post2_url", "http_post2_timeout", "http_post2_ca_certs", "http_post2_ignore_ssl_errors", "http_post2_proxy"]),
    ("jira", &["jira_project", "jira_issuetype", "jira_components"]),
    ("hivealerter", &["hive_alert_config"]),
    (
        "mattermost",
        &[
            "mattermost_webhook_url",
            "mattermost_channel_override",
            "mattermost_username_override",
            "mattermost_emoji_override",
            "mattermost_msg_color",
            "mattermost_icon_url_override",
            "mattermost_msg_pretext",
            "mattermost_ignore_ssl_errors",
            "mattermost_proxy",
            "mattermost_title",
            "mattermost_title_link",
            "mattermost_footer",
            "mattermost_footer_icon",
            "mattermost_image_url",
            "mattermost_thumb_url",
            "mattermost_author_name",
            "mattermost_author_link",
            "mattermost_author_icon",
            "mattermost_attach_kibana_discover_url",
            "mattermost_kibana_discover_color",
            "mattermost_kibana_discover_title",
        ],
    ),
    (
        "rocketchat",
        &[
            "rocket_chat_webhook_url",
            "rocket_chat_username_override",
            "rocket_chat_channel_override",
            "rocket_chat_emoji_override",
            "rocket_chat_msg_color",
            "rocket_chat_text_string",
            "rocket_chat_proxy",
            "rocket_chat_timeout",
            "rocket_chat_ca_certs",
            "rocket_chat_ignore_ssl_errors",
            "rocket_chat_attach_kibana_discover_url",
            "rocket_chat_kibana_discover_color",
            "rocket_chat_kibana_discover_title",
        ],
    ),
    ("command", &["command", "pipe_match_json", "pipe_alert_text", "fail_on_non_zero_exit"]),
    ("opsgenie", &["opsgenie_*"]),
    ("pagerduty", &["pagerduty_*"]),
    ("pagertree", &["pagertree_*"]),
    ("alerta", &["alerta_*"]),
    ("alertmanager", &["alertmanager_*"]),
    ("sns", &["sns_*"]),
    ("ses", &["ses_*"]),
    ("gelf", &["gelf_*"]),
    ("googlechat", &["googlechat_*"]),
    ("discord", &["discord_*"]),
    ("chatwork", &["chatwork_*"]),
    ("datadog", &["datadog_*"]),
    ("dingtalk", &["dingtalk_*"]),
    ("exotel", &["exotel_*"]),
    ("twilio", &["twilio_*"]),
    ("flashduty", &["flashduty_*"]),
    ("gitter", &["gitter_*"]),
    ("iris", &["iris_*"]),
    ("lark", &["lark_*"]),
    ("line", &["line_*"]),
    ("matrixhookshot", &["matrixhookshot_*"]),
    ("ms_power_automate", &["ms_power_automate_*"]),
    ("smseagle", &["smseagle_*"]),
    ("stomp", &["stomp_*"]),
    ("tencent_sms", &["tencent_sms_*"]),
    ("victorops", &["victorops_*"]),
    ("webex_webhook", &["webex_webhook_*"]),
    ("workwechat", &["work_wechat_*"]),
    ("yzj", &["yzj_*"]),
    ("zabbix", &["zbx_*"]),
    (
        "servicenow",
        &[
            "servicenow_rest_url",
            "username",
            "password",
            "short_description",
            "comments",
            "assignment_group",
            "category",
            "subcategory",
            "cmdb_ci",
            "caller_id",
        ],
    ),
];

/// Options of links to Kibana, kept while `generate_kibana_discover_url` is on.
const KIBANA: &[&str] = &[
    "generate_kibana_discover_url",
    "kibana_discover_app_url",
    "kibana_discover_version",
    "kibana_discover_index_pattern_id",
    "kibana_discover_columns",
    "kibana_discover_from_timedelta",
    "kibana_discover_to_timedelta",
];

/// Keys of `hive_alert_config` that are kept.
pub const HIVE: &[&str] = &["title", "type", "source", "description", "severity", "tags", "tlp", "status", "follow"];
/// Destinations for which the page writes no text.
const WITHOUT_TEXT: &[&str] = &["post", "post2", "command", "twilio", "exotel", "zabbix", "debug"];
const TEXT: &[&str] = &["alert_subject", "alert_subject_args", "alert_text", "alert_text_args", "alert_text_type"];

/// Whether one of the names, some of which end in `*`, is that of an option.
fn listed(names: &[&str], key: &str) -> bool {
    names.iter().any(|n| n.strip_suffix('*').map_or(*n == key, |prefix| key.starts_with(prefix)))
}

/// Whether Praeco keeps an option of a rule of this type with these destinations.
pub fn keeps(key: &str, kind: &str, destinations: &[&str]) -> bool {
    let listed = |names: &[&str]| listed(names, key);
    listed(COMMON)
        || listed(KIBANA)
        || TYPES.iter().any(|(t, names)| *t == kind && listed(names))
        || DESTINATIONS.iter().any(|(d, names)| destinations.contains(d) && listed(names))
        || (TEXT.contains(&key) && destinations.iter().any(|d| !WITHOUT_TEXT.contains(d)))
}

/// Whether Praeco knows an option, for whatever type and destination.
pub fn knows(key: &str) -> bool {
    let listed = |names: &[&str]| listed(names, key);
    listed(COMMON) || listed(KIBANA) || listed(TEXT) || TYPES.iter().any(|(_, n)| listed(n)) || DESTINATIONS.iter().any(|(_, n)| listed(n))
}

/// Whether an option belongs to every rule.
pub fn is_common(key: &str) -> bool {
    COMMON.contains(&key)
}

/// Whether an option belongs to rules of some type.
pub fn is_of_a_type(key: &str) -> bool {
    TYPES.iter().any(|(_, names)| listed(names, key))
}

/// Whether an option belongs to a destination, or to the links that destinations show.
pub fn is_alerters(key: &str) -> bool {
    listed(KIBANA, key) || DESTINATIONS.iter().any(|(_, names)| listed(names, key))
}

/// Whether an option is a text of the alert.
pub fn is_text(key: &str) -> bool {
    TEXT.contains(&key)
}

/// Whether Praeco sends texts for any of these destinations.
pub fn shows_text(destinations: &[&str]) -> bool {
    destinations.iter().any(|d| !WITHOUT_TEXT.contains(d))
}

/// Those of a profile's options that Praeco does not know.
pub fn unknown<'p>(options: impl Iterator<Item = (&'p str, Value)>) -> Vec<(String, Value)> {
    let options: Vec<(String, Value)> = options.map(|(k, v)| (k.to_owned(), v)).collect();
    let destinations = destinations(&options);
    options.iter().filter(|(k, _)| !keeps(k, "any", &destinations)).cloned().collect()
}

/// The destinations of a rule file.
pub fn destinations(entries: &[(String, Value)]) -> Vec<&str> {
    match entries.iter().find(|(k, _)| k == "alert") {
        Some((_, Value::List(items))) => items.iter().filter_map(Value::as_str).collect(),
        Some((_, v)) => v.as_str().into_iter().collect(),
        None => Vec::new(),
    }
}

/// What Praeco would lose of a rule file when it saves it, by option, in words.
pub fn losses(entries: &[(String, Value)], kind: &str) -> Vec<(String, String)> {
    let destinations = destinations(entries);
    let mut out = Vec::new();
    for (key, value) in entries {
        let key = key.as_str();
        if matches!(key, "sigmalert" | "references" | "falsepositives" | "tags") {
            // For people and for this program; alerts do not hang on them.
            continue;
        }
        if !keeps(key, kind, &destinations) {
            out.push((key.to_owned(), "is lost when Praeco saves the rule".to_owned()));
        } else if key == "aggregation" && value.get("schedule").is_none() {
            out.push((key.to_owned(), "is kept by Praeco as a `schedule` only".to_owned()));
        } else if matches!(value, Value::Int(0)) {
            out.push((key.to_owned(), "is 0, which Praeco takes for not set".to_owned()));
        } else if let (true, Value::Map(m)) = (key == "hive_alert_config", value) {
            out.extend(
                m.iter()
                    .filter(|(k, _)| !HIVE.contains(&k.as_str()))
                    .map(|(k, _)| (format!("{key}.{k}"), "is lost when Praeco saves the rule".to_owned())),
            );
        }
        if expands(value) {
            out.push((key.to_owned(), "holds a `$`, which Praeco writes back so that ElastAlert expands it".to_owned()));
        }
    }
    out
}

/// Whether a text has something that the environment would replace. (Where it is meant to, that is no loss.)
fn expands(value: &Value) -> bool {
    match value {
        Value::Str(s) => has_variable(s),
        Value::List(items) => items.iter().any(expands),
        Value::Map(entries) => entries.iter().any(|(_, v)| expands(v)),
        _ => false,
    }
}

/// Praeco reads text through an HTML parser: what looks like a tag is removed with all that follows, entities are
/// decoded. A blank keeps both apart.
pub fn plain_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let next = chars.peek().copied().unwrap_or(' ');
        if (c == '<' && (next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?')))
            || (c == '&' && (next.is_ascii_alphabetic() || next == '#'))
        {
            out.push(' ');
        }
    }
    out
}

/// Names of rules as names of files: Praeco saves a rule under its name, in the folder it lies in, and puts the path into
/// an address as it is. No two are alike but for case, which some file systems do not tell apart.
pub fn file_names(names: &mut [String]) {
    const MAX_BYTES: usize = 200;
    let mut taken = std::collections::HashSet::new();
    for name in names {
        let plain: String = name.chars().map(|c| if "/\\?#%".contains(c) || c.is_control() { '-' } else { c }).collect();
        let mut plain = plain.trim_start_matches('.').trim().to_owned();
        let mut end = plain.len().min(MAX_BYTES);
        while !plain.is_char_boundary(end) {
            end -= 1;
        }
        plain.truncate(end);
        let numbered = (2..).map(|n| format!("{plain} ({n})"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|n| taken.insert(n.to_lowercase()));
        *name = free.unwrap_or(plain);
    }
}

/// The import of the shared options, for a rule so many folders deep.
pub fn import(depth: usize) -> String {
    format!("{}BaseRule.config", "../".repeat(depth))
}

/// More conditions than this are no help in a form.
const MAX_NODES: usize = 200;

/// The tree of Praeco's query builder for an expression in index meaning, and the query that Praeco makes of it; nothing
/// where its grammar does not reach (keyword searches, `n of`, constants).
pub fn query_builder(expr: &Expr, limits: &Limits) -> Option<(String, String)> {
    let mut nodes = 0;
    let children = match expr {
        Expr::Or(items) if same_field(items).is_none() => ("any", items.as_slice(), false),
        Expr::And(items) if same_field(items).is_none() => ("all", items.as_slice(), false),
        one => ("all", std::slice::from_ref(one), false),
    };
    let root = group(children.0, children.1, children.2, limits, &mut nodes)?;
    let query = compile(&root);
    Some((json!({ "query": root }).to_string(), query))
}

/// A group of conditions, each negated where the whole is.
fn group(operator: &str, items: &[Expr], negated: bool, limits: &Limits, nodes: &mut usize) -> Option<Json> {
    let any = operator == "any";
    let mut children = Vec::with_capacity(items.len());
    for item in items {
        let child = node(item, negated, limits, nodes)?;
        // A bare negation beside `OR` is a condition on all of it in Lucene; alone in a group it is what it says.
        let bare = child["type"] == "query-builder-rule"
            && matches!(child["query"]["selectedOperator"].as_str(), Some("does not contain" | "is empty"));
        children.push(if any && bare {
            json!({"type": "query-builder-group", "query": {"logicalOperator": "all", "children": [child]}})
        } else {
            child
        });
    }
    Some(json!({"logicalOperator": operator, "children": children}))
}

fn node(e: &Expr, negated: bool, limits: &Limits, nodes: &mut usize) -> Option<Json> {
    *nodes += 1;
    if *nodes > MAX_NODES {
        return None;
    }
    let inner = |operator: &str, items: &[Expr], nodes: &mut usize| {
        group(operator, items, negated, limits, nodes).map(|g| json!({"type": "query-builder-group", "query": g}))
    };
    match e {
        Expr::Not(item) => {
            *nodes -= 1;
            node(item, !negated, limits, nodes)
        }
        Expr::Test(Some(field), Test::Exists) => Some(rule(field, if negated { "is empty" } else { "is not empty" }, None)),
        Expr::Test(Some(field), _) => {
            Some(rule(field, if negated { "does not contain" } else { "contains" }, Some(&value(e, field, limits)?)))
        }
        Expr::And(items) | Expr::Or(items) => {
            if let Some(field) = same_field(items) {
                let text = value(e, field, limits)?;
                return Some(rule(field, if negated { "does not contain" } else { "contains" }, Some(&text)));
            }
            // Not all is any not, and not any is all not.
            inner(if matches!(e, Expr::And(_)) == negated { "any" } else { "all" }, items, nodes)
        }
        Expr::Test(None, _) | Expr::AtLeast(..) | Expr::Const(_) => None,
    }
}

fn rule(field: &FieldName, operator: &str, value: Option<&str>) -> Json {
    json!({"type": "query-builder-rule", "query": {"rule": &**field, "selectedOperator": operator, "selectedOperand": &**field, "value": value}})
}

/// The field that all items are one group on: `field:(a OR b)`.
fn same_field(items: &[Expr]) -> Option<&FieldName> {
    let field = |e: &'_ Expr| match e {
        Expr::Test(Some(f), Test::Pattern(_) | Test::Token(_) | Test::Regex(_) | Test::Cidr(_) | Test::Phrase(_)) => Some(f.clone()),
        _ => None,
    };
    let first = field(items.first()?)?;
    let all = items.iter().all(|i| field(i).as_ref() == Some(&first));
    match items.first() {
        Some(Expr::Test(Some(f), _)) if all => Some(f),
        _ => None,
    }
}

/// What Lucene has behind `field:`.
fn value(e: &Expr, field: &FieldName, limits: &Limits) -> Option<String> {
    let text = lucene::print(e, limits).ok()?;
    let head = lucene::print(&Expr::exists(field.clone()), limits).ok()?;
    text.strip_prefix(head.strip_suffix('*')?).map(str::to_owned)
}

/// The query that Praeco makes of what stands under `__praeco_query_builder`; nothing for a tree without conditions.
///
/// # Errors
/// In words: why Praeco cannot read it.
pub fn compile_tree(text: &str) -> Result<Option<String>, String> {
    let tree: Json = serde_json::from_str(text).map_err(|e| format!("is not JSON: {e}"))?;
    let Some(root) = tree.get("query").filter(|q| !q.is_null()) else { return Ok(None) };
    if !root.get("children").is_some_and(Json::is_array) {
        return Err("has no list of `children`".into());
    }
    Ok(Some(compile(root)).filter(|q| !q.is_empty()))
}

/// The query that Praeco makes of a group: ` OR ` for anything that is not `all` in lower case.
fn compile(group: &Json) -> String {
    let joint = if group["logicalOperator"] == "all" { " AND " } else { " OR " };
    let children = group["children"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<String> = children
        .iter()
        .map(|c| {
            let q = &c["query"];
            if c["type"] == "query-builder-group" {
                return format!("({})", compile(q));
            }
            let field = escaped(q["rule"].as_str().unwrap_or_default());
            let value = q["value"].as_str().filter(|v| !v.is_empty()).unwrap_or("*");
            match q["selectedOperator"].as_str() {
                Some("contains") => format!("{field}:{value}"),
                Some("does not contain") => format!("NOT {field}:{value}"),
                Some("is empty") => format!("NOT {field}:*"),
                Some("is not empty") => format!("{field}:*"),
                Some("less than") => format!("{field}:<{value}"),
                Some("greater than") => format!("{field}:>{value}"),
                Some("regex") => format!("{field}:/{value}/"),
                _ => String::new(),
            }
        })
        .collect();
    texts.join(joint)
}

/// A field name as Praeco escapes it.
fn escaped(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    for c in field.chars() {
        if "/+-&|!(){}[]^\"~*?:\\".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

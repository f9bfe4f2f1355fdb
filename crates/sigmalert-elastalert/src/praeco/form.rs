//! The options that Praeco's form has a field for.

use sigmalert_sigma::yaml::Value;

/// Options that are kept for every rule type.
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

/// Rule types with a form, and their options.
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

/// Options that must be lists: the editor fails on text, which ElastAlert takes.
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

/// Returns whether there is a form for a rule type.
pub fn has_form(kind: &str) -> bool {
    TYPES.iter().any(|(t, _)| *t == kind)
}

/// Options of alerters, which are kept while `alert` names the alerter. `*` matches any suffix.
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

/// Options of links to Kibana, which are kept while `generate_kibana_discover_url` is on.
const KIBANA: &[&str] = &[
    "generate_kibana_discover_url",
    "kibana_discover_app_url",
    "kibana_discover_version",
    "kibana_discover_index_pattern_id",
    "kibana_discover_columns",
    "kibana_discover_from_timedelta",
    "kibana_discover_to_timedelta",
];

/// The keys of `hive_alert_config` that are kept.
pub const HIVE: &[&str] = &["title", "type", "source", "description", "severity", "tags", "tlp", "status", "follow"];
/// Alerters for which the editor writes no alert text.
const WITHOUT_TEXT: &[&str] = &["post", "post2", "command", "twilio", "exotel", "zabbix", "debug"];
const TEXT: &[&str] = &["alert_subject", "alert_subject_args", "alert_text", "alert_text_args", "alert_text_type"];

/// Returns whether a list of names, some of which end in `*`, contains an option.
fn listed(names: &[&str], key: &str) -> bool {
    names.iter().any(|n| n.strip_suffix('*').map_or(*n == key, |prefix| key.starts_with(prefix)))
}

/// Returns whether Praeco keeps an option of a rule of this type with these alerters.
pub fn keeps(key: &str, kind: &str, destinations: &[&str]) -> bool {
    let listed = |names: &[&str]| listed(names, key);
    listed(COMMON)
        || listed(KIBANA)
        || TYPES.iter().any(|(t, names)| *t == kind && listed(names))
        || DESTINATIONS.iter().any(|(d, names)| destinations.contains(d) && listed(names))
        || (TEXT.contains(&key) && destinations.iter().any(|d| !WITHOUT_TEXT.contains(d)))
}

/// Returns whether Praeco knows an option, for any rule type and alerter.
pub fn knows(key: &str) -> bool {
    let listed = |names: &[&str]| listed(names, key);
    listed(COMMON) || listed(KIBANA) || listed(TEXT) || TYPES.iter().any(|(_, n)| listed(n)) || DESTINATIONS.iter().any(|(_, n)| listed(n))
}

/// Returns whether an option belongs to every rule.
pub fn is_common(key: &str) -> bool {
    COMMON.contains(&key)
}

/// Returns whether an option belongs to a rule type.
pub fn belongs_to_type(key: &str) -> bool {
    TYPES.iter().any(|(_, names)| listed(names, key))
}

/// Returns whether an option belongs to an alerter, or to the links in alerts.
pub fn belongs_to_alerter(key: &str) -> bool {
    listed(KIBANA, key) || DESTINATIONS.iter().any(|(_, names)| listed(names, key))
}

/// Returns whether an option is part of the alert text.
pub fn is_text(key: &str) -> bool {
    TEXT.contains(&key)
}

/// Returns whether Praeco writes an alert text for any of these alerters.
pub fn shows_text(destinations: &[&str]) -> bool {
    destinations.iter().any(|d| !WITHOUT_TEXT.contains(d))
}

/// Returns the options of a profile that Praeco does not know.
pub fn unknown_options<'p>(options: impl Iterator<Item = (&'p str, Value)>) -> Vec<(String, Value)> {
    let options: Vec<(String, Value)> = options.map(|(k, v)| (k.to_owned(), v)).collect();
    let destinations = destinations(&options);
    options.iter().filter(|(k, _)| !keeps(k, "any", &destinations)).cloned().collect()
}

/// Returns the alerters of a rule file.
pub fn destinations(entries: &[(String, Value)]) -> Vec<&str> {
    match entries.iter().find(|(k, _)| k == "alert") {
        Some((_, Value::List(items))) => items.iter().filter_map(Value::as_str).collect(),
        Some((_, v)) => v.as_str().into_iter().collect(),
        None => Vec::new(),
    }
}

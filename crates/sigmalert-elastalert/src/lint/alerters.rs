//! Alerters: whether they exist, have the options they require and can format their alerts.

use super::{Report, Severity, format_fields};
use crate::load::environment::has_variable;
use crate::options::{self, Scope};
use crate::upgrade;
use sigmalert_sigma::yaml::Value;

pub(super) fn check(r: &mut Report<'_>) {
    let alerters: Vec<(String, Vec<(String, Value)>)> = r.rule.alerters().into_iter().map(|(n, o)| (n.to_owned(), o.to_vec())).collect();
    for (name, over) in &alerters {
        let given = |key: &str| over.iter().find(|(k, _)| k == key).map(|(_, v)| v);
        let release = r.audience.release;
        let Some(known) = options::alerter(name).filter(|a| a.is_in(release)) else {
            unknown(r, name);
            if upgrade::alerter_now(name) == Some("hivealerter") {
                hive(r);
            }
            continue;
        };
        for spec in options::of(Scope::Alert(known.name)).filter(|s| s.required) {
            if given(spec.name).is_none() && !r.has(spec.name) {
                let (severity, help) = if r.audience.config {
                    (Severity::Error, "add it to the rule, to a file that it imports, or to config.yaml")
                } else {
                    (
                        Severity::Warning,
                        "add it to the rule or to a file that it imports; if config.yaml sets it, pass that file with --config",
                    )
                };
                r.add("EA106", severity, "alert", format!("the alerter `{name}` needs `{}`", spec.name), help);
            }
        }
        if name == "hivealerter" {
            hive(r);
        }
    }
    texts(r);
}

fn unknown(r: &mut Report<'_>, name: &str) {
    let release = r.audience.release;
    if let Some(now) = upgrade::alerter_now(name) {
        r.error("EA105", "alert", format!("there is no alerter `{name}`"), format!("its name is `{now}`")).fixable = true;
    } else if let Some(a) = options::alerter(name) {
        let when = match (a.since, a.until) {
            (Some(s), _) => format!("it came with {s}"),
            (_, Some(u)) => format!("its last release was {u}"),
            _ => String::new(),
        };
        let help = match name {
            "ms_teams" => "use `ms_power_automate` with the webhook of a workflow (`ms_power_automate_webhook_url`)",
            "linenotify" => "LINE Notify was shut down; use `line` with a channel's token (`line_channel_access_token`, `line_to`)",
            _ => "",
        };
        r.error("EA105", "alert", format!("ElastAlert {release} has no alerter `{name}`: {when}"), help);
    } else if name.contains('.') {
        r.warning(
            "EA105",
            "alert",
            format!("`{name}` is a Python class, which ElastAlert must be able to import and sigmalert cannot run"),
            "",
        );
    } else if let Some(reason) = upgrade::gone_alerter(name) {
        r.error("EA105", "alert", format!("there is no alerter `{name}` any more"), reason);
    } else {
        let names = options::alerters().iter().filter(|a| a.is_in(release)).map(|a| a.name);
        let help = options::nearest(name, names).map_or_else(
            || "ElastAlert's documentation lists them under \"Alerts\"".to_owned(),
            |meant| format!("did you mean `{meant}`?"),
        );
        r.error("EA105", "alert", format!("there is no alerter `{name}`"), help);
    }
}

/// TheHive: options that its alerter reads only when it alerts.
fn hive(r: &mut Report<'_>) {
    if let Some(Value::Map(config)) = r.rule.get("hive_alert_config").cloned() {
        for key in ["type", "source"] {
            if !config.iter().any(|(k, _)| k == key) {
                r.error(
                    "EA109",
                    "hive_alert_config",
                    format!("TheHive requires `{key}`: without it the first alert fails, and ElastAlert disables the rule"),
                    format!("add `{key}` to hive_alert_config"),
                )
                .fixable = true;
            }
        }
        if config.iter().any(|(k, v)| k == "customFields" && !matches!(v, Value::List(_))) {
            r.error(
                "EA109",
                "hive_alert_config",
                "`customFields` must be a list: with a mapping the first alert fails",
                "write each as `{name: …, type: string, value: …}`",
            )
            .fixable = true;
        }
        if config.iter().any(|(_, v)| upgrade::has_old_template(v)) {
            r.error(
                "EA109",
                "hive_alert_config",
                "`{match[…]}` and `{rule[…]}` are templates of the original ElastAlert, which ElastAlert 2 sends unchanged",
                "name the fields under `<option>_args`, and write `{0}` for the first",
            )
            .fixable = true;
        }
        if config.iter().any(|(_, v)| upgrade::is_cut(v)) {
            cut(r, "hive_alert_config");
        }
    }
    if let Some(Value::List(items)) = r.rule.get("hive_observable_data_mapping").cloned() {
        for item in &items {
            let Value::Map(m) = item else { continue };
            if let Some((first, _)) = m.first()
                && matches!(first.as_str(), "tlp" | "message" | "tags")
            {
                r.error(
                    "EA109",
                    "hive_observable_data_mapping",
                    format!("an observable begins with `{first}`, so its type is not recognized and nothing is sent"),
                    "put the type and its field first",
                )
                .fixable = true;
            }
            if m.iter().any(|(_, v)| upgrade::has_old_template(v)) {
                r.error(
                    "EA109",
                    "hive_observable_data_mapping",
                    "`{match[…]}` is a template of the original ElastAlert",
                    "give only the name of the field",
                )
                .fixable = true;
            }
            if m.iter().any(|(_, v)| upgrade::is_cut(v)) {
                cut(r, "hive_observable_data_mapping");
            }
        }
    }
}

/// Reports what version 0.1 of `upgrade` made of nested templates.
fn cut(r: &mut Report<'_>, option: &str) {
    let message = format!("`{option}` names a field with `][` in it, which no event has: it was cut out of a nested template");
    r.error("EA109", option, message, "write the field with dots, such as `rule.description`").fixable = true;
}

/// Subject and text: what makes Python's formatting fail when the alert is sent.
fn texts(r: &mut Report<'_>) {
    let jinja = r.rule.text("alert_text_type") == Some("alert_text_jinja");
    for (key, args, keywords) in [("alert_text", "alert_text_args", "alert_text_kw"), ("alert_subject", "alert_subject_args", "")] {
        let Some(text) = r.rule.text(key).map(str::to_owned) else { continue };
        let given = match r.rule.get(args) {
            Some(Value::List(items)) => items.len(),
            Some(v) if v.as_str().is_some() => 1,
            _ => 0,
        };
        let named: Vec<String> = match r.rule.get(keywords) {
            Some(Value::Map(m)) => m.iter().filter_map(|(_, v)| v.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        if given == 0 && (jinja || named.is_empty()) {
            if !jinja {
                unfilled(r, key, args, &text);
            }
            continue;
        }
        match format_fields(&text) {
            Err(e) => {
                r.error("EA109", key, format!("`{key}` {e}"), "ElastAlert disables the rule when formatting an alert fails");
            }
            Ok(places) => {
                for place in &places {
                    let missing = match place.parse::<usize>() {
                        Ok(n) => n >= given,
                        Err(_) => !named.contains(place),
                    };
                    if missing {
                        let message = format!("`{key}` refers to `{{{place}}}`, and `{args}` has {given}");
                        r.error("EA109", key, message, "ElastAlert disables the rule when formatting an alert fails");
                        break;
                    }
                }
                let used = places.iter().filter_map(|p| p.parse::<usize>().ok()).max().map_or(0, |m| m + 1);
                if used < given {
                    r.warning("EA109", args, format!("`{args}` has {given} fields, and `{key}` shows {used} of them"), "");
                }
            }
        }
        if has_variable(&text) && !text.contains("${") {
            r.warning(
                "EA111",
                key,
                "ElastAlert expands what follows the `$` if its environment has such a variable",
                "write the `$` as `\\x24` in double quotes",
            );
        }
    }
}

/// A text with placeholders and no arguments, which ElastAlert sends unchanged.
fn unfilled(r: &mut Report<'_>, key: &str, args: &str, text: &str) {
    if upgrade::has_old_template(&Value::Str(text.to_owned())) {
        let message = format!("`{key}` has `{{match[…]}}` or `{{rule[…]}}` of the original ElastAlert, which alerts show unchanged");
        let help = format!("name the fields under `{args}`, and write `{{0}}` for the first");
        r.error("EA109", key, message, help).fixable = true;
    } else if let Some(place) = first_place(text) {
        let message = format!("`{key}` has `{place}` in it, and there is no `{args}`: alerts show `{place}` as it stands");
        r.warning("EA109", key, message, format!("name the field for it under `{args}`"));
    }
}

/// Returns the first numbered placeholder of a text. Texts with other braces, such as JSON, have none.
pub fn first_place(text: &str) -> Option<String> {
    let places = format_fields(text).ok()?;
    let first = places.iter().find(|p| p.parse::<usize>().is_ok())?;
    let numbered = format!("{{{first}");
    let at = text.find(&numbered).or_else(|| text.find("{}"))?;
    let end = text[at..].find('}')?;
    Some(text[at..=at + end].to_owned())
}

//! How Praeco opens and saves a rule file.

use super::{Report, Severity};
use crate::praeco::{self, Loss, LossKind};
use sigmalert_sigma::yaml::Value;

pub(super) fn check(r: &mut Report<'_>) {
    opens(r);
    let kind = r.rule.entry("type").and_then(|e| e.value.as_str()).unwrap_or_default().to_owned();
    if !kind.is_empty() && !praeco::has_form(&kind) {
        r.warning(
            "PR205",
            "type",
            format!("Praeco has no form for rules of type `{kind}`, and loses their options when it saves them"),
            "edit the rule as text",
        );
    }
    query(r, &kind);
    // Praeco edits the rule's own file only.
    let entries: Vec<(String, Value)> = r.rule.entries.iter().filter(|e| e.file == 0).map(|e| (e.key.clone(), e.value.clone())).collect();
    // Praeco loses the escape of a `$`; an unescaped one is an intended variable.
    let escaped = r.rule.source.contains("\\x24");
    for Loss { option: key, kind } in praeco::losses(&entries, &kind) {
        if kind == LossKind::Variable && !escaped {
            continue;
        }
        let message = kind.message();
        let help = "move it to BaseRule.config if all rules share it, or save the rule through sigmalert serve";
        r.warning("PR205", &key, format!("`{key}` {message}"), help);
    }
    for (key, value) in &entries {
        let Value::Map(units) = value else { continue };
        if crate::options::named(key).any(|s| s.kind.is_time()) && units.len() > 1 {
            r.warning(
                "PR206",
                key,
                format!("of the units of `{key}` Praeco keeps `{}` alone", units[0].0),
                "write the duration in one unit",
            )
            .fixable = true;
        }
    }
}

fn opens(r: &mut Report<'_>) {
    if r.rule.entry("name").is_none() {
        r.error("PR201", "name", "the rule has no `name`: Praeco's editor stays empty", "add a name").fixable = true;
    }
    if let Some(Value::List(_)) = r.rule.entry("index").map(|e| &e.value) {
        r.error("PR201", "index", "`index` is a list: Praeco's editor fails", "write the patterns as one text, separated by commas")
            .fixable = true;
    }
    if r.rule.entry("alert").is_some_and(|e| e.value.as_str().is_some()) {
        r.warning("PR206", "alert", "`alert` is text, which Praeco matches against every alerter name that occurs in it", "write a list")
            .fixable = true;
    }
    if let Some(Value::List(items)) = r.rule.entry("alert").map(|e| e.value.clone())
        && items.iter().any(|i| matches!(i, Value::Map(_)))
    {
        r.warning(
            "PR206",
            "alert",
            "an alerter with its own options under `alert` has no check box in Praeco",
            "move its options to the top level of the rule",
        );
    }
    // Praeco does not read imports: BaseRule.config may have text there.
    let own: Vec<(String, Value)> = r.rule.entries.iter().filter(|e| e.file == 0).map(|e| (e.key.clone(), e.value.clone())).collect();
    let texts: Vec<String> =
        own.iter().filter(|(k, v)| praeco::LISTS.contains(&k.as_str()) && v.as_str().is_some()).map(|(k, _)| k.to_owned()).collect();
    for key in texts {
        let help = if key == "command" { "write a list of the program and its arguments" } else { "write a list" };
        r.error("PR201", &key, format!("`{key}` is text: Praeco fails to open the rule"), help).fixable = true;
    }
    if r.rule.entry("timestamp_field").is_none() {
        r.warning(
            "PR207",
            "timestamp_field",
            "without `timestamp_field` Praeco's editor shows no query and no alerts",
            "add `timestamp_field: \"@timestamp\"`",
        )
        .fixable = true;
    }
}

fn query(r: &mut Report<'_>, kind: &str) {
    let filter = r.rule.entry("filter").map(|e| e.value.clone());
    let items = match &filter {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    let wrapped = |v: &Value| {
        v.get("query").and_then(|q| q.get("query_string")).and_then(|q| q.get("query")).and_then(Value::as_str).map(str::to_owned)
    };
    let bare = |v: &Value| v.get("query_string").and_then(|q| q.get("query")).and_then(Value::as_str).map(str::to_owned);
    let tree = r.rule.entry("__praeco_query_builder").map(|e| e.value.clone());
    let compiled = match &tree {
        None => None,
        Some(v) => match v.as_str().map(praeco::compile_tree) {
            Some(Ok(query)) => query,
            Some(Err(e)) => {
                r.error(
                    "PR203",
                    "__praeco_query_builder",
                    format!("the tree of the query builder {e}: Praeco does not open the rule"),
                    "remove it; Praeco then opens the query as text",
                );
                return;
            }
            None => {
                r.error(
                    "PR203",
                    "__praeco_query_builder",
                    "the tree of the query builder is not JSON text: Praeco does not open the rule",
                    "remove it; Praeco then opens the query as text",
                );
                return;
            }
        },
    };
    if let Some(query) = compiled {
        // Praeco uses the tree, not the filter.
        let there = items.first().and_then(|i| wrapped(i).or_else(|| bare(i)));
        if there.as_ref() != Some(&query) {
            r.warning(
                "PR204",
                "__praeco_query_builder",
                "the tree of the query builder differs from the filter, and the first save replaces the filter",
                "remove the tree; Praeco then opens the query as text",
            )
            .fixable = true;
        }
    } else {
        match items.first() {
            Some(first) if wrapped(first).is_some() => {
                if kind == "new_term" {
                    r.warning(
                        "PR202",
                        "filter",
                        "Praeco writes the query of a new_term rule in a form that it cannot read",
                        "add a tree of the query builder",
                    );
                }
            }
            Some(first) => {
                let fixable = bare(first).is_some() && kind != "new_term";
                let message =
                    "Praeco reads a query only from `query: {query_string: {query: …}}`, and would save a rule that matches everything";
                r.add("PR202", Severity::Error, "filter", message, "write the filter in that form, or do not save the rule in Praeco")
                    .fixable = fixable;
            }
            None => _ = r.warning("PR202", "filter", "the rule has no filter: it matches every event", ""),
        }
    }
    if items.len() > 1 {
        r.warning(
            "PR205",
            "filter",
            format!("of {} filters Praeco keeps the first when it saves the rule", items.len()),
            "join them with AND",
        );
    }
}

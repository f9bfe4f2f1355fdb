//! Filters: forms that servers since Elasticsearch 7 refuse.

use super::Report;
use crate::rule::upgrade;
use crate::yaml::Value;

/// Queries that were dropped from Query DSL, with what says the same now.
const OLD: [(&str, &str); 6] = [
    ("and", "bool with must"),
    ("or", "bool with should"),
    ("not", "bool with must_not"),
    ("missing", "bool with must_not exists"),
    ("filtered", "bool with filter"),
    ("fquery", "the query itself"),
];

pub(super) fn check(r: &mut Report<'_>) {
    let Some(entry) = r.rule.entry("filter") else { return };
    let Value::List(items) = entry.value.clone() else { return };
    let new_term = r.rule.text("type") == Some("new_term");
    for (i, item) in items.iter().enumerate() {
        let at = format!("filter[{i}]");
        let Value::Map(clauses) = item else {
            r.error("EA110", &at, format!("filter {} is no query", i + 1), "each filter is a mapping such as `query_string: {query: ...}`");
            continue;
        };
        if clauses.len() != 1 && !clauses.iter().any(|(k, _)| k == "query" || k == "eql" || k == "esql") {
            r.error(
                "EA110",
                &at,
                format!("filter {} holds {} queries, and the server takes one", i + 1, clauses.len()),
                "make each an entry of its own",
            );
        }
        let old: Vec<&str> = clauses.iter().filter_map(|(k, _)| OLD.iter().find(|(o, _)| o == k).map(|(_, now)| *now)).collect();
        if let Some(now) = old.first() {
            let fixable = upgrade::modern_filter(item).is_some();
            r.error(
                "EA110",
                &at,
                format!("filter {} is of a form that servers refuse since Elasticsearch 5", i + 1),
                format!("write {now}"),
            )
            .fixable = fixable;
        }
        if new_term && clauses.iter().any(|(k, _)| k == "query") {
            let help = "write the query without `query` around it";
            r.error("EA110", &at, "new_term sends `query` as it stands, which servers refuse: the rule does not load", help).fixable =
                !r.audience.praeco;
        }
    }
}

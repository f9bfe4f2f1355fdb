//! Filters that servers reject.

use super::Report;
use crate::upgrade;
use sigmalert_query::lang::dsl::{self, Fault, Step};
use sigmalert_sigma::yaml::{self, Dialect, Limits, Node, Pos, Value};

/// Queries that were removed from Query DSL, with their replacements.
const OLD: [(&str, &str); 6] = [
    ("and", "bool with must"),
    ("or", "bool with should"),
    ("not", "bool with must_not"),
    ("missing", "bool with must_not exists"),
    ("filtered", "bool with filter"),
    ("fquery", "the query itself"),
];

pub(super) fn check(r: &mut Report<'_>) {
    for option in ["filter", "match_bucket_filter"] {
        let Some(entry) = r.rule.entry(option) else { continue };
        let Value::List(items) = entry.value.clone() else { continue };
        each(r, option, &items);
    }
}

fn each(r: &mut Report<'_>, option: &str, items: &[Value]) {
    let new_term = option == "filter" && r.rule.text("type") == Some("new_term");
    // Imported filters come before the rule's own.
    let own = places(&r.rule.source, option);
    let imported = items.len().saturating_sub(own.as_ref().and_then(|n| n.as_seq()).map_or(0, <[Node<'_>]>::len));
    for (i, item) in items.iter().enumerate() {
        let at = format!("{option}[{i}]");
        let Value::Map(clauses) = item else {
            r.error(
                "EA110",
                &at,
                format!("filter {} is no query", i + 1),
                "write each filter as a mapping such as `query_string: {query: ...}`",
            );
            continue;
        };
        let pipe = clauses.iter().any(|(k, _)| k == "eql" || k == "esql");
        if clauses.len() != 1 && !pipe && !clauses.iter().any(|(k, _)| k == "query") {
            r.error(
                "EA110",
                &at,
                format!("filter {} holds {} queries, and the server takes one", i + 1, clauses.len()),
                "write each query as a separate entry",
            );
            continue;
        }
        let old: Vec<&str> = clauses.iter().filter_map(|(k, _)| OLD.iter().find(|(o, _)| o == k).map(|(_, now)| *now)).collect();
        if let Some(now) = old.first() {
            let fixable = upgrade::modern_filter(item).is_some();
            r.error(
                "EA110",
                &at,
                format!("filter {} has a form that servers reject since Elasticsearch 5", i + 1),
                format!("write {now}"),
            )
            .fixable = fixable;
            continue;
        }
        if new_term && clauses.iter().any(|(k, _)| k == "query") {
            let help = "remove the enclosing `query`";
            r.error("EA110", &at, "new_term sends `query` unchanged, which servers reject: the rule does not load", help).fixable =
                !r.audience.praeco;
        }
        if pipe {
            continue;
        }
        // ElastAlert sends the value of `query`, if there is one.
        let inner = clauses.iter().find(|(k, v)| k == "query" && !matches!(v, Value::Null)).map(|(_, v)| v);
        let faults = dsl::check(&inner.unwrap_or(item).clone().into());
        let node = i.checked_sub(imported).and_then(|at| own.as_ref()?.as_seq()?.get(at));
        let node = if inner.is_some() { node.and_then(|n| n.get("query")) } else { node };
        for fault in faults {
            report(r, &at, i, &fault, node);
        }
    }
}

fn report(r: &mut Report<'_>, at: &str, i: usize, fault: &Fault, node: Option<&Node<'_>>) {
    let pos = node.map(|n| place(n, fault, &r.rule.source));
    let mut message = format!("filter {}: {}", i + 1, fault.message);
    let told = pos.is_some_and(|(_, exact)| exact);
    if fault.at > 0 && !told {
        message = format!("{message} (character {} of the text)", fault.at);
    }
    let option = if fault.path.0.is_empty() { at.to_owned() } else { format!("{at}.{}", fault.path) };
    let problem = r.error("EA110", &option, message, fault.help.clone());
    if let Some((pos, _)) = pos {
        problem.pos = pos;
    }
}

/// The node of an option in the file.
fn places<'s>(source: &'s str, option: &str) -> Option<Node<'s>> {
    let mut nodes = yaml::parse_as(source, &Limits::default(), Dialect::Yaml11).ok()?;
    let yaml::Kind::Map(entries) = nodes.drain(..).next()?.kind else { return None };
    entries.into_iter().find(|(k, _)| k.text == option).map(|(_, v)| v)
}

/// The position of a fault in the file, and whether it is exact to the character.
fn place(node: &Node<'_>, fault: &Fault, source: &str) -> (Pos, bool) {
    let mut pos = node.pos;
    let mut node = node;
    for (n, step) in fault.path.0.iter().enumerate() {
        let last = n + 1 == fault.path.0.len();
        let next = match step {
            Step::Key(key) => match node.as_map().and_then(|m| m.iter().find(|(k, _)| k.text == *key)) {
                Some((k, v)) => {
                    pos = if last && fault.at == 0 { k.pos } else { v.pos };
                    v
                }
                None => return (pos, false),
            },
            Step::Index(at) => match node.as_seq().and_then(|s| s.get(*at)) {
                Some(v) => {
                    pos = v.pos;
                    v
                }
                None => return (pos, false),
            },
        };
        node = next;
    }
    let (Some(text), true) = (node.text(), fault.at > 0) else { return (pos, false) };
    // On one line, as it stands or in quotes without escapes: there the character can be pointed at.
    let skipped = |n: u32| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
    let line = source.lines().nth(skipped(pos.line)).unwrap_or_default();
    let rest: String = line.chars().skip(skipped(pos.column)).collect();
    let quoted = rest.starts_with(['"', '\'']);
    if rest.get(usize::from(quoted)..).is_some_and(|r| r.starts_with(text)) {
        let further = u32::try_from(fault.at - 1).unwrap_or_default();
        return (Pos { column: pos.column + u32::from(quoted) + further, ..pos }, true);
    }
    (pos, false)
}

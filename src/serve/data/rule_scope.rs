//! What tested and saved rules may search: the same indices and queries that pages may.

use crate::serve::data::index_allowlist::IndexAllowlist;
use crate::serve::data::index_resolution::resolve;
use crate::serve::searches;
use serde_json::{Value, json};
use sigmalert_elastalert::load::Entry;
use sigmalert_runtime::{AllowedIndices, Cluster, Gate};
use std::sync::Arc;

/// The maximum nesting depth of correlations.
const MAX_DEPTH: usize = 64;

/// The check that searches of a rule test must pass.
#[derive(Debug)]
pub(in crate::serve) struct Limits {
    pub cluster: Cluster,
    pub reads: Arc<IndexAllowlist>,
}

impl Gate for Limits {
    fn pass(&self, index: &str, body: &Value) -> Result<AllowedIndices, String> {
        searches::check(body).map_err(|r| format!("the rule's search is not allowed: {r}"))?;
        let resolved = resolve(&self.cluster, &self.reads, index).map_err(|e| e.message)?;
        let pattern = index.split(',').map(str::trim).map(str::to_owned).chain(resolved.refused.iter().map(|r| format!("-{r}")));
        Ok(AllowedIndices { names: resolved.names.clone(), pattern: pattern.collect::<Vec<_>>().join(",") })
    }
}

/// Returns what a rule saved by a client must not contain: indices that clients may not read, and queries they may not send.
///
/// Checks the options as written rather than the loaded rule, since a file that is not a rule may be imported by one.
pub(in crate::serve) fn violations(reads: &IndexAllowlist, options: &[Entry]) -> Vec<Violation> {
    let mut out = Vec::new();
    for e in options {
        let value = Value::from(e.value.clone());
        match e.key.as_str() {
            "index" => index(reads, &e.key, &value, &mut out),
            "filter" | "match_bucket_filter" => filters(&e.key, &value, &mut out),
            "correlation" => member(reads, &e.key, &value, 0, &mut out),
            "metric_agg_script" => {
                let metric = if value.is_object() { value } else { json!({"script": value}) };
                search(&e.key, &json!({"aggs": {"metric_agg_script": {"avg": metric}}}), &mut out);
            }
            _ => {}
        }
    }
    out
}

/// See [`violations`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::serve) struct Violation {
    pub kind: &'static str,
    pub message: String,
}

fn index(reads: &IndexAllowlist, option: &str, value: &Value, out: &mut Vec<Violation>) {
    let Some(name) = value.as_str() else { return };
    // What is made of dates may be any of them.
    let mut pattern = String::new();
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        if c == '%' {
            rest.next();
            pattern.push('*');
        } else {
            pattern.push(c);
        }
    }
    // So is date math: `<logs-{now/d}>`.
    let pattern = pattern.split(',').map(|p| dated(p.trim())).collect::<Vec<_>>().join(",");
    if let Err(e) = reads.parts(&pattern) {
        out.push(Violation { kind: "indexRefused", message: format!("`{option}` of the rule: {}", e.message) });
    }
}

/// The pattern of the names that date math may stand for.
fn dated(part: &str) -> String {
    match part.strip_prefix('<').and_then(|p| p.strip_suffix('>')) {
        Some(inner) => match (inner.find('{'), inner.rfind('}')) {
            (Some(first), Some(last)) if first < last => format!("{}*{}", &inner[..first], &inner[last + 1..]),
            _ => inner.to_owned(),
        },
        None => part.to_owned(),
    }
}

fn search(option: &str, body: &Value, out: &mut Vec<Violation>) {
    if let Err(r) = searches::check(body) {
        out.push(Violation { kind: "searchRefused", message: format!("`{option}` of the rule is not allowed: {r}") });
    }
}

fn filters(option: &str, value: &Value, out: &mut Vec<Violation>) {
    let one = std::slice::from_ref(value);
    for filter in value.as_array().map_or(one, Vec::as_slice) {
        if filter.get("esql").is_some() {
            let message = format!(
                "`{option}` of the rule is ES|QL, whose indices cannot be checked: such rules cannot be saved over the network; put the file into the rules folder instead"
            );
            out.push(Violation { kind: "searchRefused", message });
        } else if filter.get("eql").is_none() && filter.is_object() {
            // ElastAlert takes a query with and without `query` around it.
            search(option, &json!({"query": filter.get("query").filter(|q| q.is_object()).unwrap_or(filter)}), out);
        }
    }
}

/// The rules of a correlation, and correlations of correlations.
fn member(reads: &IndexAllowlist, option: &str, value: &Value, depth: usize, out: &mut Vec<Violation>) {
    if depth > MAX_DEPTH {
        out.push(Violation { kind: "searchRefused", message: format!("`{option}` of the rule is nested too deeply") });
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|v| member(reads, option, v, depth + 1, out)),
        Value::Object(o) => {
            for (key, v) in o {
                match key.as_str() {
                    "index" => index(reads, option, v, out),
                    "filter" => filters(option, v, out),
                    _ => member(reads, option, v, depth + 1, out),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sigmalert_sigma::yaml::{Dialect, Limits, parse_as};

    fn kinds(text: &str) -> Vec<&'static str> {
        let reads = IndexAllowlist::new(vec!["logs-*".into()]);
        let documents = parse_as(text, &Limits::default(), Dialect::Yaml11).unwrap();
        let entries: Vec<Entry> = documents[0]
            .as_map()
            .unwrap()
            .iter()
            .map(|(k, v)| Entry { key: k.text.to_string(), value: v.to_value(), file: 0, pos: k.pos })
            .collect();
        violations(&reads, &entries).into_iter().map(|v| v.kind).collect()
    }

    #[test]
    fn rules_name_what_their_searches_read() {
        for good in [
            "index: logs-*\n",
            "index: logs-%Y.%m.%d, logs-x\n",
            "index: <logs-{now/d}>\n",
            "filter: [{query: {query_string: {query: a}}}, {term: {script: 1}}]\n",
            "filter: [{eql: 'any where true'}]\n",
            "correlation: {rules: [{index: logs-a, filter: [{match_all: {}}]}]}\n",
            "name: script\nquery_key: wrapper\nmetric_agg_script: {field: a}\n",
        ] {
            assert_eq!(kinds(good), Vec::<&str>::new(), "{good}");
        }
        for bad in [
            "index: secret\n",
            "index: '*'\n",
            "index: logs-a,.kibana\n",
            "index: secret-%Y\n",
            "index: <secret-{now/d}>\n",
            "index: '%Y'\n",
            "index: other:logs-a\n",
            "correlation: {rules: [{index: logs-a}, {correlation: {rules: [{index: secret}]}}]}\n",
        ] {
            assert_eq!(kinds(bad), ["indexRefused"], "{bad}");
        }
        for bad in [
            "filter: [{wrapper: {query: e30=}}]\n",
            "filter: {script: {script: x}}\n",
            "filter: [{query: {terms_set: {a: {terms: [b], minimum_should_match_script: {source: x}}}}}]\n",
            "filter: [{esql: FROM secret}]\n",
            "match_bucket_filter: [{script: {script: x}}]\n",
            "metric_agg_script: {script: {source: x}}\n",
            "metric_agg_script: x\n",
            "correlation: {rules: [{index: logs-a, filter: [{terms: {a: {index: b, id: c, path: d}}}]}]}\n",
        ] {
            assert_eq!(kinds(bad), ["searchRefused"], "{bad}");
        }
    }
}

//! Every query of every sample finds exactly the events on a real index that the rule must match.

use crate::support::convert::{collection, options, samples};
use crate::support::opensearch;
use serde_json::{Map, Value, json};
use sigmalert::convert::{Case, FilterForm, Style};
use sigmalert::elastalert::Filter;
use sigmalert::lang::{Limits, dsl, kql};
use sigmalert::query::text::Analyzer;
use sigmalert::query::{FieldType, simplify};
use sigmalert::{Converter, Mapping, Options, Query, Target};

struct Event {
    sample: String,
    expect: String,
    event: Value,
}

fn events() -> Vec<Event> {
    let mut out = Vec::new();
    for (sample, _) in samples() {
        let path = format!("{}/sigma-samples/{sample}.events.ndjson", env!("CARGO_MANIFEST_DIR"));
        for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
            let v: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{sample}: {e}: {line}"));
            let expect = v["expect"].as_str().unwrap().to_owned();
            assert!(["match", "case", "no-match"].contains(&expect.as_str()), "{sample}: {expect}");
            out.push(Event { sample: sample.clone(), expect, event: v["event"].clone() });
        }
    }
    out
}

/// Returns the types of the mapping for the fields that occur.
fn properties(mapping: &Mapping, events: &[Event]) -> Value {
    fn walk(v: &Value, path: &str, mapping: &Mapping) -> Value {
        let Value::Object(entries) = v else {
            // Words of letters, digits, `_` and `-`, as the index template has them for script blocks.
            if let FieldType::Text(Analyzer::Characters(_)) = &mapping.schema().field(path).kind {
                return json!({"type": "text", "analyzer": "ps"});
            }
            let kind = match &mapping.schema().field(path).kind {
                FieldType::Text(_) => "text",
                FieldType::Ip => "ip",
                FieldType::Long => "long",
                FieldType::Double => "double",
                FieldType::Boolean => "boolean",
                FieldType::Date => "date",
                // The wildcard type of OpenSearch does not do what Elasticsearch's does (docs/reference/queries.md).
                FieldType::Keyword | FieldType::Wildcard => "keyword",
            };
            return json!({ "type": kind });
        };
        let inner: Map<String, Value> = entries
            .iter()
            .map(|(k, v)| (k.clone(), walk(v, &if path.is_empty() { k.clone() } else { format!("{path}.{k}") }, mapping)))
            .collect();
        json!({ "properties": inner })
    }
    fn merge(into: &mut Value, from: Value) {
        match (into, from) {
            (Value::Object(a), Value::Object(b)) => b.into_iter().for_each(|(k, v)| merge(a.entry(k).or_insert(Value::Null), v)),
            (a, b) => *a = b,
        }
    }
    let mut all = json!({});
    for e in events {
        merge(&mut all, walk(&e.event, "", mapping));
    }
    all["properties"].take()
}

#[test]
fn events_and_queries_agree() {
    let events = events();
    let with_events: std::collections::BTreeSet<&str> = events.iter().map(|e| e.sample.as_str()).collect();
    assert!(with_events.len() >= 40, "{} samples have events", with_events.len());
    for sample in &with_events {
        let of = |expect: &str| events.iter().any(|e| e.sample == *sample && e.expect == expect);
        assert!(of("match") && of("no-match"), "{sample} lacks events of one kind");
    }
    let Some(cluster) = opensearch::connect("events_and_queries_agree") else { return };
    let mapping = || Mapping::builtin("winlogbeat").unwrap();
    let docs: Vec<Value> = events.iter().map(|e| e.event.clone()).collect();
    let index = cluster.index(&properties(&mapping(), &events), &docs);
    let mut run = 0;
    for (sample, text) in samples() {
        let own: Vec<usize> = (0..events.len()).filter(|i| events[*i].sample == sample).collect();
        if own.is_empty() {
            continue;
        }
        let collection = collection(&text);
        for (target, case, filter, style) in [
            (Target::Lucene, Case::Index, FilterForm::Auto, Style::ElastAlert),
            (Target::Lucene, Case::Regex, FilterForm::Auto, Style::ElastAlert),
            (Target::Kql, Case::Index, FilterForm::Auto, Style::ElastAlert),
            (Target::Dsl, Case::Index, FilterForm::Auto, Style::ElastAlert),
            (Target::ElastAlert, Case::Index, FilterForm::Auto, Style::ElastAlert),
            (Target::ElastAlert, Case::Index, FilterForm::Dsl, Style::ElastAlert),
            // Through the tree of Praeco's query builder.
            (Target::ElastAlert, Case::Regex, FilterForm::Auto, Style::Praeco),
        ] {
            let converter = Converter::new(mapping(), Options { case, filter, style, ..options(target) });
            // Lucene and KQL cannot say all of it, and say so.
            let Ok(converted) = converter.convert(&collection, 0) else {
                assert!(matches!(target, Target::Lucene | Target::Kql) || style == Style::Praeco, "{sample}");
                continue;
            };
            let (query, minds_case) = match converted.query {
                // No server runs KQL: Kibana makes Query DSL of it, and so does our reader.
                Query::Text(t) if target == Target::Kql => {
                    let read = simplify(kql::parse(&t, converter.mapping().schema()).unwrap());
                    (dsl::print(&read, &Limits::default()).unwrap(), true)
                }
                Query::Text(t) => (json!({"query_string": {"query": t}}), case == Case::Index),
                Query::Dsl(v) => (v, false),
                Query::RuleFile(r) => match r.filter {
                    Filter::QueryString(t) => (json!({"query_string": {"query": t}}), case == Case::Index),
                    Filter::Dsl(v) => (v, false),
                },
            };
            let found = index.search(&query).unwrap_or_else(|e| panic!("{sample}: {query}: {e}"));
            for i in &own {
                let expected = match events[*i].expect.as_str() {
                    "match" => true,
                    // Analysed text has no letter case.
                    "case" if minds_case => continue,
                    "case" => true,
                    _ => false,
                };
                assert_eq!(found.contains(i), expected, "{sample}: {query}\non {}", events[*i].event);
            }
            run += 1;
        }
    }
    assert!(run >= 300, "{run} queries were run");
}

//! Recordings of real attacks match the rules that were written for them: in process from EVTX, and on a real index as the documents
//! that Winlogbeat and Wazuh would index. No rule is treated specially.

use crate::support::corpus;
use crate::support::opensearch::{self, Cluster, Index};
use serde_json::{Value, json};
use sigmalert::batch::{Batch, discover};
use sigmalert::convert::Case;
use sigmalert::events::{EventBatch, EventSchema, EventSource};
use sigmalert::matcher::Scratch;
use sigmalert::scan::{self, Rules, Semantics};
use sigmalert::{Converter, Mapping, Options, Query, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const MAPPINGS: [&str; 3] = ["sigma", "winlogbeat", "wazuh"];

/// A recording: its events, and the rules that must match with their number of matches.
struct Recording {
    name: String,
    /// The rule, and the number of matches if the recording names one.
    expected: Vec<(String, Option<usize>)>,
    events: PathBuf,
}

/// Returns whether a rule matched as often as expected.
fn fires(found: usize, expected: Option<usize>) -> bool {
    expected.map_or(found > 0, |n| found == n)
}

fn recordings(folder: &Path) -> Vec<Recording> {
    let mut out = Vec::new();
    for entry in walkdir(folder) {
        if entry.file_name().is_none_or(|n| n != "info.yml") {
            continue;
        }
        let text = std::fs::read_to_string(&entry).unwrap();
        let info: Value = sigmalert::yaml::parse_all(&text, &Default::default()).unwrap()[0].to_value().into();
        let ids: Vec<String> = info["rule_metadata"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect();
        // What is no EVTX (a syslog line of a switch) is no event of Windows.
        let Some(test) = info["regression_tests_info"].as_array().and_then(|t| t.iter().find(|t| t["type"] == "evtx")) else { continue };
        let count = test["match_count"].as_u64().map(|n| usize::try_from(n).unwrap());
        let file = Path::new(test["path"].as_str().unwrap()).file_name().unwrap().to_owned();
        out.push(Recording {
            name: entry.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned(),
            expected: ids.into_iter().map(|id| (id, count)).collect(),
            events: entry.with_file_name(file),
        });
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    out
}

fn walkdir(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for e in std::fs::read_dir(folder).unwrap() {
        let path = e.unwrap().path();
        if path.is_dir() { out.extend(walkdir(&path)) } else { out.push(path) }
    }
    out
}

/// Returns the documents of a file in the schema of a mapping.
fn documents(path: &Path, event_schema: EventSchema) -> Vec<Value> {
    let mut source = EventSource::open(path).unwrap();
    let mut batch = EventBatch::default();
    let mut out = Vec::new();
    while source.read(&mut batch) {
        assert_eq!(batch.problems, [], "{}", path.display());
        out.extend(batch.events.iter().map(|e| serde_json::from_slice::<Value>(&batch.document(e, event_schema).to_json()).unwrap()));
    }
    assert!(!out.is_empty(), "{}", path.display());
    out
}

fn converter(mapping: &str, options: Options) -> Converter {
    Converter::new(Mapping::builtin(mapping).unwrap(), options)
}

fn event_schema(mapping: &str) -> EventSchema {
    EventSchema::named(Mapping::builtin(mapping).unwrap().events().unwrap()).unwrap()
}

fn rules(batch: &Batch, mapping: &str, semantics: Semantics) -> Rules {
    scan::load_sigma(batch, &converter(mapping, Options { target: Target::Dsl, ..Options::default() }), semantics)
}

fn corpus(test: &str) -> Option<(Batch, Vec<Recording>)> {
    let folder = corpus::recordings(test)?;
    let rules = corpus::rules(test)?;
    Some((Batch::read(discover(&[rules]), &Default::default()), recordings(&folder)))
}

#[test]
fn in_process() {
    let Some((batch, recordings)) = corpus("in_process") else { return };
    assert!(recordings.len() > 90, "{}", recordings.len());
    let mut silent = Vec::new();
    for mapping in MAPPINGS {
        let rules = rules(&batch, mapping, Semantics::Sigma);
        let matcher = scan::compile(&rules, None);
        let mut scratch = Scratch::default();
        for r in &recordings {
            let mut count: BTreeMap<&str, usize> = BTreeMap::new();
            for doc in documents(&r.events, event_schema(mapping)) {
                for hit in matcher.matches(doc.to_string().as_bytes(), &mut scratch).unwrap() {
                    if let Some(id) = &rules.rules[*hit].id {
                        *count.entry(id).or_default() += 1;
                    }
                }
            }
            for (id, expected) in &r.expected {
                let got = count.get(id.as_str()).copied().unwrap_or(0);
                if !fires(got, *expected) {
                    silent.push(format!("{mapping}: {} ({id}) matches {got} times, not {expected:?}", r.name));
                }
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new());
}

/// Creates an index with the types of the mapping's schema. Other strings are keywords, as in the stock templates.
/// (`wildcard` becomes keyword: the type is broken in this server, see docs/reference/queries.md.)
fn index<'c>(cluster: &'c Cluster, mapping: &str, docs: &[Value]) -> Index<'c> {
    let text = Mapping::builtin_text(mapping).unwrap();
    let file: Value = sigmalert::yaml::parse_all(text, &Default::default()).unwrap()[0].to_value().into();
    let mut properties = json!({});
    for (name, spec) in file["types"].as_object().into_iter().flatten().filter(|(n, _)| !n.contains('*')) {
        let kind = spec.as_str().or_else(|| spec["type"].as_str()).unwrap();
        let mut at = &mut properties;
        let parts: Vec<&str> = name.split('.').collect();
        for (i, part) in parts.iter().enumerate() {
            at = if i + 1 == parts.len() { &mut at[*part] } else { &mut at[*part]["properties"] };
        }
        *at = match kind {
            "wildcard" => json!({"type": "keyword"}),
            "text" if spec["word_characters"].is_string() => json!({"type": "text", "analyzer": "ps"}),
            kind => json!({"type": kind}),
        };
    }
    let strings = json!([{"strings": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}]);
    cluster.index_with(&json!({"dynamic_templates": strings, "date_detection": false, "properties": properties}), docs)
}

/// With the Lucene query with `[Aa]` classes, and with Query DSL.
#[test]
fn on_a_real_index() {
    let Some((batch, recordings)) = corpus("on_a_real_index") else { return };
    let Some(cluster) = opensearch::connect("on_a_real_index") else { return };
    let (mut silent, mut refused) = (Vec::new(), Vec::new());
    for mapping in ["winlogbeat", "wazuh"] {
        let mut docs = Vec::new();
        let mut ranges = Vec::new();
        for r in &recordings {
            let events = documents(&r.events, event_schema(mapping));
            ranges.push(docs.len()..docs.len() + events.len());
            docs.extend(events);
        }
        let index = index(&cluster, mapping, &docs);
        for (name, options) in [
            ("lucene", Options { target: Target::Lucene, case: Case::Regex, ..Options::default() }),
            ("dsl", Options { target: Target::Dsl, ..Options::default() }),
        ] {
            let converter = converter(mapping, options);
            for (r, range) in recordings.iter().zip(&ranges) {
                for (id, expected) in &r.expected {
                    let at = batch.collection.documents().iter().position(|d| d.attributes().id.as_ref() == Some(id)).unwrap();
                    let converted = match converter.convert(&batch.collection, at) {
                        Ok(c) => c,
                        Err(e) => {
                            refused.push(format!("{mapping}, {name}: {} ({e})", r.name));
                            continue;
                        }
                    };
                    let query = match converted.query {
                        Query::Text(t) => json!({"query_string": {"query": t}}),
                        Query::Dsl(v) => v,
                        Query::RuleFile(_) => unreachable!("queries were asked for"),
                    };
                    let found =
                        index.search(&query).unwrap_or_else(|e| panic!("{id}: {e}")).into_iter().filter(|d| range.contains(d)).count();
                    if !fires(found, *expected) {
                        silent.push(format!("{mapping}, {name}: {} ({id}) finds {found}, not {expected:?}", r.name));
                    }
                }
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new());
    // Each with the error of the compiler.
    insta::assert_snapshot!("refused", refused.join("\n"));
}

/// The matcher agrees with the index for all rules of the public repository on all recorded events.
#[test]
fn matcher_and_index_find_the_same() {
    let Some((batch, recordings)) = corpus("matcher_and_index_find_the_same") else { return };
    let Some(cluster) = opensearch::connect("matcher_and_index_find_the_same") else { return };
    for mapping in ["winlogbeat", "wazuh"] {
        let docs: Vec<Value> = recordings.iter().flat_map(|r| documents(&r.events, event_schema(mapping))).collect();
        let index = index(&cluster, mapping, &docs);
        let rules = rules(&batch, mapping, Semantics::Index);
        assert!(rules.rules.len() > 3000, "{}", rules.rules.len());
        let converted = Mapping::builtin(mapping).unwrap();
        let matcher = scan::compile(&rules, Some(converted.schema()));
        let mut scratch = Scratch::default();
        let ours: Vec<Vec<usize>> =
            docs.iter().map(|d| matcher.matches(d.to_string().as_bytes(), &mut scratch).unwrap().to_vec()).collect();
        let limits = sigmalert::lang::Limits::default();
        let queries: Vec<(usize, Value)> = rules
            .rules
            .iter()
            .enumerate()
            .filter_map(|(i, r)| sigmalert::lang::dsl::print(&r.expr, &limits).ok().map(|q| (i, q)))
            .collect();
        assert!(queries.len() > 3000, "{}", queries.len());
        let mut found_any = 0;
        for chunk in queries.chunks(100) {
            let bodies: Vec<Value> = chunk.iter().map(|(_, q)| q.clone()).collect();
            for ((i, query), found) in chunk.iter().zip(index.search_all(&bodies)) {
                let found = found.unwrap_or_else(|e| panic!("{e}: {query}"));
                let want: BTreeSet<usize> = (0..docs.len()).filter(|d| ours[*d].contains(i)).collect();
                assert_eq!(found, want, "{mapping}: {}: {query}", rules.rules[*i].title);
                found_any += usize::from(!want.is_empty());
            }
        }
        assert!(found_any > 90, "{found_any} rules matched");
    }
}

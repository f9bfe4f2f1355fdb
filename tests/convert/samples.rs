//! Every sample as a detection engineer sees it: the rule, and what it becomes in each language. A change of any
//! output shows up here.

use crate::support::convert::{collection, options, samples};
use sigmalert::query::Expr;
use sigmalert::sigma::Document;
use sigmalert::{Converter, Mapping, Query, Target};
use std::fmt::Write as _;

#[test]
fn in_every_language() {
    let samples = samples();
    assert!(samples.len() >= 40, "{} samples", samples.len());
    for (name, text) in samples {
        let collection = collection(&text);
        let mut out = String::new();
        for (at, document) in collection.documents().iter().enumerate() {
            if at > 0 {
                out.push_str("\n----\n\n");
            }
            _ = writeln!(out, "{}", document.attributes().title);
            if let Document::Rule(r) = document {
                _ = writeln!(out, "\nmeans\n{}", Expr::from_rule(r, &Default::default()).unwrap());
            }
            for mapping in ["winlogbeat", "wazuh"] {
                for target in [Target::Lucene, Target::Kql, Target::Dsl, Target::ElastAlert] {
                    let converter = Converter::new(Mapping::builtin(mapping).unwrap(), options(target));
                    _ = write!(out, "\n{mapping} {}\n", target.name());
                    match converter.convert(&collection, at) {
                        Ok(c) => {
                            match &c.query {
                                Query::Text(t) => _ = writeln!(out, "{t}"),
                                Query::Dsl(v) => _ = writeln!(out, "{v}"),
                                // The query is seen above.
                                Query::RuleFile(r) => {
                                    _ = write!(out, "type: {}", r.logic.name());
                                    for (key, value) in r.logic.options() {
                                        _ = write!(out, ", {key}: {}", serde_json::Value::from(value));
                                    }
                                    _ = writeln!(out, ", index: {}, priority: {}", r.index, r.priority);
                                }
                            }
                            for n in c.notices {
                                _ = writeln!(out, "  note: {}: {n}", n.kind.name());
                            }
                        }
                        Err(e) => {
                            _ = writeln!(out, "  error: {e}");
                            if let Some(h) = e.help() {
                                _ = writeln!(out, "  help: {h}");
                            }
                        }
                    }
                }
            }
        }
        insta::with_settings!({ snapshot_suffix => name.clone(), omit_expression => true }, { insta::assert_snapshot!(out) });
    }
}

/// One rule file in full, as ElastAlert and Praeco read it.
#[test]
fn as_rule_files() {
    for name in ["endswith", "correlation_event_count", "old_aggregation", "time_part", "filter"] {
        let (_, text) = samples().into_iter().find(|(n, _)| n == name).unwrap();
        let collection = collection(&text);
        let converter = Converter::new(Mapping::builtin("winlogbeat").unwrap(), options(Target::ElastAlert));
        let at = collection.documents().iter().rposition(|d| !matches!(d, Document::Filter(_))).unwrap();
        let file = converter.convert(&collection, at).unwrap().query.to_string();
        insta::with_settings!({
            snapshot_suffix => name, omit_expression => true,
            filters => vec![(concat!("version: \"", env!("CARGO_PKG_VERSION"), "\""), "version: [version]")],
        }, { insta::assert_snapshot!(file) });
    }
}

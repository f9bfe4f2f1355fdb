//! Saved searches for Kibana and `OpenSearch` Dashboards, as their import pages take them.

use super::{Converted, Query};
use crate::sigma::Attributes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One saved search for each document, and the index patterns they refer to, one object a line.
pub fn saved_objects<'a>(converted: impl IntoIterator<Item = (&'a Attributes, &'a Converted)>) -> String {
    let mut patterns: Vec<(String, String)> = Vec::new();
    let mut out = String::new();
    let mut put = |v: &Value| {
        out.push_str(&v.to_string());
        out.push('\n');
    };
    let mut searches = Vec::new();
    for (attributes, c) in converted {
        let Query::Text(query) = &c.query else { continue };
        if !patterns.iter().any(|(i, _)| *i == c.index) {
            patterns.push((c.index.clone(), c.timestamp.clone()));
        }
        searches.push(search(attributes, c, query));
    }
    for (index, timestamp) in &patterns {
        put(&json!({
            "type": "index-pattern",
            "id": id(&["index-pattern", index]),
            "attributes": {"title": index, "timeFieldName": timestamp},
            "references": [],
        }));
    }
    searches.iter().for_each(put);
    out
}

fn search(attributes: &Attributes, c: &Converted, query: &str) -> Value {
    let source = json!({
        "query": {"query": query, "language": "lucene"},
        "filter": [],
        "highlightAll": true,
        "version": true,
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    });
    json!({
        "type": "search",
        "id": attributes.id.clone().unwrap_or_else(|| id(&["search", &attributes.title, query])),
        "attributes": {
            "title": attributes.title,
            "description": attributes.description.as_deref().unwrap_or_default().trim(),
            "hits": 0,
            "columns": [],
            "sort": [[c.timestamp, "desc"]],
            "version": 1,
            "kibanaSavedObjectMeta": {"searchSourceJSON": source.to_string()},
        },
        "references": [{
            "name": "kibanaSavedObjectMeta.searchSourceJSON.index",
            "type": "index-pattern",
            "id": id(&["index-pattern", &c.index]),
        }],
    })
}

/// A UUID that depends on these texts alone, so that a second import replaces the first.
fn id(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for p in parts {
        hasher.update(p);
        hasher.update([0]);
    }
    let d = hasher.finalize();
    let hex: String = d.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("{}-{}-5{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

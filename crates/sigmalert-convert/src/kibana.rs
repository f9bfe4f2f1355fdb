//! Saved searches for Kibana and `OpenSearch` Dashboards, as their import pages take them.

use super::Converted;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sigmalert_sigma::Attributes;
use sigmalert_support::hex::hex;

/// The id of the index pattern on an index.
pub(super) fn index_pattern_id(index: &str) -> String {
    id(&["index-pattern", index])
}

/// The index pattern that saved searches on an index refer to.
pub fn index_pattern(index: &str, timestamp: &str) -> Value {
    json!({
        "type": "index-pattern",
        "id": index_pattern_id(index),
        "attributes": {"title": index, "timeFieldName": timestamp},
        "references": [],
    })
}

/// The saved search of a document.
pub fn saved_search(attributes: &Attributes, c: &Converted) -> Value {
    let query = c.query.to_string();
    let source = json!({
        "query": {"query": query, "language": "lucene"},
        "filter": [],
        "highlightAll": true,
        "version": true,
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    });
    json!({
        "type": "search",
        "id": attributes.id.clone().unwrap_or_else(|| id(&["search", &attributes.title, &query])),
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
            "id": index_pattern_id(&c.index),
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
    let hex = hex(&hasher.finalize()[..16]);
    format!("{}-{}-5{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}

//! The real OpenSearch, when `tests/support/opensearch/run.sh` runs beside the tests.

use crate::support::skip::{Need, skip};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A client of the node, or `None` with a line that says why the test skips.
pub fn connect(test: &str) -> Option<Cluster> {
    match std::env::var("OPENSEARCH_URL") {
        Ok(url) => Some(Cluster { url }),
        Err(_) => {
            skip(test, Need::OpenSearch);
            None
        }
    }
}

pub struct Cluster {
    pub url: String,
}

/// An index that is deleted when the test ends.
pub struct Index<'c> {
    cluster: &'c Cluster,
    pub name: String,
}

impl Drop for Index<'_> {
    fn drop(&mut self) {
        let _ = ureq::delete(format!("{}/{}", self.cluster.url, self.name)).call();
    }
}

impl Cluster {
    fn call(&self, method: &str, path: &str, body: &str, kind: &str) -> Value {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("content-type", kind)
            .body(body.to_owned())
            .unwrap();
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let text = agent.run(request).unwrap().body_mut().with_config().limit(200 << 20).read_to_string().unwrap();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// Sends a request with a JSON body, or lines of it.
    pub fn send(&self, method: &str, path: &str, body: &str) -> Value {
        self.call(method, path, body, if path.contains("_bulk") { "application/x-ndjson" } else { "application/json" })
    }

    /// The major version of the server.
    pub fn major(&self) -> u32 {
        let info = self.call("GET", "/", "", "application/json");
        info["version"]["number"].as_str().unwrap().split('.').next().unwrap().parse().unwrap()
    }

    /// A new index with these fields and documents; the ids are the positions.
    pub fn index(&self, properties: &Value, docs: &[Value]) -> Index<'_> {
        self.index_with(&json!({"properties": properties}), docs)
    }

    /// The same with whole mappings.
    pub fn index_with(&self, mappings: &Value, docs: &[Value]) -> Index<'_> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("t{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let settings = json!({
            "settings": {
                "number_of_shards": 1, "number_of_replicas": 0,
                "analysis": {
                    "analyzer": {"ps": {"type": "pattern", "pattern": "[\\W&&[^-]]+"}},
                    "normalizer": {"low": {"type": "custom", "filter": ["lowercase"]}},
                },
            },
            "mappings": mappings,
        });
        let made = self.call("PUT", &format!("/{name}"), &settings.to_string(), "application/json");
        assert_eq!(made["acknowledged"], true, "{made}");
        let mut bulk = String::new();
        for (i, doc) in docs.iter().enumerate() {
            bulk.push_str(&format!("{}\n{doc}\n", json!({"index": {"_id": i.to_string()}})));
        }
        let done = self.call("POST", &format!("/{name}/_bulk?refresh=true"), &bulk, "application/x-ndjson");
        assert_eq!(done["errors"], false, "{done}");
        Index { cluster: self, name }
    }
}

impl Index<'_> {
    /// The positions of the documents each query finds, or the server's refusal.
    pub fn search_all(&self, queries: &[Value]) -> Vec<Result<BTreeSet<usize>, String>> {
        let mut body = String::new();
        for q in queries {
            body.push_str(&format!("{{}}\n{}\n", json!({"query": q, "size": 10000, "_source": false})));
        }
        let answer = self.cluster.call("POST", &format!("/{}/_msearch", self.name), &body, "application/x-ndjson");
        let responses = answer["responses"].as_array().unwrap_or_else(|| panic!("{answer}"));
        responses
            .iter()
            .map(|r| match r.get("error") {
                Some(e) => Err(e.to_string()),
                None if r["_shards"]["failed"] != 0 => Err(r["_shards"].to_string()),
                None => Ok(r["hits"]["hits"].as_array().unwrap().iter().map(|h| h["_id"].as_str().unwrap().parse().unwrap()).collect()),
            })
            .collect()
    }

    /// The same for one query, in a request of its own: a body that cannot be read takes all others with it.
    pub fn search_alone(&self, query: &Value) -> Result<BTreeSet<usize>, String> {
        let body = json!({"query": query, "size": 10000, "_source": false}).to_string();
        let answer = self.cluster.call("POST", &format!("/{}/_search", self.name), &body, "application/json");
        match answer.get("error") {
            Some(e) => Err(e.to_string()),
            None if answer["_shards"]["failed"] != 0 => Err(answer["_shards"].to_string()),
            None => Ok(answer["hits"]["hits"].as_array().unwrap().iter().map(|h| h["_id"].as_str().unwrap().parse().unwrap()).collect()),
        }
    }

    pub fn search(&self, query: &Value) -> Result<BTreeSet<usize>, String> {
        self.search_all(std::slice::from_ref(query)).remove(0)
    }

    pub fn query_string(&self, query: &str) -> Result<BTreeSet<usize>, String> {
        self.search(&json!({"query_string": {"query": query}}))
    }
}

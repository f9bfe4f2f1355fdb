//! What a rule's query means: an expression for events in process, and queries without letter case for an index.

use crate::lang::{Limits, dsl, lucene};
use crate::mapping::Mapping;
use crate::query::lower::{CaseMode, lower};
use crate::query::{Expr, Schema, simplify};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The types of the fields of a mapping. Rules of one mapping share them; they are read once.
pub(crate) fn schema(mapping: Option<&str>) -> Arc<Schema> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Schema>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let name = mapping.unwrap_or_default();
    if let Some(s) = known.get(name) {
        return Arc::clone(s);
    }
    let schema = Mapping::load(name).map_or_else(|_| Schema::default(), |m| m.schema().clone());
    let schema = Arc::new(schema);
    known.insert(name.to_owned(), Arc::clone(&schema));
    schema
}

/// The expression of a filter.
///
/// # Errors
/// When it is not understood, in words.
pub(crate) fn expression(filter: &Value, schema: &Schema) -> Result<Expr, String> {
    let filter = filter.get("query").unwrap_or(filter);
    match filter.get("query_string").and_then(|q| q.get("query")).and_then(Value::as_str) {
        Some(text) => lucene::parse(text, schema).map_err(|e| format!("the query cannot be read: {e}")),
        None => dsl::parse(filter, schema).map_err(|e| format!("the query cannot be read: {e}")),
    }
}

/// A `query_string` as Query DSL that minds no letter case. What cannot be said so stays as it is.
pub(crate) fn without_case(filter: Value, mapping: Option<&str>) -> Value {
    let Some(text) = filter.get("query_string").and_then(|q| q.get("query")).and_then(Value::as_str) else { return filter };
    let schema = schema(mapping);
    let printed = || -> Option<Value> {
        let expr = lucene::parse(text, &schema).ok()?.without_case();
        let lowered = lower(&expr, &schema, CaseMode::Native).ok()?;
        dsl::print(&simplify(lowered.expr), &Limits::default()).ok()
    };
    printed().unwrap_or_else(|| {
        tracing::debug!("a query is not understood well enough to leave letter case out: it is sent as it is");
        filter
    })
}

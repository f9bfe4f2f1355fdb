//! What a rule's query means: an expression for events in process, and queries without letter case for an index.

use serde_json::Value;
use sigmalert_convert::mapping::Mapping;
use sigmalert_query::lang::{Limits, dsl};
use sigmalert_query::lower::{CaseMode, lower};
use sigmalert_query::{Expr, Schema, simplify};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The types of the fields of a mapping. Rules of one mapping share them; they are read once.
pub fn schema(mapping: Option<&str>) -> Arc<Schema> {
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

/// The expression of a filter, with everything that stands beside its query.
///
/// # Errors
/// When it is not understood just as the index does. The message says what is wrong.
pub fn expression(filter: &Value, schema: &Schema) -> Result<Expr, String> {
    dsl::parse(filter.get("query").filter(|q| q.is_object()).unwrap_or(filter), schema)
        .map_err(|e| format!("the query cannot be evaluated: {e}"))
}

/// A `query_string` as Query DSL that minds no letter case. What cannot be said so stays as it is.
pub(crate) fn without_case(filter: Value, mapping: Option<&str>) -> Value {
    if filter.get("query_string").is_none() {
        return filter;
    }
    let schema = schema(mapping);
    let printed = || -> Result<Value, String> {
        let expr = dsl::parse(&filter, &schema).map_err(|e| e.to_string())?.without_case();
        let lowered = lower(&expr, &schema, CaseMode::Native).map_err(|e| e.to_string())?;
        dsl::print(&simplify(lowered.expr), &Limits::default()).map_err(|e| e.to_string())
    };
    printed().unwrap_or_else(|reason| {
        tracing::warn!(reason, "a query is not understood well enough to leave letter case out: it goes to the cluster as it stands");
        filter
    })
}

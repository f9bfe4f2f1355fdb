//! Rule files as Praeco reads them: their options, name and query.

use sigmalert_query::lang::{Limits, dsl, lucene};
use sigmalert_query::{FieldInfo, FieldType, Schema};
use sigmalert_sigma::yaml::{self, Dialect, Value};

/// The options of a rule file, as Praeco reads it.
pub(in crate::serve) fn options(text: &str) -> Result<Vec<(String, Value)>, String> {
    let nodes =
        yaml::parse_as(text, &yaml::Limits::default(), Dialect::Yaml12).map_err(|e| format!("is not valid YAML: {}: {e}", e.pos))?;
    match nodes.as_slice() {
        [one] => match one.to_value() {
            Value::Map(m) => Ok(m),
            _ => Err("is not a mapping of options".into()),
        },
        _ => Err("is not a single YAML document".into()),
    }
}

pub(in crate::serve) fn get<'v>(options: &'v [(String, Value)], key: &str) -> Option<&'v Value> {
    options.iter().find(|(k, _)| k == key).map(|(_, v)| v)
}

pub(in crate::serve) fn set(options: &mut Vec<(String, Value)>, key: &str, value: Value) {
    match options.iter_mut().find(|(k, _)| k == key) {
        Some((_, v)) => *v = value,
        None => options.push((key.to_owned(), value)),
    }
}

fn wrapped(query: &str) -> Value {
    let map = |k: &str, v: Value| Value::Map(vec![(k.to_owned(), v)]);
    map("query", map("query_string", map("query", query.into())))
}

/// The query of a filter that Praeco reads.
pub(in crate::serve) fn query_of(filter: &Value) -> Option<&str> {
    filter.get("query")?.get("query_string")?.get("query")?.as_str()
}

/// The query of a filter without the wrapping, which ElastAlert takes, too.
pub(in crate::serve) fn bare_query_of(filter: &Value) -> Option<&str> {
    filter.get("query_string")?.get("query")?.as_str()
}

/// A filter in the one shape that Praeco reads a query from, where it can be brought to that.
pub(in crate::serve) fn readable(filter: &Value) -> Option<Value> {
    if query_of(filter).is_some() {
        return None;
    }
    if let Some(query) = bare_query_of(filter) {
        return Some(wrapped(query));
    }
    // Types do not matter for the text that comes out.
    let schema = Schema::new(FieldInfo::of(FieldType::Keyword));
    let json = serde_json::Value::from(filter.clone());
    let body = json.get("query").filter(|_| json.as_object().is_some_and(|o| o.len() == 1)).cloned().unwrap_or(json);
    let expr = dsl::parse(&body, &schema).ok()?;
    lucene::print(&expr, &Limits::default()).ok().map(|q| wrapped(&q))
}

/// The name of a rule.
pub(in crate::serve) fn name_of(text: &str) -> Option<String> {
    get(&options(text).ok()?, "name").and_then(Value::as_str).map(str::to_owned)
}

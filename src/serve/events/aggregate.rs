//! Aggregations over events: those that pages ask for, in Elasticsearch's shapes.

use super::search::{bound, stamp};
use super::{Event, Events};
use crate::rule::typed::MetricType;
use crate::runtime::{lookup, measure};
use crate::serve::error::ApiError;
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// As many buckets as Elasticsearch makes.
const MAX_BUCKETS: i64 = 65_536;

/// An event with the values of the fields that are asked for.
struct Row {
    at: i64,
    values: Vec<Vec<Value>>,
}

/// What all levels share.
struct Asked {
    fields: Vec<String>,
    now: Timestamp,
    shift: SignedDuration,
}

fn refused(m: impl Into<String>) -> ApiError {
    ApiError::bad("searchRefused", m)
}

impl Events {
    /// Aggregations of events.
    pub(super) fn aggregate(
        &self,
        aggs: &Map<String, Value>,
        found: &[&Event],
        now: Timestamp,
        shift: SignedDuration,
    ) -> Result<Value, ApiError> {
        let mut fields = Vec::new();
        of_all(aggs, &mut fields);
        let rows: Vec<Row> = found
            .iter()
            .map(|e| {
                let doc = if fields.is_empty() { Map::new() } else { self.document(e) };
                let values = |f: &String| match lookup(&doc, f).map(std::borrow::Cow::into_owned) {
                    Some(Value::Array(items)) => items.into_iter().filter(|v| !v.is_null() && !v.is_object()).collect(),
                    None | Some(Value::Null | Value::Object(_)) => Vec::new(),
                    Some(v) => vec![v],
                };
                Row { at: e.at.as_millisecond(), values: fields.iter().map(values).collect() }
            })
            .collect();
        Asked { fields, now, shift }.all(aggs, &rows.iter().collect::<Vec<_>>())
    }
}

/// The fields that aggregations name, but for those of time, whose values are known without the document.
fn of_all(aggs: &Map<String, Value>, out: &mut Vec<String>) {
    for (key, value) in aggs.values().filter_map(Value::as_object).flatten() {
        match (key.as_str(), value) {
            ("aggs" | "aggregations", Value::Object(own)) => of_all(own, out),
            ("date_histogram", _) => {}
            _ => named(value, out),
        }
    }
}

/// The fields that the options of an aggregation name.
fn named(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(m) => {
            for (k, v) in m {
                match v.as_str().filter(|_| k == "field") {
                    Some(f) if !out.iter().any(|o| o == f) => out.push(f.to_owned()),
                    Some(_) => {}
                    None => named(v, out),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|i| named(i, out)),
        _ => {}
    }
}

impl Asked {
    fn all(&self, aggs: &Map<String, Value>, rows: &[&Row]) -> Result<Value, ApiError> {
        let mut out = Map::new();
        for (name, agg) in aggs {
            let agg = agg.as_object().ok_or_else(|| refused(format!("the aggregation {name} is no object")))?;
            let own = agg.get("aggs").or_else(|| agg.get("aggregations")).and_then(Value::as_object);
            let kind = agg.iter().find(|(k, _)| !matches!(k.as_str(), "aggs" | "aggregations" | "meta"));
            let (kind, spec) = kind.ok_or_else(|| refused(format!("the aggregation {name} has no kind")))?;
            out.insert(name.clone(), self.one(kind, spec, own, rows)?);
        }
        Ok(Value::Object(out))
    }

    fn one(&self, kind: &str, spec: &Value, own: Option<&Map<String, Value>>, rows: &[&Row]) -> Result<Value, ApiError> {
        let metric = match kind {
            "date_histogram" => return self.histogram(spec, own, rows),
            "terms" => return self.terms(spec, own, rows),
            "composite" => return self.composite(spec, own, rows),
            "avg" => MetricType::Avg,
            "sum" => MetricType::Sum,
            "min" => MetricType::Min,
            "max" => MetricType::Max,
            "cardinality" => MetricType::Cardinality,
            "value_count" => MetricType::ValueCount,
            other => return Err(refused(format!("the aggregation `{other}` is carried out by a cluster only"))),
        };
        let at = self.place(spec)?;
        let values: Vec<Value> = rows.iter().flat_map(|r| r.values[at].iter().cloned()).collect();
        Ok(json!({"value": measure(metric, &values)}))
    }

    /// Which of the fields an aggregation is of.
    fn place(&self, spec: &Value) -> Result<usize, ApiError> {
        let field = spec["field"].as_str().ok_or_else(|| refused("an aggregation names no field"))?;
        self.fields.iter().position(|f| f == field).ok_or_else(|| refused(format!("no field {field}")))
    }

    fn bucket(&self, key: Value, own: Option<&Map<String, Value>>, rows: &[&Row]) -> Result<Value, ApiError> {
        let mut bucket = own.map_or_else(|| Ok(json!({})), |own| self.all(own, rows))?;
        bucket["key"] = key;
        bucket["doc_count"] = rows.len().into();
        Ok(bucket)
    }

    fn histogram(&self, spec: &Value, own: Option<&Map<String, Value>>, rows: &[&Row]) -> Result<Value, ApiError> {
        let interval = ["fixed_interval", "calendar_interval", "interval"].iter().find_map(|k| spec[*k].as_str());
        let step = interval.and_then(milliseconds).ok_or_else(|| refused("a date_histogram has no interval such as 1m, 12h or 7d"))?;
        let mut buckets: BTreeMap<i64, Vec<&Row>> = BTreeMap::new();
        for r in rows {
            buckets.entry(r.at.div_euclid(step) * step).or_default().push(r);
        }
        if spec["min_doc_count"].as_u64().unwrap_or(0) == 0 {
            let end = |key: &str| {
                let at = bound(&spec["extended_bounds"][key], self.now)?;
                at.checked_sub(self.shift).ok().map(|t| t.as_millisecond().div_euclid(step) * step)
            };
            let first = [end("min"), buckets.first_key_value().map(|b| *b.0)].into_iter().flatten().min();
            let last = [end("max"), buckets.last_key_value().map(|b| *b.0)].into_iter().flatten().max();
            if let (Some(first), Some(last)) = (first, last) {
                if (last - first) / step >= MAX_BUCKETS {
                    return Err(refused(format!("the date_histogram would have more than {MAX_BUCKETS} buckets")));
                }
                let mut at = first;
                while at <= last {
                    buckets.entry(at).or_default();
                    at += step;
                }
            }
        }
        let mut out = Vec::new();
        for (at, rows) in buckets {
            let mut bucket = self.bucket(at.into(), own, &rows)?;
            bucket["key_as_string"] = stamp(at).into();
            out.push(bucket);
        }
        Ok(json!({"buckets": out}))
    }

    fn terms(&self, spec: &Value, own: Option<&Map<String, Value>>, rows: &[&Row]) -> Result<Value, ApiError> {
        let at = self.place(spec)?;
        let size = usize::try_from(spec["size"].as_u64().unwrap_or(10)).unwrap_or(usize::MAX);
        let mut groups: IndexMap<String, (Value, Vec<&Row>)> = IndexMap::new();
        for r in rows {
            for v in &r.values[at] {
                groups.entry(v.to_string()).or_insert_with(|| (v.clone(), Vec::new())).1.push(r);
            }
        }
        let mut groups: Vec<(String, (Value, Vec<&Row>))> = groups.into_iter().collect();
        // The most first, and by name among equals.
        groups.sort_by(|a, b| b.1.1.len().cmp(&a.1.1.len()).then_with(|| a.0.cmp(&b.0)));
        let other: usize = groups.iter().skip(size).map(|g| g.1.1.len()).sum();
        let mut buckets = Vec::new();
        for (_, (key, rows)) in groups.into_iter().take(size) {
            buckets.push(self.bucket(key, own, &rows)?);
        }
        Ok(json!({"doc_count_error_upper_bound": 0, "sum_other_doc_count": other, "buckets": buckets}))
    }

    fn composite(&self, spec: &Value, own: Option<&Map<String, Value>>, rows: &[&Row]) -> Result<Value, ApiError> {
        let mut sources = Vec::new();
        for source in spec["sources"].as_array().into_iter().flatten() {
            let (name, how) =
                source.as_object().and_then(|o| o.iter().next()).ok_or_else(|| refused("a source of composite has no name"))?;
            sources.push((name.clone(), self.place(&how["terms"])?));
        }
        let size = usize::try_from(spec["size"].as_u64().unwrap_or(10)).unwrap_or(usize::MAX);
        let mut groups: BTreeMap<Vec<String>, (Value, Vec<&Row>)> = BTreeMap::new();
        for r in rows {
            // Events without one of the fields are in no bucket.
            let mut keys: Vec<Vec<&Value>> = vec![Vec::new()];
            for (_, at) in &sources {
                keys = keys.iter().flat_map(|k| r.values[*at].iter().map(move |v| k.iter().copied().chain([v]).collect())).collect();
            }
            for key in keys {
                let name = key.iter().map(ToString::to_string).collect();
                let object = || sources.iter().zip(&key).map(|((n, _), v)| (n.clone(), (*v).clone())).collect::<Map<_, _>>();
                groups.entry(name).or_insert_with(|| (Value::Object(object()), Vec::new())).1.push(r);
            }
        }
        let mut buckets = Vec::new();
        for (key, rows) in groups.into_values().take(size) {
            buckets.push(self.bucket(key, own, &rows)?);
        }
        Ok(json!({"buckets": buckets}))
    }
}

/// A span such as `15m`, or a calendar's such as `day`.
fn milliseconds(text: &str) -> Option<i64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let n: i64 = if digits == 0 { 1 } else { text[..digits].parse().ok()? };
    let unit = match &text[digits..] {
        "ms" => 1,
        "s" | "second" => 1_000,
        "m" | "minute" => 60_000,
        "h" | "hour" => 3_600_000,
        "d" | "day" => 86_400_000,
        "w" | "week" => 604_800_000,
        _ => return None,
    };
    n.checked_mul(unit).filter(|m| *m > 0)
}

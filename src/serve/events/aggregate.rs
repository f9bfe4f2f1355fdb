//! Aggregations over events: those that pages ask for, in Elasticsearch's shapes.
//!
//! What an answer costs is counted before it is made: buckets as Elasticsearch counts them, and the values that are looked at.

use super::columns::{Columns, refused};
use super::search::stamp;
use super::{Event, Events};
use crate::serve::error::ApiError;
use crate::serve::searches::{MAX_BUCKETS, bound, milliseconds};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sigmalert_elastalert::rule_type::MetricType;
use sigmalert_runtime::measure;
use std::cell::Cell;
use std::collections::BTreeMap;

/// How often an event may be put into a bucket of one aggregation, for each event and beside that: it may have several values.
const PLACED: usize = 4;
const PLACED_MORE: usize = 1_000_000;
/// How much a whole search may look at.
const MAX_WORK: usize = 200_000_000;

/// Events by their place in [`Columns`].
type Rows = Vec<u32>;

/// What all levels share.
struct AggregationContext {
    columns: Columns,
    times: Vec<i64>,
    now: Timestamp,
    shift: SignedDuration,
    buckets: Cell<usize>,
    work: Cell<usize>,
}

fn too_many(m: impl Into<String>) -> ApiError {
    ApiError::bad("too_many_buckets", m)
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
        let mut columns = Columns::new(fields, found.len())?;
        if !columns.is_empty() {
            for e in found {
                columns.add(&self.document(e))?;
            }
        }
        let rows = (0..).take(found.len()).collect::<Rows>();
        let times = found.iter().map(|e| e.at.as_millisecond()).collect();
        AggregationContext { columns, times, now, shift, buckets: Cell::new(0), work: Cell::new(0) }.all(aggs, &rows)
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

/// Events in buckets of one aggregation.
struct Placing<'a> {
    asked: &'a AggregationContext,
    left: usize,
}

impl Placing<'_> {
    /// Counts an event that is put into a bucket, before it is.
    fn place(&mut self, new: bool) -> Result<(), ApiError> {
        if new {
            self.asked.open(1)?;
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            too_many("the events have too many values for this aggregation: request fewer fields or a shorter time range")
        })?;
        Ok(())
    }
}

impl AggregationContext {
    /// Counts buckets before they are made.
    fn open(&self, n: usize) -> Result<(), ApiError> {
        let all = self.buckets.get().saturating_add(n);
        if all > MAX_BUCKETS {
            return Err(too_many(format!(
                "the aggregations would create more than {MAX_BUCKETS} buckets: use longer intervals or fewer fields"
            )));
        }
        self.buckets.set(all);
        Ok(())
    }

    /// Buckets that are not part of the answer are not counted in it.
    fn close(&self, n: usize) {
        self.buckets.set(self.buckets.get().saturating_sub(n));
    }

    fn work(&self, n: usize) -> Result<(), ApiError> {
        let all = self.work.get().saturating_add(n);
        if all > MAX_WORK {
            return Err(too_many("the aggregations read too many values: request fewer aggregations or a shorter time range"));
        }
        self.work.set(all);
        Ok(())
    }

    fn placing(&self, rows: &[u32]) -> Placing<'_> {
        Placing { asked: self, left: rows.len().saturating_mul(PLACED).saturating_add(PLACED_MORE) }
    }

    fn all(&self, aggs: &Map<String, Value>, rows: &[u32]) -> Result<Value, ApiError> {
        let mut out = Map::new();
        for (name, agg) in aggs {
            let agg = agg.as_object().ok_or_else(|| refused(format!("the aggregation {name} must be an object")))?;
            let own = agg.get("aggs").or_else(|| agg.get("aggregations")).and_then(Value::as_object);
            let kind = agg.iter().find(|(k, _)| !matches!(k.as_str(), "aggs" | "aggregations" | "meta"));
            let (kind, spec) = kind.ok_or_else(|| refused(format!("the aggregation {name} has no type")))?;
            self.work(rows.len().max(1))?;
            out.insert(name.clone(), self.one(kind, spec, own, rows)?);
        }
        Ok(Value::Object(out))
    }

    fn one(&self, kind: &str, spec: &Value, own: Option<&Map<String, Value>>, rows: &[u32]) -> Result<Value, ApiError> {
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
            other => return Err(refused(format!("the aggregation `{other}` is supported only with a cluster"))),
        };
        let column = self.column(spec)?;
        let mut left = rows.len().saturating_mul(PLACED).saturating_add(PLACED_MORE);
        let mut values = Vec::new();
        for r in rows {
            let own = self.columns.of(column, *r);
            left = left.checked_sub(own.len()).ok_or_else(|| too_many("the events have too many values for this aggregation"))?;
            self.work(own.len())?;
            values.extend(own.iter().map(|id| self.columns.value(column, *id).clone()));
        }
        Ok(json!({"value": measure(metric, &values)}))
    }

    /// Which of the fields an aggregation is of.
    fn column(&self, spec: &Value) -> Result<usize, ApiError> {
        let field = spec["field"].as_str().ok_or_else(|| refused("an aggregation has no `field`"))?;
        self.columns.place(field).ok_or_else(|| refused(format!("unknown field {field}")))
    }

    fn bucket(&self, key: Value, own: Option<&Map<String, Value>>, rows: &[u32]) -> Result<Value, ApiError> {
        let mut bucket = own.map_or_else(|| Ok(json!({})), |own| self.all(own, rows))?;
        bucket["key"] = key;
        bucket["doc_count"] = rows.len().into();
        Ok(bucket)
    }

    fn histogram(&self, spec: &Value, own: Option<&Map<String, Value>>, rows: &[u32]) -> Result<Value, ApiError> {
        let interval = ["fixed_interval", "calendar_interval", "interval"].iter().find_map(|k| spec[*k].as_str());
        let step = interval.and_then(milliseconds).ok_or_else(|| refused("a date_histogram needs an interval such as 1m, 12h or 7d"))?;
        let mut buckets: BTreeMap<i64, Rows> = BTreeMap::new();
        let least = spec["min_doc_count"].as_u64().unwrap_or(0);
        let mut placing = self.placing(rows);
        for r in rows {
            let at = self.times[*r as usize].div_euclid(step).saturating_mul(step);
            placing.place(!buckets.contains_key(&at))?;
            buckets.entry(at).or_default().push(*r);
        }
        if least == 0 {
            self.fill(&mut buckets, spec, step)?;
        }
        let all = buckets.len();
        buckets.retain(|_, rows| rows.len() as u64 >= least);
        self.close(all - buckets.len());
        let mut out = Vec::new();
        for (at, rows) in buckets {
            let mut bucket = self.bucket(at.into(), own, &rows)?;
            bucket["key_as_string"] = stamp(at).into();
            out.push(bucket);
        }
        Ok(json!({"buckets": out}))
    }

    /// Makes the buckets that have no event: between those that have, and up to the bounds.
    fn fill(&self, buckets: &mut BTreeMap<i64, Rows>, spec: &Value, step: i64) -> Result<(), ApiError> {
        let end = |bounds: &str, key: &str| {
            let at = bound(&spec[bounds][key], self.now)?;
            at.checked_sub(self.shift).ok().map(|t| t.as_millisecond().div_euclid(step).saturating_mul(step))
        };
        let known = |b: &BTreeMap<i64, Rows>| (b.keys().next().copied(), b.keys().next_back().copied());
        let (low, high) = known(buckets);
        let first = [end("extended_bounds", "min"), low].into_iter().flatten().min();
        let last = [end("extended_bounds", "max"), high].into_iter().flatten().max();
        let (Some(first), Some(last)) = (first, last) else { return Ok(()) };
        let first = first.max(end("hard_bounds", "min").unwrap_or(i64::MIN));
        let last = last.min(end("hard_bounds", "max").unwrap_or(i64::MAX));
        if first > last {
            return Ok(());
        }
        let between = i128::from(last) - i128::from(first);
        let wanted = usize::try_from(between / i128::from(step) + 1).unwrap_or(usize::MAX);
        self.open(wanted.saturating_sub(buckets.range(first..=last).count()))?;
        let mut at = first;
        while at <= last {
            buckets.entry(at).or_default();
            let Some(next) = at.checked_add(step) else { break };
            at = next;
        }
        Ok(())
    }

    fn terms(&self, spec: &Value, own: Option<&Map<String, Value>>, rows: &[u32]) -> Result<Value, ApiError> {
        let column = self.column(spec)?;
        let size = usize::try_from(spec["size"].as_u64().unwrap_or(10)).unwrap_or(usize::MAX);
        let mut groups: IndexMap<u32, Rows> = IndexMap::new();
        // Only those that are shown are buckets; how many others there are is bounded by the values that are looked at.
        let mut placing = self.placing(rows);
        for r in rows {
            let ids = self.columns.of(column, *r);
            self.work(ids.len())?;
            for id in ids {
                placing.place(false)?;
                let group = groups.entry(*id).or_default();
                // A value that an event has twice is one of it.
                if group.last() != Some(r) {
                    group.push(*r);
                }
            }
        }
        let mut groups: Vec<(u32, Rows)> = groups.into_iter().collect();
        // The most first, and by name among equals.
        groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| self.columns.name(column, a.0).cmp(self.columns.name(column, b.0))));
        let other: usize = groups.iter().skip(size).map(|g| g.1.len()).sum();
        groups.truncate(size);
        self.open(groups.len())?;
        let mut buckets = Vec::new();
        for (id, rows) in groups {
            buckets.push(self.bucket(self.columns.value(column, id).clone(), own, &rows)?);
        }
        Ok(json!({"doc_count_error_upper_bound": 0, "sum_other_doc_count": other, "buckets": buckets}))
    }

    fn composite(&self, spec: &Value, own: Option<&Map<String, Value>>, rows: &[u32]) -> Result<Value, ApiError> {
        let mut sources: Vec<(&String, usize)> = Vec::new();
        for source in spec["sources"].as_array().into_iter().flatten() {
            let (name, how) = source.as_object().and_then(|o| o.iter().next()).ok_or_else(|| refused("a composite source has no name"))?;
            sources.push((name, self.column(&how["terms"])?));
        }
        let size = usize::try_from(spec["size"].as_u64().unwrap_or(10)).unwrap_or(usize::MAX);
        let mut groups: BTreeMap<Vec<&str>, (Vec<u32>, Rows)> = BTreeMap::new();
        let mut placing = self.placing(rows);
        for r in rows {
            let values: Vec<&[u32]> = sources.iter().map(|(_, c)| self.columns.of(*c, *r)).collect();
            // Events without one of the fields are in no bucket. The combinations of the others are counted before they are made.
            let combined = values.iter().fold(1_usize, |n, v| n.saturating_mul(v.len()));
            self.work(combined)?;
            for i in 0..combined {
                let (mut rest, mut ids) = (i, Vec::with_capacity(values.len()));
                for v in values.iter().rev() {
                    ids.push(v[rest % v.len()]);
                    rest /= v.len();
                }
                ids.reverse();
                let key: Vec<&str> = sources.iter().zip(&ids).map(|((_, c), id)| self.columns.name(*c, *id)).collect();
                placing.place(false)?;
                let full = groups.len() >= MAX_BUCKETS && !groups.contains_key(&key);
                if full {
                    return Err(too_many(format!("the composite would create more than {MAX_BUCKETS} buckets: use fewer fields")));
                }
                let group = groups.entry(key).or_insert_with(|| (ids, Vec::new()));
                if group.1.last() != Some(r) {
                    group.1.push(*r);
                }
            }
        }
        self.open(groups.len().min(size))?;
        let mut buckets = Vec::new();
        for (ids, rows) in groups.into_values().take(size) {
            let key: Map<String, Value> =
                sources.iter().zip(ids).map(|((name, c), id)| ((*name).clone(), self.columns.value(*c, id).clone())).collect();
            buckets.push(self.bucket(Value::Object(key), own, &rows)?);
        }
        Ok(json!({"buckets": buckets}))
    }
}

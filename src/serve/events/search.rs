//! A search as Elasticsearch takes it: the query, spans of time, order, a page of hits, aggregations.

use super::{Event, Events};
use crate::serve::error::ApiError;
use crate::serve::searches::bound;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sigmalert_elastalert::filter::expression;
use sigmalert_matcher::events::TIME_FIELDS;
use sigmalert_matcher::{Matcher, Scratch};
use sigmalert_query::{Expr, simplify};
use sigmalert_runtime::{iso, lookup, parse_time, time_of};
use std::cmp::Ordering;

/// How much text the hits of one answer may have.
const MAX_PAGE: usize = 32 << 20;

/// A span of time, by a field. Both ends belong to it unless they are left out.
#[derive(Debug, Clone)]
struct Span {
    field: String,
    from: Option<(Timestamp, bool)>,
    to: Option<(Timestamp, bool)>,
}

impl Span {
    fn holds(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|(f, with)| at > f || (with && at == f)) && self.to.is_none_or(|(t, with)| at < t || (with && at == t))
    }
}

impl Events {
    /// What matches within spans of time. Those that begin after the last event are moved back, so that they end with the last that
    /// matches; how far.
    fn within(&self, spans: &mut [Span], expr: &Expr, now: Timestamp) -> (Vec<&Event>, SignedDuration) {
        let late = |s: &&Span| TIME_FIELDS.contains(&s.field.as_str()) && s.from.is_some_and(|f| f.0 > self.newest());
        let Some(late) = spans.iter().find(late) else { return (self.found(spans, expr), SignedDuration::ZERO) };
        let end = late.to.map_or(now, |t| t.0).max(late.from.map_or(now, |f| f.0));
        let all = self.found(&[], expr);
        let shift = end.duration_since(all.last().map_or(self.newest(), |e| e.at));
        for (end, _) in spans.iter_mut().flat_map(|s| [&mut s.from, &mut s.to]).flatten() {
            *end = end.checked_sub(shift).unwrap_or(Timestamp::MIN);
        }
        (all.into_iter().filter(|e| self.holds(spans.iter(), e)).collect(), shift)
    }

    /// Whether an event lies within spans.
    fn holds<'s>(&self, mut spans: impl Iterator<Item = &'s Span>, event: &Event) -> bool {
        let mut doc = None;
        spans.all(|s| {
            if TIME_FIELDS.contains(&s.field.as_str()) {
                return s.holds(event.at);
            }
            let doc = doc.get_or_insert_with(|| self.document(event));
            lookup(doc, &s.field).and_then(|v| time_of(&v)).is_some_and(|at| s.holds(at))
        })
    }

    /// A search. Hits are counted as a plain number.
    pub fn search(&self, body: &Value) -> Result<Value, ApiError> {
        let now = Timestamp::now();
        let refused = |m: String| ApiError::bad("searchRefused", m);
        let (mut spans, mut filters) = (Vec::new(), Vec::new());
        read(body.get("query").unwrap_or(&Value::Null), now, &mut spans, &mut filters);
        let exprs =
            filters.iter().map(|f| expression(f, &self.schema)).collect::<Result<Vec<_>, _>>().map_err(|e| refused(e.to_string()))?;
        let expr = simplify(Expr::And(exprs));
        let (found, shift) = self.within(&mut spans, &expr, now);
        let number = |key: &str, default: u64| body.get(key).and_then(Value::as_u64).unwrap_or(default);
        let (from, size) = (number("from", 0), number("size", 10));
        let page = self.page(&found, body.get("sort"), usize::try_from(from).unwrap_or(0), usize::try_from(size).unwrap_or(0));
        if page.iter().map(|e| e.text.len()).sum::<usize>() > MAX_PAGE {
            return Err(refused(format!("the hits are larger than {} MiB: request fewer with `size`", MAX_PAGE >> 20)));
        }
        let page: Vec<Value> = page.into_iter().map(|e| self.hit(e)).collect();
        let mut answer = json!({
            "took": 0, "timed_out": false, "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
            "hits": {"total": found.len(), "max_score": null, "hits": page},
        });
        if let Some(aggs) = body.get("aggs").or_else(|| body.get("aggregations")).and_then(Value::as_object) {
            answer["aggregations"] = self.aggregate(aggs, &found, now, shift)?;
        }
        Ok(answer)
    }

    /// The events that match, by time.
    fn found(&self, spans: &[Span], expr: &Expr) -> Vec<&Event> {
        let (mut first, mut last) = (0, self.events.len());
        let (own, other): (Vec<&Span>, Vec<&Span>) = spans.iter().partition(|s| TIME_FIELDS.contains(&s.field.as_str()));
        for s in own {
            if let Some((f, with)) = s.from {
                first = first.max(self.events.partition_point(|e| e.at < f || (!with && e.at == f)));
            }
            if let Some((t, with)) = s.to {
                last = last.min(self.events.partition_point(|e| e.at < t || (with && e.at == t)));
            }
        }
        let matcher = Matcher::new([expr], None);
        let mut scratch = Scratch::default();
        let matches =
            |e: &&Event| matcher.matches(self.text(e), &mut scratch).is_ok_and(|f| !f.is_empty()) && self.holds(other.iter().copied(), e);
        self.events.get(first..last).unwrap_or_default().iter().filter(matches).collect()
    }

    fn hit(&self, e: &Event) -> Value {
        json!({
            "_index": self.index, "_id": format!("{}:{}", self.source(e), e.position), "_score": null,
            "_source": self.document(e), "sort": [e.at.as_millisecond()],
        })
    }

    fn page<'e>(&self, found: &[&'e Event], sort: Option<&Value>, from: usize, size: usize) -> Vec<&'e Event> {
        match order(sort) {
            None => found.iter().skip(from).take(size).copied().collect(),
            Some((field, true)) if TIME_FIELDS.contains(&field.as_str()) => found.iter().rev().skip(from).take(size).copied().collect(),
            Some((field, _)) if TIME_FIELDS.contains(&field.as_str()) => found.iter().skip(from).take(size).copied().collect(),
            Some((field, descending)) => {
                let mut keyed: Vec<(Option<Value>, &Event)> =
                    found.iter().map(|e| (lookup(&self.document(e), &field).map(std::borrow::Cow::into_owned), *e)).collect();
                // Those without the field come last in either order.
                keyed.sort_by(|(a, _), (b, _)| match (a, b) {
                    (Some(a), Some(b)) if descending => compare(b, a),
                    (Some(a), Some(b)) => compare(a, b),
                    (a, b) => b.is_some().cmp(&a.is_some()),
                });
                keyed.into_iter().skip(from).take(size).map(|(_, e)| e).collect()
            }
        }
    }
}

/// Takes spans of time out of a query; what is left are filters that all hold.
fn read(query: &Value, now: Timestamp, spans: &mut Vec<Span>, filters: &mut Vec<Value>) {
    let Some(object) = query.as_object().filter(|o| !o.is_empty()) else { return };
    if object.len() == 1
        && let Some(range) = object.get("range").and_then(Value::as_object)
        && let Some(span) = span(range, now)
    {
        spans.push(span);
        return;
    }
    let Some(b) = object.get("bool").and_then(Value::as_object).filter(|_| object.len() == 1) else {
        filters.push(query.clone());
        return;
    };
    let mut rest: Map<String, Value> = b.clone();
    for clause in ["must", "filter"] {
        match rest.remove(clause) {
            Some(Value::Array(items)) => items.iter().for_each(|i| read(i, now, spans, filters)),
            Some(one) => read(&one, now, spans, filters),
            None => {}
        }
    }
    if !rest.is_empty() {
        // With clauses that must hold, those that should are only for the score.
        if b.len() > rest.len() && !rest.contains_key("minimum_should_match") {
            rest.remove("should");
        }
        if !rest.is_empty() {
            filters.push(json!({"bool": rest}));
        }
    }
}

/// A range of a field, where it is one of time.
fn span(range: &Map<String, Value>, now: Timestamp) -> Option<Span> {
    let (field, ends) = range.iter().next()?;
    let ends = ends.as_object()?;
    let dated = |v: &Value| v.as_str().is_some_and(|s| s.starts_with("now") || (s.len() >= 10 && parse_time(s).is_ok()));
    let keys = ["gte", "gt", "lte", "lt"];
    let is_time = TIME_FIELDS.contains(&field.as_str()) || ends.iter().any(|(k, v)| keys.contains(&k.as_str()) && dated(v));
    if !is_time {
        return None;
    }
    let end = |with: &str, without: &str| -> Option<Option<(Timestamp, bool)>> {
        match (ends.get(with), ends.get(without)) {
            (Some(v), _) => bound(v, now).map(|t| Some((t, true))),
            (None, Some(v)) => bound(v, now).map(|t| Some((t, false))),
            (None, None) => Some(None),
        }
    };
    Some(Span { field: field.clone(), from: end("gte", "gt")?, to: end("lte", "lt")? })
}

/// The first field that hits are ordered by; whether the largest comes first.
fn order(sort: Option<&Value>) -> Option<(String, bool)> {
    let first = match sort? {
        Value::Array(items) => items.first()?,
        one => one,
    };
    match first {
        Value::String(field) => Some((field.clone(), false)),
        Value::Object(o) => {
            let (field, how) = o.iter().next()?;
            let order = how.get("order").unwrap_or(how).as_str().unwrap_or("asc");
            Some((field.clone(), order == "desc"))
        }
        _ => None,
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.as_f64(), b.as_f64(), a.as_str(), b.as_str()) {
        (Some(a), Some(b), ..) => a.total_cmp(&b),
        (.., Some(a), Some(b)) => a.cmp(b),
        _ => a.to_string().cmp(&b.to_string()),
    }
}

/// A time as Elasticsearch writes it into buckets.
pub(super) fn stamp(ms: i64) -> String {
    let text = iso(Timestamp::from_millisecond(ms).unwrap_or_default());
    // With milliseconds always.
    if text.contains('.') { text } else { text.replace('Z', ".000Z") }
}

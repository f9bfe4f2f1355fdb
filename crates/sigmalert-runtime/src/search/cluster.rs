//! Searches on a cluster: those that fall due together in one `_msearch`, further pages by scroll.

use super::client::{Client, reason};
use super::failure::Failure;
use super::hits::events;
use super::indices::indices;
use super::lines::write_line;
use super::{Answer, Request, Search, body};
use crate::rule::{Pipe, QueryMode, RunRule};
use crate::rule_types::Event;
use crate::time::before;
use crate::url::in_path;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// How many searches go in one request.
const BATCH: usize = 64;
/// How many distinct values come in one answer.
const VALUES: usize = 10_000;

/// A cluster, as rules see it.
#[derive(Debug)]
pub struct Cluster {
    client: Arc<Client>,
}

impl Cluster {
    pub fn new(client: Arc<Client>) -> Self {
        Self { client }
    }

    fn pattern<'r>(request: &Request<'r>) -> (&'r str, &'r [Value]) {
        let rule = request.rule;
        match request.leaf.and_then(|leaf| rule.members.get(leaf)) {
            Some((index, filters)) => (index, filters),
            None => (&rule.rule.index, &rule.filters),
        }
    }

    /// A search in EQL or ES|QL, which takes no part in `_msearch`.
    fn pipe(&self, request: &Request<'_>, kind: Pipe, text: &str) -> Result<Answer, Failure> {
        let rule = request.rule;
        let range = json!({"range": {&rule.rule.timestamp.field: {
            "gt": rule.form.to_query(request.start), "lte": rule.form.to_query(request.end),
        }}});
        let must: Vec<Value> = std::iter::once(range).chain(rule.filters.iter().cloned()).collect();
        let filter = json!({"bool": {"must": must}});
        if kind == Pipe::Eql {
            let index = in_path(&indices(rule, &rule.rule.index, request.start, request.end));
            let path = format!("{index}/_eql/search?ignore_unavailable=true");
            let asked = json!({"query": text, "filter": filter, "size": body::page_size(rule)});
            let mut answer = self.client.call("POST", &path, Some(&asked))?;
            let mut hits = answer.get_mut("hits").map(Value::take).unwrap_or_default();
            let found = match hits.get_mut("sequences").map(Value::take) {
                // Of a sequence every event is one.
                Some(Value::Array(sequences)) => {
                    let all: Vec<Value> = sequences
                        .into_iter()
                        .filter_map(|mut s| s.get_mut("events").map(Value::take))
                        .flat_map(|e| if let Value::Array(e) = e { e } else { vec![] })
                        .collect();
                    Value::Array(all)
                }
                _ => hits.get_mut("events").map(Value::take).unwrap_or_default(),
            };
            let events = events(rule, &mut json!({"hits": found}));
            return Ok(Answer::Hits { total: events.len() as u64, events, more: false });
        }
        let answer = self.client.call("POST", "_query?format=json", Some(&json!({"query": text, "filter": filter})))?;
        let columns: Vec<String> = answer
            .get("columns")
            .and_then(Value::as_array)
            .map(|c| c.iter().filter_map(|c| c.get("name").and_then(Value::as_str).map(str::to_owned)).collect())
            .unwrap_or_default();
        let rows = answer.get("values").and_then(Value::as_array).cloned().unwrap_or_default();
        let hits: Vec<Value> = rows
            .into_iter()
            .filter_map(|row| {
                let Value::Array(values) = row else { return None };
                let source: serde_json::Map<String, Value> = columns.iter().cloned().zip(values).collect();
                let id = source.get("_id").and_then(Value::as_str).map(str::to_owned);
                // A row that is no document is known by what it says.
                let id = id.unwrap_or_else(|| {
                    let sorted: std::collections::BTreeMap<_, _> = source.iter().collect();
                    sigmalert_support::hex::hex(&Sha256::digest(json!(sorted).to_string()))
                });
                Some(json!({"_id": id, "_source": source}))
            })
            .collect();
        let events = events(rule, &mut json!({"hits": hits}));
        Ok(Answer::Hits { total: events.len() as u64, events, more: false })
    }

    /// QueryMode several searches in one request. The cluster refuses the whole of it when it cannot read one of them: such a request is
    /// halved until the one at fault stands alone, so that the others have their answers. That takes less than two requests
    /// for each search.
    fn together(&self, requests: &[Request<'_>], chunk: &[usize], out: &mut [Option<Result<Answer, Failure>>]) {
        let mut lines = Vec::new();
        for at in chunk {
            let request = &requests[*at];
            let (pattern, filters) = Self::pattern(request);
            let index = indices(request.rule, pattern, request.start, request.end);
            let names: Vec<&str> = index.split(',').map(str::trim).collect();
            write_line(&mut lines, &json!({"index": names, "ignore_unavailable": true}));
            write_line(&mut lines, &body::search(request, filters));
        }
        match self.client.lines("_msearch", &lines) {
            Err(e) if e.is_of_one() && chunk.len() > 1 => {
                let (first, second) = chunk.split_at(chunk.len() / 2);
                self.together(requests, first, out);
                self.together(requests, second, out);
            }
            Err(e) => chunk.iter().for_each(|at| out[*at] = Some(Err(e.clone()))),
            Ok(mut answer) => {
                let mut answers = match answer.get_mut("responses").map(Value::take) {
                    Some(Value::Array(a)) => a.into_iter(),
                    _ => vec![].into_iter(),
                };
                for at in chunk {
                    let missing = || Err(Failure::Broken("the cluster left a search of _msearch without an answer".into()));
                    out[*at] = Some(answers.next().map_or_else(missing, |a| read(&requests[*at], a)));
                }
            }
        }
    }

    fn scroll(&self, request: &Request<'_>, each: &mut dyn FnMut(Vec<Event>)) -> Result<Timestamp, Failure> {
        let rule = request.rule;
        let (pattern, filters) = Self::pattern(request);
        let index = in_path(&indices(rule, pattern, request.start, request.end));
        let keep = rule.options.text_or("scroll_keepalive", "30s");
        let limit = rule.options.count("max_scrolling_count").unwrap_or(990);
        let path = format!("{index}/_search?ignore_unavailable=true&scroll={}", in_path(&keep));
        let mut answer = self.client.call("POST", &path, Some(&body::search(request, filters)))?;
        let mut id = None;
        let mut pages = 0;
        let done = loop {
            pages += 1;
            if let Some(next) = answer.get_mut("_scroll_id").map(Value::take) {
                id = Some(next);
            }
            if let Err(e) = whole(&answer, request.partial) {
                break Err(e);
            }
            let page = events(rule, answer.get_mut("hits").unwrap_or(&mut Value::Null));
            let Some(last) = page.last().map(|e| e.at) else { break Ok(request.end) };
            each(page);
            if limit > 0 && pages >= limit {
                tracing::warn!(rule = rule.rule.name, pages, "more pages than max_scrolling_count: the rest is read by the next run");
                // Events of that very millisecond may be on the next page.
                break Ok(before(last, Duration::from_millis(1)).max(request.start));
            }
            match self.client.call("POST", "_search/scroll", Some(&json!({"scroll": keep, "scroll_id": id}))) {
                Ok(a) => answer = a,
                Err(e) => break Err(e),
            }
        };
        if let Some(id) = id {
            // It ends by itself, too; the answer changes nothing.
            let _ = self.client.call_any("DELETE", "_search/scroll", Some(&json!({"scroll_id": [id]})));
        }
        done
    }
}

impl Search for Cluster {
    fn ask(&self, requests: &[Request<'_>]) -> Vec<Result<Answer, Failure>> {
        let mut out: Vec<Option<Result<Answer, Failure>>> = requests.iter().map(|_| None).collect();
        let mut batched = Vec::new();
        for (at, r) in requests.iter().enumerate() {
            match &r.rule.pipe {
                Some((kind, text)) => out[at] = Some(self.pipe(r, *kind, text)),
                None => batched.push(at),
            }
        }
        for chunk in batched.chunks(BATCH) {
            self.together(requests, chunk, &mut out);
        }
        out.into_iter().map(|o| o.unwrap_or_else(|| Err(Failure::Broken("a search was not asked".into())))).collect()
    }

    fn pages(&self, request: &Request<'_>, each: &mut dyn FnMut(Vec<Event>)) -> Result<Timestamp, Failure> {
        self.scroll(request, each)
    }

    fn values(
        &self,
        rule: &RunRule,
        fields: &[String],
        steps: &[(Timestamp, Timestamp)],
        each: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), Failure> {
        let postfix = rule.options.flag("use_keyword_postfix", true);
        let names: Vec<String> =
            fields.iter().map(|f| if postfix && !f.ends_with(".keyword") { format!("{f}.keyword") } else { f.clone() }).collect();
        // Values come in pages, so that no number of them is too many for the cluster.
        let asked = |start: Timestamp, end: Timestamp, after: Option<&Value>| {
            let range = json!({"range": {&rule.rule.timestamp.field: {"gte": rule.form.to_query(start), "lt": rule.form.to_query(end)}}});
            let must: Vec<Value> = std::iter::once(range).chain(rule.filters.iter().cloned()).collect();
            let sources: Vec<Value> = names.iter().enumerate().map(|(i, n)| json!({i.to_string(): {"terms": {"field": n}}})).collect();
            let mut composite = json!({"size": VALUES, "sources": sources});
            if let Some(a) = after {
                composite["after"] = a.clone();
            }
            json!({"size": 0, "query": {"bool": {"filter": {"bool": {"must": must}}}}, "aggs": {"values": {"composite": composite}}})
        };
        let mut open: Vec<(Timestamp, Timestamp, Option<Value>)> = steps.iter().map(|(s, e)| (*s, *e, None)).collect();
        while !open.is_empty() {
            let now: Vec<_> = open.drain(..open.len().min(BATCH)).collect();
            let mut lines = Vec::new();
            for (start, end, after) in &now {
                let index = indices(rule, &rule.rule.index, *start, *end);
                write_line(&mut lines, &json!({"index": index.split(',').collect::<Vec<_>>(), "ignore_unavailable": true}));
                write_line(&mut lines, &asked(*start, *end, after.as_ref()));
            }
            let answer = self.client.lines("_msearch", &lines)?;
            let answers = answer.get("responses").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            for ((start, end, _), answer) in now.into_iter().zip(answers) {
                whole(answer, false)?;
                let Some(values) = answer.get("aggregations").and_then(|a| a.get("values")) else { continue };
                for bucket in values.get("buckets").and_then(Value::as_array).into_iter().flatten() {
                    let key = |i: usize| bucket.get("key").and_then(|k| k.get(i.to_string())).cloned().unwrap_or(Value::Null);
                    each((0..names.len()).map(key).collect());
                }
                if let Some(after) = values.get("after_key") {
                    open.push((start, end, Some(after.clone())));
                }
            }
        }
        Ok(())
    }

    fn top(&self, request: &Request<'_>, field: &str, more: Vec<Value>, size: u64) -> Result<Vec<(Value, u64)>, Failure> {
        let rule = request.rule;
        let index = in_path(&indices(rule, &rule.rule.index, request.start, request.end));
        let query = body::query(request, &rule.filters, &more);
        let asked = body::terms(&query, field, size, rule.options.count("min_doc_count").unwrap_or(1));
        let answer = self.client.call("POST", &format!("{index}/_search?ignore_unavailable=true"), Some(&asked))?;
        Ok(buckets(&answer))
    }
}

fn buckets(answer: &Value) -> Vec<(Value, u64)> {
    let list = answer.get("aggregations").and_then(|a| a.get("counts")).and_then(|c| c.get("buckets")).and_then(Value::as_array);
    let bucket = |b: &Value| Some((b.get("key")?.clone(), b.get("doc_count")?.as_u64()?));
    list.into_iter().flatten().filter_map(bucket).collect()
}

/// An error where an answer is one, or where shards are missing in it: ElastAlert takes what the others found for all.
fn whole(answer: &Value, partial: bool) -> Result<(), Failure> {
    if answer.get("error").is_some() {
        let status = answer.get("status").and_then(Value::as_u64).and_then(|s| u16::try_from(s).ok()).unwrap_or(500);
        return Err(match status {
            // The cluster is there, since it says so: it is the shards of these indices that are not.
            502..=504 => Failure::Incomplete(format!("no shard answered: {}", reason(answer))),
            _ => Failure::Refused { status, reason: reason(answer) },
        });
    }
    if partial {
        return Ok(());
    }
    let shards = answer.get("_shards");
    let failures = shards.and_then(|s| s.get("failures")).and_then(Value::as_array);
    if let Some(first) = failures.and_then(|f| f.first()) {
        return Err(Failure::Incomplete(format!("some shards did not answer: {}", reason(first.get("reason").unwrap_or(first)))));
    }
    // A shard that is on no node is neither among the failures nor counted as failed: it is missing from those that succeeded.
    let number = |key: &str| shards.and_then(|s| s.get(key)).and_then(Value::as_u64).unwrap_or(0);
    let (total, successful) = (number("total"), number("successful"));
    if successful < total {
        return Err(Failure::Incomplete(format!("{} of {total} shards did not answer: they are on no node", total - successful)));
    }
    if answer.get("timed_out") == Some(&Value::Bool(true)) {
        return Err(Failure::Incomplete("the cluster gave up before all shards had answered".into()));
    }
    Ok(())
}

fn read(request: &Request<'_>, mut answer: Value) -> Result<Answer, Failure> {
    whole(&answer, request.partial)?;
    let rule = request.rule;
    let total = answer.get("hits").and_then(|h| h.get("total")).map_or(0, |t| t.get("value").unwrap_or(t).as_u64().unwrap_or(0));
    Ok(match rule.query_mode() {
        QueryMode::Count => Answer::Count(total),
        QueryMode::Terms(_) => Answer::Terms(buckets(&answer)),
        QueryMode::Aggregation => {
            Answer::Aggregation { payload: answer.get_mut("aggregations").map(Value::take).unwrap_or_default(), hits: total }
        }
        QueryMode::Hits | QueryMode::Members => {
            let hits = answer.get_mut("hits");
            let page = hits.as_ref().and_then(|h| h.get("hits")).and_then(Value::as_array).map_or(0, Vec::len) as u64;
            let events = hits.map(|h| events(rule, h)).unwrap_or_default();
            Answer::Hits { events, total, more: page >= body::page_size(rule) && total > page }
        }
    })
}

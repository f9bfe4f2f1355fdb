//! Searches that pass somebody before they are sent: which indices they may read, and what they may ask.
//!
//! It stands where requests leave, so that whatever makes them, what is sent is what was looked at.

use super::failure::Failure;
use serde_json::{Value, json};
use std::fmt::Debug;

/// How long the names in a path may be.
const MAX_PATH: usize = 3_000;

/// The indices that a search may read.
#[derive(Debug, Clone, Default)]
pub struct AllowedIndices {
    /// By name. With none there is nothing to search.
    pub names: Vec<String>,
    /// The same as a pattern with what is taken away from it, for where the names are too many.
    pub pattern: String,
}

/// Who decides.
pub trait Gate: Send + Sync + Debug {
    /// Whether a search may be sent, and to which indices.
    ///
    /// # Errors
    /// Why not. The message says what is wrong.
    fn pass(&self, index: &str, body: &Value) -> Result<AllowedIndices, String>;
}

/// What becomes of a request.
pub(super) enum Verdict {
    Send(String),
    /// There is nothing to be searched.
    Empty,
}

/// A request by its path: a search of one index or several, or the next page of one.
pub(super) fn path(gate: &dyn Gate, path: &str, body: Option<&Value>) -> Result<Verdict, Failure> {
    let (resource, query) = path.trim_start_matches('/').split_once('?').map_or((path, None), |(r, q)| (r, Some(q)));
    if resource == "_search/scroll" {
        return Ok(Verdict::Send(path.to_owned()));
    }
    let barred = |m: String| Failure::Broken(m);
    let Some((index, action @ ("_search" | "_eql/search"))) = resource.split_once('/') else {
        return Err(barred(match resource {
            "_query" => "ES|QL names its indices in its text, which is not checked: such rules cannot be tried out here".into(),
            other => format!("a request to {other} is not allowed here"),
        }));
    };
    let index = decode(index);
    let asked = body.cloned().unwrap_or_default();
    let passed = if action == "_search" {
        gate.pass(&index, &asked)
    } else {
        // Of EQL, the filter is Query DSL; its text reads the index that is named and runs no scripts.
        gate.pass(&index, &json!({"query": asked.get("filter").cloned().unwrap_or_else(|| json!({}))}))
    }
    .map_err(barred)?;
    if passed.names.is_empty() {
        return Ok(Verdict::Empty);
    }
    let named = crate::url::in_path(&passed.names.join(","));
    let named = if named.len() <= MAX_PATH { named } else { crate::url::in_path(&passed.pattern) };
    if named.len() > MAX_PATH {
        return Err(barred(format!("`{index}` stands for too many indices to be read page by page: name fewer")));
    }
    Ok(Verdict::Send(query.map_or_else(|| format!("{named}/{action}"), |q| format!("{named}/{action}?{q}"))))
}

/// Searches in lines of JSON: what is to be sent, and which of the answers are known without asking.
pub(super) fn lines(gate: &dyn Gate, path: &str, body: &[u8]) -> Result<(Vec<u8>, Vec<bool>), Failure> {
    if path.split('?').next() != Some("_msearch") {
        return Err(Failure::Broken(format!("a request to {path} is not allowed here")));
    }
    let read = |line: Option<&[u8]>| {
        line.and_then(|l| serde_json::from_slice::<Value>(l).ok())
            .ok_or_else(|| Failure::Broken("a search of _msearch is incomplete".into()))
    };
    let (mut out, mut sent) = (Vec::new(), Vec::new());
    let mut all = body.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    while let Some(first) = all.next() {
        let (mut header, asked) = (read(Some(first))?, read(all.next())?);
        let index = match header.get("index") {
            Some(Value::String(s)) => s.clone(),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","),
            _ => String::new(),
        };
        let passed = gate.pass(&index, &asked).map_err(Failure::Broken)?;
        // A search without names would be one of all indices.
        sent.push(!passed.names.is_empty());
        if !passed.names.is_empty() {
            header["index"] = passed.names.into();
            super::lines::write_line(&mut out, &header);
            super::lines::write_line(&mut out, &asked);
        }
    }
    Ok((out, sent))
}

/// The answer of a search that has no index to look at.
pub(super) fn nothing() -> Value {
    json!({"timed_out": false, "_shards": {"total": 0, "successful": 0, "skipped": 0, "failed": 0}, "hits": {"total": 0, "hits": []}})
}

/// The answers in the order that was asked for.
pub(super) fn together(answer: &mut Value, sent: &[bool]) -> Value {
    let mut given = match answer.get_mut("responses").map(Value::take) {
        Some(Value::Array(all)) => all.into_iter(),
        _ => Vec::new().into_iter(),
    };
    let all: Vec<Value> = sent.iter().filter_map(|s| if *s { given.next() } else { Some(nothing()) }).collect();
    json!({"responses": all})
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten().and_then(|h| u8::from_str_radix(h, 16).ok());
        out.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Only(&'static str);

    impl Gate for Only {
        fn pass(&self, index: &str, _: &Value) -> Result<AllowedIndices, String> {
            match index {
                "empty" => Ok(AllowedIndices::default()),
                i if i == self.0 => Ok(AllowedIndices { names: vec!["one".into(), "two".into()], pattern: i.into() }),
                other => Err(format!("{other} is refused")),
            }
        }
    }

    fn sent(p: &str) -> Result<String, String> {
        match path(&Only("<logs-{now/d}>"), p, Some(&json!({}))) {
            Ok(Verdict::Send(p)) => Ok(p),
            Ok(Verdict::Empty) => Ok(String::new()),
            Err(e) => Err(e.to_string()),
        }
    }

    #[test]
    fn only_searches_leave() {
        assert_eq!(sent("%3Clogs-%7Bnow%2Fd%7D%3E/_search?scroll=30s").as_deref(), Ok("one,two/_search?scroll=30s"));
        assert_eq!(sent("empty/_search?a").as_deref(), Ok(""));
        assert_eq!(sent("_search/scroll").as_deref(), Ok("_search/scroll"));
        for bad in ["secret/_search", "_query?format=json", "_cat/indices", "secret/_delete_by_query", "_search", "_all/_search", "x/_sql"]
        {
            assert!(sent(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn searches_in_lines_keep_their_order() {
        let gate = Only("a");
        let two = b"{\"index\":[\"empty\"]}\n{}\n{\"index\":\"a\",\"x\":1}\n{\"size\":0}\n";
        let (out, which) = lines(&gate, "_msearch", two).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\"index\":[\"one\",\"two\"],\"x\":1}\n{\"size\":0}\n");
        let all = together(&mut json!({"responses": [{"hits": {"total": 7}}]}), &which);
        assert_eq!((&all["responses"][0]["hits"]["total"], &all["responses"][1]["hits"]["total"]), (&json!(0), &json!(7)));
        for bad in [&b"{}\n{}\n"[..], b"{\"index\":\"b\"}\n{}\n", b"{\"index\":\"a\"}\n", b"x\n{}\n"] {
            assert!(lines(&gate, "_msearch", bad).is_err());
        }
        assert!(lines(&gate, "_bulk", b"").is_err());
    }
}

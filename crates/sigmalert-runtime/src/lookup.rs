//! Fields of documents by name: ElastAlert's rules, without their traps.
//!
//! The longest name that stands in the document literally goes first; `.keyword` behind a field is a form of the field itself,
//! as is whatever else stands behind a plain value; `a[2]` is an item of a list. Behind a list of objects a name
//! collects the values of all of them, where ElastAlert gives the list (`docs/reference/differences-from-elastalert.md`).

use serde_json::{Map, Value};
use std::borrow::Cow;

/// A document of an index, with `_id` and `_index`.
pub(crate) type Document = Map<String, Value>;

/// The value of a field.
pub fn lookup<'d>(document: &'d Document, field: &str) -> Option<Cow<'d, Value>> {
    // Nearly all names are names of one part.
    if let Some(v) = document.get(field) {
        return Some(Cow::Borrowed(v));
    }
    in_map(document, field, 0)
}

/// How deep documents are followed.
const MAX_DEPTH: usize = 64;

fn in_map<'d>(map: &'d Document, field: &str, depth: usize) -> Option<Cow<'d, Value>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut end = field.len();
    loop {
        let (head, rest) = (&field[..end], field[end..].strip_prefix('.').unwrap_or(&field[end..]));
        if let Some(v) = map.get(head) {
            return inside(v, rest, depth + 1);
        }
        if let Some((name, index, tail)) = indexed(head)
            && let Some(Value::Array(items)) = map.get(name)
        {
            let rest = match (tail.trim_start_matches('.'), rest) {
                ("", r) => r.to_owned(),
                (t, "") => t.to_owned(),
                (t, r) => format!("{t}.{r}"),
            };
            return inside(items.get(index)?, &rest, depth + 1);
        }
        end = field[..end].rfind('.')?;
    }
}

fn inside<'d>(value: &'d Value, rest: &str, depth: usize) -> Option<Cow<'d, Value>> {
    if rest.is_empty() {
        return Some(Cow::Borrowed(value));
    }
    match value {
        Value::Object(m) => in_map(m, rest, depth),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let mut found: Vec<Value> = Vec::new();
            for item in items.iter().filter_map(Value::as_object) {
                match in_map(item, rest, depth).map(Cow::into_owned) {
                    Some(Value::Array(inner)) => found.extend(inner),
                    Some(v) => found.push(v),
                    None => {}
                }
            }
            match found.len() {
                0 => None,
                1 => found.pop().map(Cow::Owned),
                _ => Some(Cow::Owned(Value::Array(found))),
            }
        }
        // Another form of the same field, such as `.keyword` or `.raw`.
        plain => Some(Cow::Borrowed(plain)),
    }
}

/// `name[index]tail`
fn indexed(text: &str) -> Option<(&str, usize, &str)> {
    let open = text.find('[').filter(|at| *at > 0)?;
    let close = text[open..].find(']')? + open;
    Some((&text[..open], text[open + 1..close].parse().ok()?, &text[close + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_found() {
        let doc = json!({
            "a.b": 2, "a": {"b": 1, "c": "x"}, "flags": [1, 2, 3], "s": "text",
            "objects": [{"foo": [{"bar": 1}]}, {"foo": [{"bar": 2}, {"bar": 3}]}], "l": [{"k": 1}]
        });
        let doc = doc.as_object().unwrap();
        let get = |f: &str| lookup(doc, f).map(Cow::into_owned);
        for (field, value) in [
            ("a.b", Some(json!(2))),
            ("a.c", Some(json!("x"))),
            ("a.c.keyword", Some(json!("x"))),
            ("s.raw", Some(json!("text"))),
            ("flags[0]", Some(json!(1))),
            ("flags[11]", None),
            ("objects[1]foo[0]bar", Some(json!(2))),
            ("objects[1].foo[1].bar", Some(json!(3))),
            ("objects.foo.bar", Some(json!([1, 2, 3]))),
            ("l.k", Some(json!(1))),
            ("nothing", None),
            ("a.nothing", None),
        ] {
            assert_eq!(get(field), value, "{field}");
        }
    }
}

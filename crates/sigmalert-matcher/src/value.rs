//! Documents that were parsed already: matched without printing and parsing them again.

use super::evaluate::Lookup;
use super::explain::Verdict;
use super::fields::{FieldTree, Node, ROOT};
use super::matcher::{MAX_DOCUMENT, Matcher};
use super::picker::{PickedFields, Picker};
use super::scratch::Scratch;
use super::sink::{DocumentError, DocumentErrorKind, MAX_DEPTH, Sink, ValueKind};
use serde_json::{Map, Value};
use sigmalert_query::Expr;

impl Matcher {
    /// Returns the indices of the expressions that match a parsed document, in ascending order.
    ///
    /// # Errors
    /// If the document is not an object, is larger than 1 GiB or is nested more than 128 levels deep.
    pub fn matches_value<'s>(&self, document: &Value, scratch: &'s mut Scratch) -> Result<&'s [usize], DocumentError> {
        self.read_value(document, scratch)?;
        Ok(self.evaluate(scratch))
    }

    /// Explains why the expression at an index matches a parsed document or not. `expr` is that expression.
    ///
    /// # Errors
    /// As for [`Self::matches_value`].
    pub fn explain_value(&self, rule: usize, expr: &Expr, document: &Value, scratch: &mut Scratch) -> Result<Verdict, DocumentError> {
        self.read_value(document, scratch)?;
        Ok(self.verdict(rule, expr, scratch))
    }

    fn read_value(&self, document: &Value, scratch: &mut Scratch) -> Result<(), DocumentError> {
        walk(document, &self.plan.fields, &mut Lookup::new(&self.plan, scratch))
    }
}

impl Picker {
    /// Extracts the first value of each field of a parsed document.
    pub fn pick_value(&self, document: &Value) -> PickedFields {
        let mut picked = self.empty();
        _ = walk(document, &self.fields, &mut picked);
        picked
    }
}

/// Reports the values of a parsed document, as a reader of its text would.
fn walk(document: &Value, fields: &FieldTree, sink: &mut impl Sink) -> Result<(), DocumentError> {
    let Value::Object(object) = document else { return Err(DocumentError::new(DocumentErrorKind::NotAnObject)) };
    Walker { fields, sink, path: Vec::new(), bytes: 0 }.object(object, ROOT, 0)
}

struct Walker<'f, S> {
    fields: &'f FieldTree,
    sink: &'f mut S,
    /// The name of the current field, if names are wanted.
    path: Vec<u8>,
    /// The bytes of all values so far.
    bytes: usize,
}

impl<S: Sink> Walker<'_, S> {
    fn object(&mut self, object: &Map<String, Value>, node: Node, depth: u32) -> Result<(), DocumentError> {
        check_depth(depth)?;
        for (key, value) in object {
            let outer = self.path.len();
            if self.fields.wants_names() {
                if outer > 0 {
                    self.path.push(b'.');
                }
                self.path.extend_from_slice(key.as_bytes());
            }
            self.value(value, self.fields.step(node, key.as_bytes()), depth, false)?;
            self.path.truncate(outer);
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, node: Node, depth: u32, listed: bool) -> Result<(), DocumentError> {
        match value {
            Value::Null => Ok(()),
            Value::Bool(b) => self.found(ValueKind::Bool, if *b { b"true" } else { b"false" }, node, listed),
            Value::Number(n) => self.found(ValueKind::Number, n.to_string().as_bytes(), node, listed),
            Value::String(s) => self.found(ValueKind::Text, s.as_bytes(), node, listed),
            Value::Array(items) => {
                check_depth(depth)?;
                items.iter().try_for_each(|i| self.value(i, node, depth + 1, true))
            }
            Value::Object(object) => {
                if let Some(field) = self.fields.field(node) {
                    self.sink.value(field, ValueKind::Object, b"", listed);
                }
                self.object(object, node, depth + 1)
            }
        }
    }

    fn found(&mut self, kind: ValueKind, text: &[u8], node: Node, listed: bool) -> Result<(), DocumentError> {
        self.bytes += text.len() + self.path.len();
        if self.bytes >= MAX_DOCUMENT {
            return Err(DocumentError::new(DocumentErrorKind::TooLarge));
        }
        for field in [self.fields.field(node), self.fields.multi_field(node)].into_iter().flatten() {
            self.sink.value(field, kind, text, listed);
        }
        if self.fields.wants_all() {
            self.sink.any(kind, text, &self.path);
        }
        Ok(())
    }
}

fn check_depth(depth: u32) -> Result<(), DocumentError> {
    if depth > MAX_DEPTH { Err(DocumentError::new(DocumentErrorKind::TooDeep)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use sigmalert_query::{Case, Pattern, Test};

    #[test]
    fn a_parsed_document_matches_as_its_text_does() {
        let is = |field: &str, text: &str| Expr::test(field, Test::Pattern(Pattern::literal(text, Case::Insensitive)));
        let rules = [
            is("a.b", "x"),
            is("a.keyword", "1.50"),
            is("c", "true"),
            is("d", "y"),
            Expr::test("a", Test::Exists),
            Expr::test("n", Test::Exists),
        ];
        let matcher = Matcher::new(&rules, None);
        let mut scratch = Scratch::default();
        for document in [
            json!({"a": {"b": ["X", 2]}, "c": true}),
            json!({"a.b": "x", "a": 1.5, "n": null}),
            json!({"d": [["y"], {"d": "z"}]}),
            json!([]),
            json!({}),
        ] {
            let parsed = matcher.matches_value(&document, &mut scratch).map(<[usize]>::to_vec).ok();
            let text = matcher.matches(document.to_string().as_bytes(), &mut scratch).map(<[usize]>::to_vec).ok();
            assert_eq!(parsed, text, "{document}");
        }
    }
}

//! The attributes that all documents share.

use crate::ast::rule::{Attributes, Level, Related, Status};
use crate::error::{Error, ErrorKind, Warning};
use crate::yaml::{Kind, Node};

impl Attributes {
    /// Reads the attributes of a document; `own` names the keys that belong to its kind.
    pub(super) fn read(node: &Node<'_>, own: &[&str], warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let mut a = Self::default();
        let mut titled = false;
        for (key, value) in node.as_map().unwrap_or_default() {
            let k = key.text.as_ref();
            if own.contains(&k) {
                continue;
            }
            match k {
                "title" => {
                    a.title = text(k, value)?.unwrap_or_default();
                    titled = !a.title.trim().is_empty();
                }
                "id" => a.id = text(k, value)?,
                "name" => a.name = text(k, value)?,
                "description" => a.description = text(k, value)?,
                "author" => a.author = joined(k, value)?,
                "license" => a.license = text(k, value)?,
                "date" => a.date = text(k, value)?,
                "modified" => a.modified = text(k, value)?,
                "taxonomy" => a.taxonomy = text(k, value)?,
                "status" => a.status = word(k, value, Status::parse, &names(Status::ALL, Status::name), warnings)?,
                "level" => a.level = word(k, value, Level::parse, &names(Level::ALL, Level::name), warnings)?,
                "references" => a.references = list(k, value)?,
                "tags" => a.tags = list(k, value)?,
                "falsepositives" => a.falsepositives = list(k, value)?,
                "fields" => a.fields = list(k, value)?,
                "scope" => a.scope = list(k, value)?,
                "related" => a.related = related(value)?,
                _ => a.custom.push((k.to_owned(), value.to_value())),
            }
        }
        if !titled {
            return Err(Error::new(ErrorKind::Attribute, "title", node.pos, "the title is missing").help("give the rule a short title"));
        }
        if let Some(t) = a.taxonomy.as_deref().filter(|t| *t != "sigma") {
            warnings.push(Warning {
                message: format!("the rule uses the taxonomy `{t}`; its field names are read as Sigma's"),
                path: "taxonomy".into(),
                pos: node.pos,
            });
        }
        Ok(a)
    }
}

fn names<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> String {
    all.iter().map(|v| name(*v)).collect::<Vec<_>>().join(", ")
}

/// The text of an attribute; nothing for null.
fn text(key: &str, node: &Node<'_>) -> Result<Option<String>, Error> {
    match (&node.kind, node.text()) {
        (_, Some(t)) => Ok(Some(t.to_owned())),
        _ if node.is_null() => Ok(None),
        _ => Err(Error::expected(ErrorKind::Attribute, key, node, "text")),
    }
}

/// Text, or a list of texts joined by commas (some rules list their authors).
fn joined(key: &str, node: &Node<'_>) -> Result<Option<String>, Error> {
    if node.as_seq().is_some() { Ok(Some(list(key, node)?.join(", "))) } else { text(key, node) }
}

fn word<T>(
    key: &str,
    node: &Node<'_>,
    parse: impl Fn(&str) -> Option<T>,
    known: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Option<T>, Error> {
    let Some(t) = text(key, node)? else { return Ok(None) };
    let value = parse(&t);
    if value.is_none() {
        warnings.push(Warning { message: format!("`{t}` is not one of {known}"), path: key.to_owned(), pos: node.pos });
    }
    Ok(value)
}

fn list(key: &str, node: &Node<'_>) -> Result<Vec<String>, Error> {
    match &node.kind {
        Kind::Seq(items) => items
            .iter()
            .filter(|i| !i.is_null())
            .map(|i| i.text().map(str::to_owned).ok_or_else(|| Error::expected(ErrorKind::Attribute, key, i, "text")))
            .collect(),
        Kind::Map(_) => Err(Error::expected(ErrorKind::Attribute, key, node, "a list of texts")),
        Kind::Scalar(_) => Ok(text(key, node)?.into_iter().collect()),
    }
}

fn related(node: &Node<'_>) -> Result<Vec<Related>, Error> {
    if node.is_null() {
        return Ok(vec![]);
    }
    let items = node.as_seq().ok_or_else(|| Error::expected(ErrorKind::Attribute, "related", node, "a list of id and type"))?;
    items
        .iter()
        .map(|i| match (i.get("id").and_then(Node::text), i.get("type").and_then(Node::text)) {
            (Some(id), Some(kind)) => Ok(Related { id: id.to_owned(), kind: kind.to_owned() }),
            _ => Err(Error::expected(ErrorKind::Attribute, "related", i, "a mapping with id and type")),
        })
        .collect()
}

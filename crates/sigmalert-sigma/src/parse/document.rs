//! The documents of a file, and the collection actions of old rules (`action: global`, `reset`, `repeat`).

use crate::ast::correlation::Correlation;
use crate::ast::document::Document;
use crate::ast::filter::Filter;
use crate::ast::rule::Rule;
use crate::error::{Error, ErrorKind, Warning};
use crate::yaml::{self, Kind, Node};
use std::borrow::Cow;

/// What a text holds. A bad document does not take the others with it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// Every document in order, or what is wrong with it.
    pub documents: Vec<Result<Document, Error>>,
    /// What is odd in the documents.
    pub warnings: Vec<Warning>,
}

/// Reads all documents of a text.
///
/// # Errors
/// When the text is not YAML, or goes beyond the limits.
pub fn parse(text: &str, limits: &yaml::Limits) -> Result<Parsed, Error> {
    let mut out = Parsed::default();
    for node in effective(&yaml::parse_all(text, limits)?) {
        out.documents.push(node.and_then(|n| read(&n, &mut out.warnings)));
    }
    Ok(out)
}

/// The effective documents of a text: merged with what `action: global` and `action: repeat` provide, and without
/// empty ones.
pub fn effective<'n, 'a>(nodes: &'n [Node<'a>]) -> Vec<Result<Cow<'n, Node<'a>>, Error>> {
    let mut out: Vec<Result<Cow<'n, Node<'a>>, Error>> = Vec::with_capacity(nodes.len());
    let mut template: Option<Node<'a>> = None;
    for node in nodes {
        // An empty document, as a closing `---` leaves it.
        if node.is_null() {
            continue;
        }
        if node.as_map().is_none() {
            out.push(Err(Error::expected(ErrorKind::Attribute, "", node, "a mapping with title, logsource and detection")));
            continue;
        }
        let Some((action, pos)) = node.get("action").map(|a| (a.text().unwrap_or_default(), a.pos)) else {
            out.push(Ok(match &template {
                Some(t) if node.get("correlation").is_none() && node.get("filter").is_none() => Cow::Owned(merge(t, node)),
                _ => Cow::Borrowed(node),
            }));
            continue;
        };
        match action {
            "global" => {
                let bare = without_action(node);
                template = Some(match &template {
                    Some(t) => merge(t, &bare),
                    None => bare,
                });
            }
            "reset" => template = None,
            "repeat" => {
                let repeated = out.iter().rev().find_map(|r| r.as_ref().ok()).map(|p| merge(p, &without_action(node)));
                out.push(
                    repeated
                        .map(Cow::Owned)
                        .ok_or_else(|| Error::new(ErrorKind::Attribute, "action", pos, "there is no rule before this to repeat")),
                );
            }
            other => out.push(Err(Error::new(ErrorKind::Attribute, "action", pos, format!("unknown action `{other}`"))
                .help("the actions are global, reset and repeat"))),
        }
    }
    out
}

/// Reads one document of a file.
///
/// # Errors
/// What is wrong with it, at its position.
pub fn read(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<Document, Error> {
    if node.get("correlation").is_some() {
        Correlation::read(node, warnings).map(Document::Correlation)
    } else if node.get("filter").is_some() {
        Filter::read(node, warnings).map(Document::Filter)
    } else {
        Rule::read(node, warnings).map(Document::Rule)
    }
}

fn without_action<'a>(node: &Node<'a>) -> Node<'a> {
    let entries = node.as_map().unwrap_or_default().iter().filter(|(k, _)| k.text != "action").cloned().collect();
    Node { pos: node.pos, kind: Kind::Map(entries) }
}

/// `own` merged into `base`: mappings merge, anything else is replaced.
fn merge<'a>(base: &Node<'a>, own: &Node<'a>) -> Node<'a> {
    let (Kind::Map(b), Kind::Map(o)) = (&base.kind, &own.kind) else { return own.clone() };
    let mut entries = b.clone();
    for (key, value) in o {
        match entries.iter_mut().find(|(k, _)| k.text == key.text) {
            Some((_, v)) => *v = merge(v, value),
            None => entries.push((key.clone(), value.clone())),
        }
    }
    Node { pos: own.pos, kind: Kind::Map(entries) }
}

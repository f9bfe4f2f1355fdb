//! Text to [`Node`] tree, within bounds.

use super::{Error, Key, Kind, Node, Pos, Scalar};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use std::borrow::Cow;
use std::collections::HashSet;

/// Bounds on what is read. The defaults leave the largest file of the public Sigma repository a hundredfold room.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one text.
    pub bytes: usize,
    /// Nesting of lists and mappings.
    pub depth: usize,
    /// Nodes of one text, those copied by aliases included.
    pub nodes: usize,
    /// Documents of one text.
    pub documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 << 20, depth: 64, nodes: 300_000, documents: 10_000 }
    }
}

/// Which words and numbers a plain scalar may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// The core schema of YAML 1.2: Sigma, and Praeco's reader.
    #[default]
    Yaml12,
    /// YAML 1.1 as PyYAML reads it: ElastAlert's files.
    Yaml11,
}

/// Reads every document of a text by YAML 1.2.
///
/// # Errors
/// When the text is no YAML, names a key twice, has a key that is not a scalar, or passes a bound.
pub fn parse_all<'a>(text: &'a str, limits: &Limits) -> Result<Vec<Node<'a>>, Error> {
    parse_as(text, limits, Dialect::Yaml12)
}

/// Reads every document of a text by one of the two dialects.
///
/// # Errors
/// As [`parse_all`].
pub fn parse_as<'a>(text: &'a str, limits: &Limits, dialect: Dialect) -> Result<Vec<Node<'a>>, Error> {
    if text.len() > limits.bytes {
        return Err(Error {
            message: format!("the text has {} bytes, more than the limit of {}", text.len(), limits.bytes),
            pos: Pos::default(),
            help: Some("split the file, or raise the limit".into()),
        });
    }
    // A byte order mark at the start is legal and no part of the first key.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Builder { parser: Parser::new_from_str(text), limits, dialect, nodes: 0, kept: 0, anchors: Vec::new(), names: HashSet::new() }
        .documents()
}

struct Builder<'a, 'l> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    limits: &'l Limits,
    dialect: Dialect,
    nodes: usize,
    /// Nodes held a second time because an anchor names them.
    kept: usize,
    /// Finished nodes by anchor, with the number of nodes each holds.
    anchors: Vec<Option<(Node<'a>, usize)>>,
    /// Where `<<` is a name, being quoted, and merges nothing.
    names: HashSet<Pos>,
}

/// A list or mapping that is still open.
struct Open<'a> {
    pos: Pos,
    anchor: usize,
    before: usize,
    body: Body<'a>,
}

enum Body<'a> {
    Seq(Vec<Node<'a>>),
    Map { entries: Vec<(Key<'a>, Node<'a>)>, key: Option<Key<'a>>, seen: HashSet<Cow<'a, str>> },
}

/// Below this many entries a linear look for a repeated key is faster than a set.
const SMALL_MAP: usize = 16;

impl<'a> Builder<'a, '_> {
    fn documents(mut self) -> Result<Vec<Node<'a>>, Error> {
        let mut documents = Vec::new();
        let mut stack: Vec<Open<'a>> = Vec::new();
        while let Some(event) = self.parser.next_event() {
            let (event, span) = event.map_err(|e| scan_error(&e))?;
            let pos = position(&span);
            let node = match event {
                Event::Nothing | Event::StreamStart => continue,
                Event::StreamEnd => break,
                Event::DocumentStart(_) => {
                    self.anchors.clear();
                    if documents.len() >= self.limits.documents {
                        return Err(error(pos, format!("more than {} documents in one file", self.limits.documents)));
                    }
                    continue;
                }
                Event::DocumentEnd => continue,
                Event::Scalar(text, style, anchor, tag) => {
                    self.count(pos, 1)?;
                    let scalar = if style != ScalarStyle::Plain || tag.as_ref().is_some_and(|t| t.suffix == "str") {
                        if text == "<<" {
                            self.names.insert(pos);
                        }
                        Scalar::Str(text)
                    } else {
                        match self.dialect {
                            Dialect::Yaml12 => Scalar::plain(text),
                            Dialect::Yaml11 => Scalar::plain_yaml11(text),
                        }
                    };
                    let node = Node { pos, kind: Kind::Scalar(scalar) };
                    self.remember(anchor, &node, 1)?;
                    node
                }
                Event::Alias(anchor) => {
                    let Some(Some((_, size))) = self.anchors.get(anchor) else {
                        return Err(error(pos, "the alias names an anchor that is not complete here".into()));
                    };
                    // Count before copying, so that a bomb costs nothing.
                    let size = *size;
                    self.count(pos, size)?;
                    self.anchors[anchor].as_ref().map_or(Node { pos, kind: Kind::Scalar(Scalar::Null) }, |(n, _)| n.clone())
                }
                Event::SequenceStart(anchor, _) => {
                    self.open(&mut stack, pos, anchor, Body::Seq(Vec::new()))?;
                    continue;
                }
                Event::MappingStart(anchor, _) => {
                    self.open(&mut stack, pos, anchor, Body::Map { entries: Vec::new(), key: None, seen: HashSet::new() })?;
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(open) = stack.pop() else { continue };
                    let kind = match open.body {
                        Body::Seq(items) => Kind::Seq(items),
                        Body::Map { entries, .. } => Kind::Map(self.merge(entries)?),
                    };
                    let node = Node { pos: open.pos, kind };
                    self.remember(open.anchor, &node, self.nodes - open.before)?;
                    node
                }
            };
            match stack.last_mut() {
                None => documents.push(node),
                Some(open) => open.add(node)?,
            }
        }
        Ok(documents)
    }

    fn open(&mut self, stack: &mut Vec<Open<'a>>, pos: Pos, anchor: usize, body: Body<'a>) -> Result<(), Error> {
        let before = self.nodes;
        self.count(pos, 1)?;
        if stack.len() >= self.limits.depth {
            return Err(error(pos, format!("nested more than {} levels deep", self.limits.depth)));
        }
        if let Some(Open { body: Body::Map { key: None, .. }, .. }) = stack.last() {
            return Err(error(pos, "a list or mapping cannot be a key here".into()));
        }
        stack.push(Open { pos, anchor, before, body });
        Ok(())
    }

    fn count(&mut self, pos: Pos, nodes: usize) -> Result<(), Error> {
        self.nodes += nodes;
        if self.nodes > self.limits.nodes {
            return Err(Error {
                message: format!("the file expands to more than {} values", self.limits.nodes),
                pos,
                help: Some("aliases (`*name`) multiply what they name; write the values out, or split the file".into()),
            });
        }
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: &Node<'a>, size: usize) -> Result<(), Error> {
        if anchor == 0 {
            return Ok(());
        }
        self.kept += size;
        if self.kept > self.limits.nodes {
            return Err(error(node.pos, format!("anchors hold more than {} values", self.limits.nodes)));
        }
        if self.anchors.len() <= anchor {
            self.anchors.resize_with(anchor + 1, || None);
        }
        self.anchors[anchor] = Some((node.clone(), size));
        Ok(())
    }

    /// Carries out the merge key `<<` (YAML 1.1, in use wherever rules share a mapping by anchor): what the
    /// mapping says itself wins over what it merges, and an earlier merged mapping over a later one.
    fn merge(&self, mut entries: Vec<(Key<'a>, Node<'a>)>) -> Result<Vec<(Key<'a>, Node<'a>)>, Error> {
        let Some(at) = entries.iter().position(|(k, _)| k.text == "<<" && !self.names.contains(&k.pos)) else { return Ok(entries) };
        let (key, value) = entries.remove(at);
        let sources = match value.kind {
            Kind::Map(m) => vec![m],
            Kind::Seq(items) => items
                .into_iter()
                .map(|n| match n.kind {
                    Kind::Map(m) => Ok(m),
                    _ => Err(error(n.pos, "`<<` merges mappings only".into())),
                })
                .collect::<Result<_, _>>()?,
            Kind::Scalar(_) => return Err(error(key.pos, "`<<` merges mappings only".into())),
        };
        let mut known: HashSet<Cow<'a, str>> = entries.iter().map(|(k, _)| k.text.clone()).collect();
        for entry in sources.into_iter().flatten() {
            if known.insert(entry.0.text.clone()) {
                entries.push(entry);
            }
        }
        Ok(entries)
    }
}

impl<'a> Open<'a> {
    fn add(&mut self, node: Node<'a>) -> Result<(), Error> {
        match &mut self.body {
            Body::Seq(items) => items.push(node),
            Body::Map { entries, key, seen } => match key.take() {
                Some(k) => entries.push((k, node)),
                None => {
                    let pos = node.pos;
                    let text = match node.kind {
                        Kind::Scalar(Scalar::Null) => Cow::Borrowed(""),
                        Kind::Scalar(Scalar::Str(t) | Scalar::Bool(_, t) | Scalar::Int(_, t) | Scalar::Float(_, t)) => t,
                        _ => return Err(error(pos, "a list or mapping cannot be a key here".into())),
                    };
                    let twice = if entries.len() < SMALL_MAP {
                        entries.iter().any(|(k, _)| k.text == text)
                    } else {
                        if seen.is_empty() {
                            seen.extend(entries.iter().map(|(k, _)| k.text.clone()));
                        }
                        !seen.insert(text.clone())
                    };
                    if twice {
                        let first = entries.iter().find(|(k, _)| k.text == text).map_or(Pos::default(), |(k, _)| k.pos);
                        return Err(Error {
                            message: format!("the key `{text}` is duplicated in this mapping"),
                            pos,
                            help: Some(format!("it is first on line {}; put both under one key or rename one", first.line)),
                        });
                    }
                    *key = Some(Key { pos, text });
                }
            },
        }
        Ok(())
    }
}

fn position(span: &Span) -> Pos {
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: narrow(span.start.line()), column: narrow(span.start.col() + 1) }
}

fn error(pos: Pos, message: String) -> Error {
    Error { message, pos, help: None }
}

fn scan_error(e: &ScanError) -> Error {
    let span = Span::empty(*e.marker());
    let info = e.info();
    let help = if info.contains("mapping values are not allowed") {
        Some("quote a value that holds `: `, or check the indentation of this line".to_owned())
    } else if info.contains("recursion limit") {
        return error(position(&span), "lists or mappings are nested too deep".into());
    } else {
        None
    };
    Error { message: format!("not YAML: {info}"), pos: position(&span), help }
}

//! Selections, their items, and the condition over them.

use crate::ast::condition::{Condition, Quantifier};
use crate::ast::detection::{Detection, DetectionItem, Selection};
use crate::ast::modifier::{Modifier, ModifierChain};
use crate::ast::parsed_condition::ParsedCondition;
use crate::ast::timespan::Timespan;
use crate::ast::value::Value;
use crate::error::{Error, ErrorKind, Warning};
use crate::yaml::{Kind, Node, Pos};

/// How deep lists may nest inside a selection.
const MAX_NESTING: usize = 16;

/// Reader of a `detection` or `filter` mapping.
pub(super) struct Reader<'w> {
    pub warnings: &'w mut Vec<Warning>,
    /// `detection` or `filter`.
    pub root: &'static str,
}

impl Reader<'_> {
    /// Reads selections, condition and timeframe; `skip` names keys that belong to someone else.
    pub(super) fn read(&mut self, node: &Node<'_>, skip: &[&str]) -> Result<Detection, Error> {
        let root = self.root;
        let Some(entries) = node.as_map() else {
            return Err(Error::expected(ErrorKind::Detection, root, node, "a mapping of selections and a condition"));
        };
        let mut detection = Detection { selections: vec![], conditions: vec![], timeframe: None, condition_pos: node.pos };
        for (key, value) in entries {
            let path = format!("{root}.{}", key.text);
            match key.text.as_ref() {
                k if skip.contains(&k) => {}
                "condition" => {
                    detection.condition_pos = value.pos;
                    detection.conditions = self.conditions(value, &path)?;
                }
                "timeframe" => {
                    let span = value.text().and_then(Timespan::parse).ok_or_else(|| {
                        Error::expected(ErrorKind::Detection, &path, value, "a span of time")
                            .help("write a number and one of s, m, h, d, w, M, y, such as 15m")
                    })?;
                    detection.timeframe = Some(span);
                }
                name => {
                    let selection = self.selection(value, &path, 0)?;
                    detection.selections.push((name.to_owned(), selection));
                }
            }
        }
        if detection.conditions.is_empty() {
            return Err(Error::new(ErrorKind::MissingCondition, format!("{root}.condition"), node.pos, "the condition is missing")
                .help("combine the selections, such as `condition: selection`"));
        }
        for parsed in &detection.conditions {
            self.check_names(&detection, parsed)?;
        }
        Ok(detection)
    }

    fn conditions(&mut self, node: &Node<'_>, path: &str) -> Result<Vec<ParsedCondition>, Error> {
        let texts: Vec<&Node<'_>> = match &node.kind {
            Kind::Seq(items) if items.is_empty() => {
                return Err(Error::new(ErrorKind::Condition, path, node.pos, "the list of conditions is empty"));
            }
            Kind::Seq(items) => items.iter().collect(),
            _ => vec![node],
        };
        let mut out = Vec::new();
        for n in texts {
            let text = n.text().ok_or_else(|| Error::expected(ErrorKind::Condition, path, n, "text"))?;
            let parsed = ParsedCondition::parse(text).map_err(|e| {
                let mut err = Error::new(ErrorKind::Condition, path, n.pos, e.message);
                err.help = e.help;
                err
            })?;
            if parsed.odd_case {
                self.warn(path, n.pos, "the operators of a condition are written in lower case");
            }
            out.push(parsed);
        }
        if out.len() > 1 && out.iter().any(|p| p.aggregation.is_some()) {
            return Err(Error::new(ErrorKind::Condition, path, node.pos, "a list of conditions cannot contain an aggregation")
                .help("write a rule for each condition"));
        }
        Ok(out)
    }

    fn warn(&mut self, path: &str, pos: Pos, message: impl Into<String>) {
        self.warnings.push(Warning { message: message.into(), path: path.to_owned(), pos });
    }

    fn selection(&mut self, node: &Node<'_>, path: &str, depth: usize) -> Result<Selection, Error> {
        if depth > MAX_NESTING {
            return Err(Error::new(ErrorKind::Detection, path, node.pos, format!("lists are nested more than {MAX_NESTING} levels deep")));
        }
        match &node.kind {
            Kind::Map(entries) if entries.is_empty() => Err(empty(path, node.pos, "the selection is an empty mapping")),
            Kind::Map(entries) => {
                let items = entries.iter().map(|(k, v)| self.item(&k.text, k.pos, v, path)).collect::<Result<_, _>>()?;
                Ok(Selection::All(items))
            }
            Kind::Seq(items) if items.is_empty() => Err(empty(path, node.pos, "the selection is an empty list")),
            Kind::Seq(items) if items.iter().all(|i| i.as_scalar().is_some()) => {
                let mut keywords = keywords(node.pos, true);
                for i in items {
                    Self::keyword(&mut keywords, i, path)?;
                }
                Ok(Selection::Keywords(keywords))
            }
            Kind::Seq(items) => {
                let mut out = Vec::with_capacity(items.len());
                for i in items {
                    out.push(self.selection(i, path, depth + 1)?);
                }
                Ok(Selection::Any(out))
            }
            Kind::Scalar(s) if *s == crate::yaml::Scalar::Null => Err(empty(path, node.pos, "the selection is empty")),
            Kind::Scalar(_) => {
                let mut keywords = keywords(node.pos, false);
                Self::keyword(&mut keywords, node, path)?;
                Ok(Selection::Keywords(keywords))
            }
        }
    }

    fn keyword(item: &mut DetectionItem, node: &Node<'_>, path: &str) -> Result<(), Error> {
        match node.as_scalar() {
            Some(s) if node.text().is_some_and(|t| !t.is_empty()) => {
                item.values.push(Value::from_scalar(s));
                item.value_pos.push(node.pos);
                Ok(())
            }
            _ => Err(Error::new(ErrorKind::Detection, path, node.pos, "a keyword must be text with at least one character")),
        }
    }

    fn item(&mut self, key: &str, pos: Pos, node: &Node<'_>, path: &str) -> Result<DetectionItem, Error> {
        let path = format!("{path}.{key}");
        let mut names = key.split('|');
        let field = names.next().filter(|f| !f.is_empty()).map(str::to_owned);
        let mut modifiers = Vec::new();
        for name in names {
            let modifier = Modifier::parse(name).ok_or_else(|| {
                Error::new(ErrorKind::Modifier, &path, pos, format!("unknown modifier `{name}`")).help(
                    suggestion(name).map_or_else(|| format!("the modifiers are {}", Modifier::known()), |s| format!("did you mean `{s}`?")),
                )
            })?;
            modifiers.push(modifier);
        }
        let mut item = DetectionItem { field, modifiers, values: vec![], is_list: false, pos, value_pos: vec![] };
        ModifierChain::new(&item.modifiers).map_err(|(message, help)| Error::new(ErrorKind::Modifier, &path, pos, message).help(help))?;
        match &node.kind {
            Kind::Scalar(s) => {
                item.values.push(Value::from_scalar(s));
                item.value_pos.push(node.pos);
            }
            Kind::Seq(items) if items.is_empty() => {
                return Err(empty(&path, node.pos, "the list of values is empty"));
            }
            Kind::Seq(items) => {
                item.is_list = true;
                item.values.reserve(items.len());
                item.value_pos.reserve(items.len());
                for v in items {
                    let Some(s) = v.as_scalar() else {
                        return Err(Error::expected(ErrorKind::Detection, &path, v, "a value")
                            .help("a list of values holds text, numbers, booleans; put a nested selection under a name of its own"));
                    };
                    item.values.push(Value::from_scalar(s));
                    item.value_pos.push(v.pos);
                }
                if item.values.contains(&Value::Null) && item.values.len() > 1 {
                    self.warn(&path, node.pos, "null in a list of values is not in the specification; it is read as one more alternative");
                }
            }
            Kind::Map(_) => {
                return Err(Error::expected(ErrorKind::Detection, &path, node, "a value or a list of values")
                    .help("a field is compared with values; selections do not nest by mapping"));
            }
        }
        if item.modifiers.contains(&Modifier::All) && item.values.len() == 1 {
            self.warn(&path, pos, "`all` has no effect on a single value");
        }
        Ok(item)
    }

    /// Every name and pattern of a condition must be some selection.
    fn check_names(&mut self, detection: &Detection, parsed: &ParsedCondition) -> Result<(), Error> {
        let path = format!("{}.condition", self.root);
        let names = || detection.selections.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(", ");
        let mut result = Ok(());
        let mut keyword_lists = Vec::new();
        parsed.for_each(&mut |c| {
            if result.is_err() {
                return;
            }
            match c {
                Condition::Selection(name) if !detection.selections.iter().any(|(n, _)| n == name) => {
                    result = Err(Error::new(ErrorKind::Condition, &path, detection.condition_pos, format!("unknown selection `{name}`"))
                        .help(format!("the selections are {}", names())));
                }
                Condition::Quantified { quantity, of } => {
                    let matching = detection.matching(of);
                    if matching.is_empty() {
                        result =
                            Err(Error::new(ErrorKind::Condition, &path, detection.condition_pos, format!("no selection matches `{of}`"))
                                .help(format!("the selections are {}; names that begin with `_` are left out", names())));
                    } else if let Quantifier::AtLeast(n) = quantity {
                        if *n as usize > matching.len() {
                            result = Err(Error::new(
                                ErrorKind::Condition,
                                &path,
                                detection.condition_pos,
                                format!("`{n} of {of}` can never match: there are {} such selections", matching.len()),
                            ));
                        }
                    } else if let [(name, Selection::Keywords(k))] = matching.as_slice()
                        && k.values.len() > 1
                        && !k.modifiers.contains(&Modifier::All)
                        && !of.has_wildcard()
                    {
                        keyword_lists.push(name.to_string());
                    }
                }
                _ => {}
            }
        });
        for name in keyword_lists {
            self.warn(
                &path,
                detection.condition_pos,
                format!("`all of {name}` requires the selection `{name}`, which matches if any keyword matches; write `'|all':` above them if all must occur"),
            );
        }
        result
    }
}

fn keywords(pos: Pos, is_list: bool) -> DetectionItem {
    DetectionItem { field: None, modifiers: vec![], values: vec![], is_list, pos, value_pos: vec![] }
}

fn empty(path: &str, pos: Pos, message: &str) -> Error {
    Error::new(ErrorKind::Detection, path, pos, message)
        .help("write what it looks for, or remove it; `null` as a value asks for a missing field")
}

/// The known modifier nearest to a mistyped one.
fn suggestion(name: &str) -> Option<&'static str> {
    let wanted: String = name.trim().to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let alias = match wanted.as_str() {
        "regex" | "regexp" | "rx" => Some("re"),
        "begins" | "beginswith" | "prefix" => Some("startswith"),
        "ends" | "suffix" => Some("endswith"),
        "like" | "contain" | "include" | "includes" => Some("contains"),
        "ge" => Some("gte"),
        "le" => Some("lte"),
        "ne" | "not" => Some("neq"),
        "ip" | "network" | "subnet" => Some("cidr"),
        _ => None,
    };
    alias.or_else(|| Modifier::parse(&wanted).map(Modifier::name)).or_else(|| Modifier::nearest(&wanted))
}

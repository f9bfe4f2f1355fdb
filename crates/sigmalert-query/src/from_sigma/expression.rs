//! From items and conditions to the query expression, in Sigma's own field names.

use super::limits::MAX_ALTERNATIVES;
use super::{encode, pattern};
use crate::regex;
use crate::{Case, Expr, FieldName, FieldRelation, FieldTest, Interval, Number, Pattern, Re, Test, TimePart};
use sigmalert_sigma::RegexFlags;
use sigmalert_sigma::yaml::Pos;
use sigmalert_sigma::{
    ComparisonKind, Condition, Detection, DetectionItem, Error, ErrorKind, Filter, ModifierChain, OpenEnds, Piece, Placeholders,
    Quantifier, Rule, Selection, Value, pieces,
};
use std::collections::HashMap;
use std::net::IpAddr;

/// How many comparisons the conditions of a document may come to, each selection counted wherever it is named. A long
/// value counts as several.
const MAX_COMPARISONS: usize = 1_000_000;
/// How much text counts as a comparison.
const TEXT_OF_ONE: usize = 32;

impl Expr {
    /// What a rule matches, in Sigma's field names: its conditions without their aggregation; of several any.
    ///
    /// # Errors
    /// For placeholders without values, and for values that [`validate`](super::validate) rejects.
    pub fn from_rule(rule: &Rule, placeholders: &Placeholders) -> Result<Self, Error> {
        of_detection(&rule.detection, placeholders, "detection")
    }

    /// What a filter adds to the rules it applies to.
    ///
    /// # Errors
    /// As [`Expr::from_rule`].
    pub fn from_filter(filter: &Filter, placeholders: &Placeholders) -> Result<Self, Error> {
        of_detection(&filter.detection, placeholders, "filter")
    }

    /// What a condition over the selections of a rule matches.
    ///
    /// # Errors
    /// As [`Expr::from_rule`].
    pub fn from_condition(rule: &Rule, condition: &Condition, placeholders: &Placeholders) -> Result<Self, Error> {
        Applier::new(placeholders).condition(&rule.detection, condition, "detection")
    }
}

fn of_detection(detection: &Detection, placeholders: &Placeholders, root: &str) -> Result<Expr, Error> {
    let mut applier = Applier::new(placeholders);
    let each = detection.conditions.iter().map(|p| applier.condition(detection, &p.condition, root)).collect::<Result<Vec<_>, _>>()?;
    Ok(Expr::any(each))
}

/// Builds expressions; shares the names of fields.
pub(super) struct Applier<'p> {
    placeholders: &'p Placeholders,
    names: HashMap<String, FieldName>,
    /// How many comparisons were made so far.
    made: usize,
}

impl<'p> Applier<'p> {
    pub(super) fn new(placeholders: &'p Placeholders) -> Self {
        Self { placeholders, names: HashMap::new(), made: 0 }
    }

    /// Counts what was made of a value.
    fn count(&mut self, expr: &Expr, text: usize, path: &str, pos: Pos) -> Result<(), Error> {
        self.made += expr.len().max(1).saturating_mul(1 + text / TEXT_OF_ONE);
        if self.made <= MAX_COMPARISONS {
            return Ok(());
        }
        let message = format!("the conditions have more than {MAX_COMPARISONS} comparisons");
        Err(Error::new(ErrorKind::Size, path, pos, message).help("name each selection once in the condition, or split the rule"))
    }

    fn name(&mut self, name: &str) -> FieldName {
        if let Some(n) = self.names.get(name) {
            return n.clone();
        }
        let shared: FieldName = name.into();
        self.names.insert(name.to_owned(), shared.clone());
        shared
    }

    pub(super) fn condition(&mut self, detection: &Detection, condition: &Condition, root: &str) -> Result<Expr, Error> {
        Ok(match condition {
            Condition::Or(items) => Expr::any(self.conditions(detection, items, root)?),
            Condition::And(items) => Expr::all(self.conditions(detection, items, root)?),
            Condition::Not(item) => self.condition(detection, item, root)?.not(),
            Condition::Selection(name) => match detection.selections.iter().find(|(n, _)| n == name) {
                Some((name, selection)) => self.selection(selection, &format!("{root}.{name}"))?,
                // Reading the detection has refused such names already.
                None => Expr::FALSE,
            },
            Condition::Quantified { quantity, of } => {
                let mut all = Vec::new();
                for (name, selection) in detection.matching(of) {
                    all.push(self.selection(selection, &format!("{root}.{name}"))?);
                }
                match quantity {
                    Quantifier::All => Expr::all(all),
                    Quantifier::AtLeast(1) => Expr::any(all),
                    Quantifier::AtLeast(n) => Expr::AtLeast(*n, all),
                }
            }
        })
    }

    fn conditions(&mut self, detection: &Detection, items: &[Condition], root: &str) -> Result<Vec<Expr>, Error> {
        items.iter().map(|i| self.condition(detection, i, root)).collect()
    }

    fn selection(&mut self, selection: &Selection, path: &str) -> Result<Expr, Error> {
        Ok(match selection {
            Selection::All(items) => Expr::all(items.iter().map(|i| self.item_at(i, path)).collect::<Result<_, _>>()?),
            Selection::Any(items) => Expr::any(items.iter().map(|i| self.selection(i, path)).collect::<Result<_, _>>()?),
            Selection::Keywords(item) => self.item(item, path)?,
        })
    }

    fn item_at(&mut self, item: &DetectionItem, path: &str) -> Result<Expr, Error> {
        // The path is for messages only: most items never need it.
        self.item(item, path).map_err(|mut e| {
            if e.path == path {
                e.path = format!("{path}.{}", item.key());
            }
            e
        })
    }

    pub(super) fn item(&mut self, item: &DetectionItem, path: &str) -> Result<Expr, Error> {
        let chain = ModifierChain::new(&item.modifiers).map_err(|(m, h)| Error::new(ErrorKind::Modifier, path, item.pos, m).help(h))?;
        let field = item.field.as_deref().map(|f| self.name(f));
        let mut values = Vec::with_capacity(item.values.len());
        for (i, value) in item.values.iter().enumerate() {
            let pos = item.value_pos.get(i).copied().unwrap_or(item.pos);
            let expr = self.value(field.as_ref(), &chain, value, path, pos)?;
            self.count(&expr, value.text().map_or(0, str::len), path, pos)?;
            values.push(expr);
        }
        let expr = if chain.all { Expr::all(values) } else { Expr::any(values) };
        Ok(if chain.neq { expr.not() } else { expr })
    }

    fn value(&mut self, field: Option<&FieldName>, chain: &ModifierChain, value: &Value, path: &str, pos: Pos) -> Result<Expr, Error> {
        let test = |t: Test| Expr::Test(field.cloned(), t);
        let error = |message: String| Error::new(ErrorKind::Value, path, pos, message);
        let wants = |what: &str| error(format!("expected {what}, found {}", value.describe()));
        if field.is_none() && !matches!(chain.kind, ComparisonKind::Plain | ComparisonKind::Regex(_)) {
            return Err(error("this comparison needs a field".into()).help("write the name of a field before the modifiers"));
        }
        match chain.kind {
            ComparisonKind::Plain => self.plain(field, chain, value, path, pos),
            ComparisonKind::Regex(flags) => {
                let Some(text) = value.text() else { return Err(wants("a regular expression")) };
                let mut out = Vec::new();
                for text in self.regex_texts(text, chain.expand, path, pos)? {
                    out.push(test(Test::Regex(regex_of(&text, flags, chain.ends).map_err(|e| {
                        let kind = if e.kind.is_irregular() { ErrorKind::UnsupportedRegex } else { ErrorKind::Value };
                        Error::new(kind, path, pos, e.to_string())
                            .help("Sigma's regular expressions are PCRE without look-around and back-references")
                    })?)));
                }
                Ok(Expr::any(out))
            }
            ComparisonKind::Cidr => {
                let Some(text) = value.text() else { return Err(wants("a network")) };
                let mut out = Vec::new();
                for text in self.plain_texts(text, chain.expand, path, pos)? {
                    let net = network(&text)
                        .map_err(|m| error(m).help("write a network such as 10.0.0.0/8 or fe80::/10, or a single address"))?;
                    out.push(test(Test::Cidr(net)));
                }
                Ok(Expr::any(out))
            }
            ComparisonKind::Exists => match truth(value) {
                Some(true) => Ok(test(Test::Exists)),
                Some(false) => Ok(test(Test::Exists).not()),
                None => Err(wants("true or false")),
            },
            ComparisonKind::Compare(comparison) => {
                let n = number(value).ok_or_else(|| wants("a number"))?;
                Ok(test(Test::Number(Interval::compared(comparison, n))))
            }
            ComparisonKind::Time(part, comparison) => {
                let n =
                    number(value).and_then(Number::as_int).and_then(|i| i64::try_from(i).ok()).ok_or_else(|| wants("a whole number"))?;
                let (low, high) = bounds(part);
                if n < low || n > high {
                    return Err(error(format!("there is no {} {n}: it runs from {low} to {high}", part.name())));
                }
                Ok(test(Test::Time(part, comparison, n)))
            }
            ComparisonKind::FieldRef => match value {
                Value::Text(name) if !name.is_empty() && !name.contains(['*', '?']) => {
                    let relation = match (chain.ends.start, chain.ends.end) {
                        (false, false) => FieldRelation::Equals,
                        (false, true) => FieldRelation::StartsWith,
                        (true, false) => FieldRelation::EndsWith,
                        (true, true) => FieldRelation::Contains,
                    };
                    let case = if chain.cased { Case::Sensitive } else { Case::Insensitive };
                    Ok(test(Test::Field(FieldTest { other: self.name(name), relation, case })))
                }
                Value::Text(_) => Err(error("expected the name of a field, without wildcards".into())),
                _ => Err(wants("the name of a field")),
            },
        }
    }

    fn plain(&mut self, field: Option<&FieldName>, chain: &ModifierChain, value: &Value, path: &str, pos: Pos) -> Result<Expr, Error> {
        let test = |t: Test| Expr::Test(field.cloned(), t);
        let bare = chain.ends == OpenEnds::default() && chain.transforms.is_empty();
        let text = match value {
            Value::Null if bare && field.is_some() => return Ok(test(Test::Exists).not()),
            Value::Null => {
                return Err(Error::new(ErrorKind::Value, path, pos, "null means a missing field and cannot be combined with modifiers"));
            }
            // A keyword is always text.
            Value::Number(n) if bare && field.is_some() => return Ok(test(Test::Number(Interval::point(n.0)))),
            Value::Bool(b) if bare && field.is_some() => return Ok(test(Test::Bool(*b))),
            other => other.text().unwrap_or_default(),
        };
        let case = if chain.cased { Case::Sensitive } else { Case::Insensitive };
        let patterns = if chain.expand { self.expanded(text, case, path, pos)? } else { vec![pattern(text, case)] };
        let mut out = Vec::with_capacity(patterns.len());
        for p in patterns {
            let tests = if chain.transforms.is_empty() {
                vec![Test::Pattern(p)]
            } else {
                encode::transform(&p, &chain.transforms).map_err(|(m, h)| Error::new(ErrorKind::Value, path, pos, m).help(h))?
            };
            for t in tests {
                out.push(test(open(t, chain.ends, field.is_none())));
            }
            if out.len() > MAX_ALTERNATIVES {
                return Err(Error::new(ErrorKind::Value, path, pos, format!("the value stands for more than {MAX_ALTERNATIVES} others")));
            }
        }
        Ok(Expr::any(out))
    }

    /// The patterns that a text with placeholders expands to.
    fn expanded(&self, text: &str, case: Case, path: &str, pos: Pos) -> Result<Vec<Pattern>, Error> {
        let mut out = vec![Pattern::literal("", case)];
        for piece in pieces(text) {
            let choices: Vec<Pattern> = self.choices(&piece, path, pos)?.iter().map(|t| pattern(t, case)).collect();
            product(&mut out, &choices, |p, choice| choice.parts().iter().for_each(|part| p.push(part.clone())));
            too_many(out.len(), text, path, pos)?;
        }
        Ok(out)
    }

    fn choices(&self, piece: &Piece, path: &str, pos: Pos) -> Result<Vec<String>, Error> {
        match piece {
            Piece::Text(t) => Ok(vec![t.clone()]),
            Piece::Placeholder(name) => self.placeholders.values(name).map(<[String]>::to_vec).ok_or_else(|| {
                Error::new(ErrorKind::Placeholder, path, pos, format!("the placeholder %{name}% has no values"))
                    .help(format!("give them with --placeholders FILE, a YAML mapping such as `{name}: [value, value]`"))
            }),
        }
    }

    /// Regular expressions: the values of placeholders are text, with Sigma's wildcards.
    fn regex_texts(&self, text: &str, expand: bool, path: &str, pos: Pos) -> Result<Vec<String>, Error> {
        if !expand {
            return Ok(vec![text.to_owned()]);
        }
        let mut out = vec![String::new()];
        for piece in pieces(text) {
            let mut choices = self.choices(&piece, path, pos)?;
            if matches!(piece, Piece::Placeholder(_)) {
                for c in &mut choices {
                    let re = Re::from_pattern(&pattern(c, Case::Sensitive));
                    *c = format!("(?s:{})", regex::print(&re, &regex::Rust));
                }
            }
            product(&mut out, &choices, |s, choice| s.push_str(choice));
            too_many(out.len(), text, path, pos)?;
        }
        Ok(out)
    }

    fn plain_texts(&self, text: &str, expand: bool, path: &str, pos: Pos) -> Result<Vec<String>, Error> {
        if !expand {
            return Ok(vec![text.to_owned()]);
        }
        let mut out = vec![String::new()];
        for piece in pieces(text) {
            product(&mut out, &self.choices(&piece, path, pos)?, |s, choice| s.push_str(choice));
            too_many(out.len(), text, path, pos)?;
        }
        Ok(out)
    }
}

/// Every one of `out` continued by every one of `choices`.
fn product<T: Clone, C>(out: &mut Vec<T>, choices: &[C], add: impl Fn(&mut T, &C)) {
    let continued = std::mem::take(out);
    out.reserve(continued.len() * choices.len());
    for start in &continued {
        for choice in choices {
            if out.len() > MAX_ALTERNATIVES {
                return;
            }
            let mut next = start.clone();
            add(&mut next, choice);
            out.push(next);
        }
    }
}

fn too_many(n: usize, text: &str, path: &str, pos: Pos) -> Result<(), Error> {
    // Of a long text there are fewer.
    if n > MAX_ALTERNATIVES || n > 1 && n.saturating_mul(text.len()) > MAX_COMPARISONS * TEXT_OF_ONE {
        return Err(Error::new(
            ErrorKind::Placeholder,
            path,
            pos,
            format!("the placeholders stand for more than {MAX_ALTERNATIVES} values"),
        ));
    }
    Ok(())
}

/// Opens the ends of a value. A keyword may occur anywhere in the text of the event.
fn open(test: Test, ends: OpenEnds, keyword: bool) -> Test {
    match test {
        Test::Pattern(mut p) => {
            if ends.start || keyword {
                p = p.open_start();
            }
            if ends.end || keyword {
                p = p.open_end();
            }
            Test::Pattern(p)
        }
        Test::Regex(mut re) => {
            if ends.start || keyword {
                re = Re::concat([Re::anything(), re]);
            }
            if ends.end || keyword {
                re = Re::concat([re, Re::anything()]);
            }
            Test::Regex(re)
        }
        other => other,
    }
}

fn regex_of(text: &str, flags: RegexFlags, ends: OpenEnds) -> Result<Re, regex::RegexError> {
    match (ends.start, ends.end) {
        // The search is unanchored: `contains` adds nothing, the others hold one end.
        (false, false) | (true, true) => regex::parse(text, flags),
        (false, true) => regex::parse(&format!(r"\A(?:{text})"), flags),
        (true, false) => regex::parse(&format!(r"(?:{text})\z"), flags),
    }
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Number(n) => Some(n.0),
        Value::Text(t) => Number::parse(t.trim()),
        Value::Null | Value::Bool(_) => None,
    }
}

fn bounds(part: TimePart) -> (i64, i64) {
    match part {
        TimePart::Minute => (0, 59),
        TimePart::Hour => (0, 23),
        TimePart::Day => (1, 31),
        TimePart::Week => (1, 53),
        TimePart::Month => (1, 12),
        TimePart::Year => (1970, 9999),
    }
}

fn network(text: &str) -> Result<ipnet::IpNet, String> {
    let text = text.trim();
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(ip.into());
    }
    let net: ipnet::IpNet = text.parse().map_err(|_| format!("`{text}` is not a network"))?;
    if net.addr() != net.network() {
        return Err(format!("`{text}` has bits set behind its prefix; the network is {}", net.trunc()));
    }
    Ok(net)
}

/// A boolean, as pySigma reads it: its reader of YAML is of version 1.1, where `yes`, `no`, `on` and `off` are booleans, too.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::Text(t) => match t.as_str() {
            "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
            "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

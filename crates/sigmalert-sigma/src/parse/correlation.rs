//! Correlations.

use crate::ast::aggregation::Relation;
use crate::ast::condition::Condition;
use crate::ast::correlation::{Alias, Correlation, CorrelationCondition, CorrelationKind};
use crate::ast::parsed_condition::ParsedCondition;
use crate::ast::rule::Attributes;
use crate::ast::timespan::Timespan;
use crate::error::{Error, ErrorKind, Warning};
use crate::yaml::{Kind, Node, Pos};

const KEYS: [&str; 7] = ["type", "rules", "group-by", "timespan", "aliases", "condition", "generate"];

impl Correlation {
    pub(super) fn read(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let attributes = Attributes::read(node, &["correlation"], warnings)?;
        let fail = |path: &str, pos: Pos, message: String| Error::new(ErrorKind::Correlation, format!("correlation{path}"), pos, message);
        let Some(body) = node.get("correlation").filter(|b| b.as_map().is_some()) else {
            return Err(fail("", node.pos, "expected a mapping".into()));
        };
        for (key, _) in body.as_map().unwrap_or_default() {
            if !KEYS.contains(&key.text.as_ref()) {
                return Err(
                    fail(&format!(".{}", key.text), key.pos, "unknown key".into()).help(format!("the keys are {}", KEYS.join(", ")))
                );
            }
        }
        let Some(kind_node) = body.get("type") else {
            return Err(fail(".type", body.pos, "the type is missing".into()).help("name one, such as `type: event_count`"));
        };
        let kind = kind_node.text().and_then(|t| CorrelationKind::ALL.iter().find(|(n, _)| *n == t)).map(|(_, k)| *k).ok_or_else(|| {
            fail(".type", kind_node.pos, format!("`{}` is not a correlation type", kind_node.text().unwrap_or_default()))
                .help(format!("the types are {}", CorrelationKind::ALL.map(|(n, _)| n).join(", ")))
        })?;
        let Some(rules_node) = body.get("rules") else {
            return Err(fail(".rules", body.pos, "the rules are missing".into()).help("list the ids or names of the rules it is over"));
        };
        let rules = texts(rules_node, "correlation.rules", ErrorKind::Correlation)?;
        if rules.is_empty() {
            return Err(
                fail(".rules", rules_node.pos, "the list of rules is empty".into()).help("list the ids or names of the rules it is over")
            );
        }
        if kind.is_temporal() && rules.len() < 2 {
            return Err(fail(".rules", rules_node.pos, format!("`{}` needs two rules at least", kind.name())));
        }
        let group_by = body.get("group-by").map_or_else(|| Ok(vec![]), |n| texts(n, "correlation.group-by", ErrorKind::Correlation))?;
        let timespan_node = body.get("timespan").ok_or_else(|| {
            fail(".timespan", body.pos, "the timespan is missing".into()).help("write a number and one of s, m, h, d, such as 5m")
        })?;
        let timespan = timespan_node.text().and_then(Timespan::parse).ok_or_else(|| {
            fail(".timespan", timespan_node.pos, format!("`{}` is not a duration", timespan_node.text().unwrap_or_default()))
                .help("write a number and one of s, m, h, d, w, M, y, such as 5m")
        })?;
        let generate = match body.get("generate").map(|n| (n, n.as_scalar())) {
            None => false,
            Some((_, Some(crate::yaml::Scalar::Bool(b, _)))) => *b,
            Some((n, _)) => return Err(Error::expected(ErrorKind::Correlation, "correlation.generate", n, "true or false")),
        };
        let aliases = body.get("aliases").map_or_else(|| Ok(vec![]), aliases)?;
        let condition = condition_of(kind, body, &rules)?;
        Ok(Self { attributes, kind, rules, group_by, timespan, aliases, condition, generate, pos: node.pos, rules_pos: rules_node.pos })
    }
}

/// A list of texts, or a single one.
pub(super) fn texts(node: &Node<'_>, path: &str, kind: ErrorKind) -> Result<Vec<String>, Error> {
    let items = match &node.kind {
        Kind::Seq(items) => items.iter().collect(),
        _ if node.is_null() => vec![],
        _ => vec![node],
    };
    items.into_iter().map(|i| i.text().map(str::to_owned).ok_or_else(|| Error::expected(kind, path, i, "text"))).collect()
}

fn aliases(node: &Node<'_>) -> Result<Vec<Alias>, Error> {
    let path = "correlation.aliases";
    let entries = node.as_map().ok_or_else(|| Error::expected(ErrorKind::Correlation, path, node, "a mapping from alias to fields"))?;
    entries
        .iter()
        .map(|(key, value)| {
            let path = format!("{path}.{}", key.text);
            let fields = value
                .as_map()
                .ok_or_else(|| Error::expected(ErrorKind::Correlation, &path, value, "a mapping from rule to field"))?
                .iter()
                .map(|(rule, field)| {
                    let field = field.text().ok_or_else(|| Error::expected(ErrorKind::Correlation, &path, field, "the name of a field"))?;
                    Ok((rule.text.to_string(), field.to_owned()))
                })
                .collect::<Result<_, Error>>()?;
            Ok(Alias { name: key.text.to_string(), fields })
        })
        .collect()
}

fn condition_of(kind: CorrelationKind, body: &Node<'_>, rules: &[String]) -> Result<CorrelationCondition, Error> {
    let path = "correlation.condition";
    let fail = |pos: Pos, message: String| Error::new(ErrorKind::Correlation, path, pos, message);
    let Some(node) = body.get("condition") else {
        if kind.is_temporal() {
            return Ok(CorrelationCondition::All);
        }
        return Err(fail(body.pos, format!("`{}` needs a condition", kind.name())).help("write a bound, such as `gte: 10`"));
    };
    if let Some(text) = node.text().filter(|_| kind.is_temporal()) {
        let parsed = ParsedCondition::parse(text).map_err(|e| fail(node.pos, e.message))?;
        let (mut unknown, known) = (None, rules.iter().collect::<std::collections::HashSet<_>>());
        parsed.condition.for_each(&mut |c| {
            if let Condition::Selection(name) = c
                && !known.contains(name)
            {
                unknown.get_or_insert_with(|| name.clone());
            }
        });
        if let Some(name) = unknown {
            return Err(fail(node.pos, format!("`{name}` is not one of the rules")).help(format!("the rules are {}", rules.join(", "))));
        }
        return Ok(CorrelationCondition::Logic(parsed));
    }
    let entries =
        node.as_map().ok_or_else(|| Error::expected(ErrorKind::Correlation, path, node, "a mapping with a bound, such as `gte: 10`"))?;
    let (mut fields, mut bounds, mut percentile) = (vec![], vec![], None);
    for (key, value) in entries {
        let number = || match value.as_scalar() {
            #[allow(clippy::cast_precision_loss, reason = "counts are small")]
            Some(crate::yaml::Scalar::Int(i, _)) => Ok(*i as f64),
            Some(crate::yaml::Scalar::Float(f, _)) if f.is_finite() => Ok(*f),
            _ => Err(Error::expected(ErrorKind::Correlation, format!("{path}.{}", key.text), value, "a number")),
        };
        match key.text.as_ref() {
            "field" => fields = texts(value, path, ErrorKind::Correlation)?,
            "percentile" => percentile = Some(number()?),
            word => match Relation::from_word(word) {
                Some(r) => bounds.push((r, number()?)),
                None => {
                    return Err(
                        fail(key.pos, format!("unknown key `{word}`")).help("the keys are field, percentile, gt, gte, lt, lte, eq, neq")
                    );
                }
            },
        }
    }
    if bounds.is_empty() || bounds.len() > 2 {
        return Err(fail(node.pos, format!("expected one bound, or two that make a range, found {}", bounds.len())));
    }
    if kind.needs_field() && fields.is_empty() {
        return Err(fail(node.pos, format!("`{}` needs a field", kind.name())).help("add `field: NAME` beside the bound"));
    }
    if kind != CorrelationKind::ValueCount && fields.len() > 1 {
        return Err(fail(node.pos, format!("`{}` takes one field", kind.name())));
    }
    if !kind.needs_field() && !fields.is_empty() {
        return Err(fail(node.pos, format!("`{}` takes no field", kind.name())));
    }
    if kind == CorrelationKind::ValuePercentile {
        match percentile {
            Some(p) if (0.0..=100.0).contains(&p) => {}
            Some(_) => return Err(fail(node.pos, "the percentile lies between 0 and 100".into())),
            None => return Err(fail(node.pos, "`value_percentile` needs `percentile`".into())),
        }
    } else if percentile.is_some() {
        return Err(fail(node.pos, format!("`{}` takes no percentile", kind.name())));
    }
    Ok(CorrelationCondition::Bounds { fields, bounds, percentile })
}

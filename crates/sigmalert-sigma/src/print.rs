//! Documents back to YAML with the same meaning.

use crate::ast::correlation::{Correlation, CorrelationCondition};
use crate::ast::detection::{Detection, DetectionItem, Selection};
use crate::ast::document::Document;
use crate::ast::filter::Filter;
use crate::ast::logsource::Logsource;
use crate::ast::rule::{Attributes, Rule};
use crate::yaml::Value;

/// The document as YAML. [`crate::yaml::emit`] makes text of it, which reads back to an equal document but for
/// places.
pub fn to_yaml(document: &Document) -> Value {
    let mut out = Vec::new();
    match document {
        Document::Rule(Rule { attributes, logsource, detection, .. }) => {
            attributes_to(&mut out, attributes);
            out.push(("logsource".to_owned(), logsource_of(logsource)));
            out.push(("detection".to_owned(), Value::Map(detection_of(detection))));
        }
        Document::Correlation(c) => {
            attributes_to(&mut out, &c.attributes);
            out.push(("correlation".to_owned(), correlation(c)));
        }
        Document::Filter(Filter { attributes, logsource, rules, detection, .. }) => {
            attributes_to(&mut out, attributes);
            out.push(("logsource".to_owned(), logsource_of(logsource)));
            let mut body = vec![("rules".to_owned(), rules.as_ref().map_or_else(|| "any".into(), |r| list(r)))];
            body.extend(detection_of(detection));
            out.push(("filter".to_owned(), Value::Map(body)));
        }
    }
    Value::Map(out)
}

fn list(items: &[String]) -> Value {
    Value::List(items.iter().map(|i| i.as_str().into()).collect())
}

fn attributes_to(out: &mut Vec<(String, Value)>, a: &Attributes) {
    let mut text = |key: &str, value: Option<&str>| {
        if let Some(v) = value {
            out.push((key.to_owned(), v.into()));
        }
    };
    text("title", Some(&a.title));
    text("id", a.id.as_deref());
    text("name", a.name.as_deref());
    text("taxonomy", a.taxonomy.as_deref());
    text("status", a.status.map(super::Status::name));
    text("description", a.description.as_deref());
    text("license", a.license.as_deref());
    text("author", a.author.as_deref());
    text("date", a.date.as_deref());
    text("modified", a.modified.as_deref());
    text("level", a.level.map(super::Level::name));
    for (key, items) in [
        ("references", &a.references),
        ("tags", &a.tags),
        ("falsepositives", &a.falsepositives),
        ("fields", &a.fields),
        ("scope", &a.scope),
    ] {
        if !items.is_empty() {
            out.push((key.to_owned(), list(items)));
        }
    }
    if !a.related.is_empty() {
        let related =
            a.related.iter().map(|r| Value::Map(vec![("id".into(), r.id.as_str().into()), ("type".into(), r.kind.as_str().into())]));
        out.push(("related".to_owned(), Value::List(related.collect())));
    }
    out.extend(a.custom.iter().cloned());
}

fn logsource_of(l: &Logsource) -> Value {
    let named = [("product", &l.product), ("category", &l.category), ("service", &l.service), ("definition", &l.definition)];
    let mut out: Vec<(String, Value)> =
        named.into_iter().filter_map(|(k, v)| v.as_ref().map(|v| (k.to_owned(), v.as_str().into()))).collect();
    out.extend(l.custom.iter().map(|(k, v)| (k.clone(), v.as_str().into())));
    Value::Map(out)
}

fn detection_of(d: &Detection) -> Vec<(String, Value)> {
    let mut out: Vec<(String, Value)> = d.selections.iter().map(|(n, s)| (n.clone(), selection(s))).collect();
    if let Some(t) = d.timeframe {
        out.push(("timeframe".into(), t.to_string().into()));
    }
    let mut conditions: Vec<Value> = d
        .conditions
        .iter()
        .map(|p| {
            let mut text = p.condition.to_string();
            if let Some(a) = &p.aggregation {
                text.push_str(" | ");
                text.push_str(&a.to_string());
            }
            text.into()
        })
        .collect();
    out.push(("condition".into(), if conditions.len() == 1 { conditions.remove(0) } else { Value::List(conditions) }));
    out
}

fn selection(s: &Selection) -> Value {
    match s {
        Selection::All(items) => Value::Map(items.iter().map(|i| (i.key(), values(i))).collect()),
        Selection::Any(items) => Value::List(items.iter().map(selection).collect()),
        Selection::Keywords(item) => values(item),
    }
}

fn values(item: &DetectionItem) -> Value {
    if item.is_list {
        Value::List(item.values.iter().map(super::Value::to_yaml).collect())
    } else {
        item.values.first().map_or(Value::Null, super::Value::to_yaml)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "whole by the test before")]
fn number(f: f64) -> Value {
    if f.fract() == 0.0 && f.abs() < 1e15 { Value::Int(f as i128) } else { Value::Float(f) }
}

fn correlation(c: &Correlation) -> Value {
    let mut out = vec![("type".to_owned(), c.kind.name().into()), ("rules".to_owned(), list(&c.rules))];
    if !c.group_by.is_empty() {
        out.push(("group-by".into(), list(&c.group_by)));
    }
    out.push(("timespan".into(), c.timespan.to_string().into()));
    if !c.aliases.is_empty() {
        let aliases = c
            .aliases
            .iter()
            .map(|a| (a.name.clone(), Value::Map(a.fields.iter().map(|(rule, field)| (rule.clone(), field.as_str().into())).collect())));
        out.push(("aliases".into(), Value::Map(aliases.collect())));
    }
    match &c.condition {
        CorrelationCondition::All => {}
        CorrelationCondition::Logic(p) => out.push(("condition".into(), p.condition.to_string().into())),
        CorrelationCondition::Bounds { fields, bounds, percentile } => {
            let mut body: Vec<(String, Value)> = bounds.iter().map(|(r, v)| (r.word().to_owned(), number(*v))).collect();
            match fields.as_slice() {
                [] => {}
                [one] => body.push(("field".into(), one.as_str().into())),
                many => body.push(("field".into(), list(many))),
            }
            if let Some(p) = percentile {
                body.push(("percentile".into(), number(*p)));
            }
            out.push(("condition".into(), Value::Map(body)));
        }
    }
    if c.generate {
        out.push(("generate".into(), true.into()));
    }
    Value::Map(out)
}

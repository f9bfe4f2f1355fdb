//! How much of a set of rules a mapping has a place for.

use super::{FieldLocation, Mapping};
use sigmalert_query::Expr;
use sigmalert_query::Test;
use sigmalert_sigma::{Document, Placeholders};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What a mapping says of the logsources and fields of rules.
#[derive(Debug, Default)]
pub struct Coverage {
    /// By logsource.
    pub logsources: BTreeMap<String, LogsourceFields>,
}

/// The fields that the rules of one logsource ask for.
#[derive(Debug, Default)]
pub struct LogsourceFields {
    /// How many rules there are.
    pub rules: usize,
    /// Each field with the number of rules that ask for it, and where the schema has it.
    pub fields: BTreeMap<String, (usize, FieldLocation)>,
    /// Why the schema has no events of the logsource, where it has none.
    pub no_events: Option<String>,
}

impl Coverage {
    /// Of the rules among some documents. Rules that cannot be read as a condition have no fields.
    pub fn of<'d>(mapping: &Mapping, documents: impl IntoIterator<Item = &'d Document>) -> Self {
        let placeholders = Placeholders::default();
        let mut out = Self::default();
        for document in documents {
            let Document::Rule(rule) = document else { continue };
            let row = out.logsources.entry(rule.logsource.to_string()).or_default();
            row.rules += 1;
            let mut fields = BTreeSet::new();
            if let Ok(expr) = Expr::from_rule(rule, &placeholders) {
                expr.for_each_test(&mut |field, test| {
                    fields.extend(field.map(ToString::to_string));
                    if let Test::Field(f) = test {
                        fields.insert(f.other.to_string());
                    }
                });
            }
            for field in fields {
                let (rules, place) = row.fields.entry(field).or_insert_with_key(|f| (0, mapping.place(&rule.logsource, f)));
                *rules += 1;
                if let (FieldLocation::NoEvents(reason), None) = (place, &row.no_events) {
                    row.no_events = Some(reason.clone());
                }
            }
        }
        out
    }

    /// The fields of which the mapping says neither where they are nor why they are nowhere: logsource, field, rules.
    pub fn gaps(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.logsources.iter().flat_map(|(logsource, row)| {
            let open = row.fields.iter().filter(|(_, (_, p))| matches!(p, FieldLocation::Unknown | FieldLocation::Nowhere(None)));
            open.map(move |(field, (rules, _))| (logsource.as_str(), field.as_str(), *rules))
        })
    }

    /// A table by logsource, and below it what has no place, as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out =
            String::from("| logsource | rules | fields | named | by default | nowhere |\n| --- | --: | --: | --: | --: | --: |\n");
        let mut sum = [0; 5];
        for (logsource, row) in &self.logsources {
            let count = |f: fn(&FieldLocation) -> bool| row.fields.values().filter(|(_, p)| f(p)).count();
            let named = count(|p| matches!(p, FieldLocation::Named(_)));
            let default = count(|p| matches!(p, FieldLocation::Default(_)));
            let numbers = [row.rules, row.fields.len(), named, default, row.fields.len() - named - default];
            let [rules, fields, named, default, nowhere] = numbers;
            let nowhere = if row.no_events.is_some() { "no events".to_owned() } else { nowhere.to_string() };
            _ = writeln!(out, "| {logsource} | {rules} | {fields} | {named} | {default} | {nowhere} |");
            sum.iter_mut().zip(numbers).for_each(|(s, n)| *s += n);
        }
        let [rules, fields, named, default, nowhere] = sum;
        _ = writeln!(out, "| all | {rules} | {fields} | {named} | {default} | {nowhere} |");
        let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (logsource, row) in &self.logsources {
            if let Some(reason) = &row.no_events {
                reasons.entry(reason.clone()).or_default().push(format!("all of {logsource}"));
                continue;
            }
            for (field, (_, place)) in &row.fields {
                let reason = match place {
                    FieldLocation::Nowhere(reason) => reason.clone().unwrap_or_else(|| "no reason is given".to_owned()),
                    FieldLocation::Unknown => "the mapping does not mention it".to_owned(),
                    _ => continue,
                };
                reasons.entry(reason).or_default().push(format!("{field} ({logsource})"));
            }
        }
        if !reasons.is_empty() {
            out.push_str("\nNowhere:\n\n");
        }
        for (reason, what) in reasons {
            _ = writeln!(out, "- {reason}: {}", what.join(", "));
        }
        out
    }
}

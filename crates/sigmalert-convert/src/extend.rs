//! Correlations and aggregations that no rule type of ElastAlert says, as rules of sigmalert's own type.

use super::job::{Extended, Job};
use super::{ConvertError, Notice, NoticeKind, Query};
use crate::mapping::{Applied, Note};
use sigmalert_elastalert::{CorrelationMember, CorrelationSpec, CorrelationTrigger, CorrelationType, Filter, MemberSource, RuleTypeError};
use sigmalert_query::{Expr, simplify};
use sigmalert_sigma::{
    self as sigma, Aggregation, Condition, Correlation, CorrelationCondition, Function, Logsource, ParsedCondition, Quantifier, Resolved,
    Rule, Selector,
};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What the members of an extension have in common, gathered while they are made.
#[derive(Default)]
struct Gathered {
    exprs: Vec<Expr>,
    indices: Vec<String>,
    timestamp: Option<String>,
    notes: BTreeSet<Note>,
    notices: BTreeSet<Notice>,
    /// What documents came to, by their place: correlations may name one many times.
    known: HashMap<usize, ResolvedMember>,
}

/// What a document under a correlation came to.
#[derive(Clone)]
struct ResolvedMember {
    source: MemberSource,
    /// How many bytes of filters it has when it is written.
    bytes: usize,
}

/// How many bytes of filters a rule file holds at most: half of what is read of one.
const MAX_BYTES: usize = 8 << 20;
/// How long a condition behind `near` is at most.
const MAX_CONDITION: usize = 64 << 10;
/// What a member takes besides its filter, roughly.
const MEMBER_BYTES: usize = 200;

fn refuse<T>(what: impl Into<String>, help: impl Into<String>) -> Result<T, ConvertError> {
    Err(RuleTypeError { what: what.into(), help: help.into() }.into())
}

impl Job<'_> {
    /// The extension of a correlation.
    pub(super) fn extend(&self, resolved: &Resolved<'_>) -> Result<Extended, ConvertError> {
        let mut gathered = Gathered::default();
        let extension = self.correlation_extension(resolved, &mut gathered)?;
        Ok(gathered.finish(extension, "no ElastAlert rule type can express it: use sigmalert run"))
    }

    /// The extension of a rule with an aggregation.
    pub(super) fn extend_aggregation(&self, r: &Rule, aggregation: &Aggregation) -> Result<Extended, ConvertError> {
        let mut gathered = Gathered::default();
        let extension = self.aggregation_extension(r, aggregation, &mut gathered)?;
        Ok(gathered.finish(extension, "no ElastAlert rule type can express it: use sigmalert run"))
    }

    fn correlation_extension(&self, resolved: &Resolved<'_>, gathered: &mut Gathered) -> Result<CorrelationSpec, ConvertError> {
        let c = resolved.correlation;
        let fields: &[String] = match &c.condition {
            CorrelationCondition::Bounds { fields, .. } => fields,
            _ => &[],
        };
        let (mut members, mut bytes) = (Vec::new(), 0);
        for ((at, member), key) in resolved.rules.iter().zip(&c.rules) {
            // An alias that names no field for a rule leaves its own name: the rule's events may have it as it is.
            let names = |field: &String| alias(c, field, key, member).unwrap_or(field).to_owned();
            let (group_by, counted): (Vec<String>, Vec<String>) =
                (c.group_by.iter().map(names).collect(), fields.iter().map(names).collect());
            let known = match gathered.known.get(at) {
                Some(known) => known.clone(),
                None => {
                    let known = self.known(member, gathered)?;
                    gathered.known.insert(*at, known.clone());
                    known
                }
            };
            bytes += known.bytes + MEMBER_BYTES;
            if bytes > MAX_BYTES {
                let message = format!("written out, the rules of the correlation have more than {} MiB", MAX_BYTES >> 20);
                let error = sigma::Error::new(sigma::ErrorKind::Size, "correlation.rules", c.rules_pos, message);
                return Err(error.help("name each rule once, or split the correlation").into());
            }
            let (group_by, fields) = match (member, &known.source) {
                (sigma::CorrelationMember::Correlation(inner), MemberSource::Correlation(extension)) => {
                    // A match of a correlation carries the fields that it is grouped by.
                    let of = |names: &[String]| -> Vec<Vec<String>> {
                        names
                            .iter()
                            .map(|n| {
                                let at = inner.correlation.group_by.iter().position(|g| g == n);
                                let first = extension.members.first();
                                at.and_then(|at| first.and_then(|m| m.group_by.get(at))).cloned().unwrap_or_else(|| vec![n.clone()])
                            })
                            .collect()
                    };
                    (of(&group_by), of(&counted))
                }
                (sigma::CorrelationMember::Rule(r), _) => {
                    (self.stored(&r.logsource, &group_by, gathered), self.stored(&r.logsource, &counted, gathered))
                }
                _ => (Vec::new(), Vec::new()),
            };
            members.push(CorrelationMember { name: key.clone(), source: known.source, group_by, fields });
        }
        let trigger = match &c.condition {
            CorrelationCondition::All => CorrelationTrigger::All,
            CorrelationCondition::Logic(parsed) => CorrelationTrigger::Logic(parsed.clone()),
            CorrelationCondition::Bounds { bounds, .. } => CorrelationTrigger::Bounds(bounds.clone()),
        };
        let percentile = match &c.condition {
            CorrelationCondition::Bounds { percentile, .. } => *percentile,
            _ => None,
        };
        let correlation_type = CorrelationType::from_sigma(c.kind, percentile);
        Ok(CorrelationSpec { correlation_type, timeframe: c.timespan.into(), trigger, members })
    }

    /// What a rule or a correlation under a correlation finds.
    fn known(&self, member: &sigma::CorrelationMember<'_>, gathered: &mut Gathered) -> Result<ResolvedMember, ConvertError> {
        let (extension, bytes) = match member {
            sigma::CorrelationMember::Rule(r) => match r.detection.conditions.iter().find_map(|p| p.aggregation.as_ref()) {
                None => {
                    let source = self.source(self.apply(r)?, gathered)?;
                    let bytes = written(&source);
                    return Ok(ResolvedMember { source, bytes });
                }
                Some(a) => {
                    let extension = self.aggregation_extension(r, a, gathered)?;
                    let bytes = extension.members.iter().map(|m| written(&m.source) + MEMBER_BYTES).sum();
                    (extension, bytes)
                }
            },
            sigma::CorrelationMember::Correlation(inner) => {
                let extension = self.correlation_extension(inner, gathered)?;
                let bytes = inner.rules.iter().filter_map(|(at, _)| gathered.known.get(at)).map(|k| k.bytes + MEMBER_BYTES).sum();
                (extension, bytes)
            }
        };
        Ok(ResolvedMember { source: MemberSource::Correlation(Arc::new(extension)), bytes })
    }

    fn aggregation_extension(&self, r: &Rule, aggregation: &Aggregation, gathered: &mut Gathered) -> Result<CorrelationSpec, ConvertError> {
        let timeframe = r.detection.timeframe.unwrap_or(sigmalert_elastalert::DEFAULT_TIMEFRAME).into();
        match aggregation {
            Aggregation::Metric { function, field, by, relation, value } => {
                let correlation_type = match (function, field) {
                    (Function::Count, None) => CorrelationType::EventCount,
                    (Function::Count, Some(_)) => CorrelationType::ValueCount,
                    (Function::Sum, Some(_)) => CorrelationType::ValueSum,
                    (Function::Avg, Some(_)) => CorrelationType::ValueAvg,
                    (Function::Min, Some(_)) => CorrelationType::ValueMin,
                    (Function::Max, Some(_)) => CorrelationType::ValueMax,
                    (f, None) => return refuse(format!("`{}` needs a field", f.name()), "name one between the parentheses"),
                };
                let fields: Vec<String> = field.iter().cloned().collect();
                let mut member = self.events(r, self.apply(r)?, by, &fields, gathered)?;
                member.name = "events".into();
                let trigger = CorrelationTrigger::Bounds(vec![(*relation, *value)]);
                Ok(CorrelationSpec { correlation_type, timeframe, trigger, members: vec![member] })
            }
            Aggregation::Near(near) => {
                let mut members = vec![self.events(r, self.apply(r)?, &[], &[], gathered)?];
                members[0].name = "match".into();
                let text = format!("match and {}", self.near(r, near, &mut members, gathered)?);
                let Ok(condition) = ParsedCondition::parse(&text) else {
                    return refuse("the condition behind `near` is nested too deeply", "write it with fewer parentheses");
                };
                let trigger = CorrelationTrigger::Logic(condition);
                Ok(CorrelationSpec { correlation_type: CorrelationType::Temporal, timeframe, trigger, members })
            }
        }
    }

    /// The condition behind `near`, each selection a member.
    fn near(&self, r: &Rule, c: &Condition, members: &mut Vec<CorrelationMember>, gathered: &mut Gathered) -> Result<String, ConvertError> {
        let mut joined = |items: &[Condition], word: &str| -> Result<String, ConvertError> {
            let texts = items.iter().map(|i| self.near(r, i, members, gathered)).collect::<Result<Vec<_>, _>>()?;
            let text = format!("({})", texts.join(word));
            if text.len() <= MAX_CONDITION {
                return Ok(text);
            }
            let message = format!("the condition behind `near` has more than {MAX_CONDITION} characters when it is written out");
            let error = sigma::Error::new(sigma::ErrorKind::Size, "detection.condition", r.detection.condition_pos, message);
            Err(error.help("name each selection once").into())
        };
        Ok(match c {
            Condition::And(items) => joined(items, " and ")?,
            Condition::Or(items) => joined(items, " or ")?,
            Condition::Not(item) => format!("not {}", self.near(r, item, members, gathered)?),
            Condition::Selection(name) => {
                if !members.iter().any(|m| m.name == *name) {
                    let expr = Expr::from_condition(r, c, &self.converter.options.placeholders)?;
                    let mut member = self.events(r, self.applied(r, expr)?, &[], &[], gathered)?;
                    member.name.clone_from(name);
                    members.push(member);
                }
                name.clone()
            }
            Condition::Quantified { quantity, of } => {
                let names: Vec<Condition> = r.detection.matching(of).into_iter().map(|(n, _)| Condition::Selection(n.to_owned())).collect();
                match quantity {
                    Quantifier::All => joined(&names, " and ")?,
                    Quantifier::AtLeast(1) => joined(&names, " or ")?,
                    Quantifier::AtLeast(n) => {
                        let of = match of {
                            Selector::Them => "them",
                            Selector::Pattern(p) => p,
                        };
                        return refuse(format!("`near` does not count: `{n} of {of}`"), "write the selections out");
                    }
                }
            }
        })
    }

    /// A member that finds events.
    fn events(
        &self,
        r: &Rule,
        applied: Applied,
        group_by: &[String],
        fields: &[String],
        gathered: &mut Gathered,
    ) -> Result<CorrelationMember, ConvertError> {
        Ok(CorrelationMember {
            name: String::new(),
            source: self.source(applied, gathered)?,
            group_by: self.stored(&r.logsource, group_by, gathered),
            fields: self.stored(&r.logsource, fields, gathered),
        })
    }

    /// Events that match an expression on the index.
    fn source(&self, applied: Applied, gathered: &mut Gathered) -> Result<MemberSource, ConvertError> {
        let printed = self.print(&applied.expr)?;
        gathered.notices.extend(printed.notices);
        let filter = match printed.query {
            Query::Dsl(v) => Filter::Dsl(v),
            Query::Text(t) => Filter::QueryString(t),
            Query::RuleFile(r) => r.filter,
        };
        if gathered.timestamp.get_or_insert_with(|| applied.timestamp.clone()) != &applied.timestamp {
            return refuse("the rules have different timestamp fields", "correlate rules of one schema");
        }
        for part in applied.index.split(',') {
            if !gathered.indices.iter().any(|i| i == part) {
                gathered.indices.push(part.to_owned());
            }
        }
        gathered.notes.extend(applied.notes);
        gathered.exprs.push(applied.expr);
        Ok(MemberSource::Events { index: applied.index, filter: Arc::new(vec![filter.into_entry()]) })
    }

    /// The fields of the index for Sigma's, of which an event has one.
    fn stored(&self, logsource: &Logsource, fields: &[String], gathered: &mut Gathered) -> Vec<Vec<String>> {
        fields
            .iter()
            .map(|field| {
                let (names, note) = self.converter.mapping.fields(logsource, field);
                gathered.notes.extend(note);
                let mut out: Vec<String> = Vec::new();
                for name in names.into_iter().filter_map(|n| n.into_iter().next()) {
                    if !out.contains(&name) {
                        out.push(name);
                    }
                }
                if out.is_empty() { vec![field.clone()] } else { out }
            })
            .collect()
    }
}

/// How many bytes the filter of a member that finds events has when it is written.
fn written(source: &MemberSource) -> usize {
    match source {
        MemberSource::Events { filter, .. } => filter
            .iter()
            .map(|f| match f.pointer("/query/query_string/query").and_then(|q| q.as_str()) {
                Some(text) => text.len(),
                None => f.to_string().len(),
            })
            .sum(),
        MemberSource::Correlation(_) => 0,
    }
}

/// The field that an alias stands for in a rule.
fn alias<'c>(c: &'c Correlation, name: &str, key: &str, member: &sigma::CorrelationMember<'_>) -> Option<&'c String> {
    let alias = c.aliases.iter().find(|a| a.name == *name)?;
    let attributes = match member {
        sigma::CorrelationMember::Rule(r) => &r.attributes,
        sigma::CorrelationMember::Correlation(inner) => &inner.correlation.attributes,
    };
    alias.fields.iter().find(|(k, _)| k == key || attributes.keys().any(|own| own == k)).map(|(_, f)| f)
}

impl Gathered {
    fn finish(self, extension: CorrelationSpec, why: &str) -> Extended {
        let mut notices = self.notices;
        notices.insert(Notice { kind: NoticeKind::SigmalertOnly, field: String::new(), message: why.to_owned() });
        let applied = Applied {
            expr: simplify(Expr::any(self.exprs)),
            index: self.indices.join(","),
            timestamp: self.timestamp.unwrap_or_default(),
            notes: self.notes,
        };
        Extended { extension, applied, notices }
    }
}

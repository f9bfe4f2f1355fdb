//! The steps of one conversion.

use super::job::{Extended, Job};
use super::{Case, ConvertError, Converted, FilterForm, Notice, NoticeKind, Query, Style, Target};
use crate::mapping::{Applied, Note};
use sha2::{Digest, Sha256};
use sigmalert_elastalert::{
    self as rule, Destination, FieldSummary, Filter, PraecoFields, RuleFile, RuleLogic, RuleType, RuleTypeError, TemplateContext, praeco,
};
use sigmalert_query::lang::{self, Language, PrintError};
use sigmalert_query::lower::{CaseMode, lower};
use sigmalert_query::{Expr, FieldType, simplify};
use sigmalert_sigma::yaml;
use sigmalert_sigma::{Attributes, Correlation, CorrelationMember, Detection, Document, Error, ErrorKind, Logsource, Resolved, Rule};
use sigmalert_support::hex::hex;
use std::collections::{BTreeSet, HashSet};

/// How many conditions one document is made of at most, its rules' and those of the filters that speak of each.
const MAX_CONDITIONS: usize = 500_000;

/// What a rule file tells of a document besides its query.
struct About<'d> {
    attributes: &'d Attributes,
    logsource: Option<&'d Logsource>,
    /// A rule's selections.
    detection: Option<&'d Detection>,
    /// What a correlation groups by.
    group_by: &'d [String],
}

impl<'d> About<'d> {
    /// Of a rule.
    fn of(r: &'d Rule) -> Self {
        Self { attributes: &r.attributes, logsource: Some(&r.logsource), detection: Some(&r.detection), group_by: &[] }
    }

    /// Sigma's names of the fields that an analyst wants to see.
    fn fields(&self) -> Vec<&'d str> {
        let (Some(logsource), Some(detection)) = (self.logsource, self.detection) else {
            return self.group_by.iter().map(String::as_str).collect();
        };
        let usual = rule::usual_fields(logsource).iter().copied();
        usual.chain(self.attributes.fields.iter().map(String::as_str)).chain(detection.fields()).collect()
    }
}

/// A printed expression.
pub(super) struct Printed {
    pub query: Query,
    pub expr: Expr,
    pub notices: BTreeSet<Notice>,
}

/// Fingerprint of what a rule asks of an index.
pub(super) fn hash(expr: &Expr, index: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(index);
    hasher.update([0]);
    expr.hash_into(&mut |bytes| hasher.update(bytes));
    hex(&hasher.finalize()[..16])
}

impl Job<'_> {
    pub fn convert(&self, index: usize) -> Result<Converted, ConvertError> {
        match self.collection.documents().get(index) {
            Some(Document::Rule(r)) => self.rule(r),
            Some(Document::Correlation(c)) => self.correlation(c),
            Some(Document::Filter(_)) => {
                Err(self.no_form("a filter", "it changes other rules: convert those, with the filter among the files"))
            }
            None => Err(self.no_form("a document that is not there", "ask for one of the collection")),
        }
    }

    /// A rule's expression on the index.
    pub fn evaluated(&self, index: usize) -> Result<Applied, ConvertError> {
        match self.collection.documents().get(index) {
            Some(Document::Rule(r)) if r.detection.conditions.iter().any(|c| c.aggregation.is_some()) => Err(ConvertError::Counts),
            Some(Document::Rule(r)) => self.apply(r),
            Some(Document::Correlation(_)) => Err(ConvertError::Counts),
            _ => Err(self.no_form("a filter", "it changes other rules: give those, with the filter among the files")),
        }
    }

    fn no_form(&self, what: &'static str, help: &'static str) -> ConvertError {
        ConvertError::Target { target: self.converter.options.target.name(), what, help }
    }

    /// A rule with its filters, on the index.
    pub(super) fn apply(&self, r: &Rule) -> Result<Applied, ConvertError> {
        self.applied(r, Expr::from_rule(r, &self.converter.options.placeholders)?)
    }

    /// An expression over a rule's logsource with the rule's filters, on the index.
    pub(super) fn applied(&self, r: &Rule, mut expr: Expr) -> Result<Applied, ConvertError> {
        let options = &self.converter.options;
        let mut filters = Vec::new();
        self.take(r, &expr)?;
        for f in self.collection.filters_of(r) {
            let filter = Expr::from_filter(f, &options.placeholders)?;
            self.take(r, &filter)?;
            filters.push(filter);
        }
        if !filters.is_empty() {
            filters.insert(0, expr);
            expr = Expr::And(filters);
        }
        let mut applied = self.converter.mapping.apply(&r.logsource, &expr);
        if let Some(index) = &options.index {
            applied.index.clone_from(index);
        }
        Ok(applied)
    }

    /// Counts what a rule and its filters ask: rules times filters may be far more than either.
    fn take(&self, r: &Rule, expr: &Expr) -> Result<(), ConvertError> {
        self.taken.set(self.taken.get() + expr.len());
        if self.taken.get() <= MAX_CONDITIONS {
            return Ok(());
        }
        let message = format!("the rules and their filters have more than {MAX_CONDITIONS} conditions");
        Err(Error::new(ErrorKind::Size, "", r.pos, message).help("apply fewer filters to the rule, or correlate fewer rules").into())
    }

    fn rule(&self, r: &Rule) -> Result<Converted, ConvertError> {
        let mut applied = self.apply(r)?;
        let aggregation = r.detection.conditions.iter().find_map(|p| p.aggregation.as_ref());
        let kind = match aggregation {
            None => RuleType::Any.into(),
            Some(_) if self.converter.options.target != Target::ElastAlert => {
                return Err(self.no_form("a rule with an aggregation", "a query does not count: convert it to elastalert"));
            }
            Some(a) => {
                let mut name = |f: &str| self.field_name(&[&r.logsource], f, &mut applied.notes);
                let kind = rule::from_aggregation(a, r.detection.timeframe, &mut name);
                match kind.and_then(|kind| self.check_types(&kind).map(|()| kind)) {
                    Ok(kind) => kind,
                    Err(e) if self.converter.options.portable => return Err(e.into()),
                    Err(_) => return self.finish_extended(self.extend_aggregation(r, a)?, &About::of(r)),
                }
            }
        };
        self.finish(applied, kind, &About::of(r), BTreeSet::new())
    }

    fn finish_extended(&self, e: Extended, about: &About<'_>) -> Result<Converted, ConvertError> {
        self.finish(e.applied, e.extension.into(), about, e.notices)
    }

    fn correlation(&self, c: &Correlation) -> Result<Converted, ConvertError> {
        if self.converter.options.target != Target::ElastAlert {
            return Err(self.no_form("a correlation", "a query does not count: convert it to elastalert"));
        }
        let resolved = self.collection.resolve(c)?;
        match self.portable(c, &resolved) {
            // What the rules themselves cannot say, no type of rule can.
            Err(ConvertError::RuleType(_)) if !self.converter.options.portable && !aliases_name_nothing(c, &resolved) => {
                let logsource = first_rule(&resolved).map(|r| &r.logsource);
                let about = About { attributes: &c.attributes, logsource, detection: None, group_by: &c.group_by };
                self.finish_extended(self.extend(&resolved)?, &about)
            }
            other => other,
        }
    }

    /// A correlation by a rule type of ElastAlert.
    fn portable(&self, c: &Correlation, resolved: &Resolved<'_>) -> Result<Converted, ConvertError> {
        let rules = base_rules(resolved)?;
        let mut logsources: Vec<&Logsource> = Vec::new();
        for r in &rules {
            if !logsources.contains(&&r.logsource) {
                logsources.push(&r.logsource);
            }
        }
        let mut notes = BTreeSet::new();
        let kind = rule::from_correlation(c, &mut |name| match c.aliases.iter().find(|a| a.name == name) {
            Some(alias) => self.alias_name(alias, &rules, &mut notes),
            None => self.field_name(&logsources, name, &mut notes),
        })?;
        self.check_types(&kind)?;
        let mut exprs = Vec::new();
        let mut indices: Vec<String> = Vec::new();
        let mut timestamp: Option<String> = None;
        for r in &rules {
            let applied = self.apply(r)?;
            if timestamp.get_or_insert_with(|| applied.timestamp.clone()) != &applied.timestamp {
                return Err(RuleTypeError {
                    what: "the rules have different timestamp fields".into(),
                    help: "correlate rules of one schema".into(),
                }
                .into());
            }
            for part in applied.index.split(',') {
                if !indices.iter().any(|i| i == part) {
                    indices.push(part.to_owned());
                }
            }
            notes.extend(applied.notes);
            exprs.push(applied.expr);
        }
        let applied =
            Applied { expr: simplify(Expr::any(exprs)), index: indices.join(","), timestamp: timestamp.unwrap_or_default(), notes };
        let about = About { attributes: &c.attributes, logsource: logsources.first().copied(), detection: None, group_by: &c.group_by };
        self.finish(applied, kind, &about, BTreeSet::new())
    }

    /// The one index field that stands for a Sigma field in all these logsources.
    fn field_name(&self, logsources: &[&Logsource], field: &str, notes: &mut BTreeSet<Note>) -> Result<String, RuleTypeError> {
        let mut found: Option<String> = None;
        for l in logsources {
            let (names, note) = self.converter.mapping.fields(l, field);
            notes.extend(note);
            // Each kind of events may keep it elsewhere.
            for name in names.into_iter().filter_map(|n| n.into_iter().next()) {
                match &found {
                    Some(f) if *f != name => {
                        return Err(RuleTypeError {
                            what: format!("`{field}` is `{f}` in some events and `{name}` in others, and ElastAlert groups by one field"),
                            help: "correlate rules of one logsource, or of one kind of its events".into(),
                        });
                    }
                    _ => found = Some(name),
                }
            }
        }
        Ok(found.unwrap_or_else(|| field.to_owned()))
    }

    fn alias_name(&self, alias: &sigmalert_sigma::Alias, rules: &[&Rule], notes: &mut BTreeSet<Note>) -> Result<String, RuleTypeError> {
        let mut found: Option<String> = None;
        for (key, field) in &alias.fields {
            let Some(r) = rules.iter().find(|r| r.attributes.keys().any(|k| k == key)) else { continue };
            let name = self.field_name(&[&r.logsource], field, notes)?;
            match &found {
                Some(f) if *f != name => {
                    return Err(RuleTypeError {
                        what: format!("the alias `{}` stands for `{f}` and `{name}`, and ElastAlert groups by one field", alias.name),
                        help: "copy the values to one field when events are indexed".into(),
                    });
                }
                _ => found = Some(name),
            }
        }
        found.ok_or_else(|| RuleTypeError {
            what: format!("the alias `{}` names none of the rules", alias.name),
            help: "give the field of each rule under its id or name".into(),
        })
    }

    /// Whether the index can group by these fields and add these numbers up.
    fn check_types(&self, logic: &RuleLogic) -> Result<(), RuleTypeError> {
        let (counted, metric) = match &logic.rule_type {
            RuleType::Correlation(_) => return Ok(()),
            RuleType::Cardinality { field, .. } => (Some(field), None),
            RuleType::MetricAggregation { metric, .. } => (None, Some(&metric.key)),
            _ => (None, None),
        };
        let kind = |field: &str| &self.converter.mapping.schema().field(field).kind;
        for field in logic.query_key.iter().chain(counted) {
            if matches!(kind(field), FieldType::Text(_)) {
                return Err(RuleTypeError {
                    what: format!("`{field}` is analyzed text, and an index groups by whole values only"),
                    help: "map the field to a keyword sub-field".into(),
                });
            }
        }
        match metric {
            Some(field) if !matches!(kind(field), FieldType::Long | FieldType::Double) => Err(RuleTypeError {
                what: format!("`{field}` is indexed as {}, and an index calculates with numbers only", kind(field).name()),
                help: "index the field as a number, and say so under `types` of the mapping".into(),
            }),
            _ => Ok(()),
        }
    }

    fn finish(
        &self,
        applied: Applied,
        logic: RuleLogic,
        about: &About<'_>,
        mut notices: BTreeSet<Notice>,
    ) -> Result<Converted, ConvertError> {
        let attributes = about.attributes;
        let options = &self.converter.options;
        notices.extend(applied.notes.into_iter().map(Notice::from));
        if applied.expr == Expr::FALSE {
            notices.insert(Notice { kind: NoticeKind::Never, field: String::new(), message: "no event can ever match the rule".into() });
        }
        let printed = self.print(&applied.expr)?;
        notices.extend(printed.notices);
        if options.strict {
            let losses: Vec<Notice> = notices.iter().filter(|n| n.kind.is_loss()).cloned().collect();
            if !losses.is_empty() {
                return Err(ConvertError::Strict(losses));
            }
        }
        let query = match (options.target, printed.query) {
            (Target::ElastAlert, query) => {
                let mut filter = match query {
                    Query::Dsl(v) => Filter::Dsl(v),
                    Query::Text(t) => Filter::QueryString(t),
                    Query::RuleFile(r) => r.filter,
                };
                let mut name = self.name.map_or_else(|| rule::one_line(&attributes.title), str::to_owned);
                if options.style == Style::Praeco {
                    praeco::file_names(std::slice::from_mut(&mut name));
                }
                // Praeco neither shows nor saves what only sigmalert runs.
                let for_praeco = options.style == Style::Praeco && !matches!(logic.rule_type, RuleType::Correlation(_));
                let praeco = for_praeco.then(|| {
                    let built = praeco::query_builder(&printed.expr, &options.limits);
                    PraecoFields {
                        path: name.clone(),
                        query_builder: built.map(|(tree, query)| {
                            // Praeco writes the query from the tree at every save: better the same from the start.
                            filter = Filter::QueryString(query);
                            tree
                        }),
                    }
                });
                let options = self.complete(&name, &applied.index, &applied.timestamp, about)?;
                let file = RuleFile {
                    name,
                    options,
                    praeco,
                    description: attributes.description.as_deref().unwrap_or_default().trim().to_owned(),
                    index: applied.index.clone(),
                    logic,
                    timestamp_field: applied.timestamp.clone(),
                    filter,
                    priority: rule::priority(attributes.level),
                    sigma: attributes.clone(),
                    origin: self.converter.origin(&applied.expr, &applied.index),
                };
                if let (Some(_), yaml::Value::Map(entries)) = (&file.praeco, file.to_yaml()) {
                    notices.extend(praeco::losses(&entries, file.logic.name()).into_iter().map(|loss| Notice {
                        kind: NoticeKind::Praeco,
                        message: loss.kind.message().to_owned(),
                        field: loss.option,
                    }));
                }
                Query::RuleFile(file)
            }
            (_, query) => query,
        };
        Ok(Converted {
            query,
            expr: printed.expr,
            index: applied.index,
            timestamp: applied.timestamp,
            notices: notices.into_iter().collect(),
        })
    }

    /// What the profile says for this rule.
    fn complete(&self, name: &str, index: &str, timestamp: &str, about: &About<'_>) -> Result<Vec<(String, yaml::Value)>, ConvertError> {
        let profile = &self.converter.options.profile;
        if profile.is_empty() {
            return Ok(Vec::new());
        }
        let mapping = &self.converter.mapping;
        let mut fields: Vec<FieldSummary> = Vec::new();
        if let Some(logsource) = about.logsource {
            for label in about.fields() {
                let (names, lacking) = mapping.fields(logsource, label);
                for (i, field) in names.into_iter().flatten().filter(|_| lacking.is_none()).enumerate() {
                    if !fields.iter().any(|f| f.field == field) {
                        let kind = rule::observable_type(label, &mapping.schema().field(&field).kind);
                        // Several stored fields for one of Sigma's: the others go by their own names.
                        let label = if i == 0 { label.to_owned() } else { field.clone() };
                        fields.push(FieldSummary { label, field, kind });
                    }
                }
            }
        }
        let index_pattern_id = &super::kibana::index_pattern_id(index);
        let to = Destination { name, index, index_pattern_id, timestamp_field: timestamp, mapping: mapping.name() };
        let facts = TemplateContext::new(about.attributes, about.logsource, to, fields);
        let mut options = profile.render(&facts.to_value())?;
        options.retain(|(key, _)| !self.converter.shared.iter().any(|(k, _)| k == key));
        Ok(options)
    }

    pub(super) fn print(&self, expr: &Expr) -> Result<Printed, ConvertError> {
        let options = &self.converter.options;
        let case: CaseMode = options.case.into();
        match (options.target, options.filter) {
            (Target::Dsl, _) | (Target::ElastAlert, FilterForm::Dsl) => self.print_as(expr, Language::Dsl, CaseMode::Native),
            (Target::Kql, _) => self.print_as(expr, Language::Kql, Case::Index.into()),
            (Target::Lucene | Target::KibanaNdjson, _) | (Target::ElastAlert, FilterForm::QueryString) => {
                self.print_as(expr, Language::Lucene, case)
            }
            // What else a filter may hold is nothing that Praeco reads: it would be lost, and match everything then.
            (Target::ElastAlert, FilterForm::Auto) if options.style == Style::Praeco => self.print_as(expr, Language::Lucene, case),
            (Target::ElastAlert, FilterForm::Auto) => match self.print_as(expr, Language::Lucene, case) {
                Ok(p) => Ok(p),
                // What the other cannot say either is told in the terms of the one that was asked for.
                Err(first) => match self.print_as(expr, Language::Dsl, CaseMode::Native) {
                    Ok(mut p) => {
                        p.notices.insert(Notice {
                            kind: NoticeKind::Dsl,
                            field: String::new(),
                            message: format!("Query DSL is used: {first}"),
                        });
                        Ok(p)
                    }
                    Err(_) => Err(first),
                },
            },
        }
    }

    fn print_as(&self, expr: &Expr, language: Language, case: CaseMode) -> Result<Printed, ConvertError> {
        let limits = &self.converter.options.limits;
        let lowered = lower(expr, self.converter.mapping.schema(), case)?;
        let mut notices: BTreeSet<Notice> = lowered.notes.into_iter().map(Into::into).collect();
        let expr = simplify(lowered.expr);
        let print = |e: &Expr| -> Result<Query, PrintError> {
            match language {
                Language::Lucene => lang::lucene::print(e, limits).map(Query::Text),
                Language::Kql => lang::kql::print(e, limits).map(Query::Text),
                Language::Dsl => lang::dsl::print(e, limits).map(Query::Dsl),
            }
        };
        // KQL has no regular expressions to join values with.
        let too_many = expr.len() > limits.clauses && language != Language::Kql;
        match print(&expr) {
            Ok(query) => Ok(Printed { query, expr, notices }),
            Err(_) if too_many => {
                let compact = simplify(lang::compact::compact(expr, limits));
                let query = print(&compact)?;
                notices.insert(Notice {
                    kind: NoticeKind::Compacted,
                    field: String::new(),
                    message: format!("values are joined to regular expressions: the index takes {} clauses", limits.clauses),
                });
                Ok(Printed { query, expr: compact, notices })
            }
            Err(e) => Err(e.into()),
        }
    }
}

/// The first rule under a correlation, or under one that it is over.
fn first_rule<'c>(resolved: &Resolved<'c>) -> Option<&'c Rule> {
    resolved.rules.iter().find_map(|(_, m)| match m {
        CorrelationMember::Rule(r) => Some(*r),
        CorrelationMember::Correlation(c) => first_rule(c),
    })
}

/// Whether an alias names none of the rules, which is a mistake and not a matter of types.
fn aliases_name_nothing(c: &Correlation, resolved: &Resolved<'_>) -> bool {
    let keys: HashSet<&str> = resolved
        .rules
        .iter()
        .flat_map(|(_, m)| match m {
            CorrelationMember::Rule(r) => r.attributes.keys().collect::<Vec<_>>(),
            CorrelationMember::Correlation(c) => c.correlation.attributes.keys().collect(),
        })
        .collect();
    c.aliases.iter().any(|a| !a.fields.iter().any(|(k, _)| keys.contains(k.as_str())))
}

/// The rules under a correlation, each once. A correlation over correlations has no rule type.
fn base_rules<'c>(resolved: &Resolved<'c>) -> Result<Vec<&'c Rule>, RuleTypeError> {
    let mut seen = HashSet::new();
    resolved
        .rules
        .iter()
        .filter(|(at, _)| seen.insert(*at))
        .map(|(_, m)| match m {
            CorrelationMember::Rule(r) if r.detection.conditions.iter().all(|c| c.aggregation.is_none()) => Ok(*r),
            CorrelationMember::Rule(_) => Err(RuleTypeError {
                what: "ElastAlert cannot correlate a rule that aggregates itself".into(),
                help: "remove the aggregation from the rule".into(),
            }),
            CorrelationMember::Correlation(c) => Err(RuleTypeError {
                what: format!("ElastAlert cannot correlate the correlation `{}`", c.correlation.attributes.title),
                help: "alert on each rule, and correlate behind ElastAlert".into(),
            }),
        })
        .collect()
}

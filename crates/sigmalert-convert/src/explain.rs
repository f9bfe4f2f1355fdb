//! The steps of a conversion, and the origin of each option of a rule file.

use super::{ConvertError, Converted, Converter, Query, Target};
use sigmalert_elastalert::RuleType;
use sigmalert_query::Expr;
use sigmalert_query::lang::Language;
use sigmalert_sigma::{Collection, Document};

/// The steps of a conversion.
#[derive(Debug)]
pub struct Explanation {
    /// What an event must match, in Sigma's field names. Nothing for a correlation.
    pub means: Option<String>,
    /// The fields that the rule compares.
    pub fields: Vec<FieldExplanation>,
    /// The query in each language, or why there is none.
    pub queries: Vec<(&'static str, Result<Converted, ConvertError>)>,
    /// The rule file, or why there is none.
    pub rule_file: Result<Converted, ConvertError>,
    /// Where each option of the rule file is from.
    pub options: Vec<(String, &'static str)>,
}

/// A Sigma field and its fields in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldExplanation {
    /// Sigma's name.
    pub field: String,
    /// The fields of the index with their types.
    pub stored: Vec<(String, &'static str)>,
    /// Why the schema does not have it.
    pub lacking: Option<String>,
}

impl Converter {
    /// Converts the document at an index of a collection to every target and explains each step.
    ///
    /// # Errors
    /// For placeholders without values.
    pub fn explain(&self, collection: &Collection, index: usize) -> Result<Explanation, ConvertError> {
        let (mut means, mut fields) = (None, Vec::new());
        if let Some(Document::Rule(r)) = collection.documents().get(index) {
            means = Some(Expr::from_rule(r, &self.options.placeholders)?.to_string());
            for name in r.detection.fields() {
                if fields.iter().any(|f: &FieldExplanation| f.field == name) {
                    continue;
                }
                let (names, note) = self.mapping.fields(&r.logsource, name);
                let mut stored: Vec<(String, &'static str)> = Vec::new();
                for n in names.into_iter().flatten() {
                    let kind = self.mapping.schema().field(&n).kind.name();
                    if !stored.iter().any(|(known, _)| *known == n) {
                        stored.push((n, kind));
                    }
                }
                fields.push(FieldExplanation { field: name.to_owned(), stored, lacking: note.map(|n| n.message) });
            }
        }
        let to = |target| self.with_target(target).convert(collection, index);
        let queries = [(Language::Lucene, Target::Lucene), (Language::Kql, Target::Kql), (Language::Dsl, Target::Dsl)];
        let rule_file = to(Target::ElastAlert);
        let options = rule_file.as_ref().map(|c| self.origins(&c.query)).unwrap_or_default();
        Ok(Explanation { means, fields, queries: queries.into_iter().map(|(l, t)| (l.name(), to(t))).collect(), rule_file, options })
    }

    /// Where the options of a rule file are from.
    fn origins(&self, query: &Query) -> Vec<(String, &'static str)> {
        let Query::RuleFile(file) = query else { return Vec::new() };
        let sigmalert_sigma::yaml::Value::Map(entries) = file.to_yaml() else { return Vec::new() };
        let kind: Vec<&str> = file.logic.options().into_iter().map(|(k, _)| k).collect();
        entries
            .into_iter()
            .map(|(key, _)| {
                let from = if file.options.iter().any(|(k, _)| *k == key) {
                    "profile"
                } else if kind.contains(&key.as_str()) || (key == "type" && file.logic.rule_type != RuleType::Any) {
                    "what the rule counts"
                } else {
                    match key.as_str() {
                        "name" => "title",
                        "description" | "references" | "falsepositives" | "tags" => "the attribute of this name",
                        "priority" => "level",
                        "index" if self.options.index.is_some() => "--index",
                        "index" | "timestamp_field" => "mapping",
                        "filter" => "detection, by the mapping",
                        "import" | "__praeco_full_path" | "__praeco_query_builder" => "for Praeco's page",
                        "sigmalert" => "where the file is from, for sigmalert",
                        _ => "what ElastAlert and Praeco need",
                    }
                };
                (key, from)
            })
            .collect()
    }
}

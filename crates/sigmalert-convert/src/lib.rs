//! Converts Sigma rules to queries and to complete ElastAlert 2 rule files.
//!
//! ```
//! use sigmalert_convert::{Converter, Mapping, Target};
//!
//! let rule = r"
//! title: Whoami
//! logsource: {product: windows, category: process_creation}
//! detection:
//!   selection:
//!     Image|endswith: '\whoami.exe'
//!   condition: selection
//! ";
//! let converter = Converter::builder(Mapping::builtin("winlogbeat")?).target(Target::Lucene).build();
//! let converted = converter.convert_str(rule)?;
//! assert!(converted[0].query.to_string().contains(r"process.executable:*\\whoami.exe"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "batch")]
pub mod batch;
mod builder;
mod compile;
mod error;
mod explain;
mod extend;
mod job;
mod kibana;
pub mod mapping;
mod notice;

pub use builder::ConverterBuilder;
pub use error::ConvertError;
pub use explain::{Explanation, FieldExplanation};
pub use kibana::{index_pattern, saved_search};
pub use mapping::{Mapping, MappingError};
pub use notice::{Notice, NoticeKind};

use crate::mapping::Applied;
use sigmalert_elastalert::{Origin, Profile, RuleFile, praeco};
use sigmalert_query::Expr;
use sigmalert_query::lang::Limits;
use sigmalert_query::lower::CaseMode;
use sigmalert_sigma::yaml;
use sigmalert_sigma::{Collection, Document, Placeholders};
use std::fmt;
use std::sync::Arc;

/// The options of a [`Converter`].
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The output format.
    pub target: Target,
    /// How case-insensitive comparisons are evaluated on case-sensitive fields. Query DSL always uses `case_insensitive`;
    /// KQL does not support it.
    pub case: Case,
    /// The form of ElastAlert filters.
    pub filter: FilterForm,
    /// Overrides the index pattern of the mapping.
    pub index: Option<String>,
    /// Whether a conversion that is not exact is an error.
    pub strict: bool,
    /// Whether rule files must run in ElastAlert. If so, a document that no rule type of ElastAlert can express is an error;
    /// otherwise it becomes a rule of a type that only sigmalert runs.
    pub portable: bool,
    /// The values of placeholders.
    pub placeholders: Placeholders,
    /// The program that rule files are written for.
    pub style: Style,
    /// The alert options of rule files. Without them, alerts go to the log of ElastAlert.
    pub profile: Profile,
    /// The limits of the index that queries must stay within.
    pub limits: Limits,
}

/// The output format of a [`Converter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Target {
    /// `ElastAlert` 2 rule files.
    #[default]
    ElastAlert,
    /// Lucene `query_string`.
    Lucene,
    /// Kibana Query Language.
    Kql,
    /// Query DSL.
    Dsl,
    /// Saved searches for Kibana and `OpenSearch` Dashboards.
    KibanaNdjson,
}

impl Target {
    /// All targets with their names on the command line.
    pub const ALL: [(&'static str, Self); 5] = [
        ("elastalert", Self::ElastAlert),
        ("lucene", Self::Lucene),
        ("kql", Self::Kql),
        ("dsl", Self::Dsl),
        ("kibana-ndjson", Self::KibanaNdjson),
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, t)| *t == self).map_or("", |(n, _)| n)
    }
}

/// The program that rule files are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Style {
    /// ElastAlert 2 alone.
    #[default]
    ElastAlert,
    /// ElastAlert 2 and Praeco, whose page opens, edits and saves the files.
    Praeco,
}

/// How case-insensitive comparisons are evaluated on case-sensitive fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Case {
    /// Case-sensitively, as the index does.
    #[default]
    Index,
    /// By regular expressions such as `[Aa]`.
    Regex,
}

impl From<Case> for CaseMode {
    fn from(case: Case) -> Self {
        match case {
            Case::Index => Self::Index,
            Case::Regex => Self::Regex,
        }
    }
}

/// The form of the filter in a rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FilterForm {
    /// `query_string`, and Query DSL for what `query_string` cannot express.
    #[default]
    Auto,
    /// `query_string` or an error.
    QueryString,
    /// Query DSL.
    Dsl,
}

/// Converts Sigma documents with one mapping. It is `Send` and `Sync`.
#[derive(Debug)]
pub struct Converter {
    mapping: Arc<Mapping>,
    options: Options,
    /// See [`Converter::shared_options`].
    shared: Vec<(String, yaml::Value)>,
}

/// A converted document.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The output.
    pub query: Query,
    /// The expression on the fields of the index, before it was printed.
    pub expr: Expr,
    /// The index pattern.
    pub index: String,
    /// The field that holds the time of an event.
    pub timestamp: String,
    /// The limitations of the output.
    pub notices: Vec<Notice>,
}

/// The output of a conversion.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "rule files are the usual case")]
pub enum Query {
    /// A text in Lucene or KQL.
    Text(String),
    /// Query DSL.
    Dsl(serde_json::Value),
    /// A rule file.
    RuleFile(RuleFile),
}

/// The text as it is written to a file.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(t) => f.write_str(t),
            Self::Dsl(v) => write!(f, "{v:#}"),
            Self::RuleFile(r) => f.write_str(&r.to_text()),
        }
    }
}

impl Converter {
    /// Creates a converter. [`Self::builder`] sets options one by one.
    pub fn new(mapping: Mapping, options: Options) -> Self {
        let shared = match options.style {
            Style::ElastAlert => Vec::new(),
            Style::Praeco => praeco::unknown_options(options.profile.shared()),
        };
        Self { mapping: Arc::new(mapping), options, shared }
    }

    /// Starts a builder with the default options.
    pub fn builder(mapping: Mapping) -> ConverterBuilder {
        ConverterBuilder::new(mapping)
    }

    /// Returns the converter for another target, with all other options kept.
    #[must_use]
    pub fn with_target(&self, target: Target) -> Self {
        Self { mapping: Arc::clone(&self.mapping), options: Options { target, ..self.options.clone() }, shared: self.shared.clone() }
    }

    /// Converts the rules and correlations of a YAML text, in order. Filters apply to the rules that they select; rules that
    /// only a correlation alerts on are skipped.
    ///
    /// # Errors
    /// Returns the first document that is invalid or cannot be converted.
    pub fn convert_str(&self, text: &str) -> Result<Vec<Converted>, ConvertError> {
        let parsed = sigmalert_query::from_sigma::parse(text, &yaml::Limits::default())?;
        let collection = Collection::new(parsed.documents.into_iter().collect::<Result<_, _>>()?);
        self.convert_all(&collection).map(|(_, converted)| converted).collect()
    }

    /// Converts each rule and correlation of a collection, in order, and returns it with its document. Filters and rules that
    /// only a correlation alerts on are skipped.
    pub fn convert_all<'c>(&'c self, collection: &'c Collection) -> impl Iterator<Item = (&'c Document, Result<Converted, ConvertError>)> {
        let documents = collection.documents().iter().enumerate();
        documents.filter(|(i, d)| !matches!(d, Document::Filter(_)) && collection.alerts(*i)).map(|(i, d)| (d, self.convert(collection, i)))
    }

    /// The mapping.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Converts one document of a collection: a rule with the filters that select it, or a correlation with its rules. A rule file gets the title as its name; where several are written, see
    /// [`sigmalert_elastalert::unique_names`].
    ///
    /// # Errors
    /// When the target cannot express the document.
    pub fn convert(&self, collection: &Collection, index: usize) -> Result<Converted, ConvertError> {
        job::Job::new(self, collection, None).convert(index)
    }

    /// The same, with the name that a rule file gets.
    ///
    /// # Errors
    /// Why the target cannot say what the document asks.
    pub fn convert_as(&self, collection: &Collection, index: usize, name: &str) -> Result<Converted, ConvertError> {
        job::Job::new(self, collection, Some(name)).convert(index)
    }

    /// The options that Praeco would drop. In its style they are written to `BaseRule.config`, which every rule imports;
    /// otherwise the list is empty.
    pub fn shared_options(&self) -> &[(String, yaml::Value)] {
        &self.shared
    }

    /// Applies the mapping to a rule, with the semantics of Sigma, for evaluation in process.
    ///
    /// # Errors
    /// When the document is not a rule, or counts events.
    pub fn apply(&self, collection: &Collection, index: usize) -> Result<Applied, ConvertError> {
        job::Job::new(self, collection, None).evaluated(index)
    }

    /// Applies the mapping to a rule, with the semantics of a query on the index.
    ///
    /// # Errors
    /// As [`Self::apply`], and when a field type does not support a comparison.
    pub fn lower(&self, collection: &Collection, index: usize) -> Result<Applied, ConvertError> {
        let mut applied = self.apply(collection, index)?;
        let case = if self.options.target == Target::Dsl { CaseMode::Native } else { self.options.case.into() };
        applied.expr = sigmalert_query::simplify(sigmalert_query::lower::lower(&applied.expr, self.mapping.schema(), case)?.expr);
        Ok(applied)
    }

    fn origin(&self, expr: &Expr, index: &str) -> Origin {
        Origin { source: None, mapping: self.mapping.name().to_owned(), hash: compile::hash(expr, index) }
    }
}

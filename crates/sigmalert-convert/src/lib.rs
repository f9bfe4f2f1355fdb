//! The compiler as a whole: a Sigma document and a mapping in, a query or a rule file out.
//!
//! ```
//! use sigmalert_convert::{Converter, Mapping, Options, Target};
//!
//! let rule = "
//! title: Whoami
//! logsource: {product: windows, category: process_creation}
//! detection:
//!   selection:
//!     Image|endswith: '\\whoami.exe'
//!   condition: selection
//! ";
//! let parsed = from_sigma::parse(rule, &Default::default())?;
//! let documents = parsed.documents.into_iter().collect::<Result<Vec<_>, _>>()?;
//! let collection = Collection::new(documents);
//! let converter = Converter::new(Mapping::builtin("winlogbeat")?, Options { target: Target::Lucene, ..Options::default() });
//! let converted = converter.convert(&collection, 0)?;
//! assert!(converted.query.to_string().contains(r"process.executable:*\\whoami.exe"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "batch")]
pub mod batch;
mod compile;
mod error;
mod explain;
mod extend;
mod job;
mod kibana;
pub mod mapping;
mod notice;

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
use sigmalert_sigma::{Collection, Placeholders};
use std::fmt;
use std::sync::Arc;

/// What is asked of a [`Converter`].
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What comes out.
    pub target: Target,
    /// How comparisons without regard to case are evaluated on fields that mind it. Query DSL always uses the
    /// engine's own flag, KQL never can.
    pub case: Case,
    /// The form of ElastAlert filters.
    pub filter: FilterForm,
    /// The index pattern, in place of the mapping's.
    pub index: Option<String>,
    /// Whether what cannot be carried over exactly is an error.
    pub strict: bool,
    /// Whether rule files are for ElastAlert itself: what none of its rule types says is an error then, and otherwise
    /// becomes a rule of sigmalert's own type.
    pub portable: bool,
    /// The values of placeholders.
    pub placeholders: Placeholders,
    /// For whom rule files are written.
    pub style: Style,
    /// How and to whom the alerts of rule files go. Nothing for ElastAlert's own log.
    pub profile: Profile,
    /// What the index refuses.
    pub limits: Limits,
}

/// What a [`Converter`] makes.
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
    /// All targets with the names that the command line knows.
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

/// For whom rule files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Style {
    /// ElastAlert 2 alone.
    #[default]
    ElastAlert,
    /// Praeco as well: its page opens, edits and saves them.
    Praeco,
}

/// How letter case is treated on fields that mind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Case {
    /// As the index does it.
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
    /// `query_string`, and Query DSL for what that cannot say.
    #[default]
    Auto,
    /// `query_string` or an error.
    QueryString,
    /// Query DSL.
    Dsl,
}

/// Compiles Sigma for one mapping. It can be shared by threads.
#[derive(Debug)]
pub struct Converter {
    mapping: Arc<Mapping>,
    options: Options,
    /// See [`Converter::shared_options`].
    shared: Vec<(String, yaml::Value)>,
}

/// What a document became.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// What comes out.
    pub query: Query,
    /// The expression in index meaning, before it was printed.
    pub expr: Expr,
    /// The index pattern.
    pub index: String,
    /// The field that holds the time of an event.
    pub timestamp: String,
    /// What the user should know.
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
    /// A converter for a mapping.
    pub fn new(mapping: Mapping, options: Options) -> Self {
        let shared = match options.style {
            Style::ElastAlert => Vec::new(),
            Style::Praeco => praeco::unknown_options(options.profile.shared()),
        };
        Self { mapping: Arc::new(mapping), options, shared }
    }

    /// The same for another target.
    #[must_use]
    pub fn to_target(&self, target: Target) -> Self {
        Self { mapping: Arc::clone(&self.mapping), options: Options { target, ..self.options.clone() }, shared: Vec::new() }
    }

    /// The mapping.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Converts the document at a place of a collection: a rule with the filters that speak of it, or a
    /// correlation with its rules. A rule file gets the title as its name; where several are written, see
    /// [`sigmalert_elastalert::unique_names`].
    ///
    /// # Errors
    /// Why the target cannot say what the document asks.
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

    /// The options that rules for Praeco share: Praeco does not know them, so that they stand in the file which every
    /// rule imports (`BaseRule.config`). Empty in the other style.
    pub fn shared_options(&self) -> &[(String, yaml::Value)] {
        &self.shared
    }

    /// What a rule asks of an index, before its types: in Sigma's meaning, for evaluation in process.
    ///
    /// # Errors
    /// When the document is no rule, or counts.
    pub fn apply(&self, collection: &Collection, index: usize) -> Result<Applied, ConvertError> {
        job::Job::new(self, collection, None).evaluated(index)
    }

    /// The same in index meaning: as a query of the target compares on the mapping's index.
    ///
    /// # Errors
    /// As [`Self::apply`], and when a field's type cannot carry a test out.
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

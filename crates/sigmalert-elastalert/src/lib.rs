//! ElastAlert 2 rule files: read, written, linted and upgraded.

mod audience;
mod correlation;
mod document;
pub mod filter;
pub mod lint;
pub mod load;
mod names;
mod option_reader;
pub mod options;
pub mod praeco;
mod profile;
pub mod rule;
mod rule_file;
pub mod rule_type;
mod span;
mod template_context;
pub mod upgrade;

pub use audience::Audience;
pub use correlation::{CorrelationMember, CorrelationSpec, CorrelationTrigger, CorrelationType, MemberSource};
pub use document::Document;
pub use names::{one_line, unique_names};
pub use option_reader::{RuleError, RuleErrorKind};
pub use profile::{Profile, ProfileError};
pub use rule_file::{Filter, Origin, PraecoFields, RuleFile, digest, priority};
pub use rule_type::{DEFAULT_TIMEFRAME, EXTENSION_TYPE, RuleLogic, RuleType, RuleTypeError, from_aggregation, from_correlation};
pub use span::Span;
pub use template_context::{Destination, FieldSummary, TemplateContext, observable_type, usual_fields};

/// The file in the rules folder with the options that all rules import.
pub const BASE_RULE: &str = "BaseRule.config";

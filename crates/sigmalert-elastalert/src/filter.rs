//! A rule's filters as expressions.

use serde_json::Value;
use sigmalert_query::lang::{Limits, ParseError, PrintError, dsl};
use sigmalert_query::lower::{CaseMode, LowerError, lower};
use sigmalert_query::{Expr, Schema, simplify};

/// A filter that cannot be evaluated exactly as the index evaluates it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the query cannot be evaluated: {0}")]
pub struct FilterError(#[from] ParseError);

impl FilterError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        "unsupported-filter"
    }
}

/// A filter that cannot be rewritten as a case-insensitive query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
#[non_exhaustive]
pub enum CaselessError {
    /// The query cannot be parsed.
    Parse(#[from] ParseError),
    /// The query cannot be evaluated on the types of the schema.
    Lower(#[from] LowerError),
    /// Query DSL has no form for it, or it exceeds a server's limits.
    Print(#[from] PrintError),
}

impl CaselessError {
    /// Returns the stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Parse(_) => "unsupported-query",
            Self::Lower(_) => "unsupported-type",
            Self::Print(_) => "unsupported-dsl",
        }
    }
}

/// Returns the expression of one entry of `filter`, with or without `{"query": …}` around it.
///
/// # Errors
/// If an expression cannot hold the query.
pub fn expression(filter: &Value, schema: &Schema) -> Result<Expr, FilterError> {
    Ok(dsl::parse(filter.get("query").filter(|q| q.is_object()).unwrap_or(filter), schema)?)
}

/// Returns a query as Query DSL that is not case-sensitive.
///
/// # Errors
/// If the query cannot be parsed, or no query of the index is its case-insensitive form.
pub fn case_insensitive(query: &Value, schema: &Schema) -> Result<Value, CaselessError> {
    let expr = dsl::parse(query, schema)?.without_case();
    let lowered = lower(&expr, schema, CaseMode::Native)?;
    Ok(dsl::print(&simplify(lowered.expr), &Limits::default())?)
}

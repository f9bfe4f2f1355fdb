//! A lint together with the function that checks it.

use super::doc::Doc;
use super::file::File;
use super::lint::Lint;
use super::pack::{Pack, PackSink};
use super::sink::Sink;
use sigmalert_query::Expr;
use sigmalert_sigma::{Correlation, Detection, DetectionItem, Rule};

/// What a lint is evaluated against.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    /// Nothing: the parser raises it.
    Reading,
    /// The text of a file.
    Text(fn(&File<'_>, &mut Sink<'_>)),
    /// The keys of a document, even if the document is not valid.
    Document(fn(&Doc<'_>, &mut Sink<'_>)),
    /// A rule.
    Rule(fn(&Doc<'_>, &Rule, &mut Sink<'_>)),
    /// The detection of a rule or a filter.
    Detection(fn(&Doc<'_>, &Detection, &mut Sink<'_>)),
    /// Each item of a detection: a field with its values, or keywords.
    Item(fn(&Doc<'_>, &DetectionItem, &mut Sink<'_>)),
    /// The simplified expression of a rule.
    Logic(fn(&Doc<'_>, &Rule, &Expr, &mut Sink<'_>)),
    /// A correlation.
    Correlation(fn(&Doc<'_>, &Correlation, &mut Sink<'_>)),
    /// All documents of a pack.
    Pack(fn(&Pack, &mut PackSink<'_>)),
    /// Nothing: the conversion raises it.
    Conversion,
}

/// A lint and its check, as the registry lists them.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The lint.
    pub lint: &'static Lint,
    /// Its check.
    pub check: Check,
}

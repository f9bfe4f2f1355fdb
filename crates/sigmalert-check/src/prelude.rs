//! The names that every lint needs.

pub(crate) use crate::doc::Doc;
pub(crate) use crate::file::File;
pub(crate) use crate::finding::{Edit, Fix};
pub(crate) use crate::lint::{BASE, Check, Lint, Severity, Sink};
pub(crate) use crate::pack::{Pack, PackSink};
pub(crate) use sigmalert_query::Expr;
pub(crate) use sigmalert_sigma::yaml::{Kind, Node, Pos};
pub(crate) use sigmalert_sigma::{Condition, Correlation, Detection, DetectionItem, Modifier, Rule, Selection, Value};

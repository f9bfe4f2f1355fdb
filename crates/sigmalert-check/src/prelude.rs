//! The names that every lint needs.

pub(crate) use crate::doc::Doc;
pub(crate) use crate::edit::{Edit, Fix};
pub(crate) use crate::entry::{Check, Entry};
pub(crate) use crate::file::File;
pub(crate) use crate::lint::{BASE, Lint, Severity};
pub(crate) use crate::pack::{Pack, PackSink};
pub(crate) use crate::sink::Sink;
pub(crate) use sigmalert_query::Expr;
pub(crate) use sigmalert_sigma::yaml::{Kind, Node, Pos};
pub(crate) use sigmalert_sigma::{Condition, Correlation, Detection, DetectionItem, Modifier, Rule, Selection, Value};

//! What is wrong with a pack of Sigma rules, and what of it would not survive conversion.
//!
//! A [`Lint`] is one thing to look for, with the code that people select and ignore it by; each stands in a file of
//! its own under `lints/`, with an example that fails and one that passes, from which `docs/reference/lints.md` and the tests
//! are made. A [`Checker`] runs the lints that a [`Config`] leaves on over files, and gives a [`Report`].
//!
//! ```
//! use sigmalert_check::{Checker, Input};
//!
//! let rule = "title: Whoami.\nlogsource: {product: windows}\ndetection: {a: {User: x}, condition: a}\n";
//! let report = Checker::default().check(&[Input::from_text("whoami.yml", rule)]);
//! assert!(report.findings().any(|f| f.lint.name == "title-ends-with-dot"));
//! ```

mod attack;
mod baseline;
mod config;
mod convert;
mod doc;
mod file;
mod finding;
mod fix;
mod lint;
mod lints;
mod logic;
mod pack;
mod reading;
pub mod report;
mod run;
mod schema;
mod suppress;
pub mod taxonomy;

pub use attack::{Attack, TechniqueStatus};
pub use baseline::Baseline;
pub use config::{CONFIG_NAME, Config, ConfigError};
pub use doc::Doc;
pub use file::File;
pub use finding::{Edit, Finding, Fix, Note, Span};
pub use fix::{Fixed, apply, fix_text};
pub use lint::{Check, Lint, Severity, all, find};
pub use pack::Pack;
pub use run::{Checker, FileReport, Input, Report};

/// What a file under `lints/` needs.
mod prelude {
    pub(super) use super::doc::Doc;
    pub(super) use super::file::File;
    pub(super) use super::finding::{Edit, Fix};
    pub(super) use super::lint::{BASE, Check, Lint, Severity, Sink};
    pub(super) use super::pack::{Pack, PackSink};
    pub(super) use sigmalert_query::Expr;
    pub(super) use sigmalert_sigma::yaml::{Kind, Node, Pos};
    pub(super) use sigmalert_sigma::{Condition, Correlation, Detection, DetectionItem, Modifier, Rule, Selection, Value};
}

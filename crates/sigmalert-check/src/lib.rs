//! Lints for Sigma rules and packs of them, and what conversion would lose.
//!
//! A [`Lint`] has a stable code and a name by which it is selected and suppressed. Each is defined in a file of its own under
//! `lints/`, with an example that fails and one that passes; the tests and `docs/reference/lints.md` are generated from them. A [`Checker`]
//! runs the lints that a [`Config`] enables on files, and returns a [`Report`].
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
mod checker;
mod config;
mod convert;
mod doc;
mod edit;
mod entry;
mod file;
mod finding;
mod fingerprint;
mod fix;
mod input;
mod lint;
mod lints;
mod logic;
mod outcome;
mod pack;
mod prelude;
mod reading;
mod registry;
pub mod report;
mod schema;
mod sink;
mod span;
mod suppress;
pub mod taxonomy;
mod vocabulary;

pub use attack::{Attack, AttackError, TechniqueStatus};
pub use baseline::{Baseline, BaselineError};
pub use checker::Checker;
pub use config::{CONFIG_NAME, Config, ConfigError};
pub use edit::{Edit, Fix};
pub use file::File;
pub use finding::{Finding, RelatedPosition};
pub use fix::{Fixed, apply, fix_text};
pub use input::{Input, InputError};
pub use lint::{Lint, Severity};
pub use outcome::{FileReport, Report};
pub use registry::{all, find};
pub use span::Span;
pub use vocabulary::Vocabulary;

//! Lint of rule files: what ElastAlert 2 or Praeco rejects, ignores or loses.

mod alerters;
mod filters;
mod format;
mod options;
mod page;
mod types;
pub use alerters::first_place;
pub use format::{FormatError, fields as format_fields};

use crate::audience::Audience;
use crate::load::{LoadError, Loaded};
use sigmalert_sigma::yaml::{Pos, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The severity of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The rule does not load, its alerts fail, or Praeco does not open it.
    Error,
    /// The rule loads but does not do what its text suggests, or Praeco loses a part of it.
    Warning,
}

impl Severity {
    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A problem of a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable code: `EA` for ElastAlert, `PR` for Praeco.
    pub code: &'static str,
    /// Its severity.
    pub severity: Severity,
    /// The file, which may be one that the rule imports.
    pub file: PathBuf,
    /// The position in the file.
    pub pos: Pos,
    /// The option; empty if the problem concerns the whole file.
    pub option: String,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub help: Option<String>,
    /// Whether [`crate::upgrade`] can fix it.
    pub fixable: bool,
}

/// All codes with their descriptions.
pub const CODES: [(&str, &str); 25] = [
    ("EA100", "the file is not a mapping of options, or an import cannot be resolved"),
    ("EA101", "a required option is missing"),
    ("EA102", "an option has a value that the schema rejects"),
    ("EA103", "the rule type is unknown"),
    ("EA104", "an option that the rule type requires is missing"),
    ("EA105", "this release does not have the alerter"),
    ("EA106", "an option that the alerter requires is missing"),
    ("EA107", "options contradict each other"),
    ("EA108", "two rules have the same name"),
    ("EA109", "formatting the alert fails"),
    ("EA110", "the server rejects a filter"),
    ("EA111", "a query contains a `$` that ElastAlert expands as an environment variable"),
    ("EA112", "an option was renamed or removed"),
    ("EA113", "an option is unknown, probably a typo"),
    ("EA114", "an option has no effect for this rule type"),
    ("EA115", "this release does not have the option"),
    ("EA116", "a link to Kibana or OpenSearch Dashboards cannot be generated"),
    ("EA117", "only sigmalert can run rules of this type"),
    ("PR201", "Praeco's editor fails to open the rule"),
    ("PR202", "Praeco cannot read the query from the filter, and would save a rule that matches everything"),
    ("PR203", "the query builder's tree cannot be read"),
    ("PR204", "the query builder's tree differs from the filter, so the first save changes the query"),
    ("PR205", "Praeco loses an option when it saves the rule"),
    ("PR206", "Praeco keeps only part of an option"),
    ("PR207", "Praeco can show the rule but not edit it"),
];

/// Collects the problems of one rule.
pub(super) struct Report<'r> {
    rule: &'r Loaded,
    audience: Audience,
    problems: Vec<Problem>,
}

impl Report<'_> {
    /// Adds a problem of an option, or of the file if it does not have the option.
    fn add(
        &mut self,
        code: &'static str,
        severity: Severity,
        option: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> &mut Problem {
        let entry = self.rule.entry(option.split(['.', '[']).next().unwrap_or(option));
        let (file, pos) =
            entry.map_or_else(|| (self.rule.file(), Pos { line: 1, column: 1 }), |e| (self.rule.files[e.file].as_path(), e.pos));
        let help = Some(help.into()).filter(|h: &String| !h.is_empty());
        self.problems.push(Problem {
            code,
            severity,
            file: file.to_owned(),
            pos,
            option: option.to_owned(),
            message: message.into(),
            help,
            fixable: false,
        });
        let last = self.problems.len() - 1;
        &mut self.problems[last]
    }

    fn error(&mut self, code: &'static str, option: &str, message: impl Into<String>, help: impl Into<String>) -> &mut Problem {
        self.add(code, Severity::Error, option, message, help)
    }

    fn warning(&mut self, code: &'static str, option: &str, message: impl Into<String>, help: impl Into<String>) -> &mut Problem {
        self.add(code, Severity::Warning, option, message, help)
    }

    /// The options of the rule and its imports.
    fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.rule.entries.iter().map(|e| (e.key.as_str(), &e.value))
    }

    fn has(&self, key: &str) -> bool {
        self.rule.get(key).is_some()
    }
}

/// Returns the problem of a file that cannot be loaded.
pub fn unreadable(e: &LoadError) -> Problem {
    Problem {
        code: "EA100",
        severity: Severity::Error,
        file: e.file.clone(),
        pos: e.pos,
        option: String::new(),
        message: e.message.clone(),
        help: e.help.clone(),
        fixable: false,
    }
}

/// Returns the problems of one rule.
pub fn lint(rule: &Loaded, audience: Audience) -> Vec<Problem> {
    let mut report = Report { rule, audience, problems: Vec::new() };
    options::check(&mut report);
    types::check(&mut report);
    filters::check(&mut report);
    alerters::check(&mut report);
    if audience.praeco {
        page::check(&mut report);
    }
    let mut problems = report.problems;
    problems.sort_by(|a, b| {
        (a.file != rule.file(), &a.file, a.pos, a.code, &a.option).cmp(&(b.file != rule.file(), &b.file, b.pos, b.code, &b.option))
    });
    problems
}

/// Returns the problems of names that several rules have: ElastAlert does not start with them.
pub fn repeated_names<'r>(rules: impl Iterator<Item = &'r Loaded>) -> Vec<Problem> {
    let mut first: HashMap<String, &Path> = HashMap::new();
    let mut out = Vec::new();
    for rule in rules {
        let name = rule.name();
        if let Some(other) = first.get(&name) {
            let pos = rule.entry("name").map_or(Pos { line: 1, column: 1 }, |e| e.pos);
            out.push(Problem {
                code: "EA108",
                severity: Severity::Error,
                file: rule.file().to_owned(),
                pos,
                option: "name".into(),
                message: format!("the name is that of {}, too: ElastAlert does not start", other.display()),
                help: Some("rename one of them".into()),
                fixable: false,
            });
        } else {
            first.insert(name, rule.file());
        }
    }
    out
}

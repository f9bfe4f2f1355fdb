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
    ("EA100", "the file is no mapping of options, or an import cannot be followed"),
    ("EA101", "an option that every rule must have is missing"),
    ("EA102", "an option holds another kind of value than the schema takes"),
    ("EA103", "there is no such rule type"),
    ("EA104", "an option that the rule type needs is missing"),
    ("EA105", "there is no such alerter in this release"),
    ("EA106", "an option that the alerter needs is missing"),
    ("EA107", "options contradict each other"),
    ("EA108", "two rules have one name"),
    ("EA109", "the alert fails when it is put together"),
    ("EA110", "a filter is of a form that the server refuses"),
    ("EA111", "a query holds a `$` that the environment would replace"),
    ("EA112", "an option has another name by now, or is gone"),
    ("EA113", "an option is not known; it looks like a slip of the pen"),
    ("EA114", "an option does nothing for this rule type"),
    ("EA115", "an option is not known to this release"),
    ("EA116", "a link to Kibana or OpenSearch Dashboards is asked for that cannot be made"),
    ("EA117", "only sigmalert runs rules of this type"),
    ("PR201", "Praeco's page stays empty or throws"),
    ("PR202", "Praeco reads no query from the filter, and would save the rule so that it matches everything"),
    ("PR203", "the query builder's tree is not readable"),
    ("PR204", "the query builder's tree is not the filter, so that the first save changes the query"),
    ("PR205", "Praeco loses an option when it saves the rule"),
    ("PR206", "Praeco keeps only a part of an option"),
    ("PR207", "Praeco shows the rule, but cannot edit it"),
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
                help: Some("give one of them another name".into()),
                fixable: false,
            });
        } else {
            first.insert(name, rule.file());
        }
    }
    out
}

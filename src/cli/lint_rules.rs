//! `sigmalert lint-rules`

use super::deny::{DENIABLE, Denied};
use super::diagnostics::Diagnostics;
use super::{ExitStatus, one_of, plural, print, rule_files};
use rayon::prelude::*;
use serde_json::json;
use sigmalert_elastalert::lint::{self, CODES, Problem, Severity};
use sigmalert_sigma::yaml::Pos;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

const FORMATS: &[(&str, Format)] = &[("text", Format::Text), ("json", Format::Json)];

/// Lint ElastAlert 2 rule files: report what ElastAlert 2 would reject or ignore, and what Praeco would lose
///
/// Exit status: 0 if there are no errors; 1 if there are; 2 on wrong usage, or if no input can be read.
#[derive(Debug, clap::Args)]
#[command(after_long_help = codes())]
pub struct Args {
    #[command(flatten)]
    files: rule_files::RuleFiles,

    /// Fail on these findings, too
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = one_of(DENIABLE))]
    deny: Vec<Denied>,

    /// Fail on warnings: short for `--deny warnings`
    #[arg(long, alias = "deny-warnings")]
    strict: bool,

    /// Output format: `text` on standard error, or `json` on standard output
    #[arg(long, value_name = "FORMAT", value_parser = one_of(FORMATS), default_value = "text")]
    format: Format,
}

fn codes() -> String {
    let lines: Vec<String> = CODES.iter().map(|(c, what)| format!("  {c}  {what}")).collect();
    format!("Codes:\n{}", lines.join("\n"))
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let config = args.files.read_config()?;
    let found = args.files.find()?;
    let audience = args.files.audience();
    let read: Vec<_> = found.sources.par_iter().map(|s| args.files.load(&s.path, &config)).collect();
    let mut problems: Vec<Problem> = found
        .errors
        .iter()
        .map(|e| Problem {
            code: "EA100",
            severity: Severity::Error,
            file: e.path.clone(),
            pos: Pos::default(),
            option: String::new(),
            message: e.message.clone(),
            help: None,
            fixable: false,
        })
        .collect();
    for rule in &read {
        match rule {
            Ok(rule) => problems.extend(lint::lint(rule, audience)),
            Err(e) => problems.push(lint::unreadable(e)),
        }
    }
    problems.extend(lint::repeated_names(read.iter().flatten()));
    // Problems of a file that many rules import are reported once.
    let mut reported = std::collections::HashSet::new();
    problems.retain(|p| reported.insert((p.code, p.file.clone(), p.pos, p.message.clone())));
    let count = |severity: Severity| problems.iter().filter(|p| p.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let fixable = problems.iter().filter(|p| p.fixable).count();
    match args.format {
        Format::Json => print(&format!("{:#}\n", report(&problems)))?,
        Format::Text => {
            let mut diagnostics = Diagnostics::new(&found.sources);
            for p in &problems {
                diagnostics.problem(p);
            }
            let files = plural(found.sources.len(), "file");
            let mut text = format!("{files}: {}, {}\n", plural(errors, "error"), plural(warnings, "warning"));
            if fixable > 0 {
                text.push_str(&format!("{fixable} of them can be fixed with `sigmalert upgrade`\n"));
            }
            Diagnostics::plain(&text);
        }
    }
    let strict = args.strict || args.deny.contains(&Denied::Warnings);
    Ok(if errors > 0 || (strict && warnings > 0) { ExitStatus::Failure } else { ExitStatus::Success })
}

fn report(problems: &[Problem]) -> serde_json::Value {
    problems
        .iter()
        .map(|p| {
            json!({
                "code": p.code, "severity": p.severity.name(), "file": p.file.to_string_lossy(), "line": p.pos.line, "column": p.pos.column,
                "option": p.option, "message": p.message, "help": p.help, "fixable": p.fixable,
            })
        })
        .collect()
}

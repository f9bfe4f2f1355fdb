//! `sigmalert lint-rules`

use super::diagnostics::Diagnostics;
use super::{ExitStatus, one_of, print, rule_files};
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

/// Tell what ElastAlert 2 or Praeco would refuse, ignore or lose in rule files, whoever wrote them
///
/// Exit status: 0 when there are no errors, 1 when there are, 2 when the command itself makes no sense.
#[derive(Debug, clap::Args)]
#[command(after_long_help = codes())]
pub struct Args {
    #[command(flatten)]
    files: rule_files::RuleFiles,

    /// Warnings count as errors for the exit status
    #[arg(long)]
    deny_warnings: bool,

    /// Output: `text` for people on standard error, or `json` on standard output
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
    // What stands in a file that many rules import is told once.
    let mut seen = std::collections::HashSet::new();
    problems.retain(|p| seen.insert((p.code, p.file.clone(), p.pos, p.message.clone())));
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
            let files = found.sources.len();
            let mut text = format!("{files} file{}: {errors} errors, {warnings} warnings\n", if files == 1 { "" } else { "s" });
            if fixable > 0 {
                text.push_str(&format!("{fixable} of them are mended by `sigmalert upgrade`\n"));
            }
            Diagnostics::plain(&text);
        }
    }
    Ok(if errors > 0 || (args.deny_warnings && warnings > 0) { ExitStatus::Failure } else { ExitStatus::Success })
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

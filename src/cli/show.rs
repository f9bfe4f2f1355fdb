//! `sigmalert show`

use super::diagnostics::Diagnostics;
use super::{ExitStatus, print};
use sigmalert_convert::batch::{Batch, Discovered, discover};
use sigmalert_query::Expr;
use sigmalert_sigma::yaml::{self, Limits};
use sigmalert_sigma::{Document, Placeholders, to_yaml};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Show what a Sigma file says: its parts, the rule printed back, or the expression it stands for
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Sigma file, or `-` for standard input
    #[arg(value_name = "RULE")]
    path: PathBuf,

    /// The syntax tree
    #[arg(long, group = "form")]
    ast: bool,

    /// The rule as YAML of the same meaning (the default)
    #[arg(long, group = "form")]
    yaml: bool,

    /// What an event must match, in Sigma's field names
    #[arg(long, group = "form")]
    expr: bool,

    /// Values of placeholders, for --expr
    #[arg(long, value_name = "FILE")]
    placeholders: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let limits = Limits::default();
    let found = if args.path.as_os_str() == "-" {
        Discovered { sources: vec![super::stdin(&limits)?], errors: vec![] }
    } else {
        discover(std::slice::from_ref(&args.path))
    };
    let placeholders = super::placeholders(args.placeholders.as_deref())?;
    let batch = Batch::read(found, &limits);
    let mut out = String::new();
    let mut failed = Vec::new();
    for (i, d) in batch.collection.documents().iter().enumerate() {
        if i > 0 {
            out.push_str(if args.ast || args.expr { "\n" } else { "---\n" });
        }
        if args.ast {
            _ = writeln!(out, "{d:#?}");
        } else if args.expr {
            match expression(&batch, d, &placeholders) {
                Ok(text) => out.push_str(&text),
                Err(e) => failed.push(batch.failed(i, e)),
            }
        } else {
            out.push_str(&yaml::emit(&to_yaml(d)));
        }
    }
    print(&out)?;
    let mut diagnostics = Diagnostics::new(&batch.sources);
    for (source, w) in &batch.warnings {
        diagnostics.warning(&batch.sources[*source], w);
    }
    for o in batch.failures.iter().chain(&failed) {
        diagnostics.failure(o);
    }
    Ok(if failed.is_empty() && batch.failures.is_empty() { ExitStatus::Success } else { ExitStatus::Failure })
}

/// The expression, or for a correlation those of its rules.
fn expression(batch: &Batch, d: &Document, placeholders: &Placeholders) -> Result<String, sigmalert_sigma::Error> {
    Ok(match d {
        Document::Rule(r) => format!("{}\n", Expr::from_rule(r, placeholders)?),
        Document::Filter(f) => format!("{}\n", Expr::from_filter(f, placeholders)?),
        Document::Correlation(c) => {
            let mut out = format!("{} over\n", c.kind.name());
            for (at, _) in &batch.collection.resolve(c)?.rules {
                let member = &batch.collection.documents()[*at];
                _ = write!(out, "  {}: {}", member.attributes().title, expression(batch, member, placeholders)?);
            }
            out
        }
    })
}

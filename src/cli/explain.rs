//! `sigmalert explain`

use super::diagnostics::Diagnostics;
use super::{ExitStatus, one_of, print};
use sigmalert_convert::batch::{Batch, discover};
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{ConvertError, Converted, Converter, Explanation, Options, Style};
use sigmalert_sigma::Document;
use sigmalert_sigma::yaml::Limits;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Explain what a rule becomes: its meaning, its fields in the index, the queries, and where each option is from
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Sigma files, or folders of them; documents that the first refers to may stand in the others
    #[arg(required = true, value_name = "RULE")]
    paths: Vec<PathBuf>,

    /// Field mapping: `winlogbeat`, `wazuh` or a file
    #[arg(short, long, value_name = "NAME|FILE")]
    mapping: String,

    /// How and to whom the rule alerts, as for `convert`
    #[arg(short, long = "profile", value_name = "NAME|FILE")]
    profiles: Vec<String>,

    /// For whom the rule file is written
    #[arg(long, value_name = "STYLE", value_parser = one_of(super::STYLES), default_value = "elastalert")]
    style: Style,

    /// Values of placeholders
    #[arg(long, value_name = "FILE")]
    placeholders: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let limits = Limits::default();
    let options = Options {
        style: args.style,
        profile: super::profiles(&args.profiles)?,
        placeholders: super::placeholders(args.placeholders.as_deref())?,
        ..Options::default()
    };
    let mapping = Mapping::load(&args.mapping).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    let converter = Converter::new(mapping, options);
    let batch = Batch::read(discover(&args.paths), &limits);
    let mut out = String::new();
    let mut failed = !batch.failures.is_empty();
    for (i, d) in batch.collection.documents().iter().enumerate() {
        if matches!(d, Document::Filter(_)) {
            continue;
        }
        if !out.is_empty() {
            out.push_str("\n----\n\n");
        }
        _ = writeln!(out, "{} ({})", d.attributes().title, batch.sources[batch.places[i].source].path.display());
        match converter.explain(&batch.collection, i) {
            Ok(e) => {
                failed |= e.rule_file.is_err();
                describe(&mut out, &e);
            }
            Err(e) => {
                failed = true;
                problem(&mut out, &e);
            }
        }
    }
    print(&out)?;
    let mut diagnostics = Diagnostics::new(&batch.sources);
    batch.failures.iter().for_each(|f| diagnostics.failure(f));
    Ok(if failed { ExitStatus::Failure } else { ExitStatus::Success })
}

fn describe(out: &mut String, e: &Explanation) {
    if let Some(means) = &e.means {
        _ = writeln!(out, "\nIt asks for\n  {}", means.replace('\n', "\n  "));
    }
    if !e.fields.is_empty() {
        out.push_str("\nFields\n");
        for f in &e.fields {
            let stored: Vec<String> = f.stored.iter().map(|(n, kind)| format!("{n} ({kind})")).collect();
            _ = write!(out, "  {}: {}", f.field, stored.join(", "));
            _ = writeln!(out, "{}", f.lacking.as_ref().map_or_else(String::new, |l| format!(": {l}")));
        }
    }
    for (language, result) in &e.queries {
        _ = writeln!(out, "\n{language}");
        shown(out, result);
    }
    out.push_str("\nRule file\n");
    match &e.rule_file {
        Ok(c) => {
            for (key, from) in &e.options {
                _ = writeln!(out, "  {key}: {from}");
            }
            notices(out, c);
        }
        Err(e) => problem(out, e),
    }
}

fn shown(out: &mut String, result: &Result<Converted, ConvertError>) {
    match result {
        Ok(c) => {
            _ = writeln!(out, "  {}", c.query.to_string().replace('\n', "\n  "));
            notices(out, c);
        }
        Err(e) => problem(out, e),
    }
}

fn notices(out: &mut String, c: &Converted) {
    for n in &c.notices {
        _ = writeln!(out, "  note: {}: {n}", n.kind.name());
    }
}

fn problem(out: &mut String, e: &ConvertError) {
    let place = match e {
        ConvertError::Sigma(e) if e.pos.is_known() => format!("line {}, column {}: ", e.pos.line, e.pos.column),
        _ => String::new(),
    };
    _ = writeln!(out, "  none: {place}{e}");
    if let Some(help) = e.help() {
        _ = writeln!(out, "  help: {help}");
    }
}

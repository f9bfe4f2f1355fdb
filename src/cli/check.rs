//! `sigmalert check`

use super::diagnostics::Diagnostics;
use super::{ExitStatus, STYLES, one_of, print};
use rayon::prelude::*;
use sigmalert_check::report::{self, Format};
use sigmalert_check::{Baseline, CONFIG_NAME, Checker, Config, Input, Lint, Report, Severity, all, find, fix_text};
use sigmalert_convert::batch::{discover, replace};
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{Converter, Options, Style};
use sigmalert_sigma::yaml::Limits;
use sigmalert_support::read::{read_text, reason};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Tell what is wrong with Sigma rules, and what of them would not survive conversion
///
/// Exit status: 0 when nothing is wrong, 1 when there are errors or too many warnings, 2 when the command itself makes no
/// sense.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert check rules                                what is wrong with a pack
  sigmalert check rules --mapping winlogbeat           and what would not survive conversion
  sigmalert check rules --fix --diff                   what would be mended
  sigmalert check rules --format sarif -o check.sarif
  sigmalert check --explain SG416

A comment silences a lint: `# sigmalert: ignore[SG104]` behind a line or alone above it, `ignore-file[...]` for the file.
`.sigmalert.toml` of the nearest folder above says what runs where; docs/guide/checking.md has all of it.")]
pub struct Args {
    /// Rules: files, folders, or `-` for standard input
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Lints that run: codes, beginnings of codes such as `SG4`, or names
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    select: Vec<String>,

    /// Lints that run beside the others
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    extend_select: Vec<String>,

    /// Lints that do not run
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    ignore: Vec<String>,

    /// What is milder is not told; `warning` unless the configuration says otherwise
    #[arg(long, value_name = "SEVERITY", value_parser = one_of(&Severity::ALL))]
    severity: Option<Severity>,

    /// How many warnings are let pass
    #[arg(long, value_name = "N")]
    max_warnings: Option<usize>,

    /// Convert each rule with a field mapping, and tell what does not survive: `winlogbeat`, `wazuh`, `sigma` or a file
    #[arg(short, long, value_name = "NAME|FILE")]
    mapping: Option<String>,

    /// For whom rule files would be written
    #[arg(long, value_name = "STYLE", value_parser = one_of(STYLES), default_value = "elastalert")]
    style: Style,

    /// The configuration, in place of the nearest `.sigmalert.toml`
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,

    /// No configuration
    #[arg(long)]
    no_config: bool,

    /// A STIX bundle of ATT&CK, in place of what is built in
    #[arg(long, value_name = "FILE")]
    attack: Option<PathBuf>,

    /// A file of known findings, which are not told
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all findings to a baseline, and tell none
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "watch"])]
    write_baseline: Option<PathBuf>,

    /// The paths are a part of a pack: what they refer to may lie elsewhere
    #[arg(long)]
    partial: bool,

    /// Mend what can be mended; comments and layout stay
    #[arg(long)]
    fix: bool,

    /// The same, and tell nothing of what is left
    #[arg(long, conflicts_with = "fix")]
    fix_only: bool,

    /// With --fix: show what would change, and change nothing
    #[arg(long)]
    diff: bool,

    /// Output
    #[arg(long, value_name = "FORMAT", value_parser = one_of(&Format::ALL), default_value = "text")]
    format: Format,

    /// Where the output goes, in place of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Count findings by lint, in place of telling each
    #[arg(long)]
    statistics: bool,

    /// Look again whenever a file changes
    #[arg(long)]
    watch: bool,

    /// The name that standard input has in findings
    #[arg(long, value_name = "PATH", default_value = "<stdin>")]
    stdin_name: PathBuf,

    /// Explain a lint
    #[arg(long, value_name = "LINT")]
    explain: Option<String>,

    /// List all lints
    #[arg(long)]
    list: bool,

    /// Say nothing but the findings
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    if let Some(word) = &args.explain {
        let lint = find(word).ok_or_else(|| ExitStatus::Usage(format!("there is no lint `{word}`; --list shows all")))?;
        print(&explain(lint))?;
        return Ok(ExitStatus::Success);
    }
    if args.list {
        print(&list())?;
        return Ok(ExitStatus::Success);
    }
    let checker = checker(args)?;
    if args.watch {
        return super::check_watch::watch(&args.paths, || once(args, &checker));
    }
    once(args, &checker)
}

/// The checker that the options and the configuration ask for.
fn checker(args: &Args) -> Result<Checker, ExitStatus> {
    let usage = |e: &dyn std::fmt::Display| ExitStatus::Usage(e.to_string());
    let beside = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = if beside.is_dir() { beside } else { beside.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")) };
    let config = match &args.config {
        Some(path) => Config::load(path),
        None if args.no_config => Ok(Config::default()),
        None => Config::nearest(folder),
    };
    let mut config = config.map_err(|e| usage(&e))?;
    config.choose(&args.select, &args.extend_select, &args.ignore).map_err(|e| usage(&e))?;
    if let Some(path) = &args.attack {
        config.vocabulary.attack = Some(Config::read_attack(path).map_err(|e| usage(&e))?);
    }
    config.severity = args.severity.unwrap_or(config.severity);
    config.max_warnings = args.max_warnings.or(config.max_warnings);
    config.baseline = args.baseline.clone().or(config.baseline);
    let mapping = args.mapping.clone().or_else(|| config.mapping.clone());
    let mut checker = Checker::new(config);
    if let Some(name) = mapping {
        let mapping = Mapping::load(&name).map_err(|e| usage(&e))?;
        checker = checker.with_converter(Converter::new(mapping, Options { style: args.style, ..Options::default() }));
    }
    Ok(if args.partial { checker.partial_pack() } else { checker })
}

/// One look at all files.
fn once(args: &Args, checker: &Checker) -> Result<ExitStatus, ExitStatus> {
    let (mut inputs, unreadable) = inputs(args, checker)?;
    if args.diff && !args.fix && !args.fix_only {
        return Err(ExitStatus::Usage("--diff shows what --fix would change: give both".into()));
    }
    let mut unwritten = false;
    if args.fix || args.fix_only {
        let (changed, kept) = apply_fixes(args, checker, &mut inputs)?;
        unwritten = kept > 0;
        if args.diff {
            return Ok(if changed > 0 { ExitStatus::Failure } else { ExitStatus::Success });
        }
        if args.fix_only {
            return Ok(if unwritten { ExitStatus::Failure } else { ExitStatus::Success });
        }
    }
    let mut report = checker.check(&inputs);
    let root = |p: &Path| std::path::absolute(p).ok().and_then(|p| p.parent().map(Path::to_owned)).unwrap_or_default();
    if let Some(path) = &args.write_baseline {
        let baseline = Baseline::of(&report, &root(path));
        replace(path, baseline.to_text().as_bytes())
            .map_err(|e| ExitStatus::Usage(format!("{} cannot be written: {}", path.display(), reason(&e))))?;
        Diagnostics::plain(&format!("{} findings written to {}\n", baseline.len(), path.display()));
        return Ok(ExitStatus::Success);
    }
    let known = match &checker.config().baseline {
        Some(path) => {
            let baseline = Baseline::load(path).map_err(|m| ExitStatus::Usage(format!("{} {m}", path.display())))?;
            baseline.apply(&mut report, &root(path))
        }
        None => 0,
    };
    tell(args, &report, &inputs)?;
    for e in &unreadable {
        Diagnostics::plain(&format!("error: {e}\n"));
    }
    if !args.quiet {
        Diagnostics::plain(&summary(&report, known));
    }
    let warnings = report.count(Severity::Warning);
    let too_many = checker.config().max_warnings.is_some_and(|most| warnings > most);
    if too_many && !args.quiet {
        Diagnostics::plain(&format!("{warnings} warnings are more than {} allowed\n", checker.config().max_warnings.unwrap_or_default()));
    }
    Ok(if report.count(Severity::Error) > 0 || too_many || unwritten || !unreadable.is_empty() {
        ExitStatus::Failure
    } else {
        ExitStatus::Success
    })
}

/// The files to look at, and what cannot be.
fn inputs(args: &Args, checker: &Checker) -> Result<(Vec<Input>, Vec<String>), ExitStatus> {
    let (stdin, paths): (Vec<&PathBuf>, Vec<&PathBuf>) = args.paths.iter().partition(|p| p.as_os_str() == "-");
    let found = discover(&paths.into_iter().cloned().collect::<Vec<_>>());
    let sources = found.sources.into_iter().filter(|s| !checker.config().excludes(&s.path));
    let mut inputs: Vec<Input> = sources.map(|s| Input { path: s.path, text: None }).collect();
    if !stdin.is_empty() {
        let text =
            read_text(io::stdin().lock(), 0, Limits::default().bytes).map_err(|m| ExitStatus::Usage(format!("standard input {m}")))?;
        inputs.push(Input { path: args.stdin_name.clone(), text: Some(text) });
    }
    let unreadable: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
    if inputs.is_empty() && unreadable.is_empty() {
        return Err(ExitStatus::Usage(format!(
            "there are no rules in {}",
            args.paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
        )));
    }
    Ok((inputs, unreadable))
}

/// Fixes files: how many changed, and how many could not be written. Standard input goes to standard output.
fn apply_fixes(args: &Args, checker: &Checker, inputs: &mut [Input]) -> Result<(usize, usize), ExitStatus> {
    let limits = Limits::default();
    let fixed: Vec<_> = inputs
        .par_iter()
        .map(|i| {
            let text = i.read(&limits).ok()?;
            let fixed = fix_text(checker, &i.path, &text);
            (fixed.text != text).then_some((text, fixed))
        })
        .collect();
    let mut by_lint: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut changed, mut kept, mut diff) = (0, 0, String::new());
    for (input, fixed) in inputs.iter_mut().zip(fixed) {
        let Some((old, fixed)) = fixed else { continue };
        let name = input.path.display().to_string();
        if args.diff {
            _ = write!(diff, "{}", TextDiff::from_lines(&old, &fixed.text).unified_diff().header(&name, &name));
        } else if input.text.is_some() {
            print(&fixed.text)?;
            input.text = Some(fixed.text);
        } else if let Err(message) = overwrite(&input.path, &fixed.text) {
            // The other files are not to blame.
            Diagnostics::plain(&format!("error: {name} {message}\n"));
            kept += 1;
            continue;
        }
        changed += 1;
        fixed.applied.iter().for_each(|(code, n)| *by_lint.entry(code).or_default() += n);
    }
    print(&diff)?;
    if !args.quiet && changed > 0 {
        let total: usize = by_lint.values().sum();
        let what: Vec<String> = by_lint.iter().map(|(code, n)| format!("{code} {n}")).collect();
        let would = if args.diff { "would be mended" } else { "mended" };
        Diagnostics::plain(&format!("{} {would} in {} ({})\n", count(total, "finding"), count(changed, "file"), what.join(", ")));
    }
    Ok((changed, kept))
}

/// Writes a file that was fixed, unless it is read-only: it would be replaced all the same.
fn overwrite(path: &Path, text: &str) -> Result<(), String> {
    if std::fs::metadata(path).is_ok_and(|m| m.permissions().readonly()) {
        return Err("is read-only and was not changed: make it writable (chmod u+w), or leave --fix out".into());
    }
    replace(path, text.as_bytes()).map_err(|e| format!("cannot be written: {}", reason(&e)))
}

fn tell(args: &Args, report: &Report, inputs: &[Input]) -> Result<(), ExitStatus> {
    if args.statistics {
        return print(&statistics(report));
    }
    let Some(path) = &args.output else {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        // What was mended on standard input stands there already.
        let mut out = io::BufWriter::new(io::stdout().lock());
        report::write(report, inputs, args.format, colour, &mut out)?;
        return Ok(out.flush()?);
    };
    let mut text = Vec::new();
    report::write(report, inputs, args.format, false, &mut text)?;
    replace(path, &text).map_err(|e| ExitStatus::Usage(format!("{} cannot be written: {}", path.display(), reason(&e))))
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn summary(report: &Report, known: usize) -> String {
    let documents: usize = report.files.iter().map(|f| f.documents).sum();
    let mut out = format!(
        "{}, {}: {}, {}",
        count(report.files.len(), "file"),
        count(documents, "document"),
        count(report.count(Severity::Error), "error"),
        count(report.count(Severity::Warning), "warning")
    );
    let infos = report.count(Severity::Info);
    if infos > 0 {
        _ = write!(out, ", {}", count(infos, "info"));
    }
    let foreign = report.files.iter().filter(|f| f.foreign).count();
    if foreign > 0 {
        _ = write!(out, "; {} of other YAML left alone", count(foreign, "file"));
    }
    let silenced: usize = report.files.iter().map(|f| f.suppressed).sum();
    if silenced > 0 {
        _ = write!(out, "; {silenced} silenced by comments");
    }
    if known > 0 {
        _ = write!(out, "; {known} in the baseline");
    }
    out.push('\n');
    let fixable = report.findings().filter(|f| f.fix.is_some()).count();
    if fixable > 0 {
        _ = writeln!(out, "{fixable} of them {} mended by --fix", if fixable == 1 { "is" } else { "are" });
    }
    out
}

/// Findings counted by lint, most first.
fn statistics(report: &Report) -> String {
    let mut counts: BTreeMap<&str, (usize, &Lint, Severity)> = BTreeMap::new();
    for f in report.findings() {
        counts.entry(f.lint.code).or_insert((0, f.lint, f.severity)).0 += 1;
    }
    let mut rows: Vec<_> = counts.into_values().collect();
    rows.sort_by_key(|(n, l, _)| (std::cmp::Reverse(*n), l.code));
    rows.iter().map(|(n, l, s)| format!("{n:>6}  {}  {:7}  {}\n", l.code, s.name(), l.name)).collect()
}

fn list() -> String {
    all()
        .iter()
        .map(|l| {
            let fix = if l.fix.is_some() { "fix" } else { "" };
            let off = if l.default { "" } else { " (off by default)" };
            format!("{}  {:7}  {fix:3}  {:26}  {}{off}\n", l.code, l.severity.name(), l.name, l.what)
        })
        .collect()
}

/// A lint as a page of text.
fn explain(l: &Lint) -> String {
    let mut out = format!("{} {} ({})\n\n{}\n\nWhy: {}\n", l.code, l.name, l.severity.name(), l.what, l.why);
    if let Some(fix) = l.fix {
        _ = writeln!(out, "\n--fix {fix}.");
    }
    if !l.default {
        out.push_str("\nOff by default: select it by its code or name.\n");
    }
    let indented = |text: &str| text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect::<String>();
    if !l.bad.is_empty() {
        _ = write!(out, "\nFails:\n\n{}\nPasses:\n\n{}", indented(&l.bad_example()), indented(&l.good_example()));
    }
    _ = write!(out, "\nSilence it with `# sigmalert: ignore[{}]`, or in {CONFIG_NAME}.\n", l.code);
    out
}

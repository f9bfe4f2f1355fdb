//! `sigmalert check`

use super::deny::{DENIABLE, Denied};
use super::diagnostics::Diagnostics;
use super::{ExitStatus, STYLES, one_of, plural, print};
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

/// Lint Sigma rules and report what conversion would lose
///
/// Exit status: 0 if there are no errors; 1 if there are errors or too many warnings; 2 on wrong usage, or if no input can be
/// read.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert check rules                                lint a pack
  sigmalert check rules --mapping winlogbeat           also report what conversion would lose
  sigmalert check rules --strict                       fail on warnings, too
  sigmalert check rules --fix --dry-run                show what --fix would change
  sigmalert check rules --format sarif -o check.sarif
  sigmalert check --explain SG416

A trailing comment `# sigmalert: ignore[SG104]` suppresses a lint on its own line; a standalone comment suppresses it on the next
line that is neither blank nor a comment; `ignore-file[...]` suppresses it in the whole file. The nearest `.sigmalert.toml` at or
above the rules configures the lints; docs/guide/checking.md describes it.")]
pub struct Args {
    /// Rules: files, folders, or `-` for standard input
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Lints to run: codes, prefixes of codes such as `SG4`, or names
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    select: Vec<String>,

    /// Lints to run in addition
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    extend_select: Vec<String>,

    /// Lints to skip
    #[arg(long, value_name = "LINT", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Lowest severity to report; `warning` unless configured otherwise
    #[arg(long, value_name = "SEVERITY", value_parser = one_of(&Severity::ALL))]
    severity: Option<Severity>,

    /// Fail if there are more than this many warnings
    #[arg(long, value_name = "N", conflicts_with_all = ["deny", "strict"])]
    max_warnings: Option<usize>,

    /// Fail on these findings, too
    #[arg(long, value_name = "WHAT", value_delimiter = ',', value_parser = one_of(DENIABLE))]
    deny: Vec<Denied>,

    /// Fail on warnings: short for `--deny warnings`
    #[arg(long, alias = "deny-warnings")]
    strict: bool,

    /// Field mapping to convert each rule with, to report what conversion would lose: `winlogbeat`, `wazuh`, `sigma` or a file
    #[arg(short, long, value_name = "NAME|FILE")]
    mapping: Option<String>,

    /// Style of the rule files
    #[arg(long, value_name = "STYLE", value_parser = one_of(STYLES), default_value = "elastalert")]
    style: Style,

    /// Configuration file, instead of the nearest `.sigmalert.toml`
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,

    /// Use no configuration file
    #[arg(long)]
    no_config: bool,

    /// STIX bundle of ATT&CK, instead of the built-in release
    #[arg(long, value_name = "FILE")]
    attack: Option<PathBuf>,

    /// Baseline: a file of known findings, which are not reported
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Write all findings to a baseline instead of reporting them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fix", "watch"])]
    write_baseline: Option<PathBuf>,

    /// The paths are part of a pack: rules they refer to may be elsewhere
    #[arg(long)]
    partial: bool,

    /// Fix what can be fixed automatically; comments and layout are preserved
    #[arg(long)]
    fix: bool,

    /// Fix, and do not report the remaining findings
    #[arg(long, conflicts_with = "fix")]
    fix_only: bool,

    /// With --fix: show a diff of the changes without writing them
    #[arg(short = 'n', long, alias = "diff")]
    dry_run: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_parser = one_of(&Format::ALL), default_value = "text")]
    format: Format,

    /// Output file, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Count findings by lint instead of listing them
    #[arg(long)]
    statistics: bool,

    /// Run again whenever a file changes
    #[arg(long)]
    watch: bool,

    /// File name to report for standard input
    #[arg(long, value_name = "PATH", default_value = "<stdin>")]
    stdin_name: PathBuf,

    /// Explain a lint
    #[arg(long, value_name = "LINT")]
    explain: Option<String>,

    /// List all lints
    #[arg(long)]
    list: bool,

    /// Print only the findings
    #[arg(short, long)]
    quiet: bool,
}

impl Args {
    fn denies_warnings(&self) -> bool {
        self.strict || self.deny.contains(&Denied::Warnings)
    }
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    if let Some(word) = &args.explain {
        let lint = find(word).ok_or_else(|| ExitStatus::Usage(format!("`{word}` is not a lint; --list shows all lints")))?;
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

/// Creates the checker from the options and the configuration.
fn checker(args: &Args) -> Result<Checker, ExitStatus> {
    let usage = |e: &dyn std::fmt::Display| ExitStatus::Usage(e.to_string());
    let first = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = if first.is_dir() { first } else { first.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")) };
    let config = match &args.config {
        Some(path) => Config::load(path),
        None if args.no_config => Ok(Config::default()),
        None => Config::nearest(folder),
    };
    let mut config = config.map_err(|e| usage(&e))?;
    config.override_selection(&args.select, &args.extend_select, &args.ignore).map_err(|e| usage(&e))?;
    if let Some(path) = &args.attack {
        config.vocabulary.attack = Some(Config::read_attack(path).map_err(|e| usage(&e))?);
    }
    config.severity = args.severity.unwrap_or(config.severity);
    config.max_warnings = if args.denies_warnings() { Some(0) } else { args.max_warnings.or(config.max_warnings) };
    config.baseline = args.baseline.clone().or(config.baseline);
    let mapping = args.mapping.clone().or_else(|| config.mapping.clone());
    let mut checker = Checker::new(config);
    if let Some(name) = mapping {
        let mapping = Mapping::load(&name).map_err(|e| usage(&e))?;
        checker = checker.with_converter(Converter::new(mapping, Options { style: args.style, ..Options::default() }));
    }
    Ok(if args.partial { checker.partial_pack() } else { checker })
}

/// Checks all files once.
fn once(args: &Args, checker: &Checker) -> Result<ExitStatus, ExitStatus> {
    let (mut inputs, unreadable) = inputs(args, checker)?;
    if args.dry_run && !args.fix && !args.fix_only {
        return Err(ExitStatus::Usage("--dry-run shows what --fix would change: add --fix".into()));
    }
    let mut unwritten = false;
    if args.fix || args.fix_only {
        let (changed, kept) = apply_fixes(args, checker, &mut inputs)?;
        unwritten = kept > 0;
        if args.dry_run {
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
        Diagnostics::plain(&format!("{} written to {}\n", plural(baseline.len(), "finding"), path.display()));
        return Ok(ExitStatus::Success);
    }
    let known = match &checker.config().baseline {
        Some(path) => {
            let baseline = Baseline::load(path).map_err(|e| ExitStatus::Usage(e.to_string()))?;
            baseline.apply(&mut report, &root(path))
        }
        None => 0,
    };
    write_report(args, &report, &inputs)?;
    for e in &unreadable {
        Diagnostics::plain(&format!("error: {e}\n"));
    }
    if !args.quiet {
        Diagnostics::plain(&summary(&report, known));
    }
    let warnings = report.count(Severity::Warning);
    let too_many = checker.config().max_warnings.is_some_and(|most| warnings > most);
    if too_many && !args.quiet {
        Diagnostics::plain(&format!(
            "{}, but at most {} allowed\n",
            plural(warnings, "warning"),
            checker.config().max_warnings.unwrap_or_default()
        ));
    }
    Ok(if report.count(Severity::Error) > 0 || too_many || unwritten || !unreadable.is_empty() {
        ExitStatus::Failure
    } else {
        ExitStatus::Success
    })
}

/// Returns the files to check, and the errors of those that cannot be read.
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
    if inputs.is_empty() {
        if !unreadable.is_empty() {
            return Err(ExitStatus::Usage(unreadable.join("; ")));
        }
        let paths: Vec<String> = args.paths.iter().map(|p| p.display().to_string()).collect();
        return Err(ExitStatus::Usage(format!("no rules found in {}", paths.join(", "))));
    }
    Ok((inputs, unreadable))
}

/// Fixes files. Returns how many changed, and how many could not be written. Standard input goes to standard output.
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
        if args.dry_run {
            _ = write!(diff, "{}", TextDiff::from_lines(&old, &fixed.text).unified_diff().header(&name, &name));
        } else if input.text.is_some() {
            print(&fixed.text)?;
            input.text = Some(fixed.text);
        } else if let Err(message) = overwrite(&input.path, &fixed.text) {
            // The other files are still fixed.
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
        let would = if args.dry_run { "would be fixed" } else { "fixed" };
        Diagnostics::plain(&format!("{} {would} in {} ({})\n", plural(total, "finding"), plural(changed, "file"), what.join(", ")));
    }
    Ok((changed, kept))
}

/// Writes a fixed file, unless it is read-only: replacing it would ignore the permission.
fn overwrite(path: &Path, text: &str) -> Result<(), String> {
    if std::fs::metadata(path).is_ok_and(|m| m.permissions().readonly()) {
        return Err("is read-only and was not changed: make it writable (chmod u+w), or run without --fix".into());
    }
    replace(path, text.as_bytes()).map_err(|e| format!("cannot be written: {}", reason(&e)))
}

fn write_report(args: &Args, report: &Report, inputs: &[Input]) -> Result<(), ExitStatus> {
    if args.statistics {
        return print(&statistics(report));
    }
    let Some(path) = &args.output else {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        // The fixed standard input has been written already.
        let mut out = io::BufWriter::new(io::stdout().lock());
        report::write(report, inputs, args.format, colour, &mut out)?;
        return Ok(out.flush()?);
    };
    let mut text = Vec::new();
    report::write(report, inputs, args.format, false, &mut text)?;
    replace(path, &text).map_err(|e| ExitStatus::Usage(format!("{} cannot be written: {}", path.display(), reason(&e))))
}

fn summary(report: &Report, known: usize) -> String {
    let documents: usize = report.files.iter().map(|f| f.documents).sum();
    let mut out = format!(
        "{}, {}: {}, {}",
        plural(report.files.len(), "file"),
        plural(documents, "document"),
        plural(report.count(Severity::Error), "error"),
        plural(report.count(Severity::Warning), "warning")
    );
    let infos = report.count(Severity::Info);
    if infos > 0 {
        _ = write!(out, ", {}", plural(infos, "info"));
    }
    let foreign = report.files.iter().filter(|f| f.foreign).count();
    if foreign > 0 {
        _ = write!(out, "; {} of other YAML skipped", plural(foreign, "file"));
    }
    let suppressed: usize = report.files.iter().map(|f| f.suppressed).sum();
    if suppressed > 0 {
        _ = write!(out, "; {suppressed} suppressed by comments");
    }
    if known > 0 {
        _ = write!(out, "; {known} in the baseline");
    }
    out.push('\n');
    let fixable = report.findings().filter(|f| f.fix.is_some()).count();
    if fixable > 0 {
        _ = writeln!(out, "{fixable} of them can be fixed with --fix");
    }
    out
}

/// Counts findings by lint, most frequent first.
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
            format!("{}  {:7}  {fix:3}  {:33}  {}{off}\n", l.code, l.severity.name(), l.name, l.what)
        })
        .collect()
}

/// Renders the documentation of a lint.
fn explain(l: &Lint) -> String {
    let mut out = format!("{} {} ({})\n\n{}\n\nWhy: {}\n", l.code, l.name, l.severity.name(), l.what, l.why);
    if let Some(fix) = l.fix {
        _ = writeln!(out, "\n--fix {fix}.");
    }
    if !l.aliases.is_empty() {
        _ = writeln!(out, "\nFormer name: {}.", l.aliases.join(", "));
    }
    if !l.default {
        out.push_str("\nOff by default: select it by its code or name.\n");
    }
    let indented = |text: &str| text.lines().map(|line| format!("    {line}").trim_end().to_owned() + "\n").collect::<String>();
    if !l.bad.is_empty() {
        _ = write!(out, "\nFails:\n\n{}\nPasses:\n\n{}", indented(&l.bad_example()), indented(&l.good_example()));
    }
    _ = write!(out, "\nSuppress it with `# sigmalert: ignore[{}]`, or in {CONFIG_NAME}.\n", l.code);
    out
}

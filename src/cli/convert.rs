//! `sigmalert convert`

use super::diagnostics::Diagnostics;
use super::{ExitStatus, one_of, plural, print};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sigmalert_convert::batch::{
    BASE_RULE, Batch, Discovered, FileChange, Folder, Format, Levels, LogsourcePattern, OnConflict, Outcome, OutcomeResult, Pruned, Run,
    Selection, Summary, discover, replace, report, stream,
};
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{Case, Converter, FilterForm, NoticeKind, Options, Style, Target};
use sigmalert_sigma::Status;
use sigmalert_sigma::yaml::Limits;
use sigmalert_support::read::reason;
use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

const CASES: &[(&str, Case)] = &[("index", Case::Index), ("regex", Case::Regex)];
const FILTERS: &[(&str, FilterForm)] = &[("query_string", FilterForm::QueryString), ("dsl", FilterForm::Dsl)];
const CONFLICTS: &[(&str, OnConflict)] = &[("error", OnConflict::Error), ("keep", OnConflict::Keep), ("overwrite", OnConflict::Overwrite)];

/// Convert Sigma rules to queries or to ElastAlert 2 rule files
///
/// Exit status: 0 when every selected rule was converted; 1 when a rule failed (the others are still converted); 2 on wrong usage,
/// or when no rule file was found.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert convert -m winlogbeat rules -o out          one ElastAlert rule file per rule
  sigmalert convert -m winlogbeat -t lucene rule.yml    the query, on standard output
  sigmalert convert -m my-mapping.yml --level high+ --prune rules -o out")]
pub struct Args {
    /// Sigma files, folders of them, or `-` for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Field mapping: `winlogbeat`, `wazuh`, `sigma` or a file. With several, each gets its own folder below the output
    #[arg(short, long = "mapping", required = true, value_name = "NAME|FILE")]
    mappings: Vec<String>,

    /// Output language
    #[arg(short, long = "to", value_name = "TARGET", default_value = "elastalert", value_parser = one_of(&Target::ALL))]
    to: Target,

    /// Folder for one file per rule; or one file for all rules (extension .txt, .yaml, .json and the like); or `-` for standard output
    #[arg(short, long, value_name = "DIR|FILE|-", default_value = "-")]
    output: PathBuf,

    /// Output format: the query alone, or records with title, id, index and query [default: yaml for elastalert, ndjson for
    /// kibana-ndjson, text otherwise]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(&Format::ALL))]
    format: Option<Format>,

    /// Comparison on case-sensitive fields: `index` matches the case as written, `regex` matches any case with expressions such as
    /// `[Aa]`. Query DSL always ignores case, as Sigma does
    #[arg(long, value_name = "HOW", value_parser = one_of(CASES), default_value = "index")]
    case: Case,

    /// Filter form of ElastAlert rules [default: query_string, and dsl for rules that query_string cannot express]
    #[arg(long, value_name = "FORM", value_parser = one_of(FILTERS))]
    filter: Option<FilterForm>,

    /// Rule file style: `praeco` adds the options that Praeco needs to open, edit and save rules
    #[arg(long, value_name = "STYLE", value_parser = one_of(super::STYLES), default_value = "elastalert")]
    style: Style,

    /// Alert settings of ElastAlert rules: debug, slack, mattermost, email, telegram, jira, http, thehive, links to kibana or
    /// opensearch, or a file of rule options with placeholders. Several are merged
    #[arg(short, long = "profile", value_name = "NAME|FILE")]
    profiles: Vec<String>,

    /// Index pattern, in place of the mapping's
    #[arg(long, value_name = "PATTERN")]
    index: Option<String>,

    /// Only rules of these statuses
    #[arg(long, value_delimiter = ',', value_name = "STATUS", help_heading = "Selection", value_parser = status)]
    status: Vec<Status>,

    /// Only rules of these levels; `high+` for high and above
    #[arg(long, value_delimiter = ',', value_name = "LEVEL", help_heading = "Selection")]
    level: Vec<Levels>,

    /// Only rules with one of these tags; `attack.t1059*` matches a prefix
    #[arg(long, value_delimiter = ',', value_name = "TAG", help_heading = "Selection")]
    tag: Vec<String>,

    /// Only rules of this logsource: `product=windows,category=process_creation` or `windows/process_creation/*`
    #[arg(long, value_name = "LOGSOURCE", help_heading = "Selection")]
    logsource: Vec<LogsourcePattern>,

    /// Only the rules of these ids
    #[arg(long, value_delimiter = ',', value_name = "ID", help_heading = "Selection")]
    id: Vec<String>,

    /// Placeholder values: a YAML mapping of names to lists of values
    #[arg(long, value_name = "FILE")]
    placeholders: Option<PathBuf>,

    /// Reject rules that no ElastAlert rule type can express. By default they are written with the extension `.sigmalert`, which
    /// only `sigmalert run` reads
    #[arg(long)]
    portable: bool,

    /// Fail if the output matches more or less than the rule, or if a field is not mapped
    #[arg(long)]
    strict: bool,

    /// Write nothing; list the files that would be created, changed or removed
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Stop at the first rule that fails
    #[arg(long)]
    fail_fast: bool,

    /// Remove files that an earlier run wrote and this one does not. Outputs of rules that fail are kept, and so are edited files
    #[arg(long)]
    prune: bool,

    /// Edited rule files: `keep` the edits and update the rest, `overwrite` them, or report an `error`. Files that sigmalert did not
    /// write are only replaced with `overwrite`
    #[arg(long, value_name = "WHAT", value_parser = one_of(CONFLICTS), default_value = "keep")]
    on_conflict: OnConflict,

    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,

    /// Write the outcome of every rule, with reasons, to a JSON file
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,

    /// Also print warnings and notices of each rule
    #[arg(short, long)]
    verbose: bool,

    /// Print failures only
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
}

fn status(text: &str) -> Result<Status, String> {
    Status::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Status::ALL.iter().map(|s| s.name()).collect();
        format!("the statuses are {}", known.join(", "))
    })
}

/// Where outputs go.
enum Output {
    Stdout,
    File(PathBuf),
    Folder(PathBuf),
}

impl Output {
    fn of(path: &Path) -> Self {
        if path.as_os_str() == "-" {
            Self::Stdout
        } else if path.is_file() || (!path.is_dir() && is_file_name(path)) {
            Self::File(path.to_owned())
        } else {
            Self::Folder(path.to_owned())
        }
    }
}

/// Whether a path that is not there yet is meant as a file: `all.txt` is, `rules.d` and `rules.txt/` are folders.
fn is_file_name(path: &Path) -> bool {
    const ENDINGS: [&str; 8] = ["txt", "yaml", "yml", "json", "ndjson", "jsonl", "lucene", "kql"];
    let slash = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    !slash && path.extension().and_then(|e| e.to_str()).is_some_and(|e| ENDINGS.contains(&e.to_ascii_lowercase().as_str()))
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let format = check(args)?;
    let mut pool = rayon::ThreadPoolBuilder::new();
    if let Some(jobs) = args.jobs {
        pool = pool.num_threads(jobs.into());
    }
    let pool = pool.build().map_err(|e| ExitStatus::Usage(format!("cannot start threads: {e}")))?;
    pool.install(|| convert(args, format))
}

fn check(args: &Args) -> Result<Format, ExitStatus> {
    let usage = |m: &str| Err(ExitStatus::Usage(m.to_owned()));
    let format = args.format.unwrap_or_else(|| Format::of(args.to));
    if !format.fits(args.to) {
        let known: Vec<&str> = Format::ALL.iter().filter(|(_, f)| f.fits(args.to)).map(|(n, _)| *n).collect();
        return usage(&format!("--to {} is written as {}", args.to.name(), known.join(", ")));
    }
    if args.filter.is_some() && args.to != Target::ElastAlert {
        return usage("--filter applies to ElastAlert rules only; use --to to choose another language");
    }
    if !args.profiles.is_empty() && args.to != Target::ElastAlert {
        return usage("--profile applies to ElastAlert rules only");
    }
    if args.portable && args.to != Target::ElastAlert {
        return usage("--portable applies to ElastAlert rules only");
    }
    if args.style == Style::Praeco && args.to != Target::ElastAlert {
        return usage("--style applies to ElastAlert rules only");
    }
    if args.style == Style::Praeco && args.filter == Some(FilterForm::Dsl) {
        return usage(
            "--filter dsl cannot be combined with --style praeco: Praeco reads query_string only and would drop the filter on save",
        );
    }
    if args.case == Case::Regex && args.to == Target::Kql {
        return usage("--case regex cannot be combined with KQL, which has no regular expressions");
    }
    if args.case == Case::Regex && (args.to == Target::Dsl || args.filter == Some(FilterForm::Dsl)) {
        return usage("--case regex applies to query_string only; Query DSL already ignores case");
    }
    if args.prune && !matches!(Output::of(&args.output), Output::Folder(_)) {
        return usage("--prune needs an output folder: -o DIR");
    }
    if args.dry_run && !matches!(Output::of(&args.output), Output::Folder(_)) {
        return usage("--dry-run needs an output folder: -o DIR");
    }
    if args.index.as_deref().is_some_and(|i| i.trim().is_empty()) {
        return usage("--index is empty");
    }
    Ok(format)
}

fn converters(args: &Args) -> Result<Vec<Converter>, ExitStatus> {
    let placeholders = super::placeholders(args.placeholders.as_deref())?;
    let options = Options {
        profile: super::profiles(&args.profiles)?,
        style: args.style,
        target: args.to,
        case: args.case,
        filter: args.filter.unwrap_or_default(),
        index: args.index.clone(),
        strict: args.strict,
        portable: args.portable,
        placeholders,
        ..Options::default()
    };
    let mut out: Vec<Converter> = Vec::new();
    for name in &args.mappings {
        let mapping = Mapping::load(name).map_err(|e| ExitStatus::Usage(e.to_string()))?;
        if out.iter().any(|c| c.mapping().name() == mapping.name()) {
            return Err(ExitStatus::Usage(format!("two mappings are called `{}`; give one of them another `name`", mapping.name())));
        }
        out.push(Converter::new(mapping, options.clone()));
    }
    Ok(out)
}

/// The files and standard input.
fn inputs(args: &Args, limits: &Limits) -> Result<Discovered, ExitStatus> {
    let (stdin, paths): (Vec<&PathBuf>, Vec<&PathBuf>) = args.paths.iter().partition(|p| p.as_os_str() == "-");
    let mut found = discover(&paths.into_iter().cloned().collect::<Vec<_>>());
    if !stdin.is_empty() {
        found.sources.push(super::stdin(limits)?);
    }
    if found.sources.is_empty() && found.errors.is_empty() {
        return Err(ExitStatus::Usage("no .yml or .yaml file was found".into()));
    }
    Ok(found)
}

fn convert(args: &Args, format: Format) -> Result<ExitStatus, ExitStatus> {
    let limits = Limits::default();
    let converters = converters(args)?;
    let output = Output::of(&args.output);
    let folder = match &output {
        Output::Folder(path) if args.dry_run => Some(Folder::dry_run(path, args.on_conflict).map_err(ExitStatus::Usage)?),
        Output::Folder(path) => Some(Folder::open(path, args.on_conflict).map_err(ExitStatus::Usage)?),
        _ => None,
    };
    let batch = Batch::read(inputs(args, &limits)?, &limits);
    let selection = Selection {
        statuses: args.status.clone(),
        levels: args.level.clone(),
        tags: args.tag.clone(),
        logsources: args.logsource.clone(),
        ids: args.id.clone(),
    };
    let several = converters.len() > 1;
    let bar = progress(args.quiet);
    let mut converted: Vec<Vec<Outcome>> = Vec::new();
    let base = match (&folder, args.style) {
        (Some(f), Style::Praeco) => f.base_rule(converters[0].shared_options()).map_err(ExitStatus::Usage)?,
        _ => Vec::new(),
    };
    for (i, converter) in converters.iter().enumerate() {
        let name = converter.mapping().name();
        let below = if several { PathBuf::from(file_name(name)) } else { PathBuf::new() };
        let stopped = args.fail_fast && converted.iter().flatten().any(Outcome::is_failure);
        let run = Run {
            selection: &selection,
            format,
            folder: folder.as_ref().map(|f| (f, below)),
            suffix: several.then_some(name),
            fail_fast: args.fail_fast,
            stopped,
            progress: &|done, total| {
                bar.set_length((total * converters.len()) as u64);
                bar.set_position((total * i + done) as u64);
            },
        };
        converted.push(batch.convert(converter, &run));
    }
    bar.finish_and_clear();

    let pruned = match folder {
        Some(f) => {
            let failed = batch.failed_sources(converted.iter().flatten());
            let incomplete = batch.is_incomplete() || converted.iter().flatten().any(Outcome::was_not_tried);
            Some(f.finish(args.prune && !incomplete, |source| failed.contains(source)).map(|p| (p, incomplete)))
        }
        None => {
            let pieces: Vec<_> = converted.iter().flatten().filter_map(Outcome::piece).collect();
            let text = stream(&pieces, args.to, format);
            match &output {
                Output::File(path) => replace(path, text.as_bytes())
                    .map_err(|e| ExitStatus::Usage(format!("{}: cannot be written: {}", path.display(), reason(&e))))?,
                _ => print(&text)?,
            }
            None
        }
    };
    let mut outcomes = batch.failures;
    outcomes.extend(converted.into_iter().flatten());

    let mut diagnostics = Diagnostics::new(&batch.sources);
    for o in &outcomes {
        diagnostics.failure(o);
    }
    if args.verbose {
        for (source, w) in &batch.warnings {
            diagnostics.warning(&batch.sources[*source], w);
        }
        for o in &outcomes {
            diagnostics.notices(o);
        }
    }
    let summary = Summary::of(&outcomes);
    let mut text = String::new();
    if !args.quiet {
        describe(&mut text, &summary, batch.sources.len(), batch.warnings.len(), args);
    }
    let mut failed = summary.failures() > 0;
    for key in base {
        _ = writeln!(text, "warning: {} lacks `{key}`, which the profile sets there; add it", args.output.join(BASE_RULE).display());
    }
    match pruned {
        Some(Ok((pruned, incomplete))) => {
            if args.dry_run {
                print(&changes(&outcomes, &pruned))?;
            }
            describe_folder(&mut text, &summary, &pruned, incomplete, args);
        }
        Some(Err(problem)) => {
            failed = true;
            _ = writeln!(text, "error: {problem}");
        }
        None => {}
    }
    Diagnostics::plain(&text);
    if let Some(path) = &args.report {
        let text = format!("{:#}\n", report(&outcomes, args.to.name()));
        replace(path, text.as_bytes()).map_err(|e| ExitStatus::Usage(format!("{}: cannot be written: {}", path.display(), reason(&e))))?;
    }
    // The program ends here: dropping hundreds of thousands of small values first only costs time.
    std::mem::forget((outcomes, batch.collection));
    Ok(if failed { ExitStatus::Failure } else { ExitStatus::Success })
}

/// A mapping's name as that of a folder.
fn file_name(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' })
        .collect::<String>()
        .trim_start_matches('.')
        .to_owned()
}

fn progress(quiet: bool) -> ProgressBar {
    // A progress bar is of no use in a file.
    if quiet || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// What a dry run would do to each file.
fn changes(outcomes: &[Outcome], pruned: &Pruned) -> String {
    let mut lines: Vec<String> = outcomes
        .iter()
        .filter_map(|o| match &o.result {
            OutcomeResult::Converted { output: Some((path, change)), .. } => {
                let word = match change {
                    FileChange::Created => "create",
                    FileChange::Updated | FileChange::Kept => "change",
                    FileChange::Unchanged => return None,
                };
                Some(format!("{word}  {}\n", path.display()))
            }
            _ => None,
        })
        .collect();
    lines.extend(pruned.removed.iter().map(|p| format!("remove  {}\n", p.display())));
    lines.concat()
}

fn describe(text: &mut String, s: &Summary, files: usize, warnings: usize, args: &Args) {
    let of = if args.mappings.len() > 1 { format!(" for {} mappings", args.mappings.len()) } else { String::new() };
    _ = writeln!(
        text,
        "{}{of}: {} converted, {} failed, {} skipped",
        plural(files, "file"),
        plural(s.converted, "rule"),
        s.failures(),
        s.skips()
    );
    for (kind, n) in &s.failed {
        _ = writeln!(text, "  {n:>5} failed: {kind}");
    }
    for (reason, n) in &s.skipped {
        _ = writeln!(text, "  {n:>5} skipped: {reason}");
    }
    for (kind, n) in &s.notices {
        let line = NoticeKind::ALL.iter().find(|(k, ..)| k == kind).map_or("", |(.., l)| *l);
        _ = writeln!(text, "  {n:>5} {line}");
    }
    if warnings > 0 {
        _ = writeln!(text, "  {}", plural(warnings, "warning"));
    }
    if !args.verbose && (warnings > 0 || !s.notices.is_empty()) {
        text.push_str("  (--verbose or --report FILE lists them)\n");
    }
}

fn describe_folder(text: &mut String, s: &Summary, pruned: &Pruned, incomplete: bool, args: &Args) {
    if !args.quiet {
        let dry = if args.dry_run { "dry run, nothing was written: " } else { "" };
        _ = write!(text, "{dry}{}: {} new, {} changed, {} unchanged", args.output.display(), s.created, s.updated, s.unchanged);
        if s.kept > 0 {
            _ = write!(text, ", {} with edits kept", s.kept);
        }
        if args.prune {
            _ = write!(text, ", {} removed", pruned.removed.len());
        }
        text.push('\n');
    }
    if args.prune && incomplete {
        text.push_str("warning: nothing was removed, because not every input could be read\n");
    }
    for path in &pruned.edited {
        _ = writeln!(text, "warning: {} was edited and is kept, though its rule is gone", args.output.join(path).display());
    }
}

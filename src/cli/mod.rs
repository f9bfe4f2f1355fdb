//! The command line: arguments in, text out. What it does is done elsewhere.

mod check;
mod check_watch;
mod convert;
mod create_index;
mod deny;
mod diagnostics;
mod explain;
mod fields;
mod init;
mod input_problems;
mod lint_rules;
mod logging;
mod lsp;
mod mappings;
mod match_output;
mod reasons;
mod report_format;
mod rule_files;
mod run;
mod scan;
mod scan_args;
mod serve;
mod server_config;
mod shell;
mod show;
mod silence;
mod status;
mod test;
mod test_rule;
mod upgrade;

use clap::{Parser, Subcommand};
use sigmalert_convert::Style;
use sigmalert_convert::batch::{Source, read_text};
use sigmalert_elastalert::Profile;
use sigmalert_runtime::Config;
use sigmalert_sigma::Placeholders;
use sigmalert_sigma::yaml::Limits;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Convert Sigma rules to exact Elasticsearch and OpenSearch queries and to complete ElastAlert 2 rule files, and run them
#[derive(Debug, Parser)]
#[command(name = "sigmalert", version, max_term_width = 100)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Convert(Box<convert::Args>),
    Check(Box<check::Args>),
    Lsp(lsp::Args),
    Init(init::Args),
    Show(show::Args),
    Explain(explain::Args),
    Test(Box<test::Args>),
    Scan(Box<scan::Args>),
    Fields(fields::Args),
    Run(Box<run::Args>),
    TestRule(Box<test_rule::Args>),
    Serve(Box<serve::Args>),
    Status(status::Args),
    Silence(silence::Args),
    CreateIndex(create_index::Args),
    LintRules(lint_rules::Args),
    Upgrade(upgrade::Args),
    Mappings(mappings::Args),
    Completions(shell::Completions),
    Man(shell::Man),
}

/// How a command ended.
enum ExitStatus {
    /// It did its work.
    Success,
    /// Something failed, or was found.
    Failure,
    /// It could not do its work: wrong usage, or no input that can be read.
    Usage(String),
}

impl From<io::Error> for ExitStatus {
    fn from(e: io::Error) -> Self {
        // Who closed the pipe has seen enough.
        if e.kind() == io::ErrorKind::BrokenPipe { Self::Success } else { Self::Usage(format!("cannot write: {e}")) }
    }
}

/// Runs the program. Exit status: 0 success; 1 something failed or was found; 2 wrong usage, or no input that can be read.
pub fn main() -> ExitCode {
    let args = Args::parse();
    // A file that may grow no larger (`ulimit -f`) is an error of the write, as a full disk is, and not the end of the program.
    #[cfg(unix)]
    {
        _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
    }
    let end = match args.command {
        Command::Convert(a) => convert::run(&a),
        Command::Check(a) => check::run(&a),
        Command::Lsp(a) => lsp::run(&a),
        Command::Init(a) => init::run(&a),
        Command::Show(a) => show::run(&a),
        Command::Explain(a) => explain::run(&a),
        Command::Test(a) => test::run(&a),
        Command::Scan(a) => scan::run(&a),
        Command::Fields(a) => fields::run(&a),
        Command::Run(a) => run::run(&a),
        Command::TestRule(a) => test_rule::run(&a),
        Command::Serve(a) => serve::run(&a),
        Command::Status(a) => status::run(&a),
        Command::Silence(a) => silence::run(&a),
        Command::CreateIndex(a) => create_index::run(&a),
        Command::LintRules(a) => lint_rules::run(&a),
        Command::Upgrade(a) => upgrade::run(&a),
        Command::Mappings(a) => mappings::run(&a),
        Command::Completions(a) => shell::completions(&a),
        Command::Man(a) => shell::man(&a),
    };
    match end {
        Ok(ExitStatus::Success) | Err(ExitStatus::Success) => ExitCode::SUCCESS,
        Ok(ExitStatus::Failure) | Err(ExitStatus::Failure) => ExitCode::from(1),
        Ok(ExitStatus::Usage(message)) | Err(ExitStatus::Usage(message)) => {
            _ = writeln!(io::stderr(), "sigmalert: {message}");
            ExitCode::from(2)
        }
    }
}

/// ElastAlert's configuration.
fn elastalert_config(path: &Path) -> Result<Config, ExitStatus> {
    Config::load(path).map_err(|e| ExitStatus::Usage(e.to_string()))
}

/// Writes to standard output.
fn print(text: &str) -> Result<(), ExitStatus> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Calls `stop` on SIGINT and SIGTERM.
fn on_stop(stop: impl Fn() + Send + 'static) -> Result<(), ExitStatus> {
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM])
        .map_err(|e| ExitStatus::Usage(format!("signals cannot be handled: {e}")))?;
    std::thread::spawn(move || {
        for (count, _) in signals.forever().enumerate() {
            if count > 0 {
                // A second signal ends the process at once. What is not sent is stored, and sent by the next process.
                std::process::exit(130);
            }
            tracing::info!("stopping: work in progress is finished; a second signal stops at once");
            stop();
        }
    });
    Ok(())
}

/// Returns a number with a noun in the singular or plural.
fn plural(n: impl TryInto<u64>, noun: &str) -> String {
    let n = n.try_into().unwrap_or(u64::MAX);
    match n {
        1 => format!("1 {noun}"),
        _ if noun.ends_with("ch") => format!("{n} {noun}es"),
        _ => format!("{n} {noun}s"),
    }
}

/// A parser for one of a few words.
fn one_of<T: Copy + Send + Sync + 'static>(words: &'static [(&'static str, T)]) -> impl clap::builder::TypedValueParser<Value = T> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(words.iter().map(|(w, _)| *w)).map(move |word| {
        // clap let nothing else through.
        words.iter().find(|(w, _)| *w == word).unwrap_or(&words[0]).1
    })
}

const STYLES: &[(&str, Style)] = &[("elastalert", Style::ElastAlert), ("praeco", Style::Praeco)];

/// Standard input as a file of a batch.
fn stdin(limits: &Limits) -> Result<Source, ExitStatus> {
    let text = read_text(io::stdin().lock(), 0, limits.bytes).map_err(|m| ExitStatus::Usage(format!("standard input {m}")))?;
    Ok(Source::from_text("<stdin>", text))
}

/// Profiles laid over each other.
fn profiles(names: &[String]) -> Result<Profile, ExitStatus> {
    let mut profile = Profile::default();
    for name in names {
        profile = profile.with(Profile::load(name).map_err(|e| ExitStatus::Usage(e.to_string()))?);
    }
    Ok(profile)
}

/// The values of placeholders from a file.
fn placeholders(path: Option<&Path>) -> Result<Placeholders, ExitStatus> {
    let Some(path) = path else { return Ok(Placeholders::default()) };
    let source = Source { path: path.to_owned(), relative: path.to_owned(), text: None };
    let text = source.read(Limits::default().bytes).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    Placeholders::parse(&text).map_err(|e| ExitStatus::Usage(format!("{}:{}: {e}", path.display(), e.pos)))
}

//! `sigmalert silence`

use super::{ExitStatus, elastalert_config, print};
use sigmalert_runtime::{parse_span, status};
use std::path::PathBuf;
use std::time::Duration;

/// Silence a rule for a while
///
/// Exit status: 0 when it is silenced, 2 when there is no such rule or the cluster cannot be reached.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rule's name. With --key its `realert_key`, which defaults to the name
    #[arg(value_name = "RULE")]
    rule: String,

    /// How long, such as 2h or 1d
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_span)]
    span: Duration,

    /// Silence only this value of the rule's query key
    #[arg(long, value_name = "VALUE")]
    key: Option<String>,

    /// Rule files or folders, in place of the configuration's `rules_folder`
    #[arg(short, long, value_name = "PATH", num_args = 1..)]
    rules: Vec<PathBuf>,

    /// Silence the name even if no rule file has it
    #[arg(long)]
    force: bool,

    /// ElastAlert's configuration
    #[arg(long, value_name = "FILE", default_value = "config.yaml")]
    config: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let config = elastalert_config(&args.config)?;
    if !args.force {
        check_name(args, &status::rule_names(&config, &args.rules))?;
    }
    let until = status::silence(&config, &args.rule, args.key.as_deref(), args.span).map_err(ExitStatus::Usage)?;
    print(&format!("{} is silenced until {}\n", args.rule, until.strftime("%Y-%m-%d %H:%M:%S UTC")))?;
    Ok(ExitStatus::Success)
}

/// A silence for a misspelt name would silence nothing, and nobody would notice.
fn check_name(args: &Args, rules: &[status::RuleName]) -> Result<(), ExitStatus> {
    let names = || rules.iter().map(|r| if args.key.is_some() { r.realert_key.as_str() } else { r.name.as_str() });
    if names().any(|n| n == args.rule) {
        return Ok(());
    }
    let near = names().map(|n| (strsim::damerau_levenshtein(&n.to_lowercase(), &args.rule.to_lowercase()), n)).min();
    let hint = match near {
        Some((distance, name)) if distance <= 1 + args.rule.chars().count() / 4 => format!("did you mean `{name}`?"),
        Some(_) => "`sigmalert status` lists the rules".to_owned(),
        None => "the rules folder has no rules that run; name it with --rules".to_owned(),
    };
    Err(ExitStatus::Usage(format!("there is no rule `{}`: {hint} --force silences the name anyway", args.rule)))
}

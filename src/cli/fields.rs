//! `sigmalert fields`

use super::diagnostics::Diagnostics;
use super::report_format::ReportFormat;
use super::scan_args::require_rules;
use super::{ExitStatus, one_of, plural, print};
use crate::scan::{self, FieldState, Inventory, NeededField};
use serde_json::{Value, json};
use sigmalert_convert::batch::{Batch, discover};
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{Converter, Options};
use sigmalert_matcher::events::{EventSchema, discover as discover_events};
use sigmalert_sigma::yaml::Limits;
use sigmalert_support::read::reason;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// Report fields of rules that data or an index lacks, and fields that are case-sensitive
///
/// Exit status: 0 on success; 1 with --deny-missing if a field is missing; 2 if no rules or fields can be read, the
/// cluster cannot be reached or the command line is invalid.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert fields -m winlogbeat rules --against sample.ndjson
  sigmalert fields -m wazuh rules --against 'http://127.0.0.1:9200/wazuh-alerts-*'

A cluster's credentials come from the environment: ES_USERNAME and ES_PASSWORD, or ES_API_KEY.")]
pub struct Args {
    /// Sigma rules; files or folders
    #[arg(value_name = "RULE", required_unless_present = "rules")]
    rule_paths: Vec<PathBuf>,

    /// Rules, instead of RULE
    #[arg(short, long, value_name = "RULE", num_args = 1..)]
    rules: Vec<PathBuf>,

    /// Field mapping: `sigma` (field names as in the log), `winlogbeat`, `wazuh` or a file
    #[arg(short, long, value_name = "NAME|FILE", default_value = "sigma")]
    mapping: String,

    /// Schema that raw Windows events are converted to [default: the mapping's]
    #[arg(long, value_name = "NAME", value_parser = one_of(&EventSchema::ALL))]
    event_schema: Option<EventSchema>,

    /// Events (NDJSON, JSON, EVTX; files or folders), or an index: `http(s)://HOST:PORT/INDEX`
    #[arg(short = 'e', long, alias = "events", required = true, value_name = "EVENTS|URL", num_args = 1..)]
    against: Vec<String>,

    /// Do not verify the cluster's certificate
    #[arg(long)]
    insecure: bool,

    /// Fail if a field is missing
    #[arg(long)]
    deny_missing: bool,

    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: ReportFormat,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let limits = Limits::default();
    let mapping = Mapping::load(&args.mapping).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    let event_schema = args.event_schema.unwrap_or_else(|| EventSchema::of(mapping.events()));
    let converter = Converter::new(mapping, Options::default());
    let paths: Vec<PathBuf> = args.rule_paths.iter().chain(&args.rules).cloned().collect();
    let found = discover(&paths);
    require_rules(&found)?;
    let batch = Batch::read(found, &limits);
    let rules = scan::load_sigma(&batch, &converter, scan::Semantics::Sigma);
    let is_url = |a: &String| a.starts_with("http://") || a.starts_with("https://");
    let inventory = if args.against.iter().any(is_url) {
        let [address] = args.against.as_slice() else {
            return Err(ExitStatus::Usage("an index cannot be combined with other values of --against".into()));
        };
        Inventory::of_index(&mapping_of(address, args.insecure)?)
    } else {
        let against: Vec<PathBuf> = args.against.iter().map(PathBuf::from).collect();
        let (files, problems) = discover_events(&against);
        if let Some(p) = problems.first() {
            return Err(ExitStatus::Usage(format!("{}: {}", p.source, p.message)));
        }
        Inventory::of_events(&files, event_schema).map_err(|e| ExitStatus::Usage(e.to_string()))?
    };
    if inventory.is_empty() {
        return Err(ExitStatus::Usage(format!(
            "{} has no fields",
            args.against.iter().map(|a| without_credentials(a)).collect::<Vec<_>>().join(", ")
        )));
    }
    let needs = scan::needs(&rules, &inventory, converter.mapping().schema());
    let missing: Vec<&NeededField> = needs.iter().filter(|n| n.state == FieldState::Missing).collect();
    match args.format {
        ReportFormat::Json => print(&format!("{:#}\n", report(&needs)))?,
        ReportFormat::Text => print(&table(&needs))?,
    }
    let cased = needs.iter().filter(|n| matches!(n.state, FieldState::Present { case_sensitive: true, .. })).count();
    Diagnostics::plain(&format!("{}: {} missing, {cased} case-sensitive\n", plural(needs.len(), "field"), missing.len()));
    Ok(if args.deny_missing && !missing.is_empty() { ExitStatus::Failure } else { ExitStatus::Success })
}

/// Requests the mapping of an index.
fn mapping_of(address: &str, insecure: bool) -> Result<Value, ExitStatus> {
    let fail = |what: String| ExitStatus::Usage(format!("{}: {what}", without_credentials(address)));
    let (scheme, rest) = address.split_once("://").ok_or_else(|| fail("is not a URL".into()))?;
    let (authority, index) =
        rest.trim_end_matches('/').split_once('/').ok_or_else(|| fail("has no index; write http://HOST:PORT/INDEX".into()))?;
    let (account, host) = authority.rsplit_once('@').map_or((None, authority), |(a, h)| (Some(a.to_owned()), h));
    let tls = ureq::tls::TlsConfig::builder().disable_verification(insecure).build();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .http_status_as_error(false)
        .tls_config(tls)
        .build()
        .into();
    let mut request = agent.get(format!("{scheme}://{host}/{index}/_mapping?ignore_unavailable=true"));
    let variable = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let account = account.or_else(|| Some(format!("{}:{}", variable("ES_USERNAME")?, variable("ES_PASSWORD")?)));
    if let Some(key) = variable("ES_API_KEY") {
        request = request.header("authorization", format!("ApiKey {key}"));
    } else if let Some(account) = account {
        use base64::Engine;
        request = request.header("authorization", format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(account)));
    }
    let mut response = request.call().map_err(|e| match e {
        ureq::Error::Io(io) => fail(reason(&io)),
        other => fail(other.to_string()),
    })?;
    let status = response.status();
    let text = response.body_mut().with_config().limit(256 << 20).read_to_string().map_err(|e| fail(e.to_string()))?;
    if !status.is_success() {
        let reason = serde_json::from_str::<Value>(&text).ok().and_then(|v| v["error"]["reason"].as_str().map(str::to_owned));
        return Err(fail(format!("the cluster responded with {status}{}", reason.map_or_else(String::new, |r| format!(": {r}")))));
    }
    serde_json::from_str(&text).map_err(|e| fail(format!("the response is not a mapping: {e}")))
}

/// Returns a URL without its credentials.
fn without_credentials(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => address.to_owned(),
    }
}

fn report(needs: &[NeededField]) -> Value {
    needs
        .iter()
        .map(|n| {
            let (state, kind, cased) = match &n.state {
                FieldState::Missing => ("missing", None, false),
                FieldState::Present { kind, case_sensitive } => ("there", kind.clone(), *case_sensitive),
            };
            json!({"field": n.field, "rules": n.rules, "state": state, "type": kind, "minds_case": cased, "nearest": n.nearest})
        })
        .collect()
}

fn table(needs: &[NeededField]) -> String {
    let mut out = String::new();
    for n in needs {
        let rules = plural(n.rules, "rule");
        match &n.state {
            FieldState::Missing => {
                let nearest = if n.nearest.is_empty() { String::new() } else { format!("; similar: {}", n.nearest.join(", ")) };
                _ = writeln!(out, "missing         {} ({rules}){nearest}", n.field);
            }
            FieldState::Present { kind, case_sensitive: true } => {
                _ = writeln!(out, "case-sensitive  {} ({rules}){}", n.field, kind.as_ref().map_or_else(String::new, |k| format!(": {k}")));
            }
            FieldState::Present { .. } => {}
        }
    }
    out
}

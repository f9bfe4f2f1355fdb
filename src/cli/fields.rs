//! `sigmalert fields`

use super::diagnostics::Diagnostics;
use super::hunting::{FORMATS, Format};
use super::{ExitStatus, one_of, print};
use crate::scan::{self, FieldState, Inventory, NeededField};
use serde_json::{Value, json};
use sigmalert_convert::batch::{Batch, discover};
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{Converter, Options};
use sigmalert_matcher::events::{EventSchema, source};
use sigmalert_sigma::yaml::Limits;
use sigmalert_support::read::reason;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// Tell which fields rules need that data or an index does not have, and which mind letter case there
///
/// Exit status: 0, or 1 with --deny-missing when a field is missing; 2 when the command makes no sense.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "Examples:
  sigmalert fields -m winlogbeat rules --against sample.ndjson
  sigmalert fields -m wazuh rules --against 'http://127.0.0.1:9200/wazuh-alerts-*'

A cluster's credentials come from the environment: ES_USERNAME and ES_PASSWORD, or ES_API_KEY.")]
pub struct Args {
    /// Sigma rules; files or folders
    #[arg(required = true, value_name = "RULE")]
    rules: Vec<PathBuf>,

    /// Field mapping: `winlogbeat`, `wazuh`, `sigma` or a file
    #[arg(short, long, value_name = "NAME|FILE")]
    mapping: String,

    /// Events (NDJSON, JSON, EVTX; a file or a folder), or an index: `http(s)://HOST:PORT/INDEX`
    #[arg(long, required = true, value_name = "FILE|URL")]
    against: String,

    /// Do not check the cluster's certificate
    #[arg(long)]
    insecure: bool,

    /// Fail when a field is missing
    #[arg(long)]
    deny_missing: bool,

    /// Output
    #[arg(long, value_name = "FORMAT", value_parser = one_of(FORMATS), default_value = "table")]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<ExitStatus, ExitStatus> {
    let limits = Limits::default();
    let mapping = Mapping::load(&args.mapping).map_err(|e| ExitStatus::Usage(e.to_string()))?;
    let event_schema = EventSchema::of(mapping.events());
    let converter = Converter::new(mapping, Options::default());
    let batch = Batch::read(discover(&args.rules), &limits);
    let rules = scan::load_sigma(&batch, &converter, scan::Semantics::Sigma);
    let inventory = if args.against.starts_with("http://") || args.against.starts_with("https://") {
        Inventory::of_index(&mapping_of(args)?)
    } else {
        let (files, problems) = source::discover(&[PathBuf::from(&args.against)]);
        if let Some(p) = problems.first() {
            return Err(ExitStatus::Usage(format!("{}: {}", p.source, p.message)));
        }
        Inventory::of_events(&files, event_schema).map_err(ExitStatus::Usage)?
    };
    if inventory.is_empty() {
        return Err(ExitStatus::Usage(format!("{} has no fields", without_secrets(&args.against))));
    }
    let needs = scan::needs(&rules, &inventory, converter.mapping().schema());
    let missing: Vec<&NeededField> = needs.iter().filter(|n| n.known == FieldState::Missing).collect();
    match args.format {
        Format::Json => print(&format!("{:#}\n", report(&needs)))?,
        Format::Table => print(&table(&needs))?,
    }
    let cased = needs.iter().filter(|n| matches!(n.known, FieldState::There { minds_case: true, .. })).count();
    Diagnostics::plain(&format!("{} fields: {} are missing, {cased} mind letter case\n", needs.len(), missing.len()));
    Ok(if args.deny_missing && !missing.is_empty() { ExitStatus::Failure } else { ExitStatus::Success })
}

/// The mapping of an index.
fn mapping_of(args: &Args) -> Result<Value, ExitStatus> {
    let fail = |what: String| ExitStatus::Usage(format!("{}: {what}", without_secrets(&args.against)));
    let (scheme, rest) = args.against.split_once("://").ok_or_else(|| fail("is no address".into()))?;
    let (place, index) =
        rest.trim_end_matches('/').split_once('/').ok_or_else(|| fail("names no index; write http://HOST:PORT/INDEX".into()))?;
    let (account, host) = place.rsplit_once('@').map_or((None, place), |(a, h)| (Some(a.to_owned()), h));
    let tls = ureq::tls::TlsConfig::builder().disable_verification(args.insecure).build();
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
        let told = serde_json::from_str::<Value>(&text).ok().and_then(|v| v["error"]["reason"].as_str().map(str::to_owned));
        return Err(fail(format!("the cluster answers {status}{}", told.map_or_else(String::new, |t| format!(": {t}")))));
    }
    serde_json::from_str(&text).map_err(|e| fail(format!("does not answer with a mapping: {e}")))
}

/// An address without what stands before its `@`.
fn without_secrets(address: &str) -> String {
    match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => address.to_owned(),
    }
}

fn report(needs: &[NeededField]) -> Value {
    needs
        .iter()
        .map(|n| {
            let (state, kind, cased) = match &n.known {
                FieldState::Missing => ("missing", None, false),
                FieldState::There { kind, minds_case } => ("there", kind.clone(), *minds_case),
            };
            json!({"field": n.field, "rules": n.rules, "state": state, "type": kind, "minds_case": cased, "nearest": n.nearest})
        })
        .collect()
}

fn table(needs: &[NeededField]) -> String {
    let mut out = String::new();
    for n in needs {
        let rules = format!("{} rule{}", n.rules, if n.rules == 1 { "" } else { "s" });
        match &n.known {
            FieldState::Missing => {
                let nearest = if n.nearest.is_empty() { String::new() } else { format!("; there is {}", n.nearest.join(", ")) };
                _ = writeln!(out, "missing     {} ({rules}){nearest}", n.field);
            }
            FieldState::There { kind, minds_case: true } => {
                _ = writeln!(out, "minds case  {} ({rules}){}", n.field, kind.as_ref().map_or_else(String::new, |k| format!(": {k}")));
            }
            FieldState::There { .. } => {}
        }
    }
    out
}

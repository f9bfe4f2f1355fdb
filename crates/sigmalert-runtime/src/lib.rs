//! Rules run day and night: what ElastAlert's process does, over a cluster or over files of events.
//!
//! [`Config`] and rule files are ElastAlert's. An `engine` evaluates one rule: it asks a `search`, hands what is found to
//! one of `rule_types`, and makes alerts of what matches, which `state` keeps and `alerters` send. [`Runner`] does so for
//! all rules over a cluster, [`embedded`] over events with no server at all.
//!
//! It has threads and no asynchronous runtime: requests to the cluster are few, since rules share them, and every receiver of
//! alerts has a thread of its own so that none waits for another.

mod alerters;
mod ask;
pub mod aws;
mod config;
pub mod embedded;
mod engine;
mod enhance;
pub mod guard;
mod lease;
mod lookup;
mod metrics;
mod options;
mod process;
mod rule;
mod rule_types;
mod rules;
mod runner;
mod schemas;
mod scrape;
mod search;
mod state;
pub mod status;
pub mod tester;
mod text;
mod time;
mod url;
pub use ask::{Cluster, ClusterFailure};
pub use config::{Config, ConfigError};
pub use lookup::lookup;
pub use rules::Broken;
pub use runner::{RunOptions, Runner, create_indices};
pub use search::embedded::measure;
pub use search::gate::{AllowedIndices, Gate};
pub use state::setup::IndexOutcome;
pub use status::RuleFiles;
pub use time::{iso, parse as time_of};
pub use url::in_path;

/// A number that nobody can guess.
pub(crate) fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without a source of randomness the time has to do: it spreads tries apart, no more.
    if getrandom::fill(&mut bytes).is_err() {
        return jiff::Timestamp::now().as_microsecond().unsigned_abs();
    }
    u64::from_le_bytes(bytes)
}

/// A number from 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "53 bits are kept")]
pub(crate) fn chance() -> f64 {
    (random() >> 11) as f64 / (1u64 << 53) as f64
}

/// A time as users give it: ISO 8601, or `NOW`.
///
/// # Errors
/// With a message that says what is wrong.
pub fn parse_time(text: &str) -> Result<jiff::Timestamp, String> {
    if text.eq_ignore_ascii_case("now") {
        return Ok(jiff::Timestamp::now());
    }
    time::parse_text(text).ok_or_else(|| format!("`{text}` is not a time: write 2026-01-31T12:00:00Z, or NOW"))
}

/// A span of time as users give it: `2h`, `90s`, `1h 30m`, or ElastAlert's `hours=2`.
///
/// # Errors
/// With a message that says what is wrong.
pub fn parse_span(text: &str) -> Result<std::time::Duration, String> {
    let bad = || format!("`{text}` is not a duration: write 2h, 30m or 1d, or hours=2");
    if let Some((unit, n)) = text.split_once('=') {
        let unit = if unit.ends_with('s') { unit.to_owned() } else { format!("{unit}s") };
        let n: i128 = n.trim().parse().map_err(|_| bad())?;
        let value = serde_json::json!({unit: i64::try_from(n).map_err(|_| bad())?});
        return options::span(&value).ok_or_else(bad);
    }
    let span: jiff::SignedDuration = text.parse().or_else(|_| {
        // Days have no fixed length for everyone; here they have 24 hours.
        let days: f64 =
            text.trim().trim_end_matches("days").trim_end_matches("day").trim_end_matches('d').trim().parse().map_err(|_| bad())?;
        jiff::SignedDuration::try_from_secs_f64(days * 86_400.0).map_err(|_| bad())
    })?;
    std::time::Duration::try_from(span).map_err(|_| bad())
}

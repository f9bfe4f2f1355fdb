//! Rules over files or a stream of events, with no server: time is what the events say it is.
//!
//! Every rule runs whenever `run_every` of the events' time has gone by, over what it matched, as it would over an index;
//! a rule for which nothing can have changed is left out.

mod files;
mod replayer;

use super::config::Config;
use super::rules::Broken;
use jiff::Timestamp;
use replayer::{Origin, Replayer};
use serde_json::{Value, json};
use sigmalert_matcher::events::EventSchema;
use sigmalert_matcher::events::InputProblem;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What to run over what.
#[derive(Debug, Clone, Default)]
pub struct EmbeddedOptions {
    /// Rule files, or folders of them.
    pub rules: Vec<PathBuf>,
    /// Files of events, folders of them, or `-` for standard input.
    pub events: Vec<PathBuf>,
    /// Where state is kept; nothing to begin anew.
    pub state: Option<PathBuf>,
    /// What raw Windows events become; nothing for what the rules' mapping says.
    pub event_schema: Option<EventSchema>,
    /// Events before this are passed over.
    pub start: Option<Timestamp>,
    /// Events after this are passed over.
    pub end: Option<Timestamp>,
    /// Set to have the run end: what a stream brought so far is gone through, files are left for the next run.
    pub stop: Arc<AtomicBool>,
}

/// An alert of such a run.
#[derive(Debug, Clone, PartialEq)]
pub struct EmittedAlert {
    /// The rule.
    pub rule: String,
    /// Its type.
    pub rule_type: String,
    /// The same whenever the same events are read.
    pub alert_id: String,
    /// The matches: more than one where they were gathered.
    pub matches: Vec<Value>,
    /// What the alert says.
    pub text: String,
}

impl EmittedAlert {
    /// As JSON.
    pub fn to_json(&self) -> Value {
        json!({"rule": self.rule, "rule_type": self.rule_type, "alert_id": self.alert_id, "matches": self.matches})
    }
}

/// What happens in a run.
#[derive(Debug)]
pub enum RunEvent {
    /// A rule file cannot be run.
    Broken(Broken),
    /// Something of the events cannot be read.
    Problem(InputProblem),
    /// An alert.
    Alert(Box<EmittedAlert>),
}

/// What a run went through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rules that ran.
    pub rules: usize,
    /// Rule files that cannot be run.
    pub broken: usize,
    /// Events read.
    pub events: u64,
    /// Events that every rule judged in an earlier run.
    pub known: u64,
    /// Those that could not be read.
    pub unreadable: u64,
    /// Those without a time.
    pub timeless: u64,
    /// Those that came too late for a rule: older than it looks back, and of a type that cannot judge them by themselves.
    pub late: u64,
    /// Matches.
    pub matches: u64,
    /// Alerts.
    pub alerts: u64,
}

/// Runs rules over events. `tell` says whether to go on.
///
/// # Errors
/// When there are no rules or no events, or the state cannot be used. The message says what is wrong.
pub fn run(config: &Config, options: &EmbeddedOptions, tell: &mut dyn FnMut(RunEvent) -> bool) -> Result<Summary, String> {
    let mut player = Replayer::open(config, options, tell)?;
    if player.rules.is_empty() {
        return Err("there is no rule that can be run".into());
    }
    player.load()?;
    let read = files::read(&mut player, options)?;
    player.end(options.state.is_none(), &read)?;
    Ok(player.summary)
}

/// What a rule came to in [`replay`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// The rule.
    pub rule: String,
    /// How many events its query found.
    pub hits: u64,
    /// How many matches it made of them.
    pub matches: u64,
}

/// Runs rules over documents that were read before, each with where it is from. No rules are no error. Returns what each rule
/// came to.
///
/// # Errors
/// When a run breaks off. The message says what is wrong.
pub fn replay<'d>(
    config: &Config,
    options: &EmbeddedOptions,
    documents: impl Iterator<Item = (&'d [u8], &'d str, u64)>,
    tell: &mut dyn FnMut(RunEvent) -> bool,
) -> Result<Vec<Replayed>, String> {
    let mut player = Replayer::open(config, options, tell)?;
    if !player.rules.is_empty() {
        for (text, source, position) in documents {
            player.event(text, &Origin::of(source, position), options)?;
        }
        player.end(true, &[])?;
    }
    Ok(player.rules.iter().map(|r| Replayed { rule: r.rule.rule.name.clone(), hits: r.hits, matches: r.matches }).collect())
}

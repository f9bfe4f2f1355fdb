//! What requests share.

use super::commands;
use super::control::Control;
use super::error::ApiError;
use super::reads::Reads;
use super::server::Settings;
use super::source::Source;
use super::store::Store;
use super::trial::Trial;
use super::turns::Turns;
use serde_json::Value;

/// See the module.
#[derive(Debug)]
pub(super) struct App {
    pub settings: Settings,
    pub store: Store,
    pub source: Source,
    pub reads: Reads,
    pub control: Control,
    pub turns: Turns,
}

impl App {
    /// What is to be tried out.
    ///
    /// # Errors
    /// When a request makes no sense, or would run a command.
    pub fn trial(&self, body: &Value) -> Result<Trial, ApiError> {
        let trial = Trial::read(body)?;
        if trial.options.alert && !self.settings.commands {
            commands::check(None, &trial.rule)?;
        }
        Ok(trial)
    }

    /// Whether a request's `Host` is one of ours.
    pub fn is_own_host(&self, host: &str) -> bool {
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        let name = name.to_ascii_lowercase();
        matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1")
            || self.settings.hosts.iter().any(|h| h.eq_ignore_ascii_case(&name))
            || self.settings.listen.iter().any(|l| l.ip().to_string() == name)
    }
}

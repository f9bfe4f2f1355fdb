//! Rules that run commands: who may write a rule would run what he likes on the server, so that it takes leave to.

use super::error::ApiError;
use crate::rule::load::environment::expand;
use crate::rule::load::process_environment;
use crate::yaml::{Dialect, Limits, Value, parse_as};
use axum::http::StatusCode;

/// What a rule says of commands.
#[derive(Debug, Default, PartialEq)]
struct Commands {
    /// Whether `command` is among its alerts.
    alerts: bool,
    /// What is under `command`, and elsewhere under an alert of that name.
    what: Vec<Value>,
}

impl Commands {
    fn of(text: &str) -> Self {
        // As it is run: with the environment in it, and merged mappings. What is no rule is refused elsewhere, and runs nothing.
        let text = expand(text, &process_environment);
        let mut out = Self::default();
        for document in parse_as(&text, &Limits::default(), Dialect::Yaml11).unwrap_or_default() {
            for (key, value) in document.as_map().into_iter().flatten() {
                match &*key.text {
                    "command" => out.what.push(value.to_value()),
                    "alert" => out.alert(&value.to_value()),
                    _ => {}
                }
            }
        }
        out
    }

    fn alert(&mut self, value: &Value) {
        let is_command = |name: &str| name.to_ascii_lowercase().contains("command");
        match value {
            Value::List(items) => items.iter().for_each(|i| self.alert(i)),
            // An alert may have its own options below its name.
            Value::Map(entries) => {
                for (name, own) in entries {
                    if is_command(name) {
                        self.alerts = true;
                        self.what.push(own.clone());
                    }
                }
            }
            other => self.alerts |= other.as_str().is_some_and(is_command),
        }
    }
}

/// Refuses a rule that runs other commands than the one that is there.
///
/// # Errors
/// 403 where it does.
pub(super) fn check(old: Option<&str>, new: &str) -> Result<(), ApiError> {
    let (before, after) = (old.map(Commands::of).unwrap_or_default(), Commands::of(new));
    // An alert that is imported runs what is under `command` here.
    let same = after.what.iter().all(|w| before.what.contains(w)) && (before.alerts || !after.alerts);
    if same {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "commandRefused",
        "the rule runs a command on the server, which is refused to those who ask over the network; --allow-commands lets them",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_commands_are_refused() {
        let own = "alert: [command]\ncommand: [\"/bin/notify\", \"%(name)s\"]\n";
        assert!(check(Some(own), &format!("{own}is_enabled: false\n")).is_ok());
        assert!(check(Some(own), "alert: [debug]\n").is_ok());
        assert!(check(None, "name: a command\nalert: [post]\n").is_ok());
        for bad in [
            own,
            "alert: command\ncommand: x\n",
            "alert:\n- command:\n    command: [x]\n",
            "alert: [Command]\n",
            "command: [x]\n",
            "alert: [elastalert.alerters.command.CommandAlerter]\n",
        ] {
            assert!(check(None, bad).is_err(), "{bad}");
        }
        assert!(check(Some(own), "alert: [command]\ncommand: [\"/bin/sh\"]\n").is_err());
        // No other way to say the same gets past.
        assert!(check(None, "x: &c command\nalert: [*c]\n").is_err());
        assert!(check(None, "<<: {command: [x]}\n").is_err());
        assert!(check(None, "\"comm\\x61nd\": [x]\n").is_err());
    }
}

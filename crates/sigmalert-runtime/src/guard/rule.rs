//! What a rule may reach, and which of its options are kept out of texts.

use super::claims::list_file;
use super::hosts::Host;
use super::layers::sounds_secret;
use crate::rule::RunRule;
use sigmalert_elastalert::options::{Roles, roles};

/// How large a file of values may be.
const MAX_BYTES: usize = 64 << 20;

impl RunRule {
    /// The entries of a list, with those of the files it names (`!file path`).
    ///
    /// # Errors
    /// When a file cannot be read, or may not be.
    pub fn list_entries(&self, option: &str, entries: &[String]) -> Result<Vec<String>, String> {
        let mut out = Vec::new();
        for entry in entries {
            let Some(name) = list_file(entry).filter(|_| entry.starts_with("!file")) else {
                out.push(entry.clone());
                continue;
            };
            let path = self.place_from_here(name);
            if self.leaves_out(option, &path) {
                continue;
            }
            let text = self.read(option, &path, MAX_BYTES)?;
            out.extend(text.lines().map(|l| l.trim_end().to_owned()));
        }
        Ok(out)
    }

    /// Refuses a host that the rule may not reach.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn reach(&self, host: Option<Host>) -> Result<(), String> {
        if !self.guard.is_on() {
            return Ok(());
        }
        let Some(host) = host else { return Err("the address names no host".into()) };
        // Where the operator's own options lead, saved rules may go.
        let known =
            !self.guard.is_trial() && self.known_hosts.iter().any(|h| h.name == host.name && (h.port.is_none() || h.port == host.port));
        if known || self.guard.allows(&host) {
            return Ok(());
        }
        Err(format!("{host} is not a host that rules may reach: --allow-host names those that may be"))
    }

    /// The same for the host of an address.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn reach_url(&self, url: &str) -> Result<(), String> {
        if self.guard.is_on() { self.reach(Host::of(url)) } else { Ok(()) }
    }

    /// Whether the value of an option is kept from texts of alerts and templates.
    pub fn hides(&self, name: &str) -> bool {
        match roles(name) {
            Some(r) => r.has(Roles::SECRET),
            None => self.hidden.contains(name) || sounds_secret(name),
        }
    }
}

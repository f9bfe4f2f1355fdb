//! The techniques and tactics of MITRE ATT&CK. Release 19 of the Enterprise matrix is built in; a STIX bundle of another release
//! can replace it.

use serde_json::Value;
use std::collections::HashMap;
use std::sync::OnceLock;

/// The tactics of the Enterprise matrix, in its order.
const TACTICS: [&str; 15] = [
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
];

/// Tactics that were split or renamed.
const FORMER_TACTICS: [(&str, &str); 1] = [("defense-evasion", "`stealth` or `defense-impairment` (ATT&CK 19 split it)")];

/// A release of the matrix. Identifiers are in lower case, as in tags.
#[derive(Debug, Default, Clone)]
pub struct Attack {
    /// The release, for messages.
    pub release: String,
    /// Techniques and sub-techniques with their tactics.
    techniques: HashMap<String, Vec<String>>,
    /// Withdrawn techniques with their replacements; empty if there is none.
    withdrawn: HashMap<String, String>,
    tactics: Vec<String>,
}

/// A text that is not a STIX bundle of ATT&CK.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AttackError {
    /// What is wrong.
    pub message: String,
}

/// The status of the name of an `attack` tag.
#[derive(Debug, PartialEq, Eq)]
pub enum TechniqueStatus<'a> {
    /// Current.
    Current,
    /// Withdrawn, and replaced by this technique.
    Replaced(&'a str),
    /// Withdrawn without a single replacement, with advice; empty if there is none.
    Withdrawn(&'a str),
    /// Unknown.
    Unknown,
}

impl Attack {
    /// Returns the built-in release.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Attack> = OnceLock::new();
        BUILTIN.get_or_init(|| {
            let mut out = Self { release: "19".into(), tactics: TACTICS.map(str::to_owned).to_vec(), ..Self::default() };
            let mut withdrawn = false;
            for line in include_str!("data/attack.txt").lines() {
                let mut words = line.split(' ');
                let Some(first) = words.next().filter(|w| !w.is_empty() && !w.starts_with('#')) else { continue };
                if first.starts_with('[') {
                    withdrawn = first == "[withdrawn]";
                    continue;
                }
                let (id, Some(second)) = (first.to_lowercase(), words.next()) else { continue };
                if withdrawn {
                    out.withdrawn.insert(id, second.to_lowercase());
                    continue;
                }
                let tactics: Vec<String> = second.split(',').map(str::to_owned).collect();
                for sub in words {
                    out.techniques.insert(format!("{id}.{sub}"), tactics.clone());
                }
                out.techniques.insert(id, tactics);
            }
            out
        })
    }

    /// Reads a STIX bundle, as `mitre-attack/attack-stix-data` publishes it.
    ///
    /// # Errors
    /// When it is not valid JSON, or not a STIX bundle of ATT&CK.
    pub fn from_stix(text: &str) -> Result<Self, AttackError> {
        Self::parse_stix(text).map_err(|message| AttackError { message })
    }

    fn parse_stix(text: &str) -> Result<Self, String> {
        let bundle: Value = serde_json::from_str(text).map_err(|e| format!("is not valid JSON: {e}"))?;
        let objects = bundle["objects"].as_array().ok_or("is not a STIX bundle: it has no `objects`")?;
        let mut out = Self { release: "the given bundle".into(), ..Self::default() };
        let external = |o: &Value| {
            let reference = o["external_references"].as_array()?.iter().find(|r| r["source_name"] == "mitre-attack")?;
            reference["external_id"].as_str().map(str::to_lowercase)
        };
        let ids: HashMap<&str, String> = objects.iter().filter_map(|o| Some((o["id"].as_str()?, external(o)?))).collect();
        for o in objects {
            match o["type"].as_str() {
                Some("x-mitre-collection") => {
                    if let Some(v) = o["x_mitre_version"].as_str() {
                        v.clone_into(&mut out.release);
                    }
                }
                Some("x-mitre-tactic") => out.tactics.extend(o["x_mitre_shortname"].as_str().map(str::to_owned)),
                Some("attack-pattern") => {
                    let Some(id) = external(o) else { continue };
                    if o["revoked"] == true || o["x_mitre_deprecated"] == true {
                        out.withdrawn.entry(id).or_default();
                        continue;
                    }
                    let phases = o["kill_chain_phases"].as_array().into_iter().flatten();
                    out.techniques.insert(id, phases.filter_map(|p| p["phase_name"].as_str().map(str::to_owned)).collect());
                }
                _ => {}
            }
        }
        for o in objects.iter().filter(|o| o["relationship_type"] == "revoked-by") {
            let id = |key: &str| o[key].as_str().and_then(|i| ids.get(i));
            if let (Some(old), Some(new)) = (id("source_ref"), id("target_ref"))
                && !out.techniques.contains_key(old)
            {
                out.withdrawn.insert(old.clone(), new.clone());
            }
        }
        if out.techniques.is_empty() {
            return Err("is not an ATT&CK bundle: it has no techniques".into());
        }
        Ok(out)
    }

    /// Returns the status of a name after `attack.`. Groups, software, data sources, mitigations and assets are recognized by
    /// their form alone.
    pub fn status(&self, name: &str) -> TechniqueStatus<'_> {
        let numbered = |prefix: &str| name.strip_prefix(prefix).is_some_and(|n| n.len() == 4 && n.bytes().all(|b| b.is_ascii_digit()));
        if self.techniques.contains_key(name)
            || self.tactics.iter().any(|t| t == name)
            || ["g", "s", "ds", "m", "a", "c"].into_iter().any(numbered)
        {
            return TechniqueStatus::Current;
        }
        if let Some(new) = self.withdrawn.get(name) {
            return if new.is_empty() { TechniqueStatus::Withdrawn("") } else { TechniqueStatus::Replaced(new) };
        }
        FORMER_TACTICS.iter().find(|(t, _)| *t == name).map_or(TechniqueStatus::Unknown, |(_, what)| TechniqueStatus::Withdrawn(what))
    }

    /// Returns the tactics of a technique.
    pub fn tactics_of(&self, technique: &str) -> &[String] {
        self.techniques.get(technique).map_or(&[], Vec::as_slice)
    }

    /// Returns all names that can follow `attack.`, for completion.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tactics.iter().map(String::as_str).chain(self.techniques.keys().map(String::as_str))
    }
}

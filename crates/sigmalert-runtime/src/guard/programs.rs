//! The ways in which a rule starts a program: one list. A program is only started with a [`Permit`], and only a way of the list
//! gives one, so that a new way has to say here how a rule names it.

use super::super::rule::RunRule;
use sigmalert_elastalert::load::Loaded;
use sigmalert_sigma::yaml::Value;

/// A way in which a rule starts a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// The alerter `command`.
    Alerter,
    /// `match_enhancements: [{command: [...]}]`.
    Enhancement,
}

/// Leave to start a program. Nothing else in the crate makes one.
#[derive(Debug)]
pub(crate) struct Permit(());

/// A program that a rule names, and the option that names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Program {
    pub way: Way,
    pub option: String,
    /// The file of the rule that says so: a place in [`Loaded::files`]; nothing where it is the configuration.
    pub file: Option<usize>,
    /// What is started, as far as it is said there.
    pub what: Value,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Alerter, Self::Enhancement];

    /// The programs that a rule names in this way, its imports and the configuration with it.
    pub fn named_by(self, rule: &Loaded) -> Vec<Program> {
        let mut out = Vec::new();
        let mut add = |option: &str, file: Option<usize>, what: Value| {
            out.push(Program { way: self, option: option.to_owned(), file, what });
        };
        for (key, file, value) in options(rule) {
            match self {
                Self::Alerter => match key {
                    // An alerter elsewhere may start it: an import, or an alert that is added later.
                    "command" => add(key, file, value.clone()),
                    "alert" => {
                        for (name, own) in alerters(value) {
                            if is_command(name) {
                                add("alert", file, "command".into());
                                own.iter().for_each(|(k, v)| {
                                    if k == "command" {
                                        add("command", file, v.clone());
                                    }
                                });
                            }
                        }
                    }
                    _ => {}
                },
                Self::Enhancement => {
                    if key == "match_enhancements" {
                        enhancements(value, &mut |v| add(key, file, v));
                    } else if key == "alert" {
                        for (_, own) in alerters(value) {
                            own.iter()
                                .filter(|(k, _)| k == "match_enhancements")
                                .for_each(|(k, v)| enhancements(v, &mut |v| add(k, file, v)));
                        }
                    }
                }
            }
        }
        out
    }
}

/// Every option of a rule: its own and imported ones, those that others hide too, and those of the configuration.
fn options(rule: &Loaded) -> impl Iterator<Item = (&str, Option<usize>, &Value)> {
    let files = rule.entries.iter().chain(&rule.shadowed).map(|e| (e.key.as_str(), Some(e.file), &e.value));
    files.chain(rule.config.iter().map(|(k, v)| (k.as_str(), None, v)))
}

/// ElastAlert's class behind the name, too: it may run the same folder.
fn is_command(name: &str) -> bool {
    name.to_ascii_lowercase().contains("command")
}

/// The alerters under `alert`, in every form that it takes, with their own options.
pub(super) fn alerters(value: &Value) -> Vec<(&str, &[(String, Value)])> {
    match value {
        Value::List(items) => items.iter().flat_map(alerters).collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(name, own)| match own {
                Value::Map(own) => (name.as_str(), own.as_slice()),
                _ => (name.as_str(), &[][..]),
            })
            .collect(),
        other => other.as_str().map(|name| (name, &[][..])).into_iter().collect(),
    }
}

fn enhancements(value: &Value, add: &mut dyn FnMut(Value)) {
    match value {
        Value::List(items) => items.iter().for_each(|i| enhancements(i, add)),
        Value::Map(entries) => entries.iter().filter(|(k, _)| k == "command").for_each(|(_, v)| add(v.clone())),
        _ => {}
    }
}

impl Permit {
    /// Leave for a program of a rule. What clients may not save was refused when they did; a trial starts none.
    ///
    /// # Errors
    /// Why there is none. The message says what is wrong.
    pub fn of(rule: &RunRule, way: Way) -> Result<Self, String> {
        if rule.guard.is_trial() && !rule.guard.programs {
            return Err(match way {
                Way::Alerter => "a trial starts no program: the alerter `command` is left out".into(),
                Way::Enhancement => "a trial starts no program: the match enhancement is left out".into(),
            });
        }
        Ok(Self(()))
    }
}

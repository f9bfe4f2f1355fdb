//! Which events a rule looks at (specification, "Log source").

use std::fmt;

/// Product, category and service; each may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Logsource {
    /// What writes the log: `windows`, `linux`, `aws`.
    pub product: Option<String>,
    /// What kind of events: `process_creation`, `proxy`.
    pub category: Option<String>,
    /// Which log of the product: `security`, `sshd`.
    pub service: Option<String>,
    /// What must be configured for the events to be logged; free text.
    pub definition: Option<String>,
    /// All other keys.
    pub custom: Vec<(String, String)>,
}

impl Logsource {
    /// Whether all that this names is what `other` names too: `product: windows` covers every Windows log.
    pub fn covers(&self, other: &Self) -> bool {
        let part = |mine: &Option<String>, theirs: &Option<String>| mine.is_none() || mine == theirs;
        part(&self.product, &other.product)
            && part(&self.category, &other.category)
            && part(&self.service, &other.service)
            && self.custom.iter().all(|c| other.custom.contains(c))
    }
}

/// `windows/process_creation/-`.
impl fmt::Display for Logsource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |p: &Option<String>| p.clone().unwrap_or_else(|| "-".into());
        write!(f, "{}/{}/{}", part(&self.product), part(&self.category), part(&self.service))
    }
}

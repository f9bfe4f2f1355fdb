//! The words that rules may use beyond those of the specification.

use super::attack::Attack;

/// Tags, keys and the ATT&CK release that lints accept, as configured.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// Namespaces of tags in addition to the specification's.
    pub tag_namespaces: Vec<String>,
    /// Keys of rules in addition to the specification's.
    pub custom_keys: Vec<String>,
    /// The ATT&CK bundle; `None` for the built-in release.
    pub attack: Option<Attack>,
}

impl Vocabulary {
    /// Returns the configured ATT&CK bundle, or the built-in release.
    pub fn attack(&self) -> &Attack {
        self.attack.as_ref().unwrap_or_else(|| Attack::builtin())
    }
}

//! Rules.

use super::detection::Reader;
use crate::ast::logsource::Logsource;
use crate::ast::rule::{Attributes, Rule};
use crate::error::{Error, ErrorKind, Warning};
use crate::yaml::Node;

/// The keys that only rules have.
const OWN: [&str; 2] = ["logsource", "detection"];

impl Rule {
    pub(super) fn read(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let attributes = Attributes::read(node, &OWN, warnings)?;
        let logsource = match node.get("logsource") {
            Some(n) => Logsource::read(n)?,
            None => {
                return Err(Error::new(ErrorKind::Attribute, "logsource", node.pos, "the logsource is missing")
                    .help("say which events the rule is about: product, category, service"));
            }
        };
        let Some(n) = node.get("detection") else {
            return Err(Error::new(ErrorKind::Detection, "detection", node.pos, "the detection is missing")
                .help("say what to look for: selections, and a condition over them"));
        };
        let detection = Reader { warnings, root: "detection" }.read(n, &[])?;
        Ok(Self { attributes, logsource, detection, pos: node.pos })
    }
}

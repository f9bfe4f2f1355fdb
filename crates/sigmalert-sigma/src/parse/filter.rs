//! Filters.

use super::correlation::texts;
use super::detection::Reader;
use crate::ast::filter::Filter;
use crate::ast::logsource::Logsource;
use crate::ast::rule::Attributes;
use crate::error::{Error, ErrorKind, Warning};
use crate::yaml::Node;

impl Filter {
    pub(super) fn read(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let attributes = Attributes::read(node, &["logsource", "filter"], warnings)?;
        let Some(body) = node.get("filter").filter(|b| b.as_map().is_some()) else {
            return Err(Error::new(ErrorKind::Filter, "filter", node.pos, "expected a mapping"));
        };
        let logsource = match node.get("logsource") {
            Some(n) => Logsource::read(n)?,
            None => return Err(Error::new(ErrorKind::Filter, "logsource", node.pos, "the logsource is missing")),
        };
        let (rules, rules_pos) = match body.get("rules") {
            None => {
                return Err(Error::new(ErrorKind::Filter, "filter.rules", body.pos, "the rules are missing")
                    .help("list the ids or names of the rules to filter, or write `rules: any`"));
            }
            Some(n) => {
                let rules = texts(n, "filter.rules", ErrorKind::Filter)?;
                let any = rules.is_empty() || rules == ["any"];
                (if any { None } else { Some(rules) }, n.pos)
            }
        };
        let detection = Reader { warnings, root: "filter" }.read(body, &["rules"])?;
        if detection.conditions.iter().any(|c| c.aggregation.is_some()) {
            return Err(Error::new(ErrorKind::Filter, "filter.condition", detection.condition_pos, "a filter cannot aggregate"));
        }
        Ok(Self { attributes, logsource, rules, detection, pos: node.pos, rules_pos })
    }
}

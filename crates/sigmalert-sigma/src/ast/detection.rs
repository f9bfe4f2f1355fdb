//! Detections: named selections made of items, and the condition over them.

use super::condition::Selector;
use super::modifier::Modifier;
use super::parsed_condition::ParsedCondition;
use super::timespan::Timespan;
use super::value::Value;
use crate::yaml::Pos;

/// The `detection` of a rule, or the like part of a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The selections in source order. Names are unique.
    pub selections: Vec<(String, Selection)>,
    /// The conditions: usually one; of several any will do.
    pub conditions: Vec<ParsedCondition>,
    /// The span of an aggregation of the old style.
    pub timeframe: Option<Timespan>,
    /// The position of the condition.
    pub condition_pos: Pos,
}

/// What a name in a condition refers to (specification, "Search-Identifier").
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// A map: all of its items.
    All(Vec<DetectionItem>),
    /// A list: any of its elements.
    Any(Vec<Selection>),
    /// A list of scalars, or a single one: any of these words anywhere in the event.
    Keywords(DetectionItem),
}

/// A field with modifiers and the values it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectionItem {
    /// The field; nothing for a keyword search.
    pub field: Option<String>,
    /// The modifiers in order.
    pub modifiers: Vec<Modifier>,
    /// The values.
    pub values: Vec<Value>,
    /// Whether the values were written as a list.
    pub is_list: bool,
    /// The position of the item.
    pub pos: Pos,
    /// The position of each value.
    pub value_pos: Vec<Pos>,
}

impl Selection {
    /// Its items in order, those of the selections in it included.
    pub fn items(&self) -> Vec<&DetectionItem> {
        let mut out = Vec::new();
        self.collect(&mut out);
        out
    }

    fn collect<'s>(&'s self, out: &mut Vec<&'s DetectionItem>) {
        match self {
            Self::All(items) => out.extend(items),
            Self::Any(inner) => inner.iter().for_each(|s| s.collect(out)),
            Self::Keywords(item) => out.push(item),
        }
    }
}

impl DetectionItem {
    /// The key as written in a rule: `CommandLine|contains|all`.
    pub fn key(&self) -> String {
        let mut key = self.field.clone().unwrap_or_default();
        for m in &self.modifiers {
            key.push('|');
            key.push_str(m.name());
        }
        key
    }
}

impl Detection {
    /// The items of all selections in order.
    pub fn items(&self) -> Vec<&DetectionItem> {
        let mut out = Vec::new();
        self.selections.iter().for_each(|(_, s)| s.collect(&mut out));
        out
    }

    /// The fields of all selections in order, with duplicates.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.items().into_iter().filter_map(|i| i.field.as_deref())
    }
}

impl Detection {
    /// The selections that `of` selects, in source order.
    pub fn matching(&self, of: &Selector) -> Vec<(&str, &Selection)> {
        self.selections.iter().filter(|(n, _)| of.matches(n)).map(|(n, s)| (n.as_str(), s)).collect()
    }
}

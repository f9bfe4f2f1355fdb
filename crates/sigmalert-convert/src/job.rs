//! One conversion: what its steps share.

use super::{Converter, Notice};
use crate::mapping::Applied;
use sigmalert_elastalert::CorrelationSpec;
use sigmalert_sigma::Collection;
use std::cell::Cell;
use std::collections::BTreeSet;

/// A document on its way through the converter.
pub(super) struct Job<'c> {
    pub converter: &'c Converter,
    pub collection: &'c Collection,
    /// The name of a rule file, in place of the title.
    pub name: Option<&'c str>,
    /// How many conditions were taken so far.
    pub taken: Cell<usize>,
}

impl<'c> Job<'c> {
    /// A conversion, with the name that a rule file gets in place of the title.
    pub fn new(converter: &'c Converter, collection: &'c Collection, name: Option<&'c str>) -> Self {
        Self { converter, collection, name, taken: Cell::new(0) }
    }
}

/// A rule of sigmalert's own type, and the events it looks at.
pub(super) struct Extended {
    pub extension: CorrelationSpec,
    /// Any event that one of the rules finds.
    pub applied: Applied,
    pub notices: BTreeSet<Notice>,
}

//! Values of some fields of many events: each kept once, events hold numbers in their place.

use crate::serve::error::ApiError;
use indexmap::IndexMap;
use serde_json::{Map, Value};
use sigmalert_runtime::lookup;

/// How many values are held, those that are missing among them.
const MAX_CELLS: usize = 50_000_000;

#[derive(Debug)]
struct Column {
    field: String,
    /// By what they are written as.
    values: IndexMap<String, Value>,
    /// Of each event, one after the other.
    ids: Vec<u32>,
    /// Where those of an event end.
    ends: Vec<u32>,
}

/// Columns of values, by field.
#[derive(Debug)]
pub(super) struct Columns {
    all: Vec<Column>,
    cells: usize,
}

pub(super) fn refused(m: impl Into<String>) -> ApiError {
    ApiError::bad("searchRefused", m)
}

fn too_many() -> ApiError {
    refused("the events have too many values in these fields: request fewer fields or a shorter time range")
}

impl Columns {
    /// None yet, for so many events.
    ///
    /// # Errors
    /// When they would hold more than fits.
    pub fn new(fields: Vec<String>, events: usize) -> Result<Self, ApiError> {
        if fields.len().saturating_mul(events) > MAX_CELLS {
            return Err(too_many());
        }
        let column = |field| Column { field, values: IndexMap::new(), ids: Vec::new(), ends: Vec::new() };
        Ok(Self { all: fields.into_iter().map(column).collect(), cells: 0 })
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The values of one more event.
    ///
    /// # Errors
    /// When there are more than fit.
    pub fn add(&mut self, doc: &Map<String, Value>) -> Result<(), ApiError> {
        for column in &mut self.all {
            let value = lookup(doc, &column.field);
            let values = match value.as_deref() {
                Some(Value::Array(items)) => items.as_slice(),
                Some(one) => std::slice::from_ref(one),
                None => &[],
            };
            for v in values.iter().filter(|v| !v.is_null() && !v.is_object()) {
                self.cells += 1;
                if self.cells > MAX_CELLS {
                    return Err(too_many());
                }
                let entry = column.values.entry(v.to_string());
                let id = entry.index();
                entry.or_insert_with(|| v.clone());
                column.ids.push(u32::try_from(id).map_err(|_| too_many())?);
            }
            column.ends.push(u32::try_from(column.ids.len()).map_err(|_| too_many())?);
        }
        Ok(())
    }

    /// The place of a field.
    pub fn place(&self, field: &str) -> Option<usize> {
        self.all.iter().position(|c| c.field == field)
    }

    /// The numbers of the values that an event has.
    pub fn of(&self, column: usize, row: u32) -> &[u32] {
        let (c, row) = (&self.all[column], row as usize);
        let start = row.checked_sub(1).map_or(0, |before| c.ends[before]);
        &c.ids[start as usize..c.ends[row] as usize]
    }

    pub fn value(&self, column: usize, id: u32) -> &Value {
        &self.all[column].values[id as usize]
    }

    /// What a value is written as.
    pub fn name(&self, column: usize, id: u32) -> &str {
        self.all[column].values.get_index(id as usize).map_or("", |(n, _)| n)
    }
}

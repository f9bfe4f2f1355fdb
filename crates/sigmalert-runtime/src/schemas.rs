//! The field types of the mappings that rules were converted with.

use sigmalert_convert::mapping::Mapping;
use sigmalert_query::Schema;
use sigmalert_support::sync::lock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Schemas by mapping name. Each mapping is loaded once; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Schemas(Arc<Mutex<HashMap<String, Arc<Schema>>>>);

impl Schemas {
    /// Returns the schema of a mapping; the default schema where there is none or it cannot be loaded.
    pub fn of(&self, mapping: Option<&str>) -> Arc<Schema> {
        let mut loaded = lock(&self.0);
        let name = mapping.unwrap_or_default();
        if let Some(schema) = loaded.get(name) {
            return Arc::clone(schema);
        }
        let schema = Arc::new(Mapping::load(name).map_or_else(|_| Schema::default(), |m| m.schema().clone()));
        loaded.insert(name.to_owned(), Arc::clone(&schema));
        schema
    }
}

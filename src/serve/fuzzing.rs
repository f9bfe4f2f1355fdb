//! Entry points for the fuzz targets in `fuzz/`.

use crate::serve::data::index_allowlist::check_search;
use crate::serve::events::Events;
use crate::serve::http::router::{Target, target};
use crate::serve::rules::paths::Id;
use serde_json::Value;
use sigmalert_matcher::events::EventSchema;
use std::path::{Component, Path};
use std::sync::OnceLock;

/// Reads the path of a request; what it names lies below the folder.
///
/// # Panics
/// When it does not.
pub fn path(text: &str) {
    let root = Path::new("/srv/rules");
    let held = |id: Result<Id, _>| {
        let Ok(id) = id else { return };
        for path in [id.file(root), id.folder(root)] {
            let below = path.strip_prefix(root).expect("it lies below the folder");
            assert!(below.components().all(|c| matches!(c, Component::Normal(_))), "{}", path.display());
        }
    };
    for upgrade in [false, true] {
        if let Target::Api(segments) = target(text, upgrade) {
            held(Id::parse(segments.get(1..).unwrap_or_default()));
        }
    }
    held(Id::named(text));
}

/// Searches a few events.
pub fn search(body: &Value) {
    static EVENTS: OnceLock<Option<Events>> = OnceLock::new();
    let events = EVENTS.get_or_init(|| {
        let file = tempfile::Builder::new().suffix(".ndjson").tempfile().ok()?;
        let event = |i: u32| {
            format!(
                "{{\"@timestamp\": \"2024-05-06T07:{:02}:09Z\", \"host\": {{\"name\": [\"a{i}\", \"b\"]}}, \"n\": [{i}, 2.5], \"t\": \"x y\"}}\n",
                i % 60
            )
        };
        std::fs::write(file.path(), (0..200).map(event).collect::<String>()).ok()?;
        Events::load(&[file.path().to_owned()], EventSchema::Sigma).ok()
    });
    if let Some(events) = events
        && check_search(body).is_ok()
    {
        _ = events.search(body).map(|a| a.to_string());
    }
}

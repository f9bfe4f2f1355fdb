//! Any bytes as records of EVTX. What stands here is put behind the first bytes of such a file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmalert::events::{EventBatch, EventSchema, EventSource};

fuzz_target!(|data: &[u8]| {
    let bytes = if data.starts_with(b"ElfFile\0") { data.to_vec() } else { [b"ElfFile\0", data].concat() };
    let Ok(mut source) = EventSource::from_stream("fuzz", Box::new(std::io::Cursor::new(bytes))) else { return };
    let mut batch = EventBatch::default();
    while source.read(&mut batch) {
        for item in &batch.events {
            for event_schema in [EventSchema::Sigma, EventSchema::Winlogbeat, EventSchema::Wazuh] {
                let _ = batch.document(item, event_schema).to_json();
            }
        }
    }
});

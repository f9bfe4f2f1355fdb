//! Bodies of searches over events in memory.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(body) = serde_json::from_slice(data) {
        sigmalert::serve::fuzzing::search(&body);
    }
});

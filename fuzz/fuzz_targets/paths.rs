//! Paths of requests: what names a rule never leads out of its folder.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| sigmalert::serve::fuzzing::path(data));

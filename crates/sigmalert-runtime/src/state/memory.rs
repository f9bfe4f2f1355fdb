//! What a rule remembers between runs, packed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{Read, Write};

/// How large a memory may be unpacked.
const MAX_BYTES: u64 = 1 << 30;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Up to when the rule ran.
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    pub endtime: Option<Timestamp>,
    /// Nothing before this is asked again.
    #[serde(with = "jiff::fmt::serde::timestamp::microsecond::optional")]
    pub minimum: Option<Timestamp>,
    /// Of its type.
    pub state: Value,
    /// The documents it saw whose time is still asked for: digest and time.
    pub seen: Vec<(u64, i64)>,
    /// The aggregations that are open: key, id of the first alert, when it is sent.
    pub open: Vec<(Option<String>, String, i64)>,
    /// What the rule queries, so that a changed rule starts over.
    pub kind: String,
}

impl Memory {
    /// As text for a document.
    pub fn pack(&self) -> String {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let written = serde_json::to_writer(&mut encoder, self).is_ok();
        let _ = encoder.flush();
        match encoder.finish() {
            Ok(bytes) if written => STANDARD.encode(bytes),
            // Writing to memory does not fail; an empty memory makes the rule begin anew.
            _ => String::new(),
        }
    }

    /// Of such a text; nothing where it is none.
    pub fn unpack(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        let mut out = Vec::new();
        GzDecoder::new(bytes.as_slice()).take(MAX_BYTES).read_to_end(&mut out).ok()?;
        serde_json::from_slice(&out).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_again() {
        let memory = Memory { state: serde_json::json!({"a": [1, 2]}), seen: vec![(1, 2)], ..Memory::default() };
        assert_eq!(Memory::unpack(&memory.pack()), Some(memory));
        assert_eq!(Memory::unpack("no"), None);
        assert_eq!(Memory::unpack(""), None);
    }
}

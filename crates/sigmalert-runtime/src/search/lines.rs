//! Bodies of `_msearch` and `_bulk`: a JSON value per line.

use serde_json::Value;

/// Appends a line of JSON.
pub(crate) fn write_line(lines: &mut Vec<u8>, value: &Value) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(&mut *lines, value);
    lines.push(b'\n');
}

//! Reads NDJSON: one document per line.

use super::batch::{BATCH_BYTES, BatchedEvent, EventBatch, EventBody, EventKey, InputProblem, MAX_DOCUMENT};
use super::mark::Tracker;
use serde::de::IgnoredAny;
use sigmalert_support::read::reason;
use std::io::{self, BufRead};

/// Reads the next lines. Returns false at the end.
pub(super) fn read(
    input: &mut Box<dyn BufRead + Send>,
    line: &mut u64,
    live: bool,
    mut tracker: Option<&mut Tracker>,
    batch: &mut EventBatch,
) -> bool {
    while batch.bytes.len() < BATCH_BYTES {
        let start = batch.bytes.len();
        let (mut too_long, mut ended, mut drained) = (false, false, false);
        loop {
            let available = match input.fill_buf() {
                Ok(a) => a,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    // Drop the incomplete line.
                    batch.bytes.truncate(start);
                    batch.problems.push(InputProblem::at(*line + 1, format!("reading failed: {}", reason(&e))));
                    return false;
                }
            };
            if available.is_empty() {
                ended = true;
                break;
            }
            let (take, complete) = match memchr::memchr(b'\n', available) {
                Some(at) => (at + 1, true),
                None => (available.len(), false),
            };
            if let Some(t) = &mut tracker {
                t.update(&available[..take - usize::from(complete)]);
            }
            if !too_long {
                batch.bytes.extend_from_slice(&available[..take]);
                if batch.bytes.len() - start > MAX_DOCUMENT {
                    too_long = true;
                    batch.bytes.truncate(start);
                }
            }
            drained = take == available.len();
            input.consume(take);
            if complete {
                break;
            }
        }
        if ended && batch.bytes.len() == start && !too_long {
            return false;
        }
        *line += 1;
        if too_long {
            batch.problems.push(InputProblem::at(*line, format!("the line is longer than {MAX_DOCUMENT} bytes and is skipped")));
        }
        let mut text = &batch.bytes[start..];
        if *line == 1 {
            text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        }
        let text = text.trim_ascii();
        let key = tracker.as_ref().filter(|_| !text.is_empty()).map(|t| t.here());
        let key = key.map(|(end, digest)| EventKey { end, digest });
        if let Some(t) = &mut tracker {
            if ended && !text.is_empty() && serde_json::from_slice::<IgnoredAny>(text).is_err() {
                // It is still being written, or was truncated. Everything before it is complete.
                batch.problems.push(InputProblem::at(*line, "the last line is incomplete; the next run reads it again"));
                return false;
            }
            if !ended {
                t.update(b"\n");
            }
            t.keep();
        }
        if !text.is_empty() {
            let from = text.as_ptr() as usize - batch.bytes.as_ptr() as usize;
            let range = from..from + text.len();
            batch.events.push(BatchedEvent { position: *line, body: EventBody::Text(range), key });
        }
        if ended {
            return false;
        }
        if live && drained && !batch.events.is_empty() {
            return true;
        }
    }
    true
}

//! Reads JSON documents: one after the other, or in an array.

use super::batch::{BATCH_BYTES, BatchedEvent, EventBatch, EventBody, EventKey, InputProblem, MAX_DOCUMENT};
use super::mark::Tracker;
use sigmalert_support::read::reason;
use std::io::{self, BufRead};

/// Reads the next documents. `lists` is the number of open arrays. Returns false at the end.
pub(super) fn read(
    input: &mut Box<dyn BufRead + Send>,
    count: &mut u64,
    lists: &mut i64,
    live: bool,
    mut tracker: Option<&mut Tracker>,
    batch: &mut EventBatch,
) -> bool {
    let (mut start, mut depth, mut quoted, mut escaped, mut too_long, mut odd) = (batch.bytes.len(), 0u32, false, false, false, false);
    // The number of bytes between documents that belong to none.
    let mut stray = 0_usize;
    loop {
        let available = match input.fill_buf() {
            Ok(a) => a,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => {
                // Between documents `start` is the start of the last complete one, which stays.
                if depth > 0 {
                    batch.bytes.truncate(start);
                }
                batch.problems.push(InputProblem::at(*count + 1, format!("reading failed: {}", reason(&e))));
                return false;
            }
        };
        if available.is_empty() {
            if depth > 0 {
                batch.bytes.truncate(start);
                batch.problems.push(InputProblem::at(*count + 1, "the document is incomplete"));
            } else if *lists > 0 {
                batch.problems.push(InputProblem::at(*count + 1, "the array of documents is not closed: the file may be truncated"));
            } else if let Some(t) = &mut tracker {
                t.keep();
            }
            return false;
        }
        let (mut used, mut ended) = (0, false);
        for b in available {
            used += 1;
            if depth == 0 {
                match b {
                    b'{' => {
                        depth = 1;
                        start = batch.bytes.len();
                        (too_long, odd) = (false, false);
                        batch.bytes.push(*b);
                    }
                    // The byte order mark, and separators.
                    b'[' => *lists += 1,
                    b']' => *lists -= 1,
                    b',' | b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf | 0x1e => {}
                    _ if odd => stray += 1,
                    _ => {
                        odd = true;
                        *count += 1;
                        batch.problems.push(InputProblem::at(*count, "the document is not a JSON object"));
                    }
                }
                continue;
            }
            if !too_long {
                batch.bytes.push(*b);
                if batch.bytes.len() - start > MAX_DOCUMENT {
                    too_long = true;
                    batch.bytes.truncate(start);
                }
            }
            match (quoted, escaped, b) {
                (true, true, _) => escaped = false,
                (true, false, b'\\') => escaped = true,
                (true, false, b'"') => quoted = false,
                (true, ..) => {}
                (false, _, b'"') => quoted = true,
                (false, _, b'{' | b'[') => depth += 1,
                (false, _, b'}' | b']') => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                *count += 1;
                if too_long {
                    batch
                        .problems
                        .push(InputProblem::at(*count, format!("the document is longer than {MAX_DOCUMENT} bytes and is skipped")));
                } else {
                    batch.events.push(BatchedEvent { position: *count, body: EventBody::Text(start..batch.bytes.len()), key: None });
                }
                ended = true;
                break;
            }
        }
        if let Some(t) = &mut tracker {
            t.update(&available[..used]);
            if ended {
                let (end, digest) = t.here();
                if let Some(item) = batch.events.last_mut().filter(|_| !too_long) {
                    item.key = Some(EventKey { end, digest });
                }
                t.keep();
            }
        }
        let drained = used == available.len();
        input.consume(used);
        if stray > MAX_DOCUMENT {
            batch.problems.push(InputProblem::at(
                *count,
                format!("is not valid JSON: {MAX_DOCUMENT} bytes belong to no document; the rest is not read"),
            ));
            return false;
        }
        if ended && (batch.bytes.len() >= BATCH_BYTES || (live && drained && !batch.events.is_empty())) {
            return true;
        }
    }
}

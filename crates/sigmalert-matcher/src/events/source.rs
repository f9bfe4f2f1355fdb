//! Where documents come from: NDJSON, JSON (a list, or objects one after the other), EVTX; plain, gzip or zstd; files,
//! folders and standard input. Memory stays bounded whatever a file holds, and what cannot be read is told and passed over.

use super::EventSchema;
use super::records::Records;
use super::track::{Digest, Mark, Tracker, Unit, beginning};
use serde::de::IgnoredAny;
use serde_json::Value;
use sigmalert_support::read::{open_input, reason};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The longest document that is read.
pub const MAX_DOCUMENT: usize = 16 << 20;
/// How many bytes a batch has before it is handed on.
const BATCH_BYTES: usize = 1 << 18;
/// How many records of EVTX a batch has at most.
const BATCH_RECORDS: usize = 500;

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it is shown.
    pub source: String,
    /// The line, or the record.
    pub position: u64,
    /// What is wrong.
    pub message: String,
}

/// One document of a [`Batch`].
#[derive(Debug)]
pub struct SourceEvent {
    /// The line it stands on, or which document or record of the file it is, from 1.
    pub position: u64,
    /// What it holds.
    pub body: Body,
    /// What it is known by, whatever its file is called: where the file is read so that it is known again.
    pub known_by: Option<KnownBy>,
}

/// An event by its content and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownBy {
    /// Where it ends, as [`Mark`] counts.
    pub end: u64,
    /// Of everything up to there, or of the record.
    pub digest: Digest,
}

/// See [`SourceEvent`].
#[derive(Debug)]
pub enum Body {
    /// JSON text: these bytes of the batch.
    Text(std::ops::Range<usize>),
    /// A record of EVTX.
    Record(Box<Value>),
}

/// Documents that were read together.
#[derive(Debug, Default)]
pub struct Batch {
    /// The text of the documents.
    pub bytes: Vec<u8>,
    /// The documents.
    pub items: Vec<SourceEvent>,
    /// What could not be read on the way.
    pub problems: Vec<Problem>,
}

/// The files behind paths: what is named whatever it is called, in folders what looks like events.
///
/// # Errors
/// Paths that cannot be looked at, with what is wrong.
pub fn discover(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let problem = |path: &Path, message: String| Problem { source: path.display().to_string(), position: 0, message };
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(path.clone());
            continue;
        }
        match std::fs::metadata(path) {
            Ok(m) if m.is_dir() => {
                for entry in WalkDir::new(path).follow_links(true).sort_by_file_name().max_depth(64) {
                    match entry {
                        Ok(e) if e.file_type().is_file() && is_events(e.path()) => found.push(e.into_path()),
                        Ok(_) => {}
                        Err(e) => {
                            let message = match (e.loop_ancestor(), e.io_error()) {
                                (Some(up), _) => format!("is a symbolic link in a circle: it leads back to {}", up.display()),
                                (None, Some(io)) => format!("cannot be read: {}", reason(io)),
                                (None, None) => e.to_string(),
                            };
                            problems.push(problem(e.path().unwrap_or(path), message));
                        }
                    }
                }
            }
            Ok(_) => found.push(path.clone()),
            Err(e) => problems.push(problem(path, format!("cannot be read: {}", reason(&e)))),
        }
    }
    (found, problems)
}

/// Whether a file of a folder is taken for events, by its ending.
fn is_events(path: &Path) -> bool {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    [".evtx", ".ndjson", ".jsonl", ".json", ".log"].iter().any(|e| name.ends_with(e))
}

/// The JSON of an event: a raw Windows event takes its shape, anything else stays as it is.
pub fn document<'t>(body: &'t Body, bytes: &'t [u8], event_schema: EventSchema) -> Cow<'t, [u8]> {
    let shaped = |v: &Value| event_schema.of_raw(v).map(|d| d.to_string().into_bytes());
    match body {
        Body::Record(v) => Cow::Owned(shaped(v).unwrap_or_else(|| v.to_string().into_bytes())),
        Body::Text(range) => {
            let text = &bytes[range.clone()];
            // Few documents are raw events: a look at the beginning tells.
            let head = &text[..text.len().min(400)];
            let raw = memchr::memmem::find(head, b"\"Event\"").is_some() && memchr::memmem::find(head, b"\"System\"").is_some();
            let made = if raw { serde_json::from_slice(text).ok().and_then(|v: Value| shaped(&v)) } else { None };
            made.map_or(Cow::Borrowed(text), Cow::Owned)
        }
    }
}

/// A file, or standard input, while it is read.
pub struct Source {
    name: String,
    reader: Reader,
    /// Somebody may still be writing: what is there is handed on, and not held back for more.
    live: bool,
    tracker: Option<Tracker>,
}

enum Reader {
    Lines { input: Box<dyn BufRead + Send>, line: u64 },
    Objects { input: Box<dyn BufRead + Send>, count: u64, lists: i64 },
    Evtx(Box<Records>),
    Done,
}

impl Source {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn open(path: &Path) -> Result<Self, String> {
        if path.as_os_str() == "-" {
            return Ok(Self { live: true, ..Self::from_stream("<stdin>", Box::new(io::stdin()))? });
        }
        let file = open_input(path).map_err(|e| format!("cannot be read: {}", reason(&e)))?;
        Self::of_file(path, file)
    }

    fn of_file(path: &Path, mut file: File) -> Result<Self, String> {
        let name = path.display().to_string();
        let io = |e: io::Error| format!("cannot be read: {}", reason(&e));
        if file.metadata().map_err(io)?.is_dir() {
            return Err("is a folder".into());
        }
        let mut magic = [0; 8];
        // A pipe cannot be wound back; it is read as a stream.
        let live = file.stream_position().is_err();
        if !live {
            let n = read_some(&mut file, &mut magic).map_err(io)?;
            file.rewind().map_err(io)?;
            if magic[..n].starts_with(b"ElfFile") {
                return Ok(Self { name, reader: Reader::Evtx(Box::new(Records::open(file, None)?)), live, tracker: None });
            }
        }
        let lines = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        let lines = [".ndjson", ".jsonl", ".log"].iter().any(|e| lines.contains(e));
        Ok(Self { live, ..Self::text(&name, Box::new(file), lines)? })
    }

    /// Opens a file so that its events carry what they are known by, and tells which of marks of earlier runs it begins with. A
    /// stream (standard input, a pipe) has no places that anybody could come back to: its events carry nothing.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn resume(path: &Path, marks: &[Mark]) -> Result<(Self, Vec<usize>), String> {
        if path.as_os_str() == "-" || !path.is_file() {
            return Ok((Self::open(path)?, Vec::new()));
        }
        let io = |e: io::Error| format!("cannot be read: {}", reason(&e));
        // One handle for both looks at it: a file that takes its name in between is another.
        let file = File::open(path).map_err(io)?;
        let mut begins = Vec::new();
        if marks.iter().any(|m| m.unit == Unit::Bytes) {
            let first = file.try_clone().map_err(io)?;
            begins = unpacked(Box::new(first)).and_then(|mut input| beginning(&mut input, marks).map_err(io)).unwrap_or_default();
            (&file).rewind().map_err(io)?;
        }
        let mut source = Self::of_file(path, file)?;
        match &mut source.reader {
            Reader::Evtx(records) => begins = records.track(marks)?,
            _ => source.tracker = Some(Tracker::default()),
        }
        Ok((source, begins))
    }

    /// Whether it is a stream that somebody may still be writing.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// How far it was read, where it was opened by [`Self::resume`] and is no stream.
    pub fn mark(&self) -> Option<Mark> {
        match &self.reader {
            Reader::Evtx(records) => records.mark(),
            _ => self.tracker.as_ref().and_then(Tracker::mark),
        }
    }

    /// Reads a stream.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn from_stream(name: &str, stream: Box<dyn Read + Send>) -> Result<Self, String> {
        Self::text(name, stream, false)
    }

    fn text(name: &str, stream: Box<dyn Read + Send>, lines: bool) -> Result<Self, String> {
        let io = |e: io::Error| format!("cannot be read: {}", reason(&e));
        let mut input = unpacked(stream)?;
        // An error here is told when documents are read.
        let head = input.fill_buf().unwrap_or_default();
        if head.starts_with(b"ElfFile") {
            // EVTX is read by places: a stream of it is put into a file first.
            let mut spool = tempfile::NamedTempFile::new().map_err(|e| format!("cannot be kept: {}", reason(&e)))?;
            io::copy(&mut input, &mut spool).and_then(|_| spool.flush()).map_err(|e| format!("cannot be kept: {}", reason(&e)))?;
            let file = spool.reopen().map_err(io)?;
            let reader = Reader::Evtx(Box::new(Records::open(file, Some(spool))?));
            return Ok(Self { name: name.to_owned(), reader, live: false, tracker: None });
        }
        let by_line = lines || first_line_is_object(head);
        let reader = if by_line { Reader::Lines { input, line: 0 } } else { Reader::Objects { input, count: 0, lists: 0 } };
        Ok(Self { name: name.to_owned(), reader, live: false, tracker: None })
    }

    /// The name, as it is shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether positions are lines.
    pub fn counts_lines(&self) -> bool {
        matches!(self.reader, Reader::Lines { .. })
    }

    /// Reads the next documents; false when there are no more.
    pub fn read(&mut self, batch: &mut Batch) -> bool {
        batch.bytes.clear();
        batch.items.clear();
        batch.problems.clear();
        let more = match &mut self.reader {
            Reader::Done => return false,
            Reader::Lines { input, line } => lines(input, line, self.live, self.tracker.as_mut(), batch),
            Reader::Objects { input, count, lists } => objects(input, count, lists, self.live, self.tracker.as_mut(), batch),
            Reader::Evtx(r) => records(r, batch),
        };
        for p in &mut batch.problems {
            p.source.clone_from(&self.name);
        }
        if !more && !matches!(self.reader, Reader::Evtx(_)) {
            self.reader = Reader::Done;
        }
        more || !batch.items.is_empty() || !batch.problems.is_empty()
    }
}

/// The text behind what may be compressed.
fn unpacked(stream: Box<dyn Read + Send>) -> Result<Box<dyn BufRead + Send>, String> {
    let mut input: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(1 << 16, stream));
    let head = input.fill_buf().map_err(|e| format!("cannot be read: {}", reason(&e)))?;
    if head.starts_with(&[0x1f, 0x8b]) {
        input = Box::new(BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(input)));
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = ruzstd::decoding::StreamingDecoder::new(input).map_err(|e| format!("is not zstd: {e}"))?;
        input = Box::new(BufReader::with_capacity(1 << 16, decoder));
    }
    Ok(input)
}

/// The records of the next chunks.
fn records(records: &mut Records, batch: &mut Batch) -> bool {
    let mut found = Vec::new();
    let mut more = true;
    while more && found.len() < BATCH_RECORDS && batch.problems.len() < BATCH_RECORDS {
        let problems = &mut batch.problems;
        more = records.read(&mut found, &mut |message| problems.push(Problem { source: String::new(), position: 0, message }));
    }
    batch.items.extend(found.into_iter().map(|r| SourceEvent {
        position: r.id,
        body: Body::Record(Box::new(r.body)),
        known_by: r.digest.map(|digest| KnownBy { end: r.id, digest }),
    }));
    more
}

fn read_some(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < buffer.len() {
        match file.read(&mut buffer[n..])? {
            0 => break,
            more => n += more,
        }
    }
    Ok(n)
}

/// Whether the first line with something on it is an object by itself, as in NDJSON.
fn first_line_is_object(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let Some(line) = text.split(|b| *b == b'\n').find(|l| !l.trim_ascii().is_empty()) else { return true };
    let line = line.trim_ascii();
    // A first line that is longer than what was read so far is no `{` of a pretty-printed object.
    line.starts_with(b"{") && (line.ends_with(b"}") || line.len() > 2000)
}

fn lines(input: &mut Box<dyn BufRead + Send>, line: &mut u64, live: bool, mut tracker: Option<&mut Tracker>, batch: &mut Batch) -> bool {
    let problem = |position: u64, message: String| Problem { source: String::new(), position, message };
    while batch.bytes.len() < BATCH_BYTES {
        let start = batch.bytes.len();
        let (mut too_long, mut ended, mut drained) = (false, false, false);
        loop {
            let available = match input.fill_buf() {
                Ok(a) => a,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    // What was read of the line is of no use.
                    batch.bytes.truncate(start);
                    batch.problems.push(problem(*line + 1, format!("cannot be read on: {}", reason(&e))));
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
                t.feed(&available[..take - usize::from(complete)]);
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
            batch.problems.push(problem(*line, format!("the line is longer than {MAX_DOCUMENT} bytes and is passed over")));
        }
        let mut text = &batch.bytes[start..];
        if *line == 1 {
            text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        }
        let text = text.trim_ascii();
        let known_by = tracker.as_ref().filter(|_| !text.is_empty()).map(|t| t.here());
        let known_by = known_by.map(|(end, digest)| KnownBy { end, digest });
        if let Some(t) = &mut tracker {
            if ended && !text.is_empty() && serde_json::from_slice::<IgnoredAny>(text).is_err() {
                // Somebody is writing it, or it was cut. What was read before is whole.
                batch.problems.push(problem(*line, "the last line does not end: it is read again by the next run".into()));
                return false;
            }
            if !ended {
                t.feed(b"\n");
            }
            t.keep();
        }
        if !text.is_empty() {
            let from = text.as_ptr() as usize - batch.bytes.as_ptr() as usize;
            let range = from..from + text.len();
            batch.items.push(SourceEvent { position: *line, body: Body::Text(range), known_by });
        }
        if ended {
            return false;
        }
        if live && drained && !batch.items.is_empty() {
            return true;
        }
    }
    true
}

/// Objects one after the other, or in a list; `lists` is how many lists are open.
fn objects(
    input: &mut Box<dyn BufRead + Send>,
    count: &mut u64,
    lists: &mut i64,
    live: bool,
    mut tracker: Option<&mut Tracker>,
    batch: &mut Batch,
) -> bool {
    let problem = |position: u64, message: String| Problem { source: String::new(), position, message };
    let (mut start, mut depth, mut quoted, mut escaped, mut too_long, mut odd) = (batch.bytes.len(), 0u32, false, false, false, false);
    // How much stood between documents that belongs to none.
    let mut astray = 0_usize;
    loop {
        let available = match input.fill_buf() {
            Ok(a) => a,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => {
                // Between documents there is nothing to drop: `start` is where the last whole one begins.
                if depth > 0 {
                    batch.bytes.truncate(start);
                }
                batch.problems.push(problem(*count + 1, format!("cannot be read on: {}", reason(&e))));
                return false;
            }
        };
        if available.is_empty() {
            if depth > 0 {
                batch.bytes.truncate(start);
                batch.problems.push(problem(*count + 1, "the document does not end".into()));
            } else if *lists > 0 {
                batch.problems.push(problem(*count + 1, "the list of documents does not end: the file may be cut".into()));
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
                    // The byte order mark, and what divides documents.
                    b'[' => *lists += 1,
                    b']' => *lists -= 1,
                    b',' | b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf | 0x1e => {}
                    _ if odd => astray += 1,
                    _ => {
                        odd = true;
                        *count += 1;
                        batch.problems.push(problem(*count, "a document is a JSON object".into()));
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
                    batch.problems.push(problem(*count, format!("the document is longer than {MAX_DOCUMENT} bytes and is passed over")));
                } else {
                    batch.items.push(SourceEvent { position: *count, body: Body::Text(start..batch.bytes.len()), known_by: None });
                }
                ended = true;
                break;
            }
        }
        if let Some(t) = &mut tracker {
            t.feed(&available[..used]);
            if ended {
                let (end, digest) = t.here();
                if let Some(item) = batch.items.last_mut().filter(|_| !too_long) {
                    item.known_by = Some(KnownBy { end, digest });
                }
                t.keep();
            }
        }
        let drained = used == available.len();
        input.consume(used);
        if astray > MAX_DOCUMENT {
            batch.problems.push(problem(*count, format!("is not JSON: {MAX_DOCUMENT} bytes belong to no document; the rest is not read")));
            return false;
        }
        if ended && (batch.bytes.len() >= BATCH_BYTES || (live && drained && !batch.items.is_empty())) {
            return true;
        }
    }
}

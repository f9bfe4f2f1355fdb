//! Where documents come from: NDJSON, JSON (a list, or objects one after the other), EVTX; plain, gzip or zstd; files,
//! folders and standard input. Memory stays bounded whatever a file holds, and what cannot be read is told and passed over.

use super::Shape;
use crate::io::reason;
use serde_json::Value;
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
pub struct Item {
    /// The line it stands on, or which document or record of the file it is, from 1.
    pub position: u64,
    /// What it holds.
    pub body: Body,
}

/// See [`Item`].
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
    pub items: Vec<Item>,
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
pub fn document<'t>(body: &'t Body, bytes: &'t [u8], shape: Shape) -> Cow<'t, [u8]> {
    let shaped = |v: &Value| shape.of_raw(v).map(|d| d.to_string().into_bytes());
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
}

enum Reader {
    Lines { input: Box<dyn BufRead + Send>, line: u64 },
    Objects { input: Box<dyn BufRead + Send>, count: u64, lists: i64 },
    Evtx(Box<Evtx>),
    Done,
}

/// The header of an EVTX file, and each of its chunks.
const HEADER_BYTES: u64 = 4096;
const CHUNK_BYTES: u64 = 65536;

/// Records of EVTX, one chunk of the file after the other.
struct Evtx {
    chunks: evtx::IntoIterChunks<File>,
    settings: std::sync::Arc<evtx::ParserSettings>,
    cut: bool,
    /// How many chunks were read.
    count: u64,
    /// Where a stream was spooled to; it goes with the source.
    _spool: Option<tempfile::NamedTempFile>,
}

impl Source {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// In words.
    pub fn open(path: &Path) -> Result<Self, String> {
        if path.as_os_str() == "-" {
            return Self::from_stream("<stdin>", Box::new(io::stdin()));
        }
        let name = path.display().to_string();
        let io = |e: io::Error| format!("cannot be read: {}", reason(&e));
        let mut file = File::open(path).map_err(io)?;
        if file.metadata().map_err(io)?.is_dir() {
            return Err("is a folder".into());
        }
        let mut magic = [0; 8];
        // A pipe cannot be wound back; it is read as a stream.
        if file.stream_position().is_ok() {
            let n = read_some(&mut file, &mut magic).map_err(io)?;
            file.rewind().map_err(io)?;
            if magic[..n].starts_with(b"ElfFile") {
                return Ok(Self { name, reader: evtx(file, None)? });
            }
        }
        let lines = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        let lines = [".ndjson", ".jsonl", ".log"].iter().any(|e| lines.contains(e));
        Self::text(&name, Box::new(file), lines)
    }

    /// Reads a stream.
    ///
    /// # Errors
    /// In words.
    pub fn from_stream(name: &str, stream: Box<dyn Read + Send>) -> Result<Self, String> {
        Self::text(name, stream, false)
    }

    fn text(name: &str, stream: Box<dyn Read + Send>, lines: bool) -> Result<Self, String> {
        let io = |e: io::Error| format!("cannot be read: {}", reason(&e));
        let mut input: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(1 << 16, stream));
        let head = input.fill_buf().map_err(io)?;
        if head.starts_with(&[0x1f, 0x8b]) {
            input = Box::new(BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(input)));
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            let decoder = ruzstd::decoding::StreamingDecoder::new(input).map_err(|e| format!("is not zstd: {e}"))?;
            input = Box::new(BufReader::with_capacity(1 << 16, decoder));
        }
        // An error here is told when documents are read.
        let head = input.fill_buf().unwrap_or_default();
        if head.starts_with(b"ElfFile") {
            // EVTX is read by places: a stream of it is put into a file first.
            let mut spool = tempfile::NamedTempFile::new().map_err(|e| format!("cannot be kept: {}", reason(&e)))?;
            io::copy(&mut input, &mut spool).and_then(|_| spool.flush()).map_err(|e| format!("cannot be kept: {}", reason(&e)))?;
            let file = spool.reopen().map_err(io)?;
            return Ok(Self { name: name.to_owned(), reader: evtx(file, Some(spool))? });
        }
        let by_line = lines || first_line_is_object(head);
        let reader = if by_line { Reader::Lines { input, line: 0 } } else { Reader::Objects { input, count: 0, lists: 0 } };
        Ok(Self { name: name.to_owned(), reader })
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
            Reader::Lines { input, line } => lines(input, line, batch),
            Reader::Objects { input, count, lists } => objects(input, count, lists, batch),
            Reader::Evtx(e) => e.read(batch),
        };
        for p in &mut batch.problems {
            p.source.clone_from(&self.name);
        }
        if !more {
            self.reader = Reader::Done;
        }
        more || !batch.items.is_empty() || !batch.problems.is_empty()
    }
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

fn lines(input: &mut Box<dyn BufRead + Send>, line: &mut u64, batch: &mut Batch) -> bool {
    let problem = |position: u64, message: String| Problem { source: String::new(), position, message };
    while batch.bytes.len() < BATCH_BYTES {
        let start = batch.bytes.len();
        let mut too_long = false;
        let mut ended = false;
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
            if !too_long {
                batch.bytes.extend_from_slice(&available[..take]);
                if batch.bytes.len() - start > MAX_DOCUMENT {
                    too_long = true;
                    batch.bytes.truncate(start);
                }
            }
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
        if !text.is_empty() {
            let from = text.as_ptr() as usize - batch.bytes.as_ptr() as usize;
            let range = from..from + text.len();
            batch.items.push(Item { position: *line, body: Body::Text(range) });
        }
        if ended {
            return false;
        }
    }
    true
}

/// Objects one after the other, or in a list; `lists` is how many lists are open.
fn objects(input: &mut Box<dyn BufRead + Send>, count: &mut u64, lists: &mut i64, batch: &mut Batch) -> bool {
    let problem = |position: u64, message: String| Problem { source: String::new(), position, message };
    let (mut start, mut depth, mut quoted, mut escaped, mut too_long, mut odd) = (batch.bytes.len(), 0u32, false, false, false, false);
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
            }
            return false;
        }
        let mut used = 0;
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
                    _ if odd => {}
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
                    batch.items.push(Item { position: *count, body: Body::Text(start..batch.bytes.len()) });
                }
                if batch.bytes.len() >= BATCH_BYTES {
                    break;
                }
            }
        }
        input.consume(used);
        if depth == 0 && batch.bytes.len() >= BATCH_BYTES {
            return true;
        }
    }
}

fn evtx(mut file: File, mut spool: Option<tempfile::NamedTempFile>) -> Result<Reader, String> {
    let failed = |e: io::Error| format!("cannot be read: {}", reason(&e));
    let length = file.metadata().map_err(failed)?.len();
    // A file of records is a header and whole chunks.
    let rest = length.saturating_sub(HEADER_BYTES) % CHUNK_BYTES;
    if rest > 0 {
        // What is left of the last chunk is read from a copy that has the room of a whole one.
        let mut copy = tempfile::NamedTempFile::new().map_err(failed)?;
        file.rewind().and_then(|()| io::copy(&mut file, &mut copy)).map_err(failed)?;
        copy.as_file().set_len(length + CHUNK_BYTES - rest).map_err(failed)?;
        file = copy.reopen().map_err(failed)?;
        spool = Some(copy);
    }
    let parser = evtx::EvtxParser::from_read_seek(file).map_err(|e| format!("is not EVTX: {e}"))?;
    let settings = std::sync::Arc::new(evtx::ParserSettings::new().num_threads(1).indent(false));
    Ok(Reader::Evtx(Box::new(Evtx { chunks: parser.into_chunks(), settings, count: 0, cut: rest > 0, _spool: spool })))
}

impl Evtx {
    /// The records of the next chunks.
    fn read(&mut self, batch: &mut Batch) -> bool {
        while batch.items.len() < BATCH_RECORDS {
            let fail = |message: String| Problem { source: String::new(), position: 0, message };
            let Some(chunk) = self.chunks.next() else {
                if self.cut {
                    batch.problems.push(fail("is cut: its last chunk is not whole".into()));
                } else if self.count == 0 {
                    batch.problems.push(fail("has no chunk of records".into()));
                }
                return false;
            };
            self.count += 1;
            let number = self.count;
            let mut data = match chunk {
                Ok(d) => d,
                Err(e) => {
                    batch.problems.push(fail(format!("chunk {number}: {e}")));
                    continue;
                }
            };
            let mut parsed = match data.parse(self.settings.clone()) {
                Ok(c) => c,
                Err(e) => {
                    batch.problems.push(fail(format!("chunk {number}: {e}")));
                    continue;
                }
            };
            for record in parsed.iter() {
                match record.and_then(evtx::EvtxRecord::into_json_value) {
                    Ok(r) => batch.items.push(Item { position: r.event_record_id, body: Body::Record(Box::new(r.data)) }),
                    Err(e) => batch.problems.push(fail(format!("chunk {number}: {e}"))),
                }
            }
        }
        true
    }
}

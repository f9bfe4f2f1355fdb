//! Files and streams of events while they are read.

use super::batch::EventBatch;
use super::error::EventInputError;
use super::evtx::Records;
use super::mark::{MarkUnit, ReadMark, Tracker, beginning};
use super::{evtx, json, ndjson};
use sigmalert_support::read::open_input;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::Path;

/// A file or stream of events.
pub struct EventSource {
    name: String,
    reader: Reader,
    /// The stream may still grow: events are returned as they arrive instead of in full batches.
    live: bool,
    tracker: Option<Tracker>,
}

enum Reader {
    Lines { input: Box<dyn BufRead + Send>, line: u64 },
    Objects { input: Box<dyn BufRead + Send>, count: u64, lists: i64 },
    Evtx(Box<Records>),
    Done,
}

impl EventSource {
    /// Opens a file; `-` is standard input.
    ///
    /// # Errors
    /// If the file cannot be read or is not what its beginning announces.
    pub fn open(path: &Path) -> Result<Self, EventInputError> {
        if path.as_os_str() == "-" {
            return Ok(Self { live: true, ..Self::from_stream("<stdin>", Box::new(io::stdin()))? });
        }
        let file = open_input(path)?;
        Self::of_file(path, file)
    }

    fn of_file(path: &Path, mut file: File) -> Result<Self, EventInputError> {
        let name = path.display().to_string();
        if file.metadata()?.is_dir() {
            return Err(EventInputError::Folder);
        }
        let mut magic = [0; 8];
        // A pipe cannot be rewound and is read as a stream.
        let live = file.stream_position().is_err();
        if !live {
            let n = read_some(&mut file, &mut magic)?;
            file.rewind()?;
            if magic[..n].starts_with(b"ElfFile") {
                return Ok(Self { name, reader: Reader::Evtx(Box::new(Records::open(file, None)?)), live, tracker: None });
            }
        }
        let lines = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        let lines = [".ndjson", ".jsonl", ".log"].iter().any(|e| lines.contains(e));
        Ok(Self { live, ..Self::text(&name, Box::new(file), lines)? })
    }

    /// Opens a file so that its events have keys. Returns the indices of the marks of earlier runs that it begins with, too. The
    /// events of a stream (standard input, a pipe) have no keys, because nobody can seek in it.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn resume(path: &Path, marks: &[ReadMark]) -> Result<(Self, Vec<usize>), EventInputError> {
        if path.as_os_str() == "-" || !path.is_file() {
            return Ok((Self::open(path)?, Vec::new()));
        }
        // Both passes share one handle: the path may lead to another file by then.
        let file = File::open(path)?;
        let mut begins = Vec::new();
        if marks.iter().any(|m| m.unit == MarkUnit::Bytes) {
            let first = file.try_clone()?;
            begins = decompressed(Box::new(first)).and_then(|mut input| Ok(beginning(&mut input, marks)?)).unwrap_or_default();
            (&file).rewind()?;
        }
        let mut source = Self::of_file(path, file)?;
        match &mut source.reader {
            Reader::Evtx(records) => begins = records.track(marks)?,
            _ => source.tracker = Some(Tracker::default()),
        }
        Ok((source, begins))
    }

    /// Returns whether it is a stream, which may still grow.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Returns how far it was read, if it was opened by [`Self::resume`] and is not a stream.
    pub fn mark(&self) -> Option<ReadMark> {
        match &self.reader {
            Reader::Evtx(records) => records.mark(),
            _ => self.tracker.as_ref().and_then(Tracker::mark),
        }
    }

    /// Opens a stream under a display name.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn from_stream(name: &str, stream: Box<dyn Read + Send>) -> Result<Self, EventInputError> {
        Self::text(name, stream, false)
    }

    fn text(name: &str, stream: Box<dyn Read + Send>, lines: bool) -> Result<Self, EventInputError> {
        let mut input = decompressed(stream)?;
        // An error here is reported when events are read.
        let head = input.fill_buf().unwrap_or_default();
        if head.starts_with(b"ElfFile") {
            // Reading EVTX requires seeking, so a stream is spooled to a file.
            let mut spool = tempfile::NamedTempFile::new().map_err(EventInputError::Spool)?;
            io::copy(&mut input, &mut spool).and_then(|_| spool.flush()).map_err(EventInputError::Spool)?;
            let file = spool.reopen()?;
            let reader = Reader::Evtx(Box::new(Records::open(file, Some(spool))?));
            return Ok(Self { name: name.to_owned(), reader, live: false, tracker: None });
        }
        let by_line = lines || first_line_is_object(head);
        let reader = if by_line { Reader::Lines { input, line: 0 } } else { Reader::Objects { input, count: 0, lists: 0 } };
        Ok(Self { name: name.to_owned(), reader, live: false, tracker: None })
    }

    /// Returns the name, as it is displayed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the next events into a batch. Returns false at the end.
    pub fn read(&mut self, batch: &mut EventBatch) -> bool {
        batch.bytes.clear();
        batch.events.clear();
        batch.problems.clear();
        let more = match &mut self.reader {
            Reader::Done => return false,
            Reader::Lines { input, line } => ndjson::read(input, line, self.live, self.tracker.as_mut(), batch),
            Reader::Objects { input, count, lists } => json::read(input, count, lists, self.live, self.tracker.as_mut(), batch),
            Reader::Evtx(r) => evtx::read(r, batch),
        };
        for p in &mut batch.problems {
            p.source.clone_from(&self.name);
        }
        if !more && !matches!(self.reader, Reader::Evtx(_)) {
            self.reader = Reader::Done;
        }
        more || !batch.events.is_empty() || !batch.problems.is_empty()
    }
}

/// Returns a decompressing reader if the stream is gzip or zstd.
fn decompressed(stream: Box<dyn Read + Send>) -> Result<Box<dyn BufRead + Send>, EventInputError> {
    let mut input: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(1 << 16, stream));
    let head = input.fill_buf()?;
    if head.starts_with(&[0x1f, 0x8b]) {
        input = Box::new(BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(input)));
    } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        let decoder = ruzstd::decoding::StreamingDecoder::new(input).map_err(|e| EventInputError::Zstd(e.to_string()))?;
        input = Box::new(BufReader::with_capacity(1 << 16, decoder));
    }
    Ok(input)
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

/// Returns whether the first non-blank line is a whole object, as in NDJSON.
fn first_line_is_object(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let Some(line) = text.split(|b| *b == b'\n').find(|l| !l.trim_ascii().is_empty()) else { return true };
    let line = line.trim_ascii();
    // The first line of a pretty-printed object is short.
    line.starts_with(b"{") && (line.ends_with(b"}") || line.len() > 2000)
}

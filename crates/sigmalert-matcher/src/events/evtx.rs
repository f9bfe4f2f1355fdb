//! Reads EVTX chunk by chunk. Records are read even if the headers hide them, and wrong checksums and headers are reported.

use super::batch::{BATCH_RECORDS, BatchedEvent, EventBatch, EventBody, EventKey, InputProblem};
use super::error::EventInputError;
use super::mark::{Digest, MarkUnit, ReadMark, digest};
use ::evtx::{EvtxChunkData, EvtxParser, IntoIterChunks, ParserSettings};
use serde_json::Value;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// The sizes of the file header, and of a chunk with its header.
const HEADER_BYTES: u64 = 4096;
const CHUNK_BYTES: u64 = 65536;
const CHUNK_HEADER: usize = 512;
const RECORD_HEADER: usize = 24;
const RECORD_MAGIC: &[u8] = b"**\0\0";

/// A record.
pub(super) struct Record {
    pub id: u64,
    pub body: Value,
    /// The digest of the body, if the file is tracked.
    pub digest: Option<Digest>,
}

/// The records of an EVTX file.
pub(super) struct Records {
    chunks: IntoIterChunks<File>,
    file: File,
    settings: Arc<ParserSettings>,
    truncated: bool,
    /// What is wrong with the file header, until it is reported.
    header: Option<String>,
    /// The number of chunks that were read.
    count: u64,
    done: bool,
    tracked: bool,
    /// The last record, if the file is tracked.
    last: Option<ReadMark>,
    /// The file that a stream was spooled to, deleted on drop.
    _spool: Option<tempfile::NamedTempFile>,
}

impl Records {
    pub fn open(mut file: File, mut spool: Option<tempfile::NamedTempFile>) -> Result<Self, EventInputError> {
        let length = file.metadata()?.len();
        // An EVTX file is a header and whole chunks.
        let rest = length.saturating_sub(HEADER_BYTES) % CHUNK_BYTES;
        if rest > 0 {
            // A truncated last chunk is read from a copy that is padded to a whole one.
            let mut copy = tempfile::NamedTempFile::new()?;
            file.rewind().and_then(|()| io::copy(&mut file, &mut copy))?;
            copy.as_file().set_len(length + CHUNK_BYTES - rest)?;
            file = copy.reopen()?;
            spool = Some(copy);
        }
        let own = file.try_clone()?;
        let parser = EvtxParser::from_read_seek(file).map_err(|e| EventInputError::Evtx(e.to_string()))?;
        let header = (!parser.header().validate_checksum())
            .then(|| "the checksum of the file header is wrong: the file was tampered with or is damaged".to_owned());
        let settings = Arc::new(ParserSettings::new().num_threads(1).indent(false));
        Ok(Self {
            chunks: parser.into_chunks(),
            file: own,
            settings,
            truncated: rest > 0,
            header,
            count: 0,
            done: false,
            tracked: false,
            last: None,
            _spool: spool,
        })
    }

    /// Tracks the file: records get digests. Returns the indices of the marks that are records of this file.
    pub fn track(&mut self, marks: &[ReadMark]) -> Result<Vec<usize>, EventInputError> {
        self.tracked = true;
        let mut wanted: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, mark) in marks.iter().enumerate().filter(|(_, m)| m.unit == MarkUnit::Records) {
            wanted.entry(mark.end).or_default().push(at);
        }
        let mut found = Vec::new();
        let mut last: Option<(u64, Digest)> = None;
        self.file.seek(SeekFrom::Start(HEADER_BYTES))?;
        loop {
            let mut chunk = Vec::with_capacity(usize::try_from(CHUNK_BYTES).unwrap_or_default());
            (&mut self.file).take(CHUNK_BYTES).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                break;
            }
            for (id, range) in walk(&chunk) {
                let known = wanted.get(&id);
                if known.is_some() || last.is_none_or(|(l, _)| id > l) {
                    let own = digest(&chunk[range]);
                    found.extend(known.into_iter().flatten().filter(|at| marks[**at].digest == own));
                    if last.is_none_or(|(l, _)| id > l) {
                        last = Some((id, own));
                    }
                }
            }
        }
        // The parser shares the file offset, and seeks before each chunk.
        self.last = last.map(|(end, digest)| ReadMark { unit: MarkUnit::Records, end, digest, head: Digest::default() });
        Ok(found)
    }

    /// Returns the mark of the last record, if the file is tracked.
    pub fn mark(&self) -> Option<ReadMark> {
        self.last.clone()
    }

    /// Reads the records of the next chunk. Returns false at the end.
    pub fn read(&mut self, records: &mut Vec<Record>, report: &mut dyn FnMut(String)) -> bool {
        if self.done {
            return false;
        }
        if let Some(wrong) = self.header.take() {
            report(wrong);
        }
        let Some(chunk) = self.chunks.next() else {
            if self.truncated {
                report("is truncated: its last chunk is incomplete".into());
            } else if self.count == 0 {
                report("contains no chunks".into());
            }
            self.done = true;
            return false;
        };
        self.count += 1;
        let number = self.count;
        let mut data = match chunk {
            Ok(d) => d,
            Err(e) => {
                report(format!("chunk {number}: {e}"));
                return true;
            }
        };
        if let Some(wrong) = recover(&mut data) {
            report(format!("chunk {number}: {wrong}"));
        }
        let mut parsed = match data.parse(Arc::clone(&self.settings)) {
            Ok(c) => c,
            Err(e) => {
                report(format!("chunk {number}: {e}"));
                return true;
            }
        };
        for record in parsed.iter() {
            match record.and_then(::evtx::EvtxRecord::into_json_value) {
                // Records that were written after the scan for marks are left to the next run.
                Ok(r) if self.tracked && self.last.as_ref().is_some_and(|l| r.event_record_id > l.end) => {}
                Ok(r) => {
                    let own = self.tracked.then(|| digest(r.data.to_string().as_bytes()));
                    records.push(Record { id: r.event_record_id, body: r.data, digest: own });
                }
                Err(e) => report(format!("chunk {number}: {e}")),
            }
        }
        true
    }
}

/// Reads the records of the next chunks. Returns false at the end.
pub(super) fn read(records: &mut Records, batch: &mut EventBatch) -> bool {
    let mut found = Vec::new();
    let mut more = true;
    while more && found.len() < BATCH_RECORDS && batch.problems.len() < BATCH_RECORDS {
        let problems = &mut batch.problems;
        more = records.read(&mut found, &mut |message| problems.push(InputProblem::at(0, message)));
    }
    batch.events.extend(found.into_iter().map(|r| BatchedEvent {
        position: r.id,
        body: EventBody::Record(Box::new(r.body)),
        key: r.digest.map(|digest| EventKey { end: r.id, digest }),
    }));
    more
}

/// Returns the id and the length of the record at an offset of a chunk.
fn record_at(chunk: &[u8], at: usize) -> Option<(u64, usize)> {
    let head = chunk.get(at..at + RECORD_HEADER)?;
    if !head.starts_with(RECORD_MAGIC) {
        return None;
    }
    let length = usize::try_from(u32::from_le_bytes(head[4..8].try_into().ok()?)).ok()?;
    let whole = chunk.get(at..at.checked_add(length)?).filter(|_| length > RECORD_HEADER + 4)?;
    // The length is repeated at the end.
    let copy = whole.len().checked_sub(4).and_then(|l| whole.get(l..))?;
    (copy == &head[4..8]).then_some((u64::from_le_bytes(head[8..16].try_into().ok()?), length))
}

/// Returns all records of a chunk with ascending ids, whatever its header says. Anything else is skipped.
fn walk(chunk: &[u8]) -> Vec<(u64, std::ops::Range<usize>)> {
    let mut out: Vec<(u64, std::ops::Range<usize>)> = Vec::new();
    let mut at = CHUNK_HEADER;
    while at < chunk.len() {
        match record_at(chunk, at) {
            Some((id, length)) => {
                if out.last().is_none_or(|(last, _)| id > *last) {
                    out.push((id, at..at + length));
                }
                at += length;
            }
            None => match memchr::memmem::find(&chunk[at + 1..], RECORD_MAGIC) {
                Some(next) => at += 1 + next,
                None => break,
            },
        }
    }
    out
}

/// Extends a chunk to records past the end that its header gives. Returns what is wrong with the chunk.
///
/// Records there may be left over from an earlier use of the chunk. They belong to it if the checksum of the records is correct with
/// them. If it is correct with no end, all with ascending ids belong to it. If all checksums are correct as they are, only records
/// that follow without a gap and with consecutive ids do.
fn recover(data: &mut EvtxChunkData) -> Option<String> {
    let (header, records) = (data.validate_header_checksum(), data.validate_data_checksum());
    let free = usize::try_from(data.header.free_space_offset).unwrap_or(usize::MAX);
    let last_id = data.header.last_event_record_id;
    let all = walk(&data.data);
    // Inside by offset and by id.
    let inside = all.iter().take_while(|(id, range)| range.start < free && *id <= last_id).count();
    let hidden = all.get(inside..).unwrap_or_default();
    let belong = if header && records {
        let mut before = (free, last_id);
        let follows = |(id, range): &&(u64, std::ops::Range<usize>)| {
            let next = range.start == before.0 && *id == before.1.wrapping_add(1);
            before = (range.end, *id);
            next
        };
        hidden.iter().take_while(follows).count()
    } else {
        checksum_end(data, &all).map_or(hidden.len(), |end| hidden.iter().take_while(|(_, range)| range.end <= end).count())
    };
    if let Some((id, range)) = belong.checked_sub(1).and_then(|at| hidden.get(at)) {
        data.header.free_space_offset = u32::try_from(range.end).unwrap_or(u32::MAX);
        data.header.last_event_record_id = *id;
    }
    let wrong = match (header, records) {
        (true, true) if belong == 0 => return None,
        (true, true) => "its header hides records",
        (false, true) => "the checksum of its header is wrong",
        (true, false) => "the checksum of its records is wrong",
        (false, false) => "the checksums of its header and its records are wrong",
    };
    Some(match belong {
        0 => format!("{wrong}: it was tampered with or is damaged; readable records are kept"),
        n => format!("{wrong}: {n} records past the end of the chunk are recovered"),
    })
}

/// Returns the end at which the checksum of a chunk's records is correct.
fn checksum_end(data: &EvtxChunkData, records: &[(u64, std::ops::Range<usize>)]) -> Option<usize> {
    let mut crc = flate2::Crc::new();
    let mut at = CHUNK_HEADER;
    records.iter().map(|(_, range)| range.end).find(|end| {
        crc.update(data.data.get(at..*end).unwrap_or_default());
        at = *end;
        crc.sum() == data.header.events_checksum
    })
}

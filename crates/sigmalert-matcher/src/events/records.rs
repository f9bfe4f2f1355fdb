//! Records of EVTX, one chunk of the file after the other: read whatever the headers say of where records end, and with a word where
//! checksums or headers do not agree with what is there.

use super::track::{Digest, Mark, Unit, digest};
use ::evtx::{EvtxChunkData, EvtxParser, IntoIterChunks, ParserSettings};
use serde_json::Value;
use sigmalert_support::read::reason;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// The header of an EVTX file, and each of its chunks with its own.
const HEADER_BYTES: u64 = 4096;
const CHUNK_BYTES: u64 = 65536;
const CHUNK_HEADER: usize = 512;
const RECORD_HEADER: usize = 24;
const RECORD_MAGIC: &[u8] = b"**\0\0";

/// A record: its id, and what it holds.
pub(super) struct Record {
    pub id: u64,
    pub body: Value,
    /// Of what it holds, where the file is tracked.
    pub digest: Option<Digest>,
}

/// See the module.
pub(super) struct Records {
    chunks: IntoIterChunks<File>,
    file: File,
    settings: Arc<ParserSettings>,
    cut: bool,
    /// What is wrong with the header of the file, until it is told.
    header: Option<String>,
    /// How many chunks were read.
    count: u64,
    done: bool,
    tracked: bool,
    /// The last record, where the file is tracked.
    last: Option<Mark>,
    /// Where a stream was spooled to; it goes with this.
    _spool: Option<tempfile::NamedTempFile>,
}

impl Records {
    pub fn open(mut file: File, mut spool: Option<tempfile::NamedTempFile>) -> Result<Self, String> {
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
        let own = file.try_clone().map_err(failed)?;
        let parser = EvtxParser::from_read_seek(file).map_err(|e| format!("is not EVTX: {e}"))?;
        let header = (!parser.header().validate_checksum())
            .then(|| "the checksum of the file's header is wrong: the header was changed, or the file is damaged".to_owned());
        let settings = Arc::new(ParserSettings::new().num_threads(1).indent(false));
        Ok(Self {
            chunks: parser.into_chunks(),
            file: own,
            settings,
            cut: rest > 0,
            header,
            count: 0,
            done: false,
            tracked: false,
            last: None,
            _spool: spool,
        })
    }

    /// Has records carry what they are known by, and tells which of marks stand for records of this file.
    pub fn track(&mut self, marks: &[Mark]) -> Result<Vec<usize>, String> {
        self.tracked = true;
        let mut wanted: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, mark) in marks.iter().enumerate().filter(|(_, m)| m.unit == Unit::Records) {
            wanted.entry(mark.end).or_default().push(at);
        }
        let mut found = Vec::new();
        let mut last: Option<(u64, Digest)> = None;
        let failed = |e: io::Error| format!("cannot be read: {}", reason(&e));
        self.file.seek(SeekFrom::Start(HEADER_BYTES)).map_err(failed)?;
        loop {
            let mut chunk = Vec::with_capacity(usize::try_from(CHUNK_BYTES).unwrap_or_default());
            (&mut self.file).take(CHUNK_BYTES).read_to_end(&mut chunk).map_err(failed)?;
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
        // The parser shares the place in the file, and seeks before each chunk.
        self.last = last.map(|(end, digest)| Mark { unit: Unit::Records, end, digest, head: Digest::default() });
        Ok(found)
    }

    /// The last record that is read, where the file is tracked.
    pub fn mark(&self) -> Option<Mark> {
        self.last.clone()
    }

    /// The records of the next chunk; nothing where there are no more.
    pub fn read(&mut self, records: &mut Vec<Record>, tell: &mut dyn FnMut(String)) -> bool {
        if self.done {
            return false;
        }
        if let Some(wrong) = self.header.take() {
            tell(wrong);
        }
        let Some(chunk) = self.chunks.next() else {
            if self.cut {
                tell("is cut: its last chunk is not whole".into());
            } else if self.count == 0 {
                tell("has no chunk of records".into());
            }
            self.done = true;
            return false;
        };
        self.count += 1;
        let number = self.count;
        let mut data = match chunk {
            Ok(d) => d,
            Err(e) => {
                tell(format!("chunk {number}: {e}"));
                return true;
            }
        };
        if let Some(wrong) = uncover(&mut data) {
            tell(format!("chunk {number}: {wrong}"));
        }
        let mut parsed = match data.parse(Arc::clone(&self.settings)) {
            Ok(c) => c,
            Err(e) => {
                tell(format!("chunk {number}: {e}"));
                return true;
            }
        };
        for record in parsed.iter() {
            match record.and_then(::evtx::EvtxRecord::into_json_value) {
                // What was written since it was looked through is for the next time.
                Ok(r) if self.tracked && self.last.as_ref().is_some_and(|l| r.event_record_id > l.end) => {}
                Ok(r) => {
                    let own = self.tracked.then(|| digest(r.data.to_string().as_bytes()));
                    records.push(Record { id: r.event_record_id, body: r.data, digest: own });
                }
                Err(e) => tell(format!("chunk {number}: {e}")),
            }
        }
        true
    }
}

/// The record that begins at a place of a chunk: its id, and its length.
fn record_at(chunk: &[u8], at: usize) -> Option<(u64, usize)> {
    let head = chunk.get(at..at + RECORD_HEADER)?;
    if !head.starts_with(RECORD_MAGIC) {
        return None;
    }
    let length = usize::try_from(u32::from_le_bytes(head[4..8].try_into().ok()?)).ok()?;
    let whole = chunk.get(at..at.checked_add(length)?).filter(|_| length > RECORD_HEADER + 4)?;
    // The length stands at the end once more.
    let copy = whole.len().checked_sub(4).and_then(|l| whole.get(l..))?;
    (copy == &head[4..8]).then_some((u64::from_le_bytes(head[8..16].try_into().ok()?), length))
}

/// All records that lie in a chunk with rising ids, whatever its header says; what is no record is passed over.
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

/// Has records read that lie past where a chunk's header says that they end, and tells what is wrong with the chunk.
///
/// What lies there may be left over from an earlier use of the chunk. It belongs to it where the checksum of the records is right with
/// it; where no end is right with the checksum, as far as ids rise; and where all checksums are right as it is, only what follows
/// without a gap under the very next ids.
fn uncover(data: &mut EvtxChunkData) -> Option<String> {
    let (header, records) = (data.validate_header_checksum(), data.validate_data_checksum());
    let free = usize::try_from(data.header.free_space_offset).unwrap_or(usize::MAX);
    let told_last = data.header.last_event_record_id;
    let all = walk(&data.data);
    // By place or by id.
    let inside = all.iter().take_while(|(id, range)| range.start < free && *id <= told_last).count();
    let hidden = all.get(inside..).unwrap_or_default();
    let belong = if header && records {
        let mut before = (free, told_last);
        let follows = |(id, range): &&(u64, std::ops::Range<usize>)| {
            let next = range.start == before.0 && *id == before.1.wrapping_add(1);
            before = (range.end, *id);
            next
        };
        hidden.iter().take_while(follows).count()
    } else {
        whole_at(data, &all).map_or(hidden.len(), |end| hidden.iter().take_while(|(_, range)| range.end <= end).count())
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
        0 => format!("{wrong}: it was changed, or is damaged; what can be read of it is read"),
        n => format!("{wrong}: {n} records lie past the end that it gives, and are read all the same"),
    })
}

/// The end of records with which the checksum of a chunk's records is right.
fn whole_at(data: &EvtxChunkData, records: &[(u64, std::ops::Range<usize>)]) -> Option<usize> {
    let mut crc = flate2::Crc::new();
    let mut at = CHUNK_HEADER;
    records.iter().map(|(_, range)| range.end).find(|end| {
        crc.update(data.data.get(at..*end).unwrap_or_default());
        at = *end;
        crc.sum() == data.header.events_checksum
    })
}

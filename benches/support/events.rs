//! Generates many events from few recordings. Values that differ between events on a real network are varied. In three of four
//! events other words are changed, too, so that they resemble the attack but are benign.

use serde_json::Value;
use sigmalert::events::{EventBatch, EventSchema, EventSource, WindowsEvent, discover};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A pseudo-random generator with a fixed seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn of(&mut self, alphabet: &[u8]) -> char {
        char::from(alphabet[usize::try_from(self.below(alphabet.len() as u64)).unwrap_or(0)])
    }
}

/// Reads the EVTX recordings in a folder as flat objects with Sigma's field names.
pub fn recordings(folder: &Path) -> Vec<Value> {
    let (files, _) = discover(&[folder.to_owned()]);
    let evtx: Vec<PathBuf> = files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "evtx")).collect();
    let mut events = Vec::new();
    for file in evtx {
        let Ok(mut source) = EventSource::open(&file) else { continue };
        let mut batch = EventBatch::default();
        while source.read(&mut batch) {
            for item in &batch.events {
                events.extend(batch.document(item, EventSchema::Sigma).into_value());
            }
            batch = EventBatch::default();
        }
    }
    assert!(events.iter().all(|e| WindowsEvent::from_json(e).is_none() && e.is_object()), "events are flat");
    events
}

/// Writes events as NDJSON, cycling through the recordings with varied values.
pub fn write(recorded: &[Value], number: usize, out: &mut impl Write) -> io::Result<()> {
    let mut chance = Chance(0x5157_u64 << 32 | 0x9e37_79b9);
    for event in recorded.iter().cycle().take(number) {
        let mut event = event.clone();
        let ordinary = chance.below(4) != 0;
        if let Value::Object(fields) = &mut event {
            for (name, value) in fields {
                if let Value::String(text) = value {
                    *text = varied(name, text, ordinary, &mut chance);
                }
            }
        }
        serde_json::to_writer(&mut *out, &event)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn varied(name: &str, text: &str, ordinary: bool, chance: &mut Chance) -> String {
    match name {
        "Channel" | "EventID" | "Provider_Name" | "Level" | "Task" | "Opcode" | "Keywords" => text.to_owned(),
        "Computer" => format!("ws-{:04}.corp.example", chance.below(2000)),
        "Hashes" | "ProcessGuid" | "ParentProcessGuid" | "SourceProcessGuid" | "TargetProcessGuid" | "LogonGuid" => hex(text, chance),
        _ if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() => number(text, chance),
        // Behind the date.
        "UtcTime" | "TimeCreated" if text.len() > 11 && text.is_ascii() => {
            let time = text[11..].chars().map(|c| if c == '5' || c == '3' { chance.of(b"012345") } else { c });
            text[..11].chars().chain(time).collect()
        }
        _ if ordinary => words(text, chance),
        _ => text.to_owned(),
    }
}

fn number(text: &str, chance: &mut Chance) -> String {
    // Small numbers are kinds, not identities.
    if text.len() < 3 { text.to_owned() } else { text.bytes().map(|_| chance.of(b"123456789")).collect() }
}

/// Varies the digits of hashes (after `=`) and ids.
fn hex(text: &str, chance: &mut Chance) -> String {
    let mut inside = !text.contains('=');
    text.chars()
        .map(|c| {
            inside = (inside || c == '=') && c != ',';
            if inside && c.is_ascii_hexdigit() { chance.of(b"0123456789ABCDEF") } else { c }
        })
        .collect()
}

/// Changes letters of a third of the words.
fn words(text: &str, chance: &mut Chance) -> String {
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_alphabetic() {
            word.push(c);
            continue;
        }
        if word.len() > 3 && chance.below(3) == 0 {
            out.extend(word.chars().map(|c| {
                if c.is_ascii_lowercase() { chance.of(b"abcdefghijklmnoprstuvwy") } else { chance.of(b"ABCDEFGHIJKLMNOPRSTUVWY") }
            }));
        } else {
            out.push_str(&word);
        }
        word.clear();
        if c != '\0' {
            out.push(c);
        }
    }
    out
}

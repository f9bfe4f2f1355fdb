//! EVTX whose headers were changed to hide records: all records are read, the change is reported, and the exit status is 1.

use crate::support::cli::Workspace;
use crate::support::corpus;
use std::path::PathBuf;

const RULE: &str = "title: any\nid: 5f0b1f14-8d5a-4e0e-9d0e-111111111111\nlogsource: {product: windows}\n\
    detection: {sel: {EventID|exists: true}, condition: sel}\n";

const HEADER: usize = 4096;
const CHUNK: usize = 65536;

/// Returns the smallest recording, with the number of its events.
fn recording(test: &str) -> Option<(Workspace, Vec<u8>, usize)> {
    let folder = corpus::recordings(test)?;
    let (files, _) = sigmalert::events::discover(&[folder]);
    let records = |bytes: &[u8]| u64::from_le_bytes(bytes[HEADER + 32..HEADER + 40].try_into().unwrap());
    let evtx = files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "evtx"));
    let (_, bytes): (PathBuf, Vec<u8>) =
        evtx.map(|f| (f.clone(), std::fs::read(f).unwrap())).find(|(_, b)| b.len() == HEADER + CHUNK && records(b) >= 3).unwrap();
    let w = Workspace::new();
    w.write("any.yml", RULE);
    w.write("good.evtx", &bytes);
    let good = w.run(&["scan", "good.evtx", "--rules", "any.yml", "--format", "ndjson"]);
    assert_eq!(good.status, 0, "{}", good.stderr);
    let count = good.stdout.lines().count();
    assert!(count >= 3);
    Some((w, bytes, count))
}

/// Sets a number in the chunk header.
fn set(bytes: &mut [u8], at: usize, value: u32) {
    bytes[HEADER + at..HEADER + at + 4].copy_from_slice(&value.to_le_bytes());
}

fn get(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[HEADER + at..HEADER + at + 4].try_into().unwrap())
}

fn crc(parts: &[&[u8]]) -> u32 {
    let mut crc = flate2::Crc::new();
    parts.iter().for_each(|p| crc.update(p));
    crc.sum()
}

/// Returns the offset of the second record.
fn second(bytes: &[u8]) -> u32 {
    512 + u32::from_le_bytes(bytes[HEADER + 516..HEADER + 520].try_into().unwrap())
}

#[test]
fn a_lowered_end_of_records_hides_none() {
    let Some((w, bytes, count)) = recording("a_lowered_end_of_records_hides_none") else { return };
    let check = |name: &str, bytes: &[u8], why: &str| {
        w.write(name, bytes);
        let run = w.run(&["scan", name, "--rules", "any.yml", "--format", "ndjson"]);
        assert_eq!((run.status, run.stdout.lines().count()), (1, count), "{name}: {}", run.stderr);
        assert!(run.stderr.contains(why), "{name}: {}", run.stderr);
    };
    let mut free = bytes.clone();
    set(&mut free, 48, 512);
    check("free.evtx", &free, "checksum");
    let mut some = bytes.clone();
    set(&mut some, 48, second(&bytes));
    check("some.evtx", &some, "checksum");
    // The id of the last record limits them, too.
    let mut id = bytes.clone();
    let first = get(&bytes, 24);
    set(&mut id, 32, first);
    check("id.evtx", &id, "the checksum of its header is wrong");
    // With corrected checksums.
    let mut neat = some;
    set(&mut neat, 32, first);
    let own = crc(&[&neat[HEADER + 512..HEADER + second(&bytes) as usize]]);
    set(&mut neat, 52, own);
    let own = crc(&[&neat[HEADER..HEADER + 120], &neat[HEADER + 128..HEADER + 512]]);
    set(&mut neat, 124, own);
    check("neat.evtx", &neat, "its header hides records");
}

#[test]
fn a_changed_record_is_said() {
    let Some((w, mut bytes, count)) = recording("a_changed_record_is_said") else { return };
    // The time of the first record.
    bytes[HEADER + 512 + 16] ^= 1;
    w.write("a.evtx", &bytes);
    let run = w.run(&["scan", "a.evtx", "--rules", "any.yml", "--format", "ndjson"]);
    assert_eq!((run.status, run.stdout.lines().count()), (1, count), "{}", run.stderr);
    assert!(run.stderr.contains("the checksum of its records is wrong"), "{}", run.stderr);
    bytes[100] ^= 1;
    w.write("a.evtx", &bytes);
    let run = w.run(&["scan", "a.evtx", "--rules", "any.yml", "--format", "ndjson"]);
    assert!(run.status == 1 && run.stderr.contains("the checksum of the file header is wrong"), "{}", run.stderr);
}

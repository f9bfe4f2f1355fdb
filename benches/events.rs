//! Writes NDJSON events for benchmarks from the EVTX recordings in a folder, with Sigma's field names:
//! `cargo bench --bench events -- NUMBER FOLDER FILE`

#[path = "support/events.rs"]
mod events;

use std::fs::File;
use std::io::{BufWriter, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [number, folder, file] = args.as_slice() else {
        // `cargo bench` runs every target.
        println!("events: usage: cargo bench --bench events -- NUMBER FOLDER FILE");
        return Ok(());
    };
    let recorded = events::recordings(folder.as_ref());
    if recorded.is_empty() {
        return Err(format!("no recordings found in {folder}").into());
    }
    let mut out = BufWriter::new(File::create(file)?);
    events::write(&recorded, number.parse()?, &mut out)?;
    out.flush()?;
    println!("{number} events from {} recorded ones written to {file}", recorded.len());
    Ok(())
}

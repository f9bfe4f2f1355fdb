//! Writes events for benches: `cargo bench --bench events -- NUMBER FOLDER FILE`, from the recordings (EVTX) below a
//! folder, one JSON object a line under Sigma's own names.

#[path = "support/events.rs"]
mod events;

use std::fs::File;
use std::io::{BufWriter, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let [number, folder, file] = args.as_slice() else {
        // `cargo bench` runs every target.
        println!("events: name a number, a folder of recordings and a file to write");
        return Ok(());
    };
    let recorded = events::recordings(folder.as_ref());
    if recorded.is_empty() {
        return Err(format!("there are no recordings below {folder}").into());
    }
    let mut out = BufWriter::new(File::create(file)?);
    events::write(&recorded, number.parse()?, &mut out)?;
    out.flush()?;
    println!("{number} events of {} recorded ones in {file}", recorded.len());
    Ok(())
}

//! What the tests of this run skipped, by reason. It tests nothing: it is the end of `cargo test`.

use std::collections::BTreeMap;
use std::path::PathBuf;

fn main() {
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let run = 0;
    let record = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{run}"));
    let Ok(text) = std::fs::read_to_string(&record) else { return };
    _ = std::fs::remove_file(record);
    let mut tests: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in text.lines() {
        if let Some((need, test)) = line.split_once('\t') {
            tests.entry(need).or_default().push(test);
        }
    }
    println!("\nskipped tests, by what they need:");
    for (need, mut tests) in tests {
        tests.sort_unstable();
        tests.dedup();
        println!("  {:>3}  {need}", tests.len());
    }
}

//! Programs that rules name: started without a shell, with bounds on time and output.

use super::guard::programs::Permit;
use sigmalert_support::read::reason;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a program may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub time: Duration,
    pub output: u64,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Its exit code; nothing where a signal ended it.
    pub code: Option<i32>,
    pub output: Vec<u8>,
}

/// Runs a program with what it reads on its standard input, where there is leave to.
///
/// # Errors
/// When it cannot be started, or takes too long. The message says what is wrong.
pub(crate) fn run(_permit: &Permit, args: &[String], input: &[u8], limits: &Limits) -> Result<Ended, String> {
    let [program, rest @ ..] = args else { return Err("no program is named".into()) };
    let mut child = Command::new(program)
        .args(rest)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("{program} cannot be started: {}", reason(&e)))?;
    let (mut stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let input = input.to_vec();
    // It may write before it has read all: both at once, so that neither waits for the other.
    let writer = std::thread::spawn(move || {
        if let Some(s) = &mut stdin {
            // A program that does not read its input closes it.
            let _ = s.write_all(&input);
        }
    });
    let bound = limits.output;
    let reader = std::thread::spawn(move || {
        let mut out = Vec::new();
        if let Some(s) = stdout {
            let _ = s.take(bound).read_to_end(&mut out);
        }
        out
    });
    let deadline = Instant::now() + limits.time;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() >= deadline => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{program} did not end within {} s", limits.time.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(e) => return Err(format!("{program}: {}", reason(&e))),
        }
    };
    let _ = writer.join();
    Ok(Ended { code: status.code(), output: reader.join().unwrap_or_default() })
}

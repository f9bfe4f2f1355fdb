//! Bounded reading, and file system errors as messages.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// An I/O error without the number and the path that Rust and its libraries add.
pub fn reason(e: &io::Error) -> String {
    let text = e.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

/// A path with forward slashes on every system.
pub fn slashed(path: &Path) -> String {
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// With a message that has no path: when it cannot be read, is not a file, is larger, or is not UTF-8.
pub fn read_file(path: &Path, limit: usize) -> Result<String, String> {
    let io = |e: io::Error| format!("cannot be read: {}", reason(&e));
    let meta = std::fs::metadata(path).map_err(io)?;
    if !meta.is_file() {
        return Err("is not a file".into());
    }
    read_text(File::open(path).map_err(io)?, meta.len(), limit)
}

/// Reads a file of at most `limit` bytes, which need not be text.
///
/// # Errors
/// With a message that has no path: when it cannot be read or is larger.
pub fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let io = |e: io::Error| format!("cannot be read: {}", reason(&e));
    let file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    bounded(file, size, limit)
}

/// Bytes of a file of certificates or keys, and of what is as small.
pub const MAX_PEM: u64 = 16 << 20;

fn bounded(from: impl Read, size: u64, limit: u64) -> Result<Vec<u8>, String> {
    let too_large = || format!("has more than {limit} bytes, the most that is read");
    if size > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    from.take(limit + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {}", reason(&e)))?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// How long a pipe is waited for that nobody has opened to write into.
#[cfg(unix)]
const PIPE_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Opens what somebody named as input: a file or a pipe. A named pipe without a writer is not waited for without end, and
/// devices, which may have no end, are refused.
///
/// # Errors
/// When it cannot be opened, or is neither.
pub fn open_input(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::io::IsTerminal;
        use std::os::unix::fs::FileTypeExt;
        let kind = std::fs::metadata(path)?.file_type();
        if kind.is_fifo() {
            let (to, opened) = std::sync::mpsc::sync_channel(1);
            let own = path.to_owned();
            // Opening waits for a writer. The thread ends with the process where none comes.
            std::thread::spawn(move || to.send(File::open(own)));
            return opened.recv_timeout(PIPE_WAIT).unwrap_or_else(|_| {
                let message = format!("no program has opened the pipe to write into it within {} seconds", PIPE_WAIT.as_secs());
                Err(io::Error::new(io::ErrorKind::TimedOut, message))
            });
        }
        if kind.is_char_device() || kind.is_block_device() {
            let null = std::fs::canonicalize(path).is_ok_and(|p| p == Path::new("/dev/null"));
            let file = File::open(path)?;
            return if null || file.is_terminal() {
                Ok(file)
            } else {
                Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device, and neither a file nor a pipe"))
            };
        }
    }
    File::open(path)
}

/// Reads a text of at most `limit` bytes; `size` is what it is believed to have.
///
/// # Errors
/// With a message: when it cannot be read, is larger, or is not UTF-8.
pub fn read_text(from: impl Read, size: u64, limit: usize) -> Result<String, String> {
    let bytes = bounded(from, size, limit as u64)?;
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        format!("is not UTF-8: byte 0x{:02x} on line {line}; save the file as UTF-8", e.as_bytes()[at])
    })
}

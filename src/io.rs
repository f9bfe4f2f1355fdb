//! Bounded reading, and errors of the file system in words.

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
#[cfg(any(feature = "check", feature = "cli", feature = "serve"))]
pub fn slashed(path: &Path) -> String {
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// In words: when it cannot be read, is no file, is larger, or is not UTF-8.
pub fn read_file(path: &Path, limit: usize) -> Result<String, String> {
    let io = |e: io::Error| format!("cannot be read: {}", reason(&e));
    let meta = std::fs::metadata(path).map_err(io)?;
    if !meta.is_file() {
        return Err("is not a file".into());
    }
    read_text(File::open(path).map_err(io)?, meta.len(), limit)
}

/// How long a pipe is waited for that nobody has opened to write into.
#[cfg(all(unix, any(feature = "event", feature = "cli")))]
const PIPE_WAIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Opens what somebody named as input: a file or a pipe. A named pipe without a writer is not waited for without end, and
/// devices, which may have no end, are refused.
///
/// # Errors
/// When it cannot be opened, or is neither.
#[cfg(any(feature = "event", feature = "cli"))]
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
/// In words: when it cannot be read, is larger, or is not UTF-8.
pub fn read_text(from: impl Read, size: u64, limit: usize) -> Result<String, String> {
    let too_large = || format!("has more than {limit} bytes, the most that is read");
    if size > limit as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    from.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {}", reason(&e)))?;
    if bytes.len() > limit {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = e.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
        format!("is not UTF-8: byte 0x{:02x} on line {line}; save the file as UTF-8", e.as_bytes()[at])
    })
}

/// How a file of secrets is opened, or made where there is none: a new one is readable by its owner only.
#[cfg(feature = "runtime")]
pub fn private() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes sure that a file of state is its owner's alone: made so where there is none, and made so again where an earlier
/// version left it readable by others.
///
/// # Errors
/// When it cannot be made, or opened.
#[cfg(feature = "runtime")]
pub fn keep_private(path: &Path) -> io::Result<()> {
    let file = private().read(true).write(true).open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let meta = file.metadata()?;
        // Where it is somebody else's, that is theirs to say.
        if meta.is_file() && meta.permissions().mode() & 0o077 != 0 && file.set_permissions(std::fs::Permissions::from_mode(0o600)).is_ok()
        {
            tracing::info!("{} was readable by others: its mode is 0600 now", path.display());
        }
    }
    drop(file);
    Ok(())
}

/// Writes beside the file and renames: a reader sees the old content or the new, never a part.
///
/// # Errors
/// When the folder cannot be written to, or the disk is full. The old content stays.
#[cfg(any(feature = "cli", feature = "serve"))]
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sigmalert-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: what the umask leaves of rw-rw-rw-. Temporary files are the user's alone otherwise.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    #[cfg(unix)]
    if let Ok(old) = std::fs::metadata(path) {
        std::fs::set_permissions(file.path(), old.permissions())?;
    }
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

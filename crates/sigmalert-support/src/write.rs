//! Writes files atomically, and creates private files.

use std::fs::File;
use std::io;
use std::path::Path;

/// Returns options that open a file of secrets, or create it readable by its owner only.
pub fn private() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Ensures that a state file is private to its owner. Creates it if it does not exist, and corrects the permissions that an earlier
/// version gave it.
///
/// # Errors
/// If the file cannot be created or opened.
pub fn keep_private(path: &Path) -> io::Result<()> {
    let file = private().read(true).write(true).open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let meta = file.metadata()?;
        // The permissions of a file of another owner are left alone.
        if meta.is_file() && meta.permissions().mode() & 0o077 != 0 && file.set_permissions(std::fs::Permissions::from_mode(0o600)).is_ok()
        {
            tracing::info!("{} was readable by others: its mode is 0600 now", path.display());
        }
    }
    drop(file);
    Ok(())
}

/// Replaces a file atomically: a reader sees the old or the new content, never a part of it.
///
/// # Errors
/// If the folder is not writable or the disk is full. The old content is kept then.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    use std::io::Write;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".sigmalert-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The permissions of a regular new file: rw-rw-rw- minus the umask. Temporary files are private.
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

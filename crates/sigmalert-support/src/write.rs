//! Files written whole: private ones, and ones replaced in one step.

use std::fs::File;
use std::io;
use std::path::Path;

/// How a file of secrets is opened, or made where there is none: a new one is readable by its owner only.
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

//! Checks whether a folder is writable: at startup, before a rule is saved, and for `/status`.

use sigmalert_support::read::reason;
use std::io::Write as _;
use std::path::Path;

/// Writes a temporary file to the folder.
///
/// # Errors
/// The reason, naming the folder.
pub(in crate::serve) fn check(folder: &Path) -> Result<(), String> {
    let file = tempfile::Builder::new().prefix(".sigmalert-").suffix(".tmp").tempfile_in(folder);
    // A full disk takes the name and no text.
    let tried = file.and_then(|mut f| f.write_all(b"sigmalert").and_then(|()| f.flush()));
    tried.map_err(|e| {
        // Only the reason: the temporary file's name is of no use.
        let kind = e.raw_os_error().map_or_else(|| reason(&e), |code| reason(&std::io::Error::from_raw_os_error(code)));
        format!("{} is not writable: {kind}", folder.display())
    })
}

//! The files that options name: every one is read through here, by the name of the option.

use super::super::rule::RunRule;
use super::Mode;
use sigmalert_elastalert::options::{Roles, roles};
use sigmalert_support::read::read_file;
use std::path::{Path, PathBuf};

/// Why a file that a client names is not read. It does not say whether it is there.
fn outside(option: &str, assets: Option<&Path>) -> String {
    match assets {
        Some(folder) => format!("`{option}` names a file outside of {}, the only folder that rules may name files of", folder.display()),
        None => format!("`{option}` names a file: rules of this server may name files of a folder that --assets gives, and none is given"),
    }
}

/// Whether a path lies in a folder, links followed. What is not there lies nowhere.
pub(super) fn within(path: &Path, folder: &Path) -> bool {
    match (path.canonicalize(), folder.canonicalize()) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

/// Whether an option is one that names files.
pub(super) fn names_files(option: &str) -> bool {
    roles(option).is_some_and(|r| r.has(Roles::FILE))
}

impl RunRule {
    /// The file of a name in the folder that clients' rules may name files of, where it is there.
    pub fn asset(&self, name: &str) -> Option<PathBuf> {
        let assets = self.guard.assets.as_ref().filter(|_| self.guard.is_on() && Path::new(name).is_relative());
        assets.map(|a| a.join(name)).filter(|p| p.exists())
    }

    /// Where a file is that an option names: in that folder, or else beside the rule, unless the path is absolute.
    pub fn place(&self, name: &str) -> PathBuf {
        self.asset(name).unwrap_or_else(|| self.beside(name))
    }

    /// The same for options whose files are looked for where the program runs before.
    pub fn place_from_here(&self, name: &str) -> PathBuf {
        let here = Path::new(name);
        self.asset(name).unwrap_or_else(|| if here.exists() { here.to_owned() } else { self.beside(name) })
    }

    /// Whether a file may be read for an option.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn admit(&self, option: &str, path: &Path) -> Result<(), String> {
        if !names_files(option) && option != "indexer_connection" {
            return Err(format!("`{option}` is not known to name a file: this is a defect of sigmalert"));
        }
        if self.guard.is_trial() && self.by_clients.contains(option) {
            let assets = self.guard.assets.as_deref();
            if !assets.is_some_and(|a| within(path, a)) {
                return Err(outside(option, assets));
            }
        }
        Ok(())
    }

    /// Reads a file that an option names.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn read(&self, option: &str, path: &Path, limit: usize) -> Result<String, String> {
        self.admit(option, path)?;
        read_file(path, limit).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// The same for what is no text.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn read_bytes(&self, option: &str, path: &Path, limit: u64) -> Result<Vec<u8>, String> {
        self.admit(option, path)?;
        sigmalert_support::read::read_bytes(path, limit).map_err(|e| format!("{} {e}", path.display()))
    }

    /// Where an image of a mail is: in `assets_dir`. Of rules that clients write it may not lead out of there.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn image(&self, assets_dir: Option<String>, name: &str) -> Result<PathBuf, String> {
        let named = assets_dir.map(PathBuf::from).or_else(|| self.guard.assets.clone());
        let folder = named.clone().unwrap_or_else(|| "/tmp".into());
        let path = folder.join(name);
        if self.guard.is_on() && !within(&path, &folder) {
            return Err(outside("email_image_values", named.as_deref()));
        }
        Ok(path)
    }

    /// Whether a list file is left out: where only the form of a rule is looked at, nothing of the machine is.
    pub fn leaves_out(&self, option: &str, path: &Path) -> bool {
        self.guard.mode == Mode::Trial { schema: true } && self.admit(option, path).is_err()
    }
}

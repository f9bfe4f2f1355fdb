//! The options and the loading of rule files that `lint-rules` and `upgrade` share.

use super::ExitStatus;
use sigmalert_convert::batch::{BASE_RULE, Discovered, discover_rule_files};
use sigmalert_elastalert::Audience;
use sigmalert_elastalert::load::{Context, LoadError, Loaded, load, load_config, process_environment};
use sigmalert_elastalert::options::Release;
use sigmalert_sigma::yaml::Value;
use std::path::{Path, PathBuf};

/// The rule files, and the programs that read them.
#[derive(Debug, clap::Args)]
pub struct RuleFiles {
    /// ElastAlert rule files, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// ElastAlert's global configuration, whose options are defaults of every rule
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Release of ElastAlert 2 that reads the files
    #[arg(long, value_name = "2.N", default_value_t = Release::NEWEST)]
    pub elastalert: Release,

    /// Style of the rule files: `praeco` if Praeco opens and saves them
    #[arg(long, value_name = "STYLE", value_parser = super::one_of(super::STYLES), default_value = "elastalert")]
    pub style: sigmalert_convert::Style,
}

impl RuleFiles {
    /// Returns the programs that the files must be valid for.
    pub fn audience(&self) -> Audience {
        Audience { release: self.elastalert, praeco: self.style == sigmalert_convert::Style::Praeco, config: self.config.is_some() }
    }

    /// Reads the global configuration.
    pub fn read_config(&self) -> Result<Vec<(String, Value)>, ExitStatus> {
        match &self.config {
            Some(path) => load_config(path, &process_environment).map_err(|e| ExitStatus::Usage(e.to_string())),
            None => Ok(Vec::new()),
        }
    }

    /// Finds the files.
    ///
    /// # Errors
    /// If there are none.
    pub fn find(&self) -> Result<Discovered, ExitStatus> {
        let found = discover_rule_files(&self.paths);
        if found.sources.is_empty() {
            let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            return Err(ExitStatus::Usage(if errors.is_empty() { "no .yaml or .yml files found".into() } else { errors.join("; ") }));
        }
        Ok(found)
    }

    /// Returns the folder that a file's imports may not leave: the given folder, or the file's own.
    fn root<'p>(&'p self, file: &'p Path) -> Option<&'p Path> {
        let named = self.paths.iter().find(|p| p.is_dir() && file.starts_with(p)).map(PathBuf::as_path);
        named.or_else(|| {
            // A single file may import files of its own folder and of those above, up to Praeco's shared options.
            let mut folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let own = folder;
            while !folder.join(BASE_RULE).is_file() {
                match folder.parent().filter(|p| !p.as_os_str().is_empty()) {
                    Some(up) => folder = up,
                    None => return Some(own),
                }
            }
            Some(folder)
        })
    }

    /// Loads a rule file with its imports.
    pub fn load(&self, file: &Path, config: &[(String, Value)]) -> Result<Loaded, LoadError> {
        load(file, &Context { environment: &process_environment, root: self.root(file), config })
    }
}

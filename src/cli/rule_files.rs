//! The rule files below paths, read as ElastAlert reads them: what `lint-rules` and `upgrade` share.

use super::ExitStatus;
use sigmalert_convert::batch::{BASE_RULE, Discovered, discover_rule_files};
use sigmalert_elastalert::lint::Audience;
use sigmalert_elastalert::load::{Context, LoadError, Loaded, load, load_config, process_environment};
use sigmalert_elastalert::options::Release;
use sigmalert_sigma::yaml::Value;
use std::path::{Path, PathBuf};

/// Which rule files, and for whom.
#[derive(Debug, clap::Args)]
pub struct RuleFiles {
    /// Rule files of ElastAlert, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// ElastAlert's global configuration: its options are defaults of every rule
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// The release of ElastAlert 2 that reads the files
    #[arg(long, value_name = "2.N", default_value_t = Release::NEWEST)]
    pub elastalert: Release,

    /// Whether Praeco's page opens and saves the files, too
    #[arg(long, value_name = "STYLE", value_parser = super::one_of(super::STYLES), default_value = "elastalert")]
    pub style: sigmalert_convert::Style,
}

impl RuleFiles {
    /// For whom the files must be right.
    pub fn audience(&self) -> Audience {
        Audience { release: self.elastalert, praeco: self.style == sigmalert_convert::Style::Praeco, config: self.config.is_some() }
    }

    /// The global configuration.
    pub fn read_config(&self) -> Result<Vec<(String, Value)>, ExitStatus> {
        match &self.config {
            Some(path) => load_config(path, &process_environment).map_err(|e| ExitStatus::Usage(e.to_string())),
            None => Ok(Vec::new()),
        }
    }

    /// The files.
    pub fn find(&self) -> Result<Discovered, ExitStatus> {
        let found = discover_rule_files(&self.paths);
        if found.sources.is_empty() && found.errors.is_empty() {
            return Err(ExitStatus::Usage("there is no .yaml or .yml file in what was given".into()));
        }
        Ok(found)
    }

    /// The folder that a file's imports may not leave: the one that was named, or the file's own.
    fn root<'p>(&'p self, file: &'p Path) -> Option<&'p Path> {
        let named = self.paths.iter().find(|p| p.is_dir() && file.starts_with(p)).map(PathBuf::as_path);
        named.or_else(|| {
            // A single file may import what lies beside it or above, up to Praeco's shared options.
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

    /// Reads one of them with what it imports.
    pub fn load(&self, file: &Path, config: &[(String, Value)]) -> Result<Loaded, LoadError> {
        load(file, &Context { environment: &process_environment, root: self.root(file), config })
    }
}

//! What tests need that a machine may not have. A test that cannot run says so; where the thing is required, it fails.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

/// A service, program or folder that some tests need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Corpus,
    Recordings,
    ElastAlert,
    OpenSearch,
    DataStreams,
    Praeco,
    Browser,
    Axe,
    JavaScript,
    PreCommit,
    Python,
    OpenSsl,
    /// What the system or the user of the tests must allow.
    System(&'static str),
}

impl Need {
    /// Its name in `SIGMALERT_REQUIRE`.
    fn name(self) -> &'static str {
        match self {
            Self::Corpus => "corpus",
            Self::Recordings => "recordings",
            Self::ElastAlert => "elastalert",
            Self::OpenSearch => "opensearch",
            Self::DataStreams => "data-streams",
            Self::Praeco => "praeco",
            Self::Browser => "browser",
            Self::Axe => "axe",
            Self::JavaScript => "javascript",
            Self::PreCommit => "pre-commit",
            Self::Python => "python",
            Self::OpenSsl => "openssl",
            Self::System(_) => "system",
        }
    }

    /// What it is and where it comes from.
    fn text(self) -> &'static str {
        match self {
            Self::Corpus => "the rules of the public Sigma repository (`cargo xtask corpus`, or SIGMA_RULES)",
            Self::Recordings => "recorded attacks (`cargo xtask corpus`, or SIGMA_RECORDINGS)",
            Self::ElastAlert => "ElastAlert 2 (`cargo xtask test` installs it)",
            Self::OpenSearch => "OpenSearch (`cargo xtask test` starts it)",
            Self::DataStreams => "a cluster with data streams",
            Self::Praeco => "Praeco's built page (PRAECO_DIST)",
            Self::Browser => "chromedriver and Chromium",
            Self::Axe => "axe-core (`cargo xtask test` installs it)",
            Self::JavaScript => "the npm packages js-yaml and yaml (`cargo xtask test` installs them)",
            Self::PreCommit => "pre-commit (`cargo xtask test` installs it)",
            Self::Python => "python3",
            Self::OpenSsl => "openssl",
            Self::System(what) => what,
        }
    }

    /// Whether `SIGMALERT_REQUIRE` has it: `all`, or names divided by commas; `-name` takes one out.
    fn is_required(self) -> bool {
        let mut required = false;
        for word in std::env::var("SIGMALERT_REQUIRE").unwrap_or_default().split(',').map(str::trim) {
            match word.strip_prefix('-') {
                Some(name) if name == self.name() => required = false,
                None if word == "all" || word == self.name() => required = true,
                _ => {}
            }
        }
        required
    }
}

/// Notes that a test cannot run.
///
/// # Panics
/// When `SIGMALERT_REQUIRE` has what is missing.
pub fn skip(test: &str, need: Need) {
    assert!(!need.is_required(), "{test} needs {}, which SIGMALERT_REQUIRE says is there", need.text());
    // Not by a macro: the output of tests that pass is not shown.
    _ = writeln!(std::io::stderr(), "skipped: {test} needs {}", need.text());
    let mut line = String::new();
    _ = writeln!(line, "{}\t{test}", need.text());
    if let Ok(mut file) = std::fs::File::options().create(true).append(true).open(record()) {
        _ = file.write_all(line.as_bytes());
    }
}

/// Where the test target of `xtask`, which Cargo runs last, finds what was skipped.
fn record() -> PathBuf {
    #[cfg(unix)]
    let run = std::os::unix::process::parent_id();
    #[cfg(not(unix))]
    let run = 0;
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("skipped-{run}"))
}

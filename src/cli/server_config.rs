//! elastalert-server's `config.json`: where it listens, its folders, and the cluster where no ElastAlert configuration is beside it.

use super::ExitStatus;
use sigmalert_runtime::Config;
use sigmalert_sigma::yaml::{Limits, Node, Value, parse_all};
use sigmalert_support::read::read_file;
use std::path::{Path, PathBuf};

/// Its options of the cluster, by ElastAlert's names.
const CLUSTER: [(&str, &str); 9] = [
    ("es_host", "es_host"),
    ("es_port", "es_port"),
    ("es_username", "es_username"),
    ("es_password", "es_password"),
    ("es_ssl", "use_ssl"),
    ("ea_verify_certs", "verify_certs"),
    ("es_ca_certs", "ca_certs"),
    ("es_client_cert", "client_cert"),
    ("es_client_key", "client_key"),
];
/// What has no meaning here.
const UNUSED: [&str; 6] = ["start", "end", "debug", "es_debug", "verbose", "prometheus_port"];

/// What it says that matters here.
#[derive(Default)]
pub(super) struct ServerConfig {
    pub port: Option<u16>,
    pub ws_port: Option<u16>,
    pub rules: Option<PathBuf>,
    pub templates: Option<PathBuf>,
    /// Selector ElastAlert's `config.yaml` in its folder, or made of what is here.
    pub config: Option<Config>,
}

impl ServerConfig {
    /// Reads one. `with_cluster` says whether its cluster is wanted.
    pub fn read(path: &Path, with_cluster: bool) -> Result<Self, ExitStatus> {
        let usage = |m: String| ExitStatus::Usage(format!("{}: {m}", path.display()));
        let text = read_file(path, 1 << 20).map_err(usage)?;
        // JSON is YAML.
        let nodes = parse_all(&text, &Limits::default()).map_err(|e| usage(format!("{}: {e}", e.pos)))?;
        let Some(node) = nodes.first() else { return Err(usage("is empty".into())) };
        if node.as_map().is_none() {
            return Err(usage(format!("{}: holds {}, not an object", node.pos, node.describe())));
        }
        let port = |key: &str| match node.get(key) {
            None => Ok(None),
            Some(n) => {
                let port = n.text().and_then(|t| t.parse::<u16>().ok()).filter(|p| *p > 0);
                port.map(Some).ok_or_else(|| usage(format!("{}: `{key}` is no port", n.pos)))
            }
        };
        let text_of = |n: &Node<'_>, key: &str| {
            n.text().map(str::to_owned).ok_or_else(|| usage(format!("{}: `{key}` is {}, not a text", n.pos, n.describe())))
        };
        let home = node
            .get("elastalertPath")
            .map(|n| text_of(n, "elastalertPath"))
            .transpose()?
            .map_or_else(|| PathBuf::from("/opt/elastalert"), PathBuf::from);
        let folder = |key: &str, default: &str| -> Result<PathBuf, ExitStatus> {
            let Some(n) = node.get(key) else { return Ok(home.join(default)) };
            let name = n.get("path").ok_or_else(|| usage(format!("{}: `{key}` has no `path`", n.pos)))?;
            let name = text_of(name, "path")?;
            let relative = n.get("relative").and_then(|r| r.text()) != Some("false");
            Ok(if relative { home.join(name.trim_start_matches('/')) } else { PathBuf::from(name) })
        };
        let unused: Vec<&str> =
            UNUSED.into_iter().filter(|k| node.get(k).is_some_and(|n| !matches!(n.text(), Some("false" | "0" | "" | "null")))).collect();
        if !unused.is_empty() {
            tracing::warn!("{}: {} not used", path.display(), unused.join(", "));
        }
        let config = if with_cluster { cluster(node, &home).map_err(usage)? } else { None };
        Ok(Self {
            port: port("port")?,
            ws_port: port("wsport")?,
            rules: Some(folder("rulesPath", "rules")?),
            templates: Some(folder("templatesPath", "rule_templates")?),
            config,
        })
    }
}

/// ElastAlert's configuration in its folder; else one made of what is here.
fn cluster(node: &Node<'_>, home: &Path) -> Result<Option<Config>, String> {
    let own = home.join("config.yaml");
    if own.is_file() {
        return Config::load(&own).map(Some).map_err(|e| e.to_string());
    }
    if node.get("es_host").is_none() {
        return Ok(None);
    }
    let span = |n: i128| Value::Map(vec![("minutes".to_owned(), Value::Int(n))]);
    let mut entries = vec![("run_every".to_owned(), span(1)), ("buffer_time".to_owned(), span(15))];
    for (theirs, ours) in CLUSTER {
        // Empty is left out, as it is there.
        if let Some(value) = node.get(theirs).map(Node::to_value).filter(|v| v.as_str() != Some("") && !matches!(v, Value::Null)) {
            entries.push((ours.to_owned(), value));
        }
    }
    let index = node.get("writeback_index").map_or_else(|| "elastalert_status".into(), Node::to_value);
    entries.push(("writeback_index".to_owned(), index));
    if node.get("es_port").is_none() {
        entries.push(("es_port".to_owned(), Value::Int(9200)));
    }
    Config::of(entries).map(Some).map_err(|e| e.to_string())
}

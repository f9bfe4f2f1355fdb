//! The hosts that rules may reach.

use super::{Guard, Mode};
use serde_json::Value;
use sigmalert_query::schema::glob;
use std::str::FromStr;

/// A host, or a pattern of hosts, with a port or without: `hooks.slack.com`, `*.example.com`, `10.0.0.*:8080`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    host: String,
    port: Option<u16>,
}

/// A host that is connected to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host {
    pub name: String,
    pub port: Option<u16>,
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.port {
            Some(p) => write!(f, "{}:{p}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

fn plain(name: &str) -> String {
    name.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase()
}

impl Host {
    pub fn new(name: &str, port: Option<u16>) -> Self {
        Self { name: plain(name), port }
    }

    /// The host of an address, read as the HTTP client reads it; of a text without a scheme the name before a port or a path.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let (uri, bare) = if text.contains("://") { (text.to_owned(), false) } else { (format!("http://{text}"), true) };
        let uri: ureq::http::Uri = match uri.parse() {
            Ok(u) => u,
            // An IPv6 address without brackets.
            Err(_) if bare && text.parse::<std::net::Ipv6Addr>().is_ok() => return Some(Self::new(text, None)),
            Err(_) => return None,
        };
        let standard = match uri.scheme_str() {
            _ if bare => None,
            Some("https") => Some(443),
            _ => Some(80),
        };
        let port = uri.port_u16().or(standard);
        uri.host().filter(|h| !h.is_empty()).map(|h| Self::new(h, port))
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a host pattern: write hooks.slack.com, *.example.com or 10.0.0.5:8080");
        let text = text.trim();
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port.parse().map_err(|_| bad())?)),
            _ => (text, None),
        };
        if host.is_empty() || host.contains(['/', '@', ' ', '?', '#']) {
            return Err(bad());
        }
        Ok(Self { host: plain(host), port })
    }
}

impl Pattern {
    fn covers(&self, host: &Host) -> bool {
        self.port.is_none_or(|p| host.port == Some(p)) && glob(&self.host, &host.name)
    }
}

/// The hosts that the value of an option names. Ports and switches name none.
pub(super) fn named(value: &Value, out: &mut Vec<Host>) {
    match value {
        Value::String(s) => out.extend(Host::of(s).filter(|h| h.name.parse::<u16>().is_err())),
        Value::Array(items) => items.iter().for_each(|i| named(i, out)),
        // A connection as a mapping: only what names its host.
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::Object(proxies) if key.ends_with("proxies") => proxies.values().for_each(|p| named(p, out)),
                    v if key.ends_with("host") || key.ends_with("hosts") => named(v, out),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

impl Guard {
    /// Whether a host is one that the operator named. Where none is named, saved rules may reach any, and trials none.
    pub fn allows(&self, host: &Host) -> bool {
        match self.mode {
            Mode::Open => true,
            Mode::Served => self.hosts.is_empty() || self.hosts.iter().any(|p| p.covers(host)),
            Mode::Trial { .. } => self.hosts.iter().any(|p| p.covers(host)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_whole_hosts() {
        let covers = |pattern: &str, url: &str| pattern.parse::<Pattern>().unwrap().covers(&Host::of(url).unwrap());
        for (pattern, url) in [
            ("hooks.slack.com", "https://hooks.slack.com/services/x"),
            ("HOOKS.slack.com", "https://user:pass@hooks.Slack.com./x"),
            ("*.example.com", "http://a.b.example.com:8080"),
            ("*", "http://anything"),
            ("10.0.0.*:8080", "http://10.0.0.7:8080/x"),
            ("hooks.slack.com:443", "https://hooks.slack.com"),
            ("[::1]", "http://[::1]:9200"),
        ] {
            assert!(covers(pattern, url), "{pattern} {url}");
        }
        for (pattern, url) in [
            ("hooks.slack.com", "https://hooks.slack.com.evil.example"),
            ("hooks.slack.com", "https://hooks.slack.com@evil.example"),
            ("hooks.slack.com", "http://evil.example/hooks.slack.com"),
            ("hooks.slack.com", "http://evil.example#@hooks.slack.com"),
            ("*.example.com", "http://example.com"),
            ("*.example.com", "http://evil.example.com.org"),
            ("hooks.slack.com:443", "http://hooks.slack.com"),
            ("10.0.0.5:8080", "http://10.0.0.5:9200"),
        ] {
            assert!(!covers(pattern, url), "{pattern} {url}");
        }
        for bad in ["", "http://a", "a:b", "a/b", "a b"] {
            assert!(bad.parse::<Pattern>().is_err(), "{bad}");
        }
    }
}

//! Roles, and the table of every API path with its methods and the role each requires. Paths not in the table are rejected.

use crate::serve::error::{ApiError, not_allowed, not_found};
use axum::http::{Method, StatusCode};

/// A user's role; each includes the permissions of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads rules, events and alerts.
    Viewer,
    /// Saves, tests and silences rules.
    Editor,
    /// Starts and stops the rules, and deletes folders.
    Admin,
}

impl Role {
    /// Parses a role as written in the users file.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Viewer, Self::Editor, Self::Admin].into_iter().find(|r| r.word() == word)
    }

    /// Returns the role's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }
}

/// The client that sent a request.
#[derive(Debug, Clone)]
pub(in crate::serve) struct Actor {
    pub peer: String,
    pub user: String,
    pub role: Role,
}

impl Actor {
    /// A client that was not let in.
    pub fn nobody(user: String, peer: String) -> Self {
        Self { peer, user, role: Role::Viewer }
    }
}

/// A path of the API, with the role that each method requires.
pub(in crate::serve) struct Route {
    /// `{name}` is one segment, `{*path}` all that follow.
    pub path: &'static str,
    pub methods: &'static [(&'static str, Role)],
    pub summary: &'static str,
}

const READ: &[(&str, Role)] = &[("GET", Role::Viewer)];
const ENTRY: &[(&str, Role)] = &[("GET", Role::Viewer), ("POST", Role::Editor), ("DELETE", Role::Editor)];

/// Every path of the API.
pub(in crate::serve) const ROUTES: &[Route] = &[
    Route { path: "/", methods: READ, summary: "Name and version of the server; user and role of the client" },
    Route { path: "/status", methods: READ, summary: "Whether the rules run" },
    Route {
        path: "/status/control/{action}",
        methods: &[("GET", Role::Admin), ("POST", Role::Admin)],
        summary: "Starts or stops the rules that run in this process (GET works for clients other than browsers)",
    },
    Route {
        path: "/status/errors",
        methods: READ,
        summary: "Rules that failed their test, warnings and lint errors, newest first; shows why Praeco could not save a rule",
    },
    Route {
        path: "/status/overview",
        methods: READ,
        summary: "Rules with their last runs, unsent alerts, errors, instances and failed logins",
    },
    Route { path: "/config", methods: READ, summary: "Run interval and buffer time" },
    Route { path: "/rules", methods: READ, summary: "Lists the rules" },
    Route { path: "/rules/{*path}", methods: ENTRY, summary: "Reads, saves or deletes a rule" },
    Route { path: "/templates", methods: READ, summary: "Lists the templates" },
    Route { path: "/templates/{*path}", methods: ENTRY, summary: "Reads, saves or deletes a template" },
    Route {
        path: "/folders/{*path}",
        methods: &[("PUT", Role::Editor), ("DELETE", Role::Admin)],
        summary: "Creates a folder of rules or templates, or deletes it with its contents",
    },
    Route { path: "/silence/{*path}", methods: &[("POST", Role::Editor)], summary: "Silences a rule" },
    Route { path: "/indices", methods: READ, summary: "Lists the indices" },
    Route { path: "/mapping/{index}", methods: READ, summary: "Returns the fields of an index" },
    Route { path: "/search/{index}", methods: &[("POST", Role::Viewer)], summary: "Searches an index" },
    Route { path: "/metadata/{kind}", methods: READ, summary: "Lists alerts, runs, silences or errors" },
    Route { path: "/test", methods: &[("POST", Role::Editor)], summary: "Tests a rule; also available over a websocket" },
    Route {
        path: "/download",
        methods: &[("GET", Role::Viewer), ("POST", Role::Viewer)],
        summary: "Downloads all rules or templates as a .tar.gz archive",
    },
    Route {
        path: "/sigma/convert",
        // Writing requires more: see `Actor::must_be`.
        methods: &[("POST", Role::Viewer)],
        summary: "Converts Sigma rules to rule files that Praeco opens; editors may write them to a folder (`dryRun: false`)",
    },
    Route { path: "/openapi.json", methods: READ, summary: "Returns this OpenAPI description" },
];

impl Route {
    fn is_of(&self, segments: &[&str]) -> bool {
        let mut rest = segments.iter();
        for part in self.path.split('/').filter(|p| !p.is_empty()) {
            if part.starts_with("{*") {
                return true;
            }
            match rest.next() {
                Some(segment) if part.starts_with('{') || part == *segment => {}
                _ => return false,
            }
        }
        rest.next().is_none()
    }
}

/// Returns the role that a request requires.
///
/// # Errors
/// 404 if the path does not exist, 405 if it does not support the method.
fn required(method: &Method, segments: &[&str]) -> Result<Role, ApiError> {
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let mut routes = ROUTES.iter().filter(|r| r.is_of(segments)).peekable();
    if routes.peek().is_none() {
        return Err(not_found());
    }
    let role = routes.flat_map(|r| r.methods).find(|(m, _)| *m == method);
    role.map(|(_, r)| *r).ok_or_else(not_allowed)
}

/// Checks that the client's role permits a request.
///
/// # Errors
/// 403 if it does not; 404 and 405 for unknown paths and methods.
pub(in crate::serve) fn permit(actor: &Actor, method: &Method, segments: &[&str]) -> Result<(), ApiError> {
    let path = segments.first().copied().unwrap_or_default();
    let what = match (method.as_str(), path) {
        ("DELETE", "folders") => "deleting a folder",
        ("DELETE", _) => "deleting a rule",
        (_, "rules" | "templates" | "folders") => "saving",
        (_, "silence") => "silencing a rule",
        (_, "test") => "testing a rule",
        (_, "status") => "starting or stopping rules",
        _ => "this",
    };
    actor.must_be(required(method, segments)?, what)
}

impl Actor {
    /// Checks that the client has at least a role.
    ///
    /// # Errors
    /// 403, naming both roles.
    pub fn must_be(&self, role: Role, what: &str) -> Result<(), ApiError> {
        if self.role >= role {
            return Ok(());
        }
        let message = format!("the user `{}` is a {}; {what} requires the role {}", self.user, self.role.word(), role.word());
        Err(ApiError::new(StatusCode::FORBIDDEN, "roleRefused", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_is_not_answered() {
        let of = |method: &str, path: &str| {
            let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
            required(&method.parse().unwrap(), &segments).map_err(|e| e.status.as_u16())
        };
        assert_eq!(of("GET", "/rules"), Ok(Role::Viewer));
        assert_eq!(of("HEAD", "/rules/a/b"), Ok(Role::Viewer));
        assert_eq!(of("POST", "/rules/a/b"), Ok(Role::Editor));
        assert_eq!(of("DELETE", "/folders/rules/a"), Ok(Role::Admin));
        assert_eq!(of("GET", "/status/control/stop"), Ok(Role::Admin));
        assert_eq!(of("PATCH", "/rules/a"), Err(405));
        assert_eq!(of("GET", "/mapping/a/b"), Err(404));
        assert_eq!(of("GET", "/status/other"), Err(404));
        assert_eq!(of("GET", "/new"), Err(404));
        assert!(Role::Viewer < Role::Editor && Role::Editor < Role::Admin);
    }
}

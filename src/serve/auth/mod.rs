//! Authentication and authorization: logins, users, roles, login limits and the audit log.

pub(super) mod admission;
pub(super) mod audit;
pub(super) mod login;
pub(super) mod login_limits;
pub(super) mod role;
pub(super) mod users;

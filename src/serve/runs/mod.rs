//! Rules that run in this process, their status, and rule tests.

pub(super) mod overview;
pub(super) mod overview_cache;
pub(super) mod rule_test;
pub(super) mod runner_control;

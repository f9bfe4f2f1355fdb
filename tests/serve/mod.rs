//! The API, its limits and its pages.

pub mod api;
pub mod events;
pub mod index_allowlist;
pub mod load;
pub mod logins;
pub mod pages;
pub mod praeco_page;
pub mod roles;
pub mod rule_tests;
pub mod security;
pub mod warnings;

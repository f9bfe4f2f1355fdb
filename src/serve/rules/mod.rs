//! Rules and templates as files: storing, vetting, converting, and preserving options that Praeco would drop.

pub(super) mod convert;
pub(super) mod copy_source;
pub(super) mod endpoints;
pub(super) mod folder_check;
pub(super) mod paths;
pub(super) mod praeco_form;
pub(super) mod preserve;
pub(super) mod rule_file;
pub(super) mod rule_names;
pub(super) mod store;
pub(super) mod unfilled_fields;
pub(super) mod vetting;

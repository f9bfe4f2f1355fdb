//! The file and the shape of its keys: `SG0`.

pub(crate) mod blank_lines;
pub(crate) mod byte_order_mark;
pub(crate) mod empty_file;
pub(crate) mod indentation;
pub(crate) mod invalid_attribute;
pub(crate) mod key_case;
pub(crate) mod key_order;
pub(crate) mod key_type;
pub(crate) mod line_endings;
pub(crate) mod no_newline_at_end;
pub(crate) mod not_a_rule;
pub(crate) mod not_yaml;
pub(crate) mod trailing_space;
pub(crate) mod unknown_key;
pub(crate) mod unreadable;
pub(crate) mod unused_ignore;

use crate::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 16] = [
    &not_yaml::LINT,
    &unreadable::LINT,
    &not_a_rule::LINT,
    &invalid_attribute::LINT,
    &empty_file::LINT,
    &unused_ignore::LINT,
    &unknown_key::LINT,
    &key_case::LINT,
    &key_type::LINT,
    &trailing_space::LINT,
    &no_newline_at_end::LINT,
    &blank_lines::LINT,
    &line_endings::LINT,
    &byte_order_mark::LINT,
    &indentation::LINT,
    &key_order::LINT,
];

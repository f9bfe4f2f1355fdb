//! The file and the shape of its keys: `SG0`.

pub(in crate::check) mod attribute_unfit;
pub(in crate::check) mod blank_lines;
pub(in crate::check) mod byte_order_mark;
pub(in crate::check) mod empty_file;
pub(in crate::check) mod indentation;
pub(in crate::check) mod key_case;
pub(in crate::check) mod key_order;
pub(in crate::check) mod key_shape;
pub(in crate::check) mod line_endings;
pub(in crate::check) mod no_newline_at_end;
pub(in crate::check) mod not_a_rule;
pub(in crate::check) mod not_yaml;
pub(in crate::check) mod trailing_space;
pub(in crate::check) mod unknown_key;
pub(in crate::check) mod unreadable;
pub(in crate::check) mod unused_ignore;

use crate::check::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 16] = [
    &not_yaml::LINT,
    &unreadable::LINT,
    &not_a_rule::LINT,
    &attribute_unfit::LINT,
    &empty_file::LINT,
    &unused_ignore::LINT,
    &unknown_key::LINT,
    &key_case::LINT,
    &key_shape::LINT,
    &trailing_space::LINT,
    &no_newline_at_end::LINT,
    &blank_lines::LINT,
    &line_endings::LINT,
    &byte_order_mark::LINT,
    &indentation::LINT,
    &key_order::LINT,
];

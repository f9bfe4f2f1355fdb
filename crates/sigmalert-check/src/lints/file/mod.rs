//! Files and the types of their keys: `SG0`.

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

use crate::entry::Entry;

/// In the order of their codes.
pub(super) static ALL: [Entry; 16] = [
    not_yaml::ENTRY,
    unreadable::ENTRY,
    not_a_rule::ENTRY,
    invalid_attribute::ENTRY,
    empty_file::ENTRY,
    unused_ignore::ENTRY,
    unknown_key::ENTRY,
    key_case::ENTRY,
    key_type::ENTRY,
    trailing_space::ENTRY,
    no_newline_at_end::ENTRY,
    blank_lines::ENTRY,
    line_endings::ENTRY,
    byte_order_mark::ENTRY,
    indentation::ENTRY,
    key_order::ENTRY,
];

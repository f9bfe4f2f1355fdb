//! Correlations and filters: `SG7`.

pub(in crate::check) mod alias_of_no_rule;
pub(in crate::check) mod filter_unfit;
pub(in crate::check) mod filter_with_level;
pub(in crate::check) mod group_by_missing;
pub(in crate::check) mod rules_repeated;
pub(in crate::check) mod unfit;

use crate::check::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 6] =
    [&unfit::LINT, &filter_unfit::LINT, &group_by_missing::LINT, &rules_repeated::LINT, &alias_of_no_rule::LINT, &filter_with_level::LINT];

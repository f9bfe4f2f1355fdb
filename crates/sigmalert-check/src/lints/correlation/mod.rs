//! Correlations and filters: `SG7`.

pub(crate) mod alias_of_no_rule;
pub(crate) mod filter_unfit;
pub(crate) mod filter_with_level;
pub(crate) mod group_by_missing;
pub(crate) mod rules_repeated;
pub(crate) mod unfit;

use crate::lint::Lint;

/// In the order of their codes.
pub(super) static ALL: [&Lint; 6] =
    [&unfit::LINT, &filter_unfit::LINT, &group_by_missing::LINT, &rules_repeated::LINT, &alias_of_no_rule::LINT, &filter_with_level::LINT];

//! The query types of Query DSL and what each takes: of `OpenSearch` 2 and 3 and of Elasticsearch 7 and 8 together.

/// What the body of a query is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Options, these or no others.
    Options(&'static [&'static str]),
    /// One field, with its value or with options; the first of them is the value, which must be there.
    Field { options: &'static [&'static str], short: bool },
    /// `range`: one field with options.
    Range(&'static [&'static str]),
    /// `terms`: one field with a list.
    Terms,
    /// `bool`
    Bool,
    /// Something in braces that is not looked into, but for the queries under these keys.
    Other(&'static [&'static str]),
}

/// Every query takes these.
pub(super) const COMMON: [&str; 2] = ["boost", "_name"];

use Body::{Bool, Field, Options, Other, Range, Terms};

/// The query types by name.
pub(super) const KINDS: &[(&str, Body)] = &[
    ("agentic", Other(&[])),
    ("bool", Bool),
    ("boosting", Options(&["positive", "negative", "negative_boost"])),
    ("combined_fields", Other(&[])),
    ("common", Other(&[])),
    ("constant_score", Options(&["filter"])),
    ("dis_max", Options(&["queries", "tie_breaker"])),
    ("distance_feature", Other(&[])),
    ("exists", Options(&["field"])),
    ("field_masking_span", Other(&[])),
    ("function_score", Other(&["query"])),
    (
        "fuzzy",
        Field { options: &["value", "term", "fuzziness", "prefix_length", "max_expansions", "transpositions", "rewrite"], short: true },
    ),
    ("geo_bounding_box", Other(&[])),
    ("geo_distance", Other(&[])),
    ("geo_grid", Other(&[])),
    ("geo_polygon", Other(&[])),
    ("geo_shape", Other(&[])),
    ("has_child", Other(&["query"])),
    ("has_parent", Other(&["query"])),
    ("hybrid", Other(&[])),
    ("ids", Options(&["values", "type"])),
    ("intervals", Other(&[])),
    ("knn", Other(&[])),
    (
        "match",
        Field {
            options: &[
                "query",
                "operator",
                "analyzer",
                "prefix_length",
                "max_expansions",
                "fuzziness",
                "fuzzy_rewrite",
                "minimum_should_match",
                "fuzzy_transpositions",
                "lenient",
                "zero_terms_query",
                "auto_generate_synonyms_phrase_query",
                "cutoff_frequency",
            ],
            short: true,
        },
    ),
    ("match_all", Options(&[])),
    (
        "match_bool_prefix",
        Field {
            options: &[
                "query",
                "analyzer",
                "operator",
                "minimum_should_match",
                "fuzziness",
                "prefix_length",
                "max_expansions",
                "fuzzy_transpositions",
                "fuzzy_rewrite",
            ],
            short: true,
        },
    ),
    ("match_none", Options(&[])),
    ("match_phrase", Field { options: &["query", "analyzer", "slop", "zero_terms_query"], short: true }),
    ("match_phrase_prefix", Field { options: &["query", "analyzer", "slop", "max_expansions", "zero_terms_query"], short: true }),
    ("more_like_this", Other(&[])),
    (
        "multi_match",
        Options(&[
            "query",
            "fields",
            "type",
            "analyzer",
            "slop",
            "fuzziness",
            "prefix_length",
            "max_expansions",
            "operator",
            "minimum_should_match",
            "fuzzy_rewrite",
            "tie_breaker",
            "cutoff_frequency",
            "lenient",
            "zero_terms_query",
            "auto_generate_synonyms_phrase_query",
            "fuzzy_transpositions",
        ]),
    ),
    ("nested", Other(&["query"])),
    ("neural", Other(&[])),
    ("neural_sparse", Other(&[])),
    ("parent_id", Other(&[])),
    ("percolate", Other(&[])),
    ("pinned", Other(&["organic"])),
    ("prefix", Field { options: &["value", "rewrite", "case_insensitive"], short: true }),
    (
        "query_string",
        Options(&[
            "query",
            "fields",
            "default_operator",
            "default_field",
            "quote_analyzer",
            "analyzer",
            "allow_leading_wildcard",
            "max_determinized_states",
            "enable_position_increments",
            "escape",
            "fuzzy_prefix_length",
            "fuzzy_max_expansions",
            "fuzzy_rewrite",
            "phrase_slop",
            "tie_breaker",
            "analyze_wildcard",
            "rewrite",
            "minimum_should_match",
            "quote_field_suffix",
            "lenient",
            "time_zone",
            "type",
            "fuzziness",
            "auto_generate_synonyms_phrase_query",
            "fuzzy_transpositions",
        ]),
    ),
    (
        "range",
        Range(&[
            "gt",
            "gte",
            "lt",
            "lte",
            "from",
            "to",
            "include_lower",
            "include_upper",
            "format",
            "time_zone",
            "relation",
            "boost",
            "_name",
        ]),
    ),
    ("rank_feature", Other(&[])),
    (
        "regexp",
        Field { options: &["value", "flags", "flags_value", "max_determinized_states", "rewrite", "case_insensitive"], short: true },
    ),
    ("rule", Other(&["organic"])),
    ("rule_query", Other(&["organic"])),
    ("script", Options(&["script"])),
    ("script_score", Other(&["query"])),
    ("semantic", Other(&[])),
    ("shape", Other(&[])),
    (
        "simple_query_string",
        Options(&[
            "query",
            "fields",
            "default_operator",
            "analyzer",
            "flags",
            "lenient",
            "analyze_wildcard",
            "quote_field_suffix",
            "minimum_should_match",
            "auto_generate_synonyms_phrase_query",
            "fuzzy_prefix_length",
            "fuzzy_max_expansions",
            "fuzzy_transpositions",
        ]),
    ),
    ("span_containing", Other(&[])),
    ("span_first", Other(&[])),
    ("span_gap", Other(&[])),
    ("span_multi", Other(&[])),
    ("span_near", Other(&[])),
    ("span_not", Other(&[])),
    ("span_or", Other(&[])),
    ("span_term", Other(&[])),
    ("span_within", Other(&[])),
    ("sparse_vector", Other(&[])),
    ("template", Other(&[])),
    ("term", Field { options: &["value", "term", "case_insensitive"], short: true }),
    ("terms", Terms),
    ("terms_set", Other(&[])),
    ("text_expansion", Other(&[])),
    ("type", Other(&[])),
    ("weighted_tokens", Other(&[])),
    ("wildcard", Field { options: &["value", "wildcard", "rewrite", "case_insensitive"], short: true }),
    ("wrapper", Options(&["query"])),
    ("xy_shape", Other(&[])),
];

/// The clauses of a `bool`.
pub(super) const CLAUSES: [&str; 5] = ["must", "filter", "should", "must_not", "mustNot"];

/// The options of a `bool`.
pub(super) const BOOL: [&str; 2] = ["minimum_should_match", "adjust_pure_negative"];

/// What a name was meant to be, where it is near to one.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let distance = |k: &str| strsim::damerau_levenshtein(k, name);
    known.into_iter().map(|k| (distance(k), k)).filter(|(d, k)| *d <= 1 + k.len() / 4).min_by_key(|(d, _)| *d).map(|(_, k)| k)
}

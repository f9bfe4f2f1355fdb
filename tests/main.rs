//! All tests of the crate from outside, one file a promise to users, in one binary to link once.
//!
//! Those that need a server, the corpus or a Python environment say that they skip when it is absent; `tests/run`
//! makes everything available.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::cast_precision_loss,
    clippy::default_trait_access,
    clippy::float_cmp,
    clippy::many_single_char_names,
    reason = "shorter to read in tests"
)]

mod support;

// Fast ones first.
mod conditions_bind_as_specified;
mod correlations_keep_their_threshold;
mod every_character_is_searched_as_itself;
mod mail_reaches_the_server_that_is_meant;
mod mappings_extend_each_other;
mod modifiers_mean_what_they_say;
mod values_are_escaped_as_specified;

mod editors_are_served;
mod errors_say_what_to_do;
mod fixes_keep_the_meaning;
mod lints_find_what_they_say;
mod nothing_makes_a_parser_panic;
mod packs_are_checked;
mod query_languages_round_trip;
mod regexes_keep_their_language;
mod samples_read_well;

mod a_full_disk_spoils_nothing;
mod clusters_are_reached_safely;
mod command_line;
mod events_are_hunted_through;
mod events_take_the_shape_of_the_index;
mod expansion_is_bounded;
mod hostile_input;
mod mappings_cover_the_corpus;
mod rule_files_are_judged;
mod rule_types_count_as_stated;
mod streams_lose_nothing;
mod tampered_recordings_are_read;
mod the_whole_repository_converts;
mod the_whole_repository_is_checked;

mod alerts_arrive;
mod alerts_go_to_aws;
mod correlations_fire_as_counted;
mod elastalert_loads_rule_files;
mod events_are_served;
mod logins_are_limited;
mod matcher_finds_the_same;
mod metrics_are_served;
mod one_client_costs_little;
mod packs_are_gated;
mod pages_work_in_a_browser;
mod praeco_is_served;
mod praeco_is_told;
mod praeco_loses_nothing;
mod praeco_opens_rule_files;
mod praeco_page_keeps_rules;
mod profiles_fill_rule_files;
mod queries_are_read_as_an_index_reads_them;
mod queries_find_the_same_documents;
mod recordings_alert;
mod recordings_fire;
mod requests_are_signed_for_aws;
mod roles_hold;
mod samples_match_their_events;
mod the_server_is_safe;
mod trials_are_harmless;

mod alerters_send_what_elastalert_sends;
mod retries_go_by_the_rule_as_it_is;
mod runs_as_elastalert_does;
mod runs_come_to_an_end;
mod runs_survive;
mod searches_stay_within_their_indices;
mod state_is_shared_with_elastalert;
mod the_tutorial_works;
mod yaml_reads_as_written;

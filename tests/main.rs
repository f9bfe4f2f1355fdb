//! All tests of the crate from outside, one file a promise to users, in one binary to link once.
//!
//! Those that need a server, the corpus or a Python environment say that they skip when it is absent; `.ci/run`
//! makes everything available.

mod support;

mod queries_find_the_same_documents;
mod query_languages_round_trip;

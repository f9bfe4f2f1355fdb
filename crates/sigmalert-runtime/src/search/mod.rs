//! Where events come from: a cluster, or files and streams.

pub(crate) mod body;
pub(crate) mod client;
pub(crate) mod cluster;
pub(crate) mod embedded;
pub(crate) mod failure;
pub(crate) mod gate;
pub(crate) mod hits;
pub(crate) mod indices;
pub(crate) mod lines;
pub(crate) mod pinned;

pub(crate) use failure::Failure;

use super::rule::RunRule;
use super::rule_types::Event;
use jiff::Timestamp;
use serde_json::Value;

/// What is asked for a rule: what happened after a time, up to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'r> {
    pub rule: &'r RunRule,
    pub start: Timestamp,
    pub end: Timestamp,
    /// Of a correlation: which of its rules.
    pub leaf: Option<usize>,
    /// Where buckets of time begin, in seconds past their multiples.
    pub offset: i64,
    /// Whether what some shards found is taken where others do not answer.
    pub partial: bool,
}

/// What was found.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The first page of events, oldest first; whether there are more.
    Hits { events: Vec<Event>, total: u64, more: bool },
    /// How many there are.
    Count(u64),
    /// How many each value has.
    Terms(Vec<(Value, u64)>),
    /// The answer to aggregations, and how many events it is of.
    Aggregation { payload: Value, hits: u64 },
}

/// A place that answers.
pub(crate) trait Search: Send + Sync {
    /// Answers several requests, each on its own.
    fn ask(&self, requests: &[Request<'_>]) -> Vec<Result<Answer, Failure>>;

    /// All events of a request, page by page, where the first page did not hold them. Returns up to when they are
    /// complete: less than the end where there are more pages than the rule allows.
    fn pages(&self, request: &Request<'_>, each: &mut dyn FnMut(Vec<Event>)) -> Result<Timestamp, Failure>;

    /// The distinct values of fields within a time, for `new_term`.
    fn values(
        &self,
        rule: &RunRule,
        fields: &[String],
        steps: &[(Timestamp, Timestamp)],
        each: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), Failure>;

    /// How many events each value of a field has, the most first.
    fn top(&self, request: &Request<'_>, field: &str, filters: Vec<Value>, size: u64) -> Result<Vec<(Value, u64)>, Failure>;
}

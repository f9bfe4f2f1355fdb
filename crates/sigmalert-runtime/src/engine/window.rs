//! The time that a run asks for: ElastAlert's rules (`set_starttime`), which also catch up after a gap.

use super::Engine;
use crate::rule::QueryMode;
use crate::time::{after, before, between};
use jiff::{SignedDuration, Timestamp};
use sigmalert_elastalert::RuleType;
use std::time::Duration;

/// How many spans one run has at most: the rest is for the next.
const MAX_SPANS: usize = 10_000;

/// What a run asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    pub start: Timestamp,
    /// The spans that are asked one after the other.
    pub spans: Vec<(Timestamp, Timestamp)>,
    /// Where buckets begin, in seconds past their multiples.
    pub offset: i64,
}

/// Spans of a length that fill a time; the last may be shorter.
pub(super) fn steps(start: Timestamp, end: Timestamp, length: Duration) -> Vec<(Timestamp, Timestamp)> {
    let mut out = Vec::new();
    let mut at = start;
    while at < end && out.len() < MAX_SPANS {
        let next = after(at, length.max(Duration::from_millis(1))).min(end);
        out.push((at, next));
        at = next;
    }
    out
}

impl Engine {
    /// What a run up to a time asks for; nothing where that is nothing. `from` is where a run begins that is told to.
    pub fn plan(&mut self, end: Timestamp, from: Option<Timestamp>, now: Timestamp) -> Option<Window> {
        self.tally = super::Tally::default();
        let end = self.rule.form.cut(end);
        self.target = end;
        let mut start = match from {
            Some(f) => f,
            None => self.start(end),
        };
        let query_mode = self.rule.query_mode();
        let mut offset = 0;
        if query_mode == QueryMode::Aggregation {
            start = self.overlap(start, end, from);
            (start, offset) = self.aligned(start);
        }
        self.started = true;
        if start >= end || start >= now {
            if start >= now {
                tracing::warn!(rule = self.rule.rule.name, start = %start, "the time to ask for lies in the future: nothing is asked");
            }
            return None;
        }
        let length = self.span_length();
        let spans = if query_mode == QueryMode::Aggregation {
            // Only whole spans: half of one has half of its sum.
            let mut out = Vec::new();
            let mut at = start;
            while between(at, end) >= length && out.len() < MAX_SPANS {
                let next = after(at, length);
                out.push((at, next));
                at = next;
            }
            out
        } else {
            steps(start, end, length)
        };
        if spans.is_empty() { None } else { Some(Window { start, spans, offset }) }
    }

    fn start(&self, end: Timestamp) -> Timestamp {
        let scan = self.rule.rule.timeframe.filter(|_| self.rule.options.flag("scan_entire_timeframe", false));
        if matches!(self.rule.query_mode(), QueryMode::Count | QueryMode::Terms(_)) {
            return match (scan, self.previous) {
                (Some(t), _) => before(end, t),
                (None, Some(p)) => p,
                (None, None) => before(end, self.shared.run_every),
            };
        }
        // The first run after ElastAlert goes on where that stopped.
        let delta = before(end, scan.unwrap_or(self.rule.buffer_time));
        let minimum = self.minimum.filter(|m| *m > delta);
        match (minimum, self.previous) {
            (Some(m), _) => m,
            // After a gap: what was indexed late before it is looked for once more.
            (None, Some(p)) if self.resumed && !self.shared.compat && self.rule.query_mode() != QueryMode::Aggregation => {
                delta.min(before(p, self.rule.buffer_time))
            }
            (None, Some(p)) if p < delta => p,
            _ if !self.started => self.previous.unwrap_or(delta),
            _ => delta,
        }
    }

    /// With `allow_buffer_time_overlap` each run looks back over the whole of `buffer_time`.
    fn overlap(&self, start: Timestamp, end: Timestamp, from: Option<Timestamp>) -> Timestamp {
        let RuleType::MetricAggregation { metric, .. } = &self.rule.rule.kind else { return start };
        let (buffer, every) = (self.rule.buffer_time, self.rule.run_every);
        if from.is_some() || !metric.allow_buffer_time_overlap || metric.use_run_every_query_size || buffer <= every {
            return start;
        }
        let previous = self.previous.is_some_and(|p| p == start);
        if previous { before(start, buffer.saturating_sub(every)) } else { start.min(before(end, buffer)) }
    }

    fn aligned(&self, start: Timestamp) -> (Timestamp, i64) {
        let (interval, sync) = match &self.rule.rule.kind {
            RuleType::MetricAggregation { metric, .. } => (metric.bucket_interval, metric.sync_bucket_interval),
            _ => (self.rule.options.span("bucket_interval"), self.rule.options.flag("sync_bucket_interval", false)),
        };
        let Some(seconds) = interval.and_then(|i| i64::try_from(i.as_secs()).ok()).filter(|s| *s > 0) else { return (start, 0) };
        let offset = start.as_second().rem_euclid(seconds);
        if sync {
            let whole = start.as_second() - offset;
            (Timestamp::from_second(whole).unwrap_or(start), 0)
        } else {
            (start, offset)
        }
    }

    /// How long a span of a run is.
    fn span_length(&self) -> Duration {
        match self.rule.query_mode() {
            QueryMode::Hits | QueryMode::Members => self.rule.buffer_time,
            QueryMode::Aggregation => match &self.rule.rule.kind {
                RuleType::MetricAggregation { metric, .. } if metric.use_run_every_query_size => self.rule.run_every,
                _ if self.rule.options.flag("use_run_every_query_size", false) => self.rule.run_every,
                _ => self.rule.buffer_time,
            },
            // A longer span than a run would count more than the threshold is for.
            QueryMode::Count | QueryMode::Terms(_) => {
                match self.rule.rule.timeframe.filter(|_| self.rule.options.flag("scan_entire_timeframe", false)) {
                    Some(t) => t,
                    None => self.shared.run_every,
                }
            }
        }
        .max(Duration::from_millis(1))
    }

    /// A pause between times of execution leaves nothing to catch up with (`limit_execution_coverage`).
    pub fn skip_to(&mut self, at: Timestamp) {
        self.minimum = Some(at);
        self.previous = Some(at);
    }

    /// When the rule may run next by its `limit_execution`; nothing where it may now.
    pub fn limited(&self, end: Timestamp) -> Option<Timestamp> {
        let cron = self.rule.rule.limit_execution.as_deref()?;
        let next = crate::time::next_of(cron, end).ok()?;
        let limit = next.checked_sub(SignedDuration::from_secs(59)).ok()?;
        (after(end, self.rule.run_every) < limit).then_some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use crate::rule::RunRule;
    use sigmalert_elastalert::load::{Context, load_text};
    use std::path::Path;
    use std::sync::Arc;

    fn engine(more: &str) -> Engine {
        let config = Config::embedded();
        let text = format!("name: r\nindex: i\nalert: [debug]\n{more}\n");
        let context = Context { environment: &|_| None, root: None, config: &config.entries };
        let loaded = load_text(Path::new("r.yaml"), &text, &context).unwrap();
        Engine::new(Arc::new(RunRule::new(&loaded, &config).unwrap()), crate::runner::shared(&config, false)).unwrap()
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-01-01T{time}Z").parse().unwrap()
    }

    /// The spans of a run up to a time, after one up to another.
    fn spans(engine: &mut Engine, previous: Option<&str>, end: &str) -> Vec<(Timestamp, Timestamp)> {
        engine.previous = previous.map(at);
        engine.started = previous.is_some();
        engine.plan(at(end), None, at(end)).map(|w| w.spans).unwrap_or_default()
    }

    #[test]
    fn events_are_asked_for_as_elastalert_asks() {
        let mut any = engine("type: any");
        assert_eq!(spans(&mut any, None, "10:00:00"), [(at("09:45:00"), at("10:00:00"))]);
        assert_eq!(spans(&mut any, Some("10:00:00"), "10:01:00"), [(at("09:46:00"), at("10:01:00"))], "it overlaps");
        // After a gap, all of it, in pieces.
        let gap = spans(&mut any, Some("10:00:00"), "10:40:00");
        assert_eq!(gap, [(at("10:00:00"), at("10:15:00")), (at("10:15:00"), at("10:30:00")), (at("10:30:00"), at("10:40:00"))]);
        let mut count = engine("type: frequency\nnum_events: 5\ntimeframe: {hours: 1}\nuse_count_query: true");
        assert_eq!(spans(&mut count, None, "10:00:00"), [(at("09:59:00"), at("10:00:00"))]);
        assert_eq!(spans(&mut count, Some("09:58:30"), "10:00:00").len(), 2, "never twice, never longer than a run");
    }

    #[test]
    fn a_clock_that_jumps_loses_nothing() {
        // Back: what is asked was asked before, and is known. Nothing is asked that has not happened.
        let mut any = engine("type: any");
        assert_eq!(spans(&mut any, Some("10:00:00"), "09:00:00"), [(at("08:45:00"), at("09:00:00"))]);
        let mut count = engine("type: frequency\nnum_events: 5\ntimeframe: {hours: 1}\nuse_count_query: true");
        assert_eq!(spans(&mut count, Some("10:00:00"), "09:00:00"), [], "what was counted is not counted again");
        // Forward: everything between.
        let ahead = spans(&mut any, Some("10:00:00"), "20:00:00");
        assert_eq!((ahead.first().unwrap().0, ahead.last().unwrap().1, ahead.len()), (at("10:00:00"), at("20:00:00"), 40));
    }

    #[test]
    fn times_of_execution() {
        let rule = engine("type: any\nlimit_execution: '0 8 * * *'");
        assert_eq!(rule.limited(at("07:00:00")), Some(at("08:00:00")));
        assert_eq!(rule.limited(at("07:59:30")), None, "within a minute of it");
    }
}

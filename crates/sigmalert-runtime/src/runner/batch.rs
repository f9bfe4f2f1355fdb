//! Rules that fall due together: planned, asked in one request, concluded with one write.

use super::{BATCH, Due, HORIZON, MAX_FAILURES, Runner, SLOW, Slot};
use crate::alerters::delivery::pause;
use crate::engine::Engine;
use crate::engine::Window;
use crate::rule::RunRule;
use crate::search::Failure;
use crate::state::Alert;
use crate::state::Commit;
use crate::state::RuleState;
use crate::time::before;
use crate::time::iso;
use crate::time::pretty;
use jiff::Timestamp;
use sigmalert_support::sync::{lock, unpoisoned};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

impl Runner {
    /// One thread's work: batches of rules that are due, one after the other.
    pub(super) fn work(&self) {
        while let Some(batch) = self.next_batch() {
            let names: Vec<String> = batch.iter().map(|(s, _)| s.name.clone()).collect();
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.run_batch(&batch)));
            if caught.is_err() {
                // A defect of ours. The others go on, and these, too, at their next time.
                self.report(None, &format!("running {} broke down: this is a defect of sigmalert", names.join(", ")));
                for name in names {
                    if let Some(slot) = unpoisoned(self.slots.read()).get(&name).cloned() {
                        lock(&slot.engine).reset();
                        self.schedule(&slot, Instant::now() + slot.rule.run_every);
                    }
                }
            }
        }
    }

    fn next_batch(&self) -> Option<Vec<(Arc<Slot>, Instant)>> {
        let mut queue = lock(&self.queue);
        loop {
            if self.is_stopped() {
                return None;
            }
            let now = Instant::now();
            let Some(first) = queue.peek().map(|d| d.0.at) else {
                queue = unpoisoned(self.wake.wait_timeout(queue, Duration::from_millis(500))).0;
                continue;
            };
            if first > now {
                queue = unpoisoned(self.wake.wait_timeout(queue, (first - now).min(Duration::from_millis(500)))).0;
                continue;
            }
            let mut batch: Vec<(Arc<Slot>, Instant)> = Vec::new();
            let mut back = Vec::new();
            let slots = unpoisoned(self.slots.read());
            while batch.len() < BATCH && queue.peek().is_some_and(|d| d.0.at <= now + HORIZON) {
                let Some(Reverse(due)) = queue.pop() else { break };
                let Some(slot) = slots.get(&due.name).filter(|s| s.generation == due.generation) else { continue };
                let alone = slot.alone.load(Ordering::Relaxed);
                let fits = batch.first().is_none_or(|(f, _)| f.cluster == slot.cluster && !alone);
                if !fits {
                    back.push(Reverse(due));
                    if back.len() > BATCH {
                        break;
                    }
                    continue;
                }
                batch.push((Arc::clone(slot), due.at));
                if alone {
                    break;
                }
            }
            drop(slots);
            queue.extend(back);
            if !batch.is_empty() {
                return Some(batch);
            }
        }
    }

    fn schedule(&self, slot: &Slot, at: Instant) {
        lock(&self.queue).push(Reverse(Due { at, name: slot.name.clone(), generation: slot.generation }));
        self.wake.notify_one();
    }

    /// Runs rules that are due.
    fn run_batch(&self, batch: &[(Arc<Slot>, Instant)]) {
        let began = Instant::now();
        let mut runs: Vec<Run<'_>> = batch
            .iter()
            .map(|(slot, due)| Run {
                slot,
                due: *due,
                engine: lock(&slot.engine),
                window: None,
                end: Timestamp::MIN,
                pause: None,
                failed: None,
                given_up: None,
            })
            .collect();
        runs.retain_mut(|run| {
            let ours = self.sharing.owns(&run.slot.name);
            if !ours {
                if !run.engine.wants_state() {
                    run.engine.reset();
                }
                self.schedule(run.slot, run.due.max(began) + run.slot.rule.run_every);
            }
            ours
        });
        self.load(&mut runs);
        self.commit_held(&mut runs);
        self.plan(&mut runs);
        self.ask(&mut runs);
        self.conclude(&mut runs, began);
        for run in runs {
            self.after(run, began);
        }
    }

    fn load(&self, runs: &mut [Run<'_>]) {
        let fresh: Vec<String> = runs.iter().filter(|r| r.engine.wants_state()).map(|r| r.slot.name.clone()).collect();
        if fresh.is_empty() {
            return;
        }
        match self.store.load(&fresh) {
            Ok(mut known) => {
                for run in runs.iter_mut().filter(|r| r.engine.wants_state()) {
                    run.engine.load(known.remove(&run.slot.name).unwrap_or_else(RuleState::default), Timestamp::now());
                }
            }
            Err(e) => runs.iter_mut().filter(|r| r.engine.wants_state()).for_each(|r| r.failed = Some(e.clone())),
        }
    }

    /// Ends of earlier runs that could not be written go first.
    fn commit_held(&self, runs: &mut [Run<'_>]) {
        let held: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].failed.is_none() && runs[*at].engine.held().is_some()).collect();
        if held.is_empty() {
            return;
        }
        let mut commits: Vec<Commit> = held
            .iter()
            .filter_map(|at| runs[*at].engine.held().cloned())
            .map(|mut c| {
                c.alerts = c.alerts.iter().map(|a| self.delivery.latest(a)).collect();
                c
            })
            .collect();
        let results = self.store.commit(&mut commits);
        for ((at, commit), result) in held.into_iter().zip(commits).zip(results) {
            let failed = result.as_ref().err().map(ToString::to_string);
            let alerts = commit.alerts.clone();
            if runs[at].engine.settled(commit, result) {
                self.deliver(runs[at].slot, alerts);
            } else if let Some(e) = failed {
                runs[at].failed = Some(Failure::Away(e));
            }
        }
    }

    fn plan(&self, runs: &mut [Run<'_>]) {
        for run in runs.iter_mut().filter(|r| r.failed.is_none()) {
            let now = Timestamp::now();
            let rule = &run.slot.rule;
            let end = self.options.end.unwrap_or_else(|| before(now, rule.rule.query_delay));
            let ran = run.slot.ran.load(Ordering::Relaxed);
            run.pause = run.engine.limited(end);
            if run.pause.is_some() && !ran {
                continue;
            }
            let from = if ran { None } else { self.options.start };
            run.end = end;
            run.window = run.engine.plan(end, from, now);
            if let Some(window) = &run.window {
                let start = window.start;
                if let Err(e) = run.engine.learn(&*run.slot.search, start) {
                    run.failed = Some(e);
                }
            }
        }
    }

    /// QueryMode the cluster, span by span, for all rules at once.
    fn ask(&self, runs: &mut [Run<'_>]) {
        let mut round = 0;
        loop {
            let open: Vec<usize> = (0..runs.len())
                .filter(|at| runs[*at].failed.is_none() && runs[*at].window.as_ref().is_some_and(|w| w.spans.len() > round))
                .collect();
            if open.is_empty() || (round > 0 && self.is_stopped()) {
                // A stop between spans: what was searched so far is the end of the run.
                for run in runs.iter_mut() {
                    if let Some(w) = run.window.as_mut().filter(|w| w.spans.len() > round) {
                        w.spans.truncate(round);
                        run.end = w.spans.last().map_or(w.start, |s| s.1);
                    }
                }
                return;
            }
            let rules: Vec<Arc<RunRule>> = open.iter().map(|at| Arc::clone(&runs[*at].slot.rule)).collect();
            let mut requests = Vec::new();
            let mut counts = Vec::new();
            for (at, rule) in open.iter().zip(&rules) {
                if let Some(w) = &runs[*at].window {
                    let own = Engine::requests(rule, w.spans[round], w.offset, false);
                    counts.push(own.len());
                    requests.extend(own);
                }
            }
            let asked = Instant::now();
            let mut answers = runs[open[0]].slot.search.ask(&requests).into_iter();
            self.metrics.request();
            let slow = asked.elapsed() > SLOW;
            for (at, count) in open.into_iter().zip(counts) {
                let own: Vec<_> = answers.by_ref().take(count).collect();
                let run = &mut runs[at];
                // Which of them was slow shows when each runs by itself. One that makes the cluster refuse the whole is asked alone.
                let of_one = |a: &Result<_, Failure>| matches!(a, Err(e) if e.is_of_one() || matches!(e, Failure::Timeout(_)));
                run.slot.alone.store(slow || own.iter().any(of_one), Ordering::Relaxed);
                let Some(span) = run.window.as_ref().map(|w| w.spans[round]) else { continue };
                match run.engine.take(&*run.slot.search, span, own, false) {
                    Ok(until) => run.searched(round, until),
                    Err(e) if e.is_incomplete() && self.is_overdue(run.slot) => Self::without_shards(run, round, e),
                    Err(e) => run.failed = Some(e),
                }
            }
            round += 1;
        }
    }

    /// Whether some shard has not answered for longer than `incomplete_search_limit`.
    fn is_overdue(&self, slot: &Slot) -> bool {
        lock(&slot.incomplete).is_some_and(|since| since.elapsed() >= self.config.incomplete_search_limit)
    }

    /// Takes what the other shards found in a span, or leaves it out where there is nothing.
    fn without_shards(run: &mut Run<'_>, round: usize, reason: Failure) {
        let Some((span, offset)) = run.window.as_ref().map(|w| (w.spans[round], w.offset)) else { return };
        let rule = Arc::clone(&run.slot.rule);
        let answers = run.slot.search.ask(&Engine::requests(&rule, span, offset, true));
        let partial = match run.engine.take(&*run.slot.search, span, answers, true) {
            Ok(until) => {
                run.searched(round, until);
                true
            }
            Err(e) if e.is_incomplete() => {
                run.end = span.1;
                false
            }
            Err(e) => {
                run.failed = Some(e);
                return;
            }
        };
        let given_up = run.given_up.get_or_insert(GivenUp { from: span.0, to: span.1, partial, reason });
        given_up.to = span.1;
        given_up.partial |= partial;
    }

    /// Says which time was not searched in whole.
    fn tell_given_up(&self, run: &Run<'_>) {
        let Some(g) = &run.given_up else { return };
        let taken = if g.partial { "what the other shards found is taken" } else { "nothing of it is known" };
        let message = format!(
            "Gave up on events from {} to {}: {}; {taken}, and the rule goes on with what comes after (incomplete_search_limit)",
            iso(g.from),
            iso(g.to),
            g.reason
        );
        tracing::error!(rule = run.slot.name, "{message}");
        self.metrics.gave_up();
        self.report(Some(&run.slot.name), &message);
        if self.is_bounded() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn conclude(&self, runs: &mut [Run<'_>], began: Instant) {
        let now = Timestamp::now();
        let mut keys: Vec<String> = Vec::new();
        let done: Vec<usize> = (0..runs.len()).filter(|at| runs[*at].failed.is_none() && runs[*at].window.is_some()).collect();
        for at in &done {
            keys.extend(runs[*at].engine.silence_keys());
        }
        keys.sort();
        keys.dedup();
        let silences = if keys.is_empty() { Ok(HashMap::new()) } else { self.store.silences(&keys) };
        let silences = match silences {
            Ok(s) => s,
            Err(e) => {
                // Who is silenced is not known: matches wait for the next run.
                done.iter().for_each(|at| runs[*at].failed = Some(e.clone()));
                return;
            }
        };
        let mut commits = Vec::new();
        for at in &done {
            let run = &mut runs[*at];
            if let Some(window) = run.window.clone() {
                let end = run.end;
                commits.push(run.engine.conclude(&window, end, now, began.elapsed(), &silences, &*run.slot.search));
            }
        }
        let results = self.store.commit(&mut commits);
        for ((at, commit), result) in done.into_iter().zip(commits).zip(results) {
            let run = &mut runs[at];
            let lost = matches!(result, Err(crate::state::CommitError::Lost));
            let refused = matches!(&result, Err(crate::state::CommitError::Failed(e)) if !e.is_away());
            self.ran(run, began.elapsed());
            let alerts = commit.alerts.clone();
            if run.engine.settled(commit, result) || (refused && !lost) {
                // Where the writeback indices take no writes, an alert in time is better than none.
                self.deliver(run.slot, alerts);
            }
        }
    }

    fn ran(&self, run: &Run<'_>, taken: Duration) {
        let tally = run.engine.tally();
        self.metrics.ran(&run.slot.name, tally, taken);
        let rule = &run.slot.rule;
        let start = run.window.as_ref().map_or(run.end, |w| w.start);
        let local = rule.options.flag("use_local_time", true);
        let format = self.config.options.text("custom_pretty_ts_format");
        let text = |t| pretty(t, local, format.as_deref());
        tracing::debug!(
            "Ran {} from {} to {}: {} query hits ({} already seen), {} matches, {} alerts sent",
            run.slot.name,
            text(start),
            text(run.end),
            tally.hits,
            tally.seen,
            tally.matches,
            tally.alerts
        );
        if tally.matches > 0 {
            tracing::info!(
                rule = run.slot.name,
                hits = tally.hits,
                matches = tally.matches,
                silenced = tally.silenced,
                alerts = tally.alerts,
                "matches"
            );
        }
    }

    /// Sends alerts that are due; gathered ones wait for their time.
    fn deliver(&self, slot: &Slot, alerts: Vec<Alert>) {
        for alert in alerts {
            if slot.rule.rule.aggregation.is_some() {
                let mut next = lock(&self.next_alert);
                *next = Some(next.map_or(alert.alert_time, |n| n.min(alert.alert_time)));
            } else if !self.options.dry_run {
                self.delivery.push(&slot.rule, vec![alert], true);
            } else {
                tracing::info!(rule = slot.name, alert_id = alert.id, "an alert would be sent: {}", serde_json::Value::Object(alert.body));
            }
        }
    }

    fn after(&self, mut run: Run<'_>, began: Instant) {
        let slot = run.slot;
        let every = slot.rule.run_every;
        if let Some(e) = run.failed.take() {
            let failures = slot.failures.fetch_add(1, Ordering::Relaxed) + 1;
            let away = e.is_away();
            if e.is_incomplete() {
                lock(&slot.incomplete).get_or_insert_with(Instant::now);
            }
            // Of a run that is to end, what cannot change is not tried for ever.
            let last = self.gives_up_unsigned(&e, failures)
                || !away
                    && (self.options.once
                        || self.options.end.is_some() && (e.is_final() || (failures >= MAX_FAILURES && !e.is_incomplete())));
            if last {
                tracing::error!(rule = slot.name, file = %slot.rule.file.display(), "the rule could not be run: {e}");
                self.report(Some(&slot.name), &format!("Error running query: {e}"));
                drop(run.engine);
                self.failed.fetch_add(1, Ordering::Relaxed);
                self.one_less(slot);
                return;
            }
            if away {
                self.seen(Some(&e));
            } else if failures == 1 || failures.is_multiple_of(60) {
                tracing::error!(rule = slot.name, "the rule could not be run, and will be again: {e}");
                self.report(Some(&slot.name), &format!("Error running query: {e}"));
            }
            drop(run.engine);
            let tries = u32::try_from(failures).unwrap_or(u32::MAX);
            self.schedule(slot, Instant::now() + pause(tries).min(every.max(Duration::from_secs(1))));
            return;
        }
        slot.failures.store(0, Ordering::Relaxed);
        *lock(&slot.incomplete) = None;
        self.tell_given_up(&run);
        if run.window.is_some() {
            self.seen(None);
        }
        slot.ran.store(true, Ordering::Relaxed);
        if self.is_bounded() && run.engine.held().is_none() {
            self.one_less(slot);
            return;
        }
        let mut next = run.due + every;
        let now = Instant::now();
        let mut skipped = 0;
        while next + every < now {
            next += every;
            skipped += 1;
        }
        if run.engine.held().is_some() {
            next = now + pause(1).min(every);
        }
        self.metrics.started(began.saturating_duration_since(run.due), skipped);
        if let Some(at) = run.pause {
            if slot.rule.options.flag("limit_execution_coverage", false) {
                run.engine.skip_to(at);
            }
            next = now + crate::time::between(Timestamp::now(), at);
            tracing::info!(rule = slot.name, until = %at, "the rule pauses until its next time of execution");
        }
        drop(run.engine);
        self.schedule(slot, next);
    }

    fn one_less(&self, slot: &Slot) {
        if slot.counted.swap(true, Ordering::Relaxed) {
            return;
        }
        if self.left.fetch_sub(1, Ordering::Relaxed) <= 1 {
            self.stop();
        }
    }
}

impl Run<'_> {
    /// A span was searched up to a time: where that is less than its end, the next run goes on there.
    fn searched(&mut self, round: usize, until: Timestamp) {
        self.end = until;
        if let Some(w) = self.window.as_mut().filter(|w| until < w.spans[round].1) {
            w.spans.truncate(round + 1);
        }
    }
}

/// A rule while it runs.
struct Run<'s> {
    slot: &'s Slot,
    due: Instant,
    engine: MutexGuard<'s, Engine>,
    window: Option<Window>,
    /// Up to when it was searched.
    end: Timestamp,
    /// When it may run again, by its `limit_execution`.
    pause: Option<Timestamp>,
    failed: Option<Failure>,
    given_up: Option<GivenUp>,
}

/// A time for which some shard never answered.
struct GivenUp {
    from: Timestamp,
    to: Timestamp,
    /// Whether what other shards found is taken.
    partial: bool,
    reason: Failure,
}

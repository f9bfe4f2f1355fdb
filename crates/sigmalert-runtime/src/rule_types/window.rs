//! A window of time that slides with its newest event.

use crate::lookup::Document;
use crate::time::between;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// Something at a time: an event, a count, a value; or nothing, which only moves the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[serde(rename = "t", with = "jiff::fmt::serde::timestamp::microsecond::required")]
    pub at: Timestamp,
    /// How much it counts; nothing where a metric had no value.
    #[serde(rename = "n")]
    pub amount: Option<f64>,
    /// The document, where it may be needed.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Arc<Document>>,
    /// Whether it only moves the window.
    #[serde(rename = "p", default, skip_serializing_if = "std::ops::Not::not")]
    pub placeholder: bool,
}

/// Entries in the order of time, none of them a whole span older than the newest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Window {
    pub entries: VecDeque<Entry>,
    /// The sum of what the entries count.
    total: f64,
}

impl Window {
    /// Adds an entry where it belongs. What falls out at the old end is returned.
    pub fn push(&mut self, entry: Entry, span: Duration) -> Vec<Entry> {
        let mut at = self.entries.len();
        while at > 0 && self.entries[at - 1].at > entry.at {
            at -= 1;
        }
        self.total += entry.amount.unwrap_or(0.0);
        self.entries.insert(at, entry);
        let mut out = Vec::new();
        while let (Some(oldest), Some(newest)) = (self.entries.front(), self.entries.back()) {
            if between(oldest.at, newest.at) < span || self.entries.len() == 1 {
                break;
            }
            if let Some(e) = self.entries.pop_front() {
                self.total -= e.amount.unwrap_or(0.0);
                out.push(e);
            }
        }
        out
    }

    /// The sum of what the entries count.
    pub fn count(&self) -> f64 {
        self.total
    }

    fn amounts(&self) -> impl Iterator<Item = f64> {
        self.entries.iter().filter(|e| !e.placeholder).filter_map(|e| e.amount)
    }

    /// The mean of what the entries count.
    pub fn mean(&self) -> Option<f64> {
        let (mut sum, mut n) = (0.0, 0.0);
        for v in self.amounts() {
            sum += v;
            n += 1.0;
        }
        (n > 0.0).then(|| sum / n)
    }

    /// The least of what the entries count.
    pub fn min(&self) -> Option<f64> {
        self.amounts().reduce(f64::min)
    }

    /// The most of what the entries count.
    pub fn max(&self) -> Option<f64> {
        self.amounts().reduce(f64::max)
    }

    /// The time of the newest entry.
    pub fn newest(&self) -> Option<Timestamp> {
        self.entries.back().map(|e| e.at)
    }
}

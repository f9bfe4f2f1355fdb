//! Reports events that cannot be read.

use super::diagnostics::Diagnostics;
use super::plural;
use sigmalert_matcher::events::InputProblem;

/// The maximum number of problems that are reported one by one.
const MAX_REPORTED: usize = 20;

/// Reports the first problems and counts the rest.
#[derive(Default)]
pub(super) struct ProblemReporter {
    count: usize,
}

impl ProblemReporter {
    pub fn report(&mut self, p: &InputProblem) {
        self.count += 1;
        if self.count <= MAX_REPORTED {
            Diagnostics::plain(&format!("warning: {}\n", line(p)));
        }
    }

    pub fn finish(&self) {
        if self.count > MAX_REPORTED {
            Diagnostics::plain(&format!("warning: {} not shown\n", plural(self.count - MAX_REPORTED, "more problem")));
        }
    }
}

fn line(p: &InputProblem) -> String {
    let message: String = p.message.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if p.position > 0 { format!("{}:{}: {message}", p.source, p.position) } else { format!("{}: {message}", p.source) }
}

//! Expectations: replications until it is proven of every `[[expect]]` entry that it holds, or that it does not.
//!
//! Every verdict is read off a [confidence sequence](crate::statistics::confidence_sequence) of the expectation's own:
//! an interval that holds the truth at all times at once with the expectation's confidence. It holds if the whole
//! interval is within the bounds, it fails if the whole interval is outside, and until then it is undecided. So however
//! long it runs and however often it is looked at, an expectation that is true fails with probability at most 1 -
//! confidence, and one that is not holds with no more. That is said of each expectation alone: of k that are true, some
//! one fails with at most k times that.
//!
//! The verdict falls with the very replication that brings the proof, in the order of replications, so it depends on
//! scenario and seed alone: not on threads, nor on how many replications are simulated at a time, nor on other
//! expectations.
//!
//! What nothing can prove fails without a look. Of a number that none of the first 10,000 replications has, nothing
//! is found, and no more are looked at.

mod finding;
mod test;

use std::sync::atomic::AtomicBool;

pub use finding::{Finding, LeastProof, Share, Verdict};

use crate::experiment::{Experiment, Observe, Observed, Stopped, Wanted, Workers};
use crate::questions::{Expectation, Mistake};
use crate::scenario::Scenario;
pub use test::Test;

/// Of what so many replications have no number at all there is nothing to prove.
const SILENT: u32 = 10_000;

/// Replications simulated between two looks at the clock and at Ctrl-C: at first, and at most. They decide nothing
/// else.
const FIRST_STAGE: u32 = 256;
const LARGEST_STAGE: u32 = 1 << 16;

/// What a check works with.
pub struct Check<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What is expected of it.
    pub expectations: &'a [Expectation],
    /// What is run; its number of replications is the most that there may be.
    pub experiment: Experiment<'a>,
    /// Stops the check soon after it becomes true.
    pub cancelled: &'a AtomicBool,
    /// Is told how many more replications are done.
    pub advanced: &'a (dyn Fn(u32) + Sync),
    /// Is told how many expectations are decided.
    pub decided: &'a dyn Fn(usize),
}

/// What came of a check.
#[derive(Debug)]
pub struct Checked {
    /// In the order of the expectations.
    pub findings: Vec<Finding>,
    /// Whether it was cancelled before all was decided.
    pub interrupted: bool,
}

impl Checked {
    /// The undecided expectation that is closest to a verdict: its index.
    pub fn closest(&self) -> Option<usize> {
        let is_open = |finding: &Finding| finding.verdict == Verdict::Undecided && finding.nothing.is_none();
        let open = self.findings.iter().enumerate().filter(|(_, finding)| is_open(finding));
        open.max_by(|(_, a), (_, b)| a.evidence.total_cmp(&b.evidence)).map(|(index, _)| index)
    }
}

impl Check<'_> {
    /// Runs until every expectation is decided, or there are as many replications as there may be, or it is cancelled.
    ///
    /// # Errors
    /// What stopped it otherwise.
    pub fn run(&self, workers: &Workers) -> Result<Checked, Stopped> {
        let mut running: Vec<Running<'_>> =
            self.expectations.iter().map(|expectation| Running::new(expectation, self.scenario)).collect();
        let most = self.experiment.replications;
        let (mut done, mut stage, mut interrupted) = (0, FIRST_STAGE, false);
        while done < most && running.iter().any(Running::is_open) {
            let end = done.saturating_add(stage).min(most);
            // What is decided is not looked at any more.
            let observe = Observe::new(self.experiment.plan, running.iter().map(Running::wanted));
            let observed = match self.experiment.each(workers, done..end, &observe, self.cancelled, self.advanced) {
                Ok(observed) => observed,
                Err(Stopped::Cancelled) => {
                    interrupted = true;
                    break;
                }
                Err(stopped) => return Err(stopped.after(done)),
            };
            for observed in &observed {
                running.iter_mut().enumerate().for_each(|(index, running)| running.add(index, observed));
            }
            (done, stage) = (end, (2 * stage).min(LARGEST_STAGE));
            (self.decided)(running.iter().filter(|running| running.verdict != Verdict::Undecided).count());
        }
        Ok(Checked { findings: running.into_iter().map(Running::finding).collect(), interrupted })
    }
}

/// An expectation on its way to a verdict.
struct Running<'e> {
    /// None if nothing can prove it.
    test: Option<Test>,
    expectation: &'e Expectation,
    verdict: Verdict,
    replications: u32,
    /// Whether any of them had something to say.
    said: bool,
}

impl<'e> Running<'e> {
    fn new(expectation: &'e Expectation, scenario: &Scenario) -> Running<'e> {
        let test = expectation.refuted.is_none().then(|| Test::new(expectation, scenario));
        let verdict = test.as_ref().map_or(Verdict::Fails, Test::verdict);
        Running { test, expectation, verdict, replications: 0, said: false }
    }

    /// Whether it is worth looking on.
    fn is_open(&self) -> bool {
        self.verdict == Verdict::Undecided && (self.said || self.replications < SILENT)
    }

    /// What it looks at, as long as it does.
    fn wanted(&self) -> Option<Wanted> {
        self.test.as_ref().filter(|_| self.is_open()).map(Test::wanted)
    }

    /// Looks at a replication, unless all is said.
    fn add(&mut self, index: usize, observed: &Observed) {
        if self.is_open()
            && let Some(test) = &mut self.test
        {
            self.replications += 1;
            if test.add(observed, index) {
                self.said = true;
                self.verdict = test.verdict();
            }
        }
    }

    fn finding(self) -> Finding {
        let Some(test) = self.test else {
            return Finding::unseen(self.verdict, self.expectation.refuted.as_ref().map(Mistake::sentence));
        };
        let silent = !self.said && self.verdict == Verdict::Undecided && self.replications >= SILENT;
        let nothing = silent.then(|| format!("no replication has this number ({})", test.metric().measure().meaning));
        Finding { nothing, ..test.finding(self.verdict, self.replications) }
    }
}

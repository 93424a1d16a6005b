//! The operator's API client: how it tries again when a call goes wrong (R17).

use serde::{Deserialize, Serialize};

use super::JobKind;
use crate::time::Span;

/// How a client retries a call, with exponential backoff and jitter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RetryPolicy {
    /// The wait before the first retry, without jitter.
    pub base: Span,
    /// By which the wait grows from one retry to the next; >= 1.
    pub factor: f64,
    /// How often a call is made before it is given up, the first time included; >= 1.
    pub max_attempts: u32,
    /// The greatest share of the wait that chance adds or takes away; 0..=1.
    pub jitter: f64,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy { base: Span::from_secs(1), factor: 2.0, max_attempts: 5, jitter: 0.5 }
    }
}

impl RetryPolicy {
    /// The wait before retry `retry` (from 1): `base * factor^(retry - 1) * (1 + jitter * chance)` for a `chance` in
    /// [-1, 1].
    pub fn wait(&self, retry: u32, chance: f64) -> Span {
        let grown = self.base.micros() as f64 * libm::pow(self.factor, f64::from(retry - 1));
        Span::from_drawn_micros(grown * (1.0 + self.jitter * chance))
    }
}

/// Why a client gets no answer to a call (R17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `ThrottlingException`: the call has taken no effect.
    Throttled,
    /// `InternalServerException`: it has taken none either.
    InternalError,
    /// The call has taken effect, and its answer is lost.
    LostAnswer,
}

/// What has become of a client's calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCounts {
    /// Every attempt of every call.
    pub calls: u64,
    /// Attempts that were throttled.
    pub throttled: u64,
    /// Attempts that failed inside.
    pub internal_errors: u64,
    /// Attempts whose answer was lost.
    pub lost_answers: u64,
    /// Attempts after a call's first.
    pub retries: u64,
    /// Calls that were never answered.
    pub given_up: u64,
    /// Answers that another job is active.
    pub concurrent_deployment_exceptions: u64,
}

/// The client of one campaign: makes one call at a time, and repeats it under its token until it is answered.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Client {
    /// Not written down: it is the scenario's.
    #[serde(skip)]
    policy: RetryPolicy,
    /// The number of the present call, or of the next one.
    call: u32,
    /// How often the present call has been made.
    attempts: u32,
    knows_a_job: bool,
    counts: CallCounts,
}

impl Client {
    /// A client that has made no call.
    pub fn new(policy: RetryPolicy) -> Client {
        Client { policy, call: 0, attempts: 0, knows_a_job: false, counts: CallCounts::default() }
    }

    /// One that was read back goes on under this policy.
    pub fn resume(&mut self, policy: RetryPolicy) {
        self.policy = policy;
    }

    /// Makes the present call once more, or begins one: the number of the call and of this attempt, both from 0.
    pub fn attempt(&mut self) -> (u32, u32) {
        let attempt = self.attempts;
        self.attempts += 1;
        self.counts.calls += 1;
        self.counts.retries += u64::from(attempt > 0);
        (self.call, attempt)
    }

    /// What the present call asks for: a deployment until the client knows of one (R17).
    pub fn kind(&self) -> JobKind {
        if self.knows_a_job { JobKind::Sync } else { JobKind::Deployment }
    }

    /// Whether a call waits for its retry.
    pub fn in_call(&self) -> bool {
        self.attempts > 0
    }

    /// The call is answered with a job.
    pub fn answered(&mut self) {
        self.knows_a_job = true;
        self.end_call();
    }

    /// The call is answered with `ConcurrentDeploymentException`, and lost.
    pub fn refused(&mut self) {
        self.counts.concurrent_deployment_exceptions += 1;
        self.end_call();
    }

    /// The call is not answered: how long the client waits before it tries again, by a `chance` in [-1, 1]; none if it
    /// gives up.
    pub fn unanswered(&mut self, fault: Fault, chance: f64) -> Option<Span> {
        match fault {
            Fault::Throttled => self.counts.throttled += 1,
            Fault::InternalError => self.counts.internal_errors += 1,
            Fault::LostAnswer => self.counts.lost_answers += 1,
        }
        if self.attempts < self.policy.max_attempts {
            return Some(self.policy.wait(self.attempts, chance));
        }
        self.counts.given_up += 1;
        self.end_call();
        None
    }

    /// What has become of the calls so far.
    pub fn counts(&self) -> &CallCounts {
        &self.counts
    }

    fn end_call(&mut self) {
        self.call += 1;
        self.attempts = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_scatter() {
        let policy = RetryPolicy::default();
        for (retry, chance, micros) in [
            (1, 0.0, 1_000_000),
            (1, -1.0, 500_000),
            (1, 1.0, 1_500_000),
            (3, 0.0, 4_000_000),
            (4, 0.5, 10_000_000),
            (5000, 0.0, Span::MAX.micros()),
        ] {
            assert_eq!(policy.wait(retry, chance).micros(), micros, "{retry} {chance}");
        }
        let none = RetryPolicy { base: Span::ZERO, ..policy };
        assert_eq!(none.wait(5000, 0.0), Span::ZERO, "0 times infinity is no wait");
    }

    #[test]
    fn a_call_is_repeated_until_it_is_answered_or_given_up() {
        let mut client = Client::new(RetryPolicy { max_attempts: 2, jitter: 0.0, ..RetryPolicy::default() });
        assert_eq!(client.attempt(), (0, 0));
        assert_eq!(client.unanswered(Fault::Throttled, 0.0), Some(Span::from_secs(1)));
        assert!(client.in_call());
        assert_eq!(client.attempt(), (0, 1));
        assert_eq!(client.unanswered(Fault::LostAnswer, 0.0), None, "two attempts are all");
        assert_eq!((client.in_call(), client.kind()), (false, JobKind::Deployment));
        assert_eq!(client.attempt(), (1, 0));
        client.answered();
        assert_eq!((client.attempt(), client.kind()), ((2, 0), JobKind::Sync));
        client.refused();
        let counts = CallCounts {
            calls: 4,
            throttled: 1,
            internal_errors: 0,
            lost_answers: 1,
            retries: 1,
            given_up: 1,
            concurrent_deployment_exceptions: 1,
        };
        assert_eq!(*client.counts(), counts);
    }
}

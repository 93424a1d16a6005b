//! The operator's calls, made one by one (R12, R17).

use std::collections::BTreeMap;

use rollcast::random::Purpose;
use rollcast::rollout::{CallCounts, CampaignOutcome, JobKind, Schedule};
use rollcast::time::{Span, Time};

use super::{Event, Model};

/// What the operator's client knows, and what the control plane knows of its calls.
#[derive(Default)]
pub struct Client {
    /// The number of the present call, or of the next one; its token.
    call: u32,
    /// How often the present call has been made; 0 if there is none.
    attempts: u32,
    knows_a_job: bool,
    /// The next call comes after the active job has ended.
    pub awaits_job: bool,
    pub counts: CallCounts,
    /// The jobs that calls have made, by their tokens.
    jobs: BTreeMap<u32, u32>,
}

/// How the control plane answers.
enum Answer {
    Job(u32),
    ConcurrentDeploymentException,
}

/// What goes wrong.
#[derive(PartialEq, Eq)]
enum Fault {
    Throttled,
    InternalError,
    LostAnswer,
}

impl Model<'_> {
    /// Makes a call, or makes the present one again.
    pub fn call(&mut self) {
        if self.client.attempts == 0 && self.jobs_created >= self.scenario.sync.max_jobs {
            return;
        }
        let attempt = self.client.attempts;
        self.client.attempts += 1;
        self.client.counts.calls += 1;
        self.client.counts.retries += u64::from(attempt > 0);
        let (fault, chance) = self.fault(self.client.call, attempt);
        let takes_effect = !matches!(fault, Some(Fault::Throttled | Fault::InternalError));
        let answer = takes_effect.then(|| self.decide());
        match fault {
            None => match answer.expect("it takes effect") {
                Answer::Job(job) => {
                    self.client.knows_a_job = true;
                    self.answered(Some(job));
                }
                Answer::ConcurrentDeploymentException => {
                    self.client.counts.concurrent_deployment_exceptions += 1;
                    self.answered(None);
                }
            },
            Some(fault) => {
                let counts = &mut self.client.counts;
                match fault {
                    Fault::Throttled => counts.throttled += 1,
                    Fault::InternalError => counts.internal_errors += 1,
                    Fault::LostAnswer => counts.lost_answers += 1,
                }
                self.sights.insert(match fault {
                    Fault::Throttled => "ThrottlingException",
                    Fault::InternalError => "InternalServerException",
                    Fault::LostAnswer => "a lost answer",
                });
                self.see("a lost answer to a refusal", matches!(answer, Some(Answer::ConcurrentDeploymentException)));
                self.unanswered(chance);
            }
        }
    }

    /// One number decides what goes wrong; the next one, in [-1, 1], scatters the wait.
    fn fault(&self, call: u32, attempt: u32) -> (Option<Fault>, f64) {
        let Some(api) = &self.scenario.api else { return (None, 0.0) };
        let mut stream = self.luck.robot(call, attempt, Purpose::Call);
        let u = stream.chance();
        let faults = [
            (api.throttle, Fault::Throttled),
            (api.throttle + api.internal_error, Fault::InternalError),
            (api.throttle + api.internal_error + api.lost_answer, Fault::LostAnswer),
        ];
        let fault = faults.into_iter().find(|(below, _)| u < *below).map(|(_, fault)| fault);
        (fault, 2.0 * stream.chance() - 1.0)
    }

    /// The control plane: a repeat gets the job that the call has made, a call while a job is active gets none.
    fn decide(&mut self) -> Answer {
        let token = self.client.call;
        if let Some(job) = self.client.jobs.get(&token) {
            let job = *job;
            self.sights.insert("a repeat that is answered with its job");
            self.see(
                "a repeat that is answered with a job that has ended",
                self.jobs.iter().any(|done| done.number == job),
            );
            return Answer::Job(job);
        }
        if self.active.is_some() {
            self.see("a repeat that meets another job", self.client.attempts > 1);
            return Answer::ConcurrentDeploymentException;
        }
        let number = self.jobs_created;
        self.client.jobs.insert(token, number);
        // Until the client knows of a job it asks for a first one.
        self.create(if self.client.knows_a_job { JobKind::Sync } else { JobKind::Deployment });
        Answer::Job(number)
    }

    /// The call is answered, with a job unless another one is active: when is the next?
    fn answered(&mut self, job: Option<u32>) {
        self.client.call += 1;
        self.client.attempts = 0;
        match self.scenario.sync.schedule {
            None => {}
            Some(Schedule::Every(every)) => self.call_at_next_multiple(every),
            Some(Schedule::AfterFinish(delay)) => {
                let ended = self.jobs.iter().find(|record| Some(record.number) == job).and_then(|record| record.ended);
                match ended {
                    Some(ended) => self.call_again((ended + delay).max(self.now)),
                    None => {
                        self.see("an operator that waits for the end of a job that is not its own", job.is_none());
                        self.client.awaits_job = true;
                    }
                }
            }
        }
    }

    fn unanswered(&mut self, chance: f64) {
        let retry = self.scenario.api.expect("calls that go wrong have a policy").retry;
        if self.client.attempts < retry.max_attempts {
            let mut wait = retry.base.micros() as f64;
            for _ in 1..self.client.attempts {
                wait *= retry.factor;
            }
            let wait = Span::from_drawn_micros(wait * (1.0 + retry.jitter * chance));
            self.see("a repeat without a wait", wait == Span::ZERO);
            if let Some(Schedule::Every(every)) = self.scenario.sync.schedule {
                let multiples = |time: Time| time.micros() / every.micros();
                self.see("a fixed time while a call waits", multiples(self.now + wait) > multiples(self.now));
            }
            return self.call_again(self.now + wait);
        }
        self.see("a call given up", true);
        self.see("a call given up after it took effect", self.client.jobs.contains_key(&self.client.call));
        let last = self.client.jobs.contains_key(&self.client.call) && self.jobs_created == self.scenario.sync.max_jobs;
        self.see("a call given up that made the last job", last && self.scenario.sync.schedule.is_some());
        self.client.call += 1;
        self.client.attempts = 0;
        self.client.counts.given_up += 1;
        match self.scenario.sync.schedule {
            Some(_) if self.client.counts.given_up >= 1000 => {
                self.see("max_jobs by 1000 calls given up", true);
                self.outcome = Some(CampaignOutcome::MaxJobs);
            }
            None => {
                self.see("max_jobs by a call given up", true);
                self.see("max_jobs by a call given up while a job is active", self.active.is_some());
                self.outcome = Some(CampaignOutcome::MaxJobs);
            }
            Some(Schedule::Every(every)) => self.call_at_next_multiple(every),
            Some(Schedule::AfterFinish(delay)) => self.call_again(self.now + delay),
        }
    }

    fn call_at_next_multiple(&mut self, every: Span) {
        let next = (self.now.micros() / every.micros() + 1) * every.micros();
        self.at(Time::from_micros(next), Event::Call);
    }
}

//! The operator's calls, and what may go wrong on their way (R12, R17).
//!
//! Of what a control plane checks (R18) two things can fail here: a token that was used, since a client repeats a call
//! whose answer it did not get, and a job that is active. All else is right in every call of an operator: its fleet and
//! its application are there, and its requests are the same.

use serde::{Deserialize, Serialize};

use super::campaign::Campaign;
use super::{Answer, Event, EventQueue, Observer, Plan, Watch};
use crate::random::{Purpose, Stream};
use crate::rollout::{CallCounts, CampaignOutcome, Client, Controller, Fault, JobKind, RetryPolicy};
use crate::scenario::Api;
use crate::time::Time;

/// The operator's client, and what the control plane remembers of its calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Calls {
    client: Client,
    /// The number of the last call that has made a job, which is its token, and that of the job. The client makes one
    /// call at a time, so no earlier token comes again.
    remembered: Option<(u32, u32)>,
}

impl Calls {
    /// A client of a plan that has made no call.
    pub fn new(plan: &Plan) -> Calls {
        Calls { client: Client::new(Calls::policy(plan)), remembered: None }
    }

    /// What was read back goes on under this plan.
    pub fn resume(&mut self, plan: &Plan) {
        self.client.resume(Calls::policy(plan));
    }

    fn policy(plan: &Plan) -> RetryPolicy {
        plan.api.map_or(RetryPolicy::default(), |api| api.retry)
    }

    /// What has become of the calls so far.
    pub fn counts(&self) -> &CallCounts {
        self.client.counts()
    }
}

impl<C: Controller, Q: EventQueue> Campaign<'_, C, Q> {
    /// The operator makes a call, or repeats one, and arranges for the next (R12, R17). The outcome, if the campaign
    /// ends with it.
    pub(super) fn call<O: Observer>(&mut self, watch: &mut Watch<'_, O>, now: Time) -> Option<CampaignOutcome> {
        let kind = self.calls.client.kind();
        let (call, attempt) = self.calls.client.attempt();
        let (fault, chance) = self.fault(call, attempt);
        watch.observer.see(now, &Event::CallMade { kind, call, attempt });
        self.clock.next_call = Time::NEVER;
        let mut outcome = None;
        let mut answer = Answer::Refused;
        if matches!(fault, None | Some(Fault::LostAnswer)) {
            (answer, outcome) = self.take_effect(watch, now, kind, call);
        }
        let Some(fault) = fault else {
            match answer {
                Answer::Job(_) => self.calls.client.answered(),
                _ => self.calls.client.refused(),
            }
            watch.observer.see(now, &Event::CallAnswered(answer));
            if outcome.is_none() {
                self.arrange_next_call(now);
            }
            return outcome;
        };
        let retry = self.calls.client.unanswered(fault, chance);
        watch.observer.see(now, &Event::CallAnswered(Answer::None { fault, retry }));
        if outcome.is_some() {
            return outcome;
        }
        if let Some(wait) = retry {
            self.clock.next_call = now + wait;
            return None;
        }
        match self.operator.call_after_given_up(now, self.calls.counts().given_up) {
            None => Some(CampaignOutcome::MaxJobs),
            Some(instant) => {
                self.clock.next_call = if self.operator.may_call() { instant } else { Time::NEVER };
                None
            }
        }
    }

    /// A call reaches the control plane: its answer, and the outcome if the campaign ends with it.
    fn take_effect<O: Observer>(
        &mut self,
        watch: &mut Watch<'_, O>,
        now: Time,
        kind: JobKind,
        call: u32,
    ) -> (Answer, Option<CampaignOutcome>) {
        match self.calls.remembered {
            Some((token, job)) if token == call => (Answer::Job(job), None),
            _ if self.rollout.job.is_active() => (Answer::Refused, None),
            _ => {
                let job = self.operator.jobs();
                self.calls.remembered = Some((call, job));
                (Answer::Job(job), self.create_job(watch, now, kind))
            }
        }
    }

    /// When an operator whose call has been answered makes the next one: at a fixed time, or when the active job has
    /// ended. One whose calls never go wrong knows that calls at fixed times are lost while a job is active, and does
    /// not make them.
    fn arrange_next_call(&mut self, now: Time) {
        let fixed = self.operator.call_at_fixed_time(now).filter(|_| self.world.plan().api.is_some());
        self.clock.next_call = match fixed {
            _ if !self.operator.may_call() => Time::NEVER,
            Some(instant) => instant,
            None if self.rollout.job.is_active() => Time::NEVER,
            // The job ended before the client heard of it.
            None => self.operator.next_call(self.clock.job_ended, now).max(now),
        };
    }

    /// What goes wrong with an attempt of a call, and the chance in [-1, 1] that scatters the wait after it.
    fn fault(&self, call: u32, attempt: u32) -> (Option<Fault>, f64) {
        let Some(api) = &self.world.plan().api else { return (None, 0.0) };
        let mut stream = self.world.draws.luck.robot(call, attempt, Purpose::Call);
        let fault = draw_fault(api, &mut stream);
        (fault, 2.0 * stream.chance() - 1.0)
    }
}

/// What goes wrong with an attempt of a call: the first draw of its stream.
pub fn draw_fault(api: &Api, stream: &mut Stream) -> Option<Fault> {
    let u = stream.chance();
    if u < api.throttle {
        Some(Fault::Throttled)
    } else if u < api.throttle + api.internal_error {
        Some(Fault::InternalError)
    } else if u < api.throttle + api.internal_error + api.lost_answer {
        Some(Fault::LostAnswer)
    } else {
        None
    }
}

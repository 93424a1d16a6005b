//! The operator's calls: through the control plane's checks, and through what may go wrong on the way (R17).

use super::campaign::{Campaign, Running};
use super::{Answer, Event, Observer, Plan};
use crate::control_plane::{
    Call, ClientRequestToken, ControlPlane, CreateDeploymentJobRequest, Decision, DeploymentApplicationConfig,
    DeploymentConfig, DeploymentLaunchConfig, Request, Resources, SyncDeploymentJobRequest,
};
use crate::random::{Purpose, Stream};
use crate::rollout::{CallCounts, CampaignOutcome, Client, Controller, Fault, JobKind, RetryPolicy};
use crate::scenario::Api;
use crate::time::Time;

/// The fleet of every campaign, as the API names it.
const FLEET: &str = "arn:aws:robomaker:us-west-2:111111111111:deployment-fleet/fleet/0";
/// The application that campaigns deploy.
const APPLICATION: &str = "arn:aws:robomaker:us-west-2:111111111111:robot-application/application/0";

/// The operator's client and the control plane of one campaign, with the requests that pass between them.
#[derive(Clone, Debug)]
pub(super) struct Calls {
    client: Client,
    /// Answers calls with the numbers of jobs.
    control_plane: ControlPlane<u32>,
    create: Call,
    sync: Call,
}

/// The account as the control plane sees it: one fleet and one application.
struct Account {
    deployed: bool,
    active: bool,
}

impl Resources for Account {
    fn has_fleet(&self, fleet: &str) -> bool {
        fleet == FLEET
    }

    fn has_application(&self, application: &str, _version: &str) -> bool {
        application == APPLICATION
    }

    fn has_deployment(&self, _fleet: &str) -> bool {
        self.deployed
    }

    fn has_active_job(&self, _fleet: &str) -> bool {
        self.active
    }

    fn active_jobs(&self) -> u32 {
        u32::from(self.active)
    }
}

impl Calls {
    /// The requests of a plan, checked as the control plane checks all requests.
    pub fn new(plan: &Plan) -> Calls {
        let token = || Some(String::from("campaign"));
        let fleet = || Some(FLEET.to_owned());
        let launch_config = DeploymentLaunchConfig {
            package_name: Some(String::from("application")),
            launch_file: Some(String::from("application.launch")),
            ..DeploymentLaunchConfig::default()
        };
        let application = DeploymentApplicationConfig {
            application: Some(APPLICATION.to_owned()),
            application_version: Some(String::from("1")),
            launch_config: Some(launch_config),
        };
        let config = DeploymentConfig {
            concurrent_deployment_percentage: Some(plan.concurrent_deployment_percentage.into()),
            failure_threshold_percentage: Some(plan.failure_threshold_percentage.into()),
            robot_deployment_timeout_in_seconds: Some(plan.robot_timeout.micros().div_euclid(1_000_000) as i64),
            download_condition_file: None,
        };
        let create = Request::Create(Box::new(CreateDeploymentJobRequest {
            client_request_token: token(),
            fleet: fleet(),
            deployment_config: Some(config),
            deployment_application_configs: vec![application],
            ..CreateDeploymentJobRequest::default()
        }));
        let sync = Request::Sync(SyncDeploymentJobRequest { client_request_token: token(), fleet: fleet() });
        let checked = |request: Request| request.into_call().expect("a checked scenario makes requests that are right");
        Calls {
            client: Client::new(plan.api.map_or(RetryPolicy::default(), |api| api.retry)),
            control_plane: ControlPlane::default(),
            create: checked(create),
            sync: checked(sync),
        }
    }

    /// Begins another campaign. Keeps the memory.
    pub fn reset(&mut self) {
        self.client = self.client.renewed();
        self.control_plane.clear();
    }

    /// What has become of the calls so far.
    pub fn counts(&self) -> &CallCounts {
        self.client.counts()
    }
}

impl<C: Controller> Campaign<'_, C> {
    /// The operator makes a call, or repeats one, and arranges for the next (R12, R17). The outcome, if the campaign ends with it.
    pub(super) fn call<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) -> Option<CampaignOutcome> {
        let kind = self.calls.client.kind();
        let (call, attempt) = self.calls.client.attempt();
        let (fault, chance) = self.fault(call, attempt);
        running.observer.see(now, &Event::CallMade { kind, call, attempt });
        running.next_call = Time::NEVER;
        let mut outcome = None;
        let mut answer = None;
        let next_job = running.operator.jobs();
        if matches!(fault, None | Some(Fault::LostAnswer)) {
            let account = Account { deployed: running.operator.jobs() > 0, active: self.job.is_active() };
            let calls = &mut self.calls;
            let request = if kind == JobKind::Deployment { &mut calls.create } else { &mut calls.sync };
            request.token = ClientRequestToken::numbered(call.into());
            let request = &*request;
            answer = calls.control_plane.decide(request, &account).ok();
            if answer == Some(Decision::New) {
                calls.control_plane.remember(request, next_job);
                outcome = self.create_job(running, now, kind);
            }
        }
        let Some(fault) = fault else {
            let answer = match answer {
                Some(decision) => {
                    self.calls.client.answered();
                    Answer::Job(if let Decision::Existing(job) = decision { job } else { next_job })
                }
                None => {
                    self.calls.client.refused();
                    Answer::Refused
                }
            };
            running.observer.see(now, &Event::CallAnswered(answer));
            if outcome.is_none() {
                self.arrange_next_call(running, now);
            }
            return outcome;
        };
        let wait = self.calls.client.unanswered(fault, chance);
        running.observer.see(now, &Event::CallAnswered(Answer::None { fault, retry: wait }));
        if outcome.is_some() {
            return outcome;
        }
        if let Some(wait) = wait {
            running.next_call = now + wait;
            return None;
        }
        match running.operator.call_after_given_up(now, self.calls.counts().given_up) {
            None => Some(CampaignOutcome::MaxJobs),
            Some(instant) => {
                running.next_call = if running.operator.may_call() { instant } else { Time::NEVER };
                None
            }
        }
    }

    /// When an operator whose call has been answered makes the next one: at a fixed time, or when the active job has ended. One
    /// whose calls never go wrong knows that calls at fixed times are lost while a job is active, and does not make them.
    fn arrange_next_call<O: Observer>(&mut self, running: &mut Running<'_, O>, now: Time) {
        let fixed = running.operator.call_at_fixed_time(now).filter(|_| self.draws.plan.api.is_some());
        running.next_call = match fixed {
            _ if !running.operator.may_call() => Time::NEVER,
            Some(instant) => instant,
            None if self.job.is_active() => Time::NEVER,
            // The job ended before the client heard of it.
            None => running.operator.next_call(running.job_ended, now).max(now),
        };
    }

    /// What goes wrong with an attempt of a call, and the chance in [-1, 1] that scatters the wait after it.
    fn fault(&self, call: u32, attempt: u32) -> (Option<Fault>, f64) {
        let Some(api) = &self.draws.plan.api else { return (None, 0.0) };
        let mut stream = self.draws.luck.robot(call, attempt, Purpose::Call);
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

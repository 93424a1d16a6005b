//! Deployment jobs: how calls make and cancel them, and how time drives them (R3 to R11, R19).

use std::sync::Arc;

use super::{
    Account, Architectures, FleetRow, JOBS_EXPIRE_AFTER, JobOrigin, JobRobot, JobRow, RolloutConfig, Tags, invalid,
    not_found,
};
use crate::control_plane::{ApiException, Call, Decision, DeploymentApplicationConfig, Request, Resources, TokenKey};
use crate::random::{MAX_ATTEMPTS, Purpose};
use crate::rollout::{
    CampaignOutcome, DeploymentJob, DeploymentJobErrorCode, DeploymentStatus, JobKind, OnBreach, RoboMaker, RobotEnd,
    RobotId, RobotStatus, StartOrder,
};
use crate::simulation::{
    Cancelled, Ending, HeapEndings, Host, Order, Rollout, Stop, World, abort_in_flight, arrive, take_happenings, turn,
};
use crate::time::{Span, Time};

impl Account {
    /// The next instant at which something happens by itself, or [`Time::NEVER`].
    pub fn next_due(&mut self) -> Time {
        let of_jobs = self.active.iter().filter_map(|fleet| Some(self.fleets.get(*fleet)?.next_due())).min();
        // What is due was due at the latest instant; it takes its next turn.
        self.world.next_due().min(of_jobs.unwrap_or(Time::NEVER)).max(self.now)
    }

    /// Lets time pass until `until`, or until `most` instants have passed at which something happened: how many have.
    pub fn advance(&mut self, until: Time, most: u64) -> u64 {
        let mut turns = 0;
        loop {
            let due = self.next_due();
            if due > until || due == Time::NEVER {
                self.now = self.now.max(until);
                return turns;
            }
            if turns == most {
                return turns;
            }
            self.turn(due);
            turns += 1;
        }
    }

    /// One instant, which may take another turn.
    fn turn(&mut self, now: Time) {
        self.now = now;
        self.turns += 1;
        self.settle();
    }

    /// What a call has changed takes effect at its instant: jobs end and begin, robots start.
    pub fn settle(&mut self) {
        // Nobody breaks off a turn of an account, so it has no other outcome.
        _ = turn(self, &mut (), self.now);
    }

    /// Brings the robots to the present instant.
    fn bring_robots(&mut self) {
        _ = arrive(self, &mut (), self.now);
    }

    /// The fleet in which a robot is registered, with its serial number, and the robot's number there.
    fn fleet_with(&mut self, robot: RobotId) -> Option<(u64, &mut FleetRow, RobotId)> {
        let (serial, member) = self.robots.get(robot.into())?.member?;
        Some((serial, self.fleets.get_mut(serial)?, member))
    }

    /// The job of a fleet has ended: what it has come to.
    fn end_job(&mut self, serial: u64) {
        self.active.remove(&serial);
        let Some(fleet) = self.fleets.get_mut(serial) else { return };
        fleet.rollout.rest();
        let ended = &fleet.rollout.job;
        if let Some((_, status, _)) = &mut fleet.last_deployment {
            *status = ended.status();
        }
        if let Some(job) = fleet.latest.and_then(|job| self.jobs.get_mut(job)) {
            job.ended = self.now;
            job.status = ended.status();
            job.failure_code = ended.failure_code();
            job.halt = ended.halt().map(Box::new);
            job.progress = *ended.progress();
        }
        self.job_changed(serial);
    }

    /// CreateDeploymentJob and SyncDeploymentJob: the number of the job, and whether the call has made it.
    ///
    /// # Errors
    /// As [`ControlPlane::decide`](crate::control_plane::ControlPlane::decide).
    pub fn deploy(&mut self, call: &Call) -> Result<(u64, bool), ApiException> {
        self.forget_expired_jobs();
        match self.control_plane.decide(call, &*self)? {
            Decision::Existing(job) => Ok((job.into(), false)),
            Decision::New => Ok((self.create_job(call)?, true)),
        }
    }

    fn create_job(&mut self, call: &Call) -> Result<u64, ApiException> {
        let serial = self.jobs.next();
        let number = serial as u32;
        let fleet_serial =
            self.fleets.find(call.fleet()).ok_or_else(|| not_found("The fleet does not exist.".into()))?;
        let latest = self.fleets.get(fleet_serial).and_then(|fleet| self.jobs.get(fleet.latest?));
        let (kind, config, application, architectures, tags) = match call.request() {
            Request::Create(request) => {
                let application = request.deployment_application_configs.first().cloned().unwrap_or_default();
                let architectures = self.architectures_of(&application);
                let config = self.rollout_config(request.deployment_config.as_ref());
                (JobKind::Deployment, config, application, architectures, request.tags.clone())
            }
            Request::Sync(_) => {
                let latest = &latest.ok_or_else(|| not_found("The fleet has no deployment.".into()))?.origin;
                (JobKind::Sync, latest.config.clone(), latest.application.clone(), latest.architectures, Tags::new())
            }
        };
        let fleet = self.fleets.get(fleet_serial).ok_or_else(|| not_found(String::new()))?;
        let (fleet_arn, fleet_name) = (Arc::clone(&fleet.arn), Arc::clone(&fleet.name));
        let request = Arc::new(call.request().clone());
        let origin =
            JobOrigin { kind, fleet: fleet_serial, fleet_arn, fleet_name, request, config, application, architectures };
        // One sync job after another is made of the same.
        let known = latest.map(|latest| &latest.origin).filter(|known| ***known == origin);
        let origin = known.map_or_else(|| Arc::new(origin), Arc::clone);
        if kind == JobKind::Deployment {
            self.abandon_late(fleet_serial);
        }
        let now = self.now;
        let plan = self.world.plan();
        let draws = self.world.draws();
        let shuffled = plan.start_order == StartOrder::Shuffled;
        let order = shuffled.then(|| draws.luck.job(number, Purpose::StartOrder));
        let preparing = draws.preparing(number);
        let Some(fleet) = self.fleets.get_mut(fleet_serial) else { return Err(not_found(String::new())) };
        let on_breach = plan.controller.robo_maker().map_or(OnBreach::Drain, RoboMaker::on_breach);
        let config = &origin.config;
        let (concurrent, threshold) = (config.concurrent_deployment_percentage, config.failure_threshold_percentage);
        let rollout = &mut fleet.rollout;
        rollout.job = DeploymentJob::idle(RoboMaker::new(concurrent, threshold, on_breach));
        rollout.create_job(now, kind, order, preparing);
        let target = |member: &RobotId| JobRobot {
            member: *member,
            robot: fleet.members[*member as usize],
            status: rollout.fleet.status(*member),
            started: None,
            finished: None,
            failure_code: None,
        };
        let mut robots: Vec<JobRobot> = rollout.job.pending().iter().map(target).collect();
        robots.sort_unstable_by_key(|target| target.member);
        let job = &rollout.job;
        fleet.latest = Some(serial);
        fleet.last_deployment = Some((serial, job.status(), now));
        let row = JobRow {
            origin: Arc::clone(&origin),
            token: call.token.key(),
            created: now,
            ended: Time::NEVER,
            status: job.status(),
            failure_code: None,
            limits: job.limits(),
            halt: None,
            progress: *job.progress(),
            tags: (!tags.is_empty()).then(|| Box::new(tags)),
            robots: robots.into(),
        };
        let active = job.is_active();
        for robot in row.robots.iter().map(|robot| robot.robot) {
            self.robot_changed(robot);
        }
        let token = row.token;
        self.jobs.add(row);
        self.remember(token, &origin, serial);
        self.active.insert(fleet_serial);
        if !active {
            self.end_job(fleet_serial);
        }
        self.job_changed(fleet_serial);
        Ok(serial)
    }

    /// A repeat of the call that has made a job is answered with it from now on.
    pub(super) fn remember(&mut self, token: TokenKey, origin: &Arc<JobOrigin>, job: u64) {
        self.control_plane.remember_request(token, Arc::clone(&origin.request), job as u32);
    }

    fn architectures_of(&self, application: &DeploymentApplicationConfig) -> Architectures {
        let found = application.application.as_deref().and_then(|arn| self.applications.find(arn));
        let version = application.application_version.as_deref().unwrap_or_default();
        let revision = found.and_then(|serial| self.applications.get(serial)?.version(version));
        revision.map_or(Architectures::default(), |revision| revision.architectures())
    }

    /// What a request says of its rollout, and for the rest the scenario.
    fn rollout_config(&self, config: Option<&crate::control_plane::DeploymentConfig>) -> RolloutConfig {
        let plan = self.world.plan();
        let percentage = |given: Option<i64>, default| given.and_then(|given| given.try_into().ok()).unwrap_or(default);
        let timeout = config.and_then(|config| config.robot_deployment_timeout_in_seconds);
        RolloutConfig {
            concurrent_deployment_percentage: percentage(
                config.and_then(|config| config.concurrent_deployment_percentage),
                plan.concurrent_deployment_percentage,
            ),
            failure_threshold_percentage: percentage(
                config.and_then(|config| config.failure_threshold_percentage),
                plan.failure_threshold_percentage,
            ),
            robot_timeout: timeout.map_or(plan.robot_timeout, |seconds| Span::from_secs(seconds.unsigned_abs())),
            download_condition_file: config.and_then(|config| config.download_condition_file.clone()),
        }
    }

    /// Forgets the attempts of a fleet that go on by themselves: they belong to a deployment that has been superseded
    /// (R14).
    fn abandon_late(&mut self, fleet: u64) {
        let Some(fleet) = self.fleets.get(fleet) else { return };
        for (member, status) in fleet.rollout.fleet.iter() {
            if status == RobotStatus::NoResponse {
                self.world.forget(fleet.members[member as usize], self.now);
            }
        }
    }

    /// CancelDeploymentJob (R19).
    ///
    /// # Errors
    /// * `ResourceNotFoundException`: there is no such job.
    /// * `InvalidParameterException`: it has ended, other than canceled.
    pub fn cancel(&mut self, arn: &str) -> Result<bool, ApiException> {
        let job = self.job(arn)?;
        match job.status {
            DeploymentStatus::Canceled => return Ok(false),
            status if !job.is_active() => {
                return Err(invalid(format!("The deployment job {arn} has ended as {status}.")));
            }
            _ => {}
        }
        let fleet = job.origin.fleet;
        self.cancel_job_of(fleet);
        Ok(true)
    }

    /// Cancels the active job of a fleet, if there is one.
    pub(super) fn cancel_job_of(&mut self, serial: u64) {
        if !self.active.contains(&serial) {
            return;
        }
        self.bring_robots();
        abort_in_flight(self, &mut (), self.now, serial);
        if let Some(fleet) = self.fleets.get_mut(serial) {
            fleet.rollout.job.cancel();
            self.end_job(serial);
        }
    }

    /// A robot leaves its fleet (R19): what its job and its attempt make of that.
    pub(super) fn leave(&mut self, id: RobotId) {
        let Some((serial, member)) = self.robots.get_mut(id.into()).and_then(|robot| robot.member.take()) else {
            return;
        };
        self.bring_robots();
        self.world.forget(id, self.now);
        let Some(fleet) = self.fleets.get_mut(serial) else { return };
        if let Some(robot) = self.robots.get(id.into()).filter(|_| self.changes.watched) {
            self.changes.left.entry(Arc::clone(&fleet.arn)).or_default().push(Arc::clone(&robot.arn));
        }
        fleet.rollout.job.leave(member, &mut fleet.rollout.fleet);
        let active = fleet.rollout.job.is_active();
        if let Some(job) = fleet.latest.filter(|_| active).and_then(|job| self.jobs.get_mut(job))
            && let Some(target) = job.target_mut(member)
            && target.finished.is_none()
        {
            target.status = RobotStatus::Available;
        }
        self.robot_changed(id);
        self.job_changed(serial);
        self.settle();
    }

    /// Takes a robot offline, or lets it back: besides, its own connectivity goes on.
    pub fn force_offline(&mut self, id: RobotId, offline: bool) {
        self.bring_robots();
        self.world.force_offline(self.now, id, offline);
        _ = take_happenings(self, &mut (), self.now);
        self.robot_changed(id);
        self.settle();
    }

    /// Whether somebody has taken a robot offline.
    pub fn forced_offline(&self, id: RobotId) -> bool {
        self.world.forced_offline(id)
    }

    /// Forgets jobs that have been there for too long.
    pub fn forget_expired_jobs(&mut self) {
        while let Some(job) = self.jobs.first()
            && self.expired(job)
        {
            self.control_plane.forget(&job.token);
            self.jobs.forget_first();
        }
    }

    fn expired(&self, job: &JobRow) -> bool {
        !job.is_active() && self.now > job.created + JOBS_EXPIRE_AFTER
    }
}

/// The account's fleets over its robots. Nobody calls for jobs within a turn: calls come from outside, between turns.
impl Host<'static, ()> for Account {
    type Controller = RoboMaker;
    type Queue = HeapEndings;
    /// The serial number of a fleet with an active job.
    type Key = u64;

    fn world(&mut self) -> &mut World<'static, HeapEndings> {
        &mut self.world
    }

    fn next_active(&self, after: Option<u64>) -> Option<u64> {
        self.active.range(after.map_or(0, |serial| serial + 1)..).next().copied()
    }

    fn rollout(&mut self, serial: u64) -> &mut Rollout<RoboMaker> {
        &mut self.fleets.get_mut(serial).expect("a fleet is not deleted before its job has ended").rollout
    }

    fn robot_in_world(&self, serial: u64, member: RobotId) -> RobotId {
        self.fleets.get(serial).map_or(member, |fleet| fleet.members[member as usize])
    }

    fn fleet_timeout(&self) -> Span {
        self.world.plan().fleet_timeout
    }

    fn progress(&mut self, (): &mut (), _now: Time, robot: RobotId) {
        if let Some((_, fleet, member)) = self.fleet_with(robot) {
            fleet.rollout.fleet.progress(member);
        }
        self.robot_changed(robot);
    }

    fn end_robot(&mut self, (): &mut (), now: Time, Ending { robot, .. }: Ending, end: RobotEnd) {
        let Some((serial, fleet, member)) = self.fleet_with(robot) else { return };
        fleet.rollout.end_robot(now, member, end);
        let latest = fleet.latest;
        if let Some(target) = latest.and_then(|job| self.jobs.get_mut(job)).and_then(|job| job.target_mut(member)) {
            target.status = end.status();
            target.finished = Some(now);
            target.failure_code = end.failure_code();
        }
        self.robot_changed(robot);
        self.job_changed(serial);
    }

    fn end_late(&mut self, (): &mut (), _now: Time, robot: RobotId, end: RobotEnd, number: u32) {
        let Some((_, fleet, member)) = self.fleet_with(robot) else { return };
        let latest = fleet.latest;
        let earlier = latest.is_some_and(|job| job > u64::from(number));
        if let Some((_, fleet, _)) = self.fleet_with(robot) {
            fleet.rollout.end_late(member, end, earlier);
        }
        self.robot_changed(robot);
    }

    fn register(&mut self, (): &mut (), _now: Time, group: u32) {
        self.register_later(group as usize);
    }

    fn halted(&mut self, (): &mut (), _now: Time, serial: u64) {
        self.job_changed(serial);
    }

    fn take_in_flight(&mut self, serial: u64) -> Vec<Ending> {
        let Some(job) = self.fleets.get(serial).and_then(|fleet| self.jobs.get(fleet.latest?)) else {
            return Vec::new();
        };
        let in_flight = job.robots.iter().filter(|robot| robot.status == RobotStatus::Deploying);
        let ending = |target: &JobRobot| Ending {
            due: Time::NEVER,
            started: target.started.unwrap_or(self.now),
            robot: target.robot,
            end: RobotEnd::Aborted,
        };
        let in_flight: Vec<Ending> = in_flight.map(ending).collect();
        in_flight.iter().for_each(|ending| self.world.forget(ending.robot, self.now));
        in_flight
    }

    fn job_over(&mut self, (): &mut (), _now: Time, serial: u64) -> Option<CampaignOutcome> {
        self.end_job(serial);
        None
    }

    fn job_began(&mut self, (): &mut (), _now: Time, serial: u64) {
        self.job_changed(serial);
    }

    fn start_robot(
        &mut self,
        (): &mut (),
        now: Time,
        serial: u64,
        member: RobotId,
        _attempt: u32,
    ) -> Result<(), Cancelled> {
        let Some(fleet) = self.fleets.get_mut(serial) else { return Ok(()) };
        let id = fleet.members[member as usize];
        fleet.rollout.robot_started(now);
        let Some(number) = fleet.latest else { return Ok(()) };
        let (Some(robot), Some(job)) = (self.robots.get_mut(id.into()), self.jobs.get_mut(number)) else {
            return Ok(());
        };
        let missing = (!job.origin.architectures.contains(robot.architecture))
            .then_some(DeploymentJobErrorCode::MissingRobotApplicationArchitecture);
        let forced_failure = robot.next_failure.take().or(missing);
        let order = Order { job: number as u32, timeout: job.origin.config.robot_timeout, forced_failure };
        robot.last_deployment = Some((number, now));
        // A robot may deploy in one fleet and then in another. Streams count attempts in 24 bits; nobody lives to see
        // the first again.
        let attempt = robot.attempts % MAX_ATTEMPTS;
        robot.attempts += 1;
        if let Some(target) = job.target_mut(member) {
            target.status = RobotStatus::Deploying;
            target.started = Some(now);
        }
        if self.world.start(now, id, attempt, order, Stop::NEVER) {
            self.progress(&mut (), now, id);
        }
        take_happenings(self, &mut (), now)?;
        self.robot_changed(id);
        self.job_changed(serial);
        Ok(())
    }
}

impl Resources for Account {
    fn has_fleet(&self, fleet: &str) -> bool {
        self.fleets.find(fleet).is_some()
    }

    fn has_application(&self, application: &str, version: &str) -> bool {
        let found = self.applications.find(application).and_then(|serial| self.applications.get(serial));
        found.is_some_and(|application| application.version(version).is_some())
    }

    fn has_deployment(&self, fleet: &str) -> bool {
        let fleet = self.fleets.find(fleet).and_then(|serial| self.fleets.get(serial));
        let latest = fleet.and_then(|fleet| self.jobs.get(fleet.latest?));
        latest.is_some_and(|job| !self.expired(job))
    }

    fn has_active_job(&self, fleet: &str) -> bool {
        self.fleets.find(fleet).is_some_and(|serial| self.active.contains(&serial))
    }

    fn active_jobs(&self) -> u32 {
        self.active.len() as u32
    }
}

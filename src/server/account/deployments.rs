//! Deployment jobs: how calls make and cancel them, and how time drives them (R3 to R11, R19).

use std::sync::Arc;

use rand::seq::SliceRandom;

use super::{Account, Architectures, JOBS_EXPIRE_AFTER, JobRobot, JobRow, RolloutConfig, Tags, invalid, not_found};
use crate::control_plane::{ApiException, Call, Decision, DeploymentApplicationConfig, Request, Resources};
use crate::random::Purpose;
use crate::rollout::{
    DeploymentJob, DeploymentJobErrorCode, DeploymentStatus, JobKind, OnBreach, RoboMaker, RobotEnd, RobotId,
    RobotStatus, Start, StartOrder,
};
use crate::server::world::Event;
use crate::simulation::Order;
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

    /// One instant in R1's order: connectivity, endings, registrations, fleet timeouts, starts. Robots that take no time give it another
    /// turn.
    fn turn(&mut self, now: Time) {
        self.now = now;
        self.turns += 1;
        self.bring_robots();
        while let Some(group) = self.world.pop_registration(now) {
            self.register_later(group as usize);
        }
        self.settle_jobs();
        self.start_robots();
    }

    /// Brings the robots to the present instant.
    fn bring_robots(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        self.world.advance(self.now, &mut events);
        self.take_events(&mut events);
        self.events = events;
    }

    fn take_events(&mut self, events: &mut Vec<Event>) {
        for event in events.drain(..) {
            match event {
                Event::Progress(robot) => self.progress(robot),
                Event::Ended(robot, end) => self.end_robot(robot, end),
                Event::EndedLate(robot, end, job) => self.end_late(robot, end, job),
            }
        }
    }

    fn progress(&mut self, robot: RobotId) {
        let member = self.robots.get(robot.into()).and_then(|robot| robot.member);
        if let Some((fleet, member)) = member
            && let Some(fleet) = self.fleets.get_mut(fleet)
        {
            fleet.robots.progress(member);
        }
        self.robot_changed(robot);
    }

    fn end_robot(&mut self, robot: RobotId, end: RobotEnd) {
        let Some((serial, member)) = self.robots.get(robot.into()).and_then(|robot| robot.member) else { return };
        let Some(fleet) = self.fleets.get_mut(serial) else { return };
        fleet.job.end_robot(self.now, member, end, &mut fleet.robots);
        let latest = fleet.latest;
        if let Some(target) = latest.and_then(|job| self.jobs.get_mut(job)).and_then(|job| job.target_mut(member)) {
            target.status = end.status();
            target.finished = Some(self.now);
            target.failure_code = end.failure_code();
        }
        self.robot_changed(robot);
        self.job_changed(serial);
    }

    /// An attempt that had ended as `NoResponse` in the job of this number ends by itself (R14).
    fn end_late(&mut self, robot: RobotId, end: RobotEnd, number: u32) {
        let Some((serial, member)) = self.robots.get(robot.into()).and_then(|robot| robot.member) else { return };
        let Some(fleet) = self.fleets.get_mut(serial) else { return };
        fleet.robots.end_late(member, end.status());
        let later = fleet.latest.and_then(|job| self.jobs.get(job)).is_some_and(|job| job.number > number);
        // A later job that is active has the robot among its targets, and has not started it.
        if end == RobotEnd::InSync && fleet.job.is_active() && later {
            fleet.job.withdraw(member);
        }
        self.robot_changed(robot);
    }

    /// Halts, ends and begins jobs as the present instant has it.
    fn settle_jobs(&mut self) {
        let now = self.now;
        for serial in self.active.iter().copied().collect::<Vec<u64>>() {
            let Some(fleet) = self.fleets.get_mut(serial) else { continue };
            let halt = fleet.job.judge(now);
            if halt.is_some() {
                self.job_changed(serial);
            }
            if halt == Some(OnBreach::Abort) {
                self.abort_in_flight(serial);
            }
            let Some(fleet) = self.fleets.get_mut(serial) else { continue };
            let mut over = fleet.job.conclude();
            if now >= fleet.times_out && !over {
                self.abort_in_flight(serial);
                let Some(fleet) = self.fleets.get_mut(serial) else { continue };
                fleet.job.time_out();
                over = true;
            }
            if over {
                self.job_over(serial);
                continue;
            }
            let Some(fleet) = self.fleets.get_mut(serial) else { continue };
            if now >= fleet.begins {
                fleet.job.begin(now);
                fleet.begins = Time::NEVER;
                fleet.times_out = now + self.world.plan().fleet_timeout;
                self.job_changed(serial);
            }
        }
    }

    /// Starts robots until their jobs say no (R4, R6).
    fn start_robots(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        for serial in self.active.iter().copied().collect::<Vec<u64>>() {
            while let Some(member) = self.next_start(serial) {
                self.start_robot(serial, member, &mut events);
                self.take_events(&mut events);
            }
        }
        self.events = events;
    }

    fn next_start(&mut self, serial: u64) -> Option<RobotId> {
        let fleet = self.fleets.get_mut(serial)?;
        match fleet.job.start_next(self.now, &mut fleet.robots) {
            Start::Robot { robot, .. } => return Some(robot),
            Start::Nobody => fleet.wake = Time::NEVER,
            Start::NotBefore(instant) => fleet.wake = instant,
        }
        None
    }

    fn start_robot(&mut self, serial: u64, member: RobotId, events: &mut Vec<Event>) {
        let Some(fleet) = self.fleets.get_mut(serial) else { return };
        let id = fleet.members[member as usize];
        let (Some(robot), Some(job)) =
            (self.robots.get_mut(id.into()), fleet.latest.and_then(|job| self.jobs.get_mut(job)))
        else {
            return;
        };
        let missing = (!job.architectures.contains(robot.architecture))
            .then_some(DeploymentJobErrorCode::MissingRobotApplicationArchitecture);
        let order =
            Order { job: job.number, timeout: job.config.robot_timeout, doomed: robot.doomed.take().or(missing) };
        robot.last_deployment = Some((Arc::clone(&job.arn), self.now));
        if let Some(target) = job.target_mut(member) {
            target.status = RobotStatus::Deploying;
            target.started = Some(self.now);
        }
        self.world.start(self.now, id, order, events);
        self.robot_changed(id);
        self.job_changed(serial);
    }

    /// Ends the robots of a fleet that are in flight with their job.
    fn abort_in_flight(&mut self, serial: u64) {
        let Some(job) = self.fleets.get(serial).and_then(|fleet| self.jobs.get(fleet.latest?)) else { return };
        let in_flight = job.robots.iter().filter(|robot| robot.status == RobotStatus::Deploying);
        for robot in in_flight.map(|robot| robot.robot).collect::<Vec<RobotId>>() {
            self.world.forget(robot);
            self.end_robot(robot, RobotEnd::Aborted);
        }
    }

    /// The job of a fleet has ended: what it has come to.
    fn job_over(&mut self, serial: u64) {
        self.active.remove(&serial);
        let Some(fleet) = self.fleets.get_mut(serial) else { return };
        (fleet.begins, fleet.times_out, fleet.wake) = (Time::NEVER, Time::NEVER, Time::NEVER);
        if let Some((_, status, _)) = &mut fleet.last_deployment {
            *status = fleet.job.status();
        }
        if let Some(job) = fleet.latest.and_then(|job| self.jobs.get_mut(job)) {
            job.ended = Some(self.now);
            job.status = fleet.job.status();
            job.failure_code = fleet.job.failure_code();
            job.halt = fleet.job.halt();
            job.progress = *fleet.job.progress();
        }
        self.job_changed(serial);
    }

    /// CreateDeploymentJob and SyncDeploymentJob: the serial number of the job, and whether the call has made it.
    ///
    /// # Errors
    /// As [`ControlPlane::decide`](crate::control_plane::ControlPlane::decide).
    pub fn deploy(&mut self, call: &Call) -> Result<(u64, bool), ApiException> {
        self.forget_expired_jobs();
        match self.control_plane.decide(call, &*self)? {
            Decision::Existing(job) => Ok((job, false)),
            Decision::New => Ok((self.create_job(call)?, true)),
        }
    }

    fn create_job(&mut self, call: &Call) -> Result<u64, ApiException> {
        let number = self.jobs.next() as u32;
        let fleet_serial =
            self.fleets.find(call.fleet()).ok_or_else(|| not_found("The fleet does not exist.".into()))?;
        let latest = self.fleets.get(fleet_serial).and_then(|fleet| self.jobs.get(fleet.latest?));
        let (kind, config, application, architectures, tags) = match call.request() {
            Request::Create(request) => {
                let application = request.deployment_application_configs.first().cloned().unwrap_or_default();
                let architectures = self.architectures_of(&application);
                let config = self.rollout_config(request.deployment_config.as_ref());
                (JobKind::Deployment, config, Arc::new(application), architectures, request.tags.clone())
            }
            Request::Sync(_) => {
                let latest = latest.ok_or_else(|| not_found("The fleet has no deployment.".into()))?;
                let application = Arc::clone(&latest.application);
                (JobKind::Sync, latest.config.clone(), application, latest.architectures, Tags::new())
            }
        };
        let name = format!("deployment-{number:012x}");
        let arn = self.new_arn(&self.jobs, "deployment-job", &name);
        if kind == JobKind::Deployment {
            self.abandon_late(fleet_serial);
        }
        let serial = self.jobs.next();
        let now = self.now;
        let plan = self.world.plan();
        let mut order_of_start = self.world.luck().job(number, Purpose::StartOrder);
        let begins = now + self.world.preparing(number);
        let Some(fleet) = self.fleets.get_mut(fleet_serial) else { return Err(not_found(String::new())) };
        let on_breach = plan.controller.robo_maker().map_or(OnBreach::Drain, RoboMaker::on_breach);
        let (concurrent, threshold) = (config.concurrent_deployment_percentage, config.failure_threshold_percentage);
        fleet.job = DeploymentJob::idle(RoboMaker::new(concurrent, threshold, on_breach));
        fleet.job.create(now, kind, &mut fleet.robots);
        let target = |member: &RobotId| JobRobot {
            member: *member,
            robot: fleet.members[*member as usize],
            status: fleet.robots.status(*member),
            started: None,
            finished: None,
            failure_code: None,
        };
        let robots: Vec<JobRobot> = fleet.job.pending().iter().map(target).collect();
        if fleet.job.is_active() {
            if plan.start_order == StartOrder::Shuffled {
                fleet.job.targets_mut().shuffle(&mut order_of_start);
            }
            fleet.job.prepare();
            fleet.begins = begins;
        }
        fleet.latest = Some(serial);
        fleet.last_deployment = Some((Arc::clone(&arn), fleet.job.status(), now));
        let row = JobRow {
            arn: Arc::clone(&arn),
            number,
            kind,
            fleet: fleet_serial,
            fleet_arn: Arc::clone(&fleet.arn),
            fleet_name: Arc::clone(&fleet.name),
            token: call.token,
            config,
            application,
            architectures,
            created: now,
            ended: None,
            status: fleet.job.status(),
            failure_code: None,
            limits: fleet.job.limits(),
            halt: None,
            progress: *fleet.job.progress(),
            tags,
            robots,
        };
        let active = fleet.job.is_active();
        for robot in row.robots.iter().map(|robot| robot.robot) {
            self.robot_changed(robot);
        }
        self.jobs.add(arn, name.into(), row);
        self.control_plane.remember(call, serial);
        self.active.insert(fleet_serial);
        if !active {
            self.job_over(fleet_serial);
        }
        self.job_changed(fleet_serial);
        Ok(serial)
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

    /// Forgets the attempts of a fleet that go on by themselves: they belong to a deployment that has been superseded (R14).
    fn abandon_late(&mut self, fleet: u64) {
        let Some(fleet) = self.fleets.get(fleet) else { return };
        for (member, status) in fleet.robots.iter() {
            if status == RobotStatus::NoResponse {
                self.world.forget(fleet.members[member as usize]);
            }
        }
    }

    /// CancelDeploymentJob (R19).
    ///
    /// # Errors
    /// * `ResourceNotFoundException`: there is no such job.
    /// * `InvalidParameterException`: it has ended, other than canceled.
    pub fn cancel(&mut self, arn: &str) -> Result<bool, ApiException> {
        self.forget_expired_jobs();
        let job = self.jobs.find(arn).and_then(|serial| self.jobs.get(serial));
        let job = job.ok_or_else(|| not_found(format!("The deployment job {arn} does not exist.")))?;
        match job.status {
            DeploymentStatus::Canceled => return Ok(false),
            status if !job.is_active() => {
                return Err(invalid(format!("The deployment job {arn} has ended as {status}.")));
            }
            _ => {}
        }
        self.cancel_job_of(job.fleet);
        Ok(true)
    }

    /// Cancels the active job of a fleet, if there is one.
    pub(super) fn cancel_job_of(&mut self, serial: u64) {
        if !self.active.contains(&serial) {
            return;
        }
        self.bring_robots();
        self.abort_in_flight(serial);
        if let Some(fleet) = self.fleets.get_mut(serial) {
            fleet.job.cancel();
            self.job_over(serial);
        }
    }

    /// A robot leaves its fleet (R19): what its job and its attempt make of that.
    pub(super) fn leave(&mut self, id: RobotId) {
        let Some((serial, member)) = self.robots.get_mut(id.into()).and_then(|robot| robot.member.take()) else {
            return;
        };
        self.bring_robots();
        self.world.forget(id);
        let Some(fleet) = self.fleets.get_mut(serial) else { return };
        fleet.job.leave(member, &mut fleet.robots);
        let active = fleet.job.is_active();
        if let Some(job) = fleet.latest.filter(|_| active).and_then(|job| self.jobs.get_mut(job))
            && let Some(target) = job.target_mut(member)
            && target.finished.is_none()
        {
            target.status = RobotStatus::Available;
        }
        self.changes.membership = self.changes.watched;
        self.robot_changed(id);
        self.job_changed(serial);
        self.settle();
    }

    /// Takes a robot offline, or lets it back: besides, its own connectivity goes on.
    pub fn force_offline(&mut self, id: RobotId, offline: bool) {
        self.bring_robots();
        let mut events = std::mem::take(&mut self.events);
        self.world.force_offline(self.now, id, offline, &mut events);
        self.take_events(&mut events);
        self.events = events;
        self.robot_changed(id);
        self.settle();
    }

    /// Whether somebody has taken a robot offline.
    pub fn forced_offline(&self, id: RobotId) -> bool {
        self.world.forced_offline(id)
    }

    /// What a call has changed takes effect at its instant: jobs end and begin, robots start.
    pub fn settle(&mut self) {
        self.bring_robots();
        self.settle_jobs();
        self.start_robots();
    }

    /// Forgets jobs that have been there for too long.
    pub fn forget_expired_jobs(&mut self) {
        while let Some((serial, job)) = self.jobs.first()
            && self.expired(job)
        {
            let (arn, token, name) = (Arc::clone(&job.arn), job.token, format!("deployment-{:012x}", job.number));
            self.jobs.remove(serial, &arn, &name);
            self.control_plane.forget(&token);
        }
    }

    fn expired(&self, job: &JobRow) -> bool {
        !job.is_active() && self.now > job.created + JOBS_EXPIRE_AFTER
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

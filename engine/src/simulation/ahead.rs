//! Drawing ahead: many robots' attempts at a time.
//!
//! What a robot draws is a pure function of (seed, replication, robot, attempt), so it can be drawn before the robot
//! starts, together with those that come after it in the job. The arithmetic is that of [`Draws`], written over arrays,
//! and the same source is compiled for several instruction sets, of which the machine's best is chosen at run time. It
//! gives the same bits on all of them, and the same as one robot at a time.

use pulp::{Arch, NullaryFnOnce};

use super::draws::{Attempt, Draws};
use super::plan::GroupPlan;
use crate::random::attempt::{BLOCKS, OUTCOME, SLOTS_PER_BLOCK, latency_slot};
use crate::rollout::{RobotEnd, RobotId};
use crate::time::Span;

/// How many robots are drawn at a time.
const LANES: usize = 64;

/// How many lanes are drawn where robots are few.
const FEW: usize = 16;

/// Fewer robots than this are drawn one by one.
const WORTHWHILE: usize = 6;

/// Attempts that have been drawn ahead, in the order in which they were asked for.
#[derive(Debug)]
pub struct Ahead {
    arch: Arch,
    /// [`NOBODY`] in the lanes from `drawn` on.
    robots: [RobotId; LANES],
    attempts: [u32; LANES],
    keys: [u64; LANES],
    /// What decides how a failure fails.
    outcomes: [f64; LANES],
    next: usize,
    drawn: usize,
}

/// No robot has this number.
const NOBODY: RobotId = RobotId::MAX;

/// The outcomes that a drawn number may stand for; how a failure fails is found when it is needed.
const IN_SYNC: u64 = 0;
const FAILED: u64 = 1;
const NO_RESPONSE: u64 = 2;

impl Default for Ahead {
    fn default() -> Ahead {
        Ahead {
            arch: Arch::new(),
            robots: [NOBODY; LANES],
            attempts: [0; LANES],
            keys: [0; LANES],
            outcomes: [0.0; LANES],
            next: 0,
            drawn: 0,
        }
    }
}

/// Whoever has a copy draws again what it needs: it comes to the same, and most copies need nothing.
impl Clone for Ahead {
    fn clone(&self) -> Ahead {
        Ahead { arch: self.arch, ..Ahead::default() }
    }

    fn clone_from(&mut self, _: &Ahead) {
        self.clear();
    }
}

impl Ahead {
    /// Forgets what has been drawn: another replication begins, or another job, in which robots make other attempts.
    pub fn clear(&mut self) {
        (self.next, self.drawn) = (0, 0);
        self.robots.fill(NOBODY);
    }

    /// Draws the deployment of `robot` in its attempt `attempt`. `following` says which robots will probably start
    /// after it, and `attempt_of` which attempt of theirs that is.
    #[inline(always)]
    pub fn attempt<'a>(
        &mut self,
        draws: &Draws<'_>,
        robot: RobotId,
        attempt: u32,
        following: impl FnOnce() -> &'a [RobotId],
        attempt_of: impl Fn(RobotId) -> u32,
    ) -> Attempt {
        if !self.is_next(robot)
            && (self.next < self.drawn || !self.draw(draws, robot, attempt, following(), attempt_of))
        {
            // Somebody else than was expected, or too few.
            self.clear();
            return draws.attempt(draws.group(robot), robot, attempt);
        }
        let lane = self.next;
        debug_assert_eq!(self.attempts[lane], attempt, "what was drawn for another job is forgotten");
        self.next += 1;
        let key = self.keys[lane];
        let end = if key & 3 == IN_SYNC { RobotEnd::InSync } else { self.failure(draws, lane) };
        Attempt { duration: Span::from_bounded_micros(key >> 2), end }
    }

    #[inline(always)]
    fn is_next(&self, robot: RobotId) -> bool {
        self.next < LANES && self.robots[self.next] == robot
    }

    /// How a drawn attempt ends that does not succeed.
    #[cold]
    fn failure(&self, draws: &Draws<'_>, lane: usize) -> RobotEnd {
        let robot = self.robots[lane];
        match self.keys[lane] & 3 {
            NO_RESPONSE => RobotEnd::NoResponse,
            _ => draws.failure(draws.group(robot), self.outcomes[lane]),
        }
    }

    /// Draws the attempts of `robot` and those that follow, as long as they are of the same group since the start;
    /// false if they are too few.
    #[cold]
    fn draw(
        &mut self,
        draws: &Draws<'_>,
        robot: RobotId,
        attempt: u32,
        following: &[RobotId],
        attempt_of: impl Fn(RobotId) -> u32,
    ) -> bool {
        self.clear();
        let group = draws.group_of(robot);
        let alike = draws.plan.robots_of(group);
        let following = &following[..following.len().min(LANES - 1)];
        let following = following.split(|other| !alike.contains(other)).next().unwrap_or_default();
        self.drawn = 1 + following.len();
        if self.drawn < WORTHWHILE {
            return false;
        }
        // The lanes that are left over draw something, and nobody asks for it.
        (self.robots[0], self.attempts[0]) = (robot, attempt);
        for (lane, robot) in (1..).zip(following) {
            (self.robots[lane], self.attempts[lane]) = (*robot, attempt_of(*robot));
        }
        let group = draws.plan.group(group);
        if self.drawn <= FEW {
            self.draw_lanes::<FEW>(draws, group)
        } else {
            self.draw_lanes::<LANES>(draws, group)
        }
        true
    }

    /// Draws the first N lanes.
    fn draw_lanes<const N: usize>(&mut self, draws: &Draws<'_>, group: &GroupPlan) {
        let all = "N is at most LANES";
        let robots = self.robots.first_chunk::<N>().expect(all);
        let attempts = self.attempts.first_chunk::<N>().expect(all);
        let keys = self.keys.first_chunk_mut::<N>().expect(all);
        let outcomes = self.outcomes.first_chunk_mut::<N>().expect(all);
        self.arch.dispatch(Kernel { draws, group, robots, attempts, keys, outcomes });
    }
}

/// The drawing of many attempts of one group: their lengths in microseconds, times four, and their outcomes.
struct Kernel<'a, const N: usize> {
    draws: &'a Draws<'a>,
    group: &'a GroupPlan,
    robots: &'a [RobotId; N],
    attempts: &'a [u32; N],
    keys: &'a mut [u64; N],
    outcomes: &'a mut [f64; N],
}

impl<const N: usize> NullaryFnOnce for Kernel<'_, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Kernel { draws, group, robots, attempts, keys, outcomes } = self;
        let mut latencies = [0.0; N];
        // Whole microseconds, which are exact as floats.
        let mut elapsed = [0.0; N];
        for block in 0..BLOCKS {
            let here = |slot: usize| slot / SLOTS_PER_BLOCK == block;
            if !here(OUTCOME) && !group.steps.iter().any(|step| here(latency_slot(step.step))) {
                continue;
            }
            let numbers = draws.luck.attempts(robots, attempts, block);
            if here(OUTCOME) {
                *outcomes = numbers[OUTCOME % SLOTS_PER_BLOCK];
            }
            for step in group.steps.iter().filter(|step| here(latency_slot(step.step))) {
                let odds = draws.odds.step(step.place);
                match odds.latency.inverse() {
                    Some(inverse) => {
                        inverse.at_each(&numbers[latency_slot(step.step) % SLOTS_PER_BLOCK], &mut latencies);
                        if odds.pace != 1.0 {
                            latencies.iter_mut().for_each(|latency| *latency *= odds.pace);
                        }
                    }
                    None => {
                        for lane in 0..N {
                            latencies[lane] = draws.latency(step, robots[lane], attempts[lane]).micros() as f64;
                        }
                    }
                }
                for lane in 0..N {
                    let micros = Span::round_drawn_micros(latencies[lane]);
                    elapsed[lane] += if odds.reaches(outcomes[lane]) { micros } else { 0.0 };
                }
                if odds.may_hang() {
                    for lane in 0..N {
                        elapsed[lane] += if odds.hangs(outcomes[lane]) { f64::INFINITY } else { 0.0 };
                    }
                }
            }
        }
        let last = group.steps.last().map(|step| draws.odds.step(step.place));
        let timeout = draws.plan.robot_timeout.micros();
        for lane in 0..N {
            let end = if last.is_none_or(|last| last.passes(outcomes[lane])) { IN_SYNC } else { FAILED };
            let micros = Span::from_drawn_micros(elapsed[lane]).micros();
            keys[lane] = if micros > timeout { timeout << 2 | NO_RESPONSE } else { micros << 2 | end };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::random::Luck;
    use crate::scenario::Scenario;
    use crate::simulation::Plan;

    /// Two groups with all families between them, failures, codes and timeouts.
    const SCENARIO: &str = r#"
        name = "families"
        [deployment]
        concurrent_deployment_percentage = 100
        failure_threshold_percentage = 100
        robot_deployment_timeout = "5m"
        [[group]]
        name = "a"
        robots = 100
        pace = { sigma = 0.3 }
        [group.step.validating]
        latency = { exponential = { mean = "20s" } }
        failure = 0.1
        [group.step.executing_download_condition]
        latency = { empirical = { values = ["1s", "7s", "9s"] } }
        failure = { beta = { mean = 0.1, concentration = 3 } }
        [group.step.downloading_extracting]
        latency = { lognormal = { median = "1m", sigma = 1.2 } }
        failure = { probability = 0.2, codes = { ResourceNotFound = 1, EtagMismatch = 2 } }
        [group.step.executing_pre_launch]
        latency = { shift = "3s", weibull = { shape = 0.7, scale = "9s" } }
        hang = 0.1
        [group.step.launching]
        latency = { shift = "2s", gamma = { shape = 0.5, scale = "30s" } }
        failure = 0.1
        [group.step.executing_post_launch]
        latency = { pareto = { scale = "1s", shape = 1.1 } }
        [[group]]
        name = "b"
        robots = 57
        [group.step.validating]
        latency = { normal = { mean = "10s", std = "9s" } }
        [group.step.executing_download_condition]
        latency = { triangular = { min = "1s", mode = "2s", max = "9s" } }
        hang = 0.2
        failure = 0.3
        [group.step.downloading_extracting]
        latency = { uniform = { min = "1s", max = "3m" } }
        failure = 1
        [group.step.launching]
        latency = { constant = "3s" }
    "#;

    #[test]
    fn drawn_ahead_on_any_machine_or_one_by_one_is_the_same() {
        let scenario = Scenario::parse(SCENARIO, "", Path::new(""), &[]).expect("it is right");
        let plan = Plan::new(&scenario);
        let mut draws = Draws::new(&plan);
        let mut ends = std::collections::BTreeSet::new();
        for replication in 0..60 {
            draws.reset(Luck::new(11, replication));
            for arch in [Arch::new(), Arch::Scalar] {
                let mut ahead = Ahead { arch, ..Ahead::default() };
                // Every third robot does not come when it was expected.
                let robots: Vec<RobotId> = (0..157).filter(|robot| robot % 3 != replication % 4).collect();
                let attempt = |robot: RobotId| robot % 2 + replication;
                for (place, robot) in robots.iter().enumerate() {
                    let following: Vec<RobotId> = (*robot + 1..157).skip(place % 2).collect();
                    let drawn = ahead.attempt(&draws, *robot, attempt(*robot), || &following, attempt);
                    assert_eq!(drawn, draws.attempt(draws.group(*robot), *robot, attempt(*robot)), "{robot}");
                    ends.insert(drawn.end);
                }
            }
        }
        assert!(ends.len() >= 6, "successes, timeouts and failures of all kinds: {ends:?}");
    }
}

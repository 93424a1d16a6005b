//! Drawing ahead: many robots' attempts at a time.
//!
//! What a robot draws is a pure function of (seed, replication, robot, attempt), so it can be drawn before the robot starts, together
//! with those that come after it in the job. The arithmetic is that of [`Draws`], written over arrays, and the same
//! source is compiled for several instruction sets, of which the machine's best is chosen at run time. It gives the same
//! bits on all of them, and the same as one robot at a time.

use pulp::{Arch, NullaryFnOnce};

use super::draws::{Attempt, Draws};
use super::plan::GroupPlan;
use crate::random::attempt::{OUTCOME, SLOTS, latency_slot};
use crate::rollout::{RobotEnd, RobotId};
use crate::time::Span;

/// How many robots are drawn at a time.
pub const LANES: usize = 32;

/// Fewer robots than this are drawn one by one.
const WORTHWHILE: usize = 6;

/// Attempts that have been drawn ahead, in the order in which they were asked for.
#[derive(Clone, Debug)]
pub struct Ahead {
    arch: Arch,
    robots: [RobotId; LANES],
    attempts: [u32; LANES],
    keys: [u64; LANES],
    next: usize,
    drawn: usize,
}

/// The outcomes that a drawn number may stand for; how a failure fails is found when it is needed.
const IN_SYNC: u64 = 0;
const FAILED: u64 = 1;
const NO_RESPONSE: u64 = 2;

impl Default for Ahead {
    fn default() -> Ahead {
        let none = [0; LANES];
        Ahead { arch: Arch::new(), robots: none, attempts: none, keys: [0; LANES], next: 0, drawn: 0 }
    }
}

impl Ahead {
    /// Forgets what has been drawn: another replication begins.
    pub fn clear(&mut self) {
        (self.next, self.drawn) = (0, 0);
    }

    /// Draws the deployment of `robot`, which is of `group`. `following` are the robots that will probably start after it,
    /// each with the number of its next attempt.
    #[inline]
    pub fn attempt(
        &mut self,
        draws: &Draws<'_>,
        group: &GroupPlan,
        robot: RobotId,
        attempt: u32,
        following: impl Iterator<Item = (RobotId, u32)>,
    ) -> Attempt {
        if self.next == self.drawn {
            self.draw(draws, group, robot, attempt, following);
        }
        let here = self.next;
        if here < self.drawn && (self.robots[here], self.attempts[here]) == (robot, attempt) {
            self.next += 1;
            return self.drawn_attempt(draws, group, here);
        }
        // Somebody else than was expected.
        self.clear();
        draws.attempt(group, robot, attempt)
    }

    /// Draws the attempts of `robot` and those that follow, as long as they are of the same group.
    #[cold]
    fn draw(
        &mut self,
        draws: &Draws<'_>,
        group: &GroupPlan,
        robot: RobotId,
        attempt: u32,
        following: impl Iterator<Item = (RobotId, u32)>,
    ) {
        self.clear();
        let alike = |(other, _): &(RobotId, u32)| std::ptr::eq(draws.group(*other), group);
        for (robot, attempt) in std::iter::once((robot, attempt)).chain(following.take_while(alike)).take(LANES) {
            self.robots[self.drawn] = robot;
            self.attempts[self.drawn] = attempt;
            self.drawn += 1;
        }
        if self.drawn < WORTHWHILE {
            return self.clear();
        }
        // The lanes that are left over draw something, and nobody asks for it.
        let (robots, attempts, keys) = (&self.robots, &self.attempts, &mut self.keys);
        self.arch.dispatch(Kernel { draws, group, robots, attempts, keys });
    }

    #[inline]
    fn drawn_attempt(&self, draws: &Draws<'_>, group: &GroupPlan, lane: usize) -> Attempt {
        let key = self.keys[lane];
        let end = match key & 3 {
            IN_SYNC => RobotEnd::InSync,
            NO_RESPONSE => RobotEnd::NoResponse,
            _ => draws.failure(group, self.robots[lane], self.attempts[lane]),
        };
        Attempt { duration: Span::from_micros(key >> 2), end }
    }
}

/// The drawing of [`LANES`] attempts of one group: their lengths in microseconds, times four, and their outcomes.
struct Kernel<'a> {
    draws: &'a Draws<'a>,
    group: &'a GroupPlan,
    robots: &'a [RobotId; LANES],
    attempts: &'a [u32; LANES],
    keys: &'a mut [u64; LANES],
}

impl NullaryFnOnce for Kernel<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Kernel { draws, group, robots, attempts, keys } = self;
        let mut numbers = [[0.0; LANES]; SLOTS];
        for pair in 0..SLOTS / 2 {
            if pair == OUTCOME / 2 || group.steps.iter().any(|step| latency_slot(step.step) / 2 == pair) {
                draws.luck.attempts(robots, attempts, pair, &mut numbers);
            }
        }
        let outcomes = numbers[OUTCOME];
        let mut elapsed = [0; LANES];
        // 0 for those who fail at a step, so that later ones take no time; all ones for the others.
        let mut going_on = [u64::MAX; LANES];
        let mut latencies = [0.0; LANES];
        for step in &group.steps {
            match step.latency.inverse() {
                Some(inverse) => inverse.at_each(&numbers[latency_slot(step.step)], &mut latencies),
                None => {
                    for lane in 0..LANES {
                        latencies[lane] = draws.latency(step, robots[lane], attempts[lane]).micros() as f64;
                    }
                }
            }
            let odds = draws.odds.step(step.place);
            for lane in 0..LANES {
                elapsed[lane] += Span::from_drawn_micros(latencies[lane]).micros() & going_on[lane];
                going_on[lane] = if odds.passes(outcomes[lane]) { going_on[lane] } else { 0 };
            }
        }
        let timeout = draws.plan.robot_timeout.micros();
        for lane in 0..LANES {
            let end = if going_on[lane] == 0 { FAILED } else { IN_SYNC };
            let in_time = elapsed[lane] << 2 | end;
            keys[lane] = if elapsed[lane] > timeout { timeout << 2 | NO_RESPONSE } else { in_time };
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
        latency = { weibull = { shape = 0.7, scale = "9s" } }
        [group.step.launching]
        latency = { gamma = { shape = 0.5, scale = "30s" } }
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
                    let group = draws.group(*robot);
                    let following = (*robot + 1..157).map(|robot| (robot, attempt(robot))).skip(place % 2);
                    let drawn = ahead.attempt(&draws, group, *robot, attempt(*robot), following);
                    assert_eq!(drawn, draws.attempt(group, *robot, attempt(*robot)), "{robot}");
                    ends.insert(drawn.end);
                }
            }
        }
        assert!(ends.len() >= 6, "successes, timeouts and failures of all kinds: {ends:?}");
    }
}

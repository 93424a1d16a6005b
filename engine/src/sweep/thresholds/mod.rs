//! Many failure thresholds in one pass.
//!
//! A failure threshold decides nothing but when a job halts: until then a campaign goes the same way as under any
//! higher threshold. So [`one_pass`] simulates each replication once, at the highest threshold of those that are
//! wanted: its path. Where a job reaches the limit of a lower threshold, a copy of the campaign leaves the path: it
//! halts there, and goes on to its own end, whatever that takes. That is right in every world, and whatever follows a
//! halt.
//!
//! # What it costs
//!
//! The way to the fork is simulated once, and so are replications in which no job reaches the limit. What robots come
//! to on the way is counted once for all thresholds that share it (`SharedCluster`); results of replications are
//! counted threshold by threshold. Robots in flight at a fork that waits for them (R9) come to the same end on the path:
//! they are counted once, too, at the first fork that finds them. Thresholds that no fleet of the scenario can tell
//! apart (1 and 2 % of 40 robots) are one. Memory holds the tallies of at most [`MOST_TALLIES`] points at a time, so of
//! a grid only so many neighbours can share a path: let the threshold vary fastest, as the last `--vary`.

mod robots;
mod tallies;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use self::robots::{Robots, SeenOn};
use self::tallies::{Fork, Tallies, WalkedPath};
use super::points::simulate_alone;
use super::{Simulated, Simulation, Sweep};
use crate::experiment::{Stopped, Tally, Work, Workload};
use crate::rollout::{AnyController, OnBreach, RoboMaker, failure_limit};
use crate::scenario::{Diagnostics, Scenario};
use crate::simulation::{Campaign, Cancelled, Plan, Turn, Watch};

/// What varies when thresholds do.
const PATH: &str = "deployment.failure_threshold_percentage";

/// The most points whose tallies are kept at a time.
pub const MOST_TALLIES: u64 = 256;

/// How many paths of a block are tallied together, at most: enough that a threshold's tally comes into the processor's
/// caches seldom, few enough that the paths stay there meanwhile.
const TALLIED_TOGETHER: usize = 32;

/// The strategy that gets points which differ in nothing but the failure threshold out of one pass, and simulates all
/// others for themselves. Hands the tallies to `take` in the order of the points; they are the same as those of
/// [`one_by_one`](super::one_by_one).
///
/// # Errors
/// Those of [`one_by_one`](super::one_by_one).
pub fn one_pass<E>(
    sweep: &Sweep,
    simulation: &Simulation<'_>,
    mut take: impl FnMut(Simulated) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<Stopped> + From<Diagnostics>,
{
    let mut first = 0;
    while first < sweep.len() {
        let window = first..window_end(sweep, first);
        let mut rows = rows(sweep, window.clone());
        for point in window.clone() {
            let row = row_of(sweep, point);
            if let Some(ThresholdRow::Waiting(points)) = row.and_then(|row| rows.get(&row)) {
                let done =
                    simulate_row::<E>(sweep, points, simulation)?.map_or(ThresholdRow::Alone, ThresholdRow::Done);
                rows.extend(row.map(|row| (row, done)));
            }
            let done = match row.and_then(|row| rows.get_mut(&row)) {
                Some(ThresholdRow::Done(tallies)) => tallies.remove(&point),
                _ => None,
            };
            take(match done {
                Some(tally) => {
                    let scenario = sweep.scenario(point)?;
                    let seed = simulation.overrides.seed(&scenario);
                    Simulated { point, scenario, seed, tally }
                }
                None => simulate_alone::<E>(sweep, point, simulation)?,
            })?;
        }
        first = window.end;
    }
    Ok(())
}

/// Points that differ in nothing but the threshold, in order.
enum ThresholdRow {
    /// Not simulated yet.
    Waiting(Vec<u64>),
    /// The tally of each point that has not been taken. Its memory goes with the last point that has it.
    Done(HashMap<u64, Arc<Tally>>),
    /// Each point is simulated for itself.
    Alone,
}

/// Which variation is that of the threshold, and over how many points one of its values lasts.
fn threshold(sweep: &Sweep) -> Option<(usize, u64)> {
    let index = sweep.variations.iter().position(|variation| variation.path == PATH)?;
    let lasts = sweep.variations[index + 1..].iter().map(|variation| variation.values.len() as u64).product();
    Some((index, lasts))
}

/// The end of the points that are looked at together: whole rows if they fit, or whole thresholds of a row.
fn window_end(sweep: &Sweep, first: u64) -> u64 {
    let Some((index, lasts)) = threshold(sweep) else { return sweep.len() };
    let row = lasts * sweep.variations[index].values.len() as u64;
    let end = if row <= MOST_TALLIES {
        first + MOST_TALLIES / row * row
    } else {
        // No further than the row's end, or the next row would begin in the middle of a window.
        (first + (MOST_TALLIES / lasts).max(1) * lasts).min((first / row + 1) * row)
    };
    end.min(sweep.len())
}

/// How many points are looked at together, if a threshold varies.
pub(super) fn at_once(sweep: &Sweep) -> u64 {
    if threshold(sweep).is_some() { window_end(sweep, 0) } else { 1 }
}

/// What the points of a row have in common: the point's number without the threshold; none if no threshold varies.
fn row_of(sweep: &Sweep, point: u64) -> Option<u64> {
    let (index, lasts) = threshold(sweep)?;
    let values = sweep.variations[index].values.len() as u64;
    Some(point / (lasts * values) * lasts + point % lasts)
}

/// The rows of several points among these.
fn rows(sweep: &Sweep, points: Range<u64>) -> HashMap<u64, ThresholdRow> {
    let mut rows: HashMap<u64, Vec<u64>> = HashMap::new();
    if threshold(sweep).is_some() {
        for point in points {
            rows.entry(row_of(sweep, point).expect("a threshold varies")).or_default().push(point);
        }
    }
    rows.into_iter()
        .filter(|(_, points)| points.len() > 1)
        .map(|(row, points)| (row, ThresholdRow::Waiting(points)))
        .collect()
}

/// The threshold of a scenario, in percent: where it is varied, the rules are RoboMaker's.
fn threshold_of(scenario: &Scenario) -> u32 {
    scenario.deployment.rules.robo_maker().map_or(100, RoboMaker::failure_threshold_percentage)
}

/// Simulates the points of a row in one pass; none if a replication failed.
fn simulate_row<E>(
    sweep: &Sweep,
    points: &[u64],
    simulation: &Simulation<'_>,
) -> Result<Option<HashMap<u64, Arc<Tally>>>, E>
where
    E: From<Stopped> + From<Diagnostics>,
{
    let mut highest = sweep.scenario(points[0])?;
    let mut wanted = Vec::with_capacity(points.len());
    for point in points {
        let scenario = sweep.scenario(*point)?;
        wanted.push(threshold_of(&scenario));
        if wanted.last() > Some(&threshold_of(&highest)) {
            highest = scenario;
        }
    }
    let plan = Plan::new(&highest);
    let thresholds = Thresholds::new(&plan, &wanted);
    let pass = Pass {
        plan: &plan,
        thresholds: &thresholds.0,
        seed: simulation.overrides.seed(&highest),
        replications: simulation.overrides.replications(&highest),
        points: points.len() as u32,
    };
    let tallies = match pass.run(simulation) {
        // Each point by itself says which of them fail.
        Err(Stopped::Failed(_)) => return Ok(None),
        tallies => tallies?,
    };
    let of_point = |(point, wanted): (&u64, &u32)| (*point, Arc::clone(&tallies[thresholds.place(*wanted)]));
    Ok(Some(points.iter().zip(&wanted).map(of_point).collect()))
}

/// Thresholds that can make a difference, ascending: of several that cannot the highest.
struct Thresholds(Vec<u32>);

impl Thresholds {
    fn new(plan: &Plan, wanted: &[u32]) -> Thresholds {
        let mut thresholds = wanted.to_vec();
        thresholds.sort_unstable_by(|a, b| b.cmp(a));
        // A fleet that grows may tell any apart at some time.
        let limit = |threshold: u32| failure_limit(plan.fleet_size, threshold);
        let grows = plan.most_robots > plan.fleet_size;
        thresholds.dedup_by(|a, b| a == b || !grows && limit(*a) == limit(*b));
        thresholds.reverse();
        Thresholds(thresholds)
    }

    /// The place of the threshold that stands for this one.
    fn place(&self, wanted: u32) -> usize {
        self.0.partition_point(|threshold| *threshold < wanted)
    }
}

/// One pass over the replications of a plan, whose threshold is the last one.
struct Pass<'a> {
    plan: &'a Plan,
    thresholds: &'a [u32],
    seed: u64,
    replications: u32,
    /// So many points advance together.
    points: u32,
}

/// What a thread works with.
struct Worker<'a> {
    campaign: Campaign<'a, AnyController>,
    /// Where one after another leaves the path.
    fork: Campaign<'a, AnyController>,
    /// The first `walked` of them have not been tallied.
    paths: Vec<WalkedPath>,
    walked: usize,
}

/// The pass, on its way.
struct Walking<'a, 'p> {
    pass: &'a Pass<'p>,
    tallies: &'a [Tallies<'a>],
    simulation: &'a Simulation<'a>,
}

impl<'p> Work for Walking<'_, 'p> {
    type Own = Worker<'p>;

    fn begin(&self) -> Worker<'p> {
        let &Pass { plan, .. } = self.pass;
        Worker {
            campaign: Campaign::new(plan, plan.controller.clone()),
            fork: Campaign::new(plan, plan.controller.clone()),
            paths: Vec::new(),
            walked: 0,
        }
    }

    fn replicate(&self, worker: &mut Worker<'p>, index: u32) -> Option<()> {
        if worker.walked == TALLIED_TOGETHER {
            self.tally(worker);
        }
        if worker.walked == worker.paths.len() {
            worker.paths.push(WalkedPath::new(self.pass.plan));
        }
        self.pass.simulate(worker, index, self.simulation.cancelled).ok()?;
        worker.walked += 1;
        Some(())
    }

    fn end_block(&self, worker: &mut Worker<'p>, _: u32, replications: u32) {
        self.tally(worker);
        (self.simulation.advanced)(replications * self.pass.points);
    }
}

impl Walking<'_, '_> {
    /// Tallies the paths that have been walked.
    fn tally(&self, worker: &mut Worker<'_>) {
        let walked = &mut worker.paths[..worker.walked];
        self.tallies.iter().enumerate().for_each(|(build, tallies)| tallies.add(walked, build));
        worker.walked = 0;
    }
}

impl<'a> Pass<'a> {
    /// The tally of each threshold; thresholds that have turned out the same share it.
    fn run(&self, simulation: &Simulation<'_>) -> Result<Vec<Arc<Tally>>, Stopped> {
        let builds = self.plan.odds.builds().max(1);
        let mut tallies: Vec<Tallies<'_>> = (0..builds).map(|_| Tallies::new(self.plan, self.thresholds)).collect();
        let walking = Walking { pass: self, tallies: &tallies, simulation };
        let workload = Workload { plan: self.plan, seed: self.seed, part: 0..self.replications };
        simulation.workers.share(workload, &walking, simulation.cancelled)?;
        let differs = |threshold| tallies.iter_mut().any(|tallies| tallies.differs(threshold));
        let wanted: Vec<bool> = (0..self.thresholds.len()).map(differs).collect();
        let mut finished: Vec<_> = tallies.into_iter().map(|tallies| tallies.finish(&wanted).into_iter()).collect();
        let mut next = || finished.iter_mut().map(|tallies| tallies.next().expect("all builds have as many")).collect();
        let mut tallies: Vec<Arc<Tally>> = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let tally = match tallies.last() {
                Some(same) if !wanted => Arc::clone(same),
                _ => Arc::new(Tally::of_builds(self.plan, false, next())),
            };
            tallies.push(tally);
        }
        Ok(tallies)
    }

    /// Simulates one replication at all thresholds.
    fn simulate(&self, worker: &mut Worker<'a>, index: u32, cancelled: &AtomicBool) -> Result<(), Cancelled> {
        let Worker { campaign, fork, paths, walked } = worker;
        let WalkedPath { robots, forks, end, .. } = &mut paths[*walked];
        let lower = &self.thresholds[..self.thresholds.len() - 1];
        robots.clear();
        forks.clear();
        campaign.begin(self.seed, index);
        let mut watch = Watch::new(&mut *robots, cancelled);
        // That of the lowest threshold that has not left the path, for a fleet of this size.
        let (mut limit, mut of_size) = (0, 0);
        loop {
            let now = campaign.next_due();
            let eventful = campaign.arrive(&mut watch, now)?;
            let progress = campaign.rollout().job.progress();
            let (failures, size) = (progress.counted_failures(), progress.fleet_size);
            while let Some(threshold) = lower.get(forks.len()) {
                if size != of_size {
                    (limit, of_size) = (failure_limit(size, *threshold), size);
                }
                // Of a job that has not been made, or has no robots.
                if failures < limit.max(1) {
                    break;
                }
                fork.clone_from(campaign);
                let number = forks.len() as u32 + 1;
                forks.push(self.leave(fork, number, eventful, *threshold, &mut watch)?);
                of_size = 0;
            }
            if let Turn::Over(outcome) = campaign.act(&mut watch, now, eventful)? {
                *end = Some(campaign.replication(outcome));
                assert!(watch.observer().all_have_ended(), "the path lost a robot that a fork waited for");
                return Ok(());
            }
        }
    }

    /// Lets a copy of the path, the one of this number from 1, halt at a lower threshold, in the middle of the present
    /// turn, and go on to its end.
    fn leave(
        &self,
        fork: &mut Campaign<'a, AnyController>,
        number: u32,
        eventful: bool,
        threshold: u32,
        watch: &mut Watch<'_, &mut Robots>,
    ) -> Result<Fork, Cancelled> {
        let on_breach = self.plan.controller.robo_maker().map_or(OnBreach::Drain, RoboMaker::on_breach);
        let controller = RoboMaker::new(self.plan.concurrent_deployment_percentage, threshold, on_breach);
        fork.steer(AnyController::RoboMaker(controller));
        let mut left = watch.observer().mark();
        watch.observer().look(SeenOn::Fork(number));
        let mut turn = fork.act(watch, fork.next_due(), eventful)?;
        // What has been seen of the fork alone must stay apart.
        if turn == Turn::GoesOn && watch.observer().mark() == left {
            watch.observer().look(SeenOn::Drain(number));
            if fork.drain(watch) {
                turn = fork.turn(watch)?;
            }
            left = watch.observer().mark();
            watch.observer().look(SeenOn::Fork(number));
        }
        let replication = match turn {
            Turn::Over(outcome) => fork.replication(outcome),
            Turn::GoesOn => fork.finish(watch)?,
        };
        watch.observer().look(SeenOn::Path);
        watch.observer().forget_registrations_since(&left);
        Ok(Fork { replication, left, ended: watch.observer().mark() })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::scenario::ScenarioFile;
    use crate::sweep::variations;

    const FLEET: &str = r#"
        name = "fleet"
        [deployment]
        concurrent_deployment_percentage = 20
        failure_threshold_percentage = 90
        [[group]]
        name = "a"
        robots = 40
        [group.step.downloading_extracting]
        latency = { constant = "1m" }
    "#;

    fn plan(set: &str) -> Plan {
        let scenario = Scenario::parse(FLEET, "", std::path::Path::new(""), &[set.to_owned()]);
        Plan::new(&scenario.unwrap_or_else(|problems| panic!("{set}: {problems:?}")))
    }

    #[test]
    fn thresholds_that_no_fleet_tells_apart_are_one() {
        let fixed = Thresholds::new(&plan("group.a.robots=40"), &[3, 100, 1, 2, 5, 6, 2]);
        assert_eq!(fixed.0, [2, 5, 6, 100], "limits of 1, 1, 2, 2, 3 and 40 robots");
        assert_eq!([1, 2, 3, 5, 6, 100].map(|wanted| fixed.place(wanted)), [0, 0, 1, 1, 2, 3]);
        let grows = plan("group.a.registrations={ interarrival = { constant = \"1m\" }, max = 3 }");
        assert_eq!(Thresholds::new(&grows, &[3, 100, 1, 2, 5, 6, 2]).0, [1, 2, 3, 5, 6, 100]);
    }

    fn sweep(vary: &[&str]) -> Sweep {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(FLEET.as_bytes()).expect("it takes the text");
        let vary: Vec<String> = vary.iter().map(|vary| (*vary).to_owned()).collect();
        let file = ScenarioFile::read(file.path()).expect("just written");
        Sweep { file, sets: Vec::new(), variations: variations(&vary).expect("they are right") }
    }

    /// Windows cover all points once, hold no more points than allowed, and rows are whole where they fit.
    #[test]
    fn windows_follow_each_other() {
        const THRESHOLDS: &str = "deployment.failure_threshold_percentage=1..=100";
        for (vary, ends) in [
            (&[THRESHOLDS][..], &[100][..]),
            (&[THRESHOLDS, "group.a.robots=1,2"], &[200]),
            (&["group.a.robots=1..=5", THRESHOLDS], &[200, 400, 500]),
            (&[THRESHOLDS, "group.a.robots=1..=3"], &[255, 300]),
            (&["run.seed=1,2", THRESHOLDS, "group.a.robots=1..=3"], &[255, 300, 555, 600]),
            (&["deployment.failure_threshold_percentage=1,2", "run.seed=1..=300"], &[300, 600]),
            (&["run.seed=1..=700"], &[700]),
        ] {
            let sweep = sweep(vary);
            let mut found = Vec::new();
            let mut first = 0;
            while first < sweep.len() {
                first = window_end(&sweep, first);
                found.push(first);
            }
            assert_eq!(found, ends, "{vary:?}");
        }
    }

    /// Points of a row differ in the threshold and in nothing else.
    #[test]
    fn rows_hold_all_else_equal() {
        let sweep = sweep(&["run.seed=1..=3", "deployment.failure_threshold_percentage=1,2", "group.a.robots=5..=7"]);
        let rows = rows(&sweep, 0..sweep.len());
        assert_eq!(rows.len(), 9);
        for row in rows.values() {
            let ThresholdRow::Waiting(points) = row else { panic!("nothing has been simulated") };
            let scenarios: Vec<Scenario> =
                points.iter().map(|point| sweep.scenario(*point).expect("it is right")).collect();
            let thresholds: Vec<u32> = scenarios.iter().map(threshold_of).collect();
            assert_eq!(thresholds, [1, 2]);
            assert_eq!((scenarios[0].seed, scenarios[0].fleet_size()), (scenarios[1].seed, scenarios[1].fleet_size()));
        }
    }
}

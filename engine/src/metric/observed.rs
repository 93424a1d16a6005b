//! What a single replication says of a metric: what tests over replications look at.

use super::measures::{CLUSTERED, ENTRIES};
use super::{Metric, Number, Unit};
use crate::experiment::FirstJobOutcome;
use crate::rollout::{CallCounts, CampaignOutcome, failure_limit};
use crate::scenario::Scenario;
use crate::simulation::{Downloaded, JobRecord, Plan, Replication};
use crate::statistics::Statistic;
use crate::time::{MICROS, Span};

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The share of replications in which something happens.
    Probability,
    /// Of numbers, in percent.
    Quantile(u64),
    /// Of numbers.
    Mean,
    /// An extreme, a spread or a count: what grows with the number of replications, or has no test.
    Other,
}

/// What a replication says of a metric.
#[derive(Clone, Copy, Debug)]
pub enum Observed {
    /// Whether it happened.
    Event(fn(&Replication) -> bool),
    /// A number in whole units (microseconds, robots, bytes), if the replication has one.
    Number(fn(&Replication, &Plan) -> Option<u128>),
    /// Many numbers, which only an observer sees.
    Robots(OfRobots),
}

/// Which times of robots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfRobots {
    /// From a robot's registration until it is in sync.
    TimeToSuccess,
    /// A successful deployment.
    Deployment,
}

/// What no number of a metric can exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Most {
    /// The campaign's length.
    Horizon,
    /// The robots of the fleet.
    Robots,
    /// The whole fleet for the whole campaign.
    RobotsByHorizon,
    /// The jobs of a campaign.
    Jobs,
    /// No bound that is worth having.
    Unknown,
}

impl Metric {
    /// What kind of number it is.
    pub fn kind(&self) -> Kind {
        match self.number {
            Number::Probability(_) => Kind::Probability,
            Number::Statistic(_, Statistic::Mean, _) => Kind::Mean,
            Number::Statistic(_, statistic, _) => statistic.percent().map_or(Kind::Other, Kind::Quantile),
            _ => Kind::Other,
        }
    }

    /// The build whose replications it is about, an index into the scenario's; none for all replications.
    pub fn build(&self) -> Option<usize> {
        self.build
    }

    /// What a replication says of it; none for what is counted over all of them.
    pub fn observed(&self) -> Option<Observed> {
        self.name().and_then(observed).map(|(observed, _)| observed)
    }

    /// What none of its numbers exceeds, in whole units, if anything is known: times end with the horizon, robots are at most
    /// the fleet, jobs at most `max_jobs`. A probability is at most 1.
    pub fn greatest(&self, scenario: &Scenario) -> Option<u128> {
        let horizon = || scenario.sync.horizon.map(Span::micros).map(u128::from);
        let robots = u128::from(scenario.most_robots());
        // Where answers are lost an operator may deploy anew to robots that are in sync already, and they count again.
        let once = scenario.api.is_none();
        match self.name().and_then(observed)?.1 {
            Most::Horizon => horizon(),
            Most::Robots => (once || !self.path.ends_with(LATE_SYNCS)).then_some(robots),
            Most::RobotsByHorizon => horizon().map(|horizon| horizon * robots),
            Most::Jobs => Some(scenario.sync.max_jobs.into()),
            Most::Unknown => None,
        }
    }

    /// A number in whole units, as it is shown: seconds, or as it is.
    pub fn show(&self, number: f64) -> f64 {
        if self.unit() == Unit::Seconds { number / MICROS as f64 } else { number }
    }

    /// The name of what it is a number of, without a build.
    fn name(&self) -> Option<&'static str> {
        match self.number {
            Number::Probability(_) => {
                let of = self.path.strip_suffix(".probability")?;
                let is_this =
                    |name: &&str| of.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                ENTRIES.iter().map(|entry| entry.name).find(is_this)
            }
            Number::Statistic(entry, ..) => Some(ENTRIES[entry].name),
            _ => None,
        }
    }
}

const LATE_SYNCS: &str = "late_syncs";

fn first(replication: &Replication, of: impl FnOnce(&JobRecord) -> Option<u128>) -> Option<u128> {
    replication.first_job.as_ref().and_then(of)
}

fn ended(replication: &Replication, outcome: FirstJobOutcome) -> bool {
    replication.first_job.as_ref().and_then(FirstJobOutcome::of) == Some(outcome)
}

fn api(replication: &Replication, of: fn(&CallCounts) -> u64) -> Option<u128> {
    replication.api.as_ref().map(|counts| of(counts).into())
}

fn download(replication: &Replication, of: impl FnOnce(&Downloaded) -> Option<u128>) -> Option<u128> {
    replication.download.as_ref().and_then(of)
}

fn micros(span: Option<Span>) -> Option<u128> {
    span.map(|span| span.micros().into())
}

/// By the name in `summary.json`.
fn observed(name: &str) -> Option<(Observed, Most)> {
    use CampaignOutcome::{Halted, Horizon, InSync, MaxJobs, TimedOut};
    use Observed::{Event, Number};
    Some(match name {
        "campaign.outcomes.in_sync" => (Event(|r| r.outcome == InSync), Most::Unknown),
        "campaign.outcomes.halted" => (Event(|r| r.outcome == Halted), Most::Unknown),
        "campaign.outcomes.timed_out" => (Event(|r| r.outcome == TimedOut), Most::Unknown),
        "campaign.outcomes.max_jobs" => (Event(|r| r.outcome == MaxJobs), Most::Unknown),
        "campaign.outcomes.horizon" => (Event(|r| r.outcome == Horizon), Most::Unknown),
        "first_job.outcomes.Succeeded" => (Event(|r| ended(r, FirstJobOutcome::Succeeded)), Most::Unknown),
        "first_job.outcomes.FailureThresholdBreached" => {
            (Event(|r| ended(r, FirstJobOutcome::FailureThresholdBreached)), Most::Unknown)
        }
        "first_job.outcomes.FleetDeploymentTimeout" => {
            (Event(|r| ended(r, FirstJobOutcome::FleetDeploymentTimeout)), Most::Unknown)
        }
        "campaign.time_to_success_s" => (Number(|r, _| micros(r.time_to_success())), Most::Horizon),
        "campaign.jobs" => (Number(|r, _| Some(r.jobs.into())), Most::Jobs),
        "campaign.concurrent_deployment_exceptions" => {
            (Number(|r, _| Some(r.concurrent_deployment_exceptions.into())), Most::Unknown)
        }
        "campaign.peak_robots_down" => (Number(|r, _| Some(r.peak_robots_down.into())), Most::Robots),
        "campaign.api.calls" => (Number(|r, _| api(r, |c| c.calls)), Most::Unknown),
        "campaign.api.throttled" => (Number(|r, _| api(r, |c| c.throttled)), Most::Unknown),
        "campaign.api.internal_errors" => (Number(|r, _| api(r, |c| c.internal_errors)), Most::Unknown),
        "campaign.api.lost_answers" => (Number(|r, _| api(r, |c| c.lost_answers)), Most::Unknown),
        "campaign.api.retries" => (Number(|r, _| api(r, |c| c.retries)), Most::Unknown),
        "campaign.api.given_up" => (Number(|r, _| api(r, |c| c.given_up)), Most::Unknown),
        "campaign.api.concurrent_deployment_exceptions" => {
            (Number(|r, _| api(r, |c| c.concurrent_deployment_exceptions)), Most::Unknown)
        }
        "first_job.makespan_s" => (Number(|r, _| first(r, |job| micros(job.makespan()))), Most::Horizon),
        "first_job.time_to_success_s" => (
            Number(|r, _| {
                let succeeded = |job: &JobRecord| FirstJobOutcome::of(job) == Some(FirstJobOutcome::Succeeded);
                first(r, |job| micros(job.makespan()).filter(|_| succeeded(job)))
            }),
            Most::Horizon,
        ),
        "first_job.robots_succeeded" => {
            (Number(|r, _| first(r, |job| Some(job.progress.succeeded.into()))), Most::Robots)
        }
        "first_job.robots_failed" => {
            (Number(|r, _| first(r, |job| Some(job.progress.robots_failed().into()))), Most::Robots)
        }
        "first_job.robots_no_response" => {
            (Number(|r, _| first(r, |job| Some(job.progress.no_response.into()))), Most::Robots)
        }
        "first_job.robots_not_attempted" => {
            (Number(|r, _| first(r, |job| Some(job.progress.not_attempted().into()))), Most::Robots)
        }
        "first_job.threshold_overshoot" => (
            Number(|r, plan| {
                first(r, |job| {
                    let limit = failure_limit(job.progress.fleet_size, plan.failure_threshold_percentage);
                    job.threshold_overshoot(limit).map(u128::from)
                })
            }),
            Most::Robots,
        ),
        "first_job.robots_failed_at_halt" => {
            (Number(|r, _| first(r, |job| job.failed_at_halt().map(u128::from))), Most::Robots)
        }
        "first_job.detection_s" => (Number(|r, _| first(r, |job| micros(job.detection()))), Most::Horizon),
        "first_job.peak_in_flight" => {
            (Number(|r, _| first(r, |job| Some(job.progress.peak_in_flight.into()))), Most::Robots)
        }
        name if name == CLUSTERED[0] => (Observed::Robots(OfRobots::TimeToSuccess), Most::Horizon),
        name if name == CLUSTERED[1] => (Observed::Robots(OfRobots::Deployment), Most::Horizon),
        "robot.out_of_service_s" => (Number(|r, _| Some(r.out_of_service)), Most::RobotsByHorizon),
        "robot.down_s" => (Number(|r, _| Some(r.down)), Most::RobotsByHorizon),
        "robot.late_syncs" => (Number(|r, _| Some(r.late_syncs.into())), Most::Robots),
        "download.bytes" => (Number(|r, _| download(r, |d| Some(d.bytes))), Most::Unknown),
        "download.peak_egress_bit_s" => (Number(|r, _| download(r, |d| Some(d.peak_egress.into()))), Most::Unknown),
        "download.mean_egress_bit_s" => (Number(|r, _| download(r, |d| d.mean_egress(r.ended))), Most::Unknown),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use super::*;
    use crate::experiment::{Each, Experiment, Workers};
    use crate::statistics::{Estimate, Sample};

    /// Keeps every replication as it is.
    struct Keep;

    impl Each for Keep {
        type Watch = ();
        type Seen = Replication;

        fn watch(&self) {}

        fn seen(&self, (): &mut (), replication: &Replication) -> Replication {
            replication.clone()
        }
    }

    /// For every shipped scenario: what replications say one by one comes to the numbers of the tally, of every metric that can
    /// be expected to be anything; and no number exceeds its bound.
    #[test]
    fn replications_say_what_the_tally_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
        let (mut compared, mut bounded) = (0, 0);
        for entry in std::fs::read_dir(&folder).expect("the scenarios") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let scenario = Scenario::load(&path, &[]).expect("it is a scenario");
            let plan = Plan::new(&scenario);
            let replications = (1_000_000 / plan.most_robots).clamp(3, 300);
            let experiment = Experiment { plan: &plan, seed: 3, replications, threads: Some(2), curves: false };
            let never = AtomicBool::new(false);
            let tally = experiment.run(&mut (), &never, &|_| ()).expect("nobody cancels it");
            let workers = Workers::new(Some(2)).expect("threads");
            let kept = experiment.each(&workers, 0..replications, &Keep, &never, &|_| ()).expect("nobody cancels it");
            assert!(kept.iter().map(|replication| replication.index).eq(0..replications), "in order");
            for metric in Metric::all(&scenario) {
                let context = format!("{}: {metric}", path.display());
                let of_build = || kept.iter().filter(|r| metric.build().is_none() || metric.build() == r.build);
                match (metric.kind(), metric.observed()) {
                    (Kind::Other, _) => (),
                    (_, Some(Observed::Event(happened))) => {
                        let share = of_build().filter(|r| happened(r)).count() as f64 / of_build().count() as f64;
                        assert_eq!(
                            metric.estimate(&tally).value.unwrap_or(f64::NAN).to_bits(),
                            share.to_bits(),
                            "{context}"
                        );
                        compared += 1;
                    }
                    (kind, Some(Observed::Number(number))) => {
                        let unit = if metric.unit() == Unit::Seconds {
                            crate::statistics::Unit::Micros
                        } else {
                            crate::statistics::Unit::Count
                        };
                        let mut sample = Sample::new(unit);
                        of_build().filter_map(|r| number(r, &plan)).for_each(|number| sample.record(number));
                        let statistic = match kind {
                            Kind::Quantile(percent) => {
                                Statistic::ALL.into_iter().find(|s| s.percent() == Some(percent)).expect("one")
                            }
                            _ => Statistic::Mean,
                        };
                        let Estimate { value, .. } = sample.estimate(statistic);
                        // Of a huge fleet the tally's histogram is coarser.
                        let same = match (value, metric.estimate(&tally).value) {
                            (Some(a), Some(b)) => (a - b).abs() <= 0.002 * b.abs(),
                            (a, b) => a == b,
                        };
                        assert!(same, "{context}: {value:?}");
                        let greatest = of_build().filter_map(|r| number(r, &plan)).max();
                        if let (Some(most), Some(greatest)) = (metric.greatest(&scenario), greatest) {
                            assert!(greatest <= most, "{context}: {greatest} > {most}");
                            bounded += 1;
                        }
                        compared += 1;
                    }
                    (_, Some(Observed::Robots(_))) => assert!(metric.is_of_robots(), "{context}"),
                    (_, None) => panic!("{context} cannot be observed"),
                }
            }
        }
        assert!(compared > 1000 && bounded > 500, "{compared} {bounded}");
    }
}

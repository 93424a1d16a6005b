//! A setting in the race: what its replications have said so far.

use std::sync::atomic::AtomicBool;

use super::measure::{Measure, Numbers, Said};
use super::outcome::{Figures, HurtAndTime};
use super::{Halt, Tuning};
use crate::expectation::{RobotTimes, Seen, Test, Verdict, Watching};
use crate::experiment::{Each, Experiment};
use crate::questions::{Constraint, Expectation};
use crate::scenario::Scenario;
use crate::simulation::{Plan, Replication};
use crate::statistics::confidence_sequence::{BernoulliSequence, Side};
use crate::statistics::rank;
use crate::time::MICROS;

/// A setting whose objective exists in a smaller share of the replications has no value.
const LEAST_SHARE: f64 = 0.01;

/// What is known of a setting that is being simulated.
pub struct Contender {
    /// How many replications it has had.
    pub replications: u32,
    /// What they say of the objective.
    pub numbers: Numbers,
    tests: Vec<Test>,
    verdicts: Vec<Verdict>,
    /// Whether a replication that the objective is about has a number.
    has_number: BernoulliSequence,
    /// Over all replications, then by build.
    trade_off: Vec<TradeOff>,
}

/// Times to success and robots hurt, one each where there is one.
#[derive(Clone, Default)]
struct TradeOff {
    replications: u64,
    times: Vec<u64>,
    hurt: Vec<u32>,
}

/// What is proven of a contender by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// It satisfies all constraints.
    Feasible,
    /// It violates one.
    Violates,
    /// The objective hardly ever exists.
    NoValue,
    /// Nothing yet.
    Nothing,
}

impl Contender {
    /// A setting of which nothing is known; `alpha` is the error of each of its tests.
    pub fn new(measure: &Measure, constraints: &[Constraint], scenario: &Scenario, alpha: f64) -> Contender {
        let expectation = |constraint: &Constraint| Expectation {
            name: None,
            description: String::new(),
            metric: constraint.metric.clone(),
            bounds: constraint.bounds,
            confidence: 1.0 - alpha,
            line: None,
        };
        Contender {
            replications: 0,
            numbers: measure.numbers(),
            tests: constraints.iter().map(|constraint| Test::new(&expectation(constraint), scenario)).collect(),
            verdicts: vec![Verdict::Undecided; constraints.len()],
            has_number: BernoulliSequence::default(),
            trade_off: vec![TradeOff::default(); 1 + scenario.builds.len()],
        }
    }

    /// Simulates it up to so many replications.
    pub fn advance(
        &mut self,
        end: u32,
        scenario: &Scenario,
        measure: &Measure,
        tuning: &Tuning<'_>,
        cancelled: &AtomicBool,
    ) -> Result<(), Halt> {
        let plan = Plan::new(scenario);
        let experiment = Experiment { plan: &plan, seed: tuning.seed, replications: end, threads: None, curves: false };
        let wanted = self.tests.iter().map(|test| Some(test.wanted()));
        let objective = std::iter::once(Some((measure.source(), [0; 2])));
        let look = Look { watching: Watching::of(&plan, wanted.chain(objective)) };
        let part = self.replications..end;
        let glances = experiment.each(tuning.workers, part, &look, cancelled, tuning.advanced)?;
        for glance in glances {
            self.add(&glance, measure);
        }
        self.replications = end;
        for (test, verdict) in self.tests.iter().zip(&mut self.verdicts) {
            // A verdict stands: it was proven when it fell.
            if *verdict == Verdict::Undecided {
                *verdict = test.verdict();
            }
        }
        Ok(())
    }

    fn add(&mut self, glance: &Glance, measure: &Measure) {
        let seen = &glance.seen;
        for (index, test) in self.tests.iter_mut().enumerate() {
            test.add(seen, index);
        }
        let said = measure.said(seen, self.tests.len());
        if said != Said::NotAbout {
            self.has_number.record(said != Said::Nothing);
        }
        self.numbers.push(said);
        let build = seen.build.map(|build| build + 1);
        for index in std::iter::once(0).chain(build) {
            let trade_off = &mut self.trade_off[index];
            trade_off.replications += 1;
            trade_off.times.extend(glance.time);
            trade_off.hurt.extend(glance.hurt);
        }
    }

    /// What is proven of it. `alpha` is the error of each test.
    pub fn proven(&self, alpha: f64) -> Proven {
        if self.verdicts.contains(&Verdict::Fails) {
            Proven::Violates
        } else if self.has_number.standing(LEAST_SHARE, alpha).proven() == Some(Side::Below) {
            Proven::NoValue
        } else if self.verdicts.iter().all(|verdict| *verdict == Verdict::Holds) {
            Proven::Feasible
        } else {
            Proven::Nothing
        }
    }

    /// Whether the estimates satisfy all constraints.
    pub fn is_plausible(&self) -> bool {
        self.tests.iter().all(Test::seems_to_hold)
    }

    /// Its numbers as they are shown.
    pub fn figures(&self, measure: &Measure) -> Figures {
        let finding = |(test, verdict): (&Test, &Verdict)| test.clone().finding(*verdict, self.replications);
        Figures {
            replications: self.replications,
            values: self.numbers.count(),
            objective: measure.estimate(&self.numbers).map(|number| measure.show(number)),
            interval: measure.interval(&self.numbers),
            constraints: self.tests.iter().zip(&self.verdicts).map(finding).collect(),
            seem_to_hold: self.tests.iter().map(Test::seems_to_hold).collect(),
            trade_off: self.trade_off.iter().map(TradeOff::figures).collect(),
        }
    }
}

impl TradeOff {
    fn figures(&self) -> HurtAndTime {
        HurtAndTime {
            replications: self.replications,
            in_sync: self.times.len() as u64,
            time_p95: p95(&self.times).map(|micros| micros as f64 / MICROS as f64),
            hurt_p95: p95(&self.hurt).map(f64::from),
        }
    }
}

fn p95<T: Copy + Ord>(numbers: &[T]) -> Option<T> {
    let mut numbers = numbers.to_vec();
    let place = (rank(numbers.len() as u64, 95) as usize).checked_sub(1)?;
    (place < numbers.len()).then(|| *numbers.select_nth_unstable(place).1)
}

/// What is looked for in a replication.
struct Look<'a> {
    watching: Watching<'a>,
}

/// What was seen of a replication.
struct Glance {
    seen: Seen,
    /// Microseconds to success.
    time: Option<u64>,
    /// Robots that failed or did not respond in the first job.
    hurt: Option<u32>,
}

impl Each for Look<'_> {
    type Watch = RobotTimes;
    type Seen = Glance;

    fn watch(&self) -> RobotTimes {
        self.watching.watch()
    }

    fn seen(&self, watch: &mut RobotTimes, replication: &Replication) -> Glance {
        Glance {
            seen: self.watching.seen(watch, replication),
            time: replication.time_to_success().map(|span| span.micros()),
            hurt: replication.first_job.as_ref().map(|job| job.progress.counted_failures()),
        }
    }
}

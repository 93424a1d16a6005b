//! A setting in the race: what its replications have said so far.

use std::sync::atomic::AtomicBool;

use super::goal::{Goal, Said, Series};
use super::outcome::{Figures, HurtAndTime};
use super::{Tuning, Unfinished};
use crate::expectation::{Test, Verdict};
use crate::experiment::{Experiment, Observation, Observe, Observed, Wanted};
use crate::measure;
use crate::questions::{Constraint, Expectation};
use crate::scenario::Scenario;
use crate::simulation::Plan;
use crate::statistics::confidence_sequence::{BernoulliSequence, Direction};
use crate::statistics::rank;
use crate::time::MICROS;

/// A setting whose objective exists in a smaller share of the replications has no value.
const LEAST_SHARE: f64 = 0.01;

/// So many replications are simulated before what they say is added up: it bounds the memory that they take until then.
const MOST_OBSERVED: u32 = 1 << 16;

/// What is known of a setting that is being simulated.
pub struct Contender {
    /// How many replications it has had.
    pub replications: u32,
    /// What they say of the objective.
    pub numbers: Series,
    tests: Vec<Test>,
    verdicts: Vec<Verdict>,
    /// Whether a replication that the objective is about has a number.
    has_number: BernoulliSequence,
    /// By build; without builds a single one.
    trade_off: Vec<TradeOff>,
    by_build: bool,
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
    Nothing,
}

impl Contender {
    /// A setting of which nothing is known; `alpha` is the error of each of its tests.
    pub fn new(goal: &Goal, constraints: &[Constraint], scenario: &Scenario, alpha: f64) -> Contender {
        let expectation = |constraint: &Constraint| Expectation {
            name: None,
            description: String::new(),
            metric: constraint.metric.clone(),
            bounds: constraint.bounds,
            confidence: 1.0 - alpha,
            line: None,
            refuted: None,
        };
        Contender {
            replications: 0,
            numbers: goal.series(scenario),
            tests: constraints.iter().map(|constraint| Test::new(&expectation(constraint), scenario)).collect(),
            verdicts: vec![Verdict::Undecided; constraints.len()],
            has_number: BernoulliSequence::default(),
            trade_off: vec![TradeOff::default(); scenario.builds.len().max(1)],
            by_build: !scenario.builds.is_empty(),
        }
    }

    /// Simulates it up to so many replications.
    pub fn advance(
        &mut self,
        end: u32,
        scenario: &Scenario,
        goal: &Goal,
        tuning: &Tuning<'_>,
        cancelled: &AtomicBool,
    ) -> Result<(), Unfinished> {
        let plan = Plan::new(scenario);
        let experiment = Experiment { plan: &plan, seed: tuning.seed, replications: end, threads: None, curves: false };
        let all = [measure::TIME_TO_SUCCESS, measure::ROBOTS_HURT].map(|id| Wanted::new(id.measure(), None, [0; 2]));
        let wanted = self.tests.iter().map(Test::wanted).chain([goal.wanted()]).chain(all);
        let observe = Observe::new(&plan, wanted.map(Some));
        let mut done = self.replications;
        while done < end {
            let part = done..end.min(done.saturating_add(MOST_OBSERVED));
            let seen = experiment.each(tuning.workers, part.clone(), &observe, cancelled, tuning.advanced);
            done = part.end;
            for observed in seen.map_err(|stopped| stopped.after(part.start))? {
                self.add(&observed, goal);
            }
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

    /// Adds what a replication says of the constraints, the objective, time and robots hurt, in this order.
    fn add(&mut self, observed: &Observed, goal: &Goal) {
        for (index, test) in self.tests.iter_mut().enumerate() {
            test.add(observed, index);
        }
        let objective = self.tests.len();
        let said = goal.said(observed, objective);
        if said != Said::NotAbout {
            self.has_number.record(said != Said::Nothing);
        }
        self.numbers.push(said);
        let trade_off = &mut self.trade_off[observed.build.unwrap_or(0)];
        trade_off.replications += 1;
        if let Observation::Number(micros) = observed.observations[objective + 1] {
            trade_off.times.push(micros as u64);
        }
        if let Observation::Number(robots) = observed.observations[objective + 2] {
            trade_off.hurt.push(robots as u32);
        }
    }

    /// What is proven of it. `alpha` is the error of each test.
    pub fn proven(&self, alpha: f64) -> Proven {
        if self.verdicts.contains(&Verdict::Fails) {
            Proven::Violates
        } else if self.has_number.standing(LEAST_SHARE, alpha).proven() == Some(Direction::Below) {
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
    pub fn figures(&self, goal: &Goal) -> Figures {
        let finding = |(test, verdict): (&Test, &Verdict)| test.clone().finding(*verdict, self.replications);
        Figures {
            replications: self.replications,
            values: self.numbers.count(),
            about: self.has_number.trials(),
            over_all: goal.over_all(&self.numbers, self.has_number.trials()),
            objective: goal.estimate(&self.numbers).map(|number| goal.show(number)),
            interval: goal.interval(&self.numbers),
            constraints: self.tests.iter().zip(&self.verdicts).map(finding).collect(),
            seem_to_hold: self.tests.iter().map(Test::seems_to_hold).collect(),
            trade_off: self.trade_off(),
        }
    }

    /// Over all replications, then by build.
    fn trade_off(&self) -> Vec<HurtAndTime> {
        match &self.trade_off[..] {
            [whole] if !self.by_build => vec![whole.figures()],
            builds => std::iter::once(&TradeOff::whole(builds)).chain(builds).map(TradeOff::figures).collect(),
        }
    }
}

impl TradeOff {
    /// Of all builds together.
    fn whole(builds: &[TradeOff]) -> TradeOff {
        TradeOff {
            replications: builds.iter().map(|build| build.replications).sum(),
            times: builds.iter().flat_map(|build| &build.times).copied().collect(),
            hurt: builds.iter().flat_map(|build| &build.hurt).copied().collect(),
        }
    }

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

//! Odds: how likely each step fails in one replication, and with which codes (R7, R15).

use crate::random::{Beta, Choice, Luck, Purpose};
use crate::rollout::{DeploymentJobErrorCode, RobotDeploymentStep, clone_by_fields};
use crate::scenario::{Probability, Scenario};

/// The builds, and how likely every step fails under each of them.
#[derive(Clone, Debug)]
pub struct OddsPlan {
    /// Which build a replication gets; none without builds.
    build: Option<Choice<usize>>,
    builds: usize,
    /// For each build, the steps of all groups in order; one list without builds.
    steps: Vec<Vec<StepChance>>,
    /// Whether a replication draws anything here.
    drawn: bool,
}

/// How likely a step fails, before a replication draws what is to be drawn.
#[derive(Clone, Debug)]
struct StepChance {
    /// Where its luck comes from.
    group: u32,
    step: RobotDeploymentStep,
    probability: Chance,
    codes: Codes,
}

#[derive(Clone, Debug)]
enum Chance {
    Fixed(f64),
    Beta(Beta),
}

/// With which code a step fails.
type Codes = Choice<DeploymentJobErrorCode>;

/// How likely a step fails in a replication.
///
/// One number, uniform in (0, 1), decides the outcome of all steps of an attempt: an attempt fails at the step in whose
/// interval it lies. So an interval is as long as the probability to get to the step's end and to fail there.
#[derive(Clone, Copy, Debug)]
pub struct StepOdds<'p> {
    /// Where the step's interval begins: the probability to have failed before.
    from: f64,
    /// Where it ends.
    until: f64,
    codes: &'p Codes,
}

/// The odds of one replication.
#[derive(Debug, Default)]
pub struct Odds<'p> {
    /// Which build the campaign is about: an index into the scenario's builds (R15).
    pub build: Option<usize>,
    steps: Vec<StepOdds<'p>>,
}

clone_by_fields!(['p] Odds<'p> { build, steps });

impl OddsPlan {
    /// Prepares a checked scenario.
    pub fn new(scenario: &Scenario) -> OddsPlan {
        let own: Vec<StepChance> = (0..)
            .zip(&scenario.groups)
            .flat_map(|(group, of_group)| {
                of_group.steps.iter().map(move |step| StepChance {
                    group,
                    step: step.step,
                    probability: Chance::new(step.failure_probability),
                    codes: codes(&step.failure_codes),
                })
            })
            .collect();
        let changed = scenario.builds.iter().map(|build| {
            let mut steps = own.clone();
            for failure in &build.failures {
                let same = |step: &&mut StepChance| (step.group as usize, step.step) == (failure.group, failure.step);
                let step = steps.iter_mut().find(same).expect("a checked build changes steps that are there");
                step.probability = Chance::new(failure.probability);
                if let Some(weights) = &failure.codes {
                    step.codes = codes(weights);
                }
            }
            steps
        });
        let mut steps: Vec<Vec<StepChance>> = changed.collect();
        if steps.is_empty() {
            steps.push(own);
        }
        let builds = scenario.builds.len();
        let weights = scenario.builds.iter().map(|build| build.weight).zip(0..);
        let build = (builds > 0).then(|| Choice::new(weights));
        let beta = |step: &StepChance| matches!(step.probability, Chance::Beta(_));
        let drawn = build.is_some() || steps.iter().flatten().any(beta);
        OddsPlan { build, builds, steps, drawn }
    }

    /// How many builds there are.
    pub fn builds(&self) -> usize {
        self.builds
    }

    /// Whether every replication has the same odds, and they leave nothing to chance.
    pub fn are_certain(&self) -> bool {
        let certain = |step: &StepChance| matches!(step.probability, Chance::Fixed(p) if p == 0.0 || p == 1.0);
        !self.drawn && self.steps.iter().flatten().all(certain)
    }

    /// Which build a replication gets, if there are any (R15): an index into the scenario's builds.
    pub fn build(&self, luck: &Luck) -> Option<usize> {
        self.build.as_ref().map(|build| *build.choose(&mut luck.robot(0, 0, Purpose::Build)))
    }

    /// Draws a replication's odds into `odds`, whose memory it keeps (R15).
    ///
    /// The build is one draw. A probability's draw belongs to the group's step, so two builds that draw it from the
    /// same distribution get the same one.
    pub fn draw<'p>(&'p self, luck: &Luck, odds: &mut Odds<'p>) {
        if !self.drawn && !odds.steps.is_empty() {
            return;
        }
        odds.build = self.build(luck);
        odds.steps.clear();
        let (mut group, mut from) = (0, 0.0);
        odds.steps.extend(self.steps[odds.build.unwrap_or(0)].iter().map(|step| {
            if step.group != group {
                (group, from) = (step.group, 0.0);
            }
            let probability = match &step.probability {
                Chance::Fixed(probability) => *probability,
                Chance::Beta(beta) => {
                    beta.sample(&mut luck.robot(step.group, step.step as u32, Purpose::FailureProbability))
                }
            };
            let until = from + (1.0 - from) * probability;
            let odds = StepOdds { from, until, codes: &step.codes };
            from = until;
            odds
        }));
    }
}

impl<'p> Odds<'p> {
    /// The odds of the step at this place among the steps of all groups.
    #[inline]
    pub fn step(&self, place: usize) -> StepOdds<'p> {
        self.steps[place]
    }
}

impl StepOdds<'_> {
    /// Whether an attempt with this outcome gets to the step.
    #[inline(always)]
    pub fn reaches(&self, outcome: f64) -> bool {
        outcome >= self.from
    }

    /// Whether an attempt with this outcome gets beyond the step.
    #[inline(always)]
    pub fn passes(&self, outcome: f64) -> bool {
        outcome >= self.until
    }

    /// With which code an attempt with this outcome fails at the step, if it does. Given that it fails there, its place
    /// in the interval is uniform, so it can choose the code.
    #[inline]
    pub fn failure(&self, outcome: f64) -> Option<DeploymentJobErrorCode> {
        let here = self.from <= outcome && outcome < self.until;
        here.then(|| *self.codes.at((outcome - self.from) / (self.until - self.from)))
    }
}

impl Chance {
    fn new(probability: Probability) -> Chance {
        match probability {
            Probability::Fixed(probability) => Chance::Fixed(probability),
            Probability::Beta { mean, concentration } => {
                Chance::Beta(Beta::new(mean * concentration, (1.0 - mean) * concentration))
            }
        }
    }
}

fn codes(weights: &[(DeploymentJobErrorCode, f64)]) -> Codes {
    Choice::new(weights.iter().map(|(code, weight)| (*weight, *code)))
}

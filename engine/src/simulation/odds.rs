//! Odds: what steps of one replication are like: how long they take, how likely they fail or hang, and with which codes
//! (R7, R15, R22).

use crate::random::{Beta, Choice, Distribution, Luck, Purpose, Sampler};
use crate::rollout::{DeploymentJobErrorCode, RobotDeploymentStep, clone_by_fields};
use crate::scenario::{OfStep, Persistence, Probability, Scenario};

/// The builds, and what every step is like under each of them.
#[derive(Clone, Debug)]
pub struct OddsPlan {
    /// Which build a replication gets; none without builds.
    build: Option<Choice<usize>>,
    builds: usize,
    /// For each build, the steps of all groups in order; one list without builds.
    steps: Vec<Vec<StepChance>>,
    /// The size of each build's bundle in bytes, where it has its own (R16).
    bundle_sizes: Vec<Option<u64>>,
    /// The factor on all latencies of each group, if that is drawn.
    paces: Vec<Option<Sampler>>,
    /// Whether a replication draws anything here.
    drawn: bool,
}

/// What a step is like, before a replication draws what is to be drawn.
#[derive(Clone, Debug)]
struct StepChance {
    /// Where its luck comes from.
    group: u32,
    step: RobotDeploymentStep,
    /// How long it takes, in microseconds.
    latency: Sampler,
    /// The probability that it never ends by itself (R22).
    hang: f64,
    /// That it fails at its end, if it ends.
    probability: Chance,
    codes: Codes,
    /// None if no failure stays (R22).
    persistence: Option<Staying>,
}

/// How likely a failure stays, and how long.
#[derive(Clone, Debug)]
pub struct Staying {
    /// The probability that it does.
    pub share: f64,
    /// Until the robot is repaired, in microseconds; none if it never is.
    pub repair: Option<Sampler>,
}

#[derive(Clone, Debug)]
enum Chance {
    Fixed(f64),
    Beta(Beta),
}

/// With which code a step fails.
type Codes = Choice<DeploymentJobErrorCode>;

/// What a step is like in a replication.
///
/// One number, uniform in (0, 1), decides the outcome of all steps of an attempt: an attempt fails or hangs at the step
/// in whose interval it lies. So the parts of an interval are as long as the probabilities to get to the step and to
/// fail there, and to hang there.
#[derive(Clone, Copy, Debug)]
pub struct StepOdds<'p> {
    /// Where the step's interval begins: the probability to have failed before.
    from: f64,
    /// Where attempts no longer fail but hang.
    hangs_from: f64,
    /// Where it ends.
    until: f64,
    codes: &'p Codes,
    /// How long it takes, in microseconds, but for the pace.
    pub latency: &'p Sampler,
    /// The factor on it.
    pub pace: f64,
    /// How failures stay, if any does (R22).
    pub staying: Option<&'p Staying>,
}

/// The odds of one replication.
#[derive(Debug, Default)]
pub struct Odds<'p> {
    /// Which build the campaign is about: an index into the scenario's builds (R15).
    pub build: Option<usize>,
    /// The size of its bundle in bytes, if it has its own (R16).
    pub bundle_size: Option<u64>,
    steps: Vec<StepOdds<'p>>,
}

clone_by_fields!(['p] Odds<'p> { build, bundle_size, steps });

impl OddsPlan {
    /// Prepares a checked scenario.
    pub fn new(scenario: &Scenario) -> OddsPlan {
        let own: Vec<StepChance> = (0..)
            .zip(&scenario.groups)
            .flat_map(|(group, of_group)| {
                of_group.steps.iter().map(move |step| StepChance {
                    group,
                    step: step.step,
                    latency: Sampler::from(&step.latency),
                    hang: step.hang,
                    probability: Chance::new(step.failure_probability),
                    codes: codes(&step.failure_codes),
                    persistence: step.persistence.as_ref().and_then(staying),
                })
            })
            .collect();
        let changed = scenario.builds.iter().map(|build| {
            let mut steps = own.clone();
            for failure in &build.failures {
                let step = find(&mut steps, failure.group, failure.step);
                step.probability = Chance::new(failure.probability);
                if let Some(weights) = &failure.codes {
                    step.codes = codes(weights);
                }
                if let Some(persistence) = &failure.persistence {
                    step.persistence = staying(persistence);
                }
            }
            for OfStep { group, step, value } in &build.hangs {
                find(&mut steps, *group, *step).hang = *value;
            }
            for OfStep { group, step, value } in &build.latencies {
                find(&mut steps, *group, *step).latency = Sampler::from(value);
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
        let paces: Vec<Option<Sampler>> = scenario.groups.iter().map(|group| pace(group.pace)).collect();
        let drawn = build.is_some() || steps.iter().flatten().any(beta) || paces.iter().any(Option::is_some);
        let bundle_sizes = scenario.builds.iter().map(|build| build.bundle_size).collect();
        OddsPlan { build, builds, steps, bundle_sizes, paces, drawn }
    }

    /// Whether failures of the step at this place may stay, under any build (R22).
    pub fn failures_may_stay(&self, place: usize) -> bool {
        self.steps.iter().any(|steps| steps[place].persistence.is_some())
    }

    /// How many builds there are.
    pub fn builds(&self) -> usize {
        self.builds
    }

    /// Whether every replication has the same odds, and no step leaves anything to chance.
    pub fn are_certain(&self) -> bool {
        let either = |p: f64| p == 0.0 || p == 1.0;
        let certain = |step: &StepChance| {
            matches!(step.probability, Chance::Fixed(p) if either(p)) && either(step.hang) && step.latency.is_constant()
        };
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
        odds.bundle_size = odds.build.and_then(|build| self.bundle_sizes[build]);
        odds.steps.clear();
        let pace = |group: u32| {
            let pace = self.paces.get(group as usize).and_then(Option::as_ref);
            pace.map_or(1.0, |pace| pace.sample(&mut luck.robot(group, 0, Purpose::Pace)))
        };
        let (mut group, mut from, mut factor) = (0, 0.0, pace(0));
        odds.steps.extend(self.steps[odds.build.unwrap_or(0)].iter().map(|step| {
            if step.group != group {
                (group, from, factor) = (step.group, 0.0, pace(step.group));
            }
            let probability = match &step.probability {
                Chance::Fixed(probability) => *probability,
                Chance::Beta(beta) => {
                    beta.sample(&mut luck.robot(step.group, step.step as u32, Purpose::FailureProbability))
                }
            };
            let reached = 1.0 - from;
            let hangs_from = from + reached * (probability * (1.0 - step.hang));
            let until = hangs_from + reached * step.hang;
            let odds = StepOdds {
                from,
                hangs_from,
                until,
                codes: &step.codes,
                latency: &step.latency,
                pace: factor,
                staying: step.persistence.as_ref(),
            };
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
        let here = self.from <= outcome && outcome < self.hangs_from;
        here.then(|| *self.codes.at((outcome - self.from) / (self.hangs_from - self.from)))
    }

    /// Whether an attempt with this outcome gets to the step and never to its end.
    #[inline(always)]
    pub fn hangs(&self, outcome: f64) -> bool {
        self.hangs_from <= outcome && outcome < self.until
    }

    /// Whether any attempt may.
    #[inline(always)]
    pub fn may_hang(&self) -> bool {
        self.hangs_from < self.until
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

/// None if no failure stays.
fn staying(persistence: &Persistence) -> Option<Staying> {
    let Persistence { share, repair } = persistence;
    (*share > 0.0).then(|| Staying { share: *share, repair: repair.as_ref().map(Sampler::from) })
}

/// exp(sigma Z - sigma^2 / 2) for a standard normal Z, whose mean is 1; none where that is certain.
fn pace(sigma: f64) -> Option<Sampler> {
    let median = libm::exp(-0.5 * sigma * sigma);
    (sigma > 0.0).then(|| Sampler::from(&Distribution::Lognormal { median, sigma }))
}

/// A step that a checked build changes: it is there.
fn find(steps: &mut [StepChance], group: usize, step: RobotDeploymentStep) -> &mut StepChance {
    let same = |chance: &&mut StepChance| (chance.group as usize, chance.step) == (group, step);
    steps.iter_mut().find(same).expect("a checked build changes steps that are there")
}

fn codes(weights: &[(DeploymentJobErrorCode, f64)]) -> Codes {
    Choice::new(weights.iter().map(|(code, weight)| (*weight, *code)))
}

//! The race: stages, proofs, settlements.

use super::contender::{Contender, Proven};
use super::goal::{ClaimEvidence, Goal};
use super::outcome::{Figures, Status};
use super::{RaceStage, Tuning, Unfinished};
use crate::scenario::Scenario;

/// Replications of the first stage. Of fewer an extreme quantile says nothing.
const FIRST_STAGE: u32 = 256;

/// After so many replications it shows whether a proof is in reach.
const ENOUGH_TO_GIVE_UP: u32 = 1024;

/// The most replications whose numbers are kept, over all settings that can still be compared. Each takes some 50
/// bytes, and 16 more for each constraint on a quantile: less than 1.5 GB in all. A hundred settings have room for the
/// usual 100,000 replications.
const MOST_KEPT: u64 = 1 << 24;

/// The race between all settings.
pub struct Race<'a> {
    /// What is asked for.
    pub tuning: &'a Tuning<'a>,
    /// How the objective is compared.
    pub goal: Goal,
    /// How much may be wrong.
    pub levels: Levels,
    /// One for each setting.
    pub entries: Vec<Racer>,
    /// Who settles others, as long as it may.
    leader: Option<usize>,
    /// Replications simulated so far, over all settings.
    pub used: u64,
    /// The most that are kept.
    pub most_kept: u64,
}

/// How the error that the answer may make is shared.
#[derive(Clone, Copy, Debug)]
pub struct Levels {
    /// Of each test of a setting.
    pub test: f64,
    /// Of each claim about two settings.
    pub claim: f64,
}

impl Levels {
    /// Half of the error is for tests, half for claims about pairs.
    ///
    /// The answer is wrong only if one of these is. A setting that violates a constraint is proven to satisfy it: one
    /// test for each such setting. The best of those that satisfy them is thrown out: one test for each constraint, and
    /// one of its having a value. Or a setting is proven to be as good as that best one, or within the margin of it,
    /// that is not: one claim for each other setting, for what proves the former proves the latter. What is true of
    /// settings that are neither is not part of the answer.
    pub fn new(confidence: f64, settings: u64, constraints: usize) -> Levels {
        let error = 1.0 - confidence;
        let (settings, constraints) = (settings as f64, constraints as f64);
        let tests = (settings + constraints).max(constraints + 1.0);
        if settings < 2.0 {
            return Levels { test: error / tests, claim: error };
        }
        Levels { test: error / 2.0 / tests, claim: error / 2.0 / (settings - 1.0) }
    }

    /// The evidence that proves a claim about two settings.
    pub fn enough(&self) -> f64 {
        -libm::log(self.claim)
    }
}

/// A setting in the race, or what is left of it.
pub struct Racer {
    pub place: RaceStatus,
    /// Whether it is proven to satisfy all constraints.
    pub feasible: bool,
    /// What it has been through; dropped once nobody needs it.
    pub contender: Option<Contender>,
    /// Taken when it was dropped.
    pub figures: Figures,
    /// Whether it has been back in the race once: its numbers are kept then, so none is simulated a third time.
    kept: bool,
}

/// Where a setting stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RaceStatus {
    /// In the race.
    Racing,
    /// In the race, but as many replications as it may have do not show whether it satisfies the constraints: it
    /// settles nobody.
    GivenUp,
    /// Another one is proven to be no worse, or no more than the margin worse; or is so by the central limit.
    Settled { by: usize, strictly: bool, proven: bool },
    /// Out: it is proven to violate a constraint.
    Violates,
    /// Out: too few of its replications have the objective's number.
    NoValue,
}

impl<'a> Race<'a> {
    /// Before the start.
    pub fn new(tuning: &'a Tuning<'a>) -> Race<'a> {
        let settings = tuning.sweep.len();
        let alpha = 1.0 - tuning.confidence;
        let goal = Goal::new(tuning.objective, tuning.margin, tuning.own, alpha);
        let levels = Levels::new(tuning.confidence, settings, tuning.constraints.len());
        // Of a setting that was never simulated: cancelled, a race may end before each had its turn.
        let unknown = Contender::new(&goal, tuning.constraints, tuning.own, levels.test).figures(&goal);
        let entry = |_| Racer {
            place: RaceStatus::Racing,
            feasible: false,
            contender: None,
            figures: unknown.clone(),
            kept: false,
        };
        Race {
            tuning,
            entries: (0..settings).map(entry).collect(),
            goal,
            levels,
            leader: None,
            used: 0,
            most_kept: MOST_KEPT,
        }
    }

    /// Runs it to its end.
    pub fn run(&mut self) -> Result<(), Unfinished> {
        let first = FIRST_STAGE.min(self.tuning.max_replications);
        let all: Vec<usize> = (0..self.entries.len()).collect();
        self.announce(&all, first);
        let mut best: Option<(usize, f64)> = None;
        for index in all {
            self.advance(index, first)?;
            // Of many settings only the contenders stay in memory.
            let Some(estimate) = self.estimate_of_plausible(index) else { continue };
            match best {
                Some((other, least)) if least <= estimate => _ = self.settle_strictly(index, other),
                Some((other, _)) => {
                    best = Some((index, estimate));
                    self.settle_strictly(other, index);
                }
                None => best = Some((index, estimate)),
            }
        }
        loop {
            self.compare();
            while self.wake() {}
            let Some((stage, end)) = self.next_stage() else { return Ok(()) };
            self.announce(&stage, end);
            for index in stage {
                self.advance(index, end)?;
            }
        }
    }

    fn announce(&self, stage: &[usize], end: u32) {
        let missing = |index: &usize| u64::from(end - self.replications(*index));
        let racing = self.entries.iter().filter(|entry| entry.place == RaceStatus::Racing).count();
        (self.tuning.stage)(RaceStage { racing: Some(racing), replications: stage.iter().map(missing).sum() });
    }

    /// Replications that can be compared with those of others.
    fn replications(&self, index: usize) -> u32 {
        self.entries[index].contender.as_ref().map_or(0, |contender| contender.replications)
    }

    /// Simulates a setting up to so many replications, and sees what is proven of it.
    fn advance(&mut self, index: usize, end: u32) -> Result<(), Unfinished> {
        let scenario = self.tuning.sweep.scenario(index as u64)?;
        let entry = &mut self.entries[index];
        let contender = entry
            .contender
            .get_or_insert_with(|| Contender::new(&self.goal, self.tuning.constraints, &scenario, self.levels.test));
        let before = contender.replications;
        let advanced = contender.advance(end, &scenario, &self.goal, self.tuning, self.tuning.cancelled);
        advanced.map_err(|halt| self.tuning.at(index, halt))?;
        self.used += u64::from(end - before);
        match contender.proven(self.levels.test) {
            Proven::Feasible => entry.feasible = true,
            Proven::Violates => entry.place = RaceStatus::Violates,
            Proven::NoValue => entry.place = RaceStatus::NoValue,
            Proven::Nothing => (),
        }
        if entry.place != RaceStatus::Racing {
            self.drop(index);
        }
        Ok(())
    }

    /// Keeps the figures of a setting, and nothing else.
    fn drop(&mut self, index: usize) {
        let entry = &mut self.entries[index];
        if let Some(contender) = entry.contender.take() {
            entry.figures = contender.figures(&self.goal);
        }
    }

    /// The estimate of a racing setting that seems to satisfy the constraints; small is good.
    fn estimate_of_plausible(&self, index: usize) -> Option<f64> {
        let entry = &self.entries[index];
        let contender = entry.contender.as_ref().filter(|_| entry.place == RaceStatus::Racing)?;
        if entry.feasible || contender.is_plausible() { self.goal.estimate(&contender.numbers) } else { None }
    }

    /// Evidence that a setting is no worse than another one, or no more than the margin worse.
    pub fn evidence(&self, index: usize, other: usize, within_margin: bool) -> ClaimEvidence {
        match (&self.entries[index].contender, &self.entries[other].contender) {
            (Some(one), Some(other)) => {
                self.goal.evidence(&one.numbers, &other.numbers, within_margin, self.levels.enough())
            }
            _ => ClaimEvidence { proof: 0.0, by_limit: 0.0 },
        }
    }

    /// Whether both may still settle each other.
    fn is_open(&self, index: usize, by: usize) -> bool {
        index != by && [index, by].iter().all(|index| self.entries[*index].place == RaceStatus::Racing)
    }

    /// Whether nothing can ever be proven of two settings.
    fn is_beyond_proof(&self, index: usize, by: usize) -> bool {
        let contenders = [index, by].map(|index| self.entries[index].contender.as_ref());
        contenders.into_iter().flatten().any(|contender| self.goal.is_beyond_proof(&contender.numbers))
    }

    /// Settles a setting by another one that is proven to be no worse (by the central limit where nothing can be
    /// proven); whether it is.
    fn settle_strictly(&mut self, index: usize, by: usize) -> bool {
        if !self.is_open(index, by) {
            return false;
        }
        let (evidence, enough) = (self.evidence(by, index, false), self.levels.enough());
        let proven = evidence.proof >= enough;
        let settled = proven || evidence.by_limit >= enough && self.is_beyond_proof(index, by);
        if settled {
            self.settle(index, by, true, proven);
        }
        settled
    }

    /// Settles a setting by another one that is proven to be no worse, or no more than the margin worse; or by the
    /// central limit, where a proof is out of reach.
    fn settle_somehow(&mut self, index: usize, by: usize) -> bool {
        if self.settle_strictly(index, by) {
            return true;
        }
        if !self.is_open(index, by) {
            return false;
        }
        let enough = self.levels.enough();
        let within_margin = self.evidence(by, index, true);
        if within_margin.proof >= enough {
            self.settle(index, by, false, true);
            return true;
        }
        if within_margin.by_limit < enough || !self.is_out_of_reach(within_margin.proof, index, by) {
            return false;
        }
        self.settle(index, by, self.evidence(by, index, false).by_limit >= enough, false);
        true
    }

    /// Whether evidence that goes on to grow as it did is not enough after as many replications as there may be.
    fn is_out_of_reach(&self, proof: f64, index: usize, by: usize) -> bool {
        let done = self.replications(index).min(self.replications(by));
        let most = self.tuning.max_replications;
        // It begins below 0 by what it costs not to know the best stake.
        let hopeless = (proof + 3.0) * f64::from(most) / f64::from(done) < self.levels.enough();
        self.is_beyond_proof(index, by) || done >= most || done >= ENOUGH_TO_GIVE_UP && hopeless
    }

    /// Settles a setting by another one.
    fn settle(&mut self, index: usize, by: usize, strictly: bool, proven: bool) {
        self.entries[index].place = RaceStatus::Settled { by, strictly, proven };
        if !strictly {
            self.wake_those_within_two_margins(index);
        }
        // What is proven to satisfy the constraints may well be wanted again.
        if !self.entries[index].feasible && !self.entries[index].kept {
            self.drop(index);
        }
    }

    /// Those who were settled within the margin by a setting that now is itself: they could be two margins apart.
    fn wake_those_within_two_margins(&mut self, index: usize) {
        let through = |mut at: usize| {
            let mut within = false;
            while let RaceStatus::Settled { by, strictly, .. } = self.entries[at].place {
                within |= !strictly;
                if by == index {
                    return within;
                }
                at = by;
            }
            false
        };
        let woken: Vec<usize> = (0..self.entries.len()).filter(|other| *other != index && through(*other)).collect();
        woken.into_iter().for_each(|other| self.back(other));
    }

    /// Brings a setting back into the race.
    fn back(&mut self, index: usize) {
        let entry = &mut self.entries[index];
        (entry.place, entry.kept) = (RaceStatus::Racing, true);
    }

    /// Settles whom the best settle.
    fn compare(&mut self) {
        let plausible: Vec<(usize, f64)> =
            (0..self.entries.len()).filter_map(|index| Some((index, self.estimate_of_plausible(index)?))).collect();
        let least = |found: &mut dyn Iterator<Item = &(usize, f64)>| {
            found.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))).map(|(index, _)| *index)
        };
        let Some(best) = least(&mut plausible.iter()) else { return };
        // Who has settled others within the margin goes on doing so: a new leader would have to settle them again.
        let stays = |leader: &usize| {
            plausible.iter().any(|(index, _)| index == leader)
                && self.entries.iter().any(
                    |entry| matches!(entry.place, RaceStatus::Settled { by, strictly: false, .. } if by == *leader),
                )
        };
        let mut leader = self.leader.filter(stays).unwrap_or(best);
        if leader != best && self.settle_strictly(leader, best) {
            leader = best;
        }
        let safe = least(&mut plausible.iter().filter(|(index, _)| self.entries[*index].feasible));
        // Good enough, and proven to satisfy the constraints: that ends the race soonest.
        if let Some(safe) = safe.filter(|_| !self.entries[leader].feasible)
            && self.settle_somehow(leader, safe)
        {
            leader = safe;
        }
        self.leader = Some(leader);
        let racing: Vec<usize> =
            (0..self.entries.len()).filter(|index| self.entries[*index].place == RaceStatus::Racing).collect();
        for index in racing {
            for by in std::iter::once(leader).chain(safe) {
                self.settle_somehow(index, by);
            }
        }
    }

    /// Brings those back who were settled by one that is out of the race, or that settles nobody any more; whether
    /// there are any.
    fn wake(&mut self) -> bool {
        let max = self.tuning.max_replications;
        for index in 0..self.entries.len() {
            let racing = self.entries[index].place == RaceStatus::Racing;
            if racing && !self.entries[index].feasible && self.replications(index) >= max {
                self.entries[index].place = RaceStatus::GivenUp;
            }
        }
        let out = |by: usize| !matches!(self.entries[by].place, RaceStatus::Racing | RaceStatus::Settled { .. });
        let woken: Vec<usize> = (0..self.entries.len())
            .filter(|index| matches!(self.entries[*index].place, RaceStatus::Settled { by, .. } if out(by)))
            .collect();
        woken.iter().for_each(|index| self.back(*index));
        !woken.is_empty()
    }

    /// Who is to be simulated next, and how far; none if all is decided that can be, or if there is no room for more.
    fn next_stage(&mut self) -> Option<(Vec<usize>, u32)> {
        let max = self.tuning.max_replications;
        let racing: Vec<usize> =
            (0..self.entries.len()).filter(|index| self.entries[*index].place == RaceStatus::Racing).collect();
        if let [only] = racing[..]
            && self.entries[only].feasible
            && self.entries[only].contender.as_ref().is_some_and(|contender| contender.numbers.count() > 0)
        {
            return None;
        }
        // Who is back in the race catches up first.
        let done = racing.iter().map(|index| self.replications(*index)).filter(|done| *done < max).min()?;
        let end = (done + done / 2).max(FIRST_STAGE).min(max);
        let stage: Vec<usize> = racing.into_iter().filter(|index| self.replications(*index) == done).collect();
        let end = done + self.room(stage.len() as u64, end - done);
        (end > done).then_some((stage, end))
    }

    /// How many replications more, up to `wanted`, so many settings may have. Where there is not room for all, settled
    /// settings make room that have not been back in the race: should they come back, they begin anew.
    fn room(&mut self, settings: u64, wanted: u32) -> u32 {
        let needed = settings * u64::from(wanted);
        for index in 0..self.entries.len() {
            let Racer { place, kept, .. } = self.entries[index];
            if self.kept() + needed <= self.most_kept {
                return wanted;
            }
            if matches!(place, RaceStatus::Settled { .. }) && !kept {
                self.drop(index);
            }
        }
        let room = self.most_kept.saturating_sub(self.kept());
        u32::try_from(room / settings).map_or(wanted, |room| room.min(wanted))
    }

    /// Replications whose numbers are kept, over all settings.
    pub fn kept(&self) -> u64 {
        (0..self.entries.len()).map(|index| u64::from(self.replications(index))).sum()
    }

    /// What became of a setting, given the answer.
    pub fn status(&self, index: usize, best: Option<usize>) -> Status {
        if best == Some(index) {
            return Status::Best;
        }
        let mut status = Status::NoBetter;
        let mut at = index;
        while let RaceStatus::Settled { by, strictly, .. } = self.entries[at].place {
            if !strictly {
                status = Status::WithinMargin;
            }
            at = by;
        }
        match self.entries[index].place {
            RaceStatus::Violates => Status::Violates,
            RaceStatus::NoValue => Status::NoValue,
            RaceStatus::Racing => Status::Undecided,
            RaceStatus::GivenUp => Status::Open,
            RaceStatus::Settled { .. } => status,
        }
    }

    /// A setting from its beginning up to so many replications, outside the race.
    pub fn simulate(&mut self, index: usize, end: u32) -> Result<Figures, Unfinished> {
        let scenario = self.tuning.sweep.scenario(index as u64)?;
        self.simulate_scenario(&scenario, end).map_err(|halt| self.tuning.at(index, halt))
    }

    /// The same of a scenario that need not be one of the settings.
    pub fn simulate_scenario(&mut self, scenario: &Scenario, end: u32) -> Result<Figures, Unfinished> {
        (self.tuning.stage)(RaceStage { racing: None, replications: end.into() });
        let mut contender = Contender::new(&self.goal, self.tuning.constraints, scenario, self.levels.test);
        contender.advance(end, scenario, &self.goal, self.tuning, self.tuning.cancelled)?;
        self.used += u64::from(end);
        Ok(contender.figures(&self.goal))
    }
}

//! From the race to the answer: how sure it is, the scenario's own setting, what constraints cost, the trade-off.

use super::contender::Contender;
use super::outcome::{Conclusion, Cost, Figures, Outcome, OwnSetting, Setting};
use super::race::{Race, RaceStatus};
use super::{Status, Unfinished};
use crate::expectation::Finding;
use crate::experiment::Stopped;
use crate::metric::Metric;
use crate::questions::{Constraint, Sense};

/// Settings on the front, and the one that violates the constraints least, are shown with so many replications at
/// least.
const SHOWN_REPLICATIONS: u32 = 1000;
/// So many settings are simulated once more for the front, and for each further question.
const MOST_ON_FRONT: usize = 40;
const MOST_ASKED: usize = 6;

/// The outcome of a race that is over. Cancelled after it, the answer stands, and what else there is to say is left
/// out.
pub fn finish(mut race: Race<'_>) -> Result<Outcome, Unfinished> {
    let mut outcome = standing(&race);
    match complete(&mut race, &mut outcome) {
        Ok(()) => (),
        Err(Unfinished::Stopped(Stopped::Cancelled)) => outcome.interrupted = true,
        Err(halt) => return Err(halt),
    }
    outcome.replications_used = race.used;
    Ok(outcome)
}

/// The outcome of a race that was cancelled.
pub fn interrupted(race: Race<'_>) -> Outcome {
    Outcome { interrupted: true, ..standing(&race) }
}

/// The outcome as the race stands.
fn standing(race: &Race<'_>) -> Outcome {
    let figures = |index: usize| {
        let entry = &race.entries[index];
        entry.contender.as_ref().map_or_else(|| entry.figures.clone(), |contender| contender.figures(&race.goal))
    };
    let best = best(race);
    let settings: Vec<Setting> = (0..race.entries.len())
        .map(|index| Setting {
            status: race.status(index, best),
            feasible: race.entries[index].feasible,
            figures: figures(index),
        })
        .collect();
    let violates = |setting: &Setting| matches!(setting.status, Status::Violates | Status::NoValue);
    let answer = match best {
        Some(setting) => {
            let [all, decided] = [false, true].map(|only| standing_of(race, setting, only));
            let by_limit = (all.by_limit || decided.by_limit) && decided.proven < race.tuning.confidence;
            Conclusion::Best { setting, probability: all.proven, of_decided: decided.proven, by_limit }
        }
        None => {
            let closest = closest(race, &settings);
            if settings.iter().all(violates) {
                Conclusion::Infeasible { closest }
            } else {
                Conclusion::Undecided { closest }
            }
        }
    };
    Outcome {
        answer,
        settings,
        metric: race.goal.metric().clone(),
        own: None,
        costs: Vec::new(),
        front: Vec::new(),
        reference: reference(race),
        replications_used: race.used,
        interrupted: false,
    }
}

/// The best setting in the race that is proven to satisfy the constraints.
fn best(race: &Race<'_>) -> Option<usize> {
    let estimate = |contender: &Contender| race.goal.estimate(&contender.numbers);
    let racing =
        race.entries.iter().enumerate().filter(|(_, entry)| entry.feasible && entry.place == RaceStatus::Racing);
    let with_value = racing.filter_map(|(index, entry)| Some((index, estimate(entry.contender.as_ref()?)?)));
    with_value.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))).map(|(index, _)| index)
}

/// How sure it is that no setting is better than one by more than the margin.
struct HowSure {
    /// The confidence if all others are proven to be settled by it or out of the race, else the greatest confidence at
    /// which the evidence that there is would have settled the rest.
    proven: f64,
    /// Whether all others are settled by it or out of the race if what holds by the central limit is taken for proven.
    by_limit: bool,
}

/// How sure it is that no setting is better than this one. With `only_decided` those that were given up are left out.
fn standing_of(race: &Race<'_>, best: usize, only_decided: bool) -> HowSure {
    let confidence = race.tuning.confidence;
    let root = |index: usize| {
        let (mut at, mut all_strictly, mut all_proven) = (index, true, true);
        while let RaceStatus::Settled { by, strictly, proven } = race.entries[at].place {
            all_strictly &= strictly;
            all_proven &= proven;
            at = by;
        }
        (at, all_strictly, all_proven)
    };
    let enough = race.levels.enough();
    let (mut least, mut by_limit) = (enough, true);
    for index in (0..race.entries.len()).filter(|index| *index != best) {
        let (root, strictly, proven) = root(index);
        let decided = match race.entries[root].place {
            RaceStatus::Violates | RaceStatus::NoValue => true,
            RaceStatus::GivenUp if only_decided => true,
            // One that is no better than an open setting is as open as that one, which is counted by itself.
            _ => root == best || (root != index && strictly),
        };
        if !decided || !proven {
            let evidence = race.evidence(best, index, true);
            least = least.min(evidence.proof);
            by_limit &= decided || evidence.by_limit >= enough;
        }
    }
    // The claim about each other setting may err so often; the tests of constraints have the other half of the error.
    let of_claims = (race.entries.len() - 1) as f64 * libm::exp(-least);
    let proven = if least < enough { (1.0 - (1.0 - confidence) / 2.0 - of_claims).max(0.0) } else { confidence };
    HowSure { proven, by_limit }
}

/// Which numbers of a setting's trade-off the times of the front are: those of the objective's build, or of the
/// likeliest one.
fn reference(race: &Race<'_>) -> usize {
    let builds = &race.tuning.own.builds;
    let likeliest = || {
        let greatest = builds.iter().map(|build| build.weight).fold(0.0, f64::max);
        builds.iter().position(|build| build.weight == greatest)
    };
    race.goal.metric().build().or_else(likeliest).map_or(0, |build| build + 1)
}

/// All that is said beside the answer.
fn complete(race: &mut Race<'_>, outcome: &mut Outcome) -> Result<(), Unfinished> {
    if let Conclusion::Infeasible { closest } | Conclusion::Undecided { closest } = outcome.answer {
        let closest = refined(race, outcome, closest, SHOWN_REPLICATIONS, |race, outcome| {
            Some(self::closest(race, &outcome.settings))
        })?;
        outcome.answer = match outcome.answer {
            Conclusion::Infeasible { .. } => Conclusion::Infeasible { closest },
            _ => Conclusion::Undecided { closest },
        };
    }
    let answer = outcome.answer.setting();
    let replications = outcome.settings[answer].figures.replications;
    outcome.own = Some(own(race, outcome, replications)?);
    if let Conclusion::Best { setting, .. } = outcome.answer {
        for index in 0..race.tuning.constraints.len() {
            let cost = cost(race, outcome, setting, index)?;
            outcome.costs.push(cost);
        }
    }
    front(race, outcome)
}

/// Asks for a setting, simulates it so often that its figures are worth showing, and asks again, as the answer may be
/// another one now.
fn refined(
    race: &mut Race<'_>,
    outcome: &mut Outcome,
    first: usize,
    replications: u32,
    ask: impl Fn(&Race<'_>, &Outcome) -> Option<usize>,
) -> Result<usize, Unfinished> {
    let mut found = first;
    for _ in 0..MOST_ASKED {
        if !refine(race, outcome, found, replications)? {
            break;
        }
        found = ask(race, outcome).unwrap_or(found);
    }
    Ok(found)
}

/// Simulates a setting up to so many replications if it has had fewer; whether it had.
fn refine(race: &mut Race<'_>, outcome: &mut Outcome, setting: usize, replications: u32) -> Result<bool, Unfinished> {
    let replications = replications.min(race.tuning.max_replications);
    let more = outcome.settings[setting].figures.replications < replications;
    if more {
        outcome.settings[setting].figures = race.simulate(setting, replications)?;
    }
    Ok(more)
}

/// The scenario's own setting: one of the settings, or one beside them.
fn own(race: &mut Race<'_>, outcome: &Outcome, replications: u32) -> Result<OwnSetting, Unfinished> {
    let own = race.tuning.own;
    let digest = own.digest();
    let mut setting = None;
    for point in 0..race.tuning.sweep.len() {
        if race.tuning.sweep.scenario(point)?.digest() == digest {
            setting = Some(point as usize);
            break;
        }
    }
    let known = setting.map(|setting| &outcome.settings[setting].figures);
    let figures = match known.filter(|figures| figures.replications == replications) {
        Some(figures) => figures.clone(),
        None => race.simulate_scenario(own, replications)?,
    };
    Ok(OwnSetting { setting, figures })
}

/// What could be had without a constraint: the best of all settings that seem to satisfy the others.
fn cost(race: &mut Race<'_>, outcome: &mut Outcome, best: usize, constraint: usize) -> Result<Cost, Unfinished> {
    let sign = if race.tuning.objective.direction == Sense::Minimize { 1.0 } else { -1.0 };
    let ask = |_: &Race<'_>, outcome: &Outcome| {
        let others = |figures: &Figures| {
            figures.seem_to_hold.iter().enumerate().all(|(index, holds)| index == constraint || *holds)
        };
        let fits = |(index, setting): &(usize, &Setting)| {
            *index == best || others(&setting.figures) && setting.status != Status::NoValue
        };
        let value = |(index, setting): (usize, &Setting)| Some((index, sign * setting.figures.objective?));
        let settings = outcome.settings.iter().enumerate().filter(fits).filter_map(value);
        settings.min_by(|a, b| a.1.total_cmp(&b.1).then((a.0 != best).cmp(&(b.0 != best)))).map(|(index, _)| index)
    };
    let Some(first) = ask(race, outcome) else { return Ok(Cost { without: None, cost: None }) };
    let replications = outcome.settings[best].figures.replications;
    let without = refined(race, outcome, first, replications, ask)?;
    let objective = |index: usize| outcome.settings[index].figures.objective;
    let cost = objective(best).zip(objective(without)).map(|(best, without)| (sign * (best - without)).max(0.0));
    Ok(Cost { without: Some(without), cost })
}

/// Settings that no other one surpasses in both, by estimates.
fn front(race: &mut Race<'_>, outcome: &mut Outcome) -> Result<(), Unfinished> {
    for _ in 0..MOST_ON_FRONT {
        let found = on_front(race, outcome);
        let rough = found.iter().copied().find(|index| {
            outcome.settings[*index].figures.replications < SHOWN_REPLICATIONS.min(race.tuning.max_replications)
        });
        outcome.front = found;
        let Some(rough) = rough else { break };
        refine(race, outcome, rough, SHOWN_REPLICATIONS)?;
    }
    outcome.front = on_front(race, outcome);
    Ok(())
}

/// The front by the figures that there are: by time, the quickest first. Of equals the first stands for all. What
/// violates constraints on other things than time and robots hurt is no choice: it is not on the front.
fn on_front(race: &Race<'_>, outcome: &Outcome) -> Vec<usize> {
    let others: Vec<bool> = race.tuning.constraints.iter().map(|constraint| !is_of_the_trade_off(constraint)).collect();
    let both = |(index, setting): (usize, &Setting)| {
        let violates = |(other, holds): (&bool, &bool)| *other && !*holds;
        if others.iter().zip(&setting.figures.seem_to_hold).any(violates) {
            return None;
        }
        let of = &setting.figures.trade_off;
        let hurt = of
            .iter()
            .filter_map(|numbers| numbers.hurt_p95)
            .fold(None, |most: Option<f64>, hurt| Some(most.map_or(hurt, |most| most.max(hurt))));
        // Where hardly any campaign succeeds the times of those that do say little.
        let numbers = of.get(outcome.reference).filter(|numbers| 2 * numbers.in_sync >= numbers.replications)?;
        Some((index, numbers.time_p95?, hurt?))
    };
    let mut found: Vec<(usize, f64, f64)> = outcome.settings.iter().enumerate().filter_map(both).collect();
    found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.2.total_cmp(&b.2)).then(a.0.cmp(&b.0)));
    let mut least = f64::INFINITY;
    found.retain(|(_, _, hurt)| {
        let better = *hurt < least;
        least = least.min(*hurt);
        better
    });
    found.into_iter().map(|(index, _, _)| index).collect()
}

/// Whether a constraint is about what the trade-off trades: times, and robots hurt by the first job.
fn is_of_the_trade_off(constraint: &Constraint) -> bool {
    const TRADED: [&str; 5] = [
        "time_to_success_s.",
        "completion_s.",
        "first_job.makespan_s.",
        "first_job.robots_",
        "first_job.threshold_overshoot.",
    ];
    TRADED.iter().any(|name| constraint.metric.contains(name))
}

/// Which setting violates the constraints least: the sum over constraints of how far the estimate is off, as a share of
/// the bound.
fn closest(race: &Race<'_>, settings: &[Setting]) -> usize {
    let metrics: Vec<Metric> = race
        .tuning
        .constraints
        .iter()
        .map(|constraint| {
            Metric::parse(&constraint.metric, race.tuning.own).expect("a checked constraint has its metric")
        })
        .collect();
    let off = |setting: &Setting| -> f64 {
        if setting.status == Status::NoValue {
            return f64::INFINITY;
        }
        let found = race.tuning.constraints.iter().zip(&metrics).zip(&setting.figures.constraints);
        found.map(|((constraint, metric), finding)| relative_miss(constraint, metric, finding)).sum()
    };
    let all = settings.iter().enumerate().map(|(index, setting)| (index, off(setting)));
    all.min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0))).map_or(0, |(index, _)| index)
}

/// How far the estimate of a constraint is beyond its bound, in the metric's unit as it is shown; 0 if it is not, none
/// if there is no estimate. Of a quantile over robots: how large a share of the robots is missing within the bound.
pub fn miss(constraint: &Constraint, metric: &Metric, finding: &Finding) -> Option<f64> {
    if let [share] = finding.shares[..] {
        let beyond = if share.with_bound { share.needed - share.estimate? } else { share.estimate? - share.needed };
        return Some(beyond.max(0.0));
    }
    let estimate = finding.estimate?;
    let high = constraint.bounds.at_most().map(|bound| estimate - metric.show(bound));
    let low = constraint.bounds.at_least().map(|bound| metric.show(bound) - estimate);
    Some(high.or(low).unwrap_or(0.0).max(0.0))
}

fn relative_miss(constraint: &Constraint, metric: &Metric, finding: &Finding) -> f64 {
    let bound = constraint.bounds.at_most().or(constraint.bounds.at_least()).unwrap_or(0.0);
    let scale = match &finding.shares[..] {
        [share] => 1.0 - share.needed,
        _ if bound > 0.0 => metric.show(bound),
        _ => 1.0,
    };
    // What has no number is farther off than anything that has one.
    miss(constraint, metric, finding).map_or(1e9, |miss| miss / scale)
}

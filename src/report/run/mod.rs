//! What a run comes to: how long, how likely, how many hurt?

mod charts;
mod numbers;

use std::cmp::Ordering;

use self::numbers::says_something;

use super::command::CommandLine;
use super::document::{Chapter, Document, Piece, Provenance, Reach, Sentence, estimate_of};
use super::format::{Exporter, JSON, PAGE, PICTURES, Presentable, Presented};
use super::{hgrm, settings};
use crate::experiment::Tally;
use crate::measure::{
    COMPLETION, EventId, HALTED, HORIZON, IN_SYNC, JOBS, JOBS_HALTED, LEFT_BEHIND, MAX_JOBS, NumberId, ROBOTS_HURT,
    THRESHOLD_OVERSHOOT, TIME_TO_SUCCESS, TIMED_OUT,
};
use crate::metric::words::{counted, counted_between, percent};
use crate::metric::{self, Summary, Unit};
use crate::rollout::{Again, HaltWords};
use crate::scenario::{Scenario, ScenarioFile};
use crate::statistics::{Estimate, Proportion, Statistic};
use crate::time::Time;

/// A run with what was asked for.
#[derive(Clone, Copy)]
pub(crate) struct RunAnswer<'r> {
    pub scenario: &'r Scenario,
    pub file: &'r ScenarioFile,
    /// The options that were laid over the scenario.
    pub sets: &'r [String],
    pub seed: u64,
    pub tally: &'r Tally,
}

/// The files of a run's folder, but for its rows; `summary.json` last, so that it is never there without the files that belong to
/// it.
pub(crate) const FILES: [&str; 4] = [HISTOGRAMS, PICTURES, PAGE, JSON];

const HISTOGRAMS: &str = "histograms";

impl Presentable for RunAnswer<'_> {
    const PAGE_FILE: &'static str = "report.html";

    fn document(&self) -> Document<'_> {
        document(self)
    }

    fn identity(&self) -> String {
        let replications = counted(self.tally.replications, "replication");
        format!("{}, {replications}, seed {}", self.scenario.name, self.seed)
    }

    fn formats() -> Vec<Box<dyn Exporter<Self>>> {
        vec![Box::new(Histograms), Box::new(RunJson)]
    }
}

/// Percentiles, in the format of HdrHistogram.
struct Histograms;

impl Exporter<RunAnswer<'_>> for Histograms {
    fn name(&self) -> &'static str {
        HISTOGRAMS
    }

    fn files(&self, said: &Presented<'_, RunAnswer<'_>>) -> Vec<(String, String)> {
        let RunAnswer { scenario, tally, .. } = said.answer;
        let distributions = metric::distributions(scenario, tally).into_iter();
        distributions.map(|(name, numbers)| (format!("histograms/{name}.hgrm"), hgrm::render(&numbers))).collect()
    }
}

struct RunJson;

impl Exporter<RunAnswer<'_>> for RunJson {
    fn name(&self) -> &'static str {
        JSON
    }

    fn files(&self, said: &Presented<'_, RunAnswer<'_>>) -> Vec<(String, String)> {
        let RunAnswer { scenario, seed, tally, .. } = *said.answer;
        vec![(String::from("summary.json"), Summary::new(scenario, seed, tally).to_json())]
    }
}

/// All that there is to say of a run.
fn document<'r>(run: &RunAnswer<'r>) -> Document<'r> {
    let RunAnswer { scenario, file, sets, seed, tally } = *run;
    let command = CommandLine::new("run")
        .file(file.name())
        .option("--replications", tally.replications)
        .option("--seed", seed)
        .options("--set", sets);
    let facts = vec![
        ("Scenario", scenario.name.clone()),
        ("Digest", scenario.digest()),
        ("Seed", seed.to_string()),
        ("Replications", tally.replications.to_string()),
    ];
    let section = |id: &str, heading: &str, place, blocks| Chapter {
        id: id.to_owned(),
        heading: heading.to_owned(),
        place,
        blocks,
    };
    Document {
        title: scenario.name.clone(),
        description: scenario.description.clone(),
        question: format!(
            "{}; {}, seed {seed}",
            settings::in_a_line(scenario),
            counted(tally.replications, "replication")
        ),
        passes: None,
        answer: answer(scenario, tally),
        sections: vec![
            section("pictures", "Pictures", Reach::Page, vec![Piece::Charts(charts::all(scenario, tally))]),
            section("numbers", "Numbers", Reach::Everywhere, numbers::blocks(scenario, tally)),
            section("settings", "Settings", Reach::Page, settings::facts(scenario)),
        ],
        provenance: Some(Provenance { command, facts, scenarios: vec![file], sets }),
    }
}

/// In how many campaigns something happens.
fn share(tally: &Tally, event: EventId) -> Proportion {
    Proportion::new(tally[event], tally.replications)
}

/// The plain-language answer; its first sentence says whether the whole fleet gets in sync.
fn answer(scenario: &Scenario, tally: &Tally) -> Vec<Sentence> {
    let in_sync = share(tally, IN_SYNC);
    let [low, high] = in_sync.ci95.map(percent);
    let interval = format!("(95 % interval {low} to {high})");
    let mut sentences = Vec::new();
    if in_sync.count == 0 {
        sentences.push(Sentence::new(format!("No campaign brings the whole fleet in sync {interval}.")));
    } else {
        let share = percent(in_sync.probability);
        sentences.push(Sentence::new(format!("The whole fleet is in sync in {share} of the campaigns {interval}.")));
        let times = &tally[TIME_TO_SUCCESS];
        let (most, statistic) = nearly_all(in_sync.count);
        sentences.push(
            Sentence::new("Half of these take at most ")
                .number(Unit::Seconds, times.estimate(Statistic::P50))
                .words(by_then(scenario, &times.estimate(Statistic::P50)))
                .words(format!(", {most} at most "))
                .number(Unit::Seconds, times.estimate(statistic))
                .words(by_then(scenario, &times.estimate(statistic)))
                .words("."),
        );
    }
    sentences.extend(otherwise(tally, scenario.deployment.rules.halt_words()));
    sentences.extend(halts_on_the_way(scenario, tally));
    sentences.extend(hurt(tally));
    sentences.extend(overshoot(tally));
    for (build, tally) in scenario.builds.iter().zip(&tally.builds).filter(|(_, tally)| tally.replications > 0) {
        let share = |event| estimate_of(&share(tally, event));
        let p95 = tally[TIME_TO_SUCCESS].estimate(Statistic::P95);
        let sentence = Sentence::new(format!("If the build is {}, ", build.name))
            .number(Unit::Probability, share(IN_SYNC))
            .words(" bring the whole fleet in sync and ")
            .number(Unit::Probability, share(HALTED))
            .words(" halt");
        let sentence = match p95.value {
            Some(_) => sentence.words("; 95 % of those in sync take at most ").number(Unit::Seconds, p95),
            None => sentence,
        };
        sentences.push(sentence.words(".").on_pages());
    }
    sentences.extend(last_group(scenario, tally));
    sentences
}

/// What a time since the start is on the wall: `, by Wed 2 Dec 06:00`; nothing if nobody knows the date.
fn by_then(scenario: &Scenario, time: &Estimate) -> String {
    let seconds = time.value.filter(|_| scenario.calendar.is_dated());
    let instant = seconds.and_then(|seconds| scenario.calendar.shown(Time::from_secs(seconds)));
    instant.map_or_else(String::new, |instant| format!(", by {instant}"))
}

/// The share of numbers that the answer tells of beside half of them, with the statistic that it is: of few all.
fn nearly_all(count: u64) -> (&'static str, Statistic) {
    if says_something(Statistic::P95, count) { ("95 %", Statistic::P95) } else { ("all", Statistic::Max) }
}

/// How many jobs halt, where campaigns go on after one that does.
fn halts_on_the_way(scenario: &Scenario, tally: &Tally) -> Option<Sentence> {
    let halted = &tally[JOBS_HALTED];
    let most = halted.estimate(Statistic::Max);
    (scenario.sync.on_halt == Again::Retry && most.value > Some(0.0)).then(|| {
        let none = halted.histogram().count_at(0);
        let some = Proportion::new(tally.replications - none, tally.replications);
        Sentence::new("In ")
            .number(Unit::Probability, estimate_of(&some))
            .words(" a job halts on the way and the next one goes on; half of all campaigns have at most ")
            .number(Unit::Count, halted.estimate(Statistic::P50))
            .words(" of these jobs, no one has more than ")
            .number(Unit::Count, most)
            .words(".")
    })
}

/// Which group is in sync last, of several.
fn last_group(scenario: &Scenario, tally: &Tally) -> Option<Sentence> {
    let done = |group: &Tally| [Statistic::P95, Statistic::P50].map(|statistic| group[COMPLETION].estimate(statistic));
    let times = scenario.groups.iter().zip(&tally.groups).map(|(group, tally)| (group, done(tally)));
    let key = |done: &[Estimate; 2]| done.map(|estimate| estimate.value.unwrap_or(0.0));
    let (group, [p95, p50]) = times.max_by(|(_, a), (_, b)| key(a).partial_cmp(&key(b)).unwrap_or(Ordering::Equal))?;
    says_something(Statistic::P95, tally.replications).then(|| {
        let name = &group.name;
        let sentence = Sentence::new(format!("Of the groups {name} is in sync last: "));
        let sentence = match (p50.is_never(), p95.is_never()) {
            (true, _) => sentence.words("in fewer than half of all campaigns at all"),
            (false, true) => sentence
                .words("half of all campaigns get there by ")
                .number(Unit::Seconds, p50)
                .words(", fewer than 95 % ever do"),
            (false, false) => {
                let sentence = sentence.words("half of all campaigns get there by ").number(Unit::Seconds, p50);
                sentence.words(", 95 % by ").number(Unit::Seconds, p95)
            }
        };
        sentence.words(".").on_pages()
    })
}

/// How campaigns end that do not get in sync.
fn otherwise(tally: &Tally, halts: HaltWords) -> Option<Sentence> {
    let rest = [
        (HALTED, halts.halt_because),
        (TIMED_OUT, "hit the fleet timeout"),
        (MAX_JOBS, max_jobs(tally)),
        (HORIZON, "reach the horizon unfinished"),
    ];
    let happen = rest.into_iter().map(|(event, what)| (share(tally, event), what)).filter(|(share, _)| share.count > 0);
    let sentence = happen.fold(None, |sentence: Option<Sentence>, (share, what)| {
        let sentence = sentence.map_or_else(|| Sentence::new(""), |sentence| sentence.words("; "));
        Some(sentence.number(Unit::Probability, estimate_of(&share)).words(format!(" {what}")))
    });
    sentence.map(|sentence| sentence.words("."))
}

/// What ends campaigns that may make no further job.
fn max_jobs(tally: &Tally) -> &'static str {
    let greatest = |id: NumberId| tally[id].estimate(Statistic::Max).value;
    if greatest(JOBS) == Some(0.0) {
        "end with their calls given up, and no job made"
    } else if greatest(LEFT_BEHIND) == Some(0.0) {
        "use up their jobs before the last robot has registered"
    } else {
        "use up their jobs with robots left behind"
    }
}

fn hurt(tally: &Tally) -> Option<Sentence> {
    let sample = &tally[ROBOTS_HURT];
    let p50 = sample.estimate(Statistic::P50);
    let hurt = if p50.value? == 1.0 { "robot fails or does not respond" } else { "robots fail or do not respond" };
    let (rest, statistic) = nearly_all(sample.count());
    Some(
        Sentence::new("In the first job at most ")
            .number(Unit::Count, p50)
            .words(format!(" {hurt} in half of the campaigns, "))
            .number(Unit::Count, sample.estimate(statistic))
            .words(format!(" in {rest}.")),
    )
}

fn overshoot(tally: &Tally) -> Option<Sentence> {
    let sample = &tally[THRESHOLD_OVERSHOOT];
    let (p50, max) = (sample.estimate(Statistic::P50), sample.estimate(Statistic::Max));
    max.value?;
    let limit = counted_between(tally.limits.halts?, "failure");
    Some(if tally.limits.aborts {
        Sentence::new(format!(
            "It halts at {limit} and aborts the robots in flight, which the table below counts as failed."
        ))
    } else {
        Sentence::new(format!("It halts at {limit}; robots in flight then add at most "))
            .number(Unit::Count, p50)
            .words(" in half of the cases, ")
            .number(Unit::Count, max)
            .words(" at worst.")
    })
}

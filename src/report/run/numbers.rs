//! The tables of a run.

use super::share;
use crate::experiment::Tally;
use crate::measure::{
    self, COMPLETION, HALTED, IN_SYNC, JOBS_HALTED, LEFT_BEHIND, Measure, NumberId, ROBOTS_HURT, TIME_TO_SUCCESS,
};
use crate::metric::{Numbers, Unit};
use crate::report::document::{DataCell, DataColumn, DataRow, DataTable, Intervals, Piece, Reach, dash, estimate_of};
use crate::report::settings;
use crate::rollout::{Again, Word};
use crate::scenario::Scenario;
use crate::statistics::{Estimate, Proportion, Sample, Statistic};
use crate::time::Time;

pub(super) fn blocks(scenario: &Scenario, tally: &Tally) -> Vec<Piece> {
    let first_jobs = shares("first-jobs", "How first jobs end", first_jobs(tally));
    let first_jobs = DataTable { place: Reach::Page, ..first_jobs };
    let mut likely = campaigns(scenario, tally);
    likely.extend(halts_on_the_way(scenario, tally));
    let mut tables = vec![shares("likely", "How likely", likely), first_jobs];
    tables.extend(measure::Section::ALL.into_iter().map(|section| distributions(section, scenario, tally)));
    tables.push(on_the_wall(scenario, tally));
    tables.push(by_build(scenario, tally));
    tables.push(by_group(scenario, tally));
    // Parts of the world that a scenario does not have.
    tables.retain(|table| !table.rows.is_empty());
    let note = "Small figures are 95 % intervals: Wilson's of shares, Student's without its skewness of means, those of order \
                statistics of quantiles. A quantile has one if there are replications enough: 6 for p50, 36 for p90, 72 for \
                p95, 368 for p99. p90 of fewer than 10 numbers, p95 of fewer than 20 and p99 of fewer than 100 are left out: they would be \
                no more than the greatest.";
    let mut blocks = vec![Piece::Note(Reach::Page, note.to_owned()), Piece::Tables(tables)];
    blocks.extend(resting_on_few(tally).map(|note| Piece::Note(Reach::Page, note)));
    blocks.extend(settings::warnings(scenario));
    blocks
}

/// Which means say little, since few replications carry them.
fn resting_on_few(tally: &Tally) -> Option<String> {
    let rows = measure::Section::ALL.into_iter().flat_map(measure::Section::measures);
    let few = rows.filter_map(|measure| {
        let few = tally.numbers(measure)?.estimates()[Statistic::Mean as usize].rests_on_few()?;
        Some(format!("\"{}\" on {few}", measure.words))
    });
    let few: Vec<String> = few.collect();
    (!few.is_empty()).then(|| {
        format!(
            "Means that rest on few of the {} replications: {}. Look at their quantiles.",
            tally.replications,
            few.join(", ")
        )
    })
}

/// In which shares something happens, by its name.
pub(super) type SharesOf = Vec<(&'static str, Proportion)>;

/// How campaigns end.
pub(super) fn campaigns(scenario: &Scenario, tally: &Tally) -> SharesOf {
    let halts = scenario.deployment.rules.halt_words();
    let share = |measure: &'static Measure| {
        Some((measure.words_with(halts), Proportion::new(tally.count(measure)?, tally.replications)))
    };
    // No campaign ends with a job that halts where they go on after it.
    let can_be = |measure: &&Measure| **measure != *HALTED.measure() || scenario.sync.on_halt == Again::Stop;
    Measure::events().filter(can_be).filter_map(share).collect()
}

/// In which share of the campaigns a job halts, where they go on after it.
fn halts_on_the_way(scenario: &Scenario, tally: &Tally) -> Option<(&'static str, Proportion)> {
    (scenario.sync.on_halt == Again::Retry).then(|| {
        let none = tally[JOBS_HALTED].histogram().count_at(0);
        ("a job halts on the way", Proportion::new(tally.replications - none, tally.replications))
    })
}

/// How first jobs end.
pub(super) fn first_jobs(tally: &Tally) -> SharesOf {
    let share = |(word, count): &(Word, u64)| (word.as_str(), Proportion::new(*count, tally.replications));
    tally.job_outcomes.iter().map(share).collect()
}

fn shares(id: &str, name: &str, all: SharesOf) -> DataTable {
    let share = DataColumn::numbers("share").intervals(Intervals::InColumns);
    let mut table = DataTable::new(id, name, vec![DataColumn::words(""), share, DataColumn::numbers("count")]);
    for (name, proportion) in all {
        let share = DataCell::estimate(Unit::Probability, &estimate_of(&proportion));
        table.row(vec![DataCell::new(name), share, DataCell::count(proportion.count)]);
    }
    table
}

fn distributions(section: measure::Section, scenario: &Scenario, tally: &Tally) -> DataTable {
    use Statistic::{Max, Mean, P50, P90, P95, P99};
    let column = |statistic: Statistic| DataColumn::numbers(statistic.as_str());
    let found = section.measures().into_iter().filter(|measure| is_shown(measure, scenario, tally));
    let found: Vec<(&Measure, Numbers<'_>)> = found.filter_map(|m| Some((m, tally.numbers(m)?))).collect();
    // What is over a part of the campaigns says over which part.
    let share = |numbers: &Numbers<'_>| match numbers {
        Numbers::Independent(sample) => Some(sample.count() + sample.never().unwrap_or(0)),
        Numbers::Clustered(_) => None,
    };
    let is_partial = |numbers: &Numbers<'_>| share(numbers).is_some_and(|count| count < tally.replications);
    let partial = found.iter().any(|(_, numbers)| is_partial(numbers));
    let of = partial.then(|| {
        let everywhere = found.iter().any(|(measure, numbers)| !is_detail(measure) && is_partial(numbers));
        let over = DataColumn::numbers("over");
        if everywhere { over } else { over.on_pages() }
    });
    let quantiles = [P50, P90, P95, P99, Max].map(column);
    let columns = std::iter::once(DataColumn::words("")).chain(of).chain(quantiles);
    let columns = columns.chain([column(Mean).on_pages()]);
    let mut table = DataTable::new(section.id(), section.words(), columns.collect());
    for (measure, numbers) in found {
        let estimates = numbers.estimates();
        let count = share(&numbers);
        let number = |statistic: Statistic| match &estimates[statistic as usize] {
            _ if !says_something(statistic, count.unwrap_or(tally.replications)) => {
                DataCell::number(measure.unit, None)
            }
            estimate => DataCell::estimate(measure.unit, estimate),
        };
        let over = partial.then(|| match count {
            // That a campaign has such a number is no matter of chance where all have.
            Some(count) if count == tally.replications => DataCell::number(Unit::Probability, Some(1.0)),
            Some(count) => {
                DataCell::estimate(Unit::Probability, &estimate_of(&Proportion::new(count, tally.replications)))
            }
            None => DataCell::default(),
        });
        let numbers = [P50, P90, P95, P99, Max, Mean].map(number);
        let place = if is_detail(measure) { Reach::Page } else { Reach::Everywhere };
        let cells = std::iter::once(DataCell::new(measure.words)).chain(over).chain(numbers).collect();
        table.rows.push(DataRow { of: None, why: String::new(), place, cells });
    }
    table
}

/// When the whole fleet is in sync, each group, and a robot, as the wall shows it. A robot that registers later has a beginning of its
/// own.
fn on_the_wall(scenario: &Scenario, tally: &Tally) -> DataTable {
    use Statistic::{Max, P50, P90, P95, P99};
    let quantiles = [P50, P90, P95, P99, Max];
    let columns = quantiles.map(|statistic| DataColumn::numbers(statistic.as_str()));
    let columns = std::iter::once(DataColumn::words("")).chain(columns).collect();
    let mut table = DataTable::new("wall", format!("On the wall, {}", scenario.calendar.zone()), columns);
    if !scenario.calendar.is_dated() {
        return table;
    }
    let mut row = |name: &str, numbers: Numbers<'_>| {
        let estimates = numbers.estimates();
        let instant = |statistic: Statistic| {
            let estimate = &estimates[statistic as usize];
            let seconds = estimate.value.filter(|_| says_something(statistic, tally.replications));
            let shown = seconds.and_then(|seconds| scenario.calendar.shown(Time::from_secs(seconds)));
            let shown = if estimate.is_never() { Some(String::from("never")) } else { shown };
            DataCell::sorted(shown.unwrap_or_else(dash), seconds)
        };
        table.row(std::iter::once(DataCell::new(name)).chain(quantiles.map(instant)).collect());
    };
    if scenario.most_robots() == scenario.fleet_size() {
        let robots = Measure::named("robot.time_to_success_s");
        if let Some((measure, numbers)) = robots.and_then(|measure| Some((measure, tally.numbers(measure)?))) {
            row(measure.words, numbers);
        }
    }
    let whole = if tally[COMPLETION].never() == Some(0) { TIME_TO_SUCCESS } else { COMPLETION };
    row(whole.measure().words, Numbers::Independent(&tally[whole]));
    for (group, tally) in scenario.groups.iter().zip(&tally.groups) {
        row(&format!("until {} is", group.name), Numbers::Independent(&tally[COMPLETION]));
    }
    table
}

/// Whether only pages have room for its row.
fn is_detail(measure: &Measure) -> bool {
    measure.row.is_some_and(|row| row.detail)
}

/// Whether a quantile of so many numbers says more than that they are few: that at least one of them is beyond it.
pub(super) fn says_something(statistic: Statistic, count: u64) -> bool {
    statistic.percent().is_none_or(|percent| percent <= 50 || count * (100 - percent) >= 100)
}

/// Whether a measure's row says what no other does.
fn is_shown(measure: &Measure, scenario: &Scenario, tally: &Tally) -> bool {
    if *measure == *JOBS_HALTED.measure() {
        // Else a campaign ends with the job that halts.
        return scenario.sync.on_halt == Again::Retry;
    }
    // Where all campaigns get there in the end the time to success says the same.
    *measure != *COMPLETION.measure() || tally[COMPLETION].never() != Some(0)
}

/// Each group's robots, in which share of the campaigns all of them get in sync, until when, how many of them the first
/// job hurts, and how many are left behind.
fn by_group(scenario: &Scenario, all: &Tally) -> DataTable {
    let names = ["robots", "in sync", "done p50", "done p95", "hurt p95", "left p95"].map(DataColumn::numbers);
    let columns = std::iter::once(DataColumn::words("")).chain(names).collect();
    let table = DataTable::new("groups", "By group", columns);
    let about = String::from("done is over all campaigns");
    let mut table = DataTable { about, most: Some(20), file: Some(("groups", "summary.json")), ..table };
    for (group, tally) in scenario.groups.iter().zip(&all.groups) {
        let completion = &tally[COMPLETION];
        let quantile = |id: NumberId, statistic| {
            let estimate = tally[id].estimate(statistic);
            let shown = says_something(statistic, tally.replications);
            DataCell::estimate(id.measure().unit, if shown { &estimate } else { &NOTHING })
        };
        let in_sync = estimate_of(&Proportion::new(completion.count(), tally.replications));
        table.row(vec![
            DataCell::new(group.name.as_str()),
            DataCell::count(group.robots.into()),
            DataCell::estimate(Unit::Probability, &in_sync),
            quantile(COMPLETION, Statistic::P50),
            quantile(COMPLETION, Statistic::P95),
            quantile(ROBOTS_HURT, Statistic::P95),
            quantile(LEFT_BEHIND, Statistic::P95),
        ]);
    }
    table
}

const NOTHING: Estimate = Estimate { value: None, interval: None, lack: None, carriers: None };

/// A build's share of the replications, its outcomes, and its 95th percentiles of the time to success and of the robots
/// hurt in the first job.
fn by_build(scenario: &Scenario, all: &Tally) -> DataTable {
    let numbers = ["share", "in sync", "halted", "time p95", "hurt p95"].map(DataColumn::numbers);
    let mut table =
        DataTable::new("builds", "By build", std::iter::once(DataColumn::words("")).chain(numbers).collect());
    for (build, tally) in scenario.builds.iter().zip(&all.builds) {
        let share = |event| match tally.replications {
            0 => DataCell::number(Unit::Probability, None),
            _ => DataCell::estimate(Unit::Probability, &estimate_of(&share(tally, event))),
        };
        let p95 = |sample: &Sample, unit| DataCell::estimate(unit, &sample.estimate(Statistic::P95));
        let of_all = Proportion::new(tally.replications, all.replications);
        table.row(vec![
            DataCell::new(build.name.as_str()),
            DataCell::estimate(Unit::Probability, &estimate_of(&of_all)),
            share(IN_SYNC),
            share(HALTED),
            p95(&tally[TIME_TO_SUCCESS], Unit::Seconds),
            p95(&tally[ROBOTS_HURT], Unit::Count),
        ]);
    }
    table
}

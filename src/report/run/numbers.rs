//! The tables of a run.

use super::share;
use crate::experiment::Tally;
use crate::measure::{self, HALTED, IN_SYNC, Measure, ROBOTS_HURT, TIME_TO_SUCCESS};
use crate::metric::Unit;
use crate::report::document::{DataCell, DataColumn, DataRow, DataTable, Intervals, Piece, Reach, dash, estimate_of};
use crate::report::settings;
use crate::rollout::Word;
use crate::scenario::Scenario;
use crate::statistics::{Proportion, Sample, Statistic};
use crate::time::Time;

pub(super) fn blocks(scenario: &Scenario, tally: &Tally) -> Vec<Piece> {
    let first_jobs = shares("first-jobs", "How first jobs end", first_jobs(tally));
    let first_jobs = DataTable { place: Reach::Page, ..first_jobs };
    let mut tables = vec![shares("likely", "How likely", campaigns(scenario, tally)), first_jobs];
    tables.extend(measure::Section::ALL.into_iter().map(|section| distributions(section, tally)));
    tables.push(on_the_wall(scenario, tally));
    tables.push(by_build(scenario, tally));
    // Parts of the world that a scenario does not have.
    tables.retain(|table| !table.rows.is_empty());
    let note = "Small figures are 95 % intervals: Wilson's of shares, Student's without its skewness of means, those of order \
                statistics of quantiles. A quantile has one if there are replications enough: 6 for p50, 36 for p90, 72 for \
                p95, 368 for p99.";
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
    Measure::events().filter_map(share).collect()
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

fn distributions(section: measure::Section, tally: &Tally) -> DataTable {
    use Statistic::{Max, Mean, P50, P90, P95, P99};
    let column = |statistic: Statistic| DataColumn::numbers(statistic.as_str());
    let quantiles = [P50, P90, P95, P99, Max].map(column);
    let columns = std::iter::once(DataColumn::words("")).chain(quantiles).chain([column(Mean).on_pages()]);
    let mut table = DataTable::new(section.id(), section.words(), columns.collect());
    for measure in section.measures() {
        let Some(numbers) = tally.numbers(measure) else { continue };
        let estimates = numbers.estimates();
        let number = |statistic: Statistic| DataCell::estimate(measure.unit, &estimates[statistic as usize]);
        let numbers = [P50, P90, P95, P99, Max, Mean].map(number);
        let place = if measure.row.is_some_and(|row| row.detail) { Reach::Page } else { Reach::Everywhere };
        let cells = std::iter::once(DataCell::new(measure.words)).chain(numbers).collect();
        table.rows.push(DataRow { of: None, why: String::new(), place, cells });
    }
    table
}

/// When the whole fleet is in sync, and when a robot is, as the wall shows it. A robot that registers later has a beginning of its
/// own.
fn on_the_wall(scenario: &Scenario, tally: &Tally) -> DataTable {
    use Statistic::{Max, P50, P90, P95, P99};
    let quantiles = [P50, P90, P95, P99, Max];
    let columns = quantiles.map(|statistic| DataColumn::numbers(statistic.as_str()));
    let columns = std::iter::once(DataColumn::words("")).chain(columns).collect();
    let mut table = DataTable::new("wall", format!("On the wall, {}", scenario.calendar.zone()), columns);
    let grows = scenario.most_robots() > scenario.fleet_size();
    let names = ["robot.time_to_success_s", "campaign.time_to_success_s"];
    let measures = names.into_iter().skip(usize::from(grows)).filter_map(Measure::named);
    for measure in measures {
        let Some(numbers) = tally.numbers(measure).filter(|_| scenario.calendar.is_dated()) else { continue };
        let estimates = numbers.estimates();
        let instant = |statistic: Statistic| {
            let seconds = estimates[statistic as usize].value;
            let shown = seconds.and_then(|seconds| scenario.calendar.shown(Time::from_secs(seconds)));
            DataCell::sorted(shown.unwrap_or_else(dash), seconds)
        };
        table.row(std::iter::once(DataCell::new(measure.words)).chain(quantiles.map(instant)).collect());
    }
    table
}

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

//! The page of a run: `report.html`.

use maud::{Markup, html};

use super::chart::{even_readings, nothing, value_at};
use super::{Cell, Chart, Columns, Command, Mark, Page, Provenance, Reading};
use super::{answer, charts, estimate, outcomes, section, settings};
use crate::experiment::{OverTime, Tally};
use crate::measure::{HALTED, IN_SYNC, Measure, ROBOTS_HURT, Section, TIME_TO_SUCCESS};
use crate::metric::words::shown;
use crate::metric::words::{counted, percent};
use crate::metric::{Summary, Unit};
use crate::report::plots::axis::Axis;
use crate::report::plots::in_sync_over_time::staircase;
use crate::report::plots::over_time::{joined, rate_unit, shown_until};
use crate::report::plots::time_to_success_by_build::in_sync_by;
use crate::report::plots::{failed_robots, time_to_success};
use crate::scenario::{Scenario, ScenarioFile};
use crate::statistics::{Estimate, Number, Proportion, Sample, Statistic};
use crate::time::humane;

const SINCE_START: &str = "time since the start of the rollout";
/// How many builds have a line of their own.
const MOST_BUILDS: usize = 5;

/// The page; `sets` are the options that were laid over the scenario.
pub fn run(scenario: &Scenario, file: &ScenarioFile, sets: &[String], summary: &Summary, tally: &Tally) -> String {
    let command = Command::new("run", file.name())
        .option("--replications", summary.replications)
        .option("--seed", summary.seed)
        .options("--set", sets);
    let facts = vec![
        ("Scenario", scenario.name.clone()),
        ("Digest", summary.scenario.digest.clone()),
        ("Seed", summary.seed.to_string()),
        ("Replications", summary.replications.to_string()),
    ];
    let replications = counted(summary.replications, "replication");
    Page {
        title: &scenario.name,
        description: &scenario.description,
        settings: &format!("{}; {replications}, seed {}", settings::line(scenario), summary.seed),
        answer: answer::of_run(summary, tally),
        body: html! {
            (section("pictures", "Pictures", &pictures(scenario, summary, tally)))
            (section("numbers", "Numbers", &numbers(scenario, summary, tally)))
            (section("settings", "Settings", &settings::list(scenario)))
        },
        provenance: Provenance { command, facts, scenarios: vec![file], sets },
    }
    .render()
}

fn pictures(scenario: &Scenario, summary: &Summary, tally: &Tally) -> Markup {
    let mut all = vec![outcomes::chart(summary), times(summary, tally), in_sync_by_now(scenario, summary, tally)];
    all.extend(tally.curves.as_ref().map(|curves| share_over_time(&curves.in_sync)));
    all.push(robots_hurt(scenario, tally));
    if let Some(curves) = &tally.curves {
        let limit = tally.limits.in_flight.map(|slots| (f64::from(slots.most), format!("{slots} at once at most")));
        let deploying = Mean { title: "Robots deploying over time", of: "robots deploying", unit: Unit::Count, limit };
        all.push(deploying.chart(&curves.in_flight, tally));
        if let (Some(egress), Some(download)) = (&curves.egress, &scenario.download) {
            let limit = download.egress.map(|cap| (cap as f64, String::from("egress cap")));
            let mean = Mean { title: "Egress over time", of: "egress", unit: Unit::BitsPerSecond, limit };
            all.push(mean.chart(egress, tally));
        }
    }
    charts(&all)
}

/// How long campaigns take that end in sync, as a histogram.
fn times(summary: &Summary, tally: &Tally) -> Markup {
    const TITLE: &str = "Time until the whole fleet is in sync";
    let described = &summary[TIME_TO_SUCCESS];
    let Some(bars) = time_to_success::Bars::new(summary, tally, 5) else {
        return nothing(TITLE, "No campaign ended with the whole fleet in sync.");
    };
    let share = |count: u64| count as f64 / described.count as f64;
    let edges = |bar: usize| [bar, bar + 1].map(|bar| bars.axis.start + bar as f64 * bars.width);
    let mut marks = vec![Mark::Bars(
        bars.counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(bar, count)| {
                let [from, to] = edges(bar);
                (from, to, share(*count))
            })
            .collect(),
    )];
    for (level, (name, value)) in (0..).zip([("p50", described.p50), ("p95", described.p95), ("p99", described.p99)]) {
        let upright =
            |value: Number| Mark::Upright { at: value.0, words: format!("{name} {}", humane(value.0)), level };
        marks.extend(value.map(upright));
    }
    let readings = bars.counts.iter().enumerate().map(|(bar, count)| {
        let [from, to] = edges(bar);
        let words = format!(
            "{} to {}: {} of the campaigns ({count})",
            humane(from),
            humane(to),
            percent(Number(share(*count)))
        );
        Reading { from, to, words }
    });
    let beyond = match bars.beyond {
        0 => String::new(),
        beyond => {
            format!(" {beyond} lie beyond the right edge, up to {}.", humane(described.max.map_or(0.0, |max| max.0)))
        }
    };
    let highest = share(bars.counts.iter().copied().max().unwrap_or(1));
    Chart {
        title: TITLE.to_owned(),
        about: format!("Of the {} that end in sync.{beyond}", counted(described.count, "campaign")),
        x: bars.axis.clone(),
        x_name: SINCE_START.to_owned(),
        y: Axis::share(highest * 1.22, 5),
        y_name: format!("share of these campaigns per {}", humane(bars.width)),
        readings: readings.collect(),
        marks,
    }
    .render()
}

/// How likely the whole fleet is in sync by some time: the same, summed up, over all campaigns.
fn in_sync_by_now(scenario: &Scenario, summary: &Summary, tally: &Tally) -> Markup {
    const TITLE: &str = "Chance that the whole fleet is in sync by a time";
    let Some(bars) = time_to_success::Bars::new(summary, tally, 5) else {
        return nothing(TITLE, "No campaign ended with the whole fleet in sync.");
    };
    let axis = Axis::time(0.0, bars.axis.end, 5);
    let to_the_end = |tally: &Tally| {
        let mut corners = in_sync_by(tally);
        corners.retain(|(instant, _)| *instant <= axis.end);
        corners.extend(corners.last().map(|(_, share)| (axis.end, *share)));
        corners
    };
    let all = to_the_end(tally);
    let interval = |share: f64| {
        let count = (share * tally.replications as f64).round() as u64;
        Proportion::new(count, tally.replications).ci95
    };
    let end = |which: usize| all.iter().map(|(instant, share)| (*instant, interval(*share)[which].0)).collect();
    let builds: Vec<(&str, Vec<(f64, f64)>)> = scenario
        .builds
        .iter()
        .zip(&tally.builds)
        .filter(|(_, tally)| tally.replications > 0)
        .take(MOST_BUILDS - 1)
        .map(|(build, tally)| (build.name.as_str(), to_the_end(tally)))
        .collect();
    let mut marks = vec![
        Mark::Band { name: String::from("95 % interval"), lower: end(0), upper: end(1), style: 0 },
        Mark::Line { name: String::from("all campaigns"), points: all.clone(), style: 0 },
    ];
    for (style, (name, points)) in (1..).zip(&builds) {
        marks.push(Mark::Line { name: format!("build {name}"), points: points.clone(), style });
    }
    let readings = even_readings(&axis, |instant| {
        let share = value_at(&all, instant);
        let [low, high] = interval(share).map(percent);
        let by_build =
            builds.iter().map(|(name, curve)| format!("; {name} {}", percent(Number(value_at(curve, instant)))));
        format!("by {}: {} ({low} to {high}){}", humane(instant), percent(Number(share)), by_build.collect::<String>())
    });
    let more = scenario.builds.len().saturating_sub(MOST_BUILDS - 1);
    let more = if more > 0 { format!(" {more} more builds stand in the table only.") } else { String::new() };
    Chart {
        title: TITLE.to_owned(),
        about: format!("Of {}, those that never get there included.{more}", counted(tally.replications, "campaign")),
        x: axis,
        x_name: SINCE_START.to_owned(),
        y: Axis::share(1.0, 5),
        y_name: String::from("share of the campaigns"),
        marks,
        readings,
    }
    .render()
}

/// The share of the fleet in sync over time.
fn share_over_time(curve: &crate::experiment::InSyncCurve) -> Markup {
    const TITLE: &str = "Share of the fleet in sync over time";
    let [low, median, high] = [5, 50, 95].map(|percent| curve.quantile_over_replications(percent));
    if high.len() == 1 {
        return nothing(TITLE, "In 95 % of the campaigns no robot gets in sync.");
    }
    let end = [&low, &median, &high].into_iter().flatten().map(|(instant, _)| *instant).fold(0.0, f64::max);
    let axis = Axis::time(0.0, end, 5);
    let readings = even_readings(&axis, |instant| {
        let [low, median, high] = [&low, &median, &high].map(|steps| percent(Number(value_at(steps, instant))));
        format!("at {}: {median} of the robots (5 to 95 % of campaigns: {low} to {high})", humane(instant))
    });
    let [low, median, high] = [low, median, high].map(|steps| staircase(&steps, axis.end));
    Chart {
        title: TITLE.to_owned(),
        about: String::from("The median campaign, and the band in which 90 % of the campaigns are."),
        x: axis,
        x_name: SINCE_START.to_owned(),
        y: Axis::share(1.0, 5),
        y_name: String::from("robots in sync"),
        marks: vec![
            Mark::Band { name: String::from("5 to 95 % of campaigns"), lower: low, upper: high, style: 0 },
            Mark::Line { name: String::from("median campaign"), points: median, style: 0 },
        ],
        readings,
    }
    .render()
}

/// How many robots the first job hurts, against the number that halts it.
fn robots_hurt(scenario: &Scenario, tally: &Tally) -> Markup {
    let bars = failed_robots::Bars::new(tally);
    let halts = bars.limit.map(|limit| failed_robots::halts_at(&scenario.deployment.rules, limit));
    let share = |count: u64| count as f64 / tally.replications as f64;
    let edges = |bar: usize| [bar, bar + 1].map(|bar| bars.start_of(bar));
    let drawn = bars.counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bar, count)| {
        let [from, to] = edges(bar);
        (from, to, share(*count))
    });
    let mut marks = vec![Mark::Bars(drawn.collect())];
    if let (Some(limit), Some(words), false) = (bars.limit, &halts, bars.far) {
        marks.push(Mark::Upright { at: f64::from(limit.least) - 0.5, words: words.clone(), level: 0 });
    }
    let readings = bars.counts.iter().enumerate().map(|(bar, count)| {
        let [from, to] = edges(bar);
        let (first, last) = (bars.first_of(bar), bars.first_of(bar + 1).saturating_sub(1));
        let robots = if last > first { format!("{first} to {last} robots") } else { counted(first, "robot") };
        let halts = match bars.limit {
            Some(limit) if first >= limit.most.into() => "; the job halts",
            Some(limit) if last >= limit.least.into() => "; the job may halt",
            _ => "",
        };
        Reading {
            from,
            to,
            words: format!("{robots}: {} of the campaigns ({count}){halts}", percent(Number(share(*count)))),
        }
    });
    let highest = share(bars.counts.iter().copied().max().unwrap_or(1));
    let per = if bars.width == 1 { String::new() } else { format!(" per {} robots", bars.width) };
    let beyond = halts.filter(|_| bars.far).map(|halts| format!(" The job {halts}, beyond the right edge."));
    let beyond = beyond.unwrap_or_default();
    let fleet = counted(scenario.fleet_size().into(), "robot");
    Chart {
        title: String::from("Robots hurt by the first job"),
        about: format!("Failed or no response, of {fleet}.{beyond}"),
        x: Axis::count(-0.5, bars.start_of(bars.counts.len()), 8),
        x_name: String::from("robots that fail or do not respond in the first job"),
        y: Axis::share(highest * 1.15, 5),
        y_name: format!("share of the campaigns{per}"),
        readings: readings.collect(),
        marks,
    }
    .render()
}

/// A mean over all campaigns over time.
struct Mean {
    title: &'static str,
    of: &'static str,
    unit: Unit,
    limit: Option<(f64, String)>,
}

impl Mean {
    fn chart(self, curve: &OverTime, tally: &Tally) -> Markup {
        /// Cells that can be pointed at.
        const MOST: usize = 110;
        let means = curve.means(tally.replications);
        if means.iter().all(|(_, mean)| *mean == 0.0) {
            return nothing(self.title, "There is none, or it takes no time.");
        }
        let end = shown_until(&means);
        let means = joined(&means, end, MOST);
        let axis = Axis::time(0.0, end, 5);
        let highest = means.iter().map(|(_, mean)| *mean).fold(0.0, f64::max);
        let near = self.limit.filter(|(limit, _)| *limit <= 4.0 * highest);
        let top = near.as_ref().map_or(highest, |(limit, _)| limit.max(highest)) * 1.15;
        let (scale, name) = if self.unit == Unit::Count { (1.0, "") } else { rate_unit(top) };
        let (mut corners, mut readings) = (vec![(0.0, 0.0)], Vec::new());
        let mut from = 0.0;
        for (until, mean) in means.iter().filter(|(until, _)| *until <= axis.end) {
            corners.extend([(from, mean / scale), (*until, mean / scale)]);
            let words = format!("{} to {}: {} on average", humane(from), humane(*until), shown(self.unit, *mean));
            readings.push(Reading { from, to: *until, words });
            from = *until;
        }
        corners.push((from, 0.0));
        let ground = vec![(0.0, 0.0), (from, 0.0)];
        let mut marks = vec![
            Mark::Band { name: String::new(), lower: ground, upper: corners.clone(), style: 0 },
            Mark::Line { name: String::new(), points: corners, style: 0 },
        ];
        marks.extend(near.map(|(limit, words)| Mark::Level { at: limit / scale, words }));
        let beyond = means.last().is_some_and(|(last, _)| *last > axis.end);
        let beyond = if beyond { " The last 0.5 % lie beyond the right edge." } else { "" };
        Chart {
            title: self.title.to_owned(),
            about: format!("The mean over {}.{beyond}", counted(tally.replications, "campaign")),
            x: axis,
            x_name: SINCE_START.to_owned(),
            y: Axis::number(top / scale, 5),
            y_name: if name.is_empty() {
                format!("mean number of {}", self.of)
            } else {
                format!("mean {}, {name}", self.of)
            },
            marks,
            readings,
        }
        .render()
    }
}

fn numbers(scenario: &Scenario, summary: &Summary, tally: &Tally) -> Markup {
    html! {
        p.note { "Small figures are 95 % intervals: Wilson's of shares, Student's of means, those of order statistics of quantiles." }
        (likely(summary))
        @for table in Section::ALL.into_iter().filter_map(|section| table_of(section, tally)) { (table) }
        @if !summary.builds.is_empty() { (by_build(scenario, summary, tally)) }
    }
}

fn likely(summary: &Summary) -> Markup {
    let row = |what: &str, name: &str, proportion: &Proportion| {
        let [low, high] = proportion.ci95.map(percent);
        let words = [
            name.to_owned(),
            what.to_owned(),
            percent(proportion.probability),
            low,
            high,
            proportion.count.to_string(),
        ];
        words.map(Cell::new).into()
    };
    let rows = |of: &str, what: &str| -> Vec<Vec<Cell>> {
        summary.proportions(of).into_iter().map(|(name, proportion)| row(what, name, proportion)).collect()
    };
    Columns {
        id: String::from("likely"),
        caption: String::from("How likely"),
        headings: ["outcome", "of", "share", "from", "to", "count"].map(str::to_owned).into(),
        leading: 1,
        rows: rows("campaign.", "campaign").into_iter().chain(rows("first_job.", "first job")).collect(),
        sortable: false,
    }
    .render()
}

fn table_of(section: Section, tally: &Tally) -> Option<Markup> {
    use Statistic::{Max, Mean, P50, P90, P95, P99};
    const SHOWN: [Statistic; 6] = [P50, P90, P95, P99, Max, Mean];
    let row = |measure: &'static Measure| {
        let estimates = tally.numbers(measure)?.estimates();
        let cells = SHOWN.iter().map(|statistic| estimate(measure.unit, &estimates[*statistic as usize]));
        Some(std::iter::once(Cell::new(measure.words)).chain(cells).collect())
    };
    let rows: Vec<Vec<Cell>> = section.measures().into_iter().filter_map(row).collect();
    let headings = std::iter::once(String::new()).chain(SHOWN.map(|statistic| statistic.as_str().to_owned()));
    let table = Columns {
        id: section.id().to_owned(),
        caption: section.words().to_owned(),
        headings: headings.collect(),
        leading: 1,
        rows,
        sortable: false,
    };
    (!table.rows.is_empty()).then(|| table.render())
}

/// A build's share of the replications, its outcomes, and its 95th percentiles.
fn by_build(scenario: &Scenario, summary: &Summary, tally: &Tally) -> Markup {
    let rows = scenario.builds.iter().zip(&summary.builds).zip(&tally.builds).map(|((build, (_, results)), tally)| {
        let share = |proportion: &Proportion| {
            let value = (results.replications > 0).then_some(proportion.probability.0);
            estimate(Unit::Probability, &Estimate { value, interval: Some(proportion.ci95.map(|end| end.0)) })
        };
        let p95 = |sample: &Sample, unit| estimate(unit, &sample.estimates()[Statistic::P95 as usize]);
        vec![
            Cell::new(build.name.as_str()),
            share(&Proportion::new(results.replications, summary.replications)),
            share(&results[IN_SYNC]),
            share(&results[HALTED]),
            p95(&tally[TIME_TO_SUCCESS], Unit::Seconds),
            p95(&tally[ROBOTS_HURT], Unit::Count),
        ]
    });
    Columns {
        id: String::from("builds"),
        caption: String::from("By build"),
        headings: ["build", "share", "in sync", "halted", "time p95", "hurt p95"].map(str::to_owned).into(),
        leading: 1,
        rows: rows.collect(),
        sortable: false,
    }
    .render()
}

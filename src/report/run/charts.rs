//! The charts of a run.

use super::numbers::{SharesOf, campaigns, first_jobs, says_something};
use crate::experiment::{Curves, InSyncCurve, OverTime, Tally};
use crate::measure::{ROBOTS_HURT, TIME_TO_SUCCESS};
use crate::metric::Unit;
use crate::metric::words::{counted, percent, shown};
use crate::report::chart::axis::{decimal_step, time_step};
use crate::report::chart::plane::{Bars, even_readings, value_at};
use crate::report::chart::{Axis, Body, Chart, Mark, Plane, Reading, Shares};
use crate::report::words::{NEVER_IN_SYNC, instant_of, since_start};
use crate::rollout::OnBreach;
use crate::scenario::Scenario;
use crate::statistics::{Number, Proportion, Statistic};
use crate::time::{MICROS, humane, seconds};

/// So many builds have a line of their own, and so many groups.
const MOST_BUILDS: usize = 4;
const MOST_GROUPS: usize = 5;

pub(super) fn all(scenario: &Scenario, tally: &Tally) -> Vec<Chart> {
    let mut all = vec![outcomes(scenario, tally), times(scenario, tally), in_sync_by_now(scenario, tally)];
    all.extend(tally.curves.as_ref().map(|curves| share_over_time(&curves.in_sync, scenario)));
    all.extend(tally.curves.as_ref().and_then(|curves| groups_over_time(scenario, curves)));
    all.push(robots_hurt(scenario, tally));
    all.extend(tally.curves.iter().flat_map(|curves| means(curves, scenario, tally)));
    all
}

fn chart(file: &str, title: &str, about: String, body: Body) -> Chart {
    Chart { file: Some(file.to_owned()), title: title.to_owned(), about, body }
}

fn outcomes(scenario: &Scenario, tally: &Tally) -> Chart {
    let rows = |all: SharesOf| all.into_iter().map(|(name, share)| (name.to_owned(), vec![share])).collect();
    let groups = vec![
        (String::from("Campaign"), rows(campaigns(scenario, tally))),
        (String::from("First job"), rows(first_jobs(tally))),
    ];
    let about = "Shares of the campaigns, with whiskers for their 95 % intervals.".to_owned();
    chart("outcomes", "How rollouts end", about, Body::Shares(Shares { sides: Vec::new(), groups }))
}

/// How long campaigns take that end in sync, as a histogram.
struct Times {
    x: Axis,
    bars: Bars,
    /// The campaigns beyond the end of the axis.
    beyond: u64,
}

impl Times {
    /// None if no campaign ended in sync.
    fn new(scenario: &Scenario, tally: &Tally) -> Option<Times> {
        let sample = &tally[TIME_TO_SUCCESS];
        let value = |statistic| sample.estimate(statistic).value;
        let (min, p99, max) = (value(Statistic::Min)?, value(Statistic::P99)?, value(Statistic::Max)?);
        // A far tail would press everything else against the left edge; it is cut, and a note says so.
        let end = if max > 2.5 * p99 { 1.5 * p99 } else { max };
        let x = Axis::time(min, end, 8).on_the_wall(&scenario.calendar);
        // No bar is narrower than a cell of the histogram, or it would show the cells instead of the distribution.
        let histogram = sample.histogram();
        let cell = seconds(histogram.equivalent_range((x.end * MICROS as f64) as u64));
        let width = Bars::width(Unit::Seconds, x.end - x.start).max(time_step(cell));
        let mut counts = vec![0u64; ((x.end - x.start) / width).ceil() as usize];
        let (last, mut beyond) = (counts.len() - 1, 0);
        for cell in histogram.iter_recorded() {
            let value = seconds(histogram.median_equivalent(cell.value_iterated_to())).clamp(min, max);
            let count = cell.count_since_last_iteration();
            // The greatest number may stand on the right edge itself.
            if value <= x.end {
                counts[(((value - x.start) / width) as usize).min(last)] += count;
            } else {
                beyond += count;
            }
        }
        Some(Times { bars: Bars { start: x.start, width, counts }, x, beyond })
    }
}

fn times(scenario: &Scenario, tally: &Tally) -> Chart {
    const TITLE: &str = "Time until the whole fleet is in sync";
    let nothing = || chart("time_to_success", TITLE, String::new(), Body::Nothing(NEVER_IN_SYNC.to_owned()));
    let Some(Times { x, bars, beyond }) = Times::new(scenario, tally) else { return nothing() };
    let sample = &tally[TIME_TO_SUCCESS];
    let value = |statistic| sample.estimate(statistic).value;
    let in_sync = sample.count();
    let mut marks = vec![bars.mark(in_sync)];
    let quantiles = [Statistic::P50, Statistic::P95, Statistic::P99].into_iter();
    for (level, statistic) in (0..).zip(quantiles.filter(|statistic| says_something(*statistic, in_sync))) {
        let words = |at: f64| format!("{} {}", statistic.as_str(), humane(at));
        marks.extend(value(statistic).map(|at| Mark::Upright { at, words: words(at), level }));
    }
    let beyond = match beyond {
        0 => String::new(),
        1 => format!(" 1 lies beyond the right edge, at {}.", humane(value(Statistic::Max).unwrap_or(0.0))),
        beyond => {
            format!(" {beyond} lie beyond the right edge, up to {}.", humane(value(Statistic::Max).unwrap_or(0.0)))
        }
    };
    let readings = bars.readings(in_sync, |between, share, count| {
        let [from, to] = between.map(|instant| instant_of(scenario, instant));
        format!("{from} to {to}: {} of the campaigns ({count})", percent(Number(share)))
    });
    let body = Plane {
        x,
        x_name: since_start(scenario),
        y: bars.shares(in_sync),
        y_name: format!("share of these campaigns per {}", humane(bars.width)),
        marks,
        readings,
    };
    let about = format!("Of the {} that end in sync.{beyond}", counted(in_sync, "campaign"));
    chart("time_to_success", TITLE, about, Body::Plane(body))
}

/// The share of all campaigns that are in sync by each instant, as the corners of a staircase.
fn in_sync_by(tally: &Tally) -> Vec<(f64, f64)> {
    let histogram = tally[TIME_TO_SUCCESS].histogram();
    let mut seen = 0;
    let mut curve = vec![(0.0, 0.0)];
    for cell in histogram.iter_recorded() {
        let share = |seen: u64| seen as f64 / tally.replications as f64;
        let instant = seconds(histogram.median_equivalent(cell.value_iterated_to()));
        curve.push((instant, share(seen)));
        seen += cell.count_since_last_iteration();
        curve.push((instant, share(seen)));
    }
    curve
}

/// How likely the whole fleet is in sync by some time: the times, summed up, over all campaigns.
fn in_sync_by_now(scenario: &Scenario, tally: &Tally) -> Chart {
    const TITLE: &str = "Chance that the whole fleet is in sync by a time";
    // Without builds there is one line, which the histogram says as well.
    let file = (!scenario.builds.is_empty()).then(|| String::from("time_to_success_by_build"));
    let chart = |about, body| Chart { file, title: TITLE.to_owned(), about, body };
    let Some(Times { x, .. }) = Times::new(scenario, tally) else {
        return chart(String::new(), Body::Nothing(NEVER_IN_SYNC.to_owned()));
    };
    let x = Axis::time(0.0, x.end, 8).on_the_wall(&scenario.calendar);
    let to_the_end = |tally: &Tally| {
        let mut corners = in_sync_by(tally);
        corners.retain(|(instant, _)| *instant <= x.end);
        corners.extend(corners.last().map(|(_, share)| (x.end, *share)));
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
        .take(MOST_BUILDS)
        .map(|(build, tally)| (build.name.as_str(), to_the_end(tally)))
        .collect();
    let mut marks = vec![
        Mark::Band { name: String::from("95 % interval"), lower: end(0), upper: end(1) },
        Mark::Line { name: String::from("all campaigns"), points: all.clone(), style: 0 },
    ];
    for (style, (name, points)) in (1..).zip(&builds) {
        marks.push(Mark::Line { name: format!("build {name}"), points: points.clone(), style });
    }
    let readings = even_readings(&x, |instant| {
        let share = value_at(&all, instant);
        let [low, high] = interval(share).map(percent);
        let by_build =
            builds.iter().map(|(name, curve)| format!("; {name} {}", percent(Number(value_at(curve, instant)))));
        format!(
            "by {}: {} ({low} to {high}){}",
            instant_of(scenario, instant),
            percent(Number(share)),
            by_build.collect::<String>()
        )
    });
    let more = match scenario.builds.len().saturating_sub(MOST_BUILDS) {
        0 => String::new(),
        1 => String::from(" 1 more build is not drawn."),
        more => format!(" {more} more builds are not drawn."),
    };
    let about = format!("Of {}, those that never get there included.{more}", counted(tally.replications, "campaign"));
    let body = Plane {
        x,
        x_name: since_start(scenario),
        y: Axis::share(1.0, 5),
        y_name: String::from("share of the campaigns"),
        marks,
        readings,
    };
    chart(about, Body::Plane(body))
}

/// The corners of a step function that goes on to `end`.
fn staircase(steps: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for (instant, share) in steps {
        if let Some((_, before)) = corners.last().copied() {
            corners.push((*instant, before));
        }
        corners.push((*instant, *share));
    }
    corners.extend(corners.last().map(|(_, share)| (end, *share)));
    corners
}

/// The share of the fleet in sync over time.
fn share_over_time(curve: &InSyncCurve, scenario: &Scenario) -> Chart {
    let chart =
        |about: &str, body| chart("in_sync_over_time", "Share of the fleet in sync over time", about.to_owned(), body);
    let [low, median, high] = [5, 50, 95].map(|percent| curve.quantile_over_replications(percent));
    if high.len() == 1 {
        return chart("", Body::Nothing(String::from("In 95 % of the campaigns no robot gets in sync.")));
    }
    let end = [&low, &median, &high].into_iter().flatten().map(|(instant, _)| *instant).fold(0.0, f64::max);
    let x = Axis::time(0.0, end, 8).on_the_wall(&scenario.calendar);
    let readings = even_readings(&x, |instant| {
        let [low, median, high] = [&low, &median, &high].map(|steps| percent(Number(value_at(steps, instant))));
        format!(
            "at {}: {median} of the robots (5 to 95 % of campaigns: {low} to {high})",
            instant_of(scenario, instant)
        )
    });
    let [low, median, high] = [low, median, high].map(|steps| staircase(&steps, x.end));
    let body = Plane {
        x,
        x_name: since_start(scenario),
        y: Axis::share(1.0, 5),
        y_name: String::from("robots in sync"),
        marks: vec![
            Mark::Band { name: String::from("5 to 95 % of campaigns"), lower: low, upper: high },
            Mark::Line { name: String::from("median campaign"), points: median, style: 0 },
        ],
        readings,
    };
    chart("The median campaign, and the band in which 90 % of the campaigns are.", Body::Plane(body))
}

/// The share of each group in sync over time, in the median campaign; none of a single group.
fn groups_over_time(scenario: &Scenario, curves: &Curves) -> Option<Chart> {
    const TITLE: &str = "Share of each group in sync over time";
    let chart =
        |about, body| Chart { file: Some(String::from("in_sync_by_group")), title: TITLE.to_owned(), about, body };
    let groups = scenario.groups.iter().zip(&curves.groups);
    let medians: Vec<(&str, Vec<(f64, f64)>)> = groups
        .take(MOST_GROUPS)
        .map(|(group, curve)| (group.name.as_str(), curve.quantile_over_replications(50)))
        .collect();
    if medians.is_empty() {
        return None;
    }
    let end = medians.iter().flat_map(|(_, steps)| steps).map(|(instant, _)| *instant).fold(0.0, f64::max);
    if end == 0.0 {
        let nothing = "In half of the campaigns no robot gets in sync, or all do at once.";
        return Some(chart(String::new(), Body::Nothing(nothing.to_owned())));
    }
    let x = Axis::time(0.0, end, 8).on_the_wall(&scenario.calendar);
    let readings = even_readings(&x, |instant| {
        let shares =
            medians.iter().map(|(name, steps)| format!("{name} {}", percent(Number(value_at(steps, instant)))));
        format!("at {}: {}", humane(instant), shares.collect::<Vec<_>>().join(", "))
    });
    let more = match scenario.groups.len().saturating_sub(MOST_GROUPS) {
        0 => String::new(),
        1 => String::from(" 1 more group is not drawn."),
        more => format!(" {more} more groups are not drawn."),
    };
    let marks = medians.iter().enumerate().map(|(style, (name, steps))| Mark::Line {
        name: (*name).to_owned(),
        points: staircase(steps, x.end),
        style,
    });
    let marks = marks.collect();
    let body = Plane {
        x,
        x_name: since_start(scenario),
        y: Axis::share(1.0, 5),
        y_name: String::from("robots of the group in sync"),
        marks,
        readings,
    };
    Some(chart(format!("The median campaign of each group.{more}"), Body::Plane(body)))
}

/// How many robots the first job hurts, against the number that halts it.
fn robots_hurt(scenario: &Scenario, tally: &Tally) -> Chart {
    const BARS: f64 = 90.0;
    // Jobs of fleets that grow have different limits.
    let limit = tally.limits.failures;
    let least = limit.map_or(0, |limit| u64::from(limit.least));
    let rules = scenario.deployment.rules.robo_maker();
    let histogram = tally[ROBOTS_HURT].histogram();
    let most = histogram.max();
    // A limit far beyond everything that happened would press it against the left edge, so a note stands for it.
    let far = least > 4 * (most + 5);
    let end = if far { most } else { most.max(least) };
    // One bar a number of robots where they fit, else a round number of them; an edge of the bars is at the limit.
    let width = decimal_step((end + 1) as f64 / BARS).max(1.0) as u64;
    let first = least % width;
    let bar_of = |failures: u64| (failures + width - first) / width;
    let mut counts = vec![0u64; bar_of(end) as usize + 1];
    for cell in histogram.iter_recorded() {
        let value = histogram.lowest_equivalent(cell.value_iterated_to());
        counts[bar_of(value) as usize] += cell.count_since_last_iteration();
    }
    // A bar stands around its numbers, and the line before the first number that halts.
    let bars = Bars { start: first as f64 - width as f64 - 0.5, width: width as f64, counts };
    let mut marks = vec![bars.mark(tally.replications)];
    // What share of the fleet that is, if the rules say it so.
    let percentage = rules.map(|rules| format!(" ({} %)", rules.failure_threshold_percentage())).unwrap_or_default();
    let halts = limit.map(|limit| format!("halts at {limit}{percentage}"));
    if let (Some(words), false) = (&halts, far) {
        marks.push(Mark::Upright { at: least as f64 - 0.5, words: words.clone(), level: 0 });
    }
    let readings = bars.readings(tally.replications, |[from, to], share, count| {
        let (first, last) = ((from + 0.5).max(0.0) as u64, (to - 0.5) as u64);
        let robots = if last > first { format!("{first} to {last} robots") } else { counted(first, "robot") };
        let halts = match limit {
            Some(limit) if first >= limit.most.into() => "; the job halts",
            Some(limit) if last >= limit.least.into() => "; the job may halt",
            _ => "",
        };
        format!("{robots}: {} of the campaigns ({count}){halts}", percent(Number(share)))
    });
    let per = if width == 1 { String::new() } else { format!(" per {width} robots") };
    let beyond = halts.filter(|_| far).map(|halts| format!(" The job {halts}, beyond the right edge."));
    let beyond = beyond.unwrap_or_default();
    let aborts = tally.limits.aborts || rules.is_some_and(|rules| rules.on_breach() == OnBreach::Abort);
    let aborted = if aborts { " Robots aborted at the halt are not counted." } else { "" };
    let fleet = counted(scenario.fleet_size().into(), "robot");
    let [_, right] = bars.edges(bars.counts.len() - 1);
    let body = Plane {
        x: Axis::count(-0.5, right, 10),
        x_name: String::from("robots that fail or do not respond in the first job"),
        y: bars.shares(tally.replications),
        y_name: format!("share of the campaigns{per}"),
        readings,
        marks,
    };
    let about = format!("Failed or no response, of {fleet}.{beyond}{aborted}");
    chart("failed_robots", "Robots hurt by the first job", about, Body::Plane(body))
}

fn means(curves: &Curves, scenario: &Scenario, tally: &Tally) -> Vec<Chart> {
    let limit = tally.limits.in_flight.map(|slots| (f64::from(slots.most), format!("{slots} at once at most")));
    let mut means = vec![Mean {
        file: "in_flight_over_time",
        title: "Robots deploying over time",
        nothing: "No robot deploys, or deployments take no time.",
        of: "number of robots deploying",
        unit: Unit::Count,
        limit,
        curve: &curves.in_flight,
    }];
    if let (Some(curve), Some(download)) = (&curves.egress, &scenario.download) {
        means.push(Mean {
            file: "egress_over_time",
            title: "Egress over time",
            nothing: "Nothing is downloaded, or downloads take no time.",
            of: "egress",
            unit: Unit::BitsPerSecond,
            limit: download.egress.map(|cap| (cap as f64, String::from("egress cap"))),
            curve,
        });
    }
    means.into_iter().map(|mean| mean.chart(scenario, tally)).collect()
}

/// A mean over all campaigns over time.
struct Mean<'m> {
    file: &'static str,
    title: &'static str,
    /// What is said where it is always 0.
    nothing: &'static str,
    of: &'static str,
    unit: Unit,
    /// A line with its name, unless everything stays far below it.
    limit: Option<(f64, String)>,
    curve: &'m OverTime,
}

impl Mean<'_> {
    fn chart(self, scenario: &Scenario, tally: &Tally) -> Chart {
        let means = self.curve.means(tally.replications);
        if means.iter().all(|(_, mean)| *mean == 0.0) {
            return chart(self.file, self.title, String::new(), Body::Nothing(self.nothing.to_owned()));
        }
        let end = shown_until(&means);
        let means = joined(&means, end);
        let x = Axis::time(0.0, end, 8).on_the_wall(&scenario.calendar);
        let highest = means.iter().map(|(_, mean)| *mean).fold(0.0, f64::max);
        let near = self.limit.filter(|(limit, _)| *limit <= 4.0 * highest);
        let top = near.as_ref().map_or(highest, |(limit, _)| limit.max(highest)) * 1.15;
        let (scale, name) = if self.unit == Unit::Count { (1.0, "") } else { rate_unit(top) };
        let (mut corners, mut readings) = (vec![(0.0, 0.0)], Vec::new());
        let mut from = 0.0;
        for (until, mean) in means.iter().filter(|(until, _)| *until <= x.end) {
            corners.extend([(from, mean / scale), (*until, mean / scale)]);
            let [begins, ends] = [from, *until].map(|instant| instant_of(scenario, instant));
            let words = format!("{begins} to {ends}: {} on average", shown(self.unit, *mean));
            readings.push(Reading { from, to: *until, words });
            from = *until;
        }
        corners.push((from, 0.0));
        let ground = vec![(0.0, 0.0), (from, 0.0)];
        let mut marks = vec![
            Mark::Band { name: String::new(), lower: ground, upper: corners.clone() },
            Mark::Line { name: String::new(), points: corners, style: 0 },
        ];
        marks.extend(near.map(|(limit, words)| Mark::Level { at: limit / scale, words }));
        let beyond = means.last().is_some_and(|(last, _)| *last > x.end);
        let beyond = if beyond { " The last 0.5 % lie beyond the right edge." } else { "" };
        let body = Plane {
            x,
            x_name: since_start(scenario),
            y: Axis::number(top / scale, 5),
            y_name: if name.is_empty() { format!("mean {}", self.of) } else { format!("mean {}, {name}", self.of) },
            marks,
            readings,
        };
        let about = format!("The mean over {}.{beyond}", counted(tally.replications, "campaign"));
        chart(self.file, self.title, about, Body::Plane(body))
    }
}

/// The instant after which half a percent of the whole area is left: a far tail would press everything else together. Each mean is
/// over a cell of time, given with the cell's end.
fn shown_until(means: &[(f64, f64)]) -> f64 {
    let total: f64 = means.iter().map(|(_, mean)| mean).sum();
    let mut seen = 0.0;
    for (until, mean) in means {
        seen += mean;
        if seen >= 0.995 * total {
            return *until;
        }
    }
    means.last().map_or(1.0, |(until, _)| *until)
}

/// The same with so many neighbours joined that hundreds of cells are shown until `end`, not thousands.
fn joined(means: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
    const MOST: usize = 200;
    let shown = means.iter().filter(|(until, _)| *until <= end).count();
    let whole = shown.div_ceil(MOST).max(1);
    let width = means.first().map_or(0.0, |(width, _)| *width);
    let join = |cells: &[(f64, f64)]| {
        let sum: f64 = cells.iter().map(|(_, mean)| mean).sum();
        let first = cells.first().map_or(0.0, |(until, _)| *until);
        // The last cells may be fewer; nothing happens in those that are not there.
        (first + (whole - 1) as f64 * width, sum / whole as f64)
    };
    means.chunks(whole).map(join).collect()
}

/// The unit in which a rate reads well.
fn rate_unit(rate: f64) -> (f64, &'static str) {
    let units = [(1e12, "Tbit/s"), (1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")];
    units.into_iter().find(|(unit, _)| rate >= *unit).unwrap_or((1.0, "bit/s"))
}

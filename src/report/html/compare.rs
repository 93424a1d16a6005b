//! The page of a comparison: `report.html`.

use maud::{Markup, html};

use super::chart::{even_readings, figure, nothing};
use super::svg::{WIDTH, path, px, rectangle};
use super::{Cell, Chart, Columns, Command, Mark, Page, Provenance, Reading};
use super::{charts, section, settings};
use crate::comparison::{MEASURES, ROBOTS_FAILED, TIME_TO_SUCCESS};
use crate::measure::Measure;
use crate::metric::Unit;
use crate::metric::words::shown;
use crate::metric::words::{counted, percent};
use crate::report::compare::Compared;
use crate::report::compare::shapes::{Bars, height_at, staircases};
use crate::report::compare::words::{Line, answer, how, number_lines, of_pairs_alone, outcome_lines, signed};
use crate::report::plots::axis::Axis;
use crate::scenario::{Scenario, ScenarioFile};
use crate::statistics::{Number, Proportion};
use crate::time::humane;

/// What a side was given as.
#[derive(Clone, Copy)]
pub enum ComparedSide<'s> {
    /// A scenario and its file.
    Scenario(&'s ScenarioFile, &'s Scenario),
    /// The folder of a run, by its name.
    Run(&'s str),
}

impl<'s> ComparedSide<'s> {
    fn name(&self) -> &'s str {
        match self {
            ComparedSide::Scenario(file, _) => file.name(),
            ComparedSide::Run(folder) => folder,
        }
    }
}

/// The page. `luck` are the seed and the replications of what was simulated, if anything was; `sets` are the options that were laid
/// over the scenarios.
pub fn compare(
    compared: &Compared<'_>,
    sides: [ComparedSide<'_>; 2],
    luck: Option<(u64, u32)>,
    sets: &[String],
) -> String {
    let [a, b] = sides;
    let mut command = Command::new("compare", a.name()).file(b.name());
    if let Some((seed, replications)) = luck {
        command = command.option("--replications", replications).option("--seed", seed).options("--set", sets);
    }
    let comparison = compared.comparison;
    let of_both = |say: &dyn Fn(usize) -> String| format!("A {}, B {}", say(0), say(1));
    let facts = vec![
        ("Scenarios", of_both(&|side| comparison.sides[side].name.clone())),
        ("Digests", of_both(&|side| comparison.sides[side].digest.clone())),
        ("Seeds", of_both(&|side| comparison.sides[side].seed.to_string())),
        ("Replications", of_both(&|side| comparison.available[side].to_string())),
    ];
    let scenarios: Vec<(usize, &ScenarioFile, &Scenario)> = (0..)
        .zip(sides)
        .filter_map(|(side, shown)| match shown {
            ComparedSide::Scenario(file, scenario) => Some((side, file, scenario)),
            ComparedSide::Run(_) => None,
        })
        .collect();
    Page {
        title: &format!("{} or {}?", compared.names[0], compared.names[1]),
        description: "",
        settings: &format!("A is {}, B is {}. {}", compared.names[0], compared.names[1], how(compared)),
        answer: answer(compared),
        body: html! {
            (section("pictures", "Pictures", &charts(&pictures(compared))))
            (section("numbers", "Numbers", &numbers(compared)))
            @if !scenarios.is_empty() {
                (section("settings", "Settings", &html! {
                    @for (side, _, scenario) in &scenarios {
                        h3 { (["A", "B"][*side]) ": " (compared.names[*side]) }
                        (settings::list(scenario))
                    }
                }))
            }
        },
        provenance: Provenance {
            command,
            facts,
            scenarios: scenarios.iter().map(|(_, file, _)| *file).collect(),
            sets,
        },
    }
    .render()
}

fn pictures(compared: &Compared<'_>) -> Vec<Markup> {
    let mut pictures = vec![
        stairs(
            compared,
            TIME_TO_SUCCESS,
            "Campaigns in sync over time",
            "The share of all campaigns in which the whole fleet is in sync by then.",
            ["time since the start of the rollout", "share of all campaigns"],
            "No campaign ended with the whole fleet in sync.",
        ),
        outcomes(compared),
        stairs(
            compared,
            ROBOTS_FAILED,
            "Robots that fail in the first job",
            "The share of all campaigns in which at most so many robots fail.",
            ["robots failed at most", "share of all campaigns"],
            "No campaign has a first job.",
        ),
    ];
    if compared.comparison.paired {
        pictures.insert(1, differences(compared));
    }
    pictures
}

fn stairs(
    compared: &Compared<'_>,
    measure: usize,
    title: &str,
    about: &str,
    [x_name, y_name]: [&str; 2],
    empty: &str,
) -> Markup {
    let Some((stairs, end)) = staircases(compared, measure) else { return nothing(title, empty) };
    let unit = MEASURES[measure].unit;
    let x = match unit {
        Unit::Seconds => Axis::time(0.0, end, 5),
        _ => Axis::count(0.0, (end * 1.02).max(1.0), 6),
    };
    let readings = even_readings(&x, |at| {
        // Between whole numbers nothing happens.
        let at = if unit == Unit::Count { at.floor() } else { at };
        let [a, b] = [0, 1].map(|side: usize| percent(Number(height_at(&stairs[side], at))));
        format!("{}: A {a}, B {b}", shown(unit, at))
    });
    let lines = stairs.iter().enumerate().map(|(side, stairs)| {
        let last = stairs.last().map_or(0.0, |(_, share)| *share);
        let points = std::iter::once((x.start, 0.0)).chain(stairs.iter().copied()).chain([(x.end, last)]);
        Mark::Line { name: named(compared, side), points: points.collect(), style: side }
    });
    let marks = lines.collect();
    Chart {
        title: title.to_owned(),
        about: about.to_owned(),
        x,
        x_name: x_name.to_owned(),
        y: Axis::share(1.0, 5),
        y_name: y_name.to_owned(),
        marks,
        readings,
    }
    .render()
}

fn named(compared: &Compared<'_>, side: usize) -> String {
    format!("{}: {}", ["A", "B"][side], compared.names[side])
}

fn differences(compared: &Compared<'_>) -> Markup {
    const TITLE: &str = "Time to success of B less that of A";
    let Some(Bars { axis, width, counts, pairs, beyond }) = Bars::new(compared, TIME_TO_SUCCESS, 4) else {
        return nothing(TITLE, "In no pair do both end with the whole fleet in sync.");
    };
    let share = |count: u64| count as f64 / pairs as f64;
    let edges = |bar: usize| [bar, bar + 1].map(|bar| axis.start + bar as f64 * width);
    let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(bar, count)| {
        let [from, to] = edges(bar);
        (from, to, share(*count))
    });
    let mut marks = vec![Mark::Bars(bars.collect())];
    let mean = compared.comparison.numbers[TIME_TO_SUCCESS].mean.map(|(mean, _)| mean / 1e6);
    if let Some(mean) = mean.filter(|mean| (axis.start..=axis.end).contains(mean)) {
        marks.push(Mark::Upright { at: mean, words: format!("mean {}", signed(Unit::Seconds, mean)), level: 0 });
    }
    let readings = counts.iter().enumerate().map(|(bar, count)| {
        let [from, to] = edges(bar);
        let [low, high] = [from, to].map(|edge| signed(Unit::Seconds, edge));
        let words = format!("{low} to {high}: {} of the pairs ({count})", percent(Number(share(*count))));
        Reading { from, to, words }
    });
    let readings = readings.collect();
    let far = match beyond.iter().sum::<u64>() {
        0 => String::new(),
        far => format!(" {far} lie beyond the edges."),
    };
    Chart {
        title: TITLE.to_owned(),
        about: format!("In {} in which both get in sync; below 0 B is faster.{far}", counted(pairs, "pair")),
        y: Axis::share((share(counts.iter().copied().max().unwrap_or(1)) * 1.22).max(0.01), 5),
        y_name: format!("share per {}", humane(width)),
        x_name: String::from("difference of a pair"),
        x: axis,
        marks,
        readings,
    }
    .render()
}

/// Bars of A and of B for each way to end.
fn outcomes(compared: &Compared<'_>) -> Markup {
    const TITLE: &str = "How campaigns end";
    const ABOUT: &str = "Shares of the campaigns of A, above, and of B, below, with whiskers for their 95 % intervals.";
    const ROW: f64 = 58.0;
    let replications = compared.comparison.replications;
    let rows = compared.comparison.outcomes.iter().map(|found| {
        let proportions = [0, 1].map(|side| Proportion::new(found.counts[side], replications[side]));
        (Measure::of_outcome(found.outcome).words, proportions)
    });
    let rows: Vec<(&str, [Proportion; 2])> = rows.collect();
    let words = rows.iter().map(|(name, [a, b])| format!("{name}: A {}, B {}", with_interval(a), with_interval(b)));
    let label = format!("{TITLE}. {}", words.collect::<Vec<_>>().join("; "));
    let height = ROW * rows.len() as f64;
    let drawing = html! {
        svg viewBox={ "0 0 " (px(WIDTH)) " " (px(height)) } role="img" aria-label=(label) {
            @for (index, (name, proportions)) in rows.iter().enumerate() {
                @let top = ROW * index as f64;
                text x="0" y=(px(top + 11.0)) { (name) }
                @for (side, proportion) in proportions.iter().enumerate() {
                    (bar(proportion, side, top + 16.0 + 17.0 * side as f64))
                }
            }
        }
    };
    figure(TITLE, ABOUT, &html! {}, &drawing, 0)
}

/// The bar of a side.
fn bar(proportion: &Proportion, side: usize, top: f64) -> Markup {
    /// Where 0 % is, and how wide 100 % is.
    const SCALE: (f64, f64) = (18.0, 222.0);
    let [low, high] = proportion.ci95.map(|end| SCALE.0 + end.0 * SCALE.1);
    let middle = top + 7.0;
    let end = |x: f64| path([(x, middle - 4.0), (x, middle + 4.0)]);
    html! {
        text.name x="0" y=(px(middle + 4.5)) { (["A", "B"][side]) }
        path.ground d=(rectangle(SCALE.0, top + 1.0, SCALE.1, 12.0)) {}
        path class=(["bars", "band"][side]) d=(rectangle(SCALE.0, top + 1.0, proportion.probability.0 * SCALE.1, 12.0)) {}
        path.whiskers d=(path([(low, middle), (high, middle)]) + &end(low) + &end(high)) {}
        text.end x=(px(WIDTH)) y=(px(middle + 4.5)) { (with_interval(proportion)) }
    }
}

fn with_interval(proportion: &Proportion) -> String {
    let [low, high] = proportion.ci95.map(percent);
    format!("{} ({low} to {high})", percent(proportion.probability))
}

/// Everything that is compared, with its differences.
fn numbers(compared: &Compared<'_>) -> Markup {
    let likely = outcome_lines(compared).into_iter().map(|line| row(line.name.to_owned(), &line)).collect();
    let paired = compared.comparison.paired;
    let measured = compared.comparison.numbers.iter().flat_map(number_lines);
    let measured = measured.map(|line| row(format!("{}, {}", line.name, line.statistic), &line)).collect();
    let headings = |first: &str| [first, "A", "B", "B less A"].map(str::to_owned).to_vec();
    let orders = compared.comparison.numbers.iter().filter_map(|found| {
        let pairs = found.pairs?;
        let counts = [pairs.less, pairs.equal, pairs.greater].map(|count| Cell::new(count.to_string()));
        Some(std::iter::once(Cell::new(found.measure.words)).chain(counts).collect())
    });
    let table = |id: &str, caption: &str, headings: Vec<String>, rows: Vec<Vec<Cell>>| Columns {
        id: id.to_owned(),
        caption: caption.to_owned(),
        headings,
        leading: 1,
        rows,
        sortable: false,
    };
    html! {
        (table("likely", "How campaigns end, with 95 % intervals; differences in percentage points", headings("outcome"), likely).render())
        (table("measured", "What campaigns come to, with 95 % intervals", headings("number"), measured).render())
        @if of_pairs_alone(compared) {
            p.note { "The difference of means is that of the pairs in which both have a number, so it need not be B less A as they stand here." }
        }
        @if paired {
            (table(
                "orders",
                "In how many pairs the number of B is less, equal, greater",
                ["number", "less", "equal", "greater"].map(str::to_owned).to_vec(),
                orders.collect()
            ).render())
        }
        p.note { "compare.json has all of these numbers, compare.csv those of each replication." }
    }
}

fn row(name: String, line: &Line) -> Vec<Cell> {
    let value = |value: Option<f64>| Cell {
        words: value.map_or_else(|| String::from("-"), |value| shown(line.unit, value)),
        below: String::new(),
        key: value,
    };
    let ends = line.difference.and_then(|(_, interval)| interval);
    let difference = Cell {
        words: line.difference.map_or_else(|| String::from("-"), |(value, _)| signed(line.unit, value)),
        below: ends.map_or_else(String::new, |ends| ends.map(|end| signed(line.unit, end)).join(" to ")),
        key: line.difference.map(|(value, _)| value),
    };
    vec![Cell::new(name), value(line.values[0]), value(line.values[1]), difference]
}

//! What a sweep comes to, point by point.

use super::Shown;
use super::charts::chart;
use crate::metric::Metric;
use crate::metric::words::{counted, percent, shown};
use crate::report::command::CommandLine;
use crate::report::document::{
    Chapter, DataCell, DataColumn, DataTable, Document, Intervals, Piece, Provenance, Reach, Sentence, with_interval,
};
use crate::statistics::Number;

/// All that there is to say of a sweep; `vary` are the options that say what varies, as they were typed.
pub(crate) fn document<'s>(sweep: &Shown<'s>, vary: &[String]) -> Document<'s> {
    let checked = sweep.checked;
    let file = &sweep.sweep.file;
    let metrics: Vec<String> = sweep.metrics.iter().map(|metric| metric.path.clone()).collect();
    let mut command = CommandLine::new("sweep").file(file.name()).options("--vary", vary).options("--metric", &metrics);
    let mut facts = vec![("Scenario", checked.first.name.clone()), ("Points", sweep.points.len().to_string())];
    if let Some(replications) = checked.same_replications {
        command = command.option("--replications", replications);
        facts.push(("Replications a point", replications.to_string()));
    }
    if let Some(seed) = checked.same_seed {
        command = command.option("--seed", seed);
        facts.push(("Seed", seed.to_string()));
    }
    let section =
        |id: &str, heading: &str, place, blocks| Chapter { id: id.into(), heading: heading.into(), place, blocks };
    let charts = (0..sweep.metrics.len()).map(|index| chart(sweep, index)).collect();
    Document {
        title: checked.first.name.clone(),
        description: checked.first.description.clone(),
        question: question(sweep),
        passes: None,
        answer: answer(sweep),
        sections: vec![
            section("pictures", "Pictures", Reach::Page, vec![Piece::Charts(charts)]),
            section("numbers", "Numbers", Reach::Everywhere, vec![Piece::Tables(vec![points(sweep)])]),
        ],
        provenance: Some(Provenance {
            command: command.options("--set", &sweep.sweep.sets),
            facts,
            scenarios: vec![file],
            sets: &sweep.sweep.sets,
        }),
    }
}

/// How many points, and what all of them have in common.
fn question(sweep: &Shown<'_>) -> String {
    let total = counted(sweep.sweep.len(), "point");
    let points = match sweep.points.len() as u64 {
        done if done == sweep.sweep.len() => total,
        done => format!("{done} of {total}"),
    };
    let replications =
        sweep.checked.same_replications.map(|same| format!(" of {}", counted(same.into(), "replication")));
    let luck = sweep.checked.same_seed.map(|seed| format!(", seed {seed}; all points meet the same luck"));
    format!("{points}{}{}", replications.unwrap_or_default(), luck.unwrap_or_default())
}

/// Where each metric is least and greatest. The table has that, too, so it stands on pages alone.
fn answer(sweep: &Shown<'_>) -> Vec<Sentence> {
    let mut sentences = Vec::new();
    for (index, metric) in sweep.metrics.iter().enumerate() {
        let values = || sweep.points.iter().enumerate().filter_map(|(point, row)| Some((point, row[index].value?)));
        // Of equals the first one.
        let least = values().reduce(|best, next| if next.1 < best.1 { next } else { best });
        let greatest = values().reduce(|best, next| if next.1 > best.1 { next } else { best });
        let estimate = |point: usize| with_interval(metric.unit, &sweep.points[point][index]);
        // Which points are no worse, and which may well be as good.
        let at = |point: usize, value: f64| {
            let equal = values().filter(|(_, other)| *other == value).count() as u64 - 1;
            let within = |other: f64, [low, high]: [f64; 2]| other != value && low <= other && other <= high;
            let interval = sweep.points[point][index].interval;
            let near = interval.map_or(0, |ends| values().filter(|(_, other)| within(*other, ends)).count());
            let equal = (equal > 0).then(|| format!("the same at {}", counted(equal, "other point")));
            let near = (near > 0).then(|| format!("{near} more within that interval"));
            let others: Vec<String> = equal.into_iter().chain(near).collect();
            let others = if others.is_empty() { String::new() } else { format!(" ({})", others.join("; ")) };
            format!("{}{others}", sweep.place(point))
        };
        sentences.push(match (least, greatest) {
            (Some((least, low)), Some((greatest, high))) if low < high => format!(
                "{} is least, {}, at {}, and greatest, {}, at {}.",
                metric.path,
                estimate(least),
                at(least, low),
                estimate(greatest),
                at(greatest, high)
            ),
            (Some((point, _)), _) => format!("{} is {} everywhere.", metric.path, estimate(point)),
            _ => format!("{} has no value at any point.", metric.path),
        });
    }
    let warnings = (0..sweep.metrics.len()).filter_map(|index| warning(sweep, index));
    let warnings: Vec<Sentence> = warnings.map(Sentence::new).collect();
    sentences.push(String::from(
        "With 95 % confidence each number lies within its brackets. All points meet the same luck, so differences between them \
         are due to the settings.",
    ));
    warnings.into_iter().chain(sentences.into_iter().map(|sentence| Sentence::new(sentence).on_pages())).collect()
}

/// That points are not to be ranked by a number which is over a part of the replications, and what ranks them instead.
fn warning(sweep: &Shown<'_>, index: usize) -> Option<String> {
    let metric = &sweep.metrics[index];
    let [low, high] = sweep.doubtful_shares(index)?;
    let shares = match low < high {
        true => format!("{} to {} of them, by the point", percent(Number(low)), percent(Number(high))),
        false => format!("{} of them", percent(Number(low))),
    };
    let warning =
        format!("{} is over the campaigns alone that have it, {shares}: no point is better for it.", metric.path);
    let over_all = || sweep.over_all.iter().enumerate().filter_map(|(point, row)| Some((point, row[index]?)));
    let Some((least, value)) = over_all().reduce(|best, next| if next.1 < best.1 { next } else { best }) else {
        return Some(warning);
    };
    let path = Metric::parse(&metric.path, &sweep.checked.first).ok().and_then(|metric| metric.over_all());
    let path = path.map_or_else(String::new, |metric| metric.path().to_owned());
    Some(match value.is_finite() {
        true => format!(
            "{warning} Over all campaigns, by {path}, the least is {}, at {}.",
            shown(metric.unit, value),
            sweep.place(least)
        ),
        false => format!("{warning} Over all campaigns, by {path}, it is never at any point."),
    })
}

/// A row a point: what varies, and the metrics with their intervals.
fn points(sweep: &Shown<'_>) -> DataTable {
    let variations = &sweep.sweep.variations;
    let varied = variations.iter().map(|variation| {
        let numbers =
            variation.values.iter().all(|value| value.shown().starts_with(|c: char| c.is_ascii_digit() || c == '-'));
        if numbers { DataColumn::numbers(&variation.path) } else { DataColumn::words(&variation.path) }
    });
    let metrics = sweep.metrics.iter().map(|metric| DataColumn::words(&metric.path).intervals(Intervals::Beside));
    let mut table = DataTable {
        about: String::from("All points, with 95 % intervals"),
        leading: variations.len(),
        sortable: true,
        file: Some(("points", "sweep.csv")),
        ..DataTable::new("points", "", varied.chain(metrics).collect())
    };
    for (point, estimates) in sweep.points.iter().enumerate() {
        let values = sweep.sweep.values(point as u64).into_iter().zip(variations).map(|(value, variation)| {
            // Numbers by their size, all else in the order given.
            let place = || variation.values.iter().position(|other| other == value).map(|place| place as f64);
            DataCell::sorted(value.shown(), value.json().as_f64().or_else(place))
        });
        let numbers = sweep.metrics.iter().zip(estimates).enumerate().map(|(index, (metric, number))| {
            let cell = DataCell::estimate(metric.unit, number);
            match sweep.shares[point][index].filter(|_| sweep.doubtful_shares(index).is_some()) {
                Some(share) => cell.marked(format!("over {}", percent(Number(share)))),
                None => cell,
            }
        });
        table.row(values.chain(numbers).collect());
    }
    table
}

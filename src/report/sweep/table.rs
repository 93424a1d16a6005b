//! The table of a sweep: a row a point, what varies and the metrics chosen with their intervals.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::{Shown, ShownMetric};
use crate::metric::words::counted;
use crate::metric::words::shown;
use crate::report::table::{title, wrap};
use crate::statistics::Estimate;

/// No line of a heading is longer, unless a single word is.
const HEADING: usize = 22;

/// A heading, then a row for each point that is complete.
pub fn render(sweep: &Shown<'_>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let paths = sweep.sweep.variations.iter().map(|variation| variation.path.as_str());
    let metrics = sweep.metrics.iter().map(|metric| metric.path.as_str());
    let headings: Vec<Vec<String>> = paths.chain(metrics).map(|path| heading(path, HEADING)).collect();
    // Short headings stand at the bottom, above their numbers.
    let height = headings.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let word =
            |heading: &Vec<String>| (line + heading.len()).checked_sub(height).map_or("", |at| &heading[at]).to_owned();
        table.add_row(headings.iter().map(word));
    }
    let columns: Vec<Vec<String>> =
        sweep.metrics.iter().enumerate().map(|(index, metric)| cells(metric, &sweep.points, index)).collect();
    for point in 0..sweep.points.len() {
        let values = sweep.sweep.values(point as u64).into_iter().map(|value| value.shown().to_owned());
        table.add_row(values.chain(columns.iter().map(|column| column[point].clone())));
    }
    for (column, variation) in sweep.sweep.variations.iter().enumerate() {
        if variation.values.iter().all(|value| value.shown().starts_with(|c: char| c.is_ascii_digit() || c == '-')) {
            table.column_mut(column).expect("a column").set_cell_alignment(CellAlignment::Right);
        }
    }
    for column in 1..headings.len() {
        table.column_mut(column).expect("a column").set_padding((2, 0));
    }
    let rows = table.trim_fmt();
    format!("{}\n{}\n\n{rows}\n", title(&sweep.checked.first), wrap(&settings(sweep)))
}

/// How many points, and what all of them have in common.
pub fn settings(sweep: &Shown<'_>) -> String {
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

/// A path in lines: one a segment, those beyond a width broken behind an underscore.
pub(in crate::report) fn heading(path: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for segment in path.split('.') {
        let mut line = String::new();
        for word in segment.split_inclusive('_') {
            if !line.is_empty() && line.len() + word.len() > width {
                lines.push(std::mem::take(&mut line));
            }
            line += word;
        }
        lines.push(line);
    }
    lines
}

/// A metric's column: values and intervals, each aligned to the right.
fn cells(metric: &ShownMetric, points: &[Vec<Estimate>], index: usize) -> Vec<String> {
    let show = |value: f64| shown(metric.unit, value);
    let words: Vec<Words> = points
        .iter()
        .map(|estimates| &estimates[index])
        .map(|estimate| Words {
            value: estimate.value.map_or_else(|| String::from("-"), show),
            // The interval of a probability of nothing is no news.
            ends: estimate.interval.filter(|_| estimate.value.is_some()).map(|ends| ends.map(show)),
        })
        .collect();
    let width = |of: &dyn Fn(&Words) -> usize| words.iter().map(of).max().unwrap_or(0);
    let value_width = width(&|words| words.value.chars().count());
    let end_width = |end: usize| width(&|words| words.ends.as_ref().map_or(0, |ends| ends[end].chars().count()));
    let (low_width, high_width) = (end_width(0), end_width(1));
    words
        .iter()
        .map(|Words { value, ends }| match ends {
            Some([low, high]) => format!("{value:>value_width$}  {low:>low_width$} to {high:>high_width$}"),
            None => format!("{value:>value_width$}"),
        })
        .collect()
}

/// An estimate in words.
struct Words {
    value: String,
    ends: Option<[String; 2]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_break_where_they_may() {
        let lines = |path: &str| heading(path, HEADING).join("|");
        assert_eq!(lines("campaign.time_to_success_s.p95"), "campaign|time_to_success_s|p95");
        assert_eq!(
            lines("deployment.concurrent_deployment_percentage"),
            "deployment|concurrent_deployment_|percentage"
        );
    }
}

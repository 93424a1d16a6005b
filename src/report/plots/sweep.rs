//! The pictures of a sweep: one for each metric that is shown.

use super::canvas::empty;
use super::{heat_map, sweep_lines};
use crate::metric::words::counted;
use crate::report::sweep::{Shown, ShownMetric};
use crate::sweep::Variation;

/// All pictures with their names: lines where one path varies, heat maps where several do.
pub fn render(sweep: &Shown<'_>) -> Vec<(String, String)> {
    let metrics = sweep.metrics.iter().enumerate();
    metrics.map(|(index, metric)| (format!("sweep.{}", metric.path), draw(sweep, metric, index))).collect()
}

fn draw(sweep: &Shown<'_>, metric: &ShownMetric, index: usize) -> String {
    if sweep.points.iter().all(|estimates| estimates[index].value.is_none()) {
        return empty(&metric.path, &note(sweep), "No point has a value.");
    }
    match &sweep.sweep.variations[..] {
        [_] => sweep_lines::draw(sweep, metric, index),
        _ => heat_map::draw(sweep, metric, index),
    }
}

/// What is drawn of a sweep with more than two variations; none if everything is.
pub fn left_out(sweep: &Shown<'_>) -> Option<String> {
    let further = sweep.sweep.variations.get(2..).filter(|further| !further.is_empty())?;
    let first = |variation: &Variation| format!("{} = {}", variation.path, variation.values[0].shown());
    Some(further.iter().map(first).collect::<Vec<_>>().join(", "))
}

/// The scenario and the size of the experiment, for the line under a title.
pub fn note(sweep: &Shown<'_>) -> String {
    let checked = sweep.checked;
    let each = checked.same_replications.map(|same| format!(", {} a point", counted(same.into(), "replication")));
    let seed = checked.same_seed.map(|seed| format!(", seed {seed}"));
    format!("{}{}{}", checked.first.name, each.unwrap_or_default(), seed.unwrap_or_default())
}

//! The pictures of a comparison: A beside B.

mod differences;
mod outcomes;
mod staircases;

use super::canvas::{BLUE, LegendEntry, ORANGE};
use crate::comparison::{ROBOTS_FAILED, TIME_TO_SUCCESS};
use crate::metric::words::counted;
use crate::report::compare::Compared;
use plotters::prelude::{Color, RGBColor};

/// The colours of A and of B.
const COLORS: [RGBColor; 2] = [BLUE, ORANGE];

/// All pictures with their names. There are no differences of pairs where there are no pairs.
pub fn render(compared: &Compared<'_>) -> Vec<(&'static str, String)> {
    let mut pictures = vec![
        ("compare.time_to_success", staircases::draw(compared, TIME_TO_SUCCESS)),
        ("compare.robots_failed", staircases::draw(compared, ROBOTS_FAILED)),
        ("compare.outcomes", outcomes::draw(compared)),
    ];
    if compared.comparison.paired {
        pictures.push(("compare.differences", differences::draw(compared)));
    }
    pictures
}

/// What stands under the title.
fn identity(compared: &Compared<'_>) -> String {
    let comparison = compared.comparison;
    let [a, b] = comparison.replications;
    if comparison.paired {
        format!("{}, seed {}", counted(a, "pair"), comparison.sides[0].seed)
    } else {
        format!("{a} and {b} replications, not paired")
    }
}

/// `A: warehouse`, as much of it as fits a legend.
fn name(compared: &Compared<'_>, side: usize) -> String {
    const FITS: usize = 20;
    let name = compared.names[side];
    let name = if name.chars().count() <= FITS {
        name.to_owned()
    } else {
        name.chars().take(FITS - 3).collect::<String>() + "..."
    };
    format!("{}: {name}", ["A", "B"][side])
}

fn legend(names: &[String; 2], filled: bool) -> [LegendEntry<'_>; 2] {
    [0, 1].map(|side| LegendEntry {
        name: &names[side],
        color: if filled { COLORS[side].mix(0.75) } else { COLORS[side].to_rgba() },
        filled,
    })
}

//! What a comparison comes to: the answer, the tables, and how each side was made.

use super::words::{ComparedLine, answer, how, number_lines, of_pairs_alone, outcome_lines};
use super::{Compared, charts};
use crate::comparison::{NumberComparison, ROBOTS_FAILED, TIME_TO_SUCCESS};
use crate::metric::Unit;
use crate::report::command::CommandLine;
use crate::report::document::{
    Chapter, DataCell, DataColumn, DataRow, DataTable, Document, Intervals, Piece, Provenance, Reach, Sentence,
};
use crate::report::settings;
use crate::scenario::{Scenario, ScenarioFile};

/// What a side was given as.
#[derive(Clone, Copy)]
pub(crate) enum ComparedSide<'s> {
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

/// All that there is to say of a comparison. `luck` are the seed and the replications of what was simulated, if
/// anything was; `sets` are the options that were laid over the scenarios.
pub(crate) fn document<'c>(
    compared: &Compared<'_>,
    sides: [ComparedSide<'c>; 2],
    luck: Option<(u64, u32)>,
    sets: &'c [String],
) -> Document<'c> {
    let [a, b] = sides;
    let mut command = CommandLine::new("compare").file(a.name()).file(b.name());
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
    let section =
        |id: &str, heading: &str, place, blocks| Chapter { id: id.into(), heading: heading.into(), place, blocks };
    let mut sections = vec![
        section("pictures", "Pictures", Reach::Page, vec![Piece::Charts(charts::all(compared))]),
        section("numbers", "Numbers", Reach::Everywhere, numbers(compared)),
    ];
    let mut scenarios = Vec::new();
    for ((side, id, name), shown) in
        [("A", "settings-a", compared.names[0]), ("B", "settings-b", compared.names[1])].into_iter().zip(sides)
    {
        if let ComparedSide::Scenario(file, scenario) = shown {
            scenarios.push(file);
            sections.push(section(id, &format!("Settings of {side}: {name}"), Reach::Page, settings::facts(scenario)));
        }
    }
    Document {
        title: format!("{} or {}?", compared.names[0], compared.names[1]),
        description: String::new(),
        question: format!("A is {}, B is {}. {}", compared.names[0], compared.names[1], how(compared)),
        passes: None,
        answer: answer(compared).into_iter().map(Sentence::new).collect(),
        sections,
        provenance: Some(Provenance { command, facts, scenarios, sets }),
    }
}

/// Measures of which quantiles are shown everywhere.
const IN_FULL: [usize; 2] = [TIME_TO_SUCCESS, ROBOTS_FAILED];

/// Everything that is compared, with its differences.
fn numbers(compared: &Compared<'_>) -> Vec<Piece> {
    let mut likely = table("likely", "How likely");
    outcome_lines(compared).iter().for_each(|line| likely.rows.push(row(None, line.name, line, Reach::Everywhere)));
    let mut tables = vec![likely];
    for (id, name, unit) in [("long", "How long", Unit::Seconds), ("many", "How many", Unit::Count)] {
        let mut table = table(id, name);
        let numbers = compared.comparison.numbers.iter().enumerate();
        for (index, found) in numbers.filter(|(_, found)| found.measure.unit == unit) {
            for (at, line) in number_lines(found).iter().enumerate() {
                let place = if at == 0 || IN_FULL.contains(&index) { Reach::Everywhere } else { Reach::Page };
                table.rows.push(row(Some(line.name), line.statistic, line, place));
            }
        }
        tables.push(table);
    }
    if compared.comparison.paired {
        tables.push(orders(&compared.comparison.numbers));
    }
    let mut blocks = vec![Piece::Tables(tables)];
    if of_pairs_alone(compared) {
        let note = "The difference of means is that of the pairs in which both have a number, so it need not be B less A as they \
                    stand here.";
        blocks.push(Piece::Note(Reach::Everywhere, note.to_owned()));
    }
    let note = "compare.json has all of these numbers, compare.csv those of each replication.";
    blocks.push(Piece::Note(Reach::Page, note.to_owned()));
    blocks
}

fn table(id: &str, name: &str) -> DataTable {
    let difference = DataColumn::numbers("B - A").intervals(Intervals::InColumns);
    DataTable::new(
        id,
        name,
        vec![DataColumn::words(""), DataColumn::numbers("A"), DataColumn::numbers("B"), difference],
    )
}

fn row(of: Option<&str>, label: &str, line: &ComparedLine, place: Reach) -> DataRow {
    let [a, b] = line.values.map(|value| DataCell::number(line.unit, value));
    let interval = line.difference.and_then(|(_, interval)| interval);
    let difference = DataCell::signed(line.unit, line.difference.map(|(value, _)| value))
        .within(interval.map_or([None; 2], |ends| ends.map(Some)));
    DataRow {
        of: of.map(str::to_owned),
        why: String::new(),
        place,
        cells: vec![DataCell::new(label), a, b, difference],
    }
}

fn orders(numbers: &[NumberComparison]) -> DataTable {
    let columns = ["less", "equal", "greater"].map(DataColumn::numbers);
    let columns = std::iter::once(DataColumn::words("")).chain(columns).collect();
    let mut table = DataTable {
        place: Reach::Page,
        ..DataTable::new("orders", "In how many pairs B is less, equal, greater", columns)
    };
    for found in numbers {
        if let Some(pairs) = found.pairs {
            let counts = [pairs.less, pairs.equal, pairs.greater].map(DataCell::count);
            table.row(std::iter::once(DataCell::new(found.measure.words)).chain(counts).collect());
        }
    }
    table
}

//! Distributions of durations and rates, as a scenario writes them: `{ lognormal = { median = "2m", sigma = 0.8 } }`.

use std::path::Path;

use super::diagnostics::{Diagnostics, Problem};
use super::document::{Entry, Node, Value, join};
use super::quantity::Quantity;
use super::reader::{self, Reader, one_of};
use crate::random::{Distribution, normal_quantile};

/// The families, in the order of the documentation.
pub const FAMILIES: [&str; 12] = [
    "constant",
    "uniform",
    "exponential",
    "normal",
    "lognormal",
    "gamma",
    "weibull",
    "triangular",
    "pert",
    "pareto",
    "empirical",
    "mixture",
];

/// What is accepted, for messages.
pub const ACCEPTED: &str = "a distribution, such as { exponential = { mean = \"10s\" } }";

/// What a distribution is of, and where the files that it names are.
#[derive(Clone, Copy)]
pub struct Of<'a> {
    /// Its numbers are in this quantity's base unit.
    pub quantity: Quantity,
    /// Paths are relative to this folder.
    pub folder: &'a Path,
}

impl Of<'_> {
    /// A required number of at least 0.
    fn number(self, table: &mut Reader<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Option<f64> {
        let quantity = self.quantity;
        table.required(key, quantity.accepted(), diagnostics, |node, path, d| quantity.read(node, path, d))
    }

    /// A required number greater than 0.
    fn scale(self, table: &mut Reader<'_>, key: &'static str, diagnostics: &mut Diagnostics) -> Option<f64> {
        let quantity = self.quantity;
        let accepted = quantity.positive();
        table.required(key, accepted, diagnostics, |node, path, d| quantity.read_positive(node, path, d))
    }
}

/// Reads a distribution.
pub fn distribution(node: &Node, path: &str, of: Of<'_>, diagnostics: &mut Diagnostics) -> Option<Distribution> {
    let family = one_of(node, path, "a distribution", &FAMILIES, diagnostics)?;
    read_family(family, path, of, diagnostics)
}

fn read_family(family: &Entry, path: &str, of: Of<'_>, diagnostics: &mut Diagnostics) -> Option<Distribution> {
    let path = &join(path, &family.key);
    match family.key.as_str() {
        "constant" => {
            let value = of.quantity.read(&family.node, path, diagnostics)?;
            return Some(Distribution::Constant(value));
        }
        "mixture" => return mixture(&family.node, path, of, diagnostics),
        _ => {}
    }
    let mut table = Reader::open(&family.node, path, diagnostics)?;
    let distribution = match family.key.as_str() {
        "uniform" => bounds(&mut table, of, diagnostics).map(|(min, max)| Distribution::Uniform { min, max }),
        "exponential" => of.scale(&mut table, "mean", diagnostics).map(|mean| Distribution::Exponential { mean }),
        "normal" => {
            let mean = of.number(&mut table, "mean", diagnostics);
            let std = of.number(&mut table, "std", diagnostics);
            both(mean, std).map(|(mean, std)| spread(std, mean, || Distribution::Normal { mean, std }))
        }
        "lognormal" => lognormal(&mut table, of, diagnostics),
        "gamma" => gamma(&mut table, of, diagnostics),
        "weibull" => {
            let shape = shape(&mut table, diagnostics);
            let scale = of.scale(&mut table, "scale", diagnostics);
            both(shape, scale).map(|(shape, scale)| Distribution::Weibull { shape, scale })
        }
        "triangular" => {
            peaked(&mut table, of, diagnostics).map(|(min, mode, max)| Distribution::Triangular { min, mode, max })
        }
        "pert" => peaked(&mut table, of, diagnostics).map(|(min, mode, max)| Distribution::Pert { min, mode, max }),
        "pareto" => {
            let scale = of.scale(&mut table, "scale", diagnostics);
            let shape = shape(&mut table, diagnostics);
            both(scale, shape).map(|(scale, shape)| Distribution::Pareto { scale, shape })
        }
        _ => empirical(&mut table, of, diagnostics),
    };
    table.close(diagnostics);
    distribution
}

fn both<A, B>(a: Option<A>, b: Option<B>) -> Option<(A, B)> {
    Some((a?, b?))
}

/// A family whose spread is 0 is a constant.
fn spread(std: f64, center: f64, family: impl FnOnce() -> Distribution) -> Distribution {
    if std == 0.0 { Distribution::Constant(center) } else { family() }
}

fn shape(table: &mut Reader<'_>, diagnostics: &mut Diagnostics) -> Option<f64> {
    table.required("shape", "a number greater than 0", diagnostics, reader::positive)
}

/// min < max.
fn bounds(table: &mut Reader<'_>, of: Of<'_>, diagnostics: &mut Diagnostics) -> Option<(f64, f64)> {
    let min = of.number(table, "min", diagnostics);
    let max = of.number(table, "max", diagnostics);
    let (min, max) = both(min, max)?;
    if min >= max {
        let problem = Problem::new(format!("`{}` is not below `{}`", table.path_of("min"), table.path_of("max")));
        let at = |table: &mut Reader<'_>, key| table.entry(key).map(|entry| entry.node.place.clone());
        if let (Some(low), Some(high)) = (at(table, "min"), at(table, "max")) {
            diagnostics.report(problem.at(&low, format!("expected {}", of.quantity.less())).at(&high, "than this"));
        }
        return None;
    }
    Some((min, max))
}

/// min <= mode <= max, min < max.
fn peaked(table: &mut Reader<'_>, of: Of<'_>, diagnostics: &mut Diagnostics) -> Option<(f64, f64, f64)> {
    let bounds = bounds(table, of, diagnostics);
    let mode = of.number(table, "mode", diagnostics);
    let ((min, max), mode) = both(bounds, mode)?;
    if !(min..=max).contains(&mode) {
        let path = table.path_of("mode");
        if let Some(entry) = table.entry("mode") {
            let problem = Problem::new(format!("`{path}` is outside min and max"));
            let label = format!("expected {} from min to max", of.quantity.noun());
            diagnostics.report(problem.at(&entry.node.place, label));
        }
        return None;
    }
    Some((min, mode, max))
}

/// Which of the alternative pairs of keys a table has: the one that is complete, with no key of another pair beside it.
fn alternative(table: &mut Reader<'_>, sets: &[[&'static str; 2]], diagnostics: &mut Diagnostics) -> Option<usize> {
    let present =
        |table: &mut Reader<'_>, set: &[&'static str; 2]| set.iter().filter(|key| table.entry(key).is_some()).count();
    let counts: Vec<usize> = sets.iter().map(|set| present(table, set)).collect();
    let full: Vec<usize> = (0..sets.len()).filter(|index| counts[*index] == 2).collect();
    let keys: std::collections::BTreeSet<&str> = sets.iter().flatten().copied().collect();
    let total = keys.iter().filter(|key| table.entries().iter().any(|entry| entry.key == **key)).count();
    match full[..] {
        [index] if total == 2 => Some(index),
        _ => {
            let accepted: Vec<String> = sets.iter().map(|[a, b]| format!("{{ {a}, {b} }}")).collect();
            let found = if total < 2 { "has too few" } else { "has contradictory" };
            let title = format!("`{}` {found} parameters", table.path_of("").trim_end_matches('.'));
            let help = format!("expected {}", accepted.join(" or "));
            diagnostics.report(Problem::new(title).at(table.place(), "").help(help));
            None
        }
    }
}

fn lognormal(table: &mut Reader<'_>, of: Of<'_>, diagnostics: &mut Diagnostics) -> Option<Distribution> {
    let sets = [["median", "sigma"], ["median", "p95"], ["mean", "std"]];
    match alternative(table, &sets, diagnostics)? {
        0 => {
            let median = of.scale(table, "median", diagnostics);
            let sigma = table.required("sigma", "a number of at least 0", diagnostics, reader::nonnegative);
            both(median, sigma)
                .map(|(median, sigma)| spread(sigma, median, || Distribution::Lognormal { median, sigma }))
        }
        1 => {
            let median = of.scale(table, "median", diagnostics);
            let p95 = of.scale(table, "p95", diagnostics);
            let (median, p95) = both(median, p95)?;
            if p95 <= median {
                let path = table.path_of("p95");
                if let Some(entry) = table.entry("p95") {
                    let problem = Problem::new(format!("`{path}` is not above the median"));
                    let label = format!("expected {} than `median`", of.quantity.more());
                    diagnostics.report(problem.at(&entry.node.place, label));
                }
                return None;
            }
            // P(X <= p95) = 0.95 where ln X is normal around ln(median).
            let sigma = libm::log(p95 / median) / normal_quantile(0.95);
            Some(Distribution::Lognormal { median, sigma })
        }
        _ => {
            let mean = of.scale(table, "mean", diagnostics);
            let std = of.number(table, "std", diagnostics);
            both(mean, std).map(|(mean, std)| {
                // The moments of a lognormal: mean = median * exp(sigma^2 / 2), cv^2 = exp(sigma^2) - 1.
                let cv = std / mean;
                let sigma = libm::log1p(cv * cv).sqrt();
                let median = mean / (1.0 + cv * cv).sqrt();
                spread(std, mean, || Distribution::Lognormal { median, sigma })
            })
        }
    }
}

fn gamma(table: &mut Reader<'_>, of: Of<'_>, diagnostics: &mut Diagnostics) -> Option<Distribution> {
    match alternative(table, &[["mean", "std"], ["shape", "scale"]], diagnostics)? {
        0 => {
            let mean = of.scale(table, "mean", diagnostics);
            let std = of.number(table, "std", diagnostics);
            both(mean, std).map(|(mean, std)| {
                // mean = shape * scale, variance = shape * scale^2.
                let family = || Distribution::Gamma { shape: (mean / std) * (mean / std), scale: std * (std / mean) };
                spread(std, mean, family)
            })
        }
        _ => {
            let shape = shape(table, diagnostics);
            let scale = of.scale(table, "scale", diagnostics);
            both(shape, scale).map(|(shape, scale)| Distribution::Gamma { shape, scale })
        }
    }
}

fn mixture(node: &Node, path: &str, of: Of<'_>, diagnostics: &mut Diagnostics) -> Option<Distribution> {
    let Value::Array(elements) = &node.value else {
        let problem = Problem::new(format!("`{path}` is {}", node.value.kind()));
        let label = "expected an array of { weight = w, FAMILY = { ... } }";
        diagnostics.report(problem.at(&node.place, label));
        return None;
    };
    let mut components = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Some(mut table) = Reader::open(element, &path, diagnostics) else { continue };
        let weight = table.required("weight", "a number of at least 0", diagnostics, reader::nonnegative);
        // The rest of the element is a distribution.
        let rest = table.entries().iter().filter(|entry| entry.key != "weight").cloned().collect();
        let rest = Node { value: Value::Table(super::document::Table(rest)), place: element.place.clone() };
        let component = distribution(&rest, &path, of, diagnostics);
        if let (Some(weight), Some(component)) = (weight, component) {
            components.push((weight, component));
        }
    }
    if components.len() < elements.len() {
        return None;
    }
    check_weights(components.iter().map(|(weight, _)| *weight), node, path, diagnostics)?;
    let total: f64 = components.iter().map(|(weight, _)| weight).sum();
    // A mixture inside a mixture is one mixture with the products of the weights.
    let flat = components.into_iter().flat_map(|(weight, component)| match component {
        Distribution::Mixture(inner) => {
            inner.into_iter().map(|(part, component)| (weight / total * part, component)).collect()
        }
        other => vec![(weight / total, other)],
    });
    Some(Distribution::Mixture(flat.collect()))
}

/// Weights >= 0 that are not all 0 and whose sum is a finite number.
pub fn check_weights(
    weights: impl Iterator<Item = f64>,
    node: &Node,
    path: &str,
    diagnostics: &mut Diagnostics,
) -> Option<()> {
    let total: f64 = weights.sum();
    let (found, accepted) = if total == 0.0 {
        ("are all 0", "expected at least one weight greater than 0")
    } else if total.is_infinite() {
        ("overflow", "expected weights with a finite sum")
    } else {
        return Some(());
    };
    diagnostics.report(Problem::new(format!("the weights of `{path}` {found}")).at(&node.place, accepted));
    None
}

fn empirical(table: &mut Reader<'_>, of: Of<'_>, diagnostics: &mut Diagnostics) -> Option<Distribution> {
    let values = table.entry("values");
    let file = table.entry("file");
    let column = table.entry("column");
    match (values, file) {
        (Some(values), None) => {
            if let Some(column) = column {
                let problem = Problem::new(format!("`{}` goes with `file`", table.path_of("column")));
                diagnostics.report(problem.at(&column.key_place, "remove it, or give a file"));
            }
            let path = table.path_of("values");
            let Value::Array(elements) = &values.node.value else {
                let problem = Problem::new(format!("`{path}` is {}", values.node.value.kind()));
                diagnostics
                    .report(problem.at(&values.node.place, format!("expected an array of {}s", of.quantity.word())));
                return None;
            };
            let numbers: Vec<Option<f64>> = elements
                .iter()
                .enumerate()
                .map(|(index, element)| of.quantity.read(element, &format!("{path}[{index}]"), diagnostics))
                .collect();
            if numbers.is_empty() {
                let problem = Problem::new(format!("`{path}` is empty"));
                diagnostics
                    .report(problem.at(&values.node.place, format!("expected at least one {}", of.quantity.word())));
                return None;
            }
            numbers.into_iter().collect::<Option<Vec<f64>>>().map(Distribution::Empirical)
        }
        (None, Some(file)) => {
            let shown = reader::string(&file.node, &table.path_of("file"), diagnostics);
            let column =
                table.required("column", "the name of a column of the CSV file", diagnostics, |node, path, d| {
                    reader::string(node, path, d).map(|text| (text, node))
                });
            let (shown, (column, column_node)) = both(shown, column)?;
            match read_column(&of.folder.join(shown), column, of.quantity) {
                Ok(values) => Some(Distribution::Empirical(values)),
                Err(CsvError::Column(known)) => {
                    let known: Vec<&str> = known.iter().map(String::as_str).collect();
                    let problem = Problem::new(format!("{shown} has no column `{column}`"));
                    let problem = problem.at(&column_node.place, "not in the file's header");
                    diagnostics.report(problem.help(reader::nearest(column, &known)));
                    None
                }
                Err(CsvError::File(why)) => {
                    let problem = Problem::new(format!("{shown} cannot be used: {why}"));
                    let label = format!("expected a CSV file with a header and numbers of {}", of.quantity.file_unit());
                    diagnostics.report(problem.at(&file.node.place, label));
                    None
                }
            }
        }
        (both, _) => {
            let found = if both.is_some() { "has contradictory" } else { "has too few" };
            let title = format!("`{}` {found} parameters", table.path_of("").trim_end_matches('.'));
            let help = "expected { values = [D...] } or { file = \"f.csv\", column = \"c\" }";
            diagnostics.report(Problem::new(title).at(table.place(), "").help(help));
            None
        }
    }
}

enum CsvError {
    /// The file as a whole, or a value in it.
    File(String),
    /// The column is not among these.
    Column(Vec<String>),
}

/// The numbers of a CSV file's column, in the quantity's base unit.
fn read_column(path: &Path, column: &str, quantity: Quantity) -> Result<Vec<f64>, CsvError> {
    let fail = |why: String| CsvError::File(why);
    let metadata = std::fs::metadata(path).map_err(|error| fail(error.to_string()))?;
    if !metadata.is_file() {
        return Err(fail(String::from("not a regular file")));
    }
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|error| fail(error.to_string()))?;
    let header = reader.headers().map_err(|error| fail(error.to_string()))?.clone();
    let Some(index) = header.iter().position(|name| name == column) else {
        return Err(CsvError::Column(header.iter().map(str::to_owned).collect()));
    };
    let mut values = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| fail(error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let text = record.get(index).unwrap_or_default();
        let (unit, scale, greatest) = (quantity.file_unit(), quantity.file_scale(), quantity.greatest_in_file());
        match text.parse::<f64>() {
            Ok(number) if (0.0..=greatest).contains(&number) => values.push(number * scale),
            _ => {
                return Err(fail(format!(
                    "line {line} has `{text}` where a number of {unit} from 0 to {greatest} belongs"
                )));
            }
        }
    }
    if values.is_empty() {
        return Err(fail(String::from("it has no rows")));
    }
    Ok(values)
}

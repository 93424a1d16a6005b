//! Distributions of durations and rates, as a scenario writes them: `{ lognormal = { median = "2m", sigma = 0.8 } }`.
//!
//! What families there are and what they take is said by [`FAMILIES`]; here it is read.

use serde_json::{Value as Json, json};

use super::check_weights;
use crate::random::{
    Distribution, FAMILIES, FamilyDescription, ParameterOrder, ParameterRange, ParameterSet, Takes, Values,
};
use crate::scenario::csv_files::CsvError;
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::Toml;
use crate::scenario::form::{Accepts, Form, OneOf, Shape, Shows, Written, nearest, nonnegative, positive, text};
use crate::scenario::quantity::Quantity;

/// A distribution of a quantity.
#[derive(Clone, Copy)]
pub struct OneDistribution(Quantity);

/// A distribution of a quantity, in its base unit.
pub fn distribution(of: Quantity) -> OneDistribution {
    OneDistribution(of)
}

impl Accepts for OneDistribution {
    type Value = Distribution;

    fn accepted(&self) -> String {
        match self.0 {
            Quantity::Duration => String::from("a distribution, such as { exponential = { mean = \"10s\" } }"),
            Quantity::Rate => {
                String::from("a distribution, such as { uniform = { min = \"1Mbit/s\", max = \"9Mbit/s\" } }")
            }
        }
    }

    fn shape(&self) -> Shape {
        let of = self.0;
        let shape = move || Shape::Table(Form::describe(|form| one_family(of, form)));
        Shape::Defined { name: format!("distribution_of_{}s", of.word()), shape: Box::new(shape) }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Distribution> {
        let example = match &found.node.value {
            // What stands alone is most likely meant to be always the same.
            Toml::String(text) if self.0.parse(text).is_some() => format!(", such as {{ constant = \"{text}\" }}"),
            _ => String::new(),
        };
        found.table(&format!("a table with one key, a distribution{example}"), |form| one_family(self.0, form))
    }
}

impl Shows for OneDistribution {
    fn show(&self, value: &Distribution) -> Json {
        match value {
            Distribution::Constant(value) => json!({ "constant": self.0.any().show(value) }),
            _ => Json::Null,
        }
    }
}

/// A family by its name, and what is added to all that it gives.
fn one_family(of: Quantity, form: &mut Form<'_>) -> Option<Distribution> {
    let words = "Added to every draw of the family beside it: no draw is less.";
    let shift = form.default("shift", words, of.any(), 0.0);
    let families = FAMILIES.map(|family| OfFamily { family, of });
    let choices = families.each_ref().map(|family| OneOf {
        key: family.family.name,
        words: family.family.words,
        accepts: family,
    });
    form.one_of("a distribution", &choices).map(|family| family.shifted(shift))
}

/// What stands under a family's key.
struct OfFamily {
    family: &'static FamilyDescription,
    of: Quantity,
}

impl Accepts for OfFamily {
    type Value = Distribution;

    fn accepted(&self) -> String {
        match self.family.takes {
            Takes::Value(_) => self.of.any().accepted(),
            Takes::Parameters(sets) => sets.iter().map(parameters_in_words).collect::<Vec<_>>().join(" or "),
            Takes::Values(_) => String::from("{ values = [D...] } or { file = \"f.csv\", column = \"c\" }"),
            Takes::Components(_) => String::from("an array of { weight = w, FAMILY = { ... } }"),
        }
    }

    fn shape(&self) -> Shape {
        let of = self.of;
        match self.family.takes {
            Takes::Value(_) => of.any().shape(),
            Takes::Parameters([set]) => Shape::Table(Form::describe(|form| parameters(set, of, form))),
            Takes::Parameters(sets) => Shape::OneOf(
                sets.iter().map(|set| Shape::Table(Form::describe(|form| parameters(set, of, form)))).collect(),
            ),
            Takes::Values(make) => {
                let values = |form: &mut Form<'_>| form.required("values", "The values.", MeasuredValues(of));
                let file = |form: &mut Form<'_>| column_of_file(of, make, form);
                Shape::OneOf(vec![Shape::Table(Form::describe(values)), Shape::Table(Form::describe(file))])
            }
            Takes::Components(_) => {
                let shape = move || Shape::List {
                    element: Box::new(Shape::Table(Form::describe(|form| component(of, form)))),
                    tables: false,
                };
                Shape::Defined { name: format!("mixture_of_{}s", of.word()), shape: Box::new(shape) }
            }
        }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Distribution> {
        let of = self.of;
        match self.family.takes {
            Takes::Value(make) => of.any().read(found).map(make),
            Takes::Parameters([set]) => found.table("a table", |form| parameters(set, of, form)),
            Takes::Parameters(sets) => found.table("a table", |form| {
                let names: Vec<Vec<&'static str>> = sets.iter().map(ParameterSet::names).collect();
                let chosen = alternative(&names, || self.accepted(), form)?;
                parameters(&sets[chosen], of, form)
            }),
            Takes::Values(make) => found.table("a table", |form| {
                if form.those_of(&["values", "file", "column"])[..] == ["values", "column"] {
                    let problem = Problem::new(format!("`{}` goes with `file`", form.path_of("column")));
                    form.report_at_keys(problem, &[("column", "remove it, or give a file")]);
                    form.leave(&["file", "column"]);
                    return form
                        .required("values", "The values.", MeasuredValues(of))
                        .map(|values| make(values.into()));
                }
                let chosen = alternative(&[vec!["values"], vec!["file", "column"]], || self.accepted(), form)?;
                match chosen {
                    0 => form.required("values", "The values.", MeasuredValues(of)).map(|values| make(values.into())),
                    _ => column_of_file(of, make, form),
                }
            }),
            Takes::Components(make) => components(of, found).map(make),
        }
    }
}

impl ParameterSet {
    fn names(&self) -> Vec<&'static str> {
        self.parameters.iter().map(|parameter| parameter.name).collect()
    }
}

/// `{ median, sigma }`
fn parameters_in_words(set: &ParameterSet) -> String {
    format!("{{ {} }}", set.names().join(", "))
}

/// Which of some alternative sets of keys a table has: the only one that has all those that are written.
fn alternative(sets: &[Vec<&'static str>], accepted: impl Fn() -> String, form: &mut Form<'_>) -> Option<usize> {
    let mut all: Vec<&'static str> = sets.concat();
    all.dedup();
    form.leave(&all);
    let written = form.those_of(&all);
    let fits = |set: &Vec<&'static str>| written.iter().all(|key| set.contains(key));
    let fitting: Vec<usize> = (0..sets.len()).filter(|index| fits(&sets[*index])).collect();
    match fitting[..] {
        [index] => Some(index),
        _ => {
            let found = if fitting.is_empty() { "has contradictory" } else { "has too few" };
            let problem = Problem::new(format!("`{}` {found} parameters", form.path()));
            form.report_at(problem.help(format!("expected {}", accepted())), &[("", "")]);
            None
        }
    }
}

fn parameters(set: &ParameterSet, of: Quantity, form: &mut Form<'_>) -> Option<Distribution> {
    let read = |parameter: &crate::random::Parameter| {
        let (name, words) = (parameter.name, parameter.words);
        match parameter.range {
            ParameterRange::Quantity => form.required(name, words, of.any()),
            ParameterRange::PositiveQuantity => form.required(name, words, of.positive()),
            ParameterRange::Nonnegative => form.required(name, words, nonnegative()),
            ParameterRange::Positive => form.required(name, words, positive()),
        }
    };
    let values: Vec<Option<f64>> = set.parameters.iter().map(read).collect();
    let value =
        |name: &str| set.parameters.iter().position(|parameter| parameter.name == name).and_then(|at| values[at]);
    let mut fine = true;
    for order in set.order {
        let (title, labels): (String, Vec<(&str, String)>) = match *order {
            ParameterOrder::Below(low, high) => match (value(low), value(high)) {
                (Some(less), Some(more)) if less >= more => {
                    let title = format!("`{}` is not below `{}`", form.path_of(low), form.path_of(high));
                    (title, vec![(low, format!("expected {}", of.less())), (high, String::from("than this"))])
                }
                _ => continue,
            },
            ParameterOrder::Above(high, low) => match (value(high), value(low)) {
                (Some(more), Some(less)) if more <= less => {
                    let title = format!("`{}` is not above the {low}", form.path_of(high));
                    (title, vec![(high, format!("expected {} than `{low}`", of.more()))])
                }
                _ => continue,
            },
            ParameterOrder::Within(inner, low, high) => match (value(inner), value(low), value(high)) {
                (Some(middle), Some(less), Some(more)) if less < more && !(less..=more).contains(&middle) => {
                    let title = format!("`{}` is outside {low} and {high}", form.path_of(inner));
                    (title, vec![(inner, format!("expected {} from {low} to {high}", of.noun()))])
                }
                _ => continue,
            },
        };
        fine = false;
        let labels: Vec<(&str, &str)> = labels.iter().map(|(key, label)| (*key, label.as_str())).collect();
        form.report_at(Problem::new(title), &labels);
    }
    let values = values.into_iter().collect::<Option<Vec<f64>>>()?;
    fine.then(|| (set.make)(&values))
}

/// An element of a mixture: a weight beside a family.
fn component(of: Quantity, form: &mut Form<'_>) -> Option<(f64, Distribution)> {
    let words = "How likely the element is, relative to the others; not all are 0.";
    let weight = form.required("weight", words, nonnegative());
    let component = one_family(of, form);
    Some((weight?, component?))
}

fn components(of: Quantity, found: &mut Written<'_>) -> Option<Vec<(f64, Distribution)>> {
    let Toml::Array(elements) = &found.node.value else {
        found.wrong_kind("an array of { weight = w, FAMILY = { ... } }");
        return None;
    };
    let mut read = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let path = format!("{}[{index}]", found.path);
        read.push(found.within(element, path).table("a table", |form| component(of, form)));
    }
    let components = read.into_iter().collect::<Option<Vec<_>>>()?;
    if let Err((wrong, accepted)) = check_weights(components.iter().map(|(weight, _)| *weight)) {
        found.report(Problem::new(format!("the weights of `{}` {wrong}", found.path)), accepted);
        return None;
    }
    Some(components)
}

/// An array of a quantity.
struct MeasuredValues(Quantity);

impl Accepts for MeasuredValues {
    type Value = Vec<f64>;

    fn accepted(&self) -> String {
        format!("an array of {}s", self.0.word())
    }

    fn shape(&self) -> Shape {
        Shape::List { element: Box::new(self.0.any().shape()), tables: false }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Vec<f64>> {
        let Toml::Array(elements) = &found.node.value else {
            found.wrong_kind(&self.accepted());
            return None;
        };
        if elements.is_empty() {
            let problem = Problem::new(format!("`{}` is empty", found.path));
            found.report(problem, format!("expected at least one {}", self.0.word()));
            return None;
        }
        let mut values = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let path = format!("{}[{index}]", found.path);
            values.push(self.0.any().read(&mut found.within(element, path)));
        }
        values.into_iter().collect()
    }
}

fn column_of_file(of: Quantity, make: fn(Values) -> Distribution, form: &mut Form<'_>) -> Option<Distribution> {
    let words = "The CSV file, with a header; its path is relative to the scenario, its numbers are seconds, or bit/s.";
    let shown = form.required("file", words, text("the path of a CSV file"));
    let words = "The name of the column in the file's header.";
    let column = form.required("column", words, text("the name of a column of the CSV file"));
    let (shown, column) = (shown?, column?);
    match form.files()?.column(&shown, &column, of) {
        Ok(values) => Some(make(values)),
        Err(CsvError::Column(known)) => {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let problem = Problem::new(format!("{shown} has no column `{column}`")).help(nearest(&column, &known));
            form.report_at(problem, &[("column", "not in the file's header")]);
            None
        }
        Err(CsvError::Twice(times)) => {
            let problem = Problem::new(format!("{shown} has {times} columns `{column}`"));
            form.report_at(problem.help("give one of them another name"), &[("column", "which of them?")]);
            None
        }
        Err(CsvError::File(why)) => {
            let problem = Problem::new(format!("{shown} cannot be used: {why}"));
            let label = format!("expected a CSV file with a header and numbers of {}", of.file_unit());
            form.report_at(problem, &[("file", &label)]);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::random::{Luck, Purpose, Residual, Sampler};
    use crate::scenario::Scenario;

    /// Parameters that fit each other, and what else a family takes.
    fn examples(family: &FamilyDescription) -> Vec<String> {
        let parameter = |parameter: &crate::random::Parameter| {
            let value = match (parameter.range, parameter.name) {
                (ParameterRange::Nonnegative | ParameterRange::Positive, _) => "1.5",
                (_, "min" | "std") => "\"1s\"",
                (_, "max" | "p95") => "\"9s\"",
                _ => "\"2s\"",
            };
            format!("{} = {value}", parameter.name)
        };
        match family.takes {
            Takes::Value(_) => vec![String::from("\"5s\"")],
            Takes::Values(_) => vec![String::from("{ values = [\"1s\", \"3s\"] }")],
            Takes::Components(_) => {
                vec![String::from("[{ weight = 1, constant = \"1s\" }, { weight = 2, constant = \"4s\" }]")]
            }
            Takes::Parameters(sets) => {
                let set = |set: &ParameterSet| set.parameters.iter().map(parameter).collect::<Vec<_>>().join(", ");
                sets.iter().map(|one| format!("{{ {} }}", set(one))).collect()
            }
        }
    }

    /// What stands under a family's key is read as that family, with all that its file says of it: no family takes the
    /// place of another one that somebody forgot.
    #[test]
    fn every_family_is_read_drawn_from_and_told() {
        for family in FAMILIES {
            for example in examples(family) {
                let name = family.name;
                let text = format!(
                    "name = \"x\"\n[deployment]\nconcurrent_deployment_percentage = 1\nfailure_threshold_percentage = 1\n\
                     [[group]]\nname = \"g\"\nrobots = 1\n[group.step.launching]\nlatency = {{ {name} = {example} }}\n"
                );
                let scenario = Scenario::parse(&text, "x.toml", Path::new(""), &[]);
                let scenario = scenario.unwrap_or_else(|problems| panic!("{}", problems.render(false)));
                let latency = &scenario.groups[0].steps[0].latency;
                let kept = serde_json::to_value(latency).expect("JSON");
                assert!(kept.get(name).is_some(), "{name} = {example} is read as {kept}");
                let words = latency.words(&|micros| format!("{}s", micros / 1e6));
                assert!(words.contains('s') && !words.contains("NaN"), "{words}");
                let mean = latency.mean();
                assert!(mean > 0.0 && mean.is_finite(), "{name}: {mean}");
                let (sampler, residual) = (Sampler::from(latency), Residual::from(latency));
                let stream = |robot| Luck::new(1, 0).robot(robot, 0, Purpose::Link);
                let draws = 4000;
                let drawn: f64 =
                    (0..draws).map(|robot| sampler.sample(&mut stream(robot))).sum::<f64>() / f64::from(draws);
                assert!(name == "pareto" || (drawn / mean - 1.0).abs() < 0.2, "{name}: {drawn} {mean}");
                assert!((0..100).all(|robot| residual.sample(&mut stream(robot)) >= 0.0), "{name}");
            }
        }
    }
}

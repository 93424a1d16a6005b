//! Distributions: a table with exactly one key, the family.

use serde_json::{Map, Value, json};

use super::table::{Table, one_of};
use super::values::{at_least, list, positive, positive_quantity, quantity, string};
use crate::scenario::quantity::Quantity;

/// What the schema refers to: the distributions of a quantity, and the elements of their mixtures.
pub fn definitions() -> Value {
    let mut definitions = Map::new();
    for of in [Quantity::Duration, Quantity::Rate] {
        let mut distribution = one_of(families(of, false));
        let description = format!("A distribution of {}s: a table with one key, the family.", of.word());
        distribution["description"] = json!(description);
        definitions.insert(name_of("distribution", of), distribution);
        definitions.insert(name_of("mixture", of), list(one_of(families(of, true))));
    }
    Value::Object(definitions)
}

/// A value that is a distribution.
pub fn distribution(of: Quantity) -> Value {
    reference("distribution", of)
}

fn name_of(what: &str, of: Quantity) -> String {
    format!("{what}_of_{}s", of.word())
}

fn reference(what: &str, of: Quantity) -> Value {
    json!({ "$ref": format!("#/$defs/{}", name_of(what, of)) })
}

/// A table for each family, `weighted` as in a mixture.
fn families(of: Quantity, weighted: bool) -> Vec<Value> {
    let family = |key, description: &'static str, value| {
        let table = Table::new(description).required(key, description, value);
        let weight = "How likely the element is, relative to the others; not all are 0.";
        let table = if weighted { table.required("weight", weight, at_least(0)) } else { table };
        table.into_value()
    };
    let number = || quantity(of);
    let above_0 = || positive_quantity(of);
    let bounds = || {
        let least = Table::new("From min to max.").required("min", "The least value, below max.", number());
        least.required("max", "The greatest value.", number())
    };
    let peaked = || bounds().required("mode", "The peak, from min to max.", number());
    let center_and_spread = || {
        let mean = Table::new("By mean and standard deviation.").required("mean", "The mean.", above_0());
        mean.required("std", "The standard deviation; 0 makes a constant.", number()).into_value()
    };
    let median = || Table::new("By the median.").required("median", "Half of the draws are below.", above_0());
    let shape = || positive();
    vec![
        family("constant", "Always this value.", number()),
        family("uniform", "Equally likely between min and max.", bounds().into_value()),
        family(
            "exponential",
            "Memoryless: nothing at first, and now and then much.",
            Table::new("By the mean.").required("mean", "The mean.", above_0()).into_value(),
        ),
        family(
            "normal",
            "A bell; a draw below 0 is drawn again.",
            Table::new("By mean and standard deviation, before truncation.")
                .required("mean", "The mean before truncation.", number())
                .required("std", "The standard deviation before truncation; 0 makes a constant.", number())
                .into_value(),
        ),
        family(
            "lognormal",
            "Many near the median and a long tail: the usual latency.",
            one_of([
                median().required("sigma", "The standard deviation of the logarithm.", at_least(0)).into_value(),
                median().required("p95", "95 % of the draws are below; above the median.", above_0()).into_value(),
                center_and_spread(),
            ]),
        ),
        family(
            "gamma",
            "A sum of waits.",
            one_of([
                center_and_spread(),
                Table::new("By shape and scale: the mean is their product.")
                    .required("shape", "The shape: how many waits.", shape())
                    .required("scale", "The scale: one wait's mean.", above_0())
                    .into_value(),
            ]),
        ),
        family(
            "weibull",
            "P(X > x) = exp(-(x / scale)^shape).",
            Table::new("By shape and scale.")
                .required("shape", "Below 1: a heavy tail; above 1: a bell.", shape())
                .required("scale", "63 % of the draws are below.", above_0())
                .into_value(),
        ),
        family("triangular", "A straight rise to the mode, and a straight fall.", peaked().into_value()),
        family("pert", "The smooth relative of the triangular: mean (min + 4 mode + max) / 6.", peaked().into_value()),
        family(
            "pareto",
            "P(X > x) = (scale / x)^shape from scale on: the heaviest tail here.",
            Table::new("By the least value and the tail's exponent.")
                .required("scale", "The least value.", above_0())
                .required("shape", "The tail's exponent; up to 1 there is no finite mean.", shape())
                .into_value(),
        ),
        family(
            "empirical",
            "One of measured values, drawn with replacement.",
            one_of([
                Table::new("Values written here.").required("values", "The values.", list(number())).into_value(),
                Table::new("A column of a CSV file; its numbers are seconds, or bit/s.")
                    .required("file", "The CSV file; the path is relative to the scenario.", string())
                    .required("column", "The name of the column in the file's header.", string())
                    .into_value(),
            ]),
        ),
        family(
            "mixture",
            "One of several distributions, with probability proportional to its weight.",
            reference("mixture", of),
        ),
    ]
}

//! How a step fails: a probability, fixed or drawn, and codes.

use crate::rollout::DeploymentJobErrorCode;
use crate::scenario::Probability;
use crate::scenario::diagnostics::{Diagnostics, Problem};
use crate::scenario::distribution;
use crate::scenario::document::{Node, Value, join};
use crate::scenario::reader::{self, Reader};

/// What is accepted as a probability, for messages.
pub const PROBABILITY: &str = "a probability from 0 to 1, or { beta = { mean = 0.01, concentration = 50 } }";

/// How a step fails; without codes it is the step's own one.
pub struct Failure {
    pub probability: Probability,
    pub codes: Option<Vec<(DeploymentJobErrorCode, f64)>>,
}

/// A probability, or `{ probability = p, codes = { CODE = weight } }`.
pub fn failure(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Failure> {
    if !matches!(&node.value, Value::Table(table) if table.get("beta").is_none()) {
        return probability(node, path, diagnostics).map(|probability| Failure { probability, codes: None });
    }
    let mut table = Reader::open(node, path, diagnostics)?;
    let probability = table.required("probability", PROBABILITY, diagnostics, probability);
    let codes = table.optional("codes", diagnostics, failure_codes);
    table.close(diagnostics);
    Some(Failure { probability: probability?, codes })
}

/// A number, or `{ beta = { mean = m, concentration = c } }` (R15).
fn probability(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Probability> {
    let Value::Table(_) = &node.value else {
        return reader::probability(node, path, diagnostics).map(Probability::Fixed);
    };
    let mut table = Reader::open(node, path, diagnostics)?;
    let accepted = "{ mean = 0.01, concentration = 50 }";
    let beta = table.required("beta", accepted, diagnostics, |node, path, diagnostics| {
        let mut table = Reader::open(node, path, diagnostics)?;
        let mean = table.required("mean", "a probability from 0 to 1", diagnostics, reader::probability);
        let concentration = table.required("concentration", "a number greater than 0", diagnostics, reader::positive);
        table.close(diagnostics);
        Some((mean?, concentration?))
    });
    table.close(diagnostics);
    let (mean, concentration) = beta?;
    // A mean of 0 or 1 leaves no room to scatter.
    let drawn = 0.0 < mean && mean < 1.0;
    Some(if drawn { Probability::Beta { mean, concentration } } else { Probability::Fixed(mean) })
}

fn failure_codes(node: &Node, path: &str, diagnostics: &mut Diagnostics) -> Option<Vec<(DeploymentJobErrorCode, f64)>> {
    let table = Reader::open(node, path, diagnostics)?;
    let mut codes = Vec::new();
    for entry in table.entries() {
        match DeploymentJobErrorCode::from_name(&entry.key) {
            Some(code) => {
                let weight = reader::nonnegative(&entry.node, &join(path, &entry.key), diagnostics);
                codes.extend(weight.map(|weight| (code, weight)));
            }
            None => {
                let known: Vec<&str> = DeploymentJobErrorCode::ALL.iter().map(|code| code.as_str()).collect();
                let problem = Problem::new(format!("unknown failure code `{}`", entry.key));
                diagnostics.report(problem.at(&entry.key_place, "unknown").help(reader::nearest(&entry.key, &known)));
            }
        }
    }
    if codes.len() < table.entries().len() {
        return None;
    }
    distribution::check_weights(codes.iter().map(|(_, weight)| *weight), node, path, diagnostics)?;
    // In the API's order, so that the order of the file decides nothing.
    codes.sort_by_key(|(code, _)| *code);
    Some(codes)
}

//! How a step fails: a probability, fixed or drawn, and codes.

use serde_json::{Value as Json, json};

use super::{check_weights, distribution};
use crate::rollout::DeploymentJobErrorCode;
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::{Toml, join};
use crate::scenario::form::{
    Accepts, Form, KeyDescription, Shape, Shows, TableDescription, WhenLeftOut, Written, nearest, nonnegative,
    positive, probability, table_called,
};
use crate::scenario::quantity::Quantity;
use crate::scenario::{Persistence, Probability};

/// How a step fails; without codes it is the step's own one, and without persistence what the step has.
#[derive(Clone)]
pub struct StepFailure {
    pub probability: Probability,
    pub codes: Option<Vec<(DeploymentJobErrorCode, f64)>>,
    pub persistence: Option<Persistence>,
}

impl StepFailure {
    pub const NEVER: StepFailure = StepFailure { probability: Probability::Fixed(0.0), codes: None, persistence: None };
}

/// A probability, or `{ probability = p, codes = { CODE = weight } }`.
pub struct OneFailure;

/// How often a step fails, and with which codes.
pub fn failure() -> OneFailure {
    OneFailure
}

impl Accepts for OneFailure {
    type Value = StepFailure;

    fn accepted(&self) -> String {
        String::from("a probability, or { probability = 0.01, codes = { CODE = weight } }")
    }

    fn shape(&self) -> Shape {
        let (number, beta) = (probability().shape(), Shape::Table(Form::describe(beta)));
        Shape::OneOf(vec![number, beta, Shape::Table(Form::describe(with_codes))])
    }

    fn read(&self, found: &mut Written<'_>) -> Option<StepFailure> {
        match &found.node.value {
            Toml::Table(table) if table.get("beta").is_none() => found.table("a table", with_codes),
            _ => OneProbability.read(found).map(|probability| StepFailure { probability, ..StepFailure::NEVER }),
        }
    }
}

impl Shows for OneFailure {
    fn show(&self, value: &StepFailure) -> Json {
        match value.probability {
            Probability::Fixed(fixed) => probability().show(&fixed),
            Probability::Beta { mean, concentration } => {
                json!({ "beta": { "mean": mean, "concentration": concentration } })
            }
        }
    }
}

fn with_codes(form: &mut Form<'_>) -> Option<StepFailure> {
    let fails = form.required("probability", "The step fails at its end with it.", OneProbability);
    let words = "The API's error codes with weights, not all 0. Left out: the step's own code.";
    let codes = form.optional("codes", words, WeightedCodes);
    let words =
        "How likely a failure stays: the robot fails at this step in every later attempt, until it is repaired.";
    let share = form.optional("persistent", words, probability());
    let words = "How long after a failure that stays the robot is repaired. Left out: never.";
    let repair = form.optional("repair", words, distribution(Quantity::Duration));
    form.rule("repair goes with persistent.", json!({ "dependentRequired": { "repair": ["persistent"] } }));
    if form.has("repair") && !form.has("persistent") {
        let problem = Problem::new(format!("`{}` goes with `persistent`", form.path_of("repair")));
        form.report_at_keys(problem, &[("repair", "expected `persistent` beside it: how likely a failure stays")]);
    }
    let persistence = share.map(|share| Persistence { share, repair });
    Some(StepFailure { probability: fails?, codes, persistence })
}

/// A number, or `{ beta = { mean = m, concentration = c } }` (R15).
struct OneProbability;

impl Accepts for OneProbability {
    type Value = Probability;

    fn accepted(&self) -> String {
        String::from("a probability from 0 to 1, or { beta = { mean = 0.01, concentration = 50 } }")
    }

    fn shape(&self) -> Shape {
        Shape::OneOf(vec![probability().shape(), Shape::Table(Form::describe(beta))])
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Probability> {
        match &found.node.value {
            Toml::Table(_) => found.table("a table", beta),
            _ => probability().read(found).map(Probability::Fixed),
        }
    }
}

fn beta(form: &mut Form<'_>) -> Option<Probability> {
    let words = "The probability is drawn once a replication for the group's step, from a beta distribution: \
                 alpha = mean * concentration, beta = (1 - mean) * concentration.";
    form.required("beta", words, table_called("{ mean = 0.01, concentration = 50 }", parameters))
}

fn parameters(form: &mut Form<'_>) -> Option<Probability> {
    let mean = form.required("mean", "The mean.", probability());
    let concentration = form.required("concentration", "The larger, the closer to the mean.", positive());
    let (mean, concentration) = (mean?, concentration?);
    // A mean of 0 or 1 leaves no room to scatter.
    let drawn = 0.0 < mean && mean < 1.0;
    Some(if drawn { Probability::Beta { mean, concentration } } else { Probability::Fixed(mean) })
}

/// `{ CODE = weight }`
struct WeightedCodes;

impl Accepts for WeightedCodes {
    type Value = Vec<(DeploymentJobErrorCode, f64)>;

    fn accepted(&self) -> String {
        String::from("a table of failure codes with their weights")
    }

    fn shape(&self) -> Shape {
        let weight = |code: &DeploymentJobErrorCode| KeyDescription {
            key: code.as_str(),
            words: String::from("How likely this code is, relative to the others."),
            accepted: nonnegative().accepted(),
            shape: nonnegative().shape(),
            presence: WhenLeftOut::Optional,
        };
        let keys = DeploymentJobErrorCode::ALL.iter().map(weight).collect();
        let mut codes = TableDescription { keys, alike: Some("CODE"), ..TableDescription::default() };
        codes.rule("At least one weight is greater than 0.", json!({ "minProperties": 1 }));
        Shape::Table(codes)
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Self::Value> {
        let Toml::Table(table) = &found.node.value else {
            found.wrong_kind("a table");
            return None;
        };
        let mut codes = Vec::new();
        for entry in &table.0 {
            match DeploymentJobErrorCode::from_name(&entry.key) {
                Some(code) => {
                    let path = join(&found.path, &entry.key);
                    let weight = nonnegative().read(&mut found.within(&entry.node, path));
                    codes.extend(weight.map(|weight| (code, weight)));
                }
                None => {
                    let known: Vec<&str> = DeploymentJobErrorCode::ALL.iter().map(|code| code.as_str()).collect();
                    let problem = Problem::new(format!("unknown failure code `{}`", entry.key));
                    found.diagnostics.report(problem.at(&entry.key_place, "unknown").help(nearest(&entry.key, &known)));
                }
            }
        }
        if codes.len() < table.0.len() {
            return None;
        }
        if let Err((wrong, accepted)) = check_weights(codes.iter().map(|(_, weight)| *weight)) {
            let problem = Problem::new(format!("the weights of `{}` {wrong}", found.path));
            found.report(problem, accepted);
            return None;
        }
        // In the API's order, so that the order of the file decides nothing.
        codes.sort_by_key(|(code, _)| *code);
        Some(codes)
    }
}

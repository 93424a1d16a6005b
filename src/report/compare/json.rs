//! `compare.json`

use serde::{Serialize, Serializer};

use super::Comparing;
use crate::comparison::{Comparison, NumberComparison, OutcomeComparison, QuantileComparison};
use crate::measure::Measure;
use crate::metric::{RESULTS_VERSION, ScenarioIdentity};
use crate::report::format::{Exporter, JSON, Presented};
use crate::statistics::Estimate;
use crate::statistics::differences::Moments;
use crate::statistics::{Number, Proportion};

pub(super) struct CompareJson;

impl Exporter<Comparing<'_>> for CompareJson {
    fn name(&self) -> &'static str {
        JSON
    }

    fn files(&self, said: &Presented<'_, Comparing<'_>>) -> Vec<(String, String)> {
        vec![(String::from("compare.json"), render(said.answer.compared.comparison))]
    }
}

/// A measure's object in `summary.json` and its name there.
fn parts(measure: &Measure) -> (&'static str, &'static str) {
    measure.name.rsplit_once('.').unwrap_or(("", measure.name))
}

/// The content of `compare.json`.
fn render(comparison: &Comparison) -> String {
    let [a, b] = [0, 1].map(|side| OfSide::new(comparison, side));
    let mut sections: Vec<(&str, ComparedObject<'_>)> = Vec::new();
    for number in &comparison.numbers {
        let (section, _) = parts(number.measure);
        if sections.last().is_none_or(|(last, _)| *last != section) {
            // The campaign's, which is the first one, begins with the outcomes.
            let outcomes = if sections.is_empty() { &comparison.outcomes[..] } else { &[] };
            sections.push((
                section,
                ComparedObject { outcomes, replications: comparison.replications, numbers: Vec::new() },
            ));
        }
        if let Some((_, section)) = sections.last_mut() {
            section.numbers.push(number);
        }
    }
    let document = CompareFile {
        rollcast: env!("CARGO_PKG_VERSION"),
        results_version: RESULTS_VERSION,
        a,
        b,
        paired: comparison.paired,
        pairs: comparison.paired.then_some(comparison.replications[0]),
        same: comparison.same,
        sections: OrderedMap(sections),
    };
    serde_json::to_string_pretty(&document).expect("numbers, strings and maps with string keys are JSON") + "\n"
}

#[derive(Serialize)]
struct CompareFile<'c> {
    rollcast: &'static str,
    results_version: u32,
    a: OfSide,
    b: OfSide,
    paired: bool,
    pairs: Option<u64>,
    same: bool,
    #[serde(flatten)]
    sections: OrderedMap<ComparedObject<'c>>,
}

/// A map that keeps its order.
struct OrderedMap<T>(Vec<(&'static str, T)>);

impl<T: Serialize> Serialize for OrderedMap<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[derive(Serialize)]
struct OfSide {
    results_version: u64,
    scenario: ScenarioIdentity,
    seed: u64,
    replications: u64,
}

impl OfSide {
    fn new(comparison: &Comparison, side: usize) -> OfSide {
        let identity = &comparison.sides[side];
        OfSide {
            results_version: identity.results_version,
            scenario: ScenarioIdentity { name: identity.name.clone(), digest: identity.digest.clone() },
            seed: identity.seed,
            replications: comparison.available[side],
        }
    }
}

struct ComparedObject<'c> {
    outcomes: &'c [OutcomeComparison],
    replications: [u64; 2],
    numbers: Vec<&'c NumberComparison>,
}

impl Serialize for ComparedObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let outcomes = self.outcomes.iter();
        let outcomes = outcomes.map(|found| (found.outcome.as_str(), OfOutcome::new(found, self.replications)));
        let outcomes =
            (!self.outcomes.is_empty()).then(|| ("outcomes", ComparedEntry::Outcomes(OrderedMap(outcomes.collect()))));
        let numbers = self
            .numbers
            .iter()
            .map(|found| (parts(found.measure).1, ComparedEntry::Numbers(Box::new(OfNumber::new(found)))));
        serializer.collect_map(outcomes.into_iter().chain(numbers))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum ComparedEntry {
    Outcomes(OrderedMap<OfOutcome>),
    Numbers(Box<OfNumber>),
}

#[derive(Serialize)]
struct OfOutcome {
    a: Proportion,
    b: Proportion,
    difference: Number,
    difference_ci95: [Number; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<OfPairs>,
}

/// In how many pairs.
#[derive(Serialize)]
struct OfPairs {
    both: u64,
    only_a: u64,
    only_b: u64,
    neither: u64,
}

impl OfOutcome {
    fn new(found: &OutcomeComparison, replications: [u64; 2]) -> OfOutcome {
        let [a, b] = [0, 1].map(|side| Proportion::new(found.counts[side], replications[side]));
        OfOutcome {
            a,
            b,
            difference: Number(found.difference),
            difference_ci95: found.interval.map(Number),
            pairs: found.pairs.map(|table| OfPairs {
                both: table.both,
                only_a: table.first,
                only_b: table.second,
                neither: table.neither,
            }),
        }
    }
}

#[derive(Serialize)]
struct OfNumber {
    a: Described,
    b: Described,
    difference: Described,
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<OfOrder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distributions: Option<OfDistributions>,
}

/// In how many pairs the number of B is less, equal, greater.
#[derive(Serialize)]
struct OfOrder {
    b_less: u64,
    equal: u64,
    b_greater: u64,
}

#[derive(Serialize)]
struct OfDistributions {
    cliffs_delta: Number,
    kolmogorov_smirnov_p: Number,
}

#[derive(Serialize)]
struct Described {
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    mean: Option<Number>,
    mean_ci95: Option<[Number; 2]>,
    p50: Option<Number>,
    p50_ci95: Option<[Number; 2]>,
    p95: Option<Number>,
    p95_ci95: Option<[Number; 2]>,
    p99: Option<Number>,
    p99_ci95: Option<[Number; 2]>,
}

/// A number with its interval.
type Known = Option<(i128, Option<[i128; 2]>)>;

impl OfNumber {
    fn new(found: &NumberComparison) -> OfNumber {
        let show = |value: f64| Number(found.measure.unit.show(value));
        let whole = |value: i128| Number(found.measure.unit.show(value as f64));
        let described = |count: Option<u64>, mean: Option<Estimate>, of: &dyn Fn(&QuantileComparison) -> Known| {
            let [p99, p95, p50] = found.quantiles.each_ref().map(of);
            let value = |known: Known| known.map(|(value, _)| whole(value));
            let interval = |known: Known| known.and_then(|(_, interval)| interval).map(|ends| ends.map(whole));
            Described {
                count,
                mean: mean.and_then(|mean| mean.value).map(show),
                mean_ci95: mean.and_then(|mean| mean.interval).map(|ends| ends.map(show)),
                p50: value(p50),
                p50_ci95: interval(p50),
                p95: value(p95),
                p95_ci95: interval(p95),
                p99: value(p99),
                p99_ci95: interval(p99),
            }
        };
        let of_side = |side: usize| {
            let moments: &Moments = &found.sides[side];
            described(Some(moments.count()), moments.estimate(), &|quantile| quantile.sides[side])
        };
        let count = found.pairs.map(|pairs| pairs.moments().count());
        OfNumber {
            a: of_side(0),
            b: of_side(1),
            difference: described(count, found.mean, &|quantile| quantile.difference),
            pairs: found.pairs.map(|pairs| OfOrder {
                b_less: pairs.less,
                equal: pairs.equal,
                b_greater: pairs.greater,
            }),
            distributions: found
                .distributions
                .map(|[delta, p]| OfDistributions { cliffs_delta: Number(delta), kolmogorov_smirnov_p: Number(p) }),
        }
    }
}

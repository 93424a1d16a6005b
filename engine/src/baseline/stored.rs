//! A baseline in its folder.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::values::ReplicationValues;
use crate::experiment::Tally;
use crate::manifest::{Mixed, read_together};
use crate::measure::Measure;
use crate::metric::Summary;
use crate::scenario::Scenario;

/// What is compared: times and robots hurt.
const COMPARED: [&str; 5] = [
    "campaign.time_to_success_s",
    "first_job.makespan_s",
    "first_job.robots_failed",
    "first_job.robots_no_response",
    "campaign.peak_robots_down",
];

pub(super) fn compared() -> impl Iterator<Item = &'static Measure> {
    COMPARED.iter().filter_map(|name| Measure::named(name))
}

/// A stored `summary.json`, and what was stored beside it.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// The file it was read from.
    pub path: PathBuf,
    pub(super) text: String,
    pub(super) summary: Value,
    pub(super) kept: KeptBeside,
}

/// What a `baseline.json` keeps beside a summary.
#[derive(Clone, Debug)]
pub(super) enum KeptBeside {
    /// What each of the first replications says.
    Values(ReplicationValues),
    /// The cells of histograms, as versions before the second kept them.
    Cells(BTreeMap<String, Vec<(u64, u64)>>),
    /// The folder holds none of this summary, as that of a plain run.
    Nothing,
}

/// The version of `baseline.json` that is written.
const VERSION: u64 = 2;

/// A baseline that cannot be used.
#[derive(Debug)]
pub enum UnusableBaseline {
    /// There is none.
    Missing(PathBuf),
    /// It cannot be read.
    Unreadable(PathBuf, io::Error),
    /// It is no summary of rollcast's.
    Malformed(PathBuf, String),
    /// The files of this folder are not all of one run.
    Mixed(PathBuf, Mixed),
}

/// `baseline.json`
#[derive(Serialize, Deserialize)]
struct StoredFile<K> {
    /// None in the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    /// The digest of the scenario, seed and replications of the summary that it belongs to.
    digest: String,
    seed: u64,
    replications: u64,
    #[serde(flatten)]
    kept: K,
}

/// What the first version keeps.
#[derive(Deserialize)]
struct FirstVersion {
    /// ReplicationValues in whole units (microseconds, robots) with their counts, by the metric's name.
    distributions: BTreeMap<String, Vec<(u64, u64)>>,
}

impl<K> StoredFile<K> {
    /// What it keeps, if it belongs to the summary. One that belongs to an earlier summary says nothing of this one.
    fn of(self, summary: &Value) -> Option<K> {
        let belongs = summary["scenario"]["digest"] == self.digest.as_str()
            && summary["seed"] == self.seed
            && summary["replications"] == self.replications;
        belongs.then_some(self.kept)
    }
}

/// Reads a `baseline.json`.
fn read_kept(text: &[u8], summary: &Value) -> Result<KeptBeside, String> {
    let file: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    match file.get("version").map_or(Some(1), Value::as_u64) {
        Some(1) => {
            let file: StoredFile<FirstVersion> = serde_json::from_value(file).map_err(|error| error.to_string())?;
            let ascends = |cells: &Vec<(u64, u64)>| cells.windows(2).all(|pair| pair[0].0 < pair[1].0);
            if !file.kept.distributions.values().all(ascends) {
                return Err(String::from("its values do not ascend"));
            }
            Ok(file.of(summary).map_or(KeptBeside::Nothing, |cells| KeptBeside::Cells(cells.distributions)))
        }
        Some(VERSION) => {
            let file: StoredFile<ReplicationValues> =
                serde_json::from_value(file).map_err(|error| error.to_string())?;
            if !file.kept.is_whole() {
                return Err(String::from("its columns do not fit together"));
            }
            Ok(file.of(summary).map_or(KeptBeside::Nothing, KeptBeside::Values))
        }
        _ => Err(format!(
            "it is of version {}, and this program reads versions up to {VERSION}; store it anew by --update-baseline",
            file["version"]
        )),
    }
}

/// Where the baseline of a scenario is within the folder of all of them.
pub fn folder_of(folder: &Path, scenario: &Scenario) -> PathBuf {
    folder.join(&scenario.name)
}

/// The content of `baseline.json`.
pub(super) fn text_of(summary: &Summary, values: ReplicationValues) -> String {
    let file = StoredFile {
        version: Some(VERSION),
        digest: summary.scenario.digest.clone(),
        seed: summary.seed,
        replications: summary.replications,
        kept: values,
    };
    serde_json::to_string(&file).expect("numbers and strings are JSON") + "\n"
}

/// The cells of the histograms that are compared.
pub(super) fn cells(tally: &Tally) -> BTreeMap<String, Vec<(u64, u64)>> {
    let cells = |measure: &Measure| {
        let histogram = tally.numbers(measure)?.histogram();
        let cells = histogram.iter_recorded().map(|cell| (cell.value_iterated_to(), cell.count_since_last_iteration()));
        Some((measure.name.to_owned(), cells.collect()))
    };
    compared().filter_map(cells).collect()
}

impl Baseline {
    /// Reads the baseline of a scenario: `FOLDER/NAME/summary.json`, or `FOLDER/summary.json` where `alone` says that
    /// the folder may be that of this scenario.
    ///
    /// # Errors
    /// Why it cannot be used.
    pub fn read(folder: &Path, scenario: &Scenario, alone: bool) -> Result<Baseline, UnusableBaseline> {
        let own = folder_of(folder, scenario);
        let place = if alone && !own.join("summary.json").exists() && folder.join("summary.json").exists() {
            folder.to_path_buf()
        } else {
            own
        };
        let path = place.join("summary.json");
        let unusable = |mixed| match mixed {
            Mixed::Unreadable(name, error) => UnusableBaseline::Unreadable(place.join(name), error),
            mixed => UnusableBaseline::Mixed(place.clone(), mixed),
        };
        let [text, kept] = read_together(&place, ["summary.json", "baseline.json"]).map_err(unusable)?;
        let Some(text) = text else { return Err(UnusableBaseline::Missing(path)) };
        let malformed = |why: &str| UnusableBaseline::Malformed(path.clone(), why.to_owned());
        let text = String::from_utf8(text).map_err(|error| malformed(&error.to_string()))?;
        let summary: Value = serde_json::from_str(&text).map_err(|error| malformed(&error.to_string()))?;
        for key in ["/seed", "/replications", "/campaign/outcomes/in_sync/count", "/results_version"] {
            if summary.pointer(key).and_then(Value::as_u64).is_none() {
                return Err(malformed(&format!("it has no number at `{}`", &key[1..].replace('/', "."))));
            }
        }
        if summary["replications"] == 0 || !summary["scenario"]["digest"].is_string() {
            return Err(malformed("it is of no replication, or of no scenario"));
        }
        let beside = place.join("baseline.json");
        let kept = match kept {
            Some(text) => read_kept(&text, &summary).map_err(|why| UnusableBaseline::Malformed(beside, why))?,
            None => KeptBeside::Nothing,
        };
        Ok(Baseline { path, text, summary, kept })
    }

    /// How many replications it has.
    pub fn replications(&self) -> u64 {
        self.summary["replications"].as_u64().unwrap_or(0)
    }

    /// Whether the seed is the same.
    pub(super) fn is_of_the_same_luck(&self, now: &Summary) -> bool {
        self.summary["seed"] == now.seed
    }

    /// Whether the bytes have to be the same.
    pub(super) fn is_of_the_same_run(&self, now: &Summary) -> bool {
        let of = &self.summary;
        of["rollcast"] == now.rollcast
            && of["results_version"] == now.results_version
            && of["scenario"]["digest"] == now.scenario.digest.as_str()
            && of["scenario"]["name"] == now.scenario.name.as_str()
            && of["replications"] == now.replications
            && self.is_of_the_same_luck(now)
    }

    /// Whether all numbers are the same, whatever program and scenario they come from.
    pub(super) fn has_the_same_numbers(&self, now: &Summary) -> bool {
        let numbers = |value: &Value| {
            let mut value = value.clone();
            if let Value::Object(fields) = &mut value {
                for key in ["rollcast", "results_version", "scenario"] {
                    fields.remove(key);
                }
            }
            value
        };
        // Read back from the text, as the stored one was.
        let now: Value = serde_json::from_str(&now.to_json()).expect("it was just written");
        numbers(&self.summary) == numbers(&now)
    }
}

//! Scenarios: TOML text, checked whole, resolved to plain values.
//!
//! [`Scenario::load`] reads a file, lays `--set` options over it and checks everything at once. It returns either a
//! scenario in which nothing can be wrong any more, or every problem found, each with the place it stands at.

mod controllers;
mod csv_files;
pub(crate) mod diagnostics;
pub(crate) mod document;
pub(crate) mod duration;
pub mod form;
mod keys;
pub(crate) mod quantity;
mod robot_names;
mod settings;
pub(crate) mod variation;
mod world;

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

pub use controllers::{Chosen, ControllerKind, Controllers, Fact, Policy, Rules};
pub use diagnostics::{Diagnostics, Problem};
pub use document::as_toml;
pub use duration::parse as parse_duration;
pub use form::is_name;
pub(crate) use keys::Draft;
pub(crate) use keys::scenario as tables;
pub use quantity::{parse_rate, parse_size};
pub use robot_names::RobotNames;
pub use settings::Keys;
pub use variation::{MOST_VALUES, Value, Variation, read as read_variation};
pub use world::{
    Api, AtEnd, Build, BuildFailure, Connectivity, DockingWindows, Download, GroupDownload, Maintenance, OfStep,
    OnlinePeriods, Outage, Persistence, Probability, Registrations,
};

use self::csv_files::CsvFiles;
use self::form::{Form, Written};
use crate::calendar::{Calendar, Window};
use crate::random::Distribution;
use crate::rollout::{Architecture, DeploymentJobErrorCode, RobotDeploymentStep, StartOrder, SyncPolicy};
use crate::time::Span;

/// The longest robot timeout (R8).
pub const MAX_ROBOT_TIMEOUT: Span = Span::from_secs(7 * 86_400);

/// A checked scenario: every value is in the range that its documentation gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// 1 to 64 characters of `[A-Za-z0-9_-]`; also the name of the results folder.
    pub name: String,
    /// Anything; its first line heads the table.
    pub description: String,
    /// The seed unless the command line gives one; default 0.
    pub seed: u64,
    /// The number of replications unless the command line gives one; >= 1, default 1000.
    pub replications: u32,
    /// How a job goes about it.
    pub deployment: Deployment,
    /// In the order of the file, which numbers the robots (R2); never empty.
    pub groups: Vec<Group>,
    /// How the fleet is kept in sync; one job only without `[sync]`.
    pub sync: SyncPolicy,
    /// Of which each replication gets one; empty if the steps say all (R15).
    pub builds: Vec<Build>,
    /// Downloads take their time (R16); none if they are part of a latency.
    pub download: Option<Download>,
    /// Calls go wrong (R17); none if they never do.
    pub api: Option<Api>,
    /// What time 0 is on the wall (R21).
    pub calendar: Calendar,
    /// Of sites that lose connection (R21); empty if none does.
    pub outages: Vec<Outage>,
}

/// The `[deployment]` table, or `[controller]` in its place (R25).
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Whom jobs start, and when they halt.
    pub rules: Rules,
    /// 1 minute to 7 days, default 5 hours (R8).
    pub robot_deployment_timeout: Span,
    /// Greater than 0, default 30 days (R10).
    pub fleet_deployment_timeout: Span,
    /// Default `registration` (R6).
    pub start_order: StartOrder,
    /// How long a job is `Preparing`, in microseconds; default 0 (R5).
    pub preparing: Distribution,
    /// Robots start only inside; empty if at any time (R21).
    pub windows: Vec<Window>,
}

/// For the digest, which is that of the days before there were other rules than RoboMaker's.
impl Serialize for Deployment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Deployment { rules, robot_deployment_timeout, fleet_deployment_timeout, start_order, preparing, windows } =
            self;
        let mut fields = serializer.serialize_struct("Deployment", 7)?;
        if let Rules::RoboMaker(rules) = rules {
            fields.serialize_field("concurrent_deployment_percentage", &rules.concurrent_deployment_percentage())?;
            fields.serialize_field("failure_threshold_percentage", &rules.failure_threshold_percentage())?;
        }
        fields.serialize_field("robot_deployment_timeout", robot_deployment_timeout)?;
        fields.serialize_field("fleet_deployment_timeout", fleet_deployment_timeout)?;
        fields.serialize_field("start_order", start_order)?;
        match rules {
            Rules::RoboMaker(rules) => fields.serialize_field("on_breach", &rules.on_breach())?,
            Rules::Chosen(chosen) => fields.serialize_field("controller", chosen)?,
        }
        fields.serialize_field("preparing", preparing)?;
        if !windows.is_empty() {
            fields.serialize_field("windows", windows)?;
        }
        fields.end()
    }
}

/// A `[[group]]` of robots that behave alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// As a scenario's name, and unique among the groups.
    pub name: String,
    /// 1..=100000000, and so is the sum over groups.
    pub robots: u32,
    /// Default `X86_64`; simulated results do not depend on it.
    pub architecture: Architecture,
    /// The sigma of the factor on all latencies of the group, exp(sigma Z - sigma^2 / 2) with a standard normal Z, drawn
    /// once a replication; >= 0, default 0: no factor.
    #[serde(skip_serializing_if = "is_zero")]
    pub pace: f64,
    /// The steps that the scenario gives, in R7's order.
    pub steps: Vec<Step>,
    /// None if its robots are always online (R14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connectivity: Option<Connectivity>,
    /// None if its robots may start at any time (R21).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<Maintenance>,
    /// None if no robot joins later (R13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registrations: Option<Registrations>,
    /// None if only the origin caps its downloads (R16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<GroupDownload>,
}

impl Group {
    /// The most robots that it can have: those of the start and all that may register (R13).
    pub fn most_robots(&self) -> u32 {
        self.robots + self.registrations.as_ref().map_or(0, |registrations| registrations.max)
    }
}

/// A `[group.step.NAME]` table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    pub step: RobotDeploymentStep,
    /// Counted in microseconds.
    pub latency: Distribution,
    /// The probability that it never ends by itself (R22).
    #[serde(skip_serializing_if = "is_zero")]
    pub hang: f64,
    /// At the step's end.
    pub failure_probability: Probability,
    /// Codes with weights >= 0, not all 0.
    pub failure_codes: Vec<(DeploymentJobErrorCode, f64)>,
    /// None if no failure stays (R22).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,
}

/// Whether a number is that of a key left out.
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

/// The most robots that a group or a fleet may have, those that register later included.
pub const MAX_ROBOTS: u32 = 100_000_000;

/// The most jobs that a campaign may have.
pub const MAX_JOBS: u32 = 1_000_000;
/// How many jobs a campaign with `[sync]` may have unless the scenario says otherwise.
pub const DEFAULT_MAX_JOBS: u32 = 1000;

/// The most attempts that a call may have.
const MAX_CALL_ATTEMPTS: u32 = 1000;

/// What stands for standard input where a file is named.
const STDIN: &str = "-";

/// The longest scenario file that is read, in bytes.
const MAX_FILE_SIZE: u64 = 1 << 20;

/// The tables of a scenario's file that ask something about the scenario; [`questions`](crate::questions) reads them.
const QUESTIONS: [&str; 3] = ["check", "expect", "tune"];

/// Why a scenario could not be loaded.
#[derive(Debug)]
pub enum LoadError {
    /// The scenario file itself could not be read.
    Unreadable(std::io::Error),
    /// It could be read, and something in it, or in an option, is wrong.
    Invalid(Diagnostics),
}

/// The text of a scenario file, read once and checked under as many options as wanted.
#[derive(Clone, Debug)]
pub struct ScenarioFile {
    text: String,
    /// Its name in messages.
    shown: String,
    files: Arc<CsvFiles>,
    /// Those that its scenario may choose.
    controllers: Controllers,
}

impl ScenarioFile {
    /// Reads a file, or standard input by the name `-`.
    ///
    /// # Errors
    /// [`LoadError::Unreadable`] if it cannot be read, [`LoadError::Invalid`] if it is no text or too long.
    pub fn read(path: &Path) -> Result<ScenarioFile, LoadError> {
        let mut bytes = Vec::new();
        let mut read = |source: &mut dyn std::io::Read| source.take(MAX_FILE_SIZE + 1).read_to_end(&mut bytes);
        let read = match path == Path::new(STDIN) {
            true => read(&mut std::io::stdin().lock()),
            false => std::fs::File::open(path).and_then(|mut file| read(&mut file)),
        };
        read.map_err(LoadError::Unreadable)?;
        let shown = path.display().to_string();
        let refuse = |title: &str, help: &str| {
            let problem = Problem::new(title).help(help);
            Err(LoadError::Invalid(Diagnostics::of_file(&shown, problem)))
        };
        if bytes.len() as u64 > MAX_FILE_SIZE {
            return refuse(
                "the scenario file is larger than 1 MiB",
                "keep measured latencies in a CSV file: `empirical = { file = \"f.csv\", column = \"c\" }`",
            );
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(ScenarioFile::of_text(&text, &shown, path.parent().unwrap_or(Path::new("")))),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let line = 1 + error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count();
                let help = format!("line {line} holds a byte that is not; save the file as UTF-8");
                refuse("the scenario is not UTF-8 text", &help)
            }
        }
    }

    /// The same file, whose scenario may choose one of these controllers.
    #[must_use]
    pub fn choosing_from(self, controllers: &Controllers) -> ScenarioFile {
        ScenarioFile { controllers: controllers.clone(), ..self }
    }

    /// What was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file's name without its folders.
    pub fn name(&self) -> &str {
        Path::new(&self.shown).file_name().and_then(|name| name.to_str()).unwrap_or(&self.shown)
    }

    /// What is written at a path, with `--set` options laid over the file, in its TOML type; none if nothing is.
    pub fn written(&self, path: &str, sets: &[String]) -> Option<Value> {
        let mut diagnostics = Diagnostics::new(&self.shown, &self.text);
        let options = sets.iter().map(|set| ("--set", set.as_str()));
        let root = document::read(&self.text, options, &mut diagnostics)?;
        let node = document::find(&root, path)?;
        Some(Value::new(diagnostics.text(&node.place)))
    }

    /// Checks the file with options laid over it, each of them its name and `PATH=VALUE`: the scenario's own tables,
    /// then what `beside` reads, which is given what has been found of the scenario. With both come doubts about them.
    pub(crate) fn check<'o, T>(
        &self,
        options: impl IntoIterator<Item = (&'o str, &'o str)>,
        beside: impl FnOnce(&mut Form<'_>, &Draft) -> T,
    ) -> Result<(Scenario, T, Diagnostics), Diagnostics> {
        let mut diagnostics = Diagnostics::new(&self.shown, &self.text);
        let checked = document::read(&self.text, options, &mut diagnostics).and_then(|root| {
            let diagnostics = &mut diagnostics;
            let mut file = Written { node: &root, path: String::new(), diagnostics, files: &self.files };
            file.table("a table", |form| {
                let checked = keys::scenario(form, &self.controllers);
                let beside = beside(form, &checked);
                Some((checked.scenario?, beside))
            })
        });
        match checked {
            Some((scenario, beside)) if diagnostics.is_empty() => Ok((scenario, beside, diagnostics)),
            _ => Err(diagnostics),
        }
    }

    /// Checks the scenario with `--set` options laid over it.
    fn scenario(&self, sets: &[String]) -> Result<Scenario, Diagnostics> {
        let unread = |file: &mut Form<'_>, _: &Draft| file.leave(&QUESTIONS);
        self.check(sets.iter().map(|set| ("--set", set.as_str())), unread).map(|(scenario, (), _)| scenario)
    }

    /// A file with this text, for messages called `shown`; CSV paths are relative to `folder`.
    pub fn of_text(text: &str, shown: &str, folder: &Path) -> ScenarioFile {
        ScenarioFile {
            text: text.to_owned(),
            shown: shown.to_owned(),
            files: Arc::new(CsvFiles::new(folder)),
            controllers: Controllers::built_in(),
        }
    }
}

impl Scenario {
    /// Reads and checks a scenario file with options laid over it. The questions that it asks besides are left to
    /// [`questions::read`](crate::questions::read).
    ///
    /// Each of `sets` is `PATH=VALUE` as after `--set`: it replaces the value at PATH and is checked as if it stood in
    /// the file.
    ///
    /// # Errors
    /// [`LoadError::Unreadable`] if the file cannot be read, [`LoadError::Invalid`] with all problems otherwise.
    pub fn load(path: &Path, sets: &[String]) -> Result<Scenario, LoadError> {
        ScenarioFile::read(path)?.scenario(sets).map_err(LoadError::Invalid)
    }

    /// Checks a scenario's text. `shown` names it in messages; CSV paths are relative to `folder`.
    ///
    /// # Errors
    /// All problems found.
    pub fn parse(text: &str, shown: &str, folder: &Path, sets: &[String]) -> Result<Scenario, Diagnostics> {
        ScenarioFile::of_text(text, shown, folder).scenario(sets)
    }

    /// F at the start of the campaign: the robots of all groups.
    pub fn fleet_size(&self) -> u32 {
        self.groups.iter().map(|group| group.robots).sum()
    }

    /// The most robots that the fleet can have: those of the start and all that may register (R13).
    pub fn most_robots(&self) -> u32 {
        self.groups.iter().map(Group::most_robots).sum()
    }

    /// Whether anything depends on what time it is on the wall (R21).
    pub fn has_windows(&self) -> bool {
        let docking = |group: &Group| group.connectivity.as_ref().is_some_and(|own| own.docking.is_some());
        !self.deployment.windows.is_empty()
            || self.groups.iter().any(|group| docking(group) || group.maintenance.is_some())
    }

    /// The outages that befall a group, with their numbers.
    pub fn outages_of(&self, group: usize) -> impl Iterator<Item = (u32, &Outage)> {
        (0..).zip(&self.outages).filter(move |(_, outage)| outage.groups.contains(&group))
    }

    /// Whether robots go offline (R14, R21).
    pub fn has_connectivity(&self) -> bool {
        !self.outages.is_empty() || self.groups.iter().any(|group| group.connectivity.is_some())
    }

    /// A fingerprint of all that decides the results beside seed and replications: `sha256:` and 64 hexadecimal digits.
    ///
    /// It is taken from the checked values, so comments, formatting, name and description do not change it, while
    /// `--set` and the content of CSV files do.
    pub fn digest(&self) -> String {
        let rollout = (&self.deployment, &self.groups, &self.sync);
        // A part of the world that is left out leaves no trace, so that the digest of a scenario outlives new parts.
        let world = (&self.builds, &self.download, &self.api);
        let calendar = self.has_windows().then_some(&self.calendar);
        // Measured values may be millions, so the text is hashed as it comes.
        let mut hashing = HashedBytes(Sha256::new());
        let written = if !self.outages.is_empty() || calendar.is_some() {
            serde_json::to_writer(&mut hashing, &(rollout, world, calendar, &self.outages))
        } else if world == (&Vec::new(), &None, &None) {
            serde_json::to_writer(&mut hashing, &rollout)
        } else {
            serde_json::to_writer(&mut hashing, &(rollout, world))
        };
        written.expect("checked values are finite numbers, strings and lists, which JSON can hold");
        let mut text = String::from("sha256:");
        for byte in hashing.0.finalize() {
            use std::fmt::Write;
            write!(text, "{byte:02x}").expect("a string takes all text");
        }
        text
    }
}

/// Takes all bytes that are written.
struct HashedBytes(Sha256);

impl Write for HashedBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

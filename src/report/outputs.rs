//! The results folder: files that appear whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::csv_rows::CsvRows;
use super::whole_file::temporary_in;
use super::{hgrm, plots};
use crate::experiment::Tally;
use crate::metric::{self, Summary};
use crate::scenario::Scenario;

/// A file or folder that could not be written.
#[derive(Debug)]
pub struct OutputError {
    /// Which one.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// The files of a run, being written under temporary names beside their places.
///
/// [`Outputs::commit`] renames them all, `summary.json` last. Dropped before, it leaves nothing behind: no file, and no folder
/// that it made. It touches no file that is not its own.
pub struct Outputs {
    folder: PathBuf,
    /// Folders that did not exist, the outermost first.
    made: Vec<PathBuf>,
    /// Written, and to be renamed to these names within the folder.
    ready: Vec<(NamedTempFile, &'static str)>,
    committed: bool,
}

impl Outputs {
    /// Prepares `folder`, so that a place that cannot be written is found out before anything runs.
    ///
    /// # Errors
    /// The folder that could not be made.
    pub fn new(folder: &Path) -> Result<Outputs, OutputError> {
        Outputs::with_folders(folder, &["histograms", "plots"])
    }

    /// Prepares `folder` for the files of a sweep.
    ///
    /// # Errors
    /// The folder that could not be made.
    pub fn of_sweep(folder: &Path) -> Result<Outputs, OutputError> {
        Outputs::with_folders(folder, &["plots"])
    }

    /// Prepares `folder` for the files of a tuning.
    ///
    /// # Errors
    /// The folder that could not be made.
    pub fn of_tune(folder: &Path) -> Result<Outputs, OutputError> {
        Outputs::with_folders(folder, &["plots"])
    }

    /// Prepares `folder` for the files of a comparison.
    ///
    /// # Errors
    /// The folder that could not be made.
    pub fn of_comparison(folder: &Path) -> Result<Outputs, OutputError> {
        Outputs::with_folders(folder, &["plots"])
    }

    /// Prepares `folder` for what a check comes to.
    ///
    /// # Errors
    /// The folder that could not be made.
    pub fn of_check(folder: &Path) -> Result<Outputs, OutputError> {
        Outputs::with_folders(folder, &[])
    }

    fn with_folders(folder: &Path, below: &[&str]) -> Result<Outputs, OutputError> {
        let mut outputs =
            Outputs { folder: folder.to_path_buf(), made: Vec::new(), ready: Vec::new(), committed: false };
        for place in std::iter::once(folder.to_path_buf()).chain(below.iter().map(|name| folder.join(name))) {
            let missing = place.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists());
            let mut missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
            missing.reverse();
            outputs.made.extend(missing);
            if let Err(error) = fs::create_dir_all(&place) {
                return Err(OutputError { path: place, error });
            }
        }
        Ok(outputs)
    }

    /// Where the files will be.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Opens the files that take rows while the experiment runs.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn rows(&self, scenario: &Scenario, max_job_rows: u64) -> Result<CsvRows<NamedTempFile>, OutputError> {
        let replications = self.temporary()?;
        let jobs = self.temporary()?;
        CsvRows::new(replications, jobs, scenario, max_job_rows).map_err(|error| self.failed("", error))
    }

    /// Takes the rows back, and says how many jobs found no place in `jobs.csv`.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn take_rows(&mut self, rows: CsvRows<NamedTempFile>) -> Result<u64, OutputError> {
        let (replications, jobs, dropped) = rows.finish().map_err(|error| self.failed(REPLICATIONS, error))?;
        self.ready.push((replications, REPLICATIONS));
        self.ready.push((jobs, JOBS));
        Ok(dropped)
    }

    /// Writes everything that the tally gives and the `report`, a page, and puts all files in their places.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn commit(
        mut self,
        scenario: &Scenario,
        summary: &Summary,
        tally: &Tally,
        report: String,
    ) -> Result<(), OutputError> {
        let mut texts = Vec::new();
        for (name, numbers) in metric::distributions(scenario, tally) {
            texts.push((format!("histograms/{name}.hgrm"), hgrm::render(&numbers)));
        }
        for (name, svg) in plots::render(scenario, summary, tally) {
            texts.push((format!("plots/{name}.svg"), svg));
        }
        texts.push((REPORT.to_owned(), report));
        // Last, so that it is never there without the files that belong to it.
        texts.push((String::from("summary.json"), summary.to_json()));
        let ready = std::mem::take(&mut self.ready);
        let mut files: Vec<(NamedTempFile, String)> =
            ready.into_iter().map(|(file, name)| (file, name.to_owned())).collect();
        for (name, text) in texts {
            files.push((self.written(&name, &text)?, name));
        }
        self.place(files, is_of_a_part)
    }

    /// Puts the files of a sweep in their places, with the pictures of what it shows and the `report`, a page.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn commit_sweep(
        self,
        csv: NamedTempFile,
        json: NamedTempFile,
        pictures: Vec<(String, String)>,
        report: &str,
    ) -> Result<(), OutputError> {
        let mut files = vec![(self.written(REPORT, report)?, REPORT.to_owned())];
        for (name, svg) in pictures {
            let name = format!("plots/{name}.svg");
            files.push((self.written(&name, &svg)?, name));
        }
        files.push((csv, SWEEP_CSV.to_owned()));
        files.push((json, SWEEP_JSON.to_owned()));
        self.place(files, |name| name.starts_with("plots/sweep.") && name.ends_with(".svg"))
    }

    /// Puts the files of a comparison in their places: rows, pictures, the `report`, a page, and last what it comes to.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn commit_comparison(
        self,
        csv: NamedTempFile,
        json: &str,
        pictures: Vec<(&'static str, String)>,
        report: &str,
    ) -> Result<(), OutputError> {
        let mut files = Vec::new();
        for (name, svg) in pictures {
            let name = format!("plots/{name}.svg");
            files.push((self.written(&name, &svg)?, name));
        }
        files.push((self.written(REPORT, report)?, REPORT.to_owned()));
        files.push((csv, COMPARE_CSV.to_owned()));
        files.push((self.written(COMPARE_JSON, json)?, COMPARE_JSON.to_owned()));
        self.place(files, |name| name.starts_with("plots/compare.") && name.ends_with(".svg"))
    }

    /// Puts `check.json` and the `report`, a page, in their places.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn commit_check(self, json: &str, report: &str) -> Result<(), OutputError> {
        self.commit_texts([(REPORT, report), (CHECK_JSON, json)])
    }

    /// Puts the files of a tuning in their places.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn commit_tune(self, json: &str, report: &str, picture: &str) -> Result<(), OutputError> {
        self.commit_texts([(TRADE_OFF_SVG, picture), (REPORT, report), (TUNE_JSON, json)])
    }

    /// Puts the files of a baseline in their places.
    ///
    /// # Errors
    /// The file that could not be written.
    pub fn commit_baseline(self, cells: &str, summary: &str) -> Result<(), OutputError> {
        self.commit_texts([("baseline.json", cells), ("summary.json", summary)])
    }

    /// Puts texts in their places, in this order.
    fn commit_texts<const N: usize>(self, texts: [(&str, &str); N]) -> Result<(), OutputError> {
        let mut files = Vec::new();
        for (name, text) in texts {
            files.push((self.written(name, text)?, name.to_owned()));
        }
        self.place(files, |_| false)
    }

    /// Renames files to their names within the folder, and removes those of an earlier run that `are_ours` and were not
    /// written now: they would pass for results of this one.
    fn place(mut self, files: Vec<(NamedTempFile, String)>, are_ours: fn(&str) -> bool) -> Result<(), OutputError> {
        if let Some((_, name)) = files.iter().find(|(_, name)| self.folder.join(name).is_dir()) {
            return Err(self.failed(name, io::ErrorKind::IsADirectory.into()));
        }
        // Two runs into one folder take turns here, so that its files are all of one of them. Where folders cannot be locked,
        // each file is still whole.
        let lock = fs::File::open(&self.folder);
        let _locked = lock.as_ref().map(fs::File::lock);
        let written: Vec<String> = files.iter().map(|(_, name)| name.clone()).collect();
        for (file, name) in files {
            file.persist(self.folder.join(&name)).map_err(|failed| self.failed(&name, failed.error))?;
        }
        self.committed = true;
        for name in self.left_over(&written, are_ours) {
            // What cannot be removed is old, and says so by its date.
            let _ = fs::remove_file(self.folder.join(name));
        }
        Ok(())
    }

    fn left_over(&self, written: &[String], are_ours: fn(&str) -> bool) -> Vec<String> {
        let files_in = |folder: &str| {
            let entries = fs::read_dir(self.folder.join(folder)).into_iter().flatten().flatten();
            let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
            names.map(|name| format!("{folder}/{name}")).collect::<Vec<String>>()
        };
        let ours = |name: &String| are_ours(name) && !written.contains(name);
        [files_in("histograms"), files_in("plots")].into_iter().flatten().filter(ours).collect()
    }

    /// A file of this text under a temporary name.
    fn written(&self, name: &str, text: &str) -> Result<NamedTempFile, OutputError> {
        let mut file = self.temporary()?;
        file.write_all(text.as_bytes()).map_err(|error| self.failed(name, error))?;
        Ok(file)
    }

    /// A file under a temporary name.
    ///
    /// # Errors
    /// The folder that could not be written.
    pub fn temporary(&self) -> Result<NamedTempFile, OutputError> {
        temporary_in(&self.folder).map_err(|error| self.failed("", error))
    }

    /// The error of a file; of the folder itself without a name.
    pub fn failed(&self, name: &str, error: io::Error) -> OutputError {
        let path = if name.is_empty() { self.folder.clone() } else { self.folder.join(name) };
        OutputError { path, error }
    }
}

/// What a check came to.
const CHECK_JSON: &str = "check.json";
/// The page to show around, of the command that wrote into the folder last.
pub const REPORT: &str = "report.html";
/// What a tuning came to.
const TUNE_JSON: &str = "tune.json";
/// Time to success against robots hurt.
const TRADE_OFF_SVG: &str = "plots/tradeoff.svg";
/// The replications of a comparison, as rows.
pub const COMPARE_CSV: &str = "compare.csv";
/// What a comparison comes to.
const COMPARE_JSON: &str = "compare.json";
/// The points of a sweep, as rows.
pub const SWEEP_CSV: &str = "sweep.csv";
/// The points of a sweep, each with its summary.
pub const SWEEP_JSON: &str = "sweep.json";

/// Whether a file's name is one that only scenarios with some part of the world have.
fn is_of_a_part(name: &str) -> bool {
    let metric = name.strip_prefix("histograms/").and_then(|name| name.strip_suffix(".hgrm"));
    let plot = name.strip_prefix("plots/").and_then(|name| name.strip_suffix(".svg"));
    match (metric, plot) {
        (Some(metric), _) => match metric.strip_prefix("builds.").and_then(|rest| rest.split_once('.')) {
            Some((_, metric)) => is_metric(metric),
            None => {
                metric == "robot.late_syncs"
                    || ["campaign.api.", "download."].iter().any(|part| metric.starts_with(part))
            }
        },
        (None, Some(plot)) => plots::OF_PARTS.contains(&plot),
        (None, None) => false,
    }
}

/// Whether a name begins as those of metrics do.
fn is_metric(name: &str) -> bool {
    ["campaign.", "first_job.", "robot.", "download."].iter().any(|section| name.starts_with(section))
}

impl Drop for Outputs {
    fn drop(&mut self) {
        if !self.committed {
            self.ready.clear();
            for folder in self.made.iter().rev() {
                // Fails if something of somebody else's is in it by now, and then it stays.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

const REPLICATIONS: &str = "replications.csv";
const JOBS: &str = "jobs.csv";

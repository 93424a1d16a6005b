//! `replications.csv` and `jobs.csv`.

use std::io::{self, BufWriter, Write};

use csv::{Terminator, Writer, WriterBuilder};

use crate::experiment::{Block, Rows};
use crate::rollout::{JobKind, Progress};
use crate::scenario::Scenario;
use crate::simulation::{JobRecord, Replication};
use crate::time::{Span, Time, seconds};

/// The columns of `replications.csv` that every scenario has; the counts are the first job's. Those of [`WorldColumns`] follow.
pub const REPLICATION_COLUMNS: [&str; 18] = [
    "replication",
    "outcome",
    "jobs",
    "time_to_success_s",
    "first_job_status",
    "first_job_failure_code",
    "first_job_makespan_s",
    "succeeded",
    "failed",
    "no_response",
    "not_attempted",
    "peak_in_flight",
    "threshold_breached",
    "concurrent_deployment_exceptions",
    "ended_s",
    "out_of_service_s",
    "down_s",
    "peak_robots_down",
];

/// The columns of `jobs.csv`.
pub const JOB_COLUMNS: [&str; 17] = [
    "replication",
    "job",
    "kind",
    "created_s",
    "in_progress_s",
    "ended_s",
    "status",
    "failure_code",
    "makespan_s",
    "targets",
    "succeeded",
    "failed",
    "no_response",
    "aborted",
    "not_attempted",
    "peak_in_flight",
    "threshold_breached",
];

/// The further columns of `replications.csv`, for the parts of the world that a scenario has.
#[derive(Clone, Debug)]
pub struct WorldColumns {
    /// The names of the builds (R15).
    builds: Vec<String>,
    registrations: bool,
    connectivity: bool,
    download: bool,
    api: bool,
}

impl WorldColumns {
    /// The columns of a scenario.
    pub fn new(scenario: &Scenario) -> WorldColumns {
        WorldColumns {
            builds: scenario.builds.iter().map(|build| build.name.clone()).collect(),
            registrations: scenario.groups.iter().any(|group| group.registrations.is_some()),
            connectivity: scenario.groups.iter().any(|group| group.connectivity.is_some()),
            download: scenario.download.is_some(),
            api: scenario.api.is_some(),
        }
    }

    /// Their names.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        let mut with = |has: bool, columns: &[&'static str]| names.extend(columns.iter().filter(|_| has));
        with(!self.builds.is_empty(), &["build", "robots_failed_at_halt", "detection_s"]);
        with(self.registrations, &["registered"]);
        with(self.connectivity, &["late_syncs"]);
        with(self.download, &["download_bytes", "peak_egress_bit_s"]);
        let calls = ["calls", "throttled", "internal_errors", "lost_answers", "retries", "given_up"];
        with(self.api, &calls);
        names
    }

    fn fields(&self, replication: &Replication) -> Vec<String> {
        let mut fields = Vec::new();
        if let Some(build) = replication.build {
            let job = replication.first_job.as_ref();
            fields.push(self.builds[build].clone());
            fields.push(optional(job.and_then(JobRecord::failed_at_halt)));
            fields.push(span(job.and_then(JobRecord::detection)));
        }
        if self.registrations {
            fields.push(replication.registered.to_string());
        }
        if self.connectivity {
            fields.push(replication.late_syncs.to_string());
        }
        if let Some(download) = &replication.download {
            fields.push(download.bytes.to_string());
            fields.push(download.peak_egress.to_string());
        }
        if let Some(api) = &replication.api {
            let counts = [api.calls, api.throttled, api.internal_errors, api.lost_answers, api.retries, api.given_up];
            fields.extend(counts.map(|count| count.to_string()));
        }
        fields
    }
}

/// Writes a row for each replication and each job as their blocks come in.
pub struct CsvRows<W: Write> {
    replications: BufWriter<W>,
    jobs: BufWriter<W>,
    world: WorldColumns,
    /// How many rows `jobs.csv` may still take.
    jobs_left: u64,
    jobs_dropped: u64,
}

/// A block as text.
pub struct Chunk {
    replications: Vec<u8>,
    jobs: Vec<u8>,
    /// Where each job's row ends, so that the cap can cut between any two.
    job_ends: Vec<usize>,
}

impl<W: Write> CsvRows<W> {
    /// Writes both headers. `jobs.csv` gets at most `max_job_rows` rows.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn new(replications: W, jobs: W, scenario: &Scenario, max_job_rows: u64) -> io::Result<CsvRows<W>> {
        let mut rows = CsvRows {
            replications: BufWriter::new(replications),
            jobs: BufWriter::new(jobs),
            world: WorldColumns::new(scenario),
            jobs_left: max_job_rows,
            jobs_dropped: 0,
        };
        let columns: Vec<&str> = REPLICATION_COLUMNS.into_iter().chain(rows.world.names()).collect();
        writeln!(rows.replications, "{}", columns.join(","))?;
        writeln!(rows.jobs, "{}", JOB_COLUMNS.join(","))?;
        Ok(rows)
    }

    /// Ends both files: gives back their writers, and how many jobs found no place in `jobs.csv`.
    ///
    /// # Errors
    /// Whatever writing gives.
    pub fn finish(self) -> io::Result<(W, W, u64)> {
        let replications = self.replications.into_inner().map_err(io::IntoInnerError::into_error)?;
        let jobs = self.jobs.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((replications, jobs, self.jobs_dropped))
    }
}

impl<W: Write + Send> Rows for CsvRows<W> {
    type Chunk = Chunk;
    type Layout = WorldColumns;

    fn layout(&self) -> WorldColumns {
        self.world.clone()
    }

    fn render(world: &WorldColumns, block: &Block) -> Chunk {
        let mut replications = csv_text();
        for replication in &block.replications {
            let fields = replication_fields(replication).into_iter().chain(world.fields(replication));
            replications.write_record(fields.map(String::into_bytes)).expect(MEMORY);
        }
        let mut jobs = csv_text();
        let mut job_ends = Vec::with_capacity(block.jobs.len());
        for (replication, job) in &block.jobs {
            jobs.write_record(job_fields(*replication, job)).expect(MEMORY);
            jobs.flush().expect(MEMORY);
            job_ends.push(jobs.get_ref().len());
        }
        Chunk { replications: into_bytes(replications), jobs: into_bytes(jobs), job_ends }
    }

    fn write(&mut self, chunk: Chunk) -> io::Result<()> {
        self.replications.write_all(&chunk.replications)?;
        let rows = chunk.job_ends.len() as u64;
        let taken = rows.min(self.jobs_left);
        self.jobs_left -= taken;
        self.jobs_dropped += rows - taken;
        let end = taken.checked_sub(1).map_or(0, |last| chunk.job_ends[last as usize]);
        self.jobs.write_all(&chunk.jobs[..end])
    }
}

/// Why rows cannot fail before they are written to a file.
const MEMORY: &str = "memory takes all rows, and all have the same length";

fn csv_text() -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new())
}

fn into_bytes(writer: Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().expect(MEMORY)
}

/// What does not apply is empty.
fn optional(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn span(span: Option<Span>) -> String {
    optional(span.map(Span::seconds))
}

fn instant(instant: Option<Time>) -> String {
    optional(instant.map(Time::seconds))
}

/// A sum of microseconds over robots in seconds, to the microsecond however large.
fn robot_seconds(micros: u128) -> String {
    match u64::try_from(micros) {
        Ok(micros) if micros < 1 << 53 => seconds(micros).to_string(),
        _ => {
            let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

fn replication_fields(replication: &Replication) -> [String; REPLICATION_COLUMNS.len()] {
    let job = replication.first_job.as_ref();
    let count = |of: fn(&Progress) -> u32| optional(job.map(|job| of(&job.progress)));
    [
        replication.index.to_string(),
        replication.outcome.as_str().to_owned(),
        replication.jobs.to_string(),
        span(replication.time_to_success()),
        optional(job.map(|job| job.status)),
        optional(job.and_then(|job| job.failure_code)),
        span(job.and_then(JobRecord::makespan)),
        count(|progress| progress.succeeded),
        count(Progress::robots_failed),
        count(|progress| progress.no_response),
        count(Progress::not_attempted),
        count(|progress| progress.peak_in_flight),
        optional(job.map(|job| job.halted)),
        replication.concurrent_deployment_exceptions.to_string(),
        instant(Some(replication.ended)),
        robot_seconds(replication.out_of_service),
        robot_seconds(replication.down),
        replication.peak_robots_down.to_string(),
    ]
}

fn job_fields(replication: u32, job: &JobRecord) -> [String; JOB_COLUMNS.len()] {
    let progress = &job.progress;
    let kind = match job.kind {
        JobKind::Deployment => "deployment",
        JobKind::Sync => "sync",
    };
    [
        replication.to_string(),
        job.number.to_string(),
        kind.to_owned(),
        instant(Some(job.created)),
        instant(job.began),
        instant(job.ended),
        job.status.to_string(),
        optional(job.failure_code),
        span(job.makespan()),
        progress.targets.to_string(),
        progress.succeeded.to_string(),
        progress.robots_failed().to_string(),
        progress.no_response.to_string(),
        progress.aborted.to_string(),
        progress.not_attempted().to_string(),
        progress.peak_in_flight.to_string(),
        job.halted.to_string(),
    ]
}

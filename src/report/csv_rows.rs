//! `replications.csv` and `jobs.csv`.

use std::io::{self, BufWriter, Write};

use csv::{Terminator, Writer, WriterBuilder};

use crate::experiment::{Block, Rows};
use crate::rollout::JobKind;
use crate::simulation::{JobRecord, Replication};
use crate::time::{Span, Time, seconds};

/// The columns of `replications.csv`; the counts are the first job's.
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

/// Writes a row for each replication and each job as their blocks come in.
pub struct CsvRows<W: Write> {
    replications: BufWriter<W>,
    jobs: BufWriter<W>,
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
    pub fn new(replications: W, jobs: W, max_job_rows: u64) -> io::Result<CsvRows<W>> {
        let mut rows = CsvRows {
            replications: BufWriter::new(replications),
            jobs: BufWriter::new(jobs),
            jobs_left: max_job_rows,
            jobs_dropped: 0,
        };
        writeln!(rows.replications, "{}", REPLICATION_COLUMNS.join(","))?;
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

    fn render(block: &Block) -> Chunk {
        let mut replications = csv_text();
        for replication in &block.replications {
            write_record(&mut replications, replication_fields(replication));
        }
        let mut jobs = csv_text();
        let mut job_ends = Vec::with_capacity(block.jobs.len());
        for (replication, job) in &block.jobs {
            write_record(&mut jobs, job_fields(*replication, job));
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

fn write_record<const N: usize>(writer: &mut Writer<Vec<u8>>, fields: [String; N]) {
    writer.write_record(&fields).expect(MEMORY);
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
    let job = &replication.first_job;
    let progress = &job.progress;
    [
        replication.index.to_string(),
        replication.outcome.as_str().to_owned(),
        replication.jobs.to_string(),
        span(replication.time_to_success()),
        job.status.to_string(),
        optional(job.failure_code),
        span(job.makespan()),
        progress.succeeded.to_string(),
        progress.robots_failed().to_string(),
        progress.no_response.to_string(),
        progress.not_attempted().to_string(),
        progress.peak_in_flight.to_string(),
        job.halted.to_string(),
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

//! `replications.csv` and `jobs.csv`.

use std::io::{self, BufWriter, Write};

use csv::{Terminator, Writer, WriterBuilder};

use crate::experiment::{Block, Rows};
use crate::measure::{CsvColumn, GroupSource, MEASURES, Measure, Part, Source};
use crate::rollout::JobKind;
use crate::scenario::{Group, Scenario};
use crate::simulation::{JobRecord, Replication};
use crate::time::{Span, Time};

/// A column of a file: its heading, and its field in the row of an `R`.
#[derive(Clone, Copy)]
struct JobColumn<R> {
    heading: &'static str,
    field: fn(&R) -> String,
}

/// The columns of `jobs.csv`; a job comes with the number of its replication.
const JOB_COLUMNS: [JobColumn<(u32, JobRecord)>; 17] = [
    JobColumn { heading: "replication", field: |(replication, _)| replication.to_string() },
    JobColumn { heading: "job", field: |(_, job)| job.number.to_string() },
    JobColumn { heading: "kind", field: |(_, job)| kind(job).to_owned() },
    JobColumn { heading: "created_s", field: |(_, job)| instant(Some(job.created)) },
    JobColumn { heading: "in_progress_s", field: |(_, job)| instant(job.began) },
    JobColumn { heading: "ended_s", field: |(_, job)| instant(job.ended) },
    JobColumn { heading: "status", field: |(_, job)| job.status.to_string() },
    JobColumn { heading: "failure_code", field: |(_, job)| optional(job.failure()) },
    JobColumn { heading: "makespan_s", field: |(_, job)| optional(job.makespan().map(Span::seconds)) },
    JobColumn { heading: "targets", field: |(_, job)| job.progress.targets.to_string() },
    JobColumn { heading: "succeeded", field: |(_, job)| job.progress.succeeded.to_string() },
    JobColumn { heading: "failed", field: |(_, job)| job.progress.robots_failed().to_string() },
    JobColumn { heading: "no_response", field: |(_, job)| job.progress.no_response.to_string() },
    JobColumn { heading: "aborted", field: |(_, job)| job.progress.aborted.to_string() },
    JobColumn { heading: "not_attempted", field: |(_, job)| job.progress.not_attempted().to_string() },
    JobColumn { heading: "peak_in_flight", field: |(_, job)| job.progress.peak_in_flight.to_string() },
    JobColumn { heading: "threshold_breached", field: |(_, job)| job.halted().to_string() },
];

const fn kind(job: &JobRecord) -> &'static str {
    match job.kind {
        JobKind::Deployment => "deployment",
        JobKind::Sync => "sync",
    }
}

/// What `replications.csv` says beside the [measures](crate::measure) that have a column.
const FACTS: [(CsvColumn, FactOf); 8] = [
    (fact("replication", 0), |r, _| r.index.to_string()),
    (fact("outcome", 1), |r, _| r.outcome.as_str().to_owned()),
    (fact("first_job_status", 4), |r, _| optional(r.first_job.as_ref().map(|job| job.status))),
    (fact("first_job_failure_code", 5), |r, _| optional(r.first_job.as_ref().and_then(JobRecord::failure))),
    (fact("threshold_breached", 12), |r, _| optional(r.first_job.as_ref().map(JobRecord::halted))),
    (fact("ended_s", 14), |r, _| instant(Some(r.ended))),
    (CsvColumn { name: "build", place: 18, part: Part::Builds }, |r, builds| {
        optional(r.build.and_then(|build| builds.get(build)))
    }),
    (CsvColumn { name: "registered", place: 21, part: Part::Registrations }, |r, _| r.registered.to_string()),
];

/// A field of a replication, given the names of the builds.
type FactOf = fn(&Replication, &[String]) -> String;

const fn fact(name: &'static str, place: u8) -> CsvColumn {
    CsvColumn { name, place, part: Part::None }
}

/// The columns of a scenario's `replications.csv`.
#[derive(Clone)]
pub struct ReplicationColumns {
    columns: Vec<(CsvColumn, Field)>,
    /// After these: of each group in turn what measures have of it, by the address (R23).
    of_groups: Vec<(String, &'static Measure, usize)>,
    /// The names of the builds (R15).
    builds: Vec<String>,
}

#[derive(Clone, Copy)]
enum Field {
    JobColumn(FactOf),
    Measure(&'static Measure),
}

impl ReplicationColumns {
    /// Those that every scenario has, and those of the parts of the world that this one has.
    pub fn new(scenario: &Scenario) -> ReplicationColumns {
        let facts = FACTS.into_iter().map(|(column, field)| (column, Field::JobColumn(field)));
        let measures = MEASURES.iter().filter_map(|measure| Some((measure.column?, Field::Measure(measure))));
        let mut columns: Vec<(CsvColumn, Field)> =
            facts.chain(measures).filter(|(column, _)| column.part.is_in(scenario)).collect();
        columns.sort_by_key(|(column, _)| column.place);
        let groups = scenario.groups.iter().enumerate().filter(|_| Part::Groups.is_in(scenario));
        let of_group = |(index, group): (usize, &Group)| {
            // Whoever never is in sync has no time to success: a second column would say the same.
            let has = |measure: &&Measure| matches!(measure.of_group, Some(GroupSource::Number(_))) && !measure.lasting;
            let prefix = format!("groups.{}.", group.name);
            MEASURES.iter().filter(has).map(move |measure| (format!("{prefix}{}", measure.name), measure, index))
        };
        let of_groups = groups.flat_map(of_group).collect();
        ReplicationColumns {
            columns,
            of_groups,
            builds: scenario.builds.iter().map(|build| build.name.clone()).collect(),
        }
    }

    pub fn names(&self) -> Vec<&str> {
        let of_groups = self.of_groups.iter().map(|(name, ..)| name.as_str());
        self.columns.iter().map(|(column, _)| column.name).chain(of_groups).collect()
    }

    fn fields(&self, replication: &Replication) -> impl Iterator<Item = String> {
        let number = |measure: &Measure, group| {
            optional(measure.number(replication, group).map(|number| measure.unit.exact(number as i128)))
        };
        let of_groups = self.of_groups.iter().map(move |(_, measure, group)| number(measure, Some(*group)));
        let of_all = self.columns.iter().map(move |(_, field)| match field {
            Field::JobColumn(field) => field(replication, &self.builds),
            Field::Measure(measure) => match measure.source {
                Source::Event(happened) => happened(replication).to_string(),
                _ => number(measure, None),
            },
        });
        of_all.chain(of_groups)
    }
}

/// Writes a row for each replication and each job as their blocks come in.
pub struct CsvRows<W: Write> {
    replications: BufWriter<W>,
    jobs: BufWriter<W>,
    columns: ReplicationColumns,
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
            columns: ReplicationColumns::new(scenario),
            jobs_left: max_job_rows,
            jobs_dropped: 0,
        };
        writeln!(rows.replications, "{}", rows.columns.names().join(","))?;
        writeln!(rows.jobs, "{}", JOB_COLUMNS.map(|column| column.heading).join(","))?;
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
    type Layout = ReplicationColumns;

    fn layout(&self) -> ReplicationColumns {
        self.columns.clone()
    }

    fn render(columns: &ReplicationColumns, block: &Block) -> Chunk {
        let mut replications = csv_text();
        for replication in &block.replications {
            replications.write_record(columns.fields(replication).map(String::into_bytes)).expect(MEMORY);
        }
        let mut jobs = csv_text();
        let mut job_ends = Vec::with_capacity(block.jobs.len());
        for job in &block.jobs {
            jobs.write_record(JOB_COLUMNS.map(|column| (column.field)(job))).expect(MEMORY);
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

fn instant(instant: Option<Time>) -> String {
    optional(instant.map(Time::seconds))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// No two columns, whether facts or measures, have the same place or heading.
    #[test]
    fn columns_have_places_of_their_own() {
        let of_measures = MEASURES.iter().filter_map(|measure| measure.column);
        let all: Vec<CsvColumn> = FACTS.iter().map(|(column, _)| *column).chain(of_measures).collect();
        assert_eq!(all.iter().map(|column| column.place).collect::<BTreeSet<u8>>().len(), all.len());
        assert_eq!(all.iter().map(|column| column.name).collect::<BTreeSet<&str>>().len(), all.len());
    }
}

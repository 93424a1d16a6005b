//! Deployment jobs: many small records, of which millions may be kept for their 90 days.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::arcs::{request, text};
use super::{ARN, Architectures, RolloutConfig, Tags};
use crate::control_plane::{DeploymentApplicationConfig, Request, TokenKey};
use crate::rollout::{
    DeploymentJobErrorCode, DeploymentStatus, Halted, JobKind, Limits, Progress, RobotId, RobotStatus,
};
use crate::time::Time;

/// What a job was made of. Sync jobs of a fleet, one after another, share it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobOrigin {
    pub kind: JobKind,
    /// The serial number of its fleet.
    pub fleet: u64,
    #[serde(with = "text")]
    pub fleet_arn: Arc<str>,
    #[serde(with = "text")]
    pub fleet_name: Arc<str>,
    /// What was asked for, without its token.
    #[serde(with = "request")]
    pub request: Arc<Request>,
    pub config: RolloutConfig,
    pub application: DeploymentApplicationConfig,
    /// The architectures that the application has been built for.
    pub architectures: Architectures,
}

/// A deployment job. Its number is its place among the [`Jobs`].
#[derive(Clone, Debug)]
pub struct JobRow {
    pub origin: Arc<JobOrigin>,
    pub token: TokenKey,
    pub created: Time,
    /// Never while it is active.
    pub ended: Time,
    pub status: DeploymentStatus,
    pub failure_code: Option<DeploymentJobErrorCode>,
    /// What its controller holds it to.
    pub limits: Limits,
    pub halt: Option<Box<Halted>>,
    pub progress: Progress,
    /// None if there are none.
    pub tags: Option<Box<Tags>>,
    /// Its targets, in the order of their numbers in the fleet.
    pub robots: Box<[JobRobot]>,
}

/// A target of a job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(from = "WrittenTarget", into = "WrittenTarget")]
pub struct JobRobot {
    /// Its number in the fleet.
    pub member: RobotId,
    pub robot: RobotId,
    /// What the job has made of it; `Available` if it has left.
    pub status: RobotStatus,
    pub started: Option<Time>,
    pub finished: Option<Time>,
    pub failure_code: Option<DeploymentJobErrorCode>,
}

/// A target as it is written down.
type WrittenTarget = (RobotId, RobotId, RobotStatus, Option<Time>, Option<Time>, Option<DeploymentJobErrorCode>);

impl From<WrittenTarget> for JobRobot {
    fn from((member, robot, status, started, finished, failure_code): WrittenTarget) -> JobRobot {
        JobRobot { member, robot, status, started, finished, failure_code }
    }
}

impl From<JobRobot> for WrittenTarget {
    fn from(of: JobRobot) -> WrittenTarget {
        (of.member, of.robot, of.status, of.started, of.finished, of.failure_code)
    }
}

impl JobRow {
    /// A target by its number in the fleet.
    pub fn target(&self, member: RobotId) -> Option<&JobRobot> {
        self.robots.get(self.index_of(member)?)
    }

    /// The same, to be changed.
    pub fn target_mut(&mut self, member: RobotId) -> Option<&mut JobRobot> {
        let index = self.index_of(member)?;
        self.robots.get_mut(index)
    }

    fn index_of(&self, member: RobotId) -> Option<usize> {
        self.robots.binary_search_by_key(&member, |robot| robot.member).ok()
    }

    /// When it ended, if it has.
    pub fn ended_at(&self) -> Option<Time> {
        (!self.is_active()).then_some(self.ended)
    }

    /// Whether the job has not ended.
    pub fn is_active(&self) -> bool {
        self.ended == Time::NEVER
    }
}

/// So many jobs are kept, shared with copies, and freed together.
const TOGETHER: usize = 512;

/// How many names of twelve characters there are.
const NAMES: u128 = 36_u128.pow(12);
/// Numbers are multiplied by this, the golden section of [`NAMES`] or nearly so: names of neighbours are far apart. It
/// has no factor in common with [`NAMES`], and so
const SCATTER: u128 = 2_928_480_718_740_974_081;
/// this undoes it: their product is 1 modulo [`NAMES`].
const GATHER: u128 = 3_251_198_494_093_940_225;
const _: () = assert!(SCATTER * GATHER % NAMES == 1);

/// The ARN of the job of this number.
pub fn job_arn(number: u64) -> String {
    let mut left = (u128::from(number) + 1) * SCATTER % NAMES;
    let mut name = [0; 12];
    for place in name.iter_mut().rev() {
        *place = b"0123456789abcdefghijklmnopqrstuvwxyz"[(left % 36) as usize];
        left /= 36;
    }
    format!("{ARN}:deployment-job/deployment-{}", String::from_utf8_lossy(&name))
}

/// The number of the job with this ARN, if any job can have it.
fn job_number(arn: &str) -> Option<u64> {
    let name = arn.strip_prefix(ARN)?.strip_prefix(":deployment-job/deployment-")?;
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(u128::from(byte - b'0')),
        b'a'..=b'z' => Some(u128::from(byte - b'a') + 10),
        _ => None,
    };
    let scattered = name.bytes().try_fold(0, |sum: u128, byte| Some((sum * 36 + digit(byte)?) % NAMES))?;
    let number = scattered * GATHER % NAMES;
    (name.len() == 12).then(|| (number as u64).checked_sub(1)).flatten()
}

/// All jobs that have not been forgotten, by their numbers: the oldest is forgotten first.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    rows: VecDeque<Arc<Vec<JobRow>>>,
    /// The number of the first row, forgotten or not.
    begins: u64,
    /// The number of the oldest that is not forgotten.
    first: u64,
}

impl Jobs {
    /// The number of the next job.
    pub fn next(&self) -> u64 {
        let full = self.rows.len().saturating_sub(1) * TOGETHER;
        self.begins + (full + self.rows.back().map_or(0, |last| last.len())) as u64
    }

    /// Adds a job: its number.
    pub fn add(&mut self, row: JobRow) -> u64 {
        let number = self.next();
        match self.rows.back_mut() {
            Some(last) if last.len() < TOGETHER => Arc::make_mut(last).push(row),
            _ => self.rows.push_back(Arc::new(vec![row])),
        }
        number
    }

    /// The number of the job with this ARN.
    pub fn find(&self, arn: &str) -> Option<u64> {
        job_number(arn).filter(|number| self.get(*number).is_some())
    }

    /// A job by its number, if it is not forgotten.
    pub fn get(&self, number: u64) -> Option<&JobRow> {
        let place = number.checked_sub(self.begins).filter(|_| number >= self.first)? as usize;
        self.rows.get(place / TOGETHER)?.get(place % TOGETHER)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut JobRow> {
        let place = number.checked_sub(self.begins).filter(|_| number >= self.first)? as usize;
        let rows = self.rows.get_mut(place / TOGETHER)?;
        if place % TOGETHER < rows.len() { Arc::make_mut(rows).get_mut(place % TOGETHER) } else { None }
    }

    /// The oldest that is not forgotten.
    pub fn first(&self) -> Option<&JobRow> {
        self.get(self.first)
    }

    /// Forgets the oldest, if there is one.
    pub fn forget_first(&mut self) {
        if self.first < self.next() {
            self.first += 1;
        }
        if self.first - self.begins == TOGETHER as u64 {
            self.rows.pop_front();
            self.begins = self.first;
        }
    }

    /// All from this number on, in order.
    pub fn from(&self, number: u64) -> impl Iterator<Item = (u64, &JobRow)> {
        (number.max(self.first)..self.next()).filter_map(|number| Some((number, self.get(number)?)))
    }
}

/// A row as it is written down: what most jobs do not have is left out.
#[derive(Serialize, Deserialize)]
struct WrittenJob {
    /// Its origin's place in the list of origins.
    o: usize,
    t: TokenKey,
    c: Time,
    e: Time,
    s: DeploymentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    f: Option<DeploymentJobErrorCode>,
    l: (Option<u32>, Option<u32>),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    h: Option<Box<Halted>>,
    /// The fleet's size, and the other counts if any is not 0.
    p: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    q: Option<Progress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    g: Option<Box<Tags>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    r: Box<[JobRobot]>,
}

impl Serialize for Jobs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Neighbours share their origins.
        let mut origins: Vec<&Arc<JobOrigin>> = Vec::new();
        for (_, row) in self.from(0) {
            if origins.last().is_none_or(|last| !Arc::ptr_eq(last, &row.origin)) {
                origins.push(&row.origin);
            }
        }
        struct WrittenRows<'a>(&'a Jobs);
        impl Serialize for WrittenRows<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let (mut place, mut last) = (0, None);
                serializer.collect_seq(self.0.from(0).map(|(_, row)| {
                    place += usize::from(last.is_some_and(|last| !Arc::ptr_eq(last, &row.origin)));
                    last = Some(&row.origin);
                    let small = Progress { fleet_size: row.progress.fleet_size, ..Progress::default() };
                    WrittenJob {
                        o: place,
                        t: row.token,
                        c: row.created,
                        e: row.ended,
                        s: row.status,
                        f: row.failure_code,
                        l: (row.limits.in_flight, row.limits.failures),
                        h: row.halt.clone(),
                        p: row.progress.fleet_size,
                        q: (row.progress != small).then_some(row.progress),
                        g: row.tags.clone().filter(|tags| !tags.is_empty()),
                        r: row.robots.clone(),
                    }
                }))
            }
        }
        let mut jobs = serializer.serialize_struct("Jobs", 3)?;
        jobs.serialize_field("first", &self.first)?;
        jobs.serialize_field("origins", &origins.iter().map(|origin| &***origin).collect::<Vec<&JobOrigin>>())?;
        jobs.serialize_field("rows", &WrittenRows(self))?;
        jobs.end()
    }
}

impl<'de> Deserialize<'de> for Jobs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Jobs, D::Error> {
        #[derive(Deserialize)]
        struct WrittenJobs {
            first: u64,
            origins: Vec<JobOrigin>,
            rows: Vec<WrittenJob>,
        }
        let WrittenJobs { first, origins, rows } = WrittenJobs::deserialize(deserializer)?;
        let origins: Vec<Arc<JobOrigin>> = origins.into_iter().map(Arc::new).collect();
        let mut jobs = Jobs { begins: first, first, ..Jobs::default() };
        for row in rows {
            let origin = origins.get(row.o).ok_or_else(|| de::Error::custom("a job has no origin"))?;
            let small = Progress { fleet_size: row.p, ..Progress::default() };
            jobs.add(JobRow {
                origin: Arc::clone(origin),
                token: row.t,
                created: row.c,
                ended: row.e,
                status: row.s,
                failure_code: row.f,
                limits: Limits { in_flight: row.l.0, failures: row.l.1 },
                halt: row.h,
                progress: row.q.unwrap_or(small),
                tags: row.g,
                robots: row.r,
            });
        }
        Ok(jobs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control_plane::{ClientRequestToken, SyncDeploymentJobRequest};

    #[test]
    fn names_tell_jobs_apart() {
        let mut seen = std::collections::BTreeSet::new();
        for number in (0..2000).chain([u64::from(u32::MAX), 1 << 40]) {
            let arn = job_arn(number);
            let name = arn
                .strip_prefix("arn:aws:robomaker:us-west-2:111111111111:deployment-job/deployment-")
                .expect("an ARN");
            assert!(name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()));
            assert_eq!(job_number(&arn), Some(number), "{arn}");
            assert!(seen.insert(arn));
        }
        let whole = job_arn(7);
        for wrong in [&whole[1..], &whole[..whole.len() - 1], &format!("{whole}0"), &whole.to_uppercase(), ""] {
            assert_eq!(job_number(wrong), None, "{wrong}");
        }
        assert_eq!(job_number(&whole.replace(&whole[whole.len() - 12..], "000000000000")), None);
    }

    fn row(number: u64, origin: &Arc<JobOrigin>) -> JobRow {
        let ended = if number.is_multiple_of(5) { Time::NEVER } else { Time::from_micros(number + 1) };
        let targets = if number.is_multiple_of(7) { 2 } else { 0 };
        let robot = JobRobot {
            member: 3,
            robot: 4,
            status: RobotStatus::Failed,
            started: Some(Time::from_micros(number)),
            finished: None,
            failure_code: Some(DeploymentJobErrorCode::BadPermissionError),
        };
        JobRow {
            origin: Arc::clone(origin),
            token: ClientRequestToken::numbered(number).key(),
            created: Time::from_micros(number),
            ended,
            status: DeploymentStatus::Succeeded,
            failure_code: None,
            limits: Limits { in_flight: Some(3), failures: None },
            halt: None,
            progress: Progress { fleet_size: 9, targets, ..Progress::default() },
            tags: (number.is_multiple_of(3)).then(|| Box::new(Tags::from([(String::from("k"), number.to_string())]))),
            robots: vec![robot; targets as usize].into(),
        }
    }

    fn origin(fleet: u64) -> Arc<JobOrigin> {
        Arc::new(JobOrigin {
            kind: JobKind::Sync,
            fleet,
            fleet_arn: "arn:x".into(),
            fleet_name: "x".into(),
            request: Arc::new(Request::Sync(SyncDeploymentJobRequest::default())),
            config: RolloutConfig {
                concurrent_deployment_percentage: 1,
                failure_threshold_percentage: 2,
                robot_timeout: crate::time::Span::from_secs(60),
                download_condition_file: None,
            },
            application: DeploymentApplicationConfig::default(),
            architectures: Architectures::ALL,
        })
    }

    #[test]
    fn jobs_are_found_until_they_are_forgotten_and_are_written_and_read_back() {
        let mut jobs = Jobs::default();
        let origins = [origin(1), origin(2)];
        let most = 3 * TOGETHER as u64 + 17;
        for number in 0..most {
            assert_eq!(jobs.add(row(number, &origins[(number / 100 % 2) as usize])), number);
        }
        let copy = jobs.clone();
        for forgotten in [0, 1, TOGETHER as u64 - 1, TOGETHER as u64, TOGETHER as u64 + 5, most - 1, most] {
            while jobs.first < forgotten {
                jobs.forget_first();
            }
            assert_eq!((jobs.next(), jobs.from(0).count() as u64), (most, most - forgotten));
            assert!(jobs.from(0).all(|(number, row)| row.created.micros() == number));
            for number in [0, forgotten.saturating_sub(1), forgotten, most - 1, most] {
                let there = (forgotten..most).contains(&number);
                assert_eq!(jobs.get(number).is_some(), there, "{number}");
                assert_eq!((jobs.get_mut(number).is_some(), jobs.find(&job_arn(number)).is_some()), (there, there));
            }
            let written = serde_json::to_string(&jobs).expect("JSON");
            let read: Jobs = serde_json::from_str(&written).expect("jobs");
            assert_eq!(
                format!("{:?}", read.from(0).collect::<Vec<_>>()),
                format!("{:?}", jobs.from(0).collect::<Vec<_>>())
            );
            assert_eq!(serde_json::to_string(&read).expect("JSON"), written);
        }
        jobs.forget_first();
        assert_eq!((jobs.first().is_none(), jobs.next(), jobs.rows.len()), (true, most, 1));
        assert_eq!(copy.from(0).count() as u64, most, "a copy is none of the original's business");
        let size = size_of::<JobRow>();
        assert!(size <= 168, "{size} bytes for each of millions");
    }
}
